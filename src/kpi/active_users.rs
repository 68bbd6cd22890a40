//! Active users: distinct actors per calendar bucket, or over a rolling number of days. Twin: sql/kpi/active_users.sql.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::jsonb::key_path::KeyPath;
use crate::readers::activity::sets;
use crate::readers::arguments::{actor_or_object, names};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Actor, Question};
use crate::time::DAY;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// What both functions are asked.
struct Asked {
    calendar: Calendar,
    source: Source,
    /// From when on events are read, and until when.
    read: (Option<i64>, Option<i64>),
    /// From when on buckets are shown: a rolling window begins before the day that it is shown at.
    shown_since: Option<i64>,
    days: usize,
    span: Option<(i64, i64)>,
}

/// Contract: see the COMMENT in sql/kpi/active_users.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn active_users(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    rolling_days: Option<i32>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    actor: Option<&str>,
    week_start: Option<&str>,
    object_key: Option<String>,
) -> Result<
    TableIterator<'static, (name!(bucket, TimestampWithTimeZone), name!(actors, i64), name!(is_complete, bool))>,
    ErrorReport,
> {
    let by = actor_or_object(actor, object_key)?;
    let mut asked = ask(since, until, grain, rolling_days, events, tz, tenant, filter, by, week_start)?;
    let read = asked.buckets(asked.read.0)?;
    let mut counts = vec![0; read.len()];
    let days = asked.days;
    let mut marking = Marking::new(edges(&read), 1, false, &asked.source.memory, |band| {
        band.activities[0].add_rolling_counts(days, &mut counts);
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let shown = asked.buckets(asked.shown_since)?;
    let hidden = read.len() - shown.len();
    let mut rows = Vec::with_capacity(shown.len());
    for (bucket, actors) in shown.iter().zip(&counts[hidden..]) {
        rows.push((timestamp(bucket.start)?, *actors, bucket.is_complete));
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/active_users.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn active_users_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    rolling_days: Option<i32>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    actor: Option<&str>,
    week_start: Option<&str>,
    object_key: Option<String>,
) -> Result<
    TableIterator<
        'static,
        (name!(bucket, TimestampWithTimeZone), name!(tenant_id, pgrx::Uuid), name!(actor_id, pgrx::Uuid)),
    >,
    ErrorReport,
> {
    let by = actor_or_object(actor, object_key)?;
    let mut asked = ask(since, until, grain, rolling_days, events, tz, tenant, filter, by, week_start)?;
    let read = asked.buckets(asked.read.0)?;
    let hidden = read.len() - asked.buckets(asked.shown_since)?.len();
    let days = asked.days;
    let mut listing = Listing::new(&asked.source.memory);
    let mut marking = Marking::new(edges(&read), 1, false, &asked.source.memory, |band| {
        for last in hidden..read.len() {
            let mut active = Vec::new();
            for bucket in last.saturating_sub(days - 1)..=last {
                sets::unite(&mut active, band.activities[0].set(bucket));
            }
            for number in numbers_of(band, &active) {
                listing.push(band.tenant, number, last)?;
            }
        }
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, bucket) in listing.finish(&asked.source)? {
        rows.push((timestamp(read[bucket].start)?, uuid(tenant), uuid(actor)));
    }
    Ok(TableIterator::new(rows))
}

#[allow(clippy::too_many_arguments)]
fn ask(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    rolling_days: Option<i32>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    (actor, object_key): (Actor, Option<KeyPath>),
    week_start: Option<&str>,
) -> Result<Asked, Error> {
    if rolling_days.is_some_and(|days| !(1..=3_660).contains(&days)) {
        return Err(Error::BadArgument {
            problem: "rolling_days must be between 1 and 3660".into(),
            hint: "telemetry.active_users(rolling_days => 28) counts the actors of 28 days at each day.".into(),
        });
    }
    let calendar = Calendar::of(grain, tz, week_start)?;
    if rolling_days.is_some() && calendar.grain() != "day" {
        return Err(Error::BadArgument {
            problem: "rolling_days needs the grain \"day\"".into(),
            hint: "Leave grain or rolling_days of telemetry.active_users() out.".into(),
        });
    }
    let scope = Scope::of(since, until, tenant, filter)?;
    let (since, until) = (scope.since, scope.until);
    let days = rolling_days.unwrap_or(1) as usize;
    let (mut shown_since, mut read_since) = (since, since);
    if let Some(since) = since.filter(|_| rolling_days.is_some()) {
        let before = calendar.buckets(Some(since - (days as i64 + 1) * DAY), Some(since + 1), None, None)?;
        shown_since = before.last().map(|bucket| bucket.start);
        read_since = before.iter().rev().nth(days - 1).map(|bucket| bucket.start);
    }
    let range = read_since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX);
    let mut source =
        Source::open(Question { range, actor, object_key, ..scope.users(vec![scope.class(names(events)?)]) })?;
    let span = scope.span(&mut source)?;
    Ok(Asked { calendar, source, read: (read_since, until), shown_since, days, span })
}

impl Asked {
    fn buckets(&self, since: Option<i64>) -> Result<Vec<Bucket>, Error> {
        self.calendar.buckets(since, self.read.1, self.span.map(|span| span.0), self.span.map(|span| span.1))
    }
}
