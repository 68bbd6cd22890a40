//! Pure: writes a jsonb value as bytes that are equal exactly where the values are. So 1.0 has the bytes of 1.

use super::size::children;
use crate::jsonb::container::{IS_CONTAINER, IS_NUMBER, IS_OBJECT, Number, word};

/// Appends the bytes of a value to `text`; None stands for the empty object. Each container says what it is and how
/// many children it has, each child its type and length: so no two different values have the same bytes.
pub fn write(container: Option<&[u8]>, text: &mut Vec<u8>) {
    let Some(container) = container else {
        text.extend_from_slice(&IS_OBJECT.to_le_bytes());
        return;
    };
    let mut pending = vec![container];
    while let Some(container) = pending.pop() {
        text.extend_from_slice(&word(container, 0).to_le_bytes());
        for (kind, child) in children(container) {
            text.extend_from_slice(&kind.to_le_bytes());
            match kind {
                IS_CONTAINER => pending.push(child),
                IS_NUMBER => {
                    let number = Number::read(child);
                    text.push(u8::from(number.is_negative));
                    text.extend_from_slice(&number.weight.to_le_bytes());
                    put(number.digits, text);
                }
                _ => put(child, text),
            }
        }
    }
}

fn put(bytes: &[u8], text: &mut Vec<u8>) {
    text.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    text.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use serde_json::{Value, json};

    fn bytes(json: &str) -> Vec<u8> {
        let mut text = Vec::new();
        write(Some(&encode(&serde_json::from_str::<Value>(json).expect("JSON"))), &mut text);
        text
    }

    #[test]
    fn equal_values_are_equal_bytes() {
        for (one, other) in [
            (r#"{"n": 1}"#, r#"{"n": 1.0}"#),
            (r#"{"n": [100, 0.5, 0]}"#, r#"{"n": [1e2, 0.50, 0.0]}"#),
            (r#"{"a": 1, "b": {"c": -2}}"#, r#"{"b": {"c": -2.00}, "a": 1}"#),
        ] {
            assert_eq!(bytes(one), bytes(other), "{one}");
        }
        let mut none = Vec::new();
        write(None, &mut none);
        assert_eq!(none, bytes("{}"));
    }

    #[test]
    fn other_values_are_other_bytes() {
        let values = [
            json!({}),
            json!([]),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": -1}),
            json!({"a": 10_000}),
            json!({"a": true}),
            json!({"a": false}),
            json!({"a": null}),
            json!({"a": ""}),
            json!({"a": []}),
            json!({"a": {}}),
            json!({"a": [[]]}),
            json!({"a": [1], "b": []}),
            json!({"a": [], "b": [1]}),
            json!({"a": 1, "b": 1}),
        ];
        let written: Vec<Vec<u8>> = values.iter().map(|value| bytes(&value.to_string())).collect();
        for (n, one) in written.iter().enumerate() {
            assert!(written[..n].iter().all(|other| other != one), "{}", values[n]);
        }
    }
}
