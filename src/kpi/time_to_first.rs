//! The time from one event to another: to an actor's first target, and from each event to the next one. `pairs` says
//! what is paired. Twin: sql/kpi/time_to_first.sql.

mod pairs;

use crate::calendar::{Bucket, Calendar, micros_of, timestamp};
use crate::db::call::{Answer, Call};
use crate::db::session;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::memory::Memory;
use crate::readers::adding::exchange_cells;
use crate::readers::arguments::{asked_actor, asked_matches, asked_name, bad};
use crate::readers::durations::{self, Durations};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::Question;
use pairs::{Definition, Pair, pairs};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

const MOST_PERCENTILES: usize = 100;

/// Contract: see the COMMENT in sql/kpi/time_to_first.sql.
#[pg_extern(sql = false)]
fn time_to_first(call: Call<'_>) -> Answer<Summary> {
    let rows = summary(&call, ["anchor", "target"], true)?;
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/time_to_first.sql.
#[pg_extern(sql = false)]
fn time_between(call: Call<'_>) -> Answer<Summary> {
    let rows = summary(&call, ["first_event", "next_event"], false)?;
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/time_to_first.sql.
#[pg_extern(sql = false)]
fn time_to_first_actors(call: Call<'_>) -> Answer<Listed> {
    let rows = list(&call, ["anchor", "target"], true)?;
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/time_to_first.sql.
#[pg_extern(sql = false)]
fn time_between_actors(call: Call<'_>) -> Answer<Listed> {
    let rows = list(&call, ["first_event", "next_event"], false)?;
    call.rows(rows)
}

/// A row: the bucket, its anchors, its anchors with a target, the percentiles, and whether all of that is final.
type Summary = (Option<TimestampWithTimeZone>, i64, i64, Option<Vec<f64>>, bool);

fn summary(call: &Call<'_>, pair: [&str; 2], first_only: bool) -> Result<Vec<Summary>, Error> {
    let fractions = fractions(call)?;
    let mut asked = Asked::of(call, pair, first_only)?;
    let mut found = vec![(0_i64, Durations::default()); asked.buckets.len()];
    let mut left = asked.source.memory.left();
    asked.visit(|_, _, bucket, pair| {
        let (anchors, durations) = &mut found[bucket];
        *anchors += 1;
        if let Some(reached_at) = pair.reached_at {
            // A list that grows holds up to twice what it needs.
            left = left.checked_sub(2 * size_of::<i64>()).ok_or_else(Memory::exceeded)?;
            durations.push(reached_at - pair.anchored_at);
        }
        Ok(())
    })?;
    let buckets: Vec<Bucket> = asked.buckets.iter().map(Cohort::bucket).collect();
    let found = exchange_cells("durations", &buckets, found)?;
    let durations = found.iter().fold(0_usize, |sum, (_, durations)| sum.saturating_add(durations.len()));
    asked.source.memory.check(durations.saturating_mul(size_of::<i64>()))?;
    let mut rows = Vec::with_capacity(found.len());
    for (bucket, (anchors, durations)) in asked.buckets.iter().zip(found) {
        let mut durations = durations.into_list();
        let seconds = durations::percentiles(&mut durations, &fractions);
        let start = bucket.start.map(timestamp).transpose()?;
        rows.push((start, anchors, durations.len() as i64, seconds, bucket.is_complete));
    }
    Ok(rows)
}

type Listed = (
    Option<TimestampWithTimeZone>,
    pgrx::Uuid,
    pgrx::Uuid,
    TimestampWithTimeZone,
    Option<TimestampWithTimeZone>,
    Option<f64>,
);

fn list(call: &Call<'_>, pair: [&str; 2], first_only: bool) -> Result<Vec<Listed>, Error> {
    let mut asked = Asked::of(call, pair, first_only)?;
    let mut listing = Listing::new(&asked.source.memory);
    asked.visit(|tenant, number, bucket, pair| listing.push(tenant, number, (bucket, pair)))?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, Pair { anchored_at, reached_at })) in listing.finish(&asked.source)? {
        rows.push((
            asked.buckets[bucket].start.map(timestamp).transpose()?,
            uuid(tenant),
            uuid(actor),
            timestamp(anchored_at)?,
            reached_at.map(timestamp).transpose()?,
            reached_at.map(|reached_at| durations::seconds(reached_at - anchored_at)),
        ));
    }
    Ok(rows)
}

/// Reads the argument percentiles, which is the median and the ninth decile by default.
fn fractions(call: &Call<'_>) -> Result<Vec<f64>, Error> {
    let given = call.numbers("percentiles")?.unwrap_or_else(|| vec![Some(0.5), Some(0.9)]);
    let fractions: Option<Vec<f64>> =
        given.iter().map(|fraction| fraction.filter(|fraction| (0.0..=1.0).contains(fraction))).collect();
    fractions.filter(|fractions| (1..=MOST_PERCENTILES).contains(&fractions.len())).ok_or_else(|| {
        bad(
            &format!("percentiles must be 1 to {MOST_PERCENTILES} numbers from 0 to 1"),
            "For example: percentiles => '{0.5,0.9,0.99}'.",
        )
    })
}

struct Asked {
    source: Source,
    definition: Definition,
    buckets: Vec<Cohort>,
}

/// A calendar bucket of anchors; without a grain it is the whole range and has no start.
struct Cohort {
    start: Option<i64>,
    next: i64,
    is_complete: bool,
}

impl Cohort {
    fn bucket(&self) -> Bucket {
        Bucket { start: self.start.unwrap_or(i64::MIN), next: self.next, is_complete: self.is_complete }
    }
}

impl Asked {
    /// Reads every argument but percentiles. `anchor` and `target` are the arguments that name the two events.
    fn of(call: &Call<'_>, [anchor, target]: [&str; 2], first_only: bool) -> Result<Asked, Error> {
        let calendar = Calendar::asked(call)?;
        let scope = Scope::asked(call)?;
        let within = call.interval("within")?.map(micros_of);
        if within.is_some_and(|within| within < 0) {
            return Err(bad(
                "within must not be negative",
                "It is the longest time that counts; leave it out for no limit.",
            ));
        }
        let classes = [scope.class(asked_name(call, anchor)?), scope.class(asked_name(call, target)?)];
        let range = scope.since.unwrap_or(i64::MIN)..scope.until.unwrap_or(i64::MAX);
        let (actor, object_key) = asked_actor(call)?;
        let mut source = Source::open(Question {
            // A target counts wherever it lies: the range is that of the anchors.
            range: range.start..within.map_or(i64::MAX, |within| range.end.saturating_add(within)),
            actor,
            object_key,
            needs_arrivals: true,
            matches: if first_only { Vec::new() } else { asked_matches(call)? },
            ..scope.users(classes.into())
        })?;
        let now = session::transaction_clock();
        let is_over = |end: i64| within.is_none_or(|within| end.saturating_add(within) <= now);
        let buckets = match call.text("grain")? {
            None => {
                vec![Cohort {
                    start: None,
                    next: i64::MAX,
                    is_complete: scope.until.is_some_and(|until| until <= now && is_over(until)),
                }]
            }
            Some(_) => {
                let span = scope.span(&mut source)?;
                let cohort = |Bucket { start, next, is_complete }| Cohort {
                    start: Some(start),
                    next,
                    is_complete: is_complete && is_over(next),
                };
                scope.buckets(&calendar, span)?.into_iter().map(cohort).collect()
            }
        };
        Ok(Asked { source, definition: Definition { range, within, first_only }, buckets })
    }

    /// Calls `done` with each anchor that counts: the tenant and the number of its actor, its bucket, and what it is
    /// paired with.
    fn visit(
        &mut self,
        mut done: impl FnMut(TenantId, ActorNumber, usize, Pair) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Self { source, definition, buckets } = self;
        let bucket_of = |time| buckets.partition_point(|bucket| bucket.start.is_none_or(|start| start <= time)) - 1;
        each_journey(
            source,
            Order::TimeAndArrival,
            |label, _| Some(label as u32),
            |tenant, number, journeys| {
                let mut pairs = journeys.iter().flat_map(|events| pairs(definition, events));
                pairs.try_for_each(|pair| done(tenant, number, bucket_of(pair.anchored_at), pair))
            },
        )
    }
}
