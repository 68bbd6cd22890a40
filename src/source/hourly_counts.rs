//! Answers questions from the hourly counts, with the events above their cursor. Twin: sql/source/hourly_counts.sql,
//! which adds to them.

mod adding;
pub mod leaving;
mod verifying;

use crate::access::visibility::Visibility;
use crate::calendar::{Bucket, Calendar, edges};
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{Snapshot, stream, stream_latest_rows};
use crate::derived::provenance;
use crate::error::Error;
use crate::log::late_arrivals;
use crate::log::partitions::{self, windows::within};
use crate::source;
use crate::source::count::Count;
use crate::source::question::Question;
use crate::time::HOUR;
use foldhash::HashMap;
use pgrx::pg_sys::{INT8OID, TEXTOID};
use std::collections::BTreeMap;

/// Whether a time is the start of an hour of UTC.
fn is_whole(time: i64) -> bool {
    time.rem_euclid(HOUR) == 0
}

/// The number of events by name, hour and bits of the sampling rate.
#[derive(Default)]
struct Hours {
    numbers: HashMap<String, usize>,
    names: Vec<String>,
    counts: HashMap<(usize, i64, u32), i64>,
    /// The number of counts that were read; `raw_events` is that of the rows.
    counted: i64,
    raw_events: i64,
}

impl Hours {
    fn add(&mut self, name: &str, hour: i64, rate: f32, events: i64) {
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                self.names.push(name.to_string());
                self.numbers.insert(name.to_string(), self.names.len() - 1);
                self.names.len() - 1
            }
        };
        *self.counts.entry((number, hour, rate.to_bits())).or_default() += events;
    }

    /// The first and the last hour that has events; None without events.
    fn span(&self) -> Option<(i64, i64)> {
        let hours = self.counts.keys().map(|(_, hour, _)| *hour);
        Some((hours.clone().min()?, hours.max()?))
    }
}

/// The buckets, and the counts by name and bucket.
pub type NamedCounts = (Vec<Bucket>, BTreeMap<(String, usize), Count>);

/// Counts by the buckets of a calendar; None where read() has none, or where a bucket begins within an hour.
pub fn by_bucket(
    question: &Question,
    calendar: &Calendar,
    since: Option<i64>,
    until: Option<i64>,
) -> Result<Option<NamedCounts>, Error> {
    let are_whole = |buckets: &[Bucket]| edges(buckets).times().iter().all(|edge| is_whole(*edge));
    if since.is_some() && !are_whole(&calendar.buckets(since, until, None, None)?) {
        return Ok(None);
    }
    let Some(hours) = read(question)? else { return Ok(None) };
    let span = hours.span();
    let buckets = calendar.buckets(since, until, span.map(|span| span.0), span.map(|span| span.1))?;
    if !are_whole(&buckets) {
        return Ok(None);
    }
    source::note_hours(hours.counted, hours.raw_events);
    let edges = edges(&buckets);
    let mut counts: BTreeMap<(usize, usize), Count> = BTreeMap::new();
    for ((name, hour, rate), events) in &hours.counts {
        if let Some(bucket) = edges.bucket_of(*hour) {
            counts.entry((*name, bucket)).or_default().add(*events, f32::from_bits(*rate));
        }
    }
    let name = |number: usize| hours.names[number].clone();
    let counts = counts.into_iter().map(|((number, bucket), count)| ((name(number), bucket), count)).collect();
    Ok(Some((buckets, counts)))
}

/// Reads the counts of a question. None where they cannot answer: a filter, a range that cuts an hour, a caller who
/// sees only part of the tenant, or nothing counted yet. A question's actors are not looked at.
fn read(question: &Question) -> Result<Option<Hours>, Error> {
    let is_cut = [question.range.start, question.range.end]
        .iter()
        .any(|end| !matches!(*end, i64::MIN | i64::MAX) && !is_whole(*end));
    if is_cut || !question.conditions.is_empty() {
        return Ok(None);
    }
    let visibility = source::visibility_of_derived()?;
    let Some(position) = position(visibility)? else { return Ok(None) };
    let question = &mut question.clone();
    source::narrow(question, visibility);
    let mut hours = Hours::default();
    let mut counted = Clauses::after(
        "select c.event_name, c.hour, c.sample_rate, c.events from telemetry.hourly_counts c where true",
    );
    counted.range(("c.hour", "c.hour"), &question.range);
    tenant_and_names("c", question, &mut counted);
    stream(&counted.sql, &counted.arguments, Snapshot::OfStatement, |row| {
        hours.counted += 1;
        let name = row.text(0).unwrap_or_default();
        hours.add(name, row.big(1).unwrap_or_default(), row.real(2).unwrap_or(1.0), row.big(3).unwrap_or_default());
        Ok(())
    })?;
    let ranges = within(&late_arrivals::of_tail("hourly_counts", position)?, &question.range);
    partitions::each_window(ranges, |window| {
        let mut above =
            Clauses::after("select e.event_name, e.event_ts, e.sample_rate from telemetry.events e where true");
        tenant_and_names("e", question, &mut above);
        above.sql += &partitions::condition(window, &mut above.arguments);
        above.compare("e.ingest_id", ">", INT8OID, Value::Big(position));
        above.compare("e.ingest_id", "<=", INT8OID, Value::Big(i64::MAX));
        stream_latest_rows(&above.sql, &above.arguments, Snapshot::OfStatement, |row| {
            hours.raw_events += 1;
            let time = row.big(1).unwrap_or_default();
            hours.add(row.text(0).unwrap_or_default(), time - time.rem_euclid(HOUR), row.real(2).unwrap_or(1.0), 1);
            Ok(())
        })
    })?;
    Ok(Some(hours))
}

/// Finds up to which event the counts are complete; None where they may not answer, or count nothing yet.
fn position(visibility: Visibility) -> Result<Option<i64>, Error> {
    if visibility == Visibility::Rows {
        return Ok(None);
    }
    let standing = provenance::standing("hourly_counts")?;
    Ok(Some(standing.position).filter(|position| *position > 0 && standing.doubt.is_none()))
}

/// Whether an event was logged, as far as the counts know.
pub enum Known {
    Counted,
    /// No event up to this ingest_id has the name; a later one may.
    NotUpTo(i64),
}

/// Looks for a name of an event among the counts. None where they may not answer for the caller.
pub fn counts(name: &str) -> Result<Option<Known>, Error> {
    let Some(position) = position(source::visibility_of_derived()?)? else { return Ok(None) };
    let mut known = Known::NotUpTo(position);
    let sql = "select from telemetry.hourly_counts c where c.event_name operator(pg_catalog.=) $1 limit 1";
    stream(sql, &[(TEXTOID, Value::Text(name))], Snapshot::OfStatement, |_| {
        known = Known::Counted;
        Ok(())
    })?;
    Ok(Some(known))
}

/// Lists the names that were counted; none where the counts may not answer for the caller.
pub fn names() -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    if position(source::visibility_of_derived()?)?.is_some() {
        stream("select distinct c.event_name from telemetry.hourly_counts c", &[], Snapshot::OfStatement, |row| {
            names.extend(row.text(0).map(str::to_string));
            Ok(())
        })?;
    }
    Ok(names)
}

/// Narrows a query to the tenant and the names of a question.
fn tenant_and_names<'a>(table: &str, question: &'a Question, clauses: &mut Clauses<'a>) {
    clauses.tenant(table, question.tenant);
    clauses.names(table, question.names().map(|names| names.into_iter().map(str::to_string).collect()));
}
