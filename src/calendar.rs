//! Calendar buckets in an explicit time zone: what every KPI groups by. Twin: sql/calendar.sql.
//!
//! The rules of time zones are PostgreSQL's own (date_trunc with a zone), so that a bucket is what a user of
//! date_trunc expects; a local day that the clocks skip or repeat is one row all the same.

pub mod bucket;
pub mod edges;
pub mod period;

mod last;
mod zone;

use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::spelling;
use crate::time::{self, DAY, HOUR, MINUTE};
use pgrx::datum::{Interval, Timestamp, TimestampWithTimeZone};
use pgrx::prelude::*;
use pgrx::{IntoDatum, check_for_interrupts, direct_function_call};

pub use bucket::Bucket;
pub use edges::{Edges, edges};

/// A call gives at most this many buckets, which is more rows than anybody reads: an hourly century is refused before
/// it eats memory.
const MOST_BUCKETS: usize = 100_000;

/// The name of the grain that makes the whole range one bucket.
const RANGE: &str = "range";

/// The grains, each with a step that leads from the start of any bucket into the next one: it is longer than the
/// longest bucket and shorter than the two shortest ones. The step of a grain of less than an hour is as long as its
/// bucket.
const GRAINS: [(&str, i64); 11] = [
    ("minute", MINUTE),
    ("5 minutes", 5 * MINUTE),
    ("10 minutes", 10 * MINUTE),
    ("15 minutes", 15 * MINUTE),
    ("hour", HOUR),
    ("day", 30 * HOUR),
    ("week", 8 * DAY),
    ("month", 40 * DAY),
    ("quarter", 120 * DAY),
    ("year", 400 * DAY),
    (RANGE, i64::MAX),
];

/// Contract: see the COMMENT in sql/calendar.sql.
#[pg_extern(sql = false)]
fn time_buckets(call: Call<'_>) -> Answer<(TimestampWithTimeZone, TimestampWithTimeZone, bool)> {
    let calendar = Calendar::asked(&call)?;
    let time = |argument: &str| Ok::<_, Error>(call.time(argument)?.map(i64::from));
    let found = calendar.buckets(time("since")?, time("until")?, time("first_event")?, time("last_event")?)?;
    let mut rows = Vec::with_capacity(found.len());
    for Bucket { start, next, is_complete } in found {
        rows.push((timestamp(start)?, timestamp(next)?, is_complete));
    }
    call.rows(rows)
}

/// How time is cut into buckets.
pub struct Calendar {
    grain: &'static str,
    step: i64,
    zone: String,
    /// How many days lie between Monday and the first day of a week.
    week_start: i64,
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Calendar {
    /// Reads grain, tz and week_start. Errors: 22023 an unknown grain, zone or day.
    pub fn asked(call: &Call<'_>) -> Result<Calendar, Error> {
        Calendar::of(call.text("grain")?, call.text("tz")?, call.text("week_start")?)
    }

    /// Makes a calendar of what is given. The defaults are the grain day, the session's time zone and weeks from
    /// Monday.
    pub fn of(grain: Option<&str>, tz: Option<&str>, week_start: Option<&str>) -> Result<Calendar, Error> {
        let grain = grain.unwrap_or("day");
        let (grain, step) = *GRAINS.iter().find(|(known, _)| *known == grain).ok_or_else(|| Error::UnknownGrain {
            grain: spelling::shown(grain),
            known: GRAINS.map(|(known, _)| known).join(", "),
        })?;
        let zone = zone::zone_of(tz)?;
        let day = week_start.unwrap_or("monday");
        let week_start = WEEKDAYS.iter().position(|known| *known == day).ok_or_else(|| Error::UnknownWord {
            argument: "week_start",
            word: spelling::shown(day),
            known: WEEKDAYS.join(", "),
        })?;
        Ok(Calendar { grain, step, zone, week_start: week_start as i64 })
    }

    pub fn grain(&self) -> &'static str {
        self.grain
    }

    /// Tells whether the range itself is the one bucket.
    pub fn is_range(&self) -> bool {
        self.grain == RANGE
    }

    /// Gives the hour that a clock of the zone shows at a time, from 0 to 23.
    pub fn hour_of(&self, time: i64) -> Result<i64, Error> {
        Ok(local(time, &self.zone)?.rem_euclid(DAY) / HOUR)
    }

    pub fn is_finer_than(&self, other: &Calendar) -> bool {
        self.step < other.step
    }

    /// Tells how far the zone's clocks are ahead of UTC from `first` to `last`: since when, and by how much. It takes
    /// it that clocks change at most once a day.
    pub fn offsets(&self, first: i64, last: i64) -> Result<Vec<(i64, i64)>, Error> {
        let offset = |time: i64| Ok::<i64, Error>(local(time, &self.zone)? - time);
        let mut known = offset(first)?;
        let mut offsets = vec![(first, known)];
        let mut time = first;
        while time < last {
            check_for_interrupts!();
            let next = time.saturating_add(DAY).min(last);
            let then = offset(next)?;
            if then != known {
                // The first microsecond of the new offset lies in (before, after].
                let (mut before, mut after) = (time, next);
                while before + 1 < after {
                    let middle = before + (after - before) / 2;
                    if offset(middle)? == known { before = middle } else { after = middle }
                }
                offsets.push((after, then));
                known = then;
            }
            time = next;
        }
        Ok(offsets)
    }

    /// Gives the start of the bucket that a time lies in. Error: 22023 the grain is range.
    pub fn start_of(&self, time: i64) -> Result<i64, Error> {
        if self.is_range() {
            return Err(Error::BadArgument {
                problem: "grain \"range\" is one bucket, with none before or after it".into(),
                hint: "Choose a grain of the calendar, for example day.".into(),
            });
        }
        if self.step < HOUR {
            let start = time - local(time, &self.zone)?.rem_euclid(self.step);
            // Where the clock has changed by a part of a bucket since, one begins with the change.
            let is_cut = local(start, &self.zone)?.rem_euclid(self.step) != 0;
            return Ok(if is_cut { self.offsets(start, time)?.last().map_or(start, |change| change.0) } else { start });
        }
        let start = truncate(time, self.grain, &self.zone)?;
        if self.grain != "week" || self.week_start == 0 {
            return Ok(start);
        }
        // Noon is on the same local day whatever the clocks do.
        let shifted = truncate(start + self.week_start * DAY + 12 * HOUR, "day", &self.zone)?;
        if shifted <= time { Ok(shifted) } else { truncate(shifted - 7 * DAY + 12 * HOUR, "day", &self.zone) }
    }

    /// Gives the start of the bucket after the one that starts here.
    pub fn start_after(&self, start: i64) -> Result<i64, Error> {
        Ok(self.start_of(start + self.step)?.max(start + 1))
    }

    /// Makes the buckets of a range, as the SQL function time_buckets() does, see sql/calendar.sql.
    pub fn buckets(
        &self,
        since: Option<i64>,
        until: Option<i64>,
        first_event: Option<i64>,
        last_event: Option<i64>,
    ) -> Result<Vec<Bucket>, Error> {
        let (given_since, given_until) = finite_range(since, until)?;
        let first_event = finite("first_event", first_event)?;
        let last_event = finite("last_event", last_event)?;
        let now = session::transaction_clock();
        if self.is_range() {
            let start = given_since.or(first_event);
            let next = given_until.unwrap_or(last_event.map_or(now, |last| now.max(last + 1)));
            let start = start.filter(|start| *start < next);
            return Ok(start.map(|start| Bucket { start, next, is_complete: next <= now }).into_iter().collect());
        }
        let last = last_event.unwrap_or(now).max(now);
        let range = given_since.or(first_event).map(|since| (since, given_until.unwrap_or(last + 1)));
        let mut rows = Vec::new();
        if let Some((since, until)) = range {
            let mut bucket = self.start_of(since)?;
            while bucket < until {
                check_for_interrupts!();
                let next = self.start_after(bucket)?;
                let cut =
                    given_since.is_some_and(|since| bucket < since) || given_until.is_some_and(|until| next > until);
                rows.push(Bucket { start: bucket, next, is_complete: !cut && next <= now });
                if rows.len() > MOST_BUCKETS {
                    return Err(Error::TooManyBuckets { most: MOST_BUCKETS });
                }
                bucket = next;
            }
        }
        Ok(rows)
    }
}

/// Refuses times that are infinite, and a range that holds nothing.
pub fn finite_range(since: Option<i64>, until: Option<i64>) -> Result<(Option<i64>, Option<i64>), Error> {
    let range = (finite("since", since)?, finite("until", until)?);
    match range {
        (Some(since), Some(until)) if since >= until => Err(Error::EmptyRange),
        _ => Ok(range),
    }
}

/// Gives a time that is finite. Error: 22023 an infinite one.
pub fn finite(argument: &'static str, time: Option<i64>) -> Result<Option<i64>, Error> {
    match time {
        Some(i64::MIN | i64::MAX) => Err(Error::InfiniteTime { argument }),
        time => Ok(time),
    }
}

/// Gives the first moment of the hour, day, ... that a time lies in. That is date_trunc(grain, time, zone), but where
/// clocks go back over midnight (Havana, Azores) 0:00 comes twice, and date_trunc takes the second: later than times
/// that it truncates.
fn truncate(micros: i64, grain: &str, zone: &str) -> Result<i64, Error> {
    let start = date_trunc(micros, grain, zone)?;
    if grain == "hour" {
        return Ok(start);
    }
    let (begun, before) = (local(start, zone)?, local(start - 1, zone)?);
    Ok(if before >= begun { start - 1 - (before - begun) } else { start })
}

/// Gives what a clock in the zone shows at a time, as microseconds.
fn local(micros: i64, zone: &str) -> Result<i64, Error> {
    // SAFETY: text, timestamptz are what timestamptz_zone takes, and the zone is known to be good.
    let local: Option<Timestamp> = unsafe {
        direct_function_call(pg_sys::timestamptz_zone, &[zone.into_datum(), timestamp(micros)?.into_datum()])
    };
    local.map(Into::into).ok_or(Error::InfiniteTime { argument: "since" })
}

fn date_trunc(micros: i64, grain: &str, zone: &str) -> Result<i64, Error> {
    // SAFETY: text, timestamptz, text are what timestamptz_trunc_zone takes, and both names are known to be good.
    let truncated: Option<TimestampWithTimeZone> = unsafe {
        direct_function_call(
            pg_sys::timestamptz_trunc_zone,
            &[grain.into_datum(), timestamp(micros)?.into_datum(), zone.into_datum()],
        )
    };
    truncated.map(Into::into).ok_or(Error::InfiniteTime { argument: "since" })
}

/// How long after a time something may come. It is added as PostgreSQL adds an interval, so that days and months are
/// those of the calendar in the session's time zone.
pub struct Within {
    /// The length in microseconds, where the interval has no days and months.
    fixed: Option<i64>,
    interval: Option<pg_sys::Datum>,
}

impl Within {
    pub fn of(interval: Interval) -> Within {
        let fixed = (interval.months() == 0 && interval.days() == 0).then(|| interval.micros());
        Within { fixed, interval: interval.into_datum() }
    }

    /// Gives the last moment that is within it, after a time. PostgreSQL raises 22008 where that is no timestamp.
    pub fn after(&self, time: i64) -> Result<i64, Error> {
        let sum = self.fixed.and_then(|fixed| time.checked_add(fixed));
        if let Some(sum) = sum.filter(|sum| timestamp(*sum).is_ok()) {
            return Ok(sum);
        }
        // SAFETY: timestamptz, interval are what timestamptz_pl_interval takes.
        let last: Option<TimestampWithTimeZone> = unsafe {
            direct_function_call(pg_sys::timestamptz_pl_interval, &[timestamp(time)?.into_datum(), self.interval])
        };
        last.map(Into::into).ok_or(Error::InfiniteTime { argument: "within" })
    }
}

/// Tells how long an interval is, in microseconds, see [`time::of_interval`].
pub fn micros_of(interval: Interval) -> i64 {
    time::of_interval(interval.months(), interval.days(), interval.micros())
}

/// Makes a SQL value of a time in microseconds.
pub fn timestamp(micros: i64) -> Result<TimestampWithTimeZone, Error> {
    TimestampWithTimeZone::try_from(micros).map_err(|_| Error::InfiniteTime { argument: "until" })
}
