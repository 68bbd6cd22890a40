//! Pure: the numbers of sliding ranges, from the numbers of the minutes that they consist of.
//!
//! Each range is added up by itself, in order of time: so its number does not depend on which other ranges are asked for.

use crate::source::count::Count;
use serde::Deserialize;
use std::ops::Range;

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
        let since = end.saturating_sub(length);
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

/// Gives the times at which ranges of this length that end at `ends` begin or end, each once and in order.
pub fn edges_of(ends: &[i64], length: i64) -> Vec<i64> {
    let mut edges: Vec<i64> = ends.iter().flat_map(|end| [end.saturating_sub(length), *end]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Gives the buckets between edges that each range consists of.
pub fn spans_of(edges: &[i64], ends: &[i64], length: i64) -> Vec<Range<usize>> {
    let place = |time: i64| edges.partition_point(|edge| *edge < time);
    ends.iter().map(|end| place(end.saturating_sub(length))..place(*end)).collect()
}

/// Adds up the counts of the buckets of each range. Counts come in order of their buckets, and so do ranges.
pub fn add_up(counts: &[(usize, &Count)], spans: &[Range<usize>]) -> Vec<f64> {
    let (mut first, mut last, mut sum) = (0, 0, Count::default());
    let mut sums = Vec::with_capacity(spans.len());
    for span in spans {
        while last < counts.len() && counts[last].0 < span.end {
            sum.merge(counts[last].1);
            last += 1;
        }
        while first < last && counts[first].0 < span.start {
            sum.remove(counts[first].1);
            first += 1;
        }
        sums.push(sum.events());
    }
    sums
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

        #[test]
        fn counts_of_ranges_are_those_of_their_buckets(
            given in prop::collection::btree_map(0i64..60, (0i64..5, prop::sample::select(vec![1.0f32, 0.5, 0.1])), 0..60),
            ends in prop::collection::btree_set(10i64..70, 1..20),
            length in 1i64..30,
        ) {
            let ends: Vec<i64> = ends.into_iter().collect();
            let edges = edges_of(&ends, length);
            let spans = spans_of(&edges, &ends, length);
            let mut counts: Vec<(usize, Count)> = Vec::new();
            for (time, (events, rate)) in &given {
                let place = edges.partition_point(|edge| edge <= time);
                if place > 0 && place < edges.len() {
                    let mut count = Count::default();
                    count.add(*events, *rate);
                    counts.push((place - 1, count));
                }
            }
            let counts: Vec<(usize, &Count)> = counts.iter().map(|(bucket, count)| (*bucket, count)).collect();
            for (end, found) in ends.iter().zip(add_up(&counts, &spans)) {
                let mut all = Count::default();
                given.range(end - length..*end).for_each(|(_, (events, rate))| all.add(*events, *rate));
                prop_assert_eq!(found, all.events());
            }
        }
    }
}
