//! Types take what definitions take, and are the same whatever order rows come in.

use super::python;
use super::shape::{Object, Shape, is_of};
use super::typescript;
use super::vocabulary::{Definition, Vocabulary};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn definition(name: &str, more: Value) -> Definition {
    let mut row = json!({
        "event_name": name, "event_version": 1, "description": null, "required_keys": [], "properties": {},
        "additional_properties": false, "json_schema": null, "required_arguments": [], "logged_by": "client"});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

fn written(definitions: Vec<Definition>) -> (String, String) {
    let vocabulary = Vocabulary::new(definitions, Vec::new());
    (typescript::text(&vocabulary), python::text(&vocabulary))
}

/// The lines between two that are as given, without what stands around them.
fn part<'a>(text: &'a str, from: &str, until: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from} in {text}"));
    let end = text[start..].find(until).unwrap_or_else(|| panic!("no {until} after {from} in {text}")) + until.len();
    &text[start..start + end]
}

#[test]
fn required_keys_come_first_and_remarks_say_what_types_cannot() {
    let (typescript, python) = written(vec![definition(
        "lesson_completed",
        json!({
            "description": "A lesson was completed.", "required_keys": ["lesson", "anything"], "required_arguments": ["user_id"],
            "properties": {
                "lesson": {"type": "string", "maxLength": 100, "description": "its name"},
                "seconds": {"type": ["integer", "null"], "minimum": 0},
                "grade": {"enum": ["a", "b", null, 1.5]}}}),
    )]);
    assert_eq!(
        part(&typescript, "    /** A lesson", "    };\n"),
        r#"    /** A lesson was completed. It needs user_id. */
    lesson_completed: {
        anything: NonNullable<unknown>;
        /** its name (length at most 100) */
        lesson: string;
        grade?: "a" | "b" | null | number;
        /** (integer, at least 0) */
        seconds?: number | null;
    };
"#
    );
    assert_eq!(
        part(&python, "class LessonCompleted", "int | None]\n"),
        r#"class LessonCompleted(TypedDict):
    """A lesson was completed. It needs user_id."""

    anything: object
    # its name (length at most 100)
    lesson: str
    grade: NotRequired[Literal["a"] | Literal["b"] | None | float]
    # (integer, at least 0)
    seconds: NotRequired[int | None]
"#
    );
}

#[test]
fn names_that_are_none_are_quoted_and_reserved_words_are_no_members() {
    let properties = json!({"properties": {"class": {"type": "string"}, "a-b": {"type": "integer"}}});
    let (typescript, python) = written(vec![definition("typed", properties)]);
    assert!(typescript.contains("\"a-b\"?: number;\n"), "{typescript}");
    assert!(typescript.contains("        class?: string;\n"), "{typescript}");
    assert!(
        python.contains("Typed = TypedDict(\"Typed\", {\n    # (integer)\n    \"a-b\": NotRequired[int],\n"),
        "{python}"
    );
}

#[test]
fn a_key_does_not_hide_the_class_of_its_name() {
    let inner = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let properties = json!({"properties": {"TypedInner": {"type": "string"}, "inner": inner}});
    let (_, python) = written(vec![definition("typed", properties)]);
    assert!(python.contains("class TypedInner(TypedDict)"), "{python}");
    assert!(python.contains("Typed = TypedDict(\"Typed\", {"), "{python}");
    assert!(python.contains("\"inner\": NotRequired[TypedInner],"), "{python}");
}

#[test]
fn classes_of_like_names_are_numbered() {
    let properties = json!({"properties": {"n": {"type": "integer"}}});
    let names = ["order_placed", "ORDER_PLACED", "none", "track"];
    let (_, python) = written(names.map(|name| definition(name, properties.clone())).into());
    for class in ["OrderPlaced(", "OrderPlaced2(", "None2(", "Track2("] {
        assert!(python.contains(&format!("class {class}")), "no class {class} in {python}");
    }
}

#[test]
fn a_name_of_several_versions_has_the_payload_of_any() {
    let one = definition("message_sent", json!({"required_keys": ["a"], "properties": {"a": {"type": "string"}}}));
    let two = definition("message_sent", json!({"event_version": 2, "required_keys": ["b"], "logged_by": "server"}));
    let (typescript, python) = written(vec![one, two]);
    let clients = part(&typescript, "export interface ClientEvents", "\n}\n");
    let servers = part(&typescript, "export interface ServerEvents", "\n}\n");
    assert!(clients.contains("a: string") && !clients.contains("b:"), "{clients}");
    assert!(servers.contains("a: string") && servers.contains("b: NonNullable"), "{servers}");
    assert!(python.contains("payload: MessageSent | MessageSent2,"), "{python}");
}

#[test]
fn without_events_nothing_can_be_tracked() {
    let (typescript, python) = written(Vec::new());
    assert!(typescript.contains("export interface ClientEvents {\n}\n"));
    assert!(python.contains("event_name: Never"));
}

#[test]
fn a_description_cannot_end_its_comment() {
    let hostile = "over */ alert(1) \"\"\" \\ \n\u{2028}\u{202E}end";
    let more = json!({"description": hostile, "properties": {"n": {"type": "integer", "description": hostile}}});
    let (typescript, python) = written(vec![definition("viewed", more)]);
    let opened = typescript.matches("/*").count();
    assert_eq!(typescript.matches("*/").count(), opened, "{typescript}");
    // The docstrings of the file, of the class and of Track.
    assert_eq!(python.matches("\"\"\"").count(), 7, "{python}");
    assert!(python.contains("over */ alert(1) \\\"\\\"\\\" \\\\ end"), "{python}");
}

/// Says whether a value is of a shape.
fn takes(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Unknown => true,
        Shape::NotNull => !value.is_null(),
        Shape::Never => false,
        Shape::Null => value.is_null(),
        Shape::Boolean => value.is_boolean(),
        Shape::Integer => is_of(value, "integer"),
        Shape::Number => value.is_number(),
        Shape::Text => value.is_string(),
        Shape::Literal(only) => only == value || only.as_f64().is_some_and(|only| value.as_f64() == Some(only)),
        Shape::List(element) => value.as_array().is_some_and(|list| list.iter().all(|value| takes(element, value))),
        Shape::Object(object) => value.as_object().is_some_and(|value| takes_object(object, value)),
        Shape::AnyOf(parts) => parts.iter().any(|part| takes(part, value)),
    }
}

fn takes_object(object: &Object, value: &Map<String, Value>) -> bool {
    object.fields.iter().all(|field| match value.get(&field.key) {
        Some(value) => takes(&field.shape, value),
        None => !field.is_required,
    }) && value
        .iter()
        .filter(|(key, _)| object.fields.iter().all(|field| field.key != **key))
        .all(|(_, value)| object.others.as_ref().is_some_and(|others| takes(others, value)))
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2..3_i64).prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!(1.0)),
        "[ab]{0,1}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect()))
        ]
    })
}

fn schemas() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        kind.clone().prop_map(|kind| json!({"type": kind})),
        prop::collection::vec(kind.clone(), 1..3).prop_map(|mut kinds| {
            kinds.sort_unstable();
            kinds.dedup();
            json!({"type": kinds})
        }),
        prop::collection::vec(values(), 1..3).prop_map(|options| json!({"enum": options})),
        (kind, prop::collection::vec(values(), 1..3))
            .prop_map(|(kind, options)| json!({"type": kind, "enum": options})),
        values().prop_map(|only| json!({"const": only})),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..3);
        let map = prop::collection::btree_map("[ab]", inner.clone(), 0..3);
        prop_oneof![
            (several.clone(), prop::sample::select(vec!["anyOf", "oneOf", "allOf"])).prop_map(|(list, word)| json!({word: list})),
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            (several, inner.clone()).prop_map(|(first, rest)| json!({"type": "array", "prefixItems": first, "items": rest})),
            (map.clone(), prop::collection::vec("[ab]", 0..2), inner.clone()).prop_map(|(properties, required, others)| {
                json!({"type": "object", "properties": properties, "required": required, "additionalProperties": others})
            }),
            (map, inner.clone()).prop_map(|(properties, pattern)| {
                json!({"properties": properties, "patternProperties": {"a": pattern}, "additionalProperties": false})
            }),
            inner.prop_map(|schema| json!({"not": schema})),
        ]
    })
}

proptest! {
    /// What a schema lets pass, its type lets pass.
    #[test]
    fn a_type_takes_what_its_schema_takes(schema in schemas(), value in values()) {
        let validator = jsonschema::validator_for(&schema).unwrap();
        if validator.is_valid(&value) {
            let shape = Shape::of(&schema);
            prop_assert!(takes(&shape, &value), "{schema} takes {value}, {shape:?} does not");
        }
    }

    /// A payload that meets the keys, properties and schema of a definition is of its type.
    #[test]
    fn a_type_takes_what_its_definition_takes(
        properties in prop::collection::btree_map("[ab]", schemas(), 0..3), required in prop::collection::vec("[abc]", 0..2),
        is_open: bool, whole in schemas(), payload in prop::collection::btree_map("[abc]", values(), 0..3)
    ) {
        let payload: Map<String, Value> = payload.into_iter().collect();
        let properties: Map<String, Value> = properties.into_iter().collect();
        let own = json!({"required": required, "properties": properties, "additionalProperties": is_open});
        let meets = |schema: &Value| jsonschema::validator_for(schema).unwrap().is_valid(&Value::Object(payload.clone()));
        let has_null = required.iter().any(|key| payload.get(key).is_some_and(Value::is_null));
        if !has_null && meets(&own) && meets(&whole) {
            let object = Object::of_payload(&required, &properties, is_open, Some(&whole));
            prop_assert!(takes_object(&object, &payload), "{own} and {whole} take {payload:?}, {object:?} does not");
        }
    }

    #[test]
    fn the_order_of_rows_changes_nothing(names in prop::collection::vec("[a-c]{1,2}", 0..5), turn in 0..5_usize) {
        let mut rows: Vec<_> = names.iter().enumerate()
            .map(|(n, name)| definition(name, json!({"event_version": n, "required_keys": [name]}))).collect();
        let texts = written(rows.clone());
        if !rows.is_empty() {
            let turn = turn % rows.len();
            rows.rotate_left(turn);
        }
        prop_assert_eq!(written(rows), texts);
    }

    /// No key or text breaks the line that it stands in.
    #[test]
    fn each_line_of_a_payload_is_one(key in any::<String>(), text in any::<String>()) {
        let properties = json!({"properties": {key.clone(): {"enum": [text.clone()], "description": text.clone()}}});
        let (typescript, python) = written(vec![definition("viewed", properties)]);
        let plain = written(vec![definition("viewed", json!({"properties": {"k": {"enum": ["t"]}}}))]);
        let said = super::remark::lines(&super::remark::one_line(&text), 98).len();
        let most = |plain: &str| plain.lines().count() + said + 4;
        prop_assert!(typescript.lines().count() <= most(&plain.0), "{}", typescript);
        prop_assert!(python.lines().count() <= most(&plain.1), "{}", python);
        let described = |text: &str| written(vec![definition("viewed", json!({"description": text}))]).0.matches("*/").count();
        prop_assert!(described(&text) <= described("word"));
    }
}
