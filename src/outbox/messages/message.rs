//! Pure: the canonical message, in which a notification is told, whatever is sent of it in the end. docs/outbound.md shows it.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The keys in the order in which they are written; others stand behind them.
const ORDER: [&str; 45] = [
    "type",
    "timestamp",
    "data",
    "notification_id",
    "alert",
    "severity",
    "title",
    "destination",
    "kind",
    "failing_since",
    "last_status_code",
    "last_error",
    "local_date",
    "tz",
    "severities",
    "description",
    "runbook",
    "labels",
    "alerts",
    "fingerprint",
    "tenant_id",
    "breakdown_value",
    "status",
    "since",
    "until",
    "firings",
    "first_at",
    "last_at",
    "worst_value",
    "value",
    "n",
    "threshold",
    "range_since",
    "range_until",
    "cause",
    "acknowledged_at",
    "is_firing",
    "database",
    "kpi",
    "unit",
    "fires",
    "range_seconds",
    "is_flapping",
    "instances",
    "more",
];

#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    #[serde(rename = "type")]
    pub kind: String,
    pub data: Data,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Data {
    pub title: Option<String>,
    pub alert: Option<String>,
    pub severity: Option<String>,
    pub description: Option<String>,
    pub runbook: Option<String>,
    pub database: Option<String>,
    pub unit: Option<String>,
    pub fires: Option<String>,
    pub is_flapping: Option<bool>,
    pub instances: Vec<Instance>,
    pub alerts: Vec<Digested>,
    /// How many more there are than are listed.
    pub more: Option<u64>,
    pub destination: Option<String>,
    pub failing_since: Option<String>,
    pub last_status_code: Option<i64>,
    pub last_error: Option<String>,
}

/// One instance of an alert: of a tenant, of a breakdown value, or the only one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Instance {
    pub fingerprint: Option<String>,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub status: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub threshold: Option<f64>,
    pub cause: Option<String>,
}

/// What one instance did on the day of a digest.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Digested {
    pub alert: Option<String>,
    pub severity: Option<String>,
    pub tenant_id: Option<String>,
    pub breakdown_value: Option<String>,
    pub firings: Option<u64>,
    pub first_at: Option<String>,
    pub last_at: Option<String>,
    pub worst_value: Option<f64>,
    pub threshold: Option<f64>,
    pub unit: Option<String>,
    pub is_firing: Option<bool>,
}

/// Writes a message with its keys in their order, whatever the order that it lay in.
pub fn written(message: &Value) -> String {
    let mut text = String::new();
    write(message, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            text.push('{');
            for (number, (key, value)) in ordered(members).into_iter().enumerate() {
                // Writing to a String does not fail.
                let _ = write!(text, "{}{}:", if number == 0 { "" } else { "," }, Value::from(key));
                write(value, text);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (number, element) in elements.iter().enumerate() {
                if number > 0 {
                    text.push(',');
                }
                write(element, text);
            }
            text.push(']');
        }
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

fn ordered(members: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let place = |key: &str| ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len());
    let mut all: Vec<(&str, &Value)> = members.iter().map(|(key, value)| (key.as_str(), value)).collect();
    all.sort_by(|(a, _), (b, _)| (place(a), *a).cmp(&(place(b), *b)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_stand_in_one_order() {
        let message = json!({"data": {"zebra": 1, "title": "a \"b\"", "notification_id": "x", "more": 0, "instances": [{"until": null, "since": "s"}]}, "timestamp": "t", "type": "alert.firing"});
        assert_eq!(
            written(&message),
            r#"{"type":"alert.firing","timestamp":"t","data":{"notification_id":"x","title":"a \"b\"","instances":[{"since":"s","until":null}],"more":0,"zebra":1}}"#
        );
    }
}
