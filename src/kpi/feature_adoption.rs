//! Feature adoption: which share of active users used a feature, and who used it for the first time. Twin:
//! sql/kpi/feature_adoption.sql.

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::readers::activity::sets;
use crate::readers::arguments::{name, names};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const FEATURE: usize = 0;
const ACTIVE: usize = 1;

/// Contract: see the COMMENT in sql/kpi/feature_adoption.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn feature_adoption(
    feature_event: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    feature_filter: Option<JsonbArg>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(active_actors, i64),
            name!(feature_actors, i64),
            name!(rate, Option<f64>),
            name!(new_adopters, i64),
            name!(cumulative_adopters, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let scope = Scope::of(since, until, tenant, filter)?;
    let mut asked = ask(scope, feature_event, feature_filter, events, &calendar)?;
    let mut active = vec![0; asked.buckets.len()];
    let mut feature = active.clone();
    let mut new = active.clone();
    let mut adopters = 0;
    let mut marking = Marking::new(asked.edges(), 2, true, &asked.source.memory, |band| {
        for (bucket, count) in active.iter_mut().enumerate() {
            *count += sets::count(&active_in(band, bucket));
        }
        band.activities[FEATURE].add_counts(&mut feature);
        adopters += sets::count(band.before);
        band.activities[FEATURE].visit_first_times(band.before, |bucket, set| new[bucket] += sets::count(set));
        Ok(())
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (place, bucket) in asked.buckets.iter().enumerate() {
        let (active, feature) = (active[place], feature[place]);
        let rate = (active > 0).then(|| feature as f64 / active as f64);
        adopters += new[place];
        rows.push((timestamp(bucket.start)?, active, feature, rate, new[place], adopters, bucket.is_complete));
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/feature_adoption.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn feature_adoption_actors(
    feature_event: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    feature_filter: Option<JsonbArg>,
    tz: Option<&str>,
    week_start: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
            name!(used_feature, bool),
            name!(is_new_adopter, bool),
        ),
    >,
    ErrorReport,
> {
    let calendar = Calendar::of(grain, tz, week_start)?;
    let scope = Scope::of(since, until, tenant, filter)?;
    let mut asked = ask(scope, feature_event, feature_filter, events, &calendar)?;
    let mut listing = Listing::new(&asked.source.memory);
    let mut marking = Marking::new(asked.edges(), 2, true, &asked.source.memory, |band| {
        let mut outcome = Ok(());
        band.activities[FEATURE].visit_first_times(band.before, |bucket, new| {
            let active = active_in(band, bucket);
            let feature = band.activities[FEATURE].set(bucket);
            for (place, number) in sets::users(&active).zip(numbers_of(band, &active)) {
                if outcome.is_ok() {
                    outcome = listing.push(band.tenant, number, (bucket, is_in(feature, place), is_in(new, place)));
                }
            }
        });
        outcome
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, used_feature, is_new_adopter)) in listing.finish(&asked.source)? {
        let bucket = timestamp(asked.buckets[bucket].start)?;
        rows.push((bucket, uuid(tenant), uuid(actor), used_feature, is_new_adopter));
    }
    Ok(TableIterator::new(rows))
}

/// Using the feature is being active.
fn active_in(band: &MarkedBand<'_>, bucket: usize) -> Vec<u64> {
    let mut active = band.activities[ACTIVE].set(bucket).to_vec();
    sets::unite(&mut active, band.activities[FEATURE].set(bucket));
    active
}

fn is_in(set: &[u64], place: u16) -> bool {
    set.get(usize::from(place >> 6)).is_some_and(|word| word >> (place & 63) & 1 == 1)
}

/// What both functions are asked.
struct Asked {
    source: Source,
    since: Option<i64>,
    buckets: Vec<Bucket>,
}

fn ask(
    mut scope: Scope,
    feature_event: Option<String>,
    feature_filter: Option<JsonbArg>,
    events: Option<Vec<Option<String>>>,
    calendar: &Calendar,
) -> Result<Asked, Error> {
    let feature_event = feature_event.ok_or(Error::NullArgument {
        argument: "feature_event",
        hint: "It is the event whose use is looked at: telemetry.feature_adoption('report_exported', grain => 'week').",
    })?;
    let active = scope.class(names(events)?);
    scope.narrow(feature_filter)?;
    let feature = scope.class(name(Some(feature_event))?);
    // Whether somebody is a new adopter is a matter of all history.
    let mut source = Source::open(scope.users_ever(vec![feature, active]))?;
    let span = scope.span(&mut source)?;
    Ok(Asked { buckets: scope.buckets(calendar, span)?, source, since: scope.since })
}

impl Asked {
    /// Where events are told apart: what precedes `since` is before the range, also within the first bucket.
    fn edges(&self) -> Edges {
        edges(&self.buckets).cut_at(self.since)
    }
}
