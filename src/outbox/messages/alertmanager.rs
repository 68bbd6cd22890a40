//! Pure: what fires now, as Alertmanager's `/api/v2/alerts` takes it. It is posted anew each minute: `endsAt` is a few minutes
//! ahead, so that what is not said any more ends by itself, and of what is over it is the time when it was.

use super::message::Instance;
use super::story::sentence;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// An instance of an alert that fires, or that has recovered.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Posted {
    pub alert: String,
    pub severity: Option<String>,
    pub breakdown_value: Option<String>,
    pub tenant_id: Option<String>,
    pub database: Option<String>,
    #[serde(default)]
    pub labels: Option<Map<String, Value>>,
    /// Where it is not told from the number below.
    pub summary: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
    pub unit: Option<String>,
    pub fires: Option<String>,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub threshold: Option<f64>,
    pub cause: Option<String>,
    pub starts_at: String,
    pub ends_at: String,
}

pub fn body(posted: &[Posted]) -> String {
    Value::Array(posted.iter().map(one).collect()).to_string()
}

fn one(posted: &Posted) -> Value {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in posted.labels.iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        labels.insert(label_name(name), text);
    }
    // What the rule's own labels cannot change: it tells alerts from each other.
    labels.insert("alertname".to_owned(), posted.alert.clone());
    let known = [
        ("severity", &posted.severity),
        ("breakdown", &posted.breakdown_value),
        ("tenant", &posted.tenant_id),
        ("database", &posted.database),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            labels.insert(name.to_owned(), value.clone());
        }
    }
    // A label without a value is none.
    labels.retain(|_, value| !value.is_empty());
    let summary = posted.summary.clone().or_else(|| Some(summary(posted)));
    let annotations: BTreeMap<&str, &String> =
        [("summary", &summary), ("description", &posted.description), ("runbook", &posted.runbook)]
            .into_iter()
            .filter_map(|(name, value)| value.as_ref().filter(|value| !value.is_empty()).map(|value| (name, value)))
            .collect();
    json!({"labels": labels, "annotations": annotations, "startsAt": posted.starts_at, "endsAt": posted.ends_at})
}

fn summary(posted: &Posted) -> String {
    let instance = Instance {
        breakdown_value: posted.breakdown_value.clone(),
        tenant_id: posted.tenant_id.clone(),
        value: posted.value,
        n: posted.n,
        threshold: posted.threshold,
        cause: posted.cause.clone(),
        ..Instance::default()
    };
    sentence(&posted.alert, &instance, posted.unit.as_deref(), posted.fires.as_deref())
}

/// Letters, digits and underscores, and no digit at first, as Prometheus has it.
fn label_name(name: &str) -> String {
    let name: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) || name.is_empty() { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_tell_who_and_annotations_what() {
        let posted: Posted = serde_json::from_value(json!({"alert": "failures", "severity": "sev1", "breakdown_value": "web", "tenant_id": null, "database": "shop",
            "labels": {"team": "pay", "alertname": "other", "1 a-b": 7, "empty": ""}, "value": 0.2, "n": 90, "threshold": 0.05, "unit": "ratio", "fires": "above", "description": null, "starts_at": "s", "ends_at": "e"})).unwrap();
        assert_eq!(
            body(&[posted]),
            r#"[{"annotations":{"summary":"failures, web: 20 % of 90, above 5 %"},"endsAt":"e","labels":{"_1_a_b":"7","alertname":"failures","breakdown":"web","database":"shop","severity":"sev1","team":"pay"},"startsAt":"s"}]"#
        );
    }
}
