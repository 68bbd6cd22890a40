//! Pure: the numbers of sliding ranges, from the numbers of the minutes that they consist of.
//!
//! Each range is added up by itself, in order of time: so its number does not depend on which other ranges are asked for.

use serde::Deserialize;

/// What a range has of its minutes' numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The value added up, and n.
    Sum,
    /// The value added up, divided by n added up.
    Share,
    /// The same, taken from 1.
    Complement,
    Highest,
    Lowest,
}

/// A minute, or another short bucket: where it begins, its number, and how many it is of.
#[derive(Debug, Clone, Copy)]
pub struct Minute {
    pub start: i64,
    pub value: Option<f64>,
    pub n: f64,
}

/// The number of a range, None where it has none, and n.
pub type Number = (Option<f64>, f64);

/// Gives the number of each range of this length that ends at one of `ends`. Minutes and ends are in order.
pub fn slide(minutes: &[Minute], ends: &[i64], length: i64, how: How) -> Vec<Number> {
    let (mut first, mut last) = (0, 0);
    let mut numbers = Vec::with_capacity(ends.len());
    for end in ends {
        let since = end - length;
        while first < minutes.len() && minutes[first].start < since {
            first += 1;
        }
        last = last.max(first);
        while last < minutes.len() && minutes[last].start < *end {
            last += 1;
        }
        numbers.push(number_of(&minutes[first..last], how));
    }
    numbers
}

fn number_of(minutes: &[Minute], how: How) -> Number {
    let n: f64 = minutes.iter().map(|minute| minute.n).sum();
    let values = minutes.iter().filter_map(|minute| minute.value);
    let value = match how {
        How::Sum => values.reduce(|sum, value| sum + value),
        How::Share | How::Complement if n == 0.0 => None,
        How::Share => values.reduce(|sum, value| sum + value).map(|sum| sum / n),
        How::Complement => values.reduce(|sum, value| sum + value).map(|sum| 1.0 - sum / n),
        How::Highest => values.reduce(f64::max),
        How::Lowest => values.reduce(f64::min),
    };
    (value, n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_range_has_what_its_minutes_have(
            given in prop::collection::vec((prop::option::of(-9i32..9), 0u8..4), 0..40),
            ends in prop::collection::btree_set(0i64..50, 0..20),
            length in 1i64..20,
        ) {
            let minutes: Vec<Minute> = given.iter().enumerate()
                .map(|(start, (value, n))| Minute { start: start as i64, value: value.map(f64::from), n: f64::from(*n) })
                .collect();
            let ends: Vec<i64> = ends.into_iter().collect();
            for how in [How::Sum, How::Share, How::Complement, How::Highest, How::Lowest] {
                let slid = slide(&minutes, &ends, length, how);
                for (end, found) in ends.iter().zip(slid) {
                    let of: Vec<&Minute> = minutes.iter().filter(|minute| minute.start >= end - length && minute.start < *end).collect();
                    let n: f64 = of.iter().map(|minute| minute.n).sum();
                    let values: Vec<f64> = of.iter().filter_map(|minute| minute.value).collect();
                    let sum: f64 = values.iter().sum();
                    let expected = match how {
                        _ if values.is_empty() => None,
                        How::Sum => Some(sum),
                        How::Share => (n > 0.0).then(|| sum / n),
                        How::Complement => (n > 0.0).then(|| 1.0 - sum / n),
                        How::Highest => values.iter().copied().reduce(f64::max),
                        How::Lowest => values.iter().copied().reduce(f64::min),
                    };
                    prop_assert_eq!(found, (expected, n));
                }
            }
        }
    }
}
