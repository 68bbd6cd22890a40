//! Event volume tells how many events there were, per calendar bucket and name. Twin: sql/kpi/event_volume.sql.
//!
//! Where buckets begin at whole hours and nothing is filtered, the hourly counts and the rows above their cursor answer;
//! otherwise the events themselves are counted.

use crate::calendar::{Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::arguments::asked_events;
use crate::readers::counting::Counting;
use crate::readers::scope::Scope;
use crate::source::count::Count;
use crate::source::hourly_counts::{self, NamedCounts};
use crate::source::question::Question;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::BTreeSet;

/// Contract: see the COMMENT in sql/kpi/event_volume.sql.
#[pg_extern(sql = false)]
fn event_volume(call: Call<'_>) -> Answer<(TimestampWithTimeZone, Option<String>, f64, bool)> {
    let calendar = Calendar::asked(&call)?;
    let scope = Scope::asked(&call)?;
    let asked = asked_events(&call)?;
    let question =
        Question { needs_actors: false, needs_arrivals: false, needs_rates: true, ..scope.named(asked.clone()) };
    let (buckets, counts) = match hourly_counts::by_bucket(&question, &calendar, scope.since, scope.until)? {
        Some(answer) => answer,
        None => by_event(question, &scope, &calendar)?,
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
            let events = name.as_ref().and_then(|name| counts.get(&(name.clone(), place))).map_or(0.0, Count::events);
            rows.push((timestamp(bucket.start)?, name, events, bucket.is_complete));
        }
    }
    call.rows(rows)
}

fn by_event(question: Question, scope: &Scope, calendar: &Calendar) -> Result<NamedCounts, Error> {
    let (mut source, buckets) = scope.open(question, calendar)?;
    let mut counting = Counting::new(edges(&buckets));
    source.visit(&mut counting)?;
    let name = |number: u64| source.names().get(number as usize).cloned().unwrap_or_default();
    let counts = counting.counts.into_iter().map(|((number, bucket), count)| ((name(number), bucket), count)).collect();
    Ok((buckets, counts))
}
