//! Pure: what is said of a payload that breaks its schema: the kind of fault and the path, never a value.

use crate::violation::{Reason, Violation};
use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Value, json};

/// Says the first fault as the message and the next four beside it. JSON Schema's texts quote values, so none of them
/// is used.
pub fn explain<'a>(name: &str, errors: impl Iterator<Item = ValidationError<'a>>) -> Violation {
    let mut faults = errors.take(5).map(|error| fault(&error));
    let (reason, text) = faults.next().unwrap_or((Reason::WrongValue, "payload does not meet its schema".into()));
    let mut violation = Violation::new(reason, format!("event \"{name}\": {text}"));
    violation.others = faults.map(|(_, text)| text).collect();
    violation
}

fn fault(error: &ValidationError<'_>) -> (Reason, String) {
    let place = at(error);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            (Reason::MissingKey, format!("key {} is missing", quoted(&join(error, key))))
        }
        ValidationErrorKind::Type { kind } => {
            (Reason::WrongType, format!("key {place} must be of type {}", types(kind)))
        }
        ValidationErrorKind::Not { schema } if *schema == json!({"type": "null"}) => {
            (Reason::MissingKey, format!("key {place} must not be null"))
        }
        ValidationErrorKind::Enum { options } => {
            (Reason::WrongValue, format!("key {place} must be one of {}", listed(options)))
        }
        ValidationErrorKind::Minimum { limit } => (Reason::WrongValue, format!("key {place} must be at least {limit}")),
        ValidationErrorKind::Maximum { limit } => (Reason::WrongValue, format!("key {place} must be at most {limit}")),
        ValidationErrorKind::MinLength { limit } => {
            (Reason::WrongValue, format!("key {place} must have at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            (Reason::WrongValue, format!("key {place} must have at most {limit} characters"))
        }
        ValidationErrorKind::Format { format } => {
            (Reason::WrongValue, format!("key {place} must have the format {format}"))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let keys: Vec<String> = unexpected.iter().take(3).map(|key| quoted(&join(error, key))).collect();
            (Reason::UnexpectedKey, format!("key {} is not allowed", keys.join(", ")))
        }
        kind => (Reason::WrongValue, format!("key {place} breaks the rule \"{}\"", kind.keyword())),
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => several.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

/// The options come from the definition, not from the payload.
fn listed(options: &Value) -> String {
    let Some(options) = options.as_array() else { return "its enum".into() };
    let shown: Vec<String> = options.iter().take(10).map(ToString::to_string).collect();
    let more = if options.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Returns where the fault is, quoted.
pub fn at(error: &ValidationError<'_>) -> String {
    quoted(&join(error, ""))
}

/// Returns the path of the fault with dots, as people write it: `experiment.name`.
fn join(error: &ValidationError<'_>, key: &str) -> String {
    let path = error.instance_path().as_str();
    let mut dotted = path.trim_start_matches('/').replace('/', ".");
    if !key.is_empty() {
        if !dotted.is_empty() {
            dotted.push('.');
        }
        dotted.push_str(key);
    }
    dotted
}

/// A key can come from the caller, so a long one is cut.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.chars().take(80).collect::<String>())
}
