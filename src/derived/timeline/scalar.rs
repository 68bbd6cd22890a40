//! Pure: writes a scalar value of a payload as chunks keep it: a letter for its type, then its text as `->>` shows it.

use crate::jsonb::container::Item;
use telemetry_chunks::{Decimal, NUMBER_LETTER as NUMBER};

const TEXT: u8 = b's';
const TRUE: u8 = b't';
const FALSE: u8 = b'f';
const NULL: u8 = b'0';

/// Writes a value as chunks keep it. None for an object or a list, which no chunk keeps.
pub fn stored(item: Item<'_>) -> Option<Vec<u8>> {
    match item {
        Item::Null => Some(vec![NULL]),
        Item::Boolean(value) => Some(vec![if value { TRUE } else { FALSE }]),
        Item::Text(text) => Some([&[TEXT], text.as_bytes()].concat()),
        Item::Number(number) => Some([&[NUMBER], number.text().as_bytes()].concat()),
        Item::Container(_) => None,
    }
}

/// The text that `->>` shows of a stored value; None for a JSON null.
pub fn text(stored: &[u8]) -> Option<&str> {
    match stored.split_first()? {
        (&TRUE, _) => Some("true"),
        (&FALSE, _) => Some("false"),
        (&(TEXT | NUMBER), text) => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

/// The shortest form of a stored value: values that jsonb takes for equal have the same, numbers by value, so that 1.50
/// is 1.5.
pub fn shortest(stored: &[u8]) -> &[u8] {
    if stored.starts_with(&[NUMBER]) { significant(stored) } else { stored }
}

/// The text that `->>` shows of a stored number; None for another scalar.
pub fn number(stored: &[u8]) -> Option<&str> {
    text(stored).filter(|_| stored.starts_with(&[NUMBER]))
}

/// The stored number by its digits, without zeros at the end of its fraction; None for another scalar, or one of too
/// many digits.
pub fn decimal(stored: &[u8]) -> Option<Decimal> {
    Decimal::parse(significant(stored.strip_prefix(&[NUMBER])?))
}

/// Cuts off the zeros at the end of a fraction.
fn significant(number: &[u8]) -> &[u8] {
    if !number.contains(&b'.') {
        return number;
    }
    let zeros = number.iter().rev().take_while(|digit| **digit == b'0').count();
    let rest = &number[..number.len() - zeros];
    rest.strip_suffix(b".").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::container::members;
    use jsonschema_value::jsonb::encode::encode;
    use serde_json::json;

    fn stored_of(value: serde_json::Value) -> Option<Vec<u8>> {
        let object = encode(&json!({ "key": value }));
        members(&object).and_then(|mut members| members.next()).and_then(|(_, item)| stored(item))
    }

    #[test]
    fn a_scalar_shows_as_its_text() {
        let shown = |value| stored_of(value).and_then(|stored| text(&stored).map(str::to_string));
        assert_eq!(shown(json!("web")).as_deref(), Some("web"));
        assert_eq!(shown(json!("")).as_deref(), Some(""));
        assert_eq!(shown(json!(true)).as_deref(), Some("true"));
        assert_eq!(shown(json!(-12)).as_deref(), Some("-12"));
        assert_eq!(shown(json!(0.25)).as_deref(), Some("0.25"));
        assert_eq!(shown(json!(null)), None);
        assert_eq!(stored_of(json!({"a": 1})), None);
    }

    #[test]
    fn equal_is_what_jsonb_takes_for_equal() {
        let is_same = |one, other| shortest(one) == shortest(other);
        assert!(is_same(b"n1.50", b"n1.5") && is_same(b"n2.0", b"n2") && is_same(b"sweb", b"sweb"));
        assert!(!is_same(b"n10", b"n1") && !is_same(b"n1", b"s1") && !is_same(b"t", b"f") && !is_same(b"0", b"f"));
        assert!(!is_same(b"s1.50", b"s1.5"));
    }
}
