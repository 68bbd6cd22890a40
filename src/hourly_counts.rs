//! The hourly counts, with the events above their cursor. Twin: sql/hourly_counts.sql, which adds to them.

use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream, stream_latest_rows};
use crate::error::Error;
use crate::source::question::Question;
use crate::source::{self, Visibility};
use pgrx::pg_sys::{INT8OID, TEXTARRAYOID, TIMESTAMPTZOID, UUIDOID};
use std::collections::HashMap;

const HOUR: i64 = 3_600_000_000;

/// Whether a time is the start of an hour of UTC.
pub fn is_whole(time: i64) -> bool {
    time.rem_euclid(HOUR) == 0
}

/// Events by name, hour and bits of the sampling rate.
#[derive(Default)]
pub struct Hours {
    numbers: HashMap<String, usize>,
    names: Vec<String>,
    counts: HashMap<(usize, i64, u32), i64>,
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

    /// The first and the last hour; none without events.
    pub fn span(&self) -> Option<(i64, i64)> {
        let hours = self.counts.keys().map(|(_, hour, _)| *hour);
        Some((hours.clone().min()?, hours.max()?))
    }

    /// Name, hour, sampling rate, events.
    pub fn rows(&self) -> impl Iterator<Item = (&str, i64, f32, i64)> {
        self.counts
            .iter()
            .map(|((number, hour, rate), events)| (self.names[*number].as_str(), *hour, f32::from_bits(*rate), *events))
    }
}

/// None where the hourly counts cannot answer: a filter, a range that cuts an hour, a caller who sees only part of the
/// tenant, or nothing counted yet. A question's actors are not looked at.
pub fn read(question: &Question) -> Result<Option<Hours>, Error> {
    let is_cut = [question.range.start, question.range.end]
        .iter()
        .any(|end| !matches!(*end, i64::MIN | i64::MAX) && !is_whole(*end));
    let position = source::position("hourly_counts")?;
    if is_cut || !question.conditions.is_empty() || position == 0 || source::visibility_of_derived()? == Visibility::Rows {
        return Ok(None);
    }
    let mut hours = Hours::default();
    let mut counted = 0;
    let mut raw_events = 0;
    let (conditions, arguments) = range("c", "c.hour", question);
    let sql = format!(
        "select c.event_name, c.hour, c.sample_rate, c.events from telemetry.hourly_counts c where true{conditions}"
    );
    stream(&sql, &arguments, Snapshot::OfStatement, |row| {
        counted += 1;
        let name = row.text(0).unwrap_or_default();
        hours.add(name, row.big(1).unwrap_or_default(), row.real(2).unwrap_or(1.0), row.big(3).unwrap_or_default());
        Ok(())
    })?;
    let (conditions, mut arguments) = range("e", "e.event_ts", question);
    arguments.push((INT8OID, Value::Big(position)));
    arguments.push((INT8OID, Value::Big(i64::MAX)));
    let sql = format!(
        "select e.event_name, e.event_ts, e.sample_rate from telemetry.events e where true{conditions} \
         and e.ingest_id operator(pg_catalog.>) ${} and e.ingest_id operator(pg_catalog.<=) ${}",
        arguments.len() - 1,
        arguments.len()
    );
    stream_latest_rows(&sql, &arguments, Snapshot::OfStatement, |row| {
        raw_events += 1;
        let time = row.big(1).unwrap_or_default();
        hours.add(row.text(0).unwrap_or_default(), time - time.rem_euclid(HOUR), row.real(2).unwrap_or(1.0), 1);
        Ok(())
    })?;
    source::note_hours(counted, raw_events);
    Ok(Some(hours))
}

type Arguments<'a> = Vec<(pgrx::pg_sys::Oid, Value<'a>)>;

/// The conditions of a question on the rows of `table`, whose time is `time`.
fn range<'a>(table: &str, time: &str, question: &'a Question) -> (String, Arguments<'a>) {
    let mut arguments: Arguments<'a> = Vec::new();
    let mut sql = String::new();
    if question.range.start != i64::MIN {
        arguments.push((TIMESTAMPTZOID, Value::Time(question.range.start)));
        sql += &format!(" and {time} operator(pg_catalog.>=) ${}", arguments.len());
    }
    if question.range.end != i64::MAX {
        arguments.push((TIMESTAMPTZOID, Value::Time(question.range.end)));
        sql += &format!(" and {time} operator(pg_catalog.<) ${}", arguments.len());
    }
    if let Some(tenant) = question.tenant {
        arguments.push((UUIDOID, stream::uuid(tenant)));
        sql += &format!(" and {table}.tenant_id operator(pg_catalog.=) ${}", arguments.len());
    }
    if let Some(names) = question.names() {
        let names: Vec<String> = names.into_iter().map(str::to_string).collect();
        arguments.push((TEXTARRAYOID, stream::array(names)));
        sql += &format!(" and {table}.event_name operator(pg_catalog.=) any (${})", arguments.len());
    }
    (sql, arguments)
}
