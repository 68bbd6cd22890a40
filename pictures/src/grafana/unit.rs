//! The unit of a KPI, in Grafana's words.

use super::Kpi;
use super::escape;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Grafana's name of it.
    pub id: String,
    /// What is counted, where it is a number of things: "events".
    pub things: Option<String>,
}

impl Unit {
    pub fn is_share(&self) -> bool {
        self.id == "percentunit"
    }
}

pub fn of(kpi: &Kpi) -> Unit {
    match kpi.unit.as_deref() {
        Some(unit) => named(unit),
        None => Unit { id: of_column(&kpi.value_column).unwrap_or("short").into(), things: None },
    }
}

fn named(unit: &str) -> Unit {
    let id = match unit.to_ascii_lowercase().as_str() {
        "ratio" | "share" | "relative difference" => "percentunit",
        "percent" | "%" => "percent",
        "nanoseconds" | "ns" => "ns",
        "microseconds" | "us" => "µs",
        "milliseconds" | "ms" => "ms",
        "seconds" | "s" => "s",
        "minutes" => "m",
        "hours" => "h",
        "days" => "d",
        "bytes" => "bytes",
        "kilobytes" => "kbytes",
        "megabytes" => "mbytes",
        "gigabytes" => "gbytes",
        "usd" | "$" => "currencyUSD",
        "eur" | "€" => "currencyEUR",
        "gbp" | "£" => "currencyGBP",
        "jpy" | "¥" => "currencyJPY",
        "chf" => "currencyCHF",
        "events/s" => "eps",
        "requests/s" => "reqps",
        "score" => "none",
        _ => return Unit { id: "short".into(), things: Some(escape::plain(unit)) },
    };
    Unit { id: id.into(), things: None }
}

/// What a column of a KPI's function is in, by its name.
pub fn of_column(column: &str) -> Option<&'static str> {
    const SHARES: [&str; 12] = [
        "ratio",
        "rate",
        "share",
        "relative_difference",
        "relative_change",
        "interval_low",
        "interval_high",
        "chance_to_win",
        "error_rate",
        "bad_run_rate",
        "bounce_rate",
        "recovery_rate",
    ];
    if SHARES.contains(&column) || column.starts_with("rate_from_") {
        Some("percentunit")
    } else if column == "seconds" || column.ends_with("_seconds") {
        Some("s")
    } else if column.ends_with("_hours") {
        Some("h")
    } else {
        None
    }
}
