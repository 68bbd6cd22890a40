//! Pure: a message as text. The same message has the same bytes wherever it is written.

use super::content::{Alert, Destination, Digest, Export, Test};
use super::title;
use serde::{Deserialize, Serialize};
use serde_json::{Error, Value};

/// Of one message no more instances, or alerts of a digest, are listed; the others are counted.
pub const MOST_LISTED: usize = 20;

#[derive(Deserialize)]
struct Given {
    #[serde(rename = "type")]
    kind: String,
    timestamp: String,
    data: Value,
}

#[derive(Serialize)]
struct Message<'a, Data> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: &'a str,
    data: Data,
}

/// Writes a message; a title that is there stays. Error: it is no message.
pub fn written(given: Value) -> Result<String, Error> {
    let Given { kind, timestamp, data } = serde_json::from_value(given)?;
    match kind.as_str() {
        "alert.digest" => {
            let mut data: Digest = serde_json::from_value(data)?;
            data.more += cut(&mut data.alerts);
            if data.title.is_empty() {
                data.title = title::of_digest(&data);
            }
            text(&kind, &timestamp, data)
        }
        "destination.down" | "destination.recovered" => {
            let mut data: Destination = serde_json::from_value(data)?;
            if data.title.is_empty() {
                data.title = title::of_destination(&kind, &timestamp, &data);
            }
            text(&kind, &timestamp, data)
        }
        "export.behind" | "export.recovered" => {
            let mut data: Export = serde_json::from_value(data)?;
            if data.title.is_empty() {
                data.title = title::of_export(&kind, &timestamp, &data);
            }
            text(&kind, &timestamp, data)
        }
        "test" => {
            let mut data: Test = serde_json::from_value(data)?;
            if data.title.is_empty() {
                data.title = title::of_test(&data);
            }
            text(&kind, &timestamp, data)
        }
        _ => {
            let mut data: Alert = serde_json::from_value(data)?;
            data.more += cut(&mut data.instances);
            if data.title.is_empty() {
                data.title = title::of_alert(&kind, &timestamp, &data);
            }
            text(&kind, &timestamp, data)
        }
    }
}

fn text(kind: &str, timestamp: &str, data: impl Serialize) -> Result<String, Error> {
    serde_json::to_string(&Message { kind, timestamp, data })
}

/// Takes off what is not listed; tells how much that is.
fn cut<T>(listed: &mut Vec<T>) -> u64 {
    let more = listed.len().saturating_sub(MOST_LISTED);
    listed.truncate(MOST_LISTED);
    more as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn firing(instances: Value) -> Value {
        json!({"data": {"database": "shop", "notification_id": "018f", "alert": "checkout_fails", "severity": "sev1", "kpi": "checkout_failures",
                        "unit": "ratio", "fires": "above", "range_seconds": 900, "instances": instances},
               "timestamp": "2026-03-04T10:05:30.000000Z", "type": "alert.firing"})
    }

    fn instance(value: f64) -> Value {
        json!({"fingerprint": "f1", "status": "firing", "since": "2026-03-04T10:05:00.000000Z", "value": value, "n": 90, "threshold": 0.05, "cause": "threshold"})
    }

    #[test]
    fn keys_stand_in_one_order_whatever_they_are_read_from() {
        let message = written(firing(json!([instance(0.2)]))).unwrap();
        assert_eq!(
            message,
            concat!(
                r#"{"type":"alert.firing","timestamp":"2026-03-04T10:05:30.000000Z","data":{"notification_id":"018f","alert":"checkout_fails","severity":"sev1","#,
                r#""title":"checkout_failures is 20 % of 90, above 5 %, since 10:05 UTC","description":null,"runbook":null,"labels":{},"database":"shop","#,
                r#""kpi":"checkout_failures","unit":"ratio","fires":"above","range_seconds":900,"is_flapping":false,"instances":[{"fingerprint":"f1","tenant_id":null,"#,
                r#""breakdown_value":null,"status":"firing","since":"2026-03-04T10:05:00.000000Z","until":null,"value":0.2,"n":90,"threshold":0.05,"#,
                r#""range_since":null,"range_until":null,"cause":"threshold","acknowledged_at":null}],"more":0}}"#
            )
        );
        // What was written is written the same again.
        assert_eq!(written(serde_json::from_str(&message).unwrap()).unwrap(), message);
    }

    #[test]
    fn twenty_instances_are_listed_and_the_rest_is_counted() {
        let message = written(firing((0..134).map(|_| instance(0.2)).collect())).unwrap();
        let read: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(
            (read["data"]["instances"].as_array().unwrap().len(), read["data"]["more"].as_u64()),
            (20, Some(114))
        );
        assert_eq!(written(read).unwrap(), message);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert!(written(json!({"type": "alert.firing"})).is_err());
        assert!(written(json!([])).is_err());
        assert!(written(json!({"type": "moon", "timestamp": "", "data": {}})).is_err());
    }
}
