//! Pure: a sketch of numbers whose quantiles are at most 1 % off. Values are counted in bins whose bounds grow by a
//! constant factor, as in DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019), of which none is ever dropped: the same
//! values give the same sketch in any order, and sketches are merged by adding the counts.

use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A quantile q̂ of a value q is within |q̂ - q| <= ERROR * |q|.
pub const ERROR: f64 = 0.01;

/// How many bytes a bin takes, about.
const BIN: usize = 24;

const GAMMA: f64 = (1.0 + ERROR) / (1.0 - ERROR);

/// A sketch: counts by bin. The bins of all doubles are 71,000 for each sign.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Sorted", from = "Sorted")]
pub struct Sketch {
    negative: Bins,
    zero: u64,
    positive: Bins,
}

impl Sketch {
    /// Adds a finite value, `times` times over.
    pub fn add(&mut self, value: f64, times: u64) {
        if value == 0.0 {
            self.zero += times;
        } else {
            let side = if value < 0.0 { &mut self.negative } else { &mut self.positive };
            *side.entry(bin_of(value.abs())).or_default() += times;
        }
    }

    pub fn merge(&mut self, other: &Sketch) {
        let add = |into: &mut Bins, from: &Bins| {
            from.iter().for_each(|(bin, times)| *into.entry(*bin).or_default() += times);
        };
        add(&mut self.negative, &other.negative);
        self.zero += other.zero;
        add(&mut self.positive, &other.positive);
    }

    /// Tells how many values there are.
    pub fn count(&self) -> u64 {
        self.zero + self.negative.values().chain(self.positive.values()).sum::<u64>()
    }

    /// Tells how many bytes it holds, about.
    pub fn memory(&self) -> usize {
        (self.negative.capacity() + self.positive.capacity()) * BIN
    }

    /// Gives about the value at place floor(fraction * (n - 1)), counted from 0, of the n values in order. NaN where
    /// there is none.
    pub fn quantile(&self, fraction: f64) -> f64 {
        let place = (fraction * self.count().saturating_sub(1) as f64).floor() as u64;
        let negative = in_order(&self.negative).into_iter().rev().map(|(bin, times)| (-middle_of(bin), times));
        let positive = in_order(&self.positive).into_iter().map(|(bin, times)| (middle_of(bin), times));
        let mut passed = 0;
        for (value, times) in negative.chain([(0.0, self.zero)]).chain(positive) {
            passed += times;
            if place < passed {
                return value;
            }
        }
        f64::NAN
    }
}

/// A sketch as it is written: the same one whatever it was made of.
#[derive(Serialize, Deserialize)]
struct Sorted {
    negative: BTreeMap<i32, u64>,
    zero: u64,
    positive: BTreeMap<i32, u64>,
}

impl From<Sketch> for Sorted {
    fn from(Sketch { negative, zero, positive }: Sketch) -> Sorted {
        Sorted { negative: negative.into_iter().collect(), zero, positive: positive.into_iter().collect() }
    }
}

impl From<Sorted> for Sketch {
    fn from(Sorted { negative, zero, positive }: Sorted) -> Sketch {
        Sketch { negative: negative.into_iter().collect(), zero, positive: positive.into_iter().collect() }
    }
}

impl Additive for Sketch {
    fn add_up(&mut self, other: Sketch) -> Result<(), Damaged> {
        // Both have fewer values than a bigint counts, so no bin can overflow.
        let counts = |sketch: &Sketch| {
            let bins = sketch.negative.values().chain(sketch.positive.values());
            bins.chain([&sketch.zero]).try_fold(0_i64, |sum, times| sum.checked_add(i64::try_from(*times).ok()?))
        };
        let both = counts(self).zip(counts(&other)).and_then(|(one, more)| one.checked_add(more));
        both.ok_or(Damaged)?;
        self.merge(&other);
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        self.zero == 0 && self.negative.is_empty() && self.positive.is_empty()
    }
}

/// The counts by bin. Finding one in a tree took most of the time.
type Bins = HashMap<i32, u64>;

/// Gives the bins, ascending.
fn in_order(bins: &Bins) -> Vec<(i32, u64)> {
    let mut all: Vec<(i32, u64)> = bins.iter().map(|(bin, times)| (*bin, *times)).collect();
    all.sort_unstable();
    all
}

/// Gives the bin of a value: the bin b holds (GAMMA^(b-1), GAMMA^b].
fn bin_of(value: f64) -> i32 {
    (value.ln() / GAMMA.ln()).ceil() as i32
}

/// Gives the number that stands for a bin: relatively it is as far from one bound as from the other.
fn middle_of(bin: i32) -> f64 {
    // Of the last bin the upper bound is no double any more; what it holds is.
    (f64::from(bin) * GAMMA.ln() + (2.0 / (GAMMA + 1.0)).ln()).exp().min(f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.add(*value, 1));
        sketch
    }

    fn numbers() -> impl Strategy<Value = f64> {
        prop_oneof![
            -1e6..1e6f64,
            Just(0.0),
            (-280.0..300.0f64).prop_map(|e| 10f64.powf(e)),
            (0u32..1000).prop_map(f64::from)
        ]
    }

    proptest! {
        #[test]
        fn no_quantile_is_more_than_a_hundredth_off(mut values in prop::collection::vec(numbers(), 1..60), fraction in 0.0..=1.0f64) {
            let found = sketch(&values).quantile(fraction);
            values.sort_by(f64::total_cmp);
            let exact = values[(fraction * (values.len() - 1) as f64).floor() as usize];
            prop_assert!((found - exact).abs() <= exact.abs() * ERROR * (1.0 + 1e-9), "{found} for {exact}");
        }

        #[test]
        fn merged_is_as_one(one in prop::collection::vec(numbers(), 0..40), other in prop::collection::vec(numbers(), 0..40)) {
            let mut merged = sketch(&one);
            merged.merge(&sketch(&other));
            let all: Vec<f64> = other.into_iter().chain(one).collect();
            prop_assert_eq!(merged, sketch(&all));
        }
    }

    #[test]
    fn the_largest_number_has_a_bin() {
        assert!((sketch(&[f64::MAX]).quantile(0.5) / f64::MAX - 1.0).abs() <= ERROR);
        assert!(sketch(&[]).quantile(0.5).is_nan());
    }
}
