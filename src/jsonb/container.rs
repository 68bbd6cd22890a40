//! Pure: reads the stored form of a jsonb value in place, and cuts it into slices (src/include/utils/jsonb.h). That
//! form is a header word with the count, one entry word a child, then the children's bytes. An object holds its keys,
//! then its values.
//!
//! What PostgreSQL wrote is trusted to be well formed; a slice out of bounds panics, it is never read past.

pub(super) const COUNT: u32 = 0x0fff_ffff;
const IS_SCALAR: u32 = 0x1000_0000;
pub(super) const IS_OBJECT: u32 = 0x2000_0000;
const IS_ARRAY: u32 = 0x4000_0000;
const LENGTH: u32 = 0x0fff_ffff;
pub(super) const TYPE: u32 = 0x7000_0000;
pub(super) const IS_NUMBER: u32 = 0x1000_0000;
pub(super) const IS_CONTAINER: u32 = 0x5000_0000;
const HAS_OFFSET: u32 = 0x8000_0000;

/// One value within a container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    Null,
    Boolean(bool),
    Text(&'a str),
    Number(Number<'a>),
    /// An object or array, which is itself a container.
    Container(&'a [u8]),
}

/// Gives the elements of an array; none where the container is an object or a scalar.
pub fn elements(container: &[u8]) -> Option<impl ExactSizeIterator<Item = Item<'_>>> {
    let header = word(container, 0);
    (header & (IS_ARRAY | IS_SCALAR) == IS_ARRAY).then(|| {
        let count = (header & COUNT) as usize;
        Children { container, data: 4 + 4 * count, index: 0, stop: count, offset: 0 }
    })
}

/// Gives the members of an object, in stored order; none where the container is no object.
pub fn members(container: &[u8]) -> Option<impl ExactSizeIterator<Item = (&str, Item<'_>)>> {
    let header = word(container, 0);
    (header & IS_OBJECT != 0).then(|| {
        let count = (header & COUNT) as usize;
        let data = 4 + 8 * count;
        let keys = Children { container, data, index: 0, stop: count, offset: 0 };
        let offset = (0..count).fold(0, |offset, index| end_of(word(container, 4 + 4 * index), offset));
        let values = Children { container, data, index: count, stop: 2 * count, offset };
        keys.map(|key| if let Item::Text(text) = key { text } else { "" }).zip(values)
    })
}

/// Gives the value of a member of an object; none where there is no such member, or no object.
pub fn member<'a>(container: &'a [u8], name: &str) -> Option<Item<'a>> {
    let header = word(container, 0);
    if header & IS_OBJECT == 0 {
        return None;
    }
    let count = (header & COUNT) as usize;
    let data = 4 + 8 * count;
    let mut start = 0;
    for index in 0..count {
        let end = end_of(word(container, 4 + 4 * index), start);
        // Shorter keys come first.
        if end - start > name.len() {
            return None;
        }
        if container[data + start..data + end] == *name.as_bytes() {
            let entries = (index..count + index).map(|index| word(container, 4 + 4 * index));
            let offset = entries.fold(start, |offset, entry| end_of(entry, offset));
            let index = count + index;
            return Children { container, data, index, stop: index + 1, offset }.next();
        }
        start = end;
    }
    None
}

struct Children<'a> {
    container: &'a [u8],
    data: usize,
    index: usize,
    stop: usize,
    /// Where the next child begins, within the data.
    offset: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if self.index == self.stop {
            return None;
        }
        let entry = word(self.container, 4 + 4 * self.index);
        let (start, end) = (self.offset, end_of(entry, self.offset));
        self.index += 1;
        self.offset = end;
        let bytes = |start: usize| &self.container[self.data + start..self.data + end];
        Some(match entry & TYPE {
            0x0000_0000 => Item::Text(std::str::from_utf8(bytes(start)).unwrap_or_default()),
            IS_NUMBER => Item::Number(Number::read(bytes(start.next_multiple_of(4)))),
            0x2000_0000 => Item::Boolean(false),
            0x3000_0000 => Item::Boolean(true),
            IS_CONTAINER => Item::Container(bytes(start.next_multiple_of(4))),
            _ => Item::Null,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.stop - self.index, Some(self.stop - self.index))
    }
}

impl ExactSizeIterator for Children<'_> {}

/// Tells where a child ends, by its entry: most entries hold a length, every 32nd the offset of its end.
pub(super) fn end_of(entry: u32, start: usize) -> usize {
    let field = (entry & LENGTH) as usize;
    if entry & HAS_OFFSET == 0 { start + field } else { field }
}

pub(super) fn word(container: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([container[at], container[at + 1], container[at + 2], container[at + 3]])
}

/// A numeric (src/backend/utils/adt/numeric.c): base-10000 digits, the first of which counts 10000^weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number<'a> {
    pub(super) is_negative: bool,
    pub(super) weight: i32,
    /// How many digits are shown after the point.
    scale: usize,
    pub(super) digits: &'a [u8],
}

impl<'a> Number<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Number<'a> {
        // A varlena with a header of 4 bytes or 1.
        let is_short_varlena = if cfg!(target_endian = "big") { bytes[0] & 0x80 != 0 } else { bytes[0] & 1 != 0 };
        let body = if is_short_varlena { &bytes[1..] } else { &bytes[4..] };
        let header = half(body, 0);
        if header & 0x8000 != 0 {
            // The short form: 1 bit of sign, 6 of scale, 7 of signed weight. jsonb holds no NaN.
            let weight = i32::from(header & 0x3f) - if header & 0x40 == 0 { 0 } else { 0x40 };
            let scale = usize::from((header & 0x1f80) >> 7);
            Number { is_negative: header & 0x2000 != 0, weight, scale, digits: &body[2..] }
        } else {
            let weight = i32::from(half(body, 2) as i16);
            let scale = usize::from(header & 0x3fff);
            Number { is_negative: header & 0x4000 != 0, weight, scale, digits: &body[4..] }
        }
    }

    /// Gives the number as an integer; None where it has a fraction or does not fit.
    pub fn as_i64(&self) -> Option<i64> {
        let mut value: i64 = 0;
        if self.digits.len() as i32 / 2 > self.weight + 1 {
            return None;
        }
        for index in 0..=self.weight {
            value = value.checked_mul(10_000)?.checked_sub(i64::from(self.digit(index)))?;
        }
        if self.is_negative { Some(value) } else { value.checked_neg() }
    }

    pub fn as_f64(&self) -> f64 {
        let count = self.digits.len() as i32 / 2;
        let value: f64 =
            (0..count).map(|index| f64::from(self.digit(index)) * 10_000f64.powi(self.weight - index)).sum();
        if self.is_negative { -value } else { value }
    }

    /// Tells how many characters text() has, without making them.
    pub fn printed_length(&self) -> usize {
        let first = if self.weight < 0 { 0 } else { self.digit(0) };
        let whole = if self.weight < 0 { 0 } else { 4 * self.weight as usize };
        let leading = first.checked_ilog10().map_or(1, |power| power as usize + 1);
        usize::from(self.is_negative) + whole + leading + if self.scale > 0 { self.scale + 1 } else { 0 }
    }

    /// Gives the number as PostgreSQL shows it.
    pub fn text(&self) -> String {
        let group =
            |power: i32| format!("{:04}", if power > self.weight { 0 } else { self.digit(self.weight - power) });
        let whole: String = (0..=self.weight).rev().map(group).collect();
        let whole = whole.trim_start_matches('0');
        let mut text =
            format!("{}{}", if self.is_negative { "-" } else { "" }, if whole.is_empty() { "0" } else { whole });
        if self.scale > 0 {
            let mut fraction: String = (1..=self.scale.div_ceil(4) as i32).map(|n| group(-n)).collect();
            fraction.truncate(self.scale);
            text = format!("{text}.{fraction}");
        }
        text
    }

    /// Gives a digit of base 10000; it is 0 behind the stored ones, because trailing zero digits are not stored.
    fn digit(&self, index: i32) -> u16 {
        let at = 2 * index as usize;
        if at + 1 < self.digits.len() { half(self.digits, at) } else { 0 }
    }
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// Makes JSON again of what the reader finds in a container.
    fn value_of(container: &[u8]) -> Value {
        let value = |item: Item<'_>| match item {
            Item::Null => Value::Null,
            Item::Boolean(value) => Value::from(value),
            Item::Text(text) => Value::from(text),
            Item::Number(number) => number.as_i64().map_or_else(|| Value::from(number.as_f64()), Value::from),
            Item::Container(bytes) => value_of(bytes),
        };
        match (members(container), elements(container)) {
            (Some(members), _) => Value::Object(members.map(|(key, item)| (key.to_string(), value(item))).collect()),
            (_, Some(elements)) => Value::Array(elements.map(value).collect()),
            _ => panic!("a scalar"),
        }
    }

    #[test]
    fn a_batch_reads_as_it_was_written() {
        let batch = json!([
            {"event_name": "lesson_completed", "seq": 7, "payload": {"a": [1, -2, null], "b": true, "c": {}}},
            {}, [], "text", 0, -1, 10_000, 123_456_789_012_345i64, i64::MAX, i64::MIN, 0.25, -12_345.5
        ]);
        assert_eq!(value_of(&encode(&batch)), batch);
    }

    #[test]
    fn a_scalar_is_neither_array_nor_object() {
        let scalar = encode(&json!("text"));
        assert!(elements(&scalar).is_none() && members(&scalar).is_none());
    }

    #[test]
    fn a_member_is_found_by_its_name() {
        let container = encode(&json!({"a": 1, "bb": {"a": [2]}, "": null, "ccc": "text"}));
        assert_eq!(member(&container, "ccc"), Some(Item::Text("text")));
        assert_eq!(member(&container, ""), Some(Item::Null));
        assert_eq!((member(&container, "b"), member(&container, "dddd")), (None, None));
        assert!(member(&encode(&json!(["a"])), "a").is_none() && member(&encode(&json!("a")), "a").is_none());
    }

    proptest! {
        #[test]
        fn each_member_is_found(names in prop::collection::btree_set(".{0,20}", 0..120)) {
            let object: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!([name, 7]))).collect();
            let container = encode(&Value::Object(object));
            for (name, item) in members(&container).into_iter().flatten() {
                prop_assert_eq!(member(&container, name), Some(item));
            }
            prop_assert_eq!(member(&container, "absent, and longer than each of them"), None);
        }

        #[test]
        fn long_arrays_and_objects_keep_their_offsets(texts in prop::collection::vec(".{0,40}", 0..200)) {
            let object: serde_json::Map<_, _> = texts.iter().map(|text| (text.clone(), json!([text]))).collect();
            for value in [json!(texts), Value::Object(object)] {
                prop_assert_eq!(value_of(&encode(&value)), value);
            }
        }

        #[test]
        fn integers_read_as_they_are(number: i64) {
            prop_assert_eq!(value_of(&encode(&json!([number]))), json!([number]));
        }

        #[test]
        fn numbers_show_as_they_are(whole: i32, fraction in 0..1_000_000_000u32, scale in 0usize..9) {
            let shown = format!("{whole}.{}", &format!("{fraction:09}")[..scale]);
            let shown = shown.trim_end_matches('.');
            let number: Value = serde_json::from_str(shown).expect("a number");
            let encoded = encode(&json!([number]));
            let Some(Item::Number(read)) = elements(&encoded).and_then(|mut items| items.next()) else { panic!("no number") };
            let (read, sent): (f64, f64) = (read.text().parse().expect("a number"), shown.parse().expect("a number"));
            prop_assert_eq!(read, sent);
        }
    }
}
