//! Pure: measures how large a jsonb value is, in what it takes and in what it prints. It reads the entry words and
//! prints nothing: a numeric of 16 bytes may print 131,072 digits.

use crate::jsonb::container::{COUNT, IS_CONTAINER, IS_NUMBER, IS_OBJECT, Number, TYPE, end_of, word};

/// Gives the size that is bounded: the bytes of the value without varlena header, where each number counts as long as
/// it prints if that is more. A text prints at most six times as long (control characters). A size beyond `most` may be
/// any larger number.
pub fn size_of(container: &[u8], most: usize) -> usize {
    let mut size = container.len();
    // Empty, and so without memory, for most payloads: they hold no container.
    let mut pending = Vec::new();
    let mut next = Some(container);
    while let Some(container) = next {
        if size > most {
            break;
        }
        for (kind, child) in children(container) {
            match kind {
                IS_CONTAINER => pending.push(child),
                IS_NUMBER => size += Number::read(child).printed_length().saturating_sub(child.len()),
                _ => (),
            }
        }
        next = pending.pop();
    }
    size
}

/// Tells whether a value nests deeper than `depth`; the value itself is level 1. It keeps its own stack, because jsonb
/// may nest deeper than the stack of a backend allows.
pub fn is_deeper_than(container: &[u8], depth: usize) -> bool {
    let mut pending = Vec::new();
    let mut next = Some((container, 1));
    while let Some((container, level)) = next {
        if level > depth {
            return true;
        }
        let children = children(container).filter(|(kind, _)| *kind == IS_CONTAINER);
        pending.extend(children.map(|(_, child)| (child, level + 1)));
        next = pending.pop();
    }
    false
}

/// Gives the type and the bytes of each child, keys too.
pub(super) fn children(container: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let header = word(container, 0);
    let count = (header & COUNT) as usize * if header & IS_OBJECT == 0 { 1 } else { 2 };
    let data = 4 + 4 * count;
    let mut start = 0;
    (0..count).map(move |index| {
        let entry = word(container, 4 + 4 * index);
        let (begin, end) = (start, end_of(entry, start));
        start = end;
        let kind = entry & TYPE;
        let begin = if matches!(kind, IS_CONTAINER | IS_NUMBER) { begin.next_multiple_of(4) } else { begin };
        (kind, &container[data + begin..data + end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jsonb::container::{Item, elements};
    use jsonschema_value::jsonb::encode::encode;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const ANY: usize = usize::MAX;

    #[test]
    fn what_has_no_long_number_is_as_large_as_its_bytes() {
        for value in [json!({}), json!([]), json!("text"), json!({"a": [1, {"b": null, "c": true}, "text"], "n": -1.5})]
        {
            let container = encode(&value);
            assert_eq!(size_of(&container, ANY), container.len(), "{value}");
        }
    }

    #[test]
    fn a_number_counts_as_long_as_it_prints() {
        for (value, printed) in [(json!([1e300]), 301), (json!({"a": {"b": [-1e308]}}), 310), (json!(1e200), 201)] {
            let container = encode(&value);
            let size = size_of(&container, ANY);
            assert!(size >= printed && size <= printed + container.len(), "{value}: {size}");
        }
    }

    #[test]
    fn it_stops_where_it_is_too_large() {
        let container = encode(&json!([[1e300], [1e300], [1e300]]));
        assert!((300..700).contains(&size_of(&container, 100)));
    }

    #[test]
    fn depth_is_counted_from_the_value_itself() {
        let nested = |depth| encode(&(1..depth).fold(json!([]), |inner, _| json!({"a": 1, "b": [], "c": inner})));
        for depth in [1, 2, 3, 50] {
            let container = nested(depth);
            let levels = depth.max(if depth > 1 { 2 } else { 1 });
            assert!(!is_deeper_than(&container, levels) && is_deeper_than(&container, levels - 1), "{depth}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_measured_as_they_print(digits in "[1-9][0-9]{0,30}", exponent in -60i32..60, negative: bool) {
            let text = format!("{}{digits}e{exponent}", if negative { "-" } else { "" });
            let number: Value = serde_json::from_str(&text).expect("a number");
            let container = encode(&json!([number]));
            let Some(Item::Number(read)) = elements(&container).and_then(|mut items| items.next()) else { panic!("no number") };
            prop_assert_eq!(read.printed_length(), read.text().len());
        }
    }
}
