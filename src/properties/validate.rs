//! The property: a definition judges an event as JSON Schema judges the same value, and says why without quoting a
//! value.

use crate::log::taxonomy::rules::{Argument, EventType, Given, LoggedBy, PayloadLimits, Rules, Status, payload_size};
use crate::properties::drawn::{self, Bytes, CANARY, Texts};
use crate::violation::{Reason, Violation};
use jsonschema::PatternOptions;
use jsonschema_value::jsonb::encode::encode;
use serde_json::{Value, json};

pub fn holds(bytes: &[u8]) {
    let bytes = &mut Bytes(bytes);
    let definition = drawn::definition(bytes);
    let event_type: EventType = serde_json::from_value(definition.clone()).expect("a row of telemetry.event_types");
    let levels = bytes.below(10);
    let payload = if bytes.below(8) == 7 {
        drawn::nested(drawn::value(bytes, Texts::Plain, 2), levels)
    } else {
        Value::Object(drawn::object(bytes, Texts::Plain, 4))
    };
    let given = [(Argument::Payload, true), (Argument::UserId, bytes.flag()), (Argument::Seq, bytes.flag())];
    let from_client = bytes.flag();
    let limits = PayloadLimits { depth: 2 + bytes.below(8) };

    let mut keys = event_type.required_keys.clone();
    keys.sort_unstable();
    let is_named_twice = keys.windows(2).any(|pair| pair[0] == pair[1]);
    let good = !is_named_twice && schemas(&event_type).iter().all(|schema| validator(schema).is_some());
    let Ok(rules) = Rules::compile(event_type.clone()) else {
        assert!(!good, "a good definition does not compile: {definition}");
        return;
    };
    assert!(good, "a definition with a broken schema compiles: {definition}");
    let container = encode(&payload);
    let arguments = given.iter().fold(Given::default(), |all, (argument, given)| all.with(*argument, *given));
    let verdict = rules.check(&container, arguments, from_client, &limits);

    let missing = given.iter().any(|(argument, given)| !given && event_type.required_arguments.contains(argument));
    let expected = if from_client && event_type.logged_by == LoggedBy::Server {
        Some(Reason::NotAllowed)
    } else if event_type.status == Status::Deprecated {
        Some(Reason::DeprecatedEvent)
    } else if missing {
        Some(Reason::MissingArgument)
    } else if payload_size(&container) > event_type.payload_limit {
        Some(Reason::PayloadTooLarge)
    } else if !payload.is_object() {
        Some(Reason::PayloadNotObject)
    } else if depth(&payload) > limits.depth {
        Some(Reason::PayloadTooDeep)
    } else {
        None
    };
    match (&verdict, expected) {
        (Err(violation), Some(reason)) => assert_eq!(violation.reason, reason, "{definition} {payload}"),
        (verdict, expected) => {
            let meets = expected.is_none() && meets(&event_type, &payload);
            assert_eq!(verdict.is_ok(), meets, "{verdict:?} {definition} {payload}");
        }
    }
    if let Err(violation) = verdict {
        assert_quotes_nothing(&violation, &payload, &definition);
    }
}

/// Tells whether a payload meets the rules that docs/taxonomy.md gives, one by one.
fn meets(event: &EventType, payload: &Value) -> bool {
    event.required_keys.iter().all(|key| payload.get(key).is_some_and(|value| !value.is_null()))
        && payload.as_object().is_some_and(|members| {
            members.iter().all(|(key, value)| match event.properties.get(key) {
                Some(schema) => is_valid(schema, value),
                // Required keys are known keys.
                None => event.additional_properties || event.required_keys.contains(key),
            })
        })
        && event.json_schema.as_ref().is_none_or(|schema| is_valid(schema, payload))
}

fn schemas(event: &EventType) -> Vec<Value> {
    event.properties.values().chain(event.json_schema.as_ref()).cloned().collect()
}

fn is_valid(schema: &Value, value: &Value) -> bool {
    validator(schema).is_some_and(|validator| validator.is_valid(value))
}

fn validator(schema: &Value) -> Option<jsonschema::Validator> {
    let options = jsonschema::options().should_validate_formats(true).with_pattern_options(PatternOptions::regex());
    options.build(schema).ok()
}

/// Tells how deep a value nests. The payload is the first level, a member of it that holds something the second.
fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Checks that a message quotes nothing: not the canary, nor any text of more than 8 characters that is a value of the
/// payload and stands nowhere in the definition.
fn assert_quotes_nothing(violation: &Violation, payload: &Value, definition: &Value) {
    let told = json!([violation.message, violation.others, violation.hint()]).to_string();
    assert!(!told.contains(CANARY), "{told} {definition} {payload}");
    let known = definition.to_string();
    let mut texts = Vec::new();
    collect(payload, &mut texts);
    for text in texts {
        let text = Value::from(text).to_string();
        let text = text.trim_matches('"');
        let is_quoted = text.chars().count() > 8 && told.contains(text) && !known.contains(text);
        assert!(!is_quoted, "{text}: {told} {definition} {payload}");
    }
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        _ => (),
    }
}
