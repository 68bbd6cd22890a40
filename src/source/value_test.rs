//! Pure: tests the value of a payload key as a filter asks it, in the form that the timeline can answer: once for each
//! value of a dictionary, or by the digits of a number. Twin: the jsonpath that src/source/comparison.rs makes for the
//! rows.

mod bounds;

use crate::derived::timeline::scalar;
use telemetry_chunks::Decimal;

pub use bounds::{Bounds, Relation};

/// A test of the value of one key.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTest {
    /// The value is one of these.
    In(Scalars),
    /// The value is none of these, or there is no value.
    NotIn(Scalars),
    /// The value is a number, within bounds.
    Within(Bounds),
    /// There is a value, a JSON null included; with false: there is none.
    Exists(bool),
}

impl ValueTest {
    /// Whether the test holds of an event that does not have the key.
    pub fn holds_of_none(&self) -> bool {
        matches!(self, ValueTest::NotIn(_) | ValueTest::Exists(false))
    }

    /// Whether the test holds of a value. `stored`: a scalar as src/derived/timeline/scalar.rs writes it.
    pub fn holds_of(&self, stored: &[u8]) -> bool {
        match self {
            ValueTest::In(scalars) => scalars.has(stored),
            ValueTest::NotIn(scalars) => !scalars.has(stored),
            ValueTest::Within(bounds) => scalar::number(stored).is_some_and(|number| bounds.hold_of(number)),
            ValueTest::Exists(exists) => *exists,
        }
    }

    pub fn holds_of_decimal(&self, decimal: Decimal) -> bool {
        match self {
            ValueTest::In(scalars) => scalars.has_decimal(decimal),
            ValueTest::NotIn(scalars) => !scalars.has_decimal(decimal),
            ValueTest::Within(bounds) => bounds.hold_of_decimal(decimal),
            ValueTest::Exists(exists) => *exists,
        }
    }
}

/// Scalars that values are compared with as jsonb does: 1.50 is 1.5, and is not the text "1.5".
#[derive(Debug, Clone, PartialEq)]
pub struct Scalars {
    /// The scalars in their shortest form, sorted.
    stored: Vec<Vec<u8>>,
    /// The numbers among them by scale, in its units, sorted.
    units: Vec<Vec<i64>>,
}

impl Scalars {
    pub fn of(stored: impl IntoIterator<Item = Vec<u8>>) -> Scalars {
        let mut stored: Vec<Vec<u8>> = stored.into_iter().map(|stored| scalar::shortest(&stored).to_vec()).collect();
        stored.sort_unstable();
        let mut units: Vec<Vec<i64>> = Vec::new();
        for at_each_scale in stored.iter().filter_map(|stored| scalar::decimal(stored)).map(Decimal::at_each_scale) {
            units.resize(at_each_scale.len(), Vec::new());
            for (units, at) in units.iter_mut().zip(at_each_scale) {
                units.extend(at);
            }
        }
        units.iter_mut().for_each(|units| units.sort_unstable());
        Scalars { stored, units }
    }

    fn has(&self, stored: &[u8]) -> bool {
        let shortest = scalar::shortest(stored);
        self.stored.binary_search_by(|known| known.as_slice().cmp(shortest)).is_ok()
    }

    fn has_decimal(&self, decimal: Decimal) -> bool {
        self.units.get(usize::from(decimal.scale)).is_some_and(|units| units.binary_search(&decimal.units).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(test: &ValueTest, stored: &[&[u8]]) -> Vec<bool> {
        stored.iter().map(|stored| test.holds_of(stored)).collect()
    }

    #[test]
    fn one_of_several_by_value_and_type() {
        let scalars = || Scalars::of([b"n1.50".to_vec(), b"sweb".to_vec(), b"0".to_vec(), b"n7".to_vec()]);
        let values: [&[u8]; 7] = [b"n1.5", b"n1.5000", b"s1.5", b"sweb", b"0", b"f", b"n7.0"];
        let expected = [true, true, false, true, true, false, true];
        assert_eq!(all(&ValueTest::In(scalars()), &values), expected);
        assert_eq!(all(&ValueTest::NotIn(scalars()), &values), expected.map(|is_in| !is_in));
        let decimal = |units, scale| scalars().has_decimal(Decimal { units, scale, zeros: 3 });
        assert!(decimal(15, 1) && decimal(1_500, 3) && decimal(7, 0) && decimal(700, 2));
        assert!(!decimal(15, 0) && !decimal(7, 1) && !decimal(0, 0));
    }

    #[test]
    fn without_a_value_only_what_denies_holds() {
        let none = Scalars::of([b"sx".to_vec()]);
        assert!(!ValueTest::In(none.clone()).holds_of_none() && ValueTest::NotIn(none).holds_of_none());
        assert!(!ValueTest::Exists(true).holds_of_none() && ValueTest::Exists(false).holds_of_none());
        assert!(ValueTest::Exists(true).holds_of(b"0"), "a JSON null is a value");
    }

    #[test]
    fn what_is_no_number_is_within_no_bounds() {
        let positive = ValueTest::Within(Bounds::of([(Relation::Above, "0".into())]));
        assert_eq!(all(&positive, &[b"n1", b"s1", b"t", b"0", b"n0.0"]), [true, false, false, false, false]);
        assert!(!positive.holds_of_none());
    }
}
