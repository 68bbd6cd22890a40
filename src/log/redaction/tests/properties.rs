//! These properties hold of any payload.

use super::super::policy::Policy;
use crate::log::redaction::walk::{redact, redact_text};
use crate::properties::drawn::PIECES;
use jsonschema_value::jsonb::encode::encode;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Makes texts of what the rules look for, whole and in pieces.
fn fragments() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"],
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["password", "apiKey", "email", "ssn", "id", "a", "card", "serial"])
            .prop_map(str::to_owned),
        fragments()
    ]
}

fn payload() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![4111111111111111u64, 378282246310005, 1790000000000]).prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        fragments().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<String, Value>>())),
        ]
    })
}

fn policies() -> [Policy; 3] {
    [
        json!({}),
        json!({"keys": {"email": "keep_domain", "ssn": "drop", "id": "mask"}, "except": ["serial"]}),
        json!({"values": ["email", "phone", "card"], "keys": false, "allow_only": ["a", "email", "ssn"]}),
    ]
    .map(|layer| Policy::layered(&[layer]).expect("a good policy"))
}

/// The value without what redaction writes and without the members whose key it changed.
fn agrees(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (_, Value::String(text)) if text.contains("[redacted") => true,
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| agrees(before, after))
        }
        (Value::Object(before), Value::Object(after)) => after.iter().all(|(key, after)| match before.get(key) {
            Some(before) => agrees(before, after),
            None => key.contains("[redacted"),
        }),
        _ => before == after,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_result_is_json_with_nothing_left_to_redact(payload in payload()) {
        for policy in policies() {
            if let Some(found) = redact(&encode(&payload), &policy) {
                let after: Value = serde_json::from_str(&found.text).expect("JSON");
                prop_assert!(agrees(&payload, &after), "{after}");
                prop_assert!(found.counts.values().sum::<u32>() > 0);
                prop_assert_eq!(redact(&encode(&after), &policy), None, "{}", after);
            }
        }
    }

    #[test]
    fn a_text_is_masked_once_and_for_all(text in fragments()) {
        let policy = Policy::standard();
        if let Some((masked, _)) = redact_text(&text, &policy) {
            prop_assert_eq!(redact_text(&masked, &policy), None, "{}", masked);
        }
    }

    #[test]
    fn any_text_is_read(text in "\\PC*") {
        let _ = redact_text(&text, &Policy::standard());
    }
}
