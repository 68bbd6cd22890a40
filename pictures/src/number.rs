//! Numbers as people say them: "1,234", "84 %", "1.2 d", "12.5 MB", "−3". Any f64 may come; none makes it fail.

use crate::clean;
use crate::picture::Measure;

/// What is said of a value that is none: NULL, NaN, infinity.
pub const NONE: &str = "–";
/// Units of time in seconds, the largest first.
const TIMES: [(f64, &str); 5] = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"), (0.001, "ms")];
const BYTES: [(f64, &str); 5] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")];
/// A unit is a word of whoever defined the KPI, and is shown on one line; it has at most so many columns.
const MOST_UNIT: usize = 40;
/// The unit of money whose name is not known.
const CURRENCY: &str = "units of the currency";
const THOUSANDS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

/// As it is said in a sentence and on a tile: short, and precise enough that 99.6 % is not called 100 %.
pub fn say(value: f64, measure: &Measure) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    match measure {
        Measure::Count(_) => count(value),
        Measure::Share => share(value, 0),
        Measure::Duration => duration(value),
        Measure::Amount(unit) => amount(value, unit),
    }
}

/// As it stands in a table: a share with one decimal.
pub fn exact(value: Option<f64>, measure: &Measure) -> String {
    match (value, measure) {
        (Some(value), Measure::Share) if value.is_finite() => share(value, 1),
        (Some(value), _) => say(value, measure),
        (None, _) => NONE.to_owned(),
    }
}

/// With what is counted behind it: "1,234 people", "1 person".
pub fn with_noun(value: f64, measure: &Measure) -> String {
    match measure {
        Measure::Count(noun) if !noun.is_empty() => format!("{} {}", say(value, measure), noun_of(value, noun)),
        _ => say(value, measure),
    }
}

/// The noun for one or for many: the given one is that for many.
pub fn noun_of(value: f64, many: &str) -> String {
    if value != 1.0 {
        return many.to_owned();
    }
    match many {
        "people" => "person".to_owned(),
        "queries" => "query".to_owned(),
        "new people" => "new person".to_owned(),
        _ => many
            .strip_suffix("ies")
            .map(|stem| format!("{stem}y"))
            .or_else(|| many.strip_suffix('s').map(str::to_owned))
            .unwrap_or_else(|| many.to_owned()),
    }
}

/// As it stands at an axis: "1.2k", "40 %".
pub fn compact(value: f64, measure: &Measure) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    match measure {
        Measure::Count(_) => thousands_short(value),
        Measure::Amount(unit) if is_scaled(unit) => say(value, measure),
        Measure::Amount(unit) if unit.chars().count() <= 3 && !unit.is_empty() => {
            format!("{} {}", thousands_short(value), clean::label(unit, MOST_UNIT)).trim_end().to_owned()
        }
        Measure::Amount(_) => thousands_short(value),
        Measure::Share | Measure::Duration => say(value, measure),
    }
}

/// Nice values for an axis that shows low to high: multiples of 1, 2 or 5 times a power of ten, at most `most` and at least one of
/// them; the first is at most low and the last at least high where that fits, so that all is within the axis.
pub fn ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    ticks_of(low, high, most, 1.0)
}

/// The same in the units of the measure: times at whole minutes, hours or days.
pub fn ticks_for(low: f64, high: f64, most: usize, measure: &Measure) -> Vec<f64> {
    let unit = match measure {
        Measure::Duration => {
            TIMES.iter().find(|(size, _)| low.abs().max(high.abs()) >= *size).map_or(1.0, |(size, _)| *size)
        }
        _ => 1.0,
    };
    ticks_of(low, high, most, unit)
}

fn ticks_of(low: f64, high: f64, most: usize, unit: f64) -> Vec<f64> {
    let (low, high) = (finite(low) / unit, finite(high) / unit);
    let (low, high) = if low <= high { (low, high) } else { (high, low) };
    let most = most.max(2);
    let (low, high) =
        if low == high { (low.min(0.0), if high <= 0.0 { low.min(0.0) + 1.0 } else { high }) } else { (low, high) };
    let mut step = 10f64.powf(((high - low) / most as f64).log10().floor());
    if !step.is_finite() || step <= 0.0 || (high - low) / step > 1e6 {
        return vec![low * unit, high * unit];
    }
    for factor in [2.0, 2.5, 2.0, 2.0, 2.5, 2.0, 2.0, 2.5, 2.0].iter() {
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        if last - first < most as f64 {
            return (0..=(last - first) as usize).map(|number| tidy((first + number as f64) * step) * unit).collect();
        }
        step *= factor;
    }
    vec![low * unit, high * unit]
}

fn finite(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-1e300, 1e300) }
}

/// Without the dust of binary fractions: 0.30000000000000004 is 0.3.
fn tidy(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { format!("{value:.12e}").parse().unwrap_or(value) }
}

fn count(value: f64) -> String {
    let size = value.abs();
    if size.fract() == 0.0 || size >= 1000.0 {
        return decimal(value, 0);
    }
    decimal(
        value,
        if size >= 100.0 {
            0
        } else if size >= 10.0 {
            1
        } else {
            2
        },
    )
}

fn share(value: f64, decimals: usize) -> String {
    let percent = value * 100.0;
    let size = percent.abs();
    if size > 0.0 && size < 0.005 {
        return format!("{}<0.01 %", if percent < 0.0 { "−" } else { "" });
    }
    let mut decimals = if size < 1.0 {
        2
    } else if size < 10.0 {
        decimals.max(1)
    } else {
        decimals
    };
    while decimals < 4 && size < 100.0 && format!("{size:.decimals$}").starts_with("100") {
        decimals += 1;
    }
    format!("{} %", decimal(percent, decimals))
}

fn duration(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0 s".to_owned();
    }
    scaled(seconds, &TIMES)
}

/// In the largest unit of which there is at least one, after rounding: 59.97 s is 1 min.
fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let size = value.abs();
    for (index, (unit, name)) in units.iter().enumerate() {
        let is_last = index + 1 == units.len();
        let in_unit = size / unit;
        let rounded_before = units.get(index + 1).map_or(0.0, |(smaller, _)| {
            let in_smaller = size / smaller;
            (in_smaller * 10f64.powi(decimals_for(in_smaller) as i32)).round()
                / 10f64.powi(decimals_for(in_smaller) as i32)
                * smaller
        });
        if in_unit >= 1.0 || rounded_before >= *unit || is_last {
            return format!(
                "{} {name}",
                decimal(value / unit, if *name == "s" && in_unit < 10.0 { 2 } else { decimals_for(in_unit) })
            );
        }
    }
    NONE.to_owned()
}

fn decimals_for(size: f64) -> usize {
    if size < 0.095 { 3 } else { usize::from(size < 19.95) }
}

fn is_scaled(unit: &str) -> bool {
    time_unit(unit).is_some() || is_bytes(unit)
}

fn is_bytes(unit: &str) -> bool {
    matches!(unit, "bytes" | "byte" | "B")
}

/// How many seconds the unit has, where it is one of time.
fn time_unit(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "milliseconds" => 0.001,
        "s" | "seconds" => 1.0,
        "min" | "minutes" => 60.0,
        "h" | "hours" => 3_600.0,
        "d" | "days" => 86_400.0,
        _ => return None,
    })
}

fn amount(value: f64, unit: &str) -> String {
    if let Some(seconds) = time_unit(unit) {
        return if value == 0.0 { format!("0 {unit}") } else { duration(value * seconds) };
    }
    if is_bytes(unit) {
        return if value == 0.0 { "0 B".to_owned() } else { scaled(value, &BYTES) };
    }
    if unit == CURRENCY {
        return if value.fract() != 0.0 && value.abs() < 1e5 { money(value) } else { count(value) };
    }
    let is_money =
        unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase()) || matches!(unit, "€" | "$" | "£" | "¥");
    let number = if is_money && value.fract() != 0.0 && value.abs() < 1e5 { money(value) } else { count(value) };
    match clean::label(unit, MOST_UNIT) {
        unit if unit.is_empty() => number,
        unit => format!("{number} {unit}"),
    }
}

fn money(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let sign = if value < 0.0 && (whole != "0" || cents != "00") { "−" } else { "" };
    format!("{sign}{}.{cents}", separated(whole))
}

fn thousands_short(value: f64) -> String {
    for (unit, name) in THOUSANDS {
        if value.abs() >= unit * 0.9995 {
            let in_unit = value / unit;
            return format!("{}{name}", decimal(in_unit, usize::from(in_unit.abs() < 100.0)));
        }
    }
    count(value)
}

/// Rounded, with thousands separated, zeros behind the point left out, and a real minus.
pub fn decimal(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return NONE.to_owned();
    }
    if value.abs() >= 1e18 {
        return format!("{}{:.2e}", if value < 0.0 { "−" } else { "" }, value.abs());
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 && !(whole == "0" && fraction.is_empty()) { "−" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", separated(whole))
}

fn separated(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
