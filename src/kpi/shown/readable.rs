//! Pure: numbers as people read them: as many digits as say something, and a unit that fits the size.

/// Stands for a number that there is not.
pub const NOTHING: &str = "-";

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// A double holds all digits of whole numbers up to here; larger ones are shown by their size.
const LARGEST_IN_FULL: f64 = 1e15;

/// Gives a value in the form of its unit; a unit that is not known counts things, whose name the column has.
pub fn shown(value: f64, unit: Option<&str>) -> String {
    if !value.is_finite() {
        return NOTHING.into();
    }
    match unit.unwrap_or_default() {
        "ratio" | "share" => percent(value),
        "relative difference" if value > 0.0 => format!("+{}", percent(value)),
        "relative difference" => percent(value),
        "milliseconds" => duration(value / 1000.0),
        "seconds" => duration(value),
        "minutes" => duration(value * MINUTE),
        "hours" => duration(value * HOUR),
        "days" => duration(value * DAY),
        "units of the currency" => decimals(value, 2),
        _ => number(value),
    }
}

/// One decimal, and more where it would look like none or like all.
fn percent(ratio: f64) -> String {
    let looks_like = |text: &str, whole: f64| text.parse() == Ok(whole);
    let texts = (1..=4).map(|digits| fixed(ratio * 100.0, digits));
    let told =
        |text: &String| !looks_like(text, 0.0) && (ratio.abs() >= 1.0 || !looks_like(text, 100.0_f64.copysign(ratio)));
    let one = fixed(ratio * 100.0, 1);
    let text = if ratio == 0.0 { one } else { texts.into_iter().find(told).unwrap_or(one) };
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    format!("{sign}{}.{fraction} %", grouped(whole))
}

/// The two largest units of a duration, of which the smaller one is rounded.
fn duration(seconds: f64) -> String {
    if seconds < 0.0 {
        return format!("-{}", duration(-seconds));
    }
    // Rounded first, so that 59.999 seconds are a minute, not 60 seconds.
    let digits = significant(seconds, 3);
    if seconds == 0.0 {
        "0 s".into()
    } else if digits < 1.0 {
        format!("{} ms", number(significant(seconds * 1000.0, 3)))
    } else if digits < MINUTE {
        format!("{} s", trimmed(digits))
    } else if seconds.round() < HOUR {
        parts(seconds.round(), MINUTE, "min", 1.0, "s")
    } else if (seconds / MINUTE).round() * MINUTE < DAY {
        parts((seconds / MINUTE).round() * MINUTE, HOUR, "h", MINUTE, "min")
    } else if seconds / DAY < LARGEST_IN_FULL {
        parts((seconds / HOUR).round() * HOUR, DAY, "d", HOUR, "h")
    } else {
        format!("{} d", number(seconds / DAY))
    }
}

fn parts(seconds: f64, large: f64, name: &str, small: f64, smaller_name: &str) -> String {
    let whole = (seconds / large).floor();
    let rest = ((seconds - whole * large) / small).round();
    let whole = grouped(&format!("{whole:.0}"));
    if rest == 0.0 { format!("{whole} {name}") } else { format!("{whole} {name} {rest:.0} {smaller_name}") }
}

/// A number of things: whole from 1,000 on, and with three or four digits below.
fn number(value: f64) -> String {
    let size = value.abs();
    if size >= LARGEST_IN_FULL {
        format!("{value:.2e}")
    } else if size >= 999.95 {
        decimals(value, 0)
    } else if size >= 99.995 {
        trimmed(rounded(value, 1))
    } else if size >= 1.0 {
        trimmed(rounded(value, 2))
    } else {
        let digits = significant(value, 2);
        if digits != 0.0 && digits.abs() < 1e-6 { format!("{digits:.1e}") } else { trimmed(digits) }
    }
}

/// So many decimals, and the thousands apart.
fn decimals(value: f64, digits: usize) -> String {
    if value.abs() >= LARGEST_IN_FULL {
        return number(value);
    }
    let text = fixed(value, digits);
    let (sign, unsigned) = text.split_at(usize::from(text.starts_with('-')));
    match unsigned.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", grouped(whole)),
        None => format!("{sign}{}", grouped(unsigned)),
    }
}

/// So many decimals, half away from zero where the shortest text of the number says half; never a negative zero.
fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", rounded(value, digits as i32));
    if text.parse() == Ok(0.0) { text.trim_start_matches('-').into() } else { text }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    let scaled = value * scale;
    if scaled.is_finite() { scaled.round() / scale } else { value }
}

/// The value with so many digits that say something.
fn significant(value: f64, digits: i32) -> f64 {
    if value == 0.0 { 0.0 } else { format!("{value:.*e}", (digits - 1) as usize).parse().unwrap_or(value) }
}

/// The shortest text of a number that is rounded already.
fn trimmed(value: f64) -> String {
    if value == 0.0 { "0".into() } else { value.to_string() }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(unit: &str, cases: &[(f64, &str)]) {
        for (value, text) in cases {
            assert_eq!(shown(*value, Some(unit)), *text, "{value} {unit}");
        }
    }

    #[test]
    fn ratios_are_percent() {
        let cases = [
            (0.42063492063492064, "42.1 %"),
            (0.5, "50.0 %"),
            (1.0, "100.0 %"),
            (0.0, "0.0 %"),
            (-0.0, "0.0 %"),
            (0.0003, "0.03 %"),
            (0.00000001, "0.0 %"),
            (0.9996, "99.96 %"),
            (0.999_999_999, "100.0 %"),
            (1.0001, "100.0 %"),
            (12.345, "1,234.5 %"),
            (-0.25, "-25.0 %"),
        ];
        all("ratio", &cases);
        all("share", &cases);
        all("relative difference", &[(0.15, "+15.0 %"), (-0.034, "-3.4 %"), (0.0, "0.0 %"), (2.0, "+200.0 %")]);
    }

    #[test]
    fn durations_have_their_two_largest_units() {
        all(
            "seconds",
            &[
                (83275.99, "23 h 8 min"),
                (0.0, "0 s"),
                (0.128, "128 ms"),
                (0.00042, "0.42 ms"),
                (0.9996, "1 s"),
                (12.345, "12.3 s"),
                (59.94, "59.9 s"),
                (59.96, "1 min"),
                (60.0, "1 min"),
                (323.4, "5 min 23 s"),
                (3599.6, "1 h"),
                (3600.0, "1 h"),
                (86399.0, "1 d"),
                (90_000.0, "1 d 1 h"),
                (-90.0, "-1 min 30 s"),
                (1e9, "11,574 d 2 h"),
            ],
        );
        all("milliseconds", &[(2023.64999, "2.02 s"), (890.9399999999999, "891 ms"), (5.0, "5 ms"), (0.5, "0.5 ms")]);
        all("hours", &[(323.63595974, "13 d 12 h"), (1.5, "1 h 30 min")]);
        all("minutes", &[(1.5, "1 min 30 s")]);
        all("days", &[(2.0, "2 d"), (1e300, "1.00e300 d")]);
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        all(
            "events",
            &[
                (1_234_567.0, "1,234,567"),
                (0.0, "0"),
                (7.0, "7"),
                (12.5, "12.5"),
                (999.0, "999"),
                (999.96, "1,000"),
                (1000.4, "1,000"),
                (890.9399999999999, "890.9"),
                (63.357058360670834, "63.36"),
                (0.123456, "0.12"),
                (0.00042, "0.00042"),
                (1e-9, "1.0e-9"),
                (-1234.0, "-1,234"),
                (1e20, "1.00e20"),
            ],
        );
        all("units of the currency", &[(1234.5, "1,234.50"), (0.0, "0.00"), (-3.0, "-3.00"), (1e20, "1.00e20")]);
        assert_eq!(shown(1234.0, None), "1,234");
        assert_eq!(shown(f64::NAN, None), "-");
        assert_eq!(shown(f64::INFINITY, Some("ratio")), "-");
    }

    proptest! {
        #[test]
        fn every_number_has_a_short_text(value in prop::num::f64::ANY, unit in prop::sample::select(vec!["ratio", "seconds", "milliseconds", "days", "events", "units of the currency"])) {
            let text = shown(value, Some(unit));
            prop_assert!(!text.is_empty() && !text.contains("-0 ") && text != "-0");
            if value.abs() < 1e12 {
                prop_assert!(text.len() <= 28, "{}", text);
            }
        }

        #[test]
        fn what_is_shown_is_near(value in -1e12..1e12f64) {
            let read: f64 = shown(value, None).replace(',', "").parse().unwrap();
            prop_assert!((read - value).abs() <= value.abs() * 0.005 + 1e-12 || (read - value).abs() <= 0.5 && value.abs() >= 999.0, "{} {}", read, value);
        }
    }
}
