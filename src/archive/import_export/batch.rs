//! Some thousand events of a file: those that are new are stored together, those that are known are compared.

use super::erased::Erased;
use super::line::{Problem, ReadEvent};
use crate::db::scopes::in_own_memory;
use crate::db::stream::{Row, Snapshot, array, array_of, stream, uuids};
use crate::db::{Value, session};
use crate::error::Error;
use crate::jsonb::{Jsonb, canonical};
use crate::log::incoming::Payload;
use crate::log::instant;
use crate::log::storing::{self, EventRow};
use crate::time::MINUTE;
use pgrx::check_for_interrupts;
use pgrx::pg_sys::{TEXTARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// So many events are stored at a time: the log notes once for each batch which partitions got old events.
pub const MOST_ROWS: usize = 20_000;

/// An event may lie so far ahead of the server's clock, because clocks differ.
const FUTURE_TOLERANCE: i64 = 5 * MINUTE;

/// A message tells so many names at most.
const MOST_NAMES: usize = 5;

/// Under what the log has an event once.
type Key = (Uuid, i64, Uuid);

pub struct Batch<'a> {
    now: i64,
    events: Vec<(usize, ReadEvent<'a>)>,
    /// Names of events that are known to be registered.
    registered: HashSet<String>,
    erased: Erased,
}

/// What became of the events of a file.
#[derive(Default)]
pub struct Outcome {
    pub stored: i64,
    pub known: i64,
    pub erased: i64,
}

impl<'a> Batch<'a> {
    pub fn new(erased: Erased) -> Batch<'a> {
        Batch { now: session::clock(), events: Vec::with_capacity(MOST_ROWS), registered: HashSet::new(), erased }
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Takes the event of a line, counted from 1. Error: 22023 a time that no log has.
    pub fn add(&mut self, line: usize, event: ReadEvent<'a>) -> Result<(), Error> {
        if event.event_ts > self.now + FUTURE_TOLERANCE {
            return Err(Problem("event_ts is more than 5 minutes in the future".into()).on_line(line));
        }
        if event.event_ts < instant::FIRST {
            return Err(Problem("event_ts is before 1970".into()).on_line(line));
        }
        self.events.push((line, event));
        Ok(())
    }

    /// Stores what is new and was not erased, and empties the batch. Adds to `outcome` what became of the events.
    pub fn store(&mut self, outcome: &mut Outcome) -> Result<(), Error> {
        check_for_interrupts!();
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            return Ok(());
        }
        in_own_memory(|| {
            self.check_names(&events)?;
            let mut payloads: Vec<Jsonb> =
                events.iter().map(|(_, event)| Jsonb::parse(event.payload).unwrap_or(Jsonb(Vec::new()))).collect();
            self.erased.scrub(&events, &mut payloads)?;
            let mut erased = self.erased.places(&events)?;
            let known = known_places(&events, &payloads, &self.erased, &erased)?;
            erased.retain(|place| !known.contains(place));
            let is_new = |place: &usize| !known.contains(place) && !erased.contains(place);
            let new = events.iter().zip(&payloads).enumerate().filter(|(place, _)| is_new(place));
            let rows: Vec<EventRow<'_>> = new.map(|(_, ((_, event), payload))| row_of(event, payload)).collect();
            storing::insert_events(&rows)?;
            outcome.stored += rows.len() as i64;
            outcome.known += known.len() as i64;
            outcome.erased += erased.len() as i64;
            Ok(())
        })
    }

    fn check_names(&mut self, events: &[(usize, ReadEvent<'_>)]) -> Result<(), Error> {
        let new: BTreeSet<&str> = events
            .iter()
            .map(|(_, event)| event.event_name.as_ref())
            .filter(|name| !self.registered.contains(*name))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = new.iter().map(ToString::to_string).collect();
        let mut unknown = Vec::new();
        let sql = "select n.n from pg_catalog.unnest($1) n (n) \
             where not exists (select from telemetry.event_types t where t.event_name operator(pg_catalog.=) n.n)";
        stream(sql, &[(TEXTARRAYOID, array(names.clone()))], Snapshot::Latest, |row| {
            unknown.push(format!("\"{}\"", crate::spelling::shown(row.text(0).unwrap_or_default())));
            Ok(())
        })?;
        if unknown.is_empty() {
            self.registered.extend(names);
            return Ok(());
        }
        let more = if unknown.len() > MOST_NAMES { ", ..." } else { "" };
        Err(Error::BadArgument {
            problem: format!("events are not registered here: {}{more}", unknown[..unknown.len().min(MOST_NAMES)].join(", ")),
            hint: "Install their pack, or hand their definitions over, from the database of the export: taxonomy => (select jsonb_agg(t) from telemetry.event_types t).".into(),
        })
    }
}

impl Problem {
    pub fn on_line(self, line: usize) -> Error {
        Error::BadArgument {
            problem: format!("line {line}: {}", self.0),
            hint: "Each line is a row of the log as telemetry.export_rows() gives it, or a line of telemetry.tenant_data().".into(),
        }
    }
}

fn row_of<'a>(event: &'a ReadEvent<'_>, payload: &'a Jsonb) -> EventRow<'a> {
    EventRow {
        event_ts: event.event_ts,
        event_id: event.event_id,
        tenant_id: event.tenant_id,
        user_id: event.user_id,
        session_id: event.session_id,
        subject_id: event.subject_id,
        client_ts: event.client_ts,
        seq: event.seq,
        event_version: event.event_version,
        event_name: &event.event_name,
        source: event.source.as_deref(),
        sample_rate: event.sample_rate,
        payload: Payload::Sent(&payload.0),
    }
}

/// Returns which events the log has already. What was anonymised is there as another event, which is none of the known ones.
/// Error: 23505 the log has another event under the same id that was not erased.
fn known_places(
    events: &[(usize, ReadEvent<'_>)],
    payloads: &[Jsonb],
    receipts: &Erased,
    erased: &HashSet<usize>,
) -> Result<HashSet<usize>, Error> {
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(events.len());
    for (place, (line, event)) in events.iter().enumerate() {
        if places.insert((event.tenant_id, event.event_ts, event.event_id), place).is_some() {
            return Err(Problem("an event that is in the file already".into()).on_line(*line));
        }
    }
    let times = || events.iter().map(|(_, event)| event.event_ts);
    let (Some(since), Some(until)) = (times().min(), times().max()) else { return Ok(HashSet::new()) };
    let ids = |of: fn(&ReadEvent<'_>) -> Uuid| {
        (UUIDARRAYOID, uuids(&events.iter().map(|(_, event)| of(event).into_bytes()).collect::<Vec<_>>()))
    };
    let arguments = [
        ids(|event| event.tenant_id),
        (TIMESTAMPTZARRAYOID, array_of(TIMESTAMPTZOID, times().map(Value::Time))),
        ids(|event| event.event_id),
        (TIMESTAMPTZOID, Value::Time(since)),
        (TIMESTAMPTZOID, Value::Time(until)),
    ];
    let sql = "select k.place, e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq, e.event_version::pg_catalog.int4, e.event_name, e.source, \
                e.sample_rate, e.payload \
           from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3)) with ordinality k (tenant_id, event_ts, event_id, place) \
           join telemetry.events e on e.tenant_id operator(pg_catalog.=) k.tenant_id and e.event_ts operator(pg_catalog.=) k.event_ts \
                and e.event_id operator(pg_catalog.=) k.event_id \
          where e.event_ts operator(pg_catalog.>=) $4 and e.event_ts operator(pg_catalog.<=) $5";
    let mut known = HashSet::new();
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let place = (row.big(0).unwrap_or_default() - 1) as usize;
        let (line, event) = &events[place];
        if is_same(event, &payloads[place], row, receipts.renames_sessions_of(&event.tenant_id)) {
            known.insert(place);
        } else if !erased.contains(&place) {
            return Err(Error::AnotherEvent { line: *line });
        }
        Ok(())
    })?;
    Ok(known)
}

/// Says whether the row of the log is the event, whose session may be `another_session`.
fn is_same(event: &ReadEvent<'_>, payload: &Jsonb, row: &Row<'_>, another_session: bool) -> bool {
    let id = |column| row.uuid::<[u8; 16]>(column).map(Uuid::from_bytes);
    let content = |container: &[u8]| {
        let mut text = Vec::with_capacity(container.len());
        canonical::write(Some(container), &mut text);
        text
    };
    [id(1), id(3)] == [event.user_id, event.subject_id]
        && (id(2) == event.session_id || another_session && id(2).is_some() && event.session_id.is_some())
        && row.big(4) == event.client_ts
        && row.integer(5) == event.seq
        && row.integer(6) == Some(i32::from(event.event_version))
        && row.text(7) == Some(event.event_name.as_ref())
        && row.text(8) == event.source.as_deref()
        && row.real(9) == event.sample_rate
        && content(row.bytes(10).unwrap_or_default()) == content(&payload.0)
}
