//! Funnels by the period that actors enter in. The engine of src/funnel/ finds each actor's best attempt of each
//! period. Twin: sql/kpi/funnel_trend.sql.

use crate::calendar::{Bucket, Calendar, edges, finite_range, timestamp};
use crate::db::session;
use crate::each_actor::{Order, each_actor};
use crate::error::Error;
use crate::funnel::definition::{self, FIRST_EXCLUSION, Given};
use crate::funnel::engine::{Event, Outcome, Scratch, trend};
use crate::jsonb::JsonbArg;
use crate::listing::{Listing, uuid};
use crate::source::{Memory, Source};
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/funnel_trend.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn funnel_trend(
    steps: Option<JsonbArg>,
    within: Option<Interval>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    tz: Option<&str>,
    ordering: Option<&str>,
    entry: Option<&str>,
    ties: Option<&str>,
    exclude: Option<JsonbArg>,
    exclusion: Option<&str>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(step, i32),
            name!(event_name, String),
            name!(actors, i64),
            name!(rate_from_first, Option<f64>),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let given = Given {
        steps,
        within,
        since,
        until,
        ordering,
        entry,
        ties,
        exclude,
        exclusion,
        breakdown: None,
        attribution: None,
        actor,
        tenant,
        filter,
    };
    let mut asked = ask(given, grain, tz)?;
    let steps = asked.funnel.definition.steps;
    asked.source.memory.take(asked.buckets.len().saturating_mul(steps * size_of::<i64>()))?;
    let mut counts = vec![0_i64; asked.buckets.len() * steps];
    asked.visit(|_, _, bucket, outcome| {
        counts[bucket * steps..][..outcome.depth].iter_mut().for_each(|actors| *actors += 1);
        Ok(())
    })?;
    let now = session::transaction_clock();
    let mut rows = Vec::with_capacity(counts.len());
    for (bucket, counts) in asked.buckets.iter().zip(counts.chunks(steps)) {
        let is_over = bucket.next.saturating_add(asked.funnel.definition.within) <= now;
        for ((step, name), actors) in (1..).zip(&asked.funnel.names).zip(counts) {
            let rate = (counts[0] > 0).then(|| *actors as f64 / counts[0] as f64);
            rows.push((timestamp(bucket.start)?, step, name.clone(), *actors, rate, bucket.is_complete && is_over));
        }
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/funnel_trend.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn funnel_trend_actors(
    steps: Option<JsonbArg>,
    within: Option<Interval>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    tz: Option<&str>,
    ordering: Option<&str>,
    entry: Option<&str>,
    ties: Option<&str>,
    exclude: Option<JsonbArg>,
    exclusion: Option<&str>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
            name!(depth, i32),
            name!(reached, Vec<TimestampWithTimeZone>),
        ),
    >,
    ErrorReport,
> {
    let given = Given {
        steps,
        within,
        since,
        until,
        ordering,
        entry,
        ties,
        exclude,
        exclusion,
        breakdown: None,
        attribution: None,
        actor,
        tenant,
        filter,
    };
    let mut asked = ask(given, grain, tz)?;
    let mut listing = Listing::new(&asked.source.memory);
    // The list counts a row, not the times that it has.
    let mut left = asked.source.memory.left();
    asked.visit(|tenant, number, bucket, outcome| {
        left = left.checked_sub(size_of_val(outcome.times())).ok_or_else(Memory::exceeded)?;
        listing.push(tenant, number, (bucket, outcome.times().to_vec()))
    })?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, times)) in listing.finish(&asked.source)? {
        let reached: Result<Vec<_>, Error> = times.iter().map(|time| timestamp(*time)).collect();
        rows.push((timestamp(asked.buckets[bucket].start)?, uuid(tenant), uuid(actor), times.len() as i32, reached?));
    }
    Ok(TableIterator::new(rows))
}

/// What both functions are asked.
struct Asked {
    source: Source,
    funnel: definition::Asked,
    buckets: Vec<Bucket>,
    /// Who enters later is not asked for.
    until: i64,
}

fn ask(given: Given<'_>, grain: Option<&str>, tz: Option<&str>) -> Result<Asked, Error> {
    let calendar = Calendar::of(grain, tz, None)?;
    let (since, until) = finite_range(given.since.map(i64::from), given.until.map(i64::from))?;
    let mut funnel = given.read()?;
    funnel.refuse_optional_steps()?;
    // Whoever enters in the range has the whole window.
    funnel.question.range.end = funnel.question.range.end.saturating_add(funnel.definition.within);
    let mut source = Source::open(funnel.question.clone())?;
    let span = if since.is_none() || until.is_none() { source.span()? } else { None };
    let buckets = calendar.buckets(since, until, span.map(|span| span.0), span.map(|span| span.1))?;
    Ok(Asked { source, funnel, buckets, until: until.unwrap_or(i64::MAX) })
}

impl Asked {
    /// Calls `done` with each actor's best attempt of each bucket that it enters in.
    fn visit(
        &mut self,
        mut done: impl FnMut([u8; 16], u32, usize, &Outcome) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Self { source, funnel, buckets, until } = self;
        let edges = edges(buckets);
        // What lies behind the range is a period of its own.
        let period_of = |time: i64| match time {
            time if time >= *until => buckets.len() as i64,
            time => edges.partition_point(|edge| *edge <= time) as i64 - 1,
        };
        let order = if funnel.question.needs_arrivals { Order::TimeAndArrival } else { Order::Time };
        let (mut of_actor, mut scratch) = (Vec::new(), Scratch::default());
        each_actor(
            source,
            order,
            |label, _| Some(label),
            |tenant, number, events| {
                of_actor.clear();
                of_actor.extend(events.iter().map(|(time, label)| Event {
                    time: *time,
                    steps: *label as u32,
                    exclusions: (label >> FIRST_EXCLUSION) as u32,
                }));
                let attempts = trend(&funnel.definition, &of_actor, &period_of, &mut scratch);
                attempts
                    .iter()
                    .filter(|(period, _)| (0..buckets.len() as i64).contains(period))
                    .try_for_each(|(period, outcome)| done(tenant, number, *period as usize, outcome))
            },
        )
    }
}
