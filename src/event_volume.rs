//! Event volume: how many events, per calendar bucket and name. Twin: sql/kpi/event_volume.sql.
//!
//! Where buckets begin at whole hours and nothing is filtered, the hourly counts and the rows above their cursor answer;
//! otherwise the events themselves are counted.

use crate::calendar::{Calendar, edges, finite_range, timestamp};
use crate::counting::{Count, Counting};
use crate::error::Error;
use crate::hourly_counts::{self, NamedCounts};
use crate::jsonb::JsonbArg;
use crate::source::question::{Actor, Labels, Question};
use crate::source::{self, Source};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::BTreeSet;

/// Contract: see the COMMENT in sql/kpi/event_volume.sql.
#[pg_extern(stable, parallel_restricted)]
fn event_volume(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(event_name, Option<String>),
            name!(events, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, None)?;
    let (since, until) = finite_range(since.map(i64::from), until.map(i64::from))?;
    let asked: Option<Vec<String>> = events.map(|names| names.into_iter().flatten().collect());
    let conditions: Vec<_> = filter.into_iter().map(source::condition).collect();
    let question = Question {
        range: since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX),
        tenant: tenant.map(|tenant| *tenant.as_bytes()),
        actor: Actor::User,
        needs_actors: false,
        needs_arrivals: false,
        needs_rates: true,
        labels: Labels::Names { names: asked.clone(), conditions: (0..conditions.len()).collect() },
        conditions,
        touches: None,
    };
    let (buckets, counts) = match hourly_counts::by_bucket(&question, &calendar, since, until)? {
        Some(answer) => answer,
        None => by_event(question, &calendar, since, until)?,
    };
    let mut names: BTreeSet<Option<&str>> = counts.keys().map(|(name, _)| Some(name.as_str())).collect();
    names.extend(asked.iter().flatten().map(|name| Some(name.as_str())));
    if names.is_empty() {
        names.insert(None);
    }
    let mut rows = Vec::new();
    for (place, bucket) in buckets.iter().enumerate() {
        for name in &names {
            let name = name.map(str::to_string);
            let events = name.as_ref().and_then(|name| counts.get(&(name.clone(), place))).map_or(0, Count::events);
            rows.push((timestamp(bucket.start)?, name, events, bucket.is_complete));
        }
    }
    Ok(TableIterator::new(rows))
}

fn by_event(
    question: Question,
    calendar: &Calendar,
    since: Option<i64>,
    until: Option<i64>,
) -> Result<NamedCounts, Error> {
    let mut source = Source::open(question)?;
    let span = if since.is_none() || until.is_none() { source.span()? } else { None };
    let buckets = calendar.buckets(since, until, span.map(|span| span.0), span.map(|span| span.1))?;
    let mut counting = Counting::new(edges(&buckets));
    source.visit(&mut counting)?;
    let name = |number: u64| source.names().get(number as usize).cloned().unwrap_or_default();
    let counts = counting.counts.into_iter().map(|((number, bucket), count)| ((name(number), bucket), count)).collect();
    Ok((buckets, counts))
}
