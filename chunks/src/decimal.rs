//! Pure: a number kept by its digits, as most numbers of payloads can be: units of 10^-scale, so that 1.50 is 150 units
//! of scale 2.

/// The letter that a stored number begins with: see src/derived/timeline/scalar.rs.
pub const NUMBER_LETTER: u8 = b'n';

/// A number of up to 18 digits. Its text tells it apart from an equal one: 1.5 is not 1.50. Zeros at its end that would
/// make it longer, as quotients of PostgreSQL have them, are counted apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    pub units: i64,
    /// The number of digits behind the point that are in the units.
    pub scale: u8,
    /// The number of zeros that follow those digits.
    pub zeros: u8,
}

/// The most digits of the units, and the most behind the point.
const DIGITS: usize = 18;

pub const GREATEST_SCALE: u8 = DIGITS as u8;

pub const MOST_ZEROS: u8 = 63;

pub const MOST_UNITS: i64 = POWERS[DIGITS] - 1;

const POWERS: [i64; DIGITS + 1] = {
    let mut powers = [1; DIGITS + 1];
    let mut power = 1;
    while power < powers.len() {
        powers[power] = powers[power - 1] * 10;
        power += 1;
    }
    powers
};

/// Up to this, every whole number is a double.
const WHOLE_DOUBLES: u64 = 1 << 53;

impl Decimal {
    /// Reads a stored number; None for what [`Decimal::write`] does not write.
    pub fn read(stored: &[u8]) -> Option<Decimal> {
        Decimal::parse(stored.strip_prefix(&[NUMBER_LETTER])?)
    }

    /// Reads digits in their one form: no zeros before, no sign of zero, no exponent. None for any other text.
    pub fn parse(text: &[u8]) -> Option<Decimal> {
        let (is_negative, digits) = match text.strip_prefix(b"-") {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let point = digits.iter().position(|byte| *byte == b'.');
        let (whole, fraction) = digits.split_at(point.unwrap_or(digits.len()));
        let fraction = fraction.get(1..).unwrap_or_default();
        let has_form =
            !whole.is_empty() && (whole == b"0" || whole[0] != b'0') && point.is_none() == fraction.is_empty();
        if !has_form || whole.len() > DIGITS {
            return None;
        }
        let room = if whole == b"0" { DIGITS } else { DIGITS - whole.len() };
        let zeros = fraction.iter().rev().take_while(|digit| **digit == b'0').count();
        // All of them, so that the units of a column are small.
        let zeros = if fraction.len() > room { zeros } else { 0 };
        let fraction = &fraction[..fraction.len() - zeros];
        if fraction.len() > room || zeros > MOST_ZEROS.into() {
            return None;
        }
        let mut units = 0;
        for digit in whole.iter().chain(fraction) {
            units = units * 10 + i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        if is_negative && units == 0 {
            return None;
        }
        let units = if is_negative { -units } else { units };
        Some(Decimal { units, scale: fraction.len() as u8, zeros: zeros as u8 })
    }

    /// Appends the number as it is stored: the letter, then the text.
    pub fn write(self, into: &mut Vec<u8>) {
        into.push(NUMBER_LETTER);
        if self.units < 0 {
            into.push(b'-');
        }
        let (mut digits, mut rest, scale) = ([b'0'; 2 * DIGITS], self.units.unsigned_abs(), usize::from(self.scale));
        let mut first = digits.len();
        while rest > 0 && first > 0 {
            first -= 1;
            digits[first] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        // A zero before the point.
        let first = first.min(digits.len() - 1 - scale.min(digits.len() - 1));
        let (whole, fraction) = digits[first..].split_at(digits.len() - scale - first);
        into.extend_from_slice(whole);
        if scale > 0 || self.zeros > 0 {
            into.push(b'.');
            into.extend_from_slice(fraction);
            into.resize(into.len() + usize::from(self.zeros), b'0');
        }
    }

    /// The nearest double to the number.
    pub fn value(self) -> f64 {
        if self.units.unsigned_abs() <= WHOLE_DOUBLES {
            // Both are doubles without rounding, so the quotient is rounded once.
            return if self.scale == 0 { self.units as f64 } else { self.units as f64 / self.power() as f64 };
        }
        let mut stored = Vec::new();
        self.write(&mut stored);
        std::str::from_utf8(&stored[1..]).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
    }

    /// The whole part and the rest in 10^-18ths, both with the number's sign.
    pub fn parts(self) -> (i64, i64) {
        if self.scale == 0 {
            return (self.units, 0);
        }
        let power = self.power();
        (self.units / power, self.units % power * (POWERS[DIGITS] / power))
    }

    /// The units of the same number at each scale; None at a scale where it has none.
    pub fn at_each_scale(self) -> [Option<i64>; DIGITS + 1] {
        std::array::from_fn(|scale| match scale.checked_sub(usize::from(self.scale)) {
            Some(more) => self.units.checked_mul(POWERS[more]),
            None => {
                let power = POWERS[usize::from(self.scale) - scale];
                (self.units % power == 0).then_some(self.units / power)
            }
        })
    }

    fn power(self) -> i64 {
        POWERS[usize::from(self.scale.min(GREATEST_SCALE))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(decimal: Decimal) -> String {
        let mut stored = Vec::new();
        decimal.write(&mut stored);
        assert_eq!(Decimal::read(&stored), Some(decimal));
        String::from_utf8(stored[1..].to_vec()).unwrap()
    }

    #[test]
    fn digits_have_one_form() {
        for (shown, units, scale, zeros) in [
            ("0", 0, 0, 0),
            ("0.0", 0, 1, 0),
            ("-0.05", -5, 2, 0),
            ("12", 12, 0, 0),
            ("-1.50", -150, 2, 0),
            ("0.000000000000000001", 1, 18, 0),
            ("0.0000000000000000010", 1, 18, 1),
            ("0.123456789012345678", 123_456_789_012_345_678, 18, 0),
            ("999999999999999999", MOST_UNITS, 0, 0),
            ("999999999999999999.00", MOST_UNITS, 0, 2),
            ("123.4500000000000000", 12_345, 2, 14),
            ("120.0000000000000000", 120, 0, 16),
        ] {
            let decimal = Decimal { units, scale, zeros };
            assert_eq!(Decimal::parse(shown.as_bytes()), Some(decimal), "{shown}");
            assert_eq!(text(decimal), shown);
        }
        for other in [
            "",
            "-",
            "-0",
            "-0.0",
            "00",
            "01",
            "1.",
            ".5",
            "1e2",
            "+1",
            " 1",
            "1.2.3",
            "1234567890123456789",
            "123.4567890123456789",
            "0.0000000000000000001",
            "0.0x",
            "१",
        ] {
            assert_eq!(Decimal::parse(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Decimal::read(b"s1"), None);
    }

    #[test]
    fn one_number_at_each_scale() {
        let at = Decimal { units: 150, scale: 2, zeros: 9 }.at_each_scale();
        assert_eq!(at[..5], [None, Some(15), Some(150), Some(1500), Some(15_000)]);
        assert_eq!(Decimal { units: MOST_UNITS, scale: 0, zeros: 0 }.at_each_scale()[18], None);
    }

    proptest! {
        #[test]
        fn says_what_its_text_says(units in prop_oneof![-2_000_000_i64..2_000_000, -MOST_UNITS..=MOST_UNITS], scale in 0_u8..=18, zeros in 0_u8..5) {
            let decimal = Decimal { units, scale, zeros };
            let mut stored = Vec::new();
            decimal.write(&mut stored);
            let shown = std::str::from_utf8(&stored[1..]).unwrap();
            prop_assert_eq!(decimal.value().to_bits(), (shown.parse::<f64>().unwrap() + 0.0).to_bits());
            // The zeros of a short number are digits of it.
            let read = Decimal::read(&stored).expect("it was written");
            let mut again = Vec::new();
            read.write(&mut again);
            prop_assert_eq!((read.value(), read.parts()), (decimal.value(), decimal.parts()));
            prop_assert_eq!(&again, &stored);
            let (whole, fraction) = decimal.parts();
            let total = i128::from(whole) * i128::from(POWERS[18]) + i128::from(fraction);
            prop_assert_eq!(total, i128::from(units) * i128::from(POWERS[18 - usize::from(scale)]));
        }
    }
}
