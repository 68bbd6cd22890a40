//! Lifecycle: who is new, returning, resurrecting or dormant, period by period. Twin: sql/kpi/lifecycle.sql.

mod status;

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::readers::activity::sets;
use crate::readers::arguments::names;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use status::Status;

/// Contract: see the COMMENT in sql/kpi/lifecycle.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn lifecycle(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(status, &'static str),
            name!(actors, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendar, events)?;
    let mut counts = vec![[0; Status::ALL.len()]; asked.buckets.len()];
    let (edges, hidden) = asked.edges(&calendar)?;
    let mut marking = Marking::new(edges, 1, true, &asked.source.memory, |band| {
        status::visit(&band.activities[0], hidden, band.before, |period, status, set| {
            counts[period][status as usize] += sets::count(set);
        });
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (bucket, counts) in asked.buckets.iter().zip(counts) {
        for status in Status::ALL {
            let actors = status.sign() * counts[status as usize];
            rows.push((timestamp(bucket.start)?, status.name(), actors, bucket.is_complete));
        }
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/lifecycle.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn lifecycle_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(status, &'static str),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
        ),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendar, events)?;
    let mut listing = Listing::new(&asked.source.memory);
    let (edges, hidden) = asked.edges(&calendar)?;
    let mut marking = Marking::new(edges, 1, true, &asked.source.memory, |band| {
        let mut outcome = Ok(());
        status::visit(&band.activities[0], hidden, band.before, |period, status, set| {
            for number in numbers_of(band, set) {
                if outcome.is_ok() {
                    outcome = listing.push(band.tenant, number, (period, status));
                }
            }
        });
        outcome
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (period, status)) in listing.finish(&asked.source)? {
        rows.push((timestamp(asked.buckets[period].start)?, status.name(), uuid(tenant), uuid(actor)));
    }
    Ok(TableIterator::new(rows))
}

/// What both functions are asked.
struct Asked {
    source: Source,
    since: Option<i64>,
    buckets: Vec<Bucket>,
}

fn ask(scope: Scope, calendar: &Calendar, events: Option<Vec<Option<String>>>) -> Result<Asked, Error> {
    // Whether somebody is new is a matter of all history.
    let mut source = Source::open(scope.users_ever(vec![scope.class(names(events)?)]))?;
    let span = scope.span(&mut source)?;
    Ok(Asked { buckets: scope.buckets(calendar, span)?, source, since: scope.since })
}

impl Asked {
    /// Where events are told apart, and how many of the sets are of what precedes the range: the period before the
    /// first one, and what the range leaves out of the first one.
    fn edges(&self, calendar: &Calendar) -> Result<(Edges, usize), Error> {
        let edges = edges(&self.buckets);
        let (Some(first), Some(since)) = (edges.times().first().copied(), self.since) else { return Ok((edges, 0)) };
        let mut before = vec![calendar.start_of(first - 1)?];
        if first < since {
            before.push(first);
        }
        let hidden = before.len();
        let shown = edges.cut_at(self.since);
        Ok((Edges::new(before.into_iter().chain(shown.times().iter().copied()).collect()), hidden))
    }
}
