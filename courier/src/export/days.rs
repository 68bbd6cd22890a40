//! Pure: days of UTC, counted from 1970, and their names.

use chrono::{DateTime, NaiveDate};

/// As 2026-11-28.
pub fn name(day: i64) -> String {
    DateTime::from_timestamp(day.saturating_mul(86_400), 0).map_or(String::new(), |at| at.date_naive().to_string())
}

pub fn is_name(text: &str) -> bool {
    text.parse::<NaiveDate>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!([name(0), name(20_420), name(-1)], ["1970-01-01", "2025-11-28", "1969-12-31"]);
        assert!(is_name("2026-11-28"));
        assert!(!is_name("2026-11-31"));
    }
}
