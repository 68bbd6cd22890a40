//! Whether the timeline keeps keys, as it does not where they are not promoted, or have many different values. Only the
//! speed depends on it: where the answer is no, rows are read one by one, which is faster than by way of a source.

use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream};
use crate::error::Error;
use crate::source::question::Question;
use crate::source::{Visibility, position, visibility_of_derived};
use crate::timeline::chunk::{Header, Property};
use pgrx::pg_sys::{BOOLOID, TIMESTAMPTZOID, UUIDOID};
use std::ops::Range;

/// Whether it can answer the question, and with its values those of another key.
pub fn timeline_keeps(question: &Question, other_key: Option<&str>) -> Result<bool, Error> {
    let is_nested = question.conditions.iter().any(|condition| condition.scalars.is_none());
    if is_nested || visibility_of_derived()? == Visibility::Rows || position("timeline")? == 0 {
        return Ok(false);
    }
    let of_conditions = question.conditions.iter().flat_map(|condition| condition.scalars.iter().flatten());
    let touched = question.touches.as_deref().into_iter().chain(other_key);
    let keys: Vec<&str> = touched.chain(of_conditions.map(|(key, _)| key.as_str())).collect();
    let Range { start: since, end: until } = question.range;
    let arguments = [
        (TIMESTAMPTZOID, Value::Time(since)),
        (TIMESTAMPTZOID, Value::Time(until)),
        (BOOLOID, Value::Flag(question.tenant.is_none())),
        (UUIDOID, stream::uuid(question.tenant.unwrap_or_default())),
    ];
    let sql = "select c.header from telemetry.timeline_chunks c \
         where c.last_ts operator(pg_catalog.>=) $1 and c.first_ts operator(pg_catalog.<) $2 \
           and ($3 or c.tenant_id operator(pg_catalog.=) $4)";
    let mut keeps = true;
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        // A damaged header is for the source to tell of.
        let Ok(header) = Header::read(row.bytes(0).unwrap_or_default()) else { return Ok(()) };
        for segment in header.segments.iter().filter(|segment| question.tests_of(&segment.name).is_read) {
            let is_kept = |key: &&str| {
                segment.properties.iter().any(|(name, property)| name == key && *property != Property::Unkept)
            };
            keeps &= keys.iter().all(is_kept) || segment.last < since || segment.since >= until;
        }
        Ok(())
    })?;
    Ok(keeps)
}
