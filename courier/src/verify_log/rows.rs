//! The rows of an export, and the leaf of each.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::value::RawValue;
use telemetry_seals::event::Event;
use telemetry_seals::hash::Hash;
use telemetry_seals::payload;

use super::comparing::Rows;
use super::handed::{Handed, Id, id};
use crate::export::each_line;
use crate::export::place::Place;
use crate::export::reading::{self, Export};

/// A row as a line of JSON. Numbers stay as they were written.
#[derive(Deserialize)]
struct Row<'a> {
    ingest_id: i64,
    event_id: &'a str,
    tenant_id: &'a str,
    event_ts: &'a str,
    event_name: String,
    event_version: i16,
    source: Option<String>,
    #[serde(borrow)]
    sample_rate: Option<&'a RawValue>,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    subject_id: Option<&'a str>,
    client_ts: Option<&'a str>,
    seq: Option<i32>,
    #[serde(borrow)]
    payload: &'a RawValue,
}

/// The leaf of every row, by its ingest_id; none where the secret of its person is not there. It takes some 50 bytes an event.
pub fn read(place: &dyn Place, export: &Export, handed: &Handed) -> Result<Rows, String> {
    let mut rows = Rows::new();
    for held in export.files() {
        let path = &held.file.path;
        let file = reading::fetch(place, &held.file)?;
        each_line(file, &held, |line| {
            let (id, leaf) = leaf_of(line, handed).map_err(|what| format!("{path}: {what}"))?;
            if rows.insert(id, leaf).is_some() {
                return Err(format!("{path}: ingest_id {id} is there twice"));
            }
            Ok(false)
        })?;
    }
    Ok(rows)
}

fn leaf_of(line: &str, handed: &Handed) -> Result<(i64, Option<Hash>), String> {
    let row: Row<'_> = serde_json::from_str(line).map_err(|_| "a row lacks a column of the log".to_owned())?;
    let number = row.ingest_id;
    let leaf = leaf(&row, handed).map_err(|column| format!("ingest_id {number}: {column} cannot be read"))?;
    Ok((number, leaf))
}

/// Errors are the name of a column.
fn leaf(row: &Row<'_>, handed: &Handed) -> Result<Option<Hash>, &'static str> {
    let optional = |text: Option<&str>, column| text.map(|text| id(text).ok_or(column)).transpose();
    let tenant_id: Id = id(row.tenant_id).ok_or("tenant_id")?;
    let user_id = optional(row.user_id, "user_id")?;
    let Some(secret) = handed.secret(tenant_id, user_id) else { return Ok(None) };
    let rate = row.sample_rate.map(|rate| rate.get().parse::<f32>().map_err(|_| "sample_rate")).transpose()?;
    let payload = payload::of_json(row.payload.get()).map_err(|_| "payload")?;
    let event = Event {
        ingest_id: row.ingest_id,
        event_id: id(row.event_id).ok_or("event_id")?,
        tenant_id,
        event_ts: micros(row.event_ts).ok_or("event_ts")?,
        event_name: &row.event_name,
        event_version: row.event_version,
        source: row.source.as_deref(),
        sample_rate: rate,
        user_id,
        session_id: optional(row.session_id, "session_id")?,
        subject_id: optional(row.subject_id, "subject_id")?,
        client_ts: row.client_ts.map(|time| micros(time).ok_or("client_ts")).transpose()?,
        seq: row.seq,
        payload: &payload,
    };
    Ok(Some(event.leaf(secret)))
}

fn micros(time: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(time).ok().map(|time| time.timestamp_micros())
}
