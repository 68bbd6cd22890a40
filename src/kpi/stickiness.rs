//! Stickiness: in how many periods of a range actors were active. Twin: sql/kpi/stickiness.sql.

use crate::calendar::{Bucket, Calendar, edges};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::readers::arguments::names;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking};
use crate::readers::occurrences::Occurrences;
use crate::readers::periods::periods_of;
use crate::readers::scope::{Scope, within};
use crate::source::Source;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/stickiness.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn stickiness(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    cumulative: Option<bool>,
    min_occurrences: Option<i32>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (name!(periods, i32), name!(actors, i64), name!(rate, Option<f64>), name!(is_complete, bool)),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendar, events, min_occurrences)?;
    let mut counts = vec![0_i64; asked.buckets.len() + 1];
    asked.visit(|band| {
        for periods in periods_of(&band.activities[0], |_| true) {
            counts[periods as usize] += 1;
        }
        Ok(())
    })?;
    // Who was active in none is nobody's actor.
    counts[0] = 0;
    let all: i64 = counts.iter().sum();
    if cumulative.unwrap_or(false) {
        for periods in (1..counts.len()).rev() {
            counts[periods - 1] += counts[periods];
        }
    }
    let is_complete = asked.buckets.iter().all(|bucket| bucket.is_complete);
    let rate = move |actors: i64| (all > 0).then(|| actors as f64 / all as f64);
    let rows = counts.into_iter().enumerate().skip(1);
    Ok(TableIterator::new(rows.map(move |(periods, actors)| (periods as i32, actors, rate(actors), is_complete))))
}

/// Contract: see the COMMENT in sql/kpi/stickiness.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn stickiness_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    min_occurrences: Option<i32>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<'static, (name!(periods, i32), name!(tenant_id, pgrx::Uuid), name!(actor_id, pgrx::Uuid))>,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let mut asked = ask(Scope::of(since, until, tenant, filter)?, &calendar, events, min_occurrences)?;
    let mut listing = Listing::new(&asked.source.memory);
    asked.visit(|band| {
        let periods = periods_of(&band.activities[0], |_| true);
        for (place, periods) in periods.into_iter().enumerate().filter(|(_, periods)| *periods > 0) {
            listing.push(band.tenant, band.number(place as u16), periods as i32)?;
        }
        Ok(())
    })?;
    let rows = listing.finish(&asked.source)?;
    Ok(TableIterator::new(rows.into_iter().map(|(tenant, actor, periods)| (periods, uuid(tenant), uuid(actor)))))
}

/// What both functions are asked.
struct Asked {
    source: Source,
    buckets: Vec<Bucket>,
    min_occurrences: u32,
}

fn ask(
    scope: Scope,
    calendar: &Calendar,
    events: Option<Vec<Option<String>>>,
    min_occurrences: Option<i32>,
) -> Result<Asked, Error> {
    let min_occurrences = within("min_occurrences", min_occurrences, 1, 1, 1_000_000)? as u32;
    let mut source = Source::open(scope.users(vec![scope.class(names(events)?)]))?;
    let span = scope.span(&mut source)?;
    Ok(Asked { buckets: scope.buckets(calendar, span)?, source, min_occurrences })
}

impl Asked {
    /// Calls `done` with who was active in which period, band by band.
    fn visit(&mut self, done: impl FnMut(&MarkedBand<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let edges = edges(&self.buckets);
        if self.min_occurrences > 1 {
            let mut reader = Occurrences::new(edges, self.min_occurrences, &self.source.memory, done)?;
            return self.source.visit(&mut reader);
        }
        let mut reader = Marking::new(edges, 1, false, &self.source.memory, done)?;
        self.source.visit(&mut reader)
    }
}
