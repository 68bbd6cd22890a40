//! Pure: finds which conditions hold in a row, by reading the bytes of a boolean array.

/// An aggregate takes at most this many conditions, because each is a bit.
pub const MOST_CONDITIONS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How many conditions the row has: 1 to [`MOST_CONDITIONS`].
    pub conditions: u8,
    /// Bit k is set where condition k+1 holds. A condition that is NULL does not hold.
    pub bits: u32,
}

/// Reads which conditions of an array hold. `array` is a boolean[] without its varlena header, in PostgreSQL's layout:
/// dimensions, offset of the values (0 where none is NULL), type of element, then per dimension its length and its
/// lower bound, the bitmap of values that are not NULL, and the values. An array of several dimensions is read as one
/// row of values. The error says how many conditions the array has, where it has none or too many.
pub fn held(array: &[u8]) -> Result<Held, usize> {
    let word = |place: usize| {
        let bytes = array.get(place * 4..place * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        i32::from_ne_bytes(bytes.unwrap_or_default()).max(0) as usize
    };
    let (dimensions, offset) = (word(0), word(1));
    let conditions = match dimensions {
        0 => 0,
        1 => word(3),
        _ => (0..dimensions).map(|dimension| word(3 + dimension)).fold(1, usize::saturating_mul),
    };
    if conditions == 0 || conditions > MOST_CONDITIONS {
        return Err(conditions);
    }
    let bitmap = 12 + 8 * dimensions;
    let mut bits = 0;
    if offset == 0 {
        // As PostgreSQL: the values begin at a multiple of 8, the varlena header's 4 bytes counted.
        let start = (bitmap + 4).next_multiple_of(8) - 4;
        for (place, value) in array.iter().skip(start).take(conditions).enumerate() {
            bits |= u32::from(*value != 0) << place;
        }
    } else {
        let mut values = array.iter().skip(offset.saturating_sub(4));
        for place in 0..conditions {
            let is_null = array.get(bitmap + place / 8).is_none_or(|byte| byte >> (place % 8) & 1 == 0);
            if !is_null && values.next().is_some_and(|value| *value != 0) {
                bits |= 1 << place;
            }
        }
    }
    Ok(Held { conditions: conditions as u8, bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the bytes of an array as PostgreSQL lays out one of one dimension.
    fn array(values: &[Option<bool>]) -> Vec<u8> {
        let has_nulls = values.contains(&None);
        let bitmap = 12 + if values.is_empty() { 0 } else { 8 };
        let end = bitmap + if has_nulls { values.len().div_ceil(8) } else { 0 };
        let start = (end + 4).next_multiple_of(8) - 4;
        let mut words = vec![i32::from(!values.is_empty()), if has_nulls { start as i32 + 4 } else { 0 }, 16];
        if !values.is_empty() {
            words.extend([values.len() as i32, 1]);
        }
        let mut bytes: Vec<u8> = words.into_iter().flat_map(i32::to_ne_bytes).collect();
        bytes.resize(start, 0);
        for (place, value) in values.iter().enumerate().filter(|_| has_nulls) {
            bytes[bitmap + place / 8] |= u8::from(value.is_some()) << (place % 8);
        }
        bytes.extend(values.iter().flatten().map(|value| u8::from(*value)));
        bytes
    }

    #[test]
    fn null_does_not_hold() {
        let held_of = |values: &[Option<bool>]| held(&array(values)).map(|held| (held.conditions, held.bits));
        assert_eq!(held_of(&[Some(true)]), Ok((1, 1)));
        assert_eq!(held_of(&[Some(false), Some(true), Some(true)]), Ok((3, 0b110)));
        assert_eq!(held_of(&[None, Some(true), None, Some(false), Some(true)]), Ok((5, 0b10010)));
        assert_eq!(held_of(&[None]), Ok((1, 0)));
        assert_eq!(held_of(&[Some(true); 32]), Ok((32, u32::MAX)));
        let mut mixed = [Some(true); 32];
        mixed[9] = None;
        assert_eq!(held_of(&mixed), Ok((32, !(1 << 9))));
        assert_eq!(held_of(&[]), Err(0));
        assert_eq!(held_of(&[Some(true); 33]), Err(33));
    }

    #[test]
    fn bytes_cut_short_hold_nothing() {
        let whole = array(&[Some(true), None, Some(true)]);
        for length in 0..whole.len() {
            let _ = held(&whole[..length]);
        }
    }
}
