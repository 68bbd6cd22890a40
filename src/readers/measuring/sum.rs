//! Pure: sums numbers exactly by their digits and rounds once, at the end: the order of addition changes nothing, and
//! 0.1 + 0.2 is 0.3.

use super::number::Number;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sum {
    whole: i128,
    /// The sum of what lies behind the points, in 10^-18ths.
    fraction: i128,
    /// How often each number with more digits was added, by the bits of its double.
    long: BTreeMap<u64, i64>,
}

/// A power of two by which numbers are multiplied so that their sum stays finite where it would not otherwise.
pub const HALF_WAY: f64 = 1.0 / (1u128 << 127) as f64;

/// Adds to a sum that is kept as parts of which none has a bit in common with another (Shewchuk 1997).
fn add_exactly(parts: &mut Vec<f64>, value: f64) {
    let mut value = value;
    let mut kept = 0;
    for place in 0..parts.len() {
        let part = parts[place];
        let (large, small) = if value.abs() < part.abs() { (part, value) } else { (value, part) };
        value = large + small;
        let rest = small - (value - large);
        if rest != 0.0 {
            parts[kept] = rest;
            kept += 1;
        }
    }
    parts.truncate(kept);
    parts.push(value);
}

const ONE: i128 = 1_000_000_000_000_000_000;

impl Sum {
    /// Adds a number so many times.
    pub fn add(&mut self, number: &Number, times: i64) {
        match number.digits() {
            Some((whole, fraction)) => {
                self.whole += i128::from(whole) * i128::from(times);
                self.fraction += i128::from(fraction) * i128::from(times);
            }
            None => *self.long.entry(number.value().to_bits()).or_default() += times,
        }
    }

    pub fn merge(&mut self, other: &Sum) {
        self.whole += other.whole;
        self.fraction += other.fraction;
        other.long.iter().for_each(|(bits, times)| *self.long.entry(*bits).or_default() += times);
    }

    /// The bytes that it holds, about.
    pub fn memory(&self) -> usize {
        size_of::<Sum>() + self.long.len() * 32
    }

    /// The sum, multiplied by a power of two: by [`HALF_WAY`] it is finite where the sum is not. It is rounded once for
    /// the numbers whose digits fit, and once for all.
    pub fn total(&self, scale: f64) -> f64 {
        let mut parts = vec![self.decimal_total() * scale];
        for (bits, times) in &self.long {
            let (value, times) = (f64::from_bits(*bits) * scale, *times as f64);
            let product = value * times;
            add_exactly(&mut parts, product);
            if product.is_finite() {
                add_exactly(&mut parts, value.mul_add(times, -product));
            }
        }
        parts.iter().sum()
    }

    fn decimal_total(&self) -> f64 {
        let mut whole = self.whole + self.fraction.div_euclid(ONE);
        let mut fraction = self.fraction.rem_euclid(ONE);
        let sign = if whole < 0 { "-" } else { "" };
        if whole < 0 && fraction > 0 {
            whole += 1;
            fraction = ONE - fraction;
        }
        // Reading digits is what rounds to the nearest double.
        format!("{sign}{}.{fraction:018}", whole.unsigned_abs()).parse().unwrap_or(f64::NAN)
    }
}

impl Additive for Sum {
    fn add_up(&mut self, other: Sum) -> Result<(), Damaged> {
        self.whole.add_up(other.whole)?;
        self.fraction.add_up(other.fraction)?;
        // What is added up must itself be a number in the end.
        self.whole.checked_add(self.fraction.div_euclid(ONE)).ok_or(Damaged)?;
        self.long.add_up(other.long)
    }

    fn is_nothing(&self) -> bool {
        self.whole == 0 && self.fraction == 0 && self.long.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(texts: &[&str]) -> f64 {
        let mut sum = Sum::default();
        texts.iter().filter_map(|text| Number::parse(text)).for_each(|number| sum.add(&number, 1));
        sum.total(1.0)
    }

    #[test]
    fn sums_digits() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&["0.1", "0.2"]), 0.3);
        assert_eq!(sum(&["0.1", "-0.3"]), -0.2);
        assert_eq!(sum(&["-0.1", "0.3"]), 0.2);
        assert_eq!(sum(&["-5", "0.25"]), -4.75);
        assert_eq!(sum(&["1e300", "1", "-1e300"]), 1.0);
        assert_eq!(sum(&["1e3", "0.5", "100000000000000000000"]), 100000000000000001000.5);
        let mut many = Sum::default();
        many.add(&Number::parse("19.99").unwrap(), 1_000_000_000);
        assert_eq!(many.total(1.0), 19_990_000_000.0);
    }

    proptest! {
        #[test]
        fn cents_are_exact(cents in prop::collection::vec(-1_000_000_000i64..1_000_000_000, 0..50)) {
            let texts: Vec<String> = cents.iter().map(|cents| {
                format!("{}{}.{:02}", if *cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
            }).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(sum(&texts), cents.iter().sum::<i64>() as f64 / 100.0);
        }
    }
}
