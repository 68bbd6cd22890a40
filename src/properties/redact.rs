//! The property: redaction writes JSON in which nothing is left to redact, and changes nothing but what it redacts.

use crate::log::redaction::policy::Policy;
use crate::log::redaction::walk::{redact, redact_text};
use crate::properties::drawn::{self, Bytes, Texts};
use jsonschema_value::jsonb::encode::encode;
use serde_json::Value;

pub fn holds(bytes: &[u8]) {
    let bytes = &mut Bytes(bytes);
    // Any JSON is a policy or refused.
    if bytes.below(16) == 15 {
        let _ = Policy::layered(&[drawn::value(bytes, Texts::Secret, 3)]);
        return;
    }
    let layers = [drawn::policy(bytes), drawn::policy(bytes)];
    let policy = Policy::layered(&layers).expect("a good policy");
    let nesting = if bytes.below(8) == 7 { bytes.next().into() } else { 0 };
    let payload = drawn::nested(Value::Object(drawn::object(bytes, Texts::Secret, 4)), nesting);
    // Keys may go where a layer drops some; the others are renamed at most.
    let drops = layers.iter().any(|layer| layer["allow_only"].is_array() || layer["keys"].to_string().contains("drop"));
    if let Some(found) = redact(&encode(&payload), &policy) {
        assert!(found.counts.values().sum::<u32>() > 0, "{payload}");
        let after = parsed(&found.text);
        assert!(agrees(&payload, &after, drops), "{payload} became {after}");
        let again = redact(&encode(&after), &policy);
        assert_eq!(again, None, "{payload} became {after} by {layers:?}");
    }
    let mut texts = Vec::new();
    collect(&payload, &mut texts);
    for text in texts {
        if let Some((masked, counts)) = redact_text(text, &policy) {
            assert!(!counts.is_empty() && masked != *text, "{text}");
            assert_eq!(redact_text(&masked, &policy), None, "{text} became {masked}");
        }
    }
}

/// Parses what redaction wrote, which has at most 128 levels: one more than serde_json reads.
fn parsed(text: &str) -> Value {
    let mut levels = 0usize;
    let (mut deepest, mut in_text, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => levels += 1,
            b']' | b'}' if !in_text => levels -= 1,
            _ => (),
        }
        deepest = deepest.max(levels);
    }
    assert!(deepest <= 128, "{deepest} levels");
    // serde_json reads 127: the outermost array is taken off where there is one more.
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(inner) if deepest == 128 => Value::Array(vec![serde_json::from_str(inner).expect("JSON")]),
        _ => serde_json::from_str(text).expect("JSON"),
    }
}

/// Tells whether nothing differs but what redaction writes.
fn agrees(before: &Value, after: &Value, drops: bool) -> bool {
    match (before, after) {
        (_, Value::String(text)) if text.contains("[redacted") => true,
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| agrees(before, after, drops))
        }
        (Value::Object(before), Value::Object(after)) => {
            let same = after.iter().all(|(key, after)| match before.get(key) {
                Some(before) => agrees(before, after, drops),
                None => key.contains("[redacted"),
            });
            same && (drops || before.len() == after.len())
        }
        // Through numeric and back: 1.0 may come back as 1.
        (Value::Number(before), Value::Number(after)) => before == after || before.as_f64() == after.as_f64(),
        _ => before == after,
    }
}

fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, texts)),
        Value::Object(members) => {
            texts.extend(members.keys().map(String::as_str));
            members.values().for_each(|member| collect(member, texts));
        }
        _ => (),
    }
}
