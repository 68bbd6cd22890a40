//! Calendar buckets in an explicit time zone: what every KPI groups by. Twin: sql/calendar.sql.
//!
//! The rules of time zones are PostgreSQL's own (date_trunc with a zone), so that a bucket is what a user of
//! date_trunc expects; a local day that the clocks skip or repeat is one row all the same.

use crate::db::session;
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{IntoDatum, check_for_interrupts, direct_function_call};

/// More rows than anybody reads; an hourly century is refused before it eats memory.
const MOST_BUCKETS: usize = 100_000;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A grain and a step that, from the start of any bucket, lands inside the next one: longer than the longest bucket,
/// shorter than the two shortest.
const GRAINS: [(&str, i64); 6] = [
    ("hour", HOUR),
    ("day", 30 * HOUR),
    ("week", 8 * DAY),
    ("month", 40 * DAY),
    ("quarter", 120 * DAY),
    ("year", 400 * DAY),
];

/// Contract: see the COMMENT in sql/calendar.sql.
#[pg_extern(stable, parallel_safe)]
fn time_buckets(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    tz: Option<&str>,
    first_event: Option<TimestampWithTimeZone>,
    last_event: Option<TimestampWithTimeZone>,
) -> Result<
    TableIterator<
        'static,
        (name!(bucket, TimestampWithTimeZone), name!(next_bucket, TimestampWithTimeZone), name!(is_complete, bool)),
    >,
    ErrorReport,
> {
    let grain = grain.unwrap_or("day");
    let (_, step) = *GRAINS.iter().find(|(known, _)| *known == grain).ok_or_else(|| Error::UnknownGrain {
        grain: grain.chars().take(40).collect(),
        known: GRAINS.map(|(known, _)| known).join(", "),
    })?;
    let zone = match tz {
        Some(zone) => zone.to_string(),
        None => session::setting("TimeZone").unwrap_or_else(|| "UTC".into()),
    };
    if !session::is_time_zone(&zone) {
        Err(Error::UnknownTimeZone { name: zone.chars().take(60).collect() })?;
    }
    let finite = |argument: &'static str, time: Option<TimestampWithTimeZone>| match time.map(i64::from) {
        Some(i64::MIN | i64::MAX) => Err(Error::InfiniteTime { argument }),
        time => Ok(time),
    };
    let (given_since, given_until) = (finite("since", since)?, finite("until", until)?);
    if let (Some(since), Some(until)) = (given_since, given_until)
        && since >= until
    {
        Err(Error::EmptyRange)?;
    }
    let now = session::transaction_clock();
    let last = last_event.map(i64::from).unwrap_or(now).max(now);
    let range = given_since.or(first_event.map(i64::from)).map(|since| (since, given_until.unwrap_or(last + 1)));
    let mut rows = Vec::new();
    if let Some((since, until)) = range {
        let mut bucket = truncate(since, grain, &zone)?;
        while bucket < until {
            check_for_interrupts!();
            let next = truncate(bucket + step, grain, &zone)?.max(bucket + 1);
            let cut = given_since.is_some_and(|since| bucket < since) || given_until.is_some_and(|until| next > until);
            rows.push((timestamp(bucket)?, timestamp(next)?, !cut && next <= now));
            if rows.len() > MOST_BUCKETS {
                Err(Error::TooManyBuckets { most: MOST_BUCKETS })?;
            }
            bucket = next;
        }
    }
    Ok(TableIterator::new(rows))
}

/// date_trunc(grain, time, zone).
fn truncate(micros: i64, grain: &str, zone: &str) -> Result<i64, Error> {
    // SAFETY: text, timestamptz, text are what timestamptz_trunc_zone takes, and both names are known to be good.
    let truncated: Option<TimestampWithTimeZone> = unsafe {
        direct_function_call(
            pg_sys::timestamptz_trunc_zone,
            &[grain.into_datum(), timestamp(micros)?.into_datum(), zone.into_datum()],
        )
    };
    truncated.map(Into::into).ok_or(Error::InfiniteTime { argument: "since" })
}

fn timestamp(micros: i64) -> Result<TimestampWithTimeZone, Error> {
    TimestampWithTimeZone::try_from(micros).map_err(|_| Error::InfiniteTime { argument: "until" })
}
