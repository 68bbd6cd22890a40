//! Pure: a definition of the taxonomy, and whether an event meets it.
//!
//! A definition becomes one JSON Schema (required keys, typed properties, allowed keys) plus, where given, the
//! schema of the whole payload; both are compiled once and run over the jsonb bytes in place. What JSON Schema does
//! not know (arguments, size, depth, who may log it) is checked here first, cheapest first.

mod faults;
mod patterns;
pub mod schema;

use crate::jsonb::size::{is_deeper_than, size_of};
use crate::violation::{Reason, Violation};
use faults::{at, explain};
use jsonschema::json::{Jsonb, Node};
use jsonschema::{PatternOptions, Validator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A row of telemetry.event_types.
#[derive(Debug, Clone, Deserialize)]
pub struct EventType {
    pub event_name: String,
    pub event_version: i16,
    pub status: Status,
    pub required_keys: Vec<String>,
    pub properties: Map<String, Value>,
    pub additional_properties: bool,
    pub json_schema: Option<Value>,
    pub required_arguments: Vec<Argument>,
    pub payload_limit: usize,
    pub enforcement: Option<Mode>,
    pub logged_by: LoggedBy,
    pub sampling_rate: f32,
    pub daily_budget: Option<i32>,
    pub redaction: Value,
    pub replaced_by: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Superseded,
    Deprecated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggedBy {
    Client,
    Server,
}

/// A label of telemetry.enforcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Reject,
    Quarantine,
    Warn,
    Accept,
}

/// An argument of log_event() that a definition may require.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Argument {
    Payload,
    UserId,
    SessionId,
    SubjectId,
    TenantId,
    Source,
    ClientTs,
    Seq,
    EventVersion,
    EventId,
}

impl Argument {
    pub fn name(self) -> &'static str {
        match self {
            Argument::Payload => "payload",
            Argument::UserId => "user_id",
            Argument::SessionId => "session_id",
            Argument::SubjectId => "subject_id",
            Argument::TenantId => "tenant_id",
            Argument::Source => "source",
            Argument::ClientTs => "client_ts",
            Argument::Seq => "seq",
            Argument::EventVersion => "event_version",
            Argument::EventId => "event_id",
        }
    }
}

/// Which arguments the caller gave, one bit each.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given(u16);

impl Given {
    pub fn with(self, argument: Argument, given: bool) -> Given {
        Given(self.0 | (u16::from(given) << argument as u16))
    }

    fn has(self, argument: Argument) -> bool {
        self.0 & (1 << argument as u16) != 0
    }
}

/// One version of an event's rules, ready to run.
pub struct Rules {
    pub event_type: EventType,
    schemas: Vec<Validator<Jsonb>>,
}

/// What a payload is checked against besides its definition.
pub struct Limits {
    pub depth: usize,
}

impl Rules {
    /// The problem names keywords and keys of the definition.
    pub fn compile(event_type: EventType) -> Result<Rules, String> {
        let mut schemas = Vec::new();
        if let Some(schema) = schema_of(&event_type) {
            schemas.push(compile_schema(&schema)?);
        }
        if let Some(schema) = &event_type.json_schema {
            schemas.push(compile_schema(schema)?);
        }
        Ok(Rules { event_type, schemas })
    }

    /// Says whether a client may log the event, if the caller is one.
    pub fn may_be_logged(&self, from_client: bool) -> Result<(), Violation> {
        if from_client && self.event_type.logged_by == LoggedBy::Server {
            let message = format!("event \"{}\" may be logged by a server role only", self.event_type.event_name);
            return Err(Violation::new(Reason::NotAllowed, message));
        }
        Ok(())
    }

    /// Says whether the event meets this definition; `container` is the jsonb value without its varlena header.
    pub fn check(&self, container: &[u8], given: Given, from_client: bool, limits: &Limits) -> Result<(), Violation> {
        let event = &self.event_type;
        let name = &event.event_name;
        // Before everything that an enforcement mode may forgive.
        self.may_be_logged(from_client)?;
        if event.status == Status::Deprecated {
            let mut violation = Violation::new(Reason::DeprecatedEvent, format!("event \"{name}\" is deprecated"));
            violation.replaced_by.clone_from(&event.replaced_by);
            return Err(violation);
        }
        for argument in &event.required_arguments {
            if !given.has(*argument) {
                return Err(Violation::new(
                    Reason::MissingArgument,
                    format!("event \"{name}\": argument {} must not be null", argument.name()),
                ));
            }
        }
        let size = payload_size(container);
        if size > event.payload_limit {
            return Err(too_large(name, size, event.payload_limit));
        }
        check_shape(name, container, limits)?;
        let payload = Jsonb::root(container);
        for schema in &self.schemas {
            if !schema.is_valid(payload) {
                return Err(explain(name, schema.iter_errors(payload)));
            }
        }
        Ok(())
    }
}

/// The longest name in bytes, as the constraint name_is_snake_or_upper_case of telemetry.event_types has it.
pub const LONGEST_NAME: usize = 63;

/// The most that any definition may allow, in bytes, as its constraint payload_limit_is_sane has it.
pub const LARGEST_PAYLOAD: usize = 1_048_576;

/// Returns what a payload_limit counts: what pg_column_size() shows of a plain value, with 4 bytes of varlena header. A
/// number counts as long as it prints where that is more.
pub fn payload_size(container: &[u8]) -> usize {
    size_of(container, LARGEST_PAYLOAD) + 4
}

pub fn too_large(name: &str, bytes: usize, limit: usize) -> Violation {
    Violation::new(
        Reason::PayloadTooLarge,
        format!("event \"{name}\": payload has {bytes} bytes, its limit is {limit}"),
    )
}

/// Checks what every payload must be, registered or not.
pub fn check_shape(name: &str, container: &[u8], limits: &Limits) -> Result<(), Violation> {
    let payload = Jsonb::root(container);
    if payload.as_object().is_none() {
        return Err(Violation::new(
            Reason::PayloadNotObject,
            format!("event \"{name}\": payload must be a JSON object"),
        ));
    }
    if is_deeper_than(container, limits.depth) {
        return Err(Violation::new(
            Reason::PayloadTooDeep,
            format!("event \"{name}\": payload nests deeper than {} levels", limits.depth),
        ));
    }
    Ok(())
}

/// Returns the schema that required_keys, properties and additional_properties amount to, None where they ask for
/// nothing.
fn schema_of(event: &EventType) -> Option<Value> {
    if event.required_keys.is_empty() && event.properties.is_empty() && event.additional_properties {
        return None;
    }
    let mut properties = event.properties.clone();
    for key in &event.required_keys {
        // Required means there and not null, also where no rule says of which type, or one that lets null pass.
        match properties.get_mut(key) {
            None => {
                properties.insert(key.clone(), json!({"not": {"type": "null"}}));
            }
            Some(rule) if excludes_null(rule) => (),
            Some(rule) => *rule = json!({"allOf": [rule.take(), {"not": {"type": "null"}}]}),
        }
    }
    Some(json!({
        "required": event.required_keys,
        "properties": properties,
        "additionalProperties": event.additional_properties,
    }))
}

/// Says whether a key's rule excludes null by its type or enum: then its own message is the better one.
fn excludes_null(rule: &Value) -> bool {
    match &rule["type"] {
        Value::String(kind) => kind != "null",
        Value::Array(kinds) => kinds.iter().all(|kind| kind != "null"),
        _ => rule["enum"].as_array().is_some_and(|options| options.iter().all(|option| !option.is_null())),
    }
}

/// A compiled pattern has at most so many bytes: `^\p{L}{1,64}$` fits.
const LARGEST_PATTERN: usize = 4_194_304;

/// Compiles a schema without network and with linear-time patterns: a definition must not be able to stall a backend.
fn compile_schema(schema: &Value) -> Result<Validator<Jsonb>, String> {
    jsonschema::options_for::<Jsonb>()
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::regex().size_limit(LARGEST_PATTERN))
        .build(schema)
        .map_err(|error| format!("{} at {}", error.kind().keyword(), at(&error)))
}

#[cfg(test)]
mod tests;
