//! What was asked, as the query of a link.

use form_urlencoded::Serializer;
use serde::Deserialize;

/// The arguments of the call that made the page, as texts; those that were not given are None.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub since: Option<String>,
    pub until: Option<String>,
    pub first_day: Option<String>,
    pub last_day: Option<String>,
    pub last: Option<String>,
    pub grain: Option<String>,
    pub tz: Option<String>,
    pub week_start: Option<String>,
    pub tenant: Option<String>,
}

impl Asked {
    /// A link to a dashboard that asks the same of it.
    pub fn link(&self, dashboard: &str, refresh_seconds: Option<u32>) -> String {
        let mut query = query_of(dashboard);
        for (name, value) in self.period().into_iter().chain(self.manner()) {
            append(&mut query, name, value);
        }
        if let Some(seconds) = refresh_seconds {
            query.append_pair("refresh_seconds", &seconds.to_string());
        }
        format!("?{}", query.finish())
    }

    /// A link to the same dashboard over another period.
    pub fn link_to_last(&self, dashboard: &str, last: &str) -> String {
        let mut query = query_of(dashboard);
        query.append_pair("last", last);
        for (name, value) in self.manner() {
            append(&mut query, name, value);
        }
        format!("?{}", query.finish())
    }

    /// What the form has no field for, and sends along as it is.
    pub fn hidden(&self) -> [(&'static str, &Option<String>); 2] {
        [("week_start", &self.week_start), ("tenant", &self.tenant)]
    }

    fn period(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("since", &self.since),
            ("until", &self.until),
            ("first_day", &self.first_day),
            ("last_day", &self.last_day),
            ("last", &self.last),
        ]
    }

    fn manner(&self) -> [(&'static str, &Option<String>); 4] {
        [("grain", &self.grain), ("tz", &self.tz), ("week_start", &self.week_start), ("tenant", &self.tenant)]
    }
}

fn query_of(dashboard: &str) -> Serializer<'static, String> {
    let mut query = Serializer::new(String::new());
    query.append_pair("name", dashboard);
    query
}

fn append(query: &mut Serializer<'static, String>, name: &str, value: &Option<String>) {
    if let Some(value) = value {
        query.append_pair(name, value);
    }
}
