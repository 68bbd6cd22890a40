//! Pure: reads a number as a payload spells it.

use telemetry_chunks::Decimal;

/// A finite number, kept by its digits where they fit.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    Short(Decimal),
    /// The nearest double, and the digits, where they fit: the whole part and the rest in 10^-18ths, both with the
    /// number's sign.
    Long {
        value: f64,
        digits: Option<(i64, i64)>,
    },
}

const DIGITS: usize = 18;

impl Number {
    /// The double that is nearest to the number.
    pub fn value(&self) -> f64 {
        match self {
            Number::Short(decimal) => decimal.value(),
            Number::Long { value, .. } => *value,
        }
    }

    /// The digits of the number, where they fit: the whole part and the rest in 10^-18ths, both with its sign.
    pub fn digits(&self) -> Option<(i64, i64)> {
        match self {
            Number::Short(decimal) => Some(decimal.parts()),
            Number::Long { digits, .. } => *digits,
        }
    }

    /// Reads what JSON calls a number, with nothing around it; None for anything else, or a number too large for a
    /// double.
    pub fn parse(text: &str) -> Option<Number> {
        if let Some(decimal) = Decimal::parse(text.as_bytes()) {
            return Some(Number::Short(decimal));
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.find('.') {
            Some(at) => (&mantissa[..at], Some(&mantissa[at + 1..])),
            None => (mantissa, None),
        };
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = all_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(all_digits)
            && exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
        if !is_number {
            return None;
        }
        let value: f64 = text.parse().ok()?;
        let fraction = fraction.unwrap_or("").trim_end_matches('0');
        let fits = exponent.is_none() && whole.len() <= DIGITS && fraction.len() <= DIGITS;
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let number_of = |text: &str| text.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        let digits = fits.then(|| {
            let shift = 10_i64.pow((DIGITS - fraction.len()) as u32);
            (sign * number_of(whole), sign * number_of(fraction) * shift)
        });
        value.is_finite().then_some(Number::Long { value, digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_json_calls_a_number() {
        let decimal = |text: &str| Number::parse(text).and_then(|number| number.digits());
        assert_eq!(decimal("12"), Some((12, 0)));
        assert_eq!(decimal("-0.05"), Some((0, -50_000_000_000_000_000)));
        assert_eq!(decimal("1.500000000000000000000"), Some((1, 500_000_000_000_000_000)));
        assert_eq!(
            decimal("999999999999999999.999999999999999999"),
            Some((999_999_999_999_999_999, 999_999_999_999_999_999))
        );
        assert_eq!(Number::parse("1e2"), Some(Number::Long { value: 100.0, digits: None }));
        assert_eq!(
            Number::parse("1234567890123456789"),
            Some(Number::Long { value: 1234567890123456789.0, digits: None })
        );
        assert_eq!(Number::parse("0.1234567890123456789").map(|number| number.digits()), Some(None));
    }

    #[test]
    fn nothing_else_is_one() {
        for text in [
            "", "-", "+1", "01", ".5", "1.", "1e", "1e+", " 1", "1 ", "NaN", "inf", "0x10", "1_000", "1,5", "true",
            "1e999", "--1", "1.2.3", "१",
        ] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
