//! Pure: a column of numbers, of which nearly each event has its own: it packs their digits. Twin of
//! [`super::dictionary`], whose columns never begin with 0.
//!
//! ```text
//! 0 | twice the count of other values, plus 1 where an event has none | each, behind its length | codes, packed |
//!     least shape | greatest shape | shapes, where they differ | least units | units
//! ```
//! A code is 0 for none, then the other values in the order of their first event, then one for a number; counted from
//! the first where every event has a value: so where all are numbers, codes take no bits. What is no number, or one of
//! more digits than a [`Decimal`] has, is among the others. A shape is the scale and 32 times the zeros; shapes and
//! units are [`blocks`] of the distances to the least, of the numbers alone.

use super::blocks;
use crate::decimal::{Decimal, GREATEST_SCALE, MOST_UNITS, MOST_ZEROS};
use crate::dictionary::{Bounds, Codes, NUMBER};
use crate::packed::{length_of, pack, unpack_short, width_of};
use crate::varint::{Cursor, unzigzag, write_bytes, write_number, zigzag};

/// The byte that a column of numbers begins with.
pub const MARK: u8 = 0;

/// Appends a column. `codes` and `others` are as those of [`Codes`]; `numbers`: those of the events with the code
/// [`NUMBER`], at least one.
pub fn write<'a>(
    others: impl ExactSizeIterator<Item = &'a [u8]>,
    codes: &[u16],
    numbers: &[Decimal],
    into: &mut Vec<u8>,
) {
    let count = others.len() as u64;
    let some_without = codes.contains(&0);
    into.push(MARK);
    write_number(count << 1 | u64::from(some_without), into);
    others.for_each(|value| write_bytes(value, into));
    let first = u64::from(!some_without);
    let code = |code: &u16| if *code == NUMBER { count + 1 } else { u64::from(*code) };
    pack(codes.iter().map(|of_event| code(of_event) - first), width_of(count + 1 - first), into);

    let shapes = || numbers.iter().map(|number| shape_of(*number));
    let (least, greatest) = (shapes().min().unwrap_or(0), shapes().max().unwrap_or(0));
    write_number(least, into);
    write_number(greatest, into);
    if least < greatest {
        blocks::write(&shapes().map(|shape| shape - least).collect::<Vec<_>>(), into);
    }
    let least = numbers.iter().map(|number| number.units).min().unwrap_or(0);
    write_number(zigzag(least), into);
    blocks::write(&numbers.iter().map(|number| number.units.abs_diff(least)).collect::<Vec<_>>(), into);
}

/// Reads the column of `events` events, behind its mark. None: it is not one, or the others are not within `bounds`;
/// `into` is then of no use.
pub fn read(bytes: &[u8], events: usize, bounds: Bounds, into: &mut Codes) -> Option<()> {
    into.clear();
    into.codes.resize(events, 0);
    let mut bytes = Cursor(bytes);
    let head = bytes.count(2 * bounds.most_values + 1)?;
    let (count, some_without) = (head >> 1, head & 1 == 1);
    if count >= usize::from(NUMBER) || count > events {
        return None;
    }
    for _ in 0..count {
        let value = bytes.bytes().filter(|value| (bounds.shortest..=bounds.longest).contains(&value.len()))?;
        into.values.push(value.into());
    }
    let first = u16::from(!some_without);
    let highest = count as u16 + 1 - first;
    let width = width_of(highest.into());
    if !unpack_short(bytes.take(length_of(events, width))?, width, &mut into.codes) {
        return None;
    }
    let (mut numbers, mut is_known) = (0, true);
    for code in &mut into.codes {
        is_known &= *code <= highest;
        if *code == highest {
            *code = NUMBER;
            numbers += 1;
        } else {
            *code = code.saturating_add(first);
        }
    }
    if !is_known || numbers == 0 {
        return None;
    }
    read_decimals(&mut bytes, numbers, &mut into.numbers)?;
    if numbers < events {
        spread(into, events);
    }
    Some(())
}

fn read_decimals(bytes: &mut Cursor<'_>, count: usize, into: &mut Vec<Decimal>) -> Option<()> {
    let (least, greatest) = (bytes.number()?, bytes.number()?);
    if least > greatest || greatest >= SHAPES {
        return None;
    }
    into.resize(count, of_shape(least));
    let mut is_known = of_shape(least).scale <= GREATEST_SCALE;
    if least < greatest {
        let (mut rest, mut furthest) = (into.iter_mut(), 0);
        blocks::read_from(bytes, count, |steps| {
            for (step, number) in steps.iter().zip(rest.by_ref()) {
                furthest = furthest.max(*step);
                *number = of_shape(least.saturating_add(*step));
                is_known &= number.scale <= GREATEST_SCALE;
            }
        })?;
        is_known &= furthest == greatest - least;
    }
    if !is_known {
        return None;
    }
    let least = unzigzag(bytes.number()?);
    let (mut rest, mut furthest) = (into.iter_mut(), 0);
    blocks::read_from(bytes, count, |steps| {
        for (step, number) in steps.iter().zip(rest.by_ref()) {
            furthest = furthest.max(*step);
            number.units = least.wrapping_add_unsigned(*step);
        }
    })?;
    let fit =
        least >= -MOST_UNITS && least.checked_add_unsigned(furthest).is_some_and(|greatest| greatest <= MOST_UNITS);
    (fit && bytes.0.is_empty()).then_some(())
}

/// The shape of a number: its scale, and its zeros in the bits above that.
fn shape_of(number: Decimal) -> u64 {
    u64::from(number.scale) | u64::from(number.zeros) << SCALE_BITS
}

const SCALE_BITS: u32 = 5;

const SHAPES: u64 = (MOST_ZEROS as u64 + 1) << SCALE_BITS;

fn of_shape(shape: u64) -> Decimal {
    Decimal { units: 0, scale: (shape % (1 << SCALE_BITS)) as u8, zeros: (shape >> SCALE_BITS) as u8 }
}

/// Moves the numbers, which lie side by side, to one place for each event.
fn spread(into: &mut Codes, events: usize) {
    let mut from = into.numbers.len();
    into.numbers.resize(events, Decimal::default());
    for event in (0..events).rev() {
        into.numbers[event] = if into.codes[event] == NUMBER {
            from -= 1;
            into.numbers[from]
        } else {
            // So many numbers come before it at most, so that none of them lies here.
            Decimal::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANY: Bounds = Bounds { most_values: 4_096, shortest: 0, longest: 256 };

    fn written(others: &[&[u8]], codes: &[u16], numbers: &[Decimal]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(others.iter().copied(), codes, numbers, &mut bytes);
        bytes
    }

    fn back(bytes: &[u8], events: usize) -> Option<Codes> {
        let mut codes = Codes::default();
        read(bytes.strip_prefix(&[MARK])?, events, ANY, &mut codes).map(|()| codes)
    }

    #[test]
    fn numbers_alone_take_no_codes() {
        let numbers: Vec<Decimal> = (0..3).map(|units| Decimal { units: units - 1, scale: 2, zeros: 0 }).collect();
        let bytes = written(&[], &[NUMBER; 3], &numbers);
        assert_eq!(bytes, [MARK, 0, 2, 2, 1, 2, 0b10_01_00]);
        let codes = back(&bytes, 3).expect("as written");
        assert_eq!((codes.codes, codes.numbers), (vec![NUMBER; 3], numbers));
        assert_eq!(back(&bytes, 9), None);
        assert_eq!(back(&[&bytes[..], &[0]].concat(), 3), None);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let number = |units, scale| Decimal { units, scale, zeros: 0 };
        let bytes = written(&[b"sx"], &[0, 1, NUMBER], &[number(5, 0)]);
        let codes = back(&bytes, 3).expect("as written");
        assert_eq!(codes.numbers, [number(0, 0), number(0, 0), number(5, 0)]);
        assert_eq!(codes.values.len(), 1);
        assert_eq!(back(&written(&[b"sx"], &[0, 1, 1], &[]), 3), None, "no number");
        assert_eq!(back(&written(&[], &[NUMBER], &[number(1, 19)]), 1), None, "a scale");
        assert_eq!(back(&written(&[], &[NUMBER], &[number(MOST_UNITS + 1, 0)]), 1), None, "units");
        assert_eq!(back(&written(&[], &[NUMBER], &[number(i64::MIN, 0)]), 1), None, "units");
        let mut codes = bytes.clone();
        codes[4 + 1] = 0xff;
        assert_eq!(back(&codes, 3), None, "a code without a value");
    }

    proptest! {
        #[test]
        fn comes_back(events in prop::collection::vec((0_u16..4, prop_oneof![-9_i64..9, -MOST_UNITS..=MOST_UNITS], 0_u8..=18), 1..300)) {
            let codes: Vec<u16> = events.iter().map(|(code, ..)| if *code == 3 { NUMBER } else { *code }).collect();
            let numbers: Vec<Decimal> = events.iter().filter(|(code, ..)| *code == 3).map(|(_, units, scale)| Decimal { units: *units, scale: *scale, zeros: scale % 3 }).collect();
            prop_assume!(!numbers.is_empty());
            let read = back(&written(&[b"a", b"b"], &codes, &numbers), codes.len());
            let fits = codes.len() >= 2;
            prop_assert_eq!(read.is_some(), fits);
            if let Some(read) = read {
                let found: Vec<Decimal> = read.numbers.iter().zip(&read.codes).filter(|(_, code)| **code == NUMBER).map(|(number, _)| *number).collect();
                prop_assert_eq!((read.codes, found), (codes, numbers));
            }
        }
    }
}
