//! A rate of errors is the number of failed events per event, by calendar bucket and by endpoint, feature or user.
//! Twin: sql/kpi/rate_of_errors.sql.

mod by_user;

use crate::calendar::{Bucket, Calendar, edges, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::memory::Memory;
use crate::parts;
use crate::parts::additive::Additive;
use crate::readers::adding::exchange_cells;
use crate::readers::arguments::{asked_condition, names};
use crate::readers::breakdown::{Breakdown, DEFAULT, Group, Groups, asked_keys, asked_most, asked_top_n, gathered};
use crate::readers::counting::Counting;
use crate::readers::measuring::{Pairs, Second};
use crate::readers::scope::Scope;
use crate::readers::tally::tally;
use crate::source;
use crate::source::count::Count;
use crate::source::hourly_counts;
use crate::source::question::Question;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::HashMap;

const ERRORS: usize = 0;
const ALL: usize = 1;

/// How many bytes a place in the map of counts takes, about.
const CELL: usize = 2 * size_of::<((usize, usize), [Count; 2])>();

/// Contract: see the COMMENT in sql/kpi/rate_of_errors.sql.
#[pg_extern(sql = false)]
fn rate_of_errors(call: Call<'_>) -> Answer<Row> {
    let (by_user, breakdown) = (call.flag("by_user")?.unwrap_or(false), call.text("breakdown")?);
    if by_user && breakdown.is_some() {
        Err(Error::BadArgument {
            problem: "breakdown and by_user exclude each other".into(),
            hint: "Leave one of them out.".into(),
        })?;
    }
    let errors = call.texts("error_events")?.ok_or(Error::NullArgument {
        argument: "error_events",
        hint: "For example: telemetry.rate_of_errors('{request_failed}', '{request_failed,request_done}').",
    })?;
    let mut scope = Scope::asked(&call)?;
    let (errors, all) = (names(Some(errors))?, names(call.texts("all_events")?)?);
    let all = scope.class(all);
    let numerator_filter = asked_condition(&call, "numerator_filter")?;
    // Then there are events of which one side asks more than the other.
    let is_one_filter = numerator_filter.is_none();
    scope.narrow(numerator_filter);
    let question = scope.events(vec![scope.class(errors), all]);
    let (calendar, keys) = (Calendar::asked(&call)?, asked_keys(&call)?);
    if by_user {
        let hint = "Ask each log by itself, or leave by_user out.";
        parts::refuse("rate_of_errors", "with by_user has no parts: it would carry every user of the log", hint)?;
        let most = asked_top_n(&call)?.unwrap_or(DEFAULT);
        let question = Question { needs_actors: true, ..question };
        let tallied = if is_one_filter && !source::is_in_timeline(&question)? {
            by_rows(&question, &scope, &calendar)?
        } else {
            by_user::tally(question, &scope, &calendar, most)?
        };
        return call.rows(tallied.rows(most)?);
    }
    let most = asked_most(&call, keys.as_ref())?;
    match keys {
        Some(keys) => {
            let breakdown = Breakdown { keys, most: gathered(most) };
            call.rows(by_value(question, (&scope, &calendar), &breakdown, is_one_filter)?)
        }
        None => call.rows(of_all(question, &scope, &calendar)?.of_all_logs()?.rows(most)?),
    }
}

/// The counts of errors and of all events, by bucket and number of the value.
struct Tallied {
    buckets: Vec<Bucket>,
    values: Vec<String>,
    /// The number of the value that already stands for others.
    others: Option<usize>,
    counts: HashMap<(usize, usize), [Count; 2]>,
}

type Row = (TimestampWithTimeZone, Option<String>, f64, f64, Option<f64>, bool, bool);

impl Tallied {
    fn new(buckets: Vec<Bucket>) -> Tallied {
        Tallied { buckets, values: Vec::new(), others: None, counts: HashMap::new() }
    }

    fn add(&mut self, bucket: usize, value: u32, label: u64, rate: f32) {
        add(self.counts.entry((bucket, value as usize)).or_default(), label, rate);
    }

    /// Adds a count of events without a value.
    fn merge(&mut self, bucket: usize, label: u64, count: &Count) {
        merge(self.counts.entry((bucket, 0)).or_default(), label, count);
    }

    /// Adds up the counts of several logs, where rows are made of parts. There must be no values.
    fn of_all_logs(mut self) -> Result<Tallied, Error> {
        let mut cells = vec![<[Count; 2]>::default(); self.buckets.len()];
        self.counts.drain().for_each(|((bucket, _), counts)| cells[bucket] = counts);
        let cells = exchange_cells("events", &self.buckets, cells)?;
        let had_any = |(_, counts): &(usize, [Count; 2])| !counts.is_nothing();
        self.counts = cells.into_iter().enumerate().filter(had_any).map(|(bucket, of)| ((bucket, 0), of)).collect();
        Ok(self)
    }

    fn rows(&self, most: usize) -> Result<Vec<Row>, Error> {
        // The values with the most errors, then those with the most events.
        let mut totals = vec![<[Count; 2]>::default(); self.values.len() + 1];
        for ((_, value), counts) in &self.counts {
            totals[*value].iter_mut().zip(counts).for_each(|(into, count)| into.merge(count));
        }
        let sizes: Vec<(u64, u64)> = totals.iter().map(|counts| size(counts.each_ref())).collect();
        let groups = Groups::largest_but(&sizes, &self.values, most, self.others);
        let mut grouped: HashMap<(usize, usize), [Count; 2]> = HashMap::new();
        for ((bucket, value), counts) in &self.counts {
            let into = grouped.entry((*bucket, groups.group_of(*value))).or_default();
            into.iter_mut().zip(counts).for_each(|(into, count)| into.merge(count));
        }
        let mut rows = Vec::with_capacity(self.buckets.len() * groups.names.len());
        for (place, bucket) in self.buckets.iter().enumerate() {
            for (group, name) in groups.names.iter().enumerate() {
                rows.push(row(bucket, name, grouped.get(&(place, group)).unwrap_or(&<[Count; 2]>::default()))?);
            }
        }
        Ok(rows)
    }
}

fn row(bucket: &Bucket, name: &Group, counts: &[Count; 2]) -> Result<Row, Error> {
    let [errors, all] = [ERRORS, ALL].map(|class| counts[class].events());
    let rate = (all > 0.0).then(|| errors / all);
    Ok((timestamp(bucket.start)?, name.text.clone(), errors, all, rate, bucket.is_complete, name.is_other))
}

fn merge(counts: &mut [Count; 2], label: u64, count: &Count) {
    for (class, into) in counts.iter_mut().enumerate() {
        if label & 1 << class != 0 {
            into.merge(count);
        }
    }
}

fn add(counts: &mut [Count; 2], label: u64, rate: f32) {
    for (class, count) in counts.iter_mut().enumerate() {
        if label & 1 << class != 0 {
            count.add(1, rate);
        }
    }
}

/// Gives what decides which values are shown: their errors, then their events.
fn size([errors, all]: [&Count; 2]) -> (u64, u64) {
    (errors.rank(), all.rank().max(errors.rank()))
}

/// Counts by the values of a breakdown.
fn by_value(
    question: Question,
    at: (&Scope, &Calendar),
    breakdown: &Breakdown,
    is_one_filter: bool,
) -> Result<Vec<Row>, Error> {
    let both = |counts: &[(u64, &Count)]| {
        let mut both = <[Count; 2]>::default();
        counts.iter().for_each(|(label, count)| merge(&mut both, *label, count));
        size(both.each_ref())
    };
    let tally = tally(question, at, breakdown, is_one_filter, both)?;
    let mut rows = Vec::with_capacity(tally.buckets.len() * tally.groups.len());
    for (place, bucket) in tally.buckets.iter().enumerate() {
        for (group, name) in tally.groups.iter().enumerate() {
            let mut both = <[Count; 2]>::default();
            for (label, counts) in &tally.by_label {
                merge(&mut both, *label, &counts[tally.place(place, group)]);
            }
            rows.push(row(bucket, name, &both)?);
        }
    }
    Ok(rows)
}

/// Counts without a breakdown; the hourly counts may answer.
fn of_all(question: Question, scope: &Scope, calendar: &Calendar) -> Result<Tallied, Error> {
    if let Some((buckets, named)) = hourly_counts::by_bucket(&question, calendar, scope.since, scope.until)? {
        let mut tallied = Tallied::new(buckets);
        for ((name, bucket), count) in &named {
            tallied.merge(*bucket, question.tests_of(name).label(0).unwrap_or(0), count);
        }
        return Ok(tallied);
    }
    let (mut source, buckets) = scope.open(question, calendar)?;
    let edges = edges(&buckets);
    let mut tallied = Tallied::new(buckets);
    let mut counting = Counting::new(edges);
    source.visit(&mut counting)?;
    for ((label, bucket), count) in &counting.counts {
        tallied.merge(*bucket, *label, count);
    }
    Ok(tallied)
}

/// Counts by user. Both sides of the ratio must have the same conditions.
fn by_rows(question: &Question, scope: &Scope, calendar: &Calendar) -> Result<Tallied, Error> {
    let names: Option<Vec<String>> = question.names().map(|names| names.into_iter().map(str::to_string).collect());
    let pairs = Pairs { scope, names: names.as_deref(), key: None, second: Second::User };
    let holding = (1 << question.conditions.len()) - 1;
    let mut labels: HashMap<String, u64> = HashMap::new();
    let mut tallied = Tallied::new(Vec::new());
    let read = pairs.read(calendar, &Memory::of_call(), |row| {
        if !labels.contains_key(row.name) {
            labels.insert(row.name.to_string(), question.tests_of(row.name).label(holding).unwrap_or(0));
        }
        tallied.add(row.bucket, row.second, labels[row.name], row.rate);
        Ok(tallied.counts.len() * CELL)
    })?;
    Ok(Tallied { buckets: read.buckets, values: read.seconds, ..tallied })
}
