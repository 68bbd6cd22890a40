//! Feature adoption tells which share of active users used a feature, and who used it for the first time. Twin:
//! sql/kpi/feature_adoption.sql.

use crate::calendar::{Bucket, Calendar, Edges, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::parts;
use crate::readers::activity::sets;
use crate::readers::adding::exchange_cells;
use crate::readers::arguments::{asked_condition, asked_events, name, of_asked_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, Marking, numbers_of};
use crate::readers::scope::Scope;
use crate::source::Source;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

const FEATURE: usize = 0;
const ACTIVE: usize = 1;

/// Contract: see the COMMENT in sql/kpi/feature_adoption.sql.
#[pg_extern(sql = false)]
fn feature_adoption(call: Call<'_>) -> Answer<(TimestampWithTimeZone, i64, i64, Option<f64>, i64, i64, bool)> {
    let mut asked = Asked::of(&call)?;
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
        band.activities[FEATURE].visit_first_times(band.before, |bucket, set| {
            new[bucket] += sets::count(set);
            Ok(())
        })
    })?;
    asked.source.visit(&mut marking)?;
    let counts = active.into_iter().zip(feature).zip(new).map(|((active, feature), new)| [active, feature, new]);
    let counts = exchange_cells("actors", &asked.buckets, counts.collect())?;
    adopters = parts::exchange("adopters", || adopters)?.unwrap_or(adopters);
    let mut rows = Vec::new();
    for (bucket, [active, feature, new]) in asked.buckets.iter().zip(counts) {
        let rate = (active > 0).then(|| feature as f64 / active as f64);
        adopters += new;
        rows.push((timestamp(bucket.start)?, active, feature, rate, new, adopters, bucket.is_complete));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/feature_adoption.sql.
#[pg_extern(sql = false)]
fn feature_adoption_actors(call: Call<'_>) -> Answer<(TimestampWithTimeZone, pgrx::Uuid, pgrx::Uuid, bool, bool)> {
    let mut asked = Asked::of(&call)?;
    let mut listing = Listing::new(&asked.source.memory);
    let mut marking = Marking::new(asked.edges(), 2, true, &asked.source.memory, |band| {
        band.activities[FEATURE].visit_first_times(band.before, |bucket, new| {
            let active = active_in(band, bucket);
            let feature = band.activities[FEATURE].set(bucket);
            for (place, number) in sets::users(&active).zip(numbers_of(band, &active)) {
                listing.push(band.tenant, number, (bucket, is_in(feature, place), is_in(new, place)))?;
            }
            Ok(())
        })
    })?;
    asked.source.visit(&mut marking)?;
    let mut rows = Vec::new();
    for (tenant, actor, (bucket, used_feature, is_new_adopter)) in listing.finish(&asked.source)? {
        let bucket = timestamp(asked.buckets[bucket].start)?;
        rows.push((bucket, uuid(tenant), uuid(actor), used_feature, is_new_adopter));
    }
    call.rows(rows)
}

/// Gives the actors who were active in a bucket: to use the feature is to be active.
fn active_in(band: &MarkedBand<'_>, bucket: usize) -> Vec<u64> {
    let mut active = band.activities[ACTIVE].set(bucket).to_vec();
    sets::unite(&mut active, band.activities[FEATURE].set(bucket));
    active
}

fn is_in(set: &[u64], place: u16) -> bool {
    set.get(usize::from(place >> 6)).is_some_and(|word| word >> (place & 63) & 1 == 1)
}

/// The arguments of feature_adoption() and feature_adoption_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    since: Option<i64>,
    buckets: Vec<Bucket>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let calendar = Calendar::asked(call)?;
        let mut scope = Scope::asked(call)?;
        let feature_event = call.text("feature_event")?.ok_or(Error::NullArgument {
            argument: "feature_event",
            hint: "It is the event whose use is looked at: telemetry.feature_adoption('report_exported', grain => 'week').",
        })?;
        let active = scope.class(asked_events(call)?);
        scope.narrow(asked_condition(call, "feature_filter")?);
        let feature = scope.class(name(Some(feature_event.into()))?);
        // Whether somebody is a new adopter is a matter of all history.
        let question = of_asked_actors(call, scope.users_ever(vec![feature, active]))?;
        let (source, buckets) = scope.open(question, &calendar)?;
        Ok(Asked { source, since: scope.since, buckets })
    }

    /// Gives the edges between which events are counted. What precedes `since` is before the range, even where it lies
    /// in the first bucket.
    fn edges(&self) -> Edges {
        edges(&self.buckets).cut_at(self.since)
    }
}
