//! Pure: finds the highest and the lowest of numbers, and counts them. A sampled number is one number: how often it
//! stands for another one changes no extreme, only the counts.

use super::number::Number;
use super::{Collect, Rank};
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::source::count::Count;
use serde::{Deserialize, Serialize};

/// The extremes of the numbers of a bucket and group.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Extremes {
    range: Option<(f64, f64)>,
    pub events: Count,
    pub not_numeric: Count,
}

impl Collect for Extremes {
    fn add(&mut self, number: Option<&Number>, times: u64, rate: f32) {
        let Some(number) = number else { return self.not_numeric.add(times as i64, rate) };
        let value = plain(number);
        self.range = Some(wider(self.range, (value, value)));
        self.events.add(times as i64, rate);
    }

    fn merge(&mut self, other: Extremes) {
        self.range = other.range.map(|range| wider(self.range, range)).or(self.range);
        self.events.merge(&other.events);
        self.not_numeric.merge(&other.not_numeric);
    }

    fn memory(&self) -> usize {
        size_of::<Extremes>()
    }
}

impl Extremes {
    /// The highest number; None where there is none.
    pub fn highest(&self) -> Option<f64> {
        self.range.map(|(_, highest)| highest)
    }

    /// The lowest number; None where there is none.
    pub fn lowest(&self) -> Option<f64> {
        self.range.map(|(lowest, _)| lowest)
    }
}

/// The double of a number; that of -0 is 0, so that it is shown alike from whatever source it comes.
fn plain(number: &Number) -> f64 {
    number.value() + 0.0
}

fn wider(range: Option<(f64, f64)>, (low, high): (f64, f64)) -> (f64, f64) {
    range.map_or((low, high), |(lowest, highest)| (lowest.min(low), highest.max(high)))
}

/// Ranks groups by their highest numbers, the highest first.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ByHighest(Option<f64>);

impl Rank for ByHighest {
    fn add(&mut self, number: &Number, _: u64, _: f32) {
        self.0 = Some(self.0.map_or(plain(number), |highest| highest.max(plain(number))));
    }

    fn memory(&self) -> usize {
        size_of::<ByHighest>()
    }

    fn rank(&self) -> u64 {
        self.0.map_or(0, in_order)
    }
}

/// Ranks groups by their lowest numbers, the lowest first.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ByLowest(Option<f64>);

impl Rank for ByLowest {
    fn add(&mut self, number: &Number, _: u64, _: f32) {
        self.0 = Some(self.0.map_or(plain(number), |lowest| lowest.min(plain(number))));
    }

    fn memory(&self) -> usize {
        size_of::<ByLowest>()
    }

    fn rank(&self) -> u64 {
        self.0.map_or(0, |lowest| in_order(-lowest))
    }
}

/// Gives a number above 0 whose order is that of finite doubles: their bits are in order where they are not negative,
/// and in the opposite order where they are.
fn in_order(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if value < 0.0 { !bits } else { bits | 1 << 63 }
}

impl Additive for Extremes {
    fn add_up(&mut self, other: Extremes) -> Result<(), Damaged> {
        self.range = other.range.map(|range| wider(self.range, range)).or(self.range);
        self.events.add_up(other.events)?;
        self.not_numeric.add_up(other.not_numeric)
    }

    fn is_nothing(&self) -> bool {
        self.events.is_nothing() && self.not_numeric.is_nothing()
    }
}

impl Additive for ByHighest {
    fn add_up(&mut self, other: ByHighest) -> Result<(), Damaged> {
        self.0 = self.0.into_iter().chain(other.0).reduce(f64::max);
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        self.0.is_none()
    }
}

impl Additive for ByLowest {
    fn add_up(&mut self, other: ByLowest) -> Result<(), Damaged> {
        self.0 = self.0.into_iter().chain(other.0).reduce(f64::min);
        Ok(())
    }

    fn is_nothing(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extremes(texts: &[&str]) -> Extremes {
        let mut extremes = Extremes::default();
        texts.iter().for_each(|text| extremes.add(Number::parse(text).as_ref(), 1, 1.0));
        extremes
    }

    #[test]
    fn nothing_has_none() {
        let none = extremes(&["none"]);
        assert_eq!((none.highest(), none.lowest(), none.not_numeric.events()), (None, None, 1.0));
        assert_eq!((ByHighest::default().rank(), ByLowest::default().rank()), (0, 0));
    }

    #[test]
    fn minus_zero_is_zero() {
        assert!(extremes(&["-0"]).highest().is_some_and(|highest| highest.is_sign_positive()));
        assert_eq!(in_order(-0.0), in_order(0.0));
    }

    #[test]
    fn a_sampled_number_is_one_number() {
        let mut sampled = Extremes::default();
        sampled.add(Number::parse("-7").as_ref(), 3, 0.1);
        sampled.add(Number::parse("1e3").as_ref(), 1, 1.0);
        assert_eq!((sampled.lowest(), sampled.highest(), sampled.events.events()), (Some(-7.0), Some(1000.0), 31.0));
    }

    proptest! {
        #[test]
        fn as_a_fold_says(one in prop::collection::vec(-1000i64..1000, 0..20), other in prop::collection::vec(-1000i64..1000, 0..20)) {
            let of = |numbers: &[i64]| {
                let texts: Vec<String> = numbers.iter().map(|number| format!("{}", *number as f64 / 8.0)).collect();
                extremes(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let mut both = of(&one);
            both.merge(of(&other));
            let all = || one.iter().chain(&other).map(|number| *number as f64 / 8.0);
            prop_assert_eq!(both.highest(), all().reduce(f64::max));
            prop_assert_eq!(both.lowest(), all().reduce(f64::min));
            prop_assert_eq!(both.events.events(), all().count() as f64);
        }

        #[test]
        fn ranks_are_in_order(one in -1e6f64..1e6, other in -1e6f64..1e6) {
            prop_assert_eq!(in_order(one).cmp(&in_order(other)), one.total_cmp(&other));
            prop_assert!(in_order(-f64::MAX) > 0);
        }
    }
}
