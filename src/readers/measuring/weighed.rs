//! Pure: sums numbers of which each counts as often as its event stands for, and counts them.

use super::number::Number;
use super::{Collect, Rank};
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::measuring::sum::{HALF_WAY, Sum};
use crate::source::count::{Count, probability};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The numbers of a bucket and group, each as often as its event stands for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Weighed {
    /// The sum of the numbers of events that were all kept, and how many there are.
    whole: (Sum, i64),
    /// Those of sampled events, by the bits of the rate.
    sampled: BTreeMap<u32, (Sum, i64)>,
    pub not_numeric: Count,
}

impl Collect for Weighed {
    fn add(&mut self, number: Option<&Number>, times: u64, rate: f32) {
        match number {
            Some(number) => {
                let (sum, events) =
                    if rate == 1.0 { &mut self.whole } else { self.sampled.entry(rate.to_bits()).or_default() };
                sum.add(number, times as i64);
                *events += times as i64;
            }
            None => self.not_numeric.add(times as i64, rate),
        }
    }

    fn merge(&mut self, other: Weighed) {
        let add = |into: &mut (Sum, i64), (sum, events): (Sum, i64)| {
            into.0.merge(&sum);
            into.1 += events;
        };
        add(&mut self.whole, other.whole);
        for (rate, of_rate) in other.sampled {
            add(self.sampled.entry(rate).or_default(), of_rate);
        }
        self.not_numeric.merge(&other.not_numeric);
    }

    fn memory(&self) -> usize {
        size_of::<Weighed>() + self.by_rate().map(|(_, (sum, _))| sum.memory()).sum::<usize>()
    }
}

impl Weighed {
    /// The sum, with each number as often as its event stands for; None where no double is so large.
    pub fn sum(&self) -> Option<f64> {
        let sum = self.scaled(1.0);
        let sum = if sum.is_finite() { sum } else { self.scaled(HALF_WAY) / HALF_WAY };
        sum.is_finite().then_some(sum)
    }

    /// The average, with each number as often as its event stands for; None where there is no number.
    pub fn average(&self) -> Option<f64> {
        let weight = self.weight();
        let average = self.scaled(1.0) / weight;
        let average = if average.is_finite() { average } else { self.scaled(HALF_WAY) / weight / HALF_WAY };
        (weight > 0.0).then_some(average)
    }

    /// The number of events with a number, each counted as often as it stands for.
    pub fn weight(&self) -> f64 {
        let mut events = Count::default();
        self.by_rate().for_each(|(rate, (_, of_rate))| events.add(*of_rate, rate));
        events.events()
    }

    fn scaled(&self, scale: f64) -> f64 {
        let weighed = |(rate, (sum, _)): (f32, &(Sum, i64))| sum.total(scale) / probability(rate);
        self.by_rate().map(weighed).fold(0.0, |sum, part| sum + part)
    }

    /// What there is of each rate.
    fn by_rate(&self) -> impl Iterator<Item = (f32, &(Sum, i64))> {
        let whole = (self.whole.1 > 0).then_some((1.0, &self.whole));
        self.sampled.iter().map(|(bits, of_rate)| (f32::from_bits(*bits), of_rate)).chain(whole)
    }
}

/// Ranks groups by their sums, the largest first, those below 0 by how far they are.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct BySum(Weighed);

impl Rank for BySum {
    fn add(&mut self, number: &Number, times: u64, rate: f32) {
        self.0.add(Some(number), times, rate);
    }

    fn memory(&self) -> usize {
        self.0.memory()
    }

    fn rank(&self) -> u64 {
        self.0.sum().map_or(u64::MAX, |sum| sum.abs().to_bits())
    }
}

/// Ranks groups by how many numbers they have; a sampled event counts as often as it stands for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ByNumbers(Count);

impl Rank for ByNumbers {
    fn add(&mut self, _: &Number, times: u64, rate: f32) {
        self.0.add(times as i64, rate);
    }

    fn memory(&self) -> usize {
        size_of::<ByNumbers>()
    }

    fn rank(&self) -> u64 {
        self.0.rank()
    }
}

impl Additive for Weighed {
    fn add_up(&mut self, other: Weighed) -> Result<(), Damaged> {
        self.whole.add_up(other.whole)?;
        self.sampled.add_up(other.sampled)?;
        self.not_numeric.add_up(other.not_numeric)
    }

    fn is_nothing(&self) -> bool {
        self.whole.is_nothing() && self.sampled.is_empty() && self.not_numeric.is_nothing()
    }
}

impl Additive for BySum {
    fn add_up(&mut self, other: BySum) -> Result<(), Damaged> {
        self.0.add_up(other.0)
    }

    fn is_nothing(&self) -> bool {
        self.0.is_nothing()
    }
}

impl Additive for ByNumbers {
    fn add_up(&mut self, other: ByNumbers) -> Result<(), Damaged> {
        self.0.add_up(other.0)
    }

    fn is_nothing(&self) -> bool {
        self.0.is_nothing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(numbers: &[(&str, f32)]) -> Weighed {
        let mut weighed = Weighed::default();
        numbers.iter().for_each(|(text, rate)| weighed.add(Number::parse(text).as_ref(), 1, *rate));
        weighed
    }

    #[test]
    fn a_tenth_stands_for_ten() {
        let tenths = weighed(&[("1.5", 0.1), ("2.5", 0.1), ("3", 1.0), ("none", 0.3)]);
        assert_eq!((tenths.sum(), tenths.weight(), tenths.average()), (Some(43.0), 21.0, Some(43.0 / 21.0)));
        assert_eq!(tenths.not_numeric.events(), 1.0 / 0.3);
    }

    #[test]
    fn what_no_double_holds_is_none() {
        let large = weighed(&[("1e308", 1.0), ("1.5e308", 1.0)]);
        assert_eq!((large.sum(), large.average()), (None, Some(1.25e308)));
        assert_eq!(weighed(&[("1e308", 1.0), ("1.5e308", 1.0), ("-1.5e308", 1.0)]).sum(), Some(1e308));
        assert_eq!(weighed(&[("1e308", 0.1)]).sum(), None);
        assert_eq!((weighed(&[]).sum(), weighed(&[]).average()), (Some(0.0), None));
    }

    #[test]
    fn groups_rank_by_what_is_measured() {
        let rank = |texts: &[&str]| {
            let (mut sum, mut numbers) = (BySum::default(), ByNumbers::default());
            for text in texts {
                let number = Number::parse(text).expect("a number");
                sum.add(&number, 1, 1.0);
                numbers.add(&number, 1, 1.0);
            }
            (sum.rank(), numbers.rank())
        };
        let (few, many, refunds) = (rank(&["100"]), rank(&["1", "2"]), rank(&["-500"]));
        assert!(refunds.0 > few.0 && few.0 > many.0 && many.1 > few.1);
    }
}
