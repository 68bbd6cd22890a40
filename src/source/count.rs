//! Pure: counts events, of which a sampled one stands for more than itself.

use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The number of events, with sampled ones by their rate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    whole: i64,
    /// The number of sampled events, by the bits of their rate.
    sampled: BTreeMap<u32, i64>,
}

impl Count {
    pub fn add(&mut self, events: i64, rate: f32) {
        if rate == 1.0 {
            self.whole += events;
        } else {
            *self.sampled.entry(rate.to_bits()).or_default() += events;
        }
    }

    pub fn merge(&mut self, other: &Count) {
        self.whole += other.whole;
        for (rate, events) in &other.sampled {
            *self.sampled.entry(*rate).or_default() += events;
        }
    }

    /// Takes away what was merged before.
    pub fn remove(&mut self, other: &Count) {
        self.whole -= other.whole;
        for (rate, events) in &other.sampled {
            let left = self.sampled.entry(*rate).or_default();
            *left -= events;
            if *left == 0 {
                self.sampled.remove(rate);
            }
        }
    }

    /// Lists the numbers of events by their rates.
    pub fn by_rate(&self) -> impl Iterator<Item = (f32, i64)> + '_ {
        let sampled = self.sampled.iter().map(|(rate, events)| (f32::from_bits(*rate), *events));
        std::iter::once((1.0, self.whole)).chain(sampled)
    }

    /// The number of events that there must have been. It is not rounded, so that buckets add up to their range, and a
    /// ratio is that of the weighted sums.
    pub fn events(&self) -> f64 {
        let sampled: f64 =
            self.sampled.iter().map(|(rate, events)| *events as f64 / probability(f32::from_bits(*rate))).sum();
        self.whole as f64 + sampled
    }

    /// A number whose order is that of events().
    pub fn rank(&self) -> u64 {
        // The bits of doubles that are not negative are in the order of the doubles.
        self.events().to_bits()
    }
}

impl Additive for Count {
    fn add_up(&mut self, other: Count) -> Result<(), Damaged> {
        self.whole.add_up(other.whole)?;
        self.sampled.add_up(other.sampled)
    }

    fn is_nothing(&self) -> bool {
        self.whole == 0 && self.sampled.is_empty()
    }
}

/// The rate as it was written: what was meant by 0.1 is a tenth, not the nearest number of 24 bits.
pub fn probability(rate: f32) -> f64 {
    rate.to_string().parse().unwrap_or(f64::from(rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampled_event_stands_for_several() {
        let mut count = Count::default();
        count.add(2, 1.0);
        count.add(1, 0.25);
        count.add(1, 0.5);
        let mut other = Count::default();
        other.add(1, 0.25);
        count.merge(&other);
        assert_eq!(count.events(), 12.0);
        let mut rest = count.clone();
        rest.remove(&other);
        assert_eq!((rest.events(), rest.by_rate().count()), (8.0, 3));
        rest.remove(&other);
        assert_eq!((rest.events(), rest.by_rate().count()), (4.0, 2));
        let mut tenths = Count::default();
        tenths.add(3, 0.1);
        tenths.add(1, 0.3);
        assert_eq!(tenths.events(), 30.0 + 1.0 / 0.3);
        assert!(tenths.rank() > count.rank() && Count::default().rank() == 0);
    }
}
