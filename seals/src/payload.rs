//! JSON as bytes that are equal exactly where the values are, however it is written: a payload has the same bytes as jsonb
//! in the database and as text in an export.
//!
//! Each value begins with a letter that says what it is. Texts and numbers have their length before them (4 bytes, big
//! endian), arrays and objects their count. The members of an object are in PostgreSQL's order: shorter keys first, then
//! by their bytes. A number is written in decimal as PostgreSQL prints it, without zeros at the end of a fraction.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// How deep text may nest: deeper than any payload that the log takes.
const DEEPEST: u32 = 256;

/// The longest number that is written out: longer than any that PostgreSQL has.
const MOST_DIGITS: i64 = 150_000;

/// Appends values to bytes, one after the other. Whoever calls it writes as many values as a count said.
pub struct Writer<'a>(pub &'a mut Vec<u8>);

impl Writer<'_> {
    pub fn null(&mut self) {
        self.0.push(b'n');
    }

    pub fn boolean(&mut self, value: bool) {
        self.0.push(if value { b't' } else { b'f' });
    }

    pub fn text(&mut self, text: &str) {
        self.0.push(b's');
        self.bytes(text.as_bytes());
    }

    /// Writes a number that is given in decimal. Where it is none, or too long to be written out, nothing is written and
    /// false returned.
    pub fn number(&mut self, decimal: &str) -> bool {
        let Some(decimal) = plain(decimal) else { return false };
        self.0.push(b'd');
        self.bytes(decimal.as_bytes());
        true
    }

    /// Begins an array of so many values.
    pub fn array(&mut self, count: usize) {
        self.0.push(b'a');
        self.0.extend_from_slice(&(count as u32).to_be_bytes());
    }

    /// Begins an object of so many members: each is a key and a value.
    pub fn object(&mut self, count: usize) {
        self.0.push(b'o');
        self.0.extend_from_slice(&(count as u32).to_be_bytes());
    }

    pub fn key(&mut self, key: &str) {
        self.bytes(key.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }
}

/// Why a text has no such bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    NoJson,
    TooDeep,
    TooLong,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unreadable::NoJson => "it is no JSON",
            Unreadable::TooDeep => "it nests deeper than any payload",
            Unreadable::TooLong => "it has a number that is longer than any of PostgreSQL's",
        })
    }
}

/// Gives the bytes of a JSON text. Of members with one name the last counts, as jsonb has it.
pub fn of_json(json: &str) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::with_capacity(json.len() * 2);
    let value: &RawValue = serde_json::from_str(json).map_err(|_| Unreadable::NoJson)?;
    write(value, 0, &mut Writer(&mut bytes))?;
    Ok(bytes)
}

fn write(value: &RawValue, depth: u32, writer: &mut Writer<'_>) -> Result<(), Unreadable> {
    let json = value.get();
    if depth == DEEPEST {
        return Err(Unreadable::TooDeep);
    }
    match json.as_bytes().first() {
        Some(b'n') => writer.null(),
        Some(b't') => writer.boolean(true),
        Some(b'f') => writer.boolean(false),
        Some(b'"') => writer.text(&serde_json::from_str::<Cow<'_, str>>(json).map_err(|_| Unreadable::NoJson)?),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| Unreadable::NoJson)?;
            writer.array(elements.len());
            elements.into_iter().try_for_each(|element| write(element, depth + 1, writer))?;
        }
        Some(b'{') => {
            let members = members(json)?;
            writer.object(members.len());
            for (key, value) in members {
                writer.key(&key);
                write(value, depth + 1, writer)?;
            }
        }
        _ if writer.number(json) => (),
        _ => return Err(Unreadable::TooLong),
    }
    Ok(())
}

/// The members of an object, in the order in which they are written.
fn members(json: &str) -> Result<Vec<(String, &RawValue)>, Unreadable> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut members = deserializer.deserialize_map(Members).map_err(|_| Unreadable::NoJson)?;
    // The sort keeps the order of equal keys: the last one is that to keep.
    members.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
    members.reverse();
    members.dedup_by(|(one, _), (other, _)| one == other);
    members.reverse();
    Ok(members)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// Gives a decimal number without exponent, without zeros at the end of its fraction, and zero without a sign.
fn plain(decimal: &str) -> Option<Cow<'_, str>> {
    let (sign, unsigned) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("-", rest));
    if !unsigned.is_empty() && unsigned != "0" && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(decimal));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many of the digits stand before the point.
    let point = whole.len() as i64 + exponent.clamp(-2 * MOST_DIGITS, 2 * MOST_DIGITS);
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let (digits, point) = (digits.trim_matches('0'), point - leading as i64);
    if digits.is_empty() {
        return Some(Cow::Borrowed("0"));
    }
    if point.abs() > MOST_DIGITS {
        return None;
    }
    let length = digits.len() as i64;
    Some(Cow::Owned(match point {
        ..=0 => format!("{sign}0.{}{digits}", "0".repeat(-point as usize)),
        _ if point >= length => format!("{sign}{digits}{}", "0".repeat((point - length) as usize)),
        _ => format!("{sign}{}.{}", &digits[..point as usize], &digits[point as usize..]),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn bytes(json: &str) -> Vec<u8> {
        of_json(json).expect("JSON")
    }

    #[test]
    fn numbers_are_written_by_their_value() {
        for (decimal, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("0.00", "0"),
            ("-0.0e5", "0"),
            ("1", "1"),
            ("-12", "-12"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-0.050", "-0.05"),
            ("100", "100"),
            ("1e2", "100"),
            ("1.25E1", "12.5"),
            ("12.5e-3", "0.0125"),
            ("10.0", "10"),
            ("0.1e1", "1"),
            ("0.001e1", "0.01"),
            ("123456789012345678901234567890.120", "123456789012345678901234567890.12"),
        ] {
            assert_eq!(plain(decimal).as_deref(), Some(expected), "{decimal}");
        }
        for decimal in ["", "-", ".", "e5", "1e", "NaN", "1e999999", "1e-999999", "1e99999999999999999999"] {
            assert_eq!(plain(decimal), None, "{decimal}");
        }
    }

    #[test]
    fn equal_values_have_equal_bytes() {
        for (one, other) in [
            (r#"{"b": 1, "a": [1.0, "\u0041"]}"#, r#"{"a":[1,"A"],"b":1e0}"#),
            (r#"{"bb": 1, "c": 2}"#, r#"{"c": 2, "bb": 1}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#),
            (" null ", "null"),
        ] {
            assert_eq!(bytes(one), bytes(other), "{one}");
        }
    }

    #[test]
    fn other_values_have_other_bytes() {
        let values = [
            json!({}),
            json!([]),
            json!(null),
            json!(""),
            json!(0),
            json!("0"),
            json!(true),
            json!(false),
            json!({"a": 1}),
            json!({"a": "1"}),
            json!({"a": -1}),
            json!({"a": null}),
            json!({"a": ""}),
            json!({"a": []}),
            json!({"a": {}}),
            json!({"a": [[]]}),
            json!({"a": [1], "b": []}),
            json!({"a": [], "b": [1]}),
            json!([[], []]),
            json!([[[]]]),
            json!(["ab", "c"]),
            json!(["a", "bc"]),
        ];
        let written: Vec<Vec<u8>> = values.iter().map(|value| bytes(&value.to_string())).collect();
        for (n, one) in written.iter().enumerate() {
            assert!(written[..n].iter().all(|other| other != one), "{}", values[n]);
        }
    }

    #[test]
    fn the_form_is_fixed() {
        let expected = b"o\0\0\0\x02\0\0\0\x01cn\0\0\0\x02bba\0\0\0\x03td\0\0\0\x031.5s\0\0\0\x01x";
        assert_eq!(bytes(r#"{"bb": [true, 1.50, "x"], "c": null}"#), expected);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "nul", "[1,]", "{\"a\"}", "1 2", "\"\\ud800\""] {
            assert_eq!(of_json(text), Err(Unreadable::NoJson), "{text}");
        }
        assert_eq!(of_json("1e1000000"), Err(Unreadable::TooLong));
        assert_eq!(of_json(&"[".repeat(300)).map_err(|_| ()), Err(()));
        assert_eq!(of_json(&format!("{}{}", "[".repeat(300), "]".repeat(300))), Err(Unreadable::TooDeep));
    }

    proptest! {
        #[test]
        fn the_order_of_members_does_not_matter(names in prop::collection::btree_set(".{0,4}", 0..20), turn in 0usize..20) {
            let mut members: Vec<String> = names.iter().map(|name| format!("{}: [{}]", json!(name), name.len())).collect();
            let one = format!("{{{}}}", members.join(","));
            let turn = turn % members.len().max(1);
            members.rotate_left(turn);
            prop_assert_eq!(bytes(&one), bytes(&format!("{{{}}}", members.join(","))));
        }

        #[test]
        fn integers_have_one_form(number: i64, zeros in 0usize..4) {
            let expected = bytes(&number.to_string());
            prop_assert_eq!(&expected, &bytes(&format!("{number}.{}", "0".repeat(zeros + 1))));
            prop_assert_eq!(&expected, &bytes(&format!("{number}e0")));
            let value: Value = serde_json::from_str(&number.to_string()).expect("a number");
            prop_assert_eq!(expected, bytes(&value.to_string()));
        }
    }
}
