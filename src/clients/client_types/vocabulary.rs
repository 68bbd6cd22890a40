//! Pure: the events that may be logged, each with the payloads that it may have.

use super::remark::one_line;
use super::shape::{Object, Shape};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A row of telemetry.event_types.
#[derive(Debug, Clone, Deserialize)]
pub struct Definition {
    pub event_name: String,
    pub event_version: i16,
    pub description: Option<String>,
    pub required_keys: Vec<String>,
    pub properties: Map<String, Value>,
    pub additional_properties: bool,
    pub json_schema: Option<Value>,
    pub required_arguments: Vec<String>,
    pub logged_by: String,
}

/// A row of telemetry.event_aliases.
#[derive(Debug, Clone, Deserialize)]
pub struct Alias {
    pub alias: String,
    pub argument: String,
}

/// What is written, in one order whatever order the rows came in.
pub struct Vocabulary {
    /// By name.
    pub events: Vec<Event>,
    /// Other names of arguments, and which they mean.
    pub aliases: BTreeMap<String, String>,
}

pub struct Event {
    pub name: String,
    /// The newest first.
    pub versions: Vec<Version>,
}

/// A definition that an event may be held to: it is stored where it meets one of them.
pub struct Version {
    pub payload: Object,
    pub is_for_servers: bool,
    description: String,
    arguments: Vec<String>,
}

impl Vocabulary {
    pub fn new(mut definitions: Vec<Definition>, aliases: Vec<Alias>) -> Vocabulary {
        definitions.sort_by(|a, b| a.event_name.cmp(&b.event_name).then(b.event_version.cmp(&a.event_version)));
        let mut events: Vec<Event> = Vec::new();
        for definition in definitions {
            let version = Version::of(&definition);
            match events.last_mut() {
                Some(event) if event.name == definition.event_name => event.versions.push(version),
                _ => events.push(Event { name: definition.event_name, versions: vec![version] }),
            }
        }
        Vocabulary { events, aliases: aliases.into_iter().map(|row| (row.alias, row.argument)).collect() }
    }
}

impl Version {
    fn of(definition: &Definition) -> Version {
        Version {
            payload: Object::of_payload(
                &definition.required_keys,
                &definition.properties,
                definition.additional_properties,
                definition.json_schema.as_ref(),
            ),
            is_for_servers: definition.logged_by == "server",
            description: one_line(definition.description.as_deref().unwrap_or_default()),
            arguments: definition.required_arguments.clone(),
        }
    }
}

impl Event {
    /// What is said of it: a remark for each version, none twice.
    pub fn remarks(&self, versions: &[&Version]) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        for version in versions {
            let mut said = vec![version.description.clone()];
            if version.is_for_servers {
                said.push("Only a server may log it.".into());
            }
            if !version.arguments.is_empty() {
                said.push(format!("It needs {}.", version.arguments.join(", ")));
            }
            let said = one_line(&said.join(" "));
            if !said.is_empty() && !remarks.contains(&said) {
                remarks.push(said);
            }
        }
        remarks
    }
}

/// The payload of any of these versions.
pub fn payload_of(versions: &[&Version]) -> Shape {
    Shape::any_of(versions.iter().map(|version| Shape::Object(version.payload.clone())).collect())
}
