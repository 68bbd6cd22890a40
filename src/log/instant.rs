//! Pure: points in time as PostgreSQL keeps them (microseconds since 2000-01-01 UTC), and the ids made from them.

mod reading;

use crate::time::{self, EPOCH, SECOND};
use uuid::{NoContext, Timestamp, Uuid};

/// 1970-01-01, the first instant that a UUIDv7 can hold.
pub const FIRST: i64 = -EPOCH;

/// Reads RFC 3339 (the date-time of JSON Schema) and what else has a date, a time and an offset, see `reading.rs`. What
/// is finer than a microsecond is cut.
pub fn parse(text: &str) -> Option<i64> {
    time::of_rfc3339(text).or_else(|| reading::read(text).map(|unix| unix - EPOCH))
}

/// Returns a UUIDv7 (RFC 9562) of that time; `micros` is not before [`FIRST`]. It has no counter: one that only grows
/// would give imported events the time of the latest event that this backend has seen. The order of arrival is that of
/// ingest_id.
pub fn uuid_at(micros: i64) -> Uuid {
    let unix = (micros - FIRST).max(0);
    let seconds = (unix / SECOND) as u64;
    let nanos = ((unix % SECOND) * 1_000) as u32;
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_clients_send() {
        assert_eq!(parse("2000-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2000-01-01 01:00:00+01:00"), Some(0));
        assert_eq!(parse("2000-01-01T00:00:00.0000019Z"), Some(1));
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(FIRST));
    }

    #[test]
    fn refuses_what_is_no_instant() {
        for text in ["", "2000-01-01", "2000-01-01T00:00:00", "2000-13-01T00:00:00Z", "infinity", "now"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_earlier_event_has_an_earlier_id() {
        let later = uuid_at(1_000_000);
        let earlier = uuid_at(0);
        assert!(earlier < later);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(micros in FIRST..4_000_000_000_000_000i64) {
            prop_assert_eq!(time::to_rfc3339(micros).and_then(|text| parse(&text)), Some(micros));
        }

        #[test]
        fn an_id_carries_its_time(micros in FIRST..4_000_000_000_000_000i64) {
            let id = uuid_at(micros);
            let (seconds, nanos) = id.get_timestamp().expect("a v7 uuid").to_unix();
            let millis = seconds * 1_000 + u64::from(nanos) / 1_000_000;
            prop_assert_eq!(millis as i64, (micros - FIRST) / 1_000);
            prop_assert_eq!(id.get_version_num(), 7);
        }
    }
}
