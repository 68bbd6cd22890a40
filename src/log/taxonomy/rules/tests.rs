//! The rules are tested against payloads as PostgreSQL stores them, made by `jsonschema-value`'s encoder.

use super::*;
use jsonschema_value::jsonb::encode::{encode, encode_nested_arrays};
use proptest::prelude::*;

const LIMITS: Limits = Limits { depth: 8 };

fn definition(attributes: Value) -> EventType {
    let mut row = json!({
        "event_name": "order_placed", "event_version": 1, "status": "active", "required_keys": [], "properties": {},
        "additional_properties": true, "json_schema": null, "required_arguments": [], "payload_limit": 4096,
        "enforcement": null, "logged_by": "client", "sampling_rate": 1.0, "daily_budget": null,
        "redaction": {}, "replaced_by": null
    });
    for (name, value) in attributes.as_object().expect("attributes are an object") {
        row[name] = value.clone();
    }
    serde_json::from_value(row).expect("a row of telemetry.event_types")
}

fn check(attributes: Value, payload: Value) -> Result<(), Violation> {
    let rules = Rules::compile(definition(attributes)).expect("a good definition");
    rules.check(&encode(&payload), Given::default(), false, &LIMITS)
}

fn reason(attributes: Value, payload: Value) -> Option<Reason> {
    check(attributes, payload).err().map(|violation| violation.reason)
}

#[test]
fn each_fault_has_its_reason() {
    let typed = json!({"required_keys": ["a"], "properties": {"a": {"type": "integer", "minimum": 1}}, "additional_properties": false});
    assert_eq!(reason(typed.clone(), json!({"a": 1})), None);
    assert_eq!(reason(typed.clone(), json!({})), Some(Reason::MissingKey));
    assert_eq!(reason(typed.clone(), json!({"a": "1"})), Some(Reason::WrongType));
    assert_eq!(reason(typed.clone(), json!({"a": 1.5})), Some(Reason::WrongType));
    assert_eq!(reason(typed.clone(), json!({"a": 0})), Some(Reason::WrongValue));
    assert_eq!(reason(typed, json!({"a": 1, "b": 2})), Some(Reason::UnexpectedKey));
    assert_eq!(reason(json!({"required_keys": ["a"]}), json!({"a": null})), Some(Reason::MissingKey));
    for rule in [json!({"maxLength": 3}), json!({"type": ["string", "null"]}), json!({}), json!(true)] {
        let required = json!({"required_keys": ["a"], "properties": {"a": rule}});
        assert_eq!(reason(required.clone(), json!({"a": null})), Some(Reason::MissingKey));
        assert_eq!(reason(required, json!({"a": "x"})), None);
    }
    let other_not = json!({"properties": {"a": {"not": {"const": 1}}}});
    assert_eq!(reason(other_not, json!({"a": 1})), Some(Reason::WrongValue));
    assert_eq!(reason(json!({}), json!([])), Some(Reason::PayloadNotObject));
    assert_eq!(reason(json!({}), json!(null)), Some(Reason::PayloadNotObject));
    assert_eq!(reason(json!({"payload_limit": 20}), json!({"a": "a long text"})), Some(Reason::PayloadTooLarge));
    assert_eq!(reason(json!({"status": "deprecated"}), json!({})), Some(Reason::DeprecatedEvent));
    assert_eq!(reason(json!({"required_arguments": ["user_id"]}), json!({})), Some(Reason::MissingArgument));
}

#[test]
fn depth_is_counted_from_the_payload() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    assert_eq!(reason(json!({}), nested(8)), None);
    assert_eq!(reason(json!({}), nested(9)), Some(Reason::PayloadTooDeep));
}

#[test]
fn a_payload_deeper_than_any_stack_is_refused() {
    let rules = Rules::compile(definition(json!({"payload_limit": 1_048_576}))).expect("a good definition");
    let deep = encode_nested_arrays(50_000);
    assert!(rules.check(&deep, Given::default(), false, &LIMITS).is_err());
}

#[test]
fn clients_log_what_is_open_to_clients() {
    let rules = Rules::compile(definition(json!({"logged_by": "server"}))).expect("a good definition");
    let container = encode(&json!({}));
    assert!(rules.check(&container, Given::default(), false, &LIMITS).is_ok());
    let refused = rules.check(&container, Given::default(), true, &LIMITS).map_err(|violation| violation.reason);
    assert_eq!(refused, Err(Reason::NotAllowed));
}

#[test]
fn a_broken_definition_does_not_compile() {
    for properties in [
        json!({"a": {"type": "strnig"}}),
        json!({"a": {"pattern": "("}}),
        json!({"a": {"$ref": "https://example.com/x"}}),
    ] {
        assert!(Rules::compile(definition(json!({ "properties": properties }))).is_err());
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e15f64..1e15).prop_map(Value::from),
        "[a-z\u{e9}\u{1d11e}]{0,12}".prop_map(Value::from),
        Just(Value::from("hunter2")),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-e]", inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The verdict over stored bytes is that of the same schema over the parsed value.
    #[test]
    fn bytes_and_values_agree(payload in json_value()) {
        let attributes = json!({
            "required_keys": ["a"], "additional_properties": false,
            "properties": {"a": {"type": ["integer", "string", "null"]}, "b": {"enum": [1, "x", null, true]}, "c": {"type": "array", "items": {"type": "number", "minimum": 0}}, "d": {"maxLength": 3}}
        });
        let event_type = definition(attributes.clone());
        let schema = schema_of(&event_type).expect("a schema");
        let expected = payload.is_object() && jsonschema::is_valid(&schema, &payload);
        let wide = Limits { depth: 100 };
        let rules = Rules::compile(event_type).expect("a good definition");
        let verdict = rules.check(&encode(&payload), Given::default(), false, &wide);
        prop_assert_eq!(verdict.is_ok(), expected, "{:?}", verdict);
    }

    /// No message quotes a value.
    #[test]
    fn no_value_is_echoed(payload in json_value()) {
        let attributes = json!({"properties": {"a": {"type": "boolean"}, "b": {"const": 1}, "c": {"maxItems": 0}, "d": {"pattern": "^x$"}, "e": {"not": {}}}});
        if let Err(violation) = check(attributes, payload) {
            let told = format!("{} {:?} {}", violation.message, violation.others, violation.hint());
            prop_assert!(!told.contains("hunter2"), "{}", told);
        }
    }

    /// Whatever bytes claim to be a definition get an answer, never a panic.
    #[test]
    fn any_schema_compiles_or_is_refused(schema in json_value()) {
        let mut event_type = definition(json!({}));
        event_type.json_schema = schema.is_object().then_some(schema);
        let _ = Rules::compile(event_type);
    }
}
