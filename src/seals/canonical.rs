//! Pure: writes a jsonb value as the bytes that a leaf commits to: those that telemetry_seals::payload makes of its text.

use crate::jsonb::container::{Item, elements, members};
use telemetry_seals::payload::Writer;

/// The rest of a container on the way: a key belongs to each member of an object.
type Rest<'a> = Box<dyn Iterator<Item = (Option<&'a str>, Item<'a>)> + 'a>;

/// Appends the bytes of a container, whatever its depth.
pub fn write(container: &[u8], bytes: &mut Vec<u8>) {
    write_without(container, bytes, |_, _| false);
}

/// Appends the bytes of an object without the members that are NULL, so that a column which a later version adds does not
/// change the leaf of a row that has nothing there.
pub fn write_record(container: &[u8], bytes: &mut Vec<u8>) {
    write_without(container, bytes, |depth, item| depth == 1 && *item == Item::Null);
}

fn write_without(container: &[u8], bytes: &mut Vec<u8>, is_left_out: impl Fn(usize, &Item<'_>) -> bool) {
    let mut pending: Vec<Rest<'_>> = vec![begin(container, bytes, |item| is_left_out(1, item))];
    while let Some(rest) = pending.last_mut() {
        let Some((key, item)) = rest.next() else {
            pending.pop();
            continue;
        };
        if is_left_out(pending.len(), &item) {
            continue;
        }
        if let Some(key) = key {
            Writer(bytes).key(key);
        }
        match item {
            Item::Null => Writer(bytes).null(),
            Item::Boolean(value) => Writer(bytes).boolean(value),
            Item::Text(text) => Writer(bytes).text(text),
            Item::Number(number) => {
                let decimal = number.as_i64().map_or_else(|| number.text(), |whole| whole.to_string());
                // Every number of PostgreSQL's is one.
                Writer(bytes).number(&decimal);
            }
            Item::Container(container) => {
                let rest = begin(container, bytes, |item| is_left_out(pending.len() + 1, item));
                pending.push(rest);
            }
        }
    }
}

/// Begins an object or array. A scalar, which no payload is, is written as PostgreSQL stores it.
fn begin<'a>(container: &'a [u8], bytes: &mut Vec<u8>, is_left_out: impl Fn(&Item<'_>) -> bool) -> Rest<'a> {
    if let Some(list) = members(container) {
        let count =
            list.len() - members(container).map_or(0, |list| list.filter(|(_, item)| is_left_out(item)).count());
        Writer(bytes).object(count);
        return Box::new(list.map(|(key, item)| (Some(key), item)));
    }
    if let Some(list) = elements(container) {
        Writer(bytes).array(list.len());
        return Box::new(list.map(|item| (None, item)));
    }
    bytes.push(b'?');
    bytes.extend_from_slice(container);
    Box::new(std::iter::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};
    use telemetry_seals::payload;

    fn of(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&encode(value), &mut bytes);
        bytes
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1_000_000i64..1_000_000, 0u8..6).prop_map(|(n, scale)| json!(n as f64 / 10f64.powi(i32::from(scale)))),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((".{0,6}", inner), 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn jsonb_and_its_text_are_the_same_bytes(members in prop::collection::vec((".{0,6}", values()), 0..10)) {
            let value = Value::Object(members.into_iter().collect::<Map<_, _>>());
            prop_assert_eq!(Ok(of(&value)), payload::of_json(&value.to_string()));
        }
    }

    #[test]
    fn a_record_is_the_same_with_a_column_that_has_nothing() {
        let record = |value: &Value| {
            let mut bytes = Vec::new();
            write_record(&encode(value), &mut bytes);
            bytes
        };
        let inner = json!({"a": null, "b": [null]});
        let without = record(&json!({"one": 1, "inner": inner}));
        assert_eq!(record(&json!({"one": 1, "inner": inner, "new": null})), without);
        assert_eq!(without, of(&json!({"one": 1, "inner": inner})));
        assert_ne!(record(&json!({"one": 1, "inner": {"b": [null]}})), without);
    }
}
