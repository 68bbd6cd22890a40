//! Pure: the format of a pack file, and the definitions it amounts to.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
    #[allow(dead_code)]
    pack: String,
    description: String,
    /// What kind of document of an application the pack was made from.
    #[allow(dead_code)]
    origin: String,
    /// Attributes that every event has unless it says otherwise.
    #[serde(default)]
    defaults: Map<String, Value>,
    /// Rules of payload keys that any event of the pack may carry.
    #[serde(default)]
    shared_properties: Map<String, Value>,
    /// Names of the application's envelope, each with the argument of log_event() that it means in batches.
    #[serde(default)]
    aliases: Map<String, Value>,
    /// How long events are kept, by the classes that the events name.
    #[serde(default)]
    retention_classes: Vec<RetentionClass>,
    events: Vec<Map<String, Value>>,
    /// The application's own table as views over the log.
    #[serde(default)]
    compatibility_views: Vec<View>,
    /// The questions that the application asks, as register_kpi() takes them: [{"name": ..., "kind": ..., ...}].
    #[serde(default)]
    kpis: Vec<Map<String, Value>>,
    #[serde(default)]
    dashboards: Vec<Dashboard>,
    /// Rules of when a KPI or an event is an alert, as register_alert() takes them: [{"name": ..., "kpi": ..., ...}].
    #[serde(default)]
    alerts: Vec<Map<String, Value>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct View {
    name: String,
    /// Each column of the view with what it shows: a column of telemetry.events, or payload.KEY as text.
    columns: Vec<(String, String)>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Dashboard {
    name: String,
    description: String,
    /// Names of KPIs, in the order in which they are shown.
    kpis: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RetentionClass {
    name: String,
    /// An interval as PostgreSQL reads it; without it the events are kept for ever.
    keep: Option<String>,
    description: String,
}

/// What a pack brings besides its events.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    RetentionClasses,
    CompatibilityViews,
    Kpis,
    Dashboards,
    Alerts,
}

/// Returns the definitions of a pack, as register_event() takes them: [{"event_name": ..., "attributes": {...}}].
pub fn definitions(text: &str) -> Result<Value, String> {
    let pack: Pack = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
    let mut definitions = Vec::with_capacity(pack.events.len());
    for mut event in pack.events {
        let event_name = event.remove("event_name").ok_or("an event without event_name")?;
        let mut properties = pack.shared_properties.clone();
        if let Some(Value::Object(own)) = event.remove("properties") {
            properties.extend(own);
        }
        let mut attributes = pack.defaults.clone();
        attributes.extend(event);
        attributes.insert("properties".into(), Value::Object(properties));
        definitions.push(json!({"event_name": event_name, "attributes": attributes}));
    }
    Ok(Value::Array(definitions))
}

/// Returns the names of the application's envelope, each with the argument that it means.
pub fn aliases(text: &str) -> Result<Vec<(String, String)>, String> {
    let pack: Pack = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
    let aliases = pack.aliases.into_iter();
    aliases
        .map(|(alias, argument)| match argument {
            Value::String(argument) => Ok((alias, argument)),
            _ => Err(format!("alias {alias} is no text")),
        })
        .collect()
}

/// Returns a part of a pack, as a JSON array.
pub fn part(text: &str, part: Part) -> Result<Value, String> {
    let pack: Pack = serde_json::from_str(text).map_err(|problem| problem.to_string())?;
    match part {
        Part::RetentionClasses => serde_json::to_value(pack.retention_classes),
        Part::CompatibilityViews => serde_json::to_value(pack.compatibility_views),
        Part::Kpis => serde_json::to_value(pack.kpis),
        Part::Dashboards => serde_json::to_value(pack.dashboards),
        Part::Alerts => serde_json::to_value(pack.alerts),
    }
    .map_err(|problem| problem.to_string())
}

/// Returns what a pack is for, and how many events it defines.
pub fn summary(text: &str) -> Option<(String, usize)> {
    serde_json::from_str::<Pack>(text).ok().map(|pack| (pack.description, pack.events.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_overrides_what_its_pack_shares() {
        let pack = json!({
            "pack": "p", "description": "d", "origin": "s",
            "defaults": {"payload_limit": 10, "logged_by": "client"},
            "shared_properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "events": [{"event_name": "e", "payload_limit": 20, "properties": {"b": {"type": "integer"}}}]
        });
        assert_eq!(
            definitions(&pack.to_string()),
            Ok(json!([{"event_name": "e", "attributes": {
                "payload_limit": 20, "logged_by": "client",
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}
            }}]))
        );
    }

    #[test]
    fn a_word_that_the_format_lacks_is_an_error() {
        assert!(definitions(r#"{"pack": "p", "description": "d", "origin": "s", "evnts": [], "events": []}"#).is_err());
    }

    #[test]
    fn a_part_is_what_the_file_says_and_may_be_left_out() {
        let pack = json!({
            "pack": "p", "description": "d", "origin": "s", "events": [],
            "compatibility_views": [{"name": "v", "columns": [["id", "event_id"]]}],
            "dashboards": [{"name": "b", "description": "d", "kpis": ["k"]}]
        })
        .to_string();
        assert_eq!(part(&pack, Part::CompatibilityViews), Ok(json!([{"name": "v", "columns": [["id", "event_id"]]}])));
        assert_eq!(part(&pack, Part::Kpis), Ok(json!([])));
        assert_eq!(part(&pack, Part::Alerts), Ok(json!([])));
        assert_eq!(part(&pack, Part::Dashboards), Ok(json!([{"name": "b", "description": "d", "kpis": ["k"]}])));
        assert!(part(&pack.replace("columns", "colums"), Part::Kpis).is_err());
    }
}
