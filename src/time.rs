//! Pure: time as PostgreSQL counts it. A time is the number of microseconds since 2000-01-01 00:00 UTC, a duration is a
//! number of microseconds.
//!
//! Both are a plain `i64`. A type of their own was weighed and left out: times come from PostgreSQL as `i64`, are packed as
//! differences, and nearly every line that holds one adds to it or subtracts from it, so that a type would be taken off
//! wherever it arrives. Their names tell them apart.

use chrono::{DateTime, Datelike, SecondsFormat};

pub const SECOND: i64 = 1_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// How long it is from 1970-01-01 UTC, where Unix begins to count, to 2000-01-01 UTC, where PostgreSQL does.
pub const EPOCH: i64 = 946_684_800 * SECOND;

/// Reads RFC 3339, the date-time of JSON Schema. What is finer than a microsecond is cut.
pub fn of_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros() - EPOCH)
}

/// Writes RFC 3339 in UTC; none outside of its years, 1 to 9999.
pub fn to_rfc3339(time: i64) -> Option<String> {
    let time = DateTime::from_timestamp_micros(time.checked_add(EPOCH)?)?;
    (1..=9999).contains(&time.year()).then(|| time.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Tells how long an interval of PostgreSQL is, as extract(epoch from interval) says: a month is 30 days, a year
/// 365.25.
pub fn of_interval(months: i32, days: i32, micros: i64) -> i64 {
    let (months, days) = (i64::from(months), i64::from(days));
    let years = (months / 12).saturating_mul(365 * DAY + DAY / 4);
    let rest = (months % 12 * 30 + days).saturating_mul(DAY);
    years.saturating_add(rest).saturating_add(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_and_written() {
        assert_eq!(of_rfc3339("2000-01-01T00:00:00Z"), Some(0));
        assert_eq!(of_rfc3339("2000-01-01T01:00:00.0000019+01:00"), Some(1));
        assert_eq!(of_rfc3339("1970-01-01T00:00:00Z"), Some(-EPOCH));
        assert_eq!(of_rfc3339("2000-01-01"), None);
        assert_eq!(to_rfc3339(DAY + 1).as_deref(), Some("2000-01-02T00:00:00.000001Z"));
        assert_eq!([i64::MIN, i64::MAX, 9_000_000_000_000_000_000].map(to_rfc3339), [None, None, None]);
    }

    #[test]
    fn an_interval_is_as_long_as_its_epoch() {
        assert_eq!(of_interval(0, 7, 5), 7 * DAY + 5);
        assert_eq!(of_interval(14, 0, 0), 365 * DAY + 6 * HOUR + 60 * DAY);
        assert_eq!(of_interval(-1, 0, 0), -30 * DAY);
        assert_eq!(of_interval(i32::MAX, i32::MAX, i64::MAX), i64::MAX);
    }
}
