//! Pure: how long a receiver asks to be left alone, by its `Retry-After` header.

use std::time::{Duration, SystemTime};

/// The database waits six hours at most as well.
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// Seconds to wait, or None where the header says nothing that can be understood. A date is measured against the receiver's own
/// `date`, so that a clock that is off does not matter, and against `now` where it sent none.
pub fn seconds(value: &str, date: Option<&str>, now: SystemTime) -> Option<i32> {
    let value = value.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than six hours.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let until = httpdate::parse_http_date(value).ok()?;
        let from = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now);
        until.duration_since(from).unwrap_or_default()
    };
    i32::try_from(wait.min(LONGEST).as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn at(date: &str) -> SystemTime {
        httpdate::parse_http_date(date).unwrap()
    }

    #[test]
    fn whole_seconds() {
        assert_eq!(seconds("120", None, SystemTime::now()), Some(120));
        assert_eq!(seconds(" 0 ", None, SystemTime::now()), Some(0));
        assert_eq!(seconds("99999999999999999999999999", None, SystemTime::now()), Some(21_600));
    }

    #[test]
    fn a_date() {
        let now = at("Sun, 06 Nov 1994 08:49:07 GMT");
        assert_eq!(seconds(DATE, None, now), Some(30));
        assert_eq!(seconds(DATE, Some("Sun, 06 Nov 1994 08:48:37 GMT"), now), Some(60));
        assert_eq!(seconds(DATE, Some("nonsense"), now), Some(30));
        assert_eq!(seconds(DATE, None, at("Mon, 07 Nov 1994 08:49:37 GMT")), Some(0));
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in ["", "soon", "-1", "1.5", "+5", "12 s"] {
            assert_eq!(seconds(value, None, SystemTime::now()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_six_hours(value in ".{0,40}", date in ".{0,40}") {
            if let Some(wait) = seconds(&value, Some(&date), SystemTime::now()) {
                prop_assert!((0..=21_600).contains(&wait));
            }
        }
    }
}
