//! Event volume tells how many events there were, per calendar bucket and name. Twin: sql/kpi/event_volume.sql.
//!
//! Where buckets begin at whole hours and nothing is filtered, the hourly counts and the rows above their cursor answer;
//! otherwise the events themselves are counted, and with a breakdown those of each value.

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::memory::Memory;
use crate::readers::adding::exchange_cells;
use crate::readers::arguments::asked_events;
use crate::readers::breakdown::{Breakdown, Group};
use crate::readers::counting::Counting;
use crate::readers::scope::Scope;
use crate::readers::tally::tally;
use crate::source::count::Count;
use crate::source::hourly_counts::{self, NamedCounts};
use crate::source::question::Question;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A row: the bucket, the breakdown value, the name, how many events, whether the bucket is complete, and whether the
/// value stands for others.
type Row = (TimestampWithTimeZone, Option<String>, Option<String>, f64, bool, bool);

/// The bytes that a row takes, about.
const ROW: usize = 160;

/// Contract: see the COMMENT in sql/kpi/event_volume.sql.
#[pg_extern(sql = false)]
fn event_volume(call: Call<'_>) -> Answer<Row> {
    let calendar = Calendar::asked(&call)?;
    let scope = Scope::asked(&call)?;
    let asked = asked_events(&call)?;
    let breakdown = Breakdown::asked(&call)?;
    let question =
        Question { needs_actors: false, needs_arrivals: false, needs_rates: true, ..scope.named(asked.clone()) };
    let asked: Vec<String> = asked.into_iter().flatten().collect();
    let rows = match breakdown {
        Some(breakdown) => by_value(question, (&scope, &calendar), &breakdown, &asked)?,
        None => by_name(question, (&scope, &calendar), &asked)?,
    };
    call.rows(rows)
}

fn by_name(question: Question, (scope, calendar): (&Scope, &Calendar), asked: &[String]) -> Result<Vec<Row>, Error> {
    let (buckets, counts) = match hourly_counts::by_bucket(&question, calendar, scope.since, scope.until)? {
        Some(answer) => answer,
        None => by_event(question, scope, calendar)?,
    };
    let counts = of_all_logs(&buckets, counts)?;
    let mut names: BTreeSet<Option<&str>> = counts.keys().map(|(name, _)| Some(name.as_str())).collect();
    names.extend(asked.iter().map(|name| Some(name.as_str())));
    if names.is_empty() {
        names.insert(None);
    }
    let mut rows = Vec::new();
    for (place, bucket) in buckets.iter().enumerate() {
        for name in &names {
            let name = name.map(str::to_string);
            let events = name.as_ref().and_then(|name| counts.get(&(name.clone(), place))).map_or(0.0, Count::events);
            rows.push((timestamp(bucket.start)?, None, name, events, bucket.is_complete, false));
        }
    }
    Ok(rows)
}

/// Adds up the counts of several logs by name, where rows are made of parts.
fn of_all_logs(
    buckets: &[Bucket],
    counts: BTreeMap<(String, usize), Count>,
) -> Result<BTreeMap<(String, usize), Count>, Error> {
    let mut cells = vec![BTreeMap::new(); buckets.len()];
    for ((name, bucket), count) in counts {
        cells[bucket].insert(name, count);
    }
    let cells = exchange_cells("names", buckets, cells)?;
    let by_bucket = cells.into_iter().enumerate();
    Ok(by_bucket.flat_map(|(bucket, of)| of.into_iter().map(move |(name, count)| ((name, bucket), count))).collect())
}

fn by_event(question: Question, scope: &Scope, calendar: &Calendar) -> Result<NamedCounts, Error> {
    let (mut source, buckets) = scope.open(question, calendar)?;
    let mut counting = Counting::new(edges(&buckets));
    source.visit(&mut counting)?;
    let name = |number: u64| source.names().get(number as usize).cloned().unwrap_or_default();
    let counts = counting.counts.into_iter().map(|((number, bucket), count)| ((name(number), bucket), count)).collect();
    Ok((buckets, counts))
}

/// Counts by value and name, for each pair of which there is an event. A name that was asked for and has none is shown
/// without a value.
fn by_value(
    question: Question,
    at: (&Scope, &Calendar),
    breakdown: &Breakdown,
    asked: &[String],
) -> Result<Vec<Row>, Error> {
    let all = |counts: &[(u64, &Count)]| {
        let mut all = Count::default();
        counts.iter().for_each(|(_, count)| all.merge(count));
        all.rank()
    };
    let tally = tally(question, at, breakdown, true, all)?;
    // The pairs, each with the counts of its name.
    let mut pairs: Vec<(Group, Option<&str>, Option<(usize, &[Count])>)> = Vec::new();
    for (place, group) in tally.groups.iter().enumerate() {
        let mut names: Vec<(&str, &[Count])> = tally
            .by_label
            .iter()
            .filter_map(|(label, counts)| Some((tally.names.get(*label as usize)?.as_str(), counts.as_slice())))
            .filter(|(_, counts)| counts.iter().skip(place).step_by(tally.groups.len()).any(|count| count.rank() > 0))
            .collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        pairs.extend(names.into_iter().map(|(name, counts)| (group.clone(), Some(name), Some((place, counts)))));
    }
    let without: BTreeSet<&str> = asked
        .iter()
        .map(String::as_str)
        .filter(|asked| pairs.iter().all(|(_, name, _)| *name != Some(*asked)))
        .collect();
    pairs.extend(without.into_iter().map(|name| (Group::of(None), Some(name), None)));
    if pairs.is_empty() {
        pairs.push((Group::of(None), None, None));
    }
    Memory::of_call().check(tally.buckets.len() * pairs.len() * ROW)?;
    let mut rows = Vec::new();
    for (bucket, of_bucket) in tally.buckets.iter().enumerate() {
        for (Group { text, is_other }, name, counts) in &pairs {
            let events = counts.map_or(0.0, |(group, counts)| counts[tally.place(bucket, group)].events());
            let (start, name) = (timestamp(of_bucket.start)?, name.map(str::to_string));
            rows.push((start, text.clone(), name, events, of_bucket.is_complete, *is_other));
        }
    }
    Ok(rows)
}
