//! Pure: what the database says of alerts, and how it is said to people.

use chrono::NaiveDateTime;
use serde::Deserialize;
use telemetry_pictures::answer::Answer;
use telemetry_pictures::picture::Measure;
use telemetry_pictures::{clean, number, reading};

/// Times are local to `tz`.
#[derive(Debug, Deserialize)]
pub struct Alerts {
    pub tz: String,
    pub now: NaiveDateTime,
    pub may_change: bool,
    /// The names of all alerts.
    pub alerts: Vec<String>,
    pub instances: Vec<Instance>,
    pub silences: Vec<Silence>,
    pub history: Vec<Change>,
    /// How many changes there were, those that are left out among them.
    pub history_rows: u64,
}

#[derive(Debug, Deserialize)]
pub struct Instance {
    pub name: String,
    pub severity: String,
    /// None: the alert is about single events.
    pub kpi: Option<Answer>,
    /// The number is how much the KPI changed, as a share.
    pub is_change: bool,
    pub tenant: Option<String>,
    pub breakdown_value: Option<String>,
    pub status: String,
    pub since: Option<NaiveDateTime>,
    pub seconds: Option<f64>,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub fires: Option<String>,
    pub threshold: Option<f64>,
    pub acknowledged_at: Option<NaiveDateTime>,
    pub note: Option<String>,
    pub silenced_until: Option<NaiveDateTime>,
    pub evaluated_until: Option<NaiveDateTime>,
    pub error: Option<String>,
    pub fingerprint: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Silence {
    pub silence_id: String,
    pub alert: String,
    pub breakdown_value: Option<String>,
    pub tenant: Option<String>,
    pub since: NaiveDateTime,
    pub until: NaiveDateTime,
    pub reason: Option<String>,
    pub may_end: bool,
}

#[derive(Debug, Deserialize)]
pub struct Change {
    pub at: NaiveDateTime,
    /// None: a stretch of time in which nothing was evaluated.
    pub name: Option<String>,
    pub tenant: Option<String>,
    pub breakdown_value: Option<String>,
    pub from: String,
    pub to: String,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub cause: String,
    pub seconds: Option<f64>,
}

impl Instance {
    /// The name, and which instance of it.
    pub fn title(&self) -> String {
        title(Some(&self.name), self.breakdown_value.as_deref(), self.tenant.as_deref())
    }

    pub fn measure(&self) -> Measure {
        match &self.kpi {
            _ if self.is_change => Measure::Share,
            Some(kpi) => reading::measure(kpi),
            None => Measure::Count("events".to_owned()),
        }
    }

    /// "8 % of 1,200; it fires above 5 %".
    pub fn number(&self) -> String {
        let measure = self.measure();
        let mut words = match self.value {
            Some(value) if self.is_change => format!("changed by {}", number::say(value, &measure)),
            Some(value) => number::say(value, &measure),
            None => "no number".to_owned(),
        };
        if let Some(n) = self.n.filter(|_| self.value.is_some() && !matches!(measure, Measure::Count(_))) {
            words += &format!("{} of {}", if self.is_change { "," } else { "" }, number::decimal(n, 0));
        }
        if let (Some(threshold), Some(fires)) = (self.threshold, self.fires.as_deref()) {
            words += &format!(
                "; it fires {} {}",
                if fires == "below" { "below" } else { "above" },
                number::say(threshold, &measure)
            );
        }
        words
    }

    pub fn word(&self) -> &'static str {
        match self.status.as_str() {
            "firing" => "Firing",
            "pending" => "Pending",
            "error" => "It cannot be evaluated",
            _ => "Quiet",
        }
    }

    /// A page that can be opened; no other address is.
    pub fn runbook(&self) -> Option<&str> {
        self.runbook.as_deref().filter(|address| address.starts_with("https://") || address.starts_with("http://"))
    }
}

pub fn title(name: Option<&str>, breakdown_value: Option<&str>, tenant: Option<&str>) -> String {
    let mut title = name.map_or("Nothing was evaluated".to_owned(), reading::humanised);
    match breakdown_value {
        Some("$too_many") => title += ": more instances than it shows",
        Some("$error") => title += ": the alert itself",
        Some(value) => title += &format!(": {value}"),
        None => {}
    }
    if let Some(tenant) = tenant {
        title += &format!(" (tenant {tenant})");
    }
    text(&title)
}

pub fn moment(time: NaiveDateTime) -> String {
    time.format("%-d %b %Y, %H:%M").to_string()
}

pub fn lasted(seconds: Option<f64>) -> String {
    seconds.map_or_else(String::new, |seconds| number::say(seconds.max(0.0), &Measure::Duration))
}

pub fn text(text: &str) -> String {
    const MOST: usize = 600;
    clean::label(text, MOST)
}
