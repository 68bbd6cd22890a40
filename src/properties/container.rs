//! The properties: this library's reader of jsonb sees what the validator's reader sees, in each form that PostgreSQL
//! stores numbers in; and an element of a batch is read or refused, whatever it is.

use crate::jsonb::container::{Item, elements, members};
use crate::log::incoming::{self, Clock, Names};
use crate::properties::drawn::{self, Bytes, CANARY, Texts};
use jsonschema::json::{Array, JsonNumber, Jsonb, JsonbNode, Node, Object};
use jsonschema_value::jsonb::encode::{NumericForm, encode_with};
use serde_json::{Map, Value};

const ARGUMENTS: [&str; 16] = [
    "event_name",
    "payload",
    "user_id",
    "session_id",
    "subject_id",
    "tenant_id",
    "source",
    "client_ts",
    "seq",
    "event_version",
    "event_id",
    "event_ts",
    "sample_rate",
    "trackName",
    "meta",
    "sent_at",
];

pub fn holds(bytes: &[u8]) {
    let bytes = &mut Bytes(bytes);
    let form = [NumericForm::Short, NumericForm::Long, NumericForm::ShortVarlena][bytes.below(3)];
    let batch: Vec<Value> = (0..1 + bytes.below(4)).map(|_| element(bytes)).collect();
    let container = encode_with(&Value::Array(batch.clone()), form);
    let whole = Item::Container(&container);
    assert!(agree(whole, &Jsonb::root(&container)), "{batch:?}");

    let aliases = [("trackName", "event_name"), ("meta", "payload"), ("at", "event_ts")];
    let names = Names::new(aliases.map(|(alias, argument)| (alias.into(), argument.into())));
    let clock = if bytes.flag() { Clock::Server } else { Clock::Element { until: i64::MAX } };
    let items = elements(&container).expect("an array");
    assert_eq!(items.len(), batch.len());
    for (item, value) in items.zip(&batch) {
        let event_name = names.event_name(&item);
        match incoming::read(item, &names, clock, 7) {
            Ok(event) => {
                assert!(!event.event_name.is_empty() && event_name == Some(event.event_name), "{value}");
                let payload = ["payload", "meta"].map(|name| value.get(name).filter(|value| !value.is_null()));
                let payload = payload[0].or(payload[1]);
                assert_eq!(event.payload.is_some(), payload.is_some(), "{value}");
                let seq = value.get("seq").and_then(Value::as_f64);
                assert_eq!(event.seq.map(f64::from), seq, "{value}");
            }
            Err(violation) => {
                assert!(!violation.message.contains(CANARY), "{}: {value}", violation.message);
                assert!(violation.message.chars().count() < 120, "{}", violation.message);
            }
        }
    }
}

/// Draws an element of a batch: mostly an object whose keys are names of arguments.
fn element(bytes: &mut Bytes<'_>) -> Value {
    if bytes.below(4) == 0 || bytes.is_used_up() {
        return drawn::value(bytes, Texts::Plain, 4);
    }
    let members = (0..bytes.below(6)).map(|_| {
        let name = ARGUMENTS[bytes.below(ARGUMENTS.len())];
        let value = match bytes.below(4) {
            0 => Value::from("order_placed"),
            _ => drawn::value(bytes, Texts::Plain, 2),
        };
        (name.to_owned(), value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn agree(item: Item<'_>, node: &JsonbNode<'_>) -> bool {
    match item {
        Item::Null => node.is_null(),
        Item::Boolean(value) => node.as_boolean() == Some(value),
        Item::Text(text) => node.as_string().as_deref() == Some(text),
        Item::Number(number) => node.as_number().is_some_and(|other| {
            let whole = number.as_i64();
            let (own, others) = (number.as_f64(), other.as_f64().unwrap_or(f64::NAN));
            // Summed digit by digit: the last bits may differ.
            let is_near = (own - others).abs() <= others.abs() * 1e-12;
            is_near
                && other.as_i64().is_none_or(|other| whole == Some(other))
                && (whole.is_none() || other.is_integer())
        }),
        Item::Container(container) => match (elements(container), members(container)) {
            (Some(items), None) => node.as_array().is_some_and(|array| {
                items.len() == array.elements().count()
                    && items.zip(array.elements()).all(|(item, element)| agree(item, &element))
            }),
            (None, Some(pairs)) => node.as_object().is_some_and(|object| {
                pairs.len() == object.members().count()
                    && pairs
                        .zip(object.members())
                        .all(|((name, item), (key, value))| name == key.as_ref() && agree(item, &value))
            }),
            _ => false,
        },
    }
}
