//! Answers questions from the hourly counts, with the events above their cursor. Twin: sql/source/hourly_counts.sql,
//! which adds to them.

mod adding;
pub mod leaving;
mod verifying;

use crate::access::visibility::Visibility;
use crate::calendar::{Bucket, Calendar, edges};
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::plans::Planning;
use crate::db::stream::{Snapshot, stream, stream_planned, stream_tail};
use crate::derived::provenance::{self, Standing};
use crate::error::Error;
use crate::log::partitions::{self, windows::within};
use crate::parts;
use crate::source;
use crate::source::count::Count;
use crate::source::question::Question;
use crate::time::HOUR;
use foldhash::HashMap;
use pgrx::pg_sys::{INT8OID, TEXTOID};
use std::cell::Cell;
use std::collections::BTreeMap;

/// A session that read more counts than these is likely to read many again. Then each statement is planned for its
/// arguments: that costs 0.1 ms, and 20,000 counts, or all of a log of one tenant, are read in their order on disk.
const MANY: i64 = 1_000;

thread_local! {
    /// How many counts this session read last.
    static READ_LAST: Cell<i64> = const { Cell::new(0) };
}

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

/// Counts by the buckets of a calendar; None where read() has none, or where a bucket begins within an hour,
/// or where rows are made of parts. A range that is open is a bucket from its first event or to its last one: counts know their hours.
pub fn by_bucket(
    question: &Question,
    calendar: &Calendar,
    since: Option<i64>,
    until: Option<i64>,
) -> Result<Option<NamedCounts>, Error> {
    let is_open_bucket = calendar.is_range() && (since.is_none() || until.is_none());
    if parts::is_finishing() || is_open_bucket {
        return Ok(None);
    }
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
    parts::span(span);
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

/// The counts of all names by the hour of UTC.
pub struct ByHour {
    pub counts: BTreeMap<i64, Count>,
    hours: Hours,
}

impl ByHour {
    /// Says that the counts answer.
    pub fn answers(&self) {
        source::note_hours(self.hours.counted, self.hours.raw_events);
        parts::span(self.hours.span());
    }
}

/// Counts by the hour of UTC; None where read() has none, or where rows are made of parts.
pub fn by_hour(question: &Question) -> Result<Option<ByHour>, Error> {
    if parts::is_finishing() {
        return Ok(None);
    }
    let Some(hours) = read(question)? else { return Ok(None) };
    let mut counts: BTreeMap<i64, Count> = BTreeMap::new();
    for ((_, hour, rate), events) in &hours.counts {
        counts.entry(*hour).or_default().add(*events, f32::from_bits(*rate));
    }
    Ok(Some(ByHour { counts, hours }))
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
    let Some(standing) = standing(visibility)? else { return Ok(None) };
    let question = &mut question.clone();
    source::narrow(question, visibility);
    let mut hours = Hours::default();
    let mut counted = Clauses::after(
        "select c.event_name, c.hour, c.sample_rate, c.events from telemetry.hourly_counts c where true",
    );
    counted.range(("c.hour", "c.hour"), &question.range);
    tenant_and_names("c", question, &mut counted);
    let planning = if READ_LAST.get() > MANY { Planning::ByArguments } else { Planning::Once };
    stream_planned(&counted.sql, &counted.arguments, planning, |row| {
        hours.counted += 1;
        let name = row.text(0).unwrap_or_default();
        hours.add(name, row.big(1).unwrap_or_default(), row.real(2).unwrap_or(1.0), row.big(3).unwrap_or_default());
        Ok(())
    })?;
    READ_LAST.set(hours.counted);
    let ranges = within(&standing.tail("hourly_counts")?, &question.range);
    partitions::each_window(ranges, |window| {
        let mut above =
            Clauses::after("select e.event_name, e.event_ts, e.sample_rate from telemetry.events e where true");
        tenant_and_names("e", question, &mut above);
        above.sql += &partitions::condition(window, &mut above.arguments);
        above.compare("e.ingest_id", ">", INT8OID, Value::Big(standing.position));
        above.compare("e.ingest_id", "<=", INT8OID, Value::Big(i64::MAX));
        stream_tail(&above.sql, &above.arguments, |row| {
            hours.raw_events += 1;
            let time = row.big(1).unwrap_or_default();
            hours.add(row.text(0).unwrap_or_default(), time - time.rem_euclid(HOUR), row.real(2).unwrap_or(1.0), 1);
            Ok(())
        })
    })?;
    Ok(Some(hours))
}

/// Finds up to which event the counts are complete; None where they may not answer, or count nothing yet.
fn standing(visibility: Visibility) -> Result<Option<Standing>, Error> {
    if visibility == Visibility::Rows {
        return Ok(None);
    }
    let standing = provenance::standing("hourly_counts")?;
    Ok(Some(standing).filter(|standing| standing.position > 0 && standing.doubt.is_none()))
}

/// Whether an event was logged, as far as the counts know.
pub enum Known {
    Counted,
    /// No event up to the position has the name; a later one may.
    NotUpTo(Standing),
}

/// Looks for a name of an event among the counts. None where they may not answer for the caller.
pub fn counts(name: &str) -> Result<Option<Known>, Error> {
    let Some(standing) = standing(source::visibility_of_derived()?)? else { return Ok(None) };
    let mut known = Known::NotUpTo(standing);
    let sql = "select from telemetry.hourly_counts c where c.event_name operator(pg_catalog.=) $1 limit 1";
    stream_planned(sql, &[(TEXTOID, Value::Text(name))], Planning::Once, |_| {
        known = Known::Counted;
        Ok(())
    })?;
    Ok(Some(known))
}

/// Lists the names that were counted; none where the counts may not answer for the caller.
pub fn names() -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    if standing(source::visibility_of_derived()?)?.is_some() {
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
