//! Pure: compares numbers with bounds exactly by their digits, however many these are.

use std::cmp::Ordering;
use telemetry_chunks::{Decimal, GREATEST_SCALE, MOST_UNITS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// The bounds of a number, each of which must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// The bounds with their numbers as `->>` shows them: digits, a point, a sign.
    bounds: Vec<(Relation, String)>,
    /// The least and the greatest units of each scale that are within the bounds.
    units: Vec<(i64, i64)>,
}

impl Bounds {
    pub fn of(bounds: impl IntoIterator<Item = (Relation, String)>) -> Bounds {
        let bounds: Vec<(Relation, String)> = bounds.into_iter().collect();
        let units = (0..=usize::from(GREATEST_SCALE)).map(|scale| {
            bounds.iter().fold((i64::MIN, i64::MAX), |(least, greatest), (relation, bound)| {
                let (floor, ceiling) = around(bound, scale);
                match relation {
                    Relation::Above => (least.max(floor + 1), greatest),
                    Relation::AtLeast => (least.max(ceiling), greatest),
                    Relation::Below => (least, greatest.min(ceiling - 1)),
                    Relation::AtMost => (least, greatest.min(floor)),
                }
            })
        });
        Bounds { units: units.collect(), bounds }
    }

    /// Whether the bounds hold of a number, given as `->>` shows it.
    pub fn hold_of(&self, number: &str) -> bool {
        self.bounds.iter().all(|(relation, bound)| {
            let order = compare(number, bound);
            match relation {
                Relation::Above => order == Ordering::Greater,
                Relation::AtLeast => order != Ordering::Less,
                Relation::Below => order == Ordering::Less,
                Relation::AtMost => order != Ordering::Greater,
            }
        })
    }

    pub fn hold_of_decimal(&self, decimal: Decimal) -> bool {
        let units = self.units.get(usize::from(decimal.scale));
        units.is_some_and(|(least, greatest)| (*least..=*greatest).contains(&decimal.units))
    }
}

/// Splits a number into its sign, the digits before the point without zeros in front, and those behind it without zeros
/// at the end; zero has no sign.
fn parts(number: &str) -> (bool, &str, &str) {
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    (number.starts_with('-') && !(whole.is_empty() && fraction.is_empty()), whole, fraction)
}

fn compare(one: &str, other: &str) -> Ordering {
    let ((one_is_negative, one_whole, one_fraction), (is_negative, whole, fraction)) = (parts(one), parts(other));
    let size = one_whole.len().cmp(&whole.len()).then(one_whole.cmp(whole)).then(one_fraction.cmp(fraction));
    match (one_is_negative, is_negative) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (one_is_negative, _) => {
            if one_is_negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

/// The units of a scale just below a number and just above it: the same units where the number has so few digits. They
/// lie at most two beyond the units of any [`Decimal`].
fn around(number: &str, scale: usize) -> (i64, i64) {
    let (is_negative, whole, fraction) = parts(number);
    let kept = &fraction[..scale.min(fraction.len())];
    let zeros = std::iter::repeat_n(b'0', scale - kept.len());
    let most = MOST_UNITS as u64 + 1;
    let digits = whole.bytes().chain(kept.bytes()).chain(zeros);
    let size = digits.fold(0_u64, |size, digit| (size * 10 + u64::from(digit - b'0')).min(most)) as i64;
    let further = size + i64::from(fraction.len() > kept.len());
    if is_negative { (-further, -size) } else { (size, further) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_compare_by_value() {
        use Ordering::{Equal, Greater, Less};
        for (one, other, order) in [
            ("1.50", "1.5", Equal),
            ("0", "-0.0", Equal),
            ("9", "10", Less),
            ("-9", "-10", Greater),
            ("-1", "1", Less),
            ("0.09", "0.1", Less),
            ("-0.09", "-0.1", Greater),
            ("123456789012345678901234.5", "123456789012345678901234.49", Greater),
            ("0.1", "0.1000000000000000000000001", Less),
        ] {
            assert_eq!(compare(one, other), order, "{one} {other}");
            assert_eq!(compare(other, one), order.reverse(), "{other} {one}");
        }
    }

    #[test]
    fn a_bound_of_many_digits_lies_between_units() {
        assert_eq!(around("499.5", 0), (499, 500));
        assert_eq!(around("-499.5", 0), (-500, -499));
        assert_eq!(around("499.5", 2), (49_950, 49_950));
        assert_eq!(around("-0", 3), (0, 0));
        let (floor, ceiling) = around("1e3".replace("e3", &"0".repeat(40)).as_str(), 18);
        assert!(floor > MOST_UNITS && ceiling > MOST_UNITS);
    }

    fn text(decimal: Decimal) -> String {
        let mut stored = Vec::new();
        decimal.write(&mut stored);
        String::from_utf8(stored[1..].to_vec()).expect("digits")
    }

    /// Makes small units, which meet often, and those at the ends of what a column of numbers holds.
    fn units() -> impl Strategy<Value = i64> {
        prop_oneof![-30_i64..30, Just(MOST_UNITS), Just(-MOST_UNITS), -MOST_UNITS..=MOST_UNITS]
    }

    proptest! {
        /// Compares with units of 10^-20 in 128 bits. The bound has up to two digits more than a column of numbers
        /// holds, or many before its point.
        #[test]
        fn digits_say_what_integers_say(
            of in (units(), prop_oneof![0_u8..3, 0_u8..=18], 0_u8..3), bound in (units(), 16_u8..=18), tail in "[0-9]{0,2}", is_large: bool,
        ) {
            let of = Decimal { units: of.0, scale: of.1, zeros: of.2 };
            let bound = Decimal { units: bound.0, scale: bound.1, zeros: 0 };
            let in_units = |decimal: Decimal| i128::from(decimal.units) * 10_i128.pow(20 - u32::from(decimal.scale));
            let sign = if bound.units < 0 { -1 } else { 1 };
            let digits = tail.bytes().fold(0, |digits, digit| digits * 10 + i128::from(digit - b'0'));
            let behind = u32::from(bound.scale) + tail.len() as u32;
            let mut expected = in_units(bound) + sign * digits * 10_i128.pow(20 - behind);
            let mut shown = text(bound) + &tail;
            if is_large {
                shown = format!("{}1{:0>50}", if sign < 0 { "-" } else { "" }, shown.trim_start_matches('-'));
                expected = sign * i128::MAX;
            }
            let order = in_units(of).cmp(&expected);
            for (relation, holds) in [
                (Relation::Above, order == Ordering::Greater),
                (Relation::AtLeast, order != Ordering::Less),
                (Relation::Below, order == Ordering::Less),
                (Relation::AtMost, order != Ordering::Greater),
            ] {
                let bounds = Bounds::of([(relation, shown.clone())]);
                prop_assert_eq!(bounds.hold_of(&text(of)), holds, "{} {:?} {}", text(of), relation, shown);
                prop_assert_eq!(bounds.hold_of_decimal(of), holds, "{} {:?} {}", text(of), relation, shown);
            }
        }
    }
}
