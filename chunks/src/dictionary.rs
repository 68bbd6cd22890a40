//! Pure: a column of few different values: it holds the values in the order of their first event, and a code for each
//! event.
//!
//! It has no bytes at all where no event has a value. Else it begins with twice the count of values, plus 1 where an
//! event has none; then comes each value behind its length; then the codes, packed: 0 for none, or counted from the
//! first value where every event has one. So one value that all events share takes no bits.

use super::decimal::Decimal;
use crate::packed::{length_of, pack, unpack_short, width_of};
use crate::varint::{Cursor, write_bytes, write_number};
use std::borrow::Cow;

/// The code of an event whose value is among the numbers.
pub const NUMBER: u16 = u16::MAX;

/// The values of a column: `codes[i]` is 0 where the segment's event i has no value, [`NUMBER`] where it is
/// `numbers[i]`, else it is `values[codes[i] - 1]`. Every value is that of some event, and no two are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes {
    pub values: Vec<Box<[u8]>>,
    pub codes: Vec<u16>,
    /// The numbers by event; empty in a dictionary, whose codes may then be as many as they like.
    pub numbers: Vec<Decimal>,
}

/// The bounds of the number and length of a column's values; a reader refuses others.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub most_values: usize,
    /// The least length of a value in bytes.
    pub shortest: usize,
    pub longest: usize,
}

impl Codes {
    pub fn clear(&mut self) {
        self.values.clear();
        self.codes.clear();
        self.numbers.clear();
    }

    /// The value of an event, as the draft was given it.
    pub fn value(&self, event: usize) -> Option<Cow<'_, [u8]>> {
        let code = *self.codes.get(event)?;
        if code == NUMBER
            && let Some(number) = self.numbers.get(event)
        {
            let mut stored = Vec::new();
            number.write(&mut stored);
            return Some(Cow::Owned(stored));
        }
        let value = self.values.get(usize::from(code).checked_sub(1)?)?;
        Some(Cow::Borrowed(value))
    }
}

/// Appends a column; `codes` are as those of [`Codes`]. Without values it has no bytes.
pub fn write<'a>(values: impl ExactSizeIterator<Item = &'a [u8]>, codes: &[u16], into: &mut Vec<u8>) {
    let count = values.len() as u64;
    if count == 0 {
        return;
    }
    let some_without = codes.contains(&0);
    write_number(count << 1 | u64::from(some_without), into);
    values.for_each(|value| write_bytes(value, into));
    let first = u64::from(!some_without);
    pack(codes.iter().map(|code| u64::from(*code) - first), width_of(count - first), into);
}

/// Reads the column of `events` events. None: it is not one, or the values are not within `bounds`; `into` is then of
/// no use.
pub fn read(bytes: &[u8], events: usize, bounds: Bounds, into: &mut Codes) -> Option<()> {
    into.clear();
    into.codes.resize(events, 0);
    if bytes.is_empty() {
        return Some(());
    }
    let mut bytes = Cursor(bytes);
    let head = bytes.count(2 * usize::from(u16::MAX) + 1)?;
    let (count, some_without) = (head >> 1, head & 1 == 1);
    if count == 0 || count > bounds.most_values.min(events) {
        return None;
    }
    for _ in 0..count {
        let value = bytes.bytes().filter(|value| (bounds.shortest..=bounds.longest).contains(&value.len()))?;
        into.values.push(value.into());
    }
    let first = u16::from(!some_without);
    let highest = u16::try_from(count).ok()? - first;
    let width = width_of(highest.into());
    if !unpack_short(bytes.take(length_of(events, width))?, width, &mut into.codes) || !bytes.0.is_empty() {
        return None;
    }
    if into.codes.iter().fold(0, |most, code| most.max(*code)) > highest {
        return None;
    }
    into.codes.iter_mut().for_each(|code| *code += first);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Bounds = Bounds { most_values: 65_535, shortest: 0, longest: usize::MAX };

    fn written(values: &[&[u8]], codes: &[u16]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(values.iter().copied(), codes, &mut bytes);
        bytes
    }

    fn back(bytes: &[u8], events: usize, bounds: Bounds) -> Option<Codes> {
        let mut codes = Codes::default();
        read(bytes, events, bounds, &mut codes).map(|()| codes)
    }

    #[test]
    fn none_and_one_value_take_no_bits() {
        assert!(written(&[], &[0; 1000]).is_empty());
        assert_eq!(back(&[], 3, ANY).unwrap().codes, [0; 3]);
        assert_eq!(written(&[b"web"], &[1; 1000]), b"\x02\x03web");
        assert_eq!(
            back(b"\x02\x03web", 2, ANY).unwrap(),
            Codes { values: vec![(*b"web").into()], codes: vec![1, 1], numbers: vec![] }
        );
        assert_eq!(written(&[b""], &[1, 0]), b"\x03\x00\x01");
    }

    #[test]
    fn as_many_values_as_a_code_can_tell() {
        let values: Vec<[u8; 2]> = (0..u16::MAX).map(u16::to_le_bytes).collect();
        let values: Vec<&[u8]> = values.iter().map(|value| &value[..]).collect();
        for codes in [(1..=u16::MAX).collect::<Vec<_>>(), (0..=u16::MAX).collect()] {
            let bytes = written(&values, &codes);
            assert_eq!(back(&bytes, codes.len(), ANY).unwrap().codes, codes);
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let bytes = written(&[b"a", b"b", b"c"], &[1, 2, 3, 1]);
        assert!(back(&bytes, 4, ANY).is_some());
        assert_eq!(back(&bytes, 40, ANY), None, "too few codes");
        assert_eq!(back(&bytes, 2, ANY), None, "more values than events");
        assert_eq!(back(&bytes, 4, Bounds { most_values: 2, ..ANY }), None);
        assert_eq!(back(&bytes, 4, Bounds { longest: 0, ..ANY }), None);
        assert_eq!(back(&bytes, 4, Bounds { shortest: 2, ..ANY }), None);
        let mut beyond = bytes.clone();
        *beyond.last_mut().unwrap() |= 3;
        assert_eq!(back(&beyond, 4, ANY), None, "a code without a value");
        assert_eq!(back(&[0], 4, ANY), None, "no values need no bytes");
    }
}
