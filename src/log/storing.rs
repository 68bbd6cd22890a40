//! Storing events: as COPY does where the partition is an ordinary table (`copying.rs`, and `layout.rs` says which one
//! is), else by one INSERT.

mod copying;
mod layout;
mod order;

use crate::db::stream::array_of;
use crate::db::{Statement, Value, distribution, execute, forget, session, watch};
use crate::error::Error;
use crate::log::incoming::Payload;
use crate::log::late_arrivals::Noting;
use crate::log::partitions;
use pgrx::pg_sys;
use std::cell::Cell;
use std::ffi::CStr;
use uuid::Uuid;

/// A row of telemetry.events; ingest_id is drawn when it is stored. Times are microseconds since 2000-01-01 UTC.
#[derive(Debug, Clone)]
pub struct EventRow<'a> {
    pub event_ts: i64,
    pub event_id: Uuid,
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub client_ts: Option<i64>,
    pub seq: Option<i32>,
    pub event_version: i16,
    pub event_name: &'a str,
    pub source: Option<&'a str>,
    pub sample_rate: Option<f32>,
    pub payload: Payload<'a>,
}

const COLUMNS: usize = 13;

impl EventRow<'_> {
    /// Returns the values in the order of the table, without ingest_id.
    fn values(&self) -> [Value<'_>; COLUMNS] {
        [
            Value::Time(self.event_ts),
            Value::Uuid(&self.event_id),
            Value::Uuid(&self.tenant_id),
            Value::of(self.user_id.as_ref(), Value::Uuid),
            Value::of(self.session_id.as_ref(), Value::Uuid),
            Value::of(self.subject_id.as_ref(), Value::Uuid),
            Value::of(self.client_ts, Value::Time),
            Value::of(self.seq, Value::Integer),
            Value::Small(self.event_version),
            Value::Text(self.event_name),
            Value::of(self.source, Value::Text),
            Value::of(self.sample_rate, Value::Real),
            Value::Container(&self.payload),
        ]
    }

    /// Returns the id in a column of the table, counted from 0; none where it is NULL or the column holds no ids.
    fn id_at(&self, column: usize) -> Option<Uuid> {
        match column {
            2 => Some(self.event_id),
            3 => Some(self.tenant_id),
            4 => self.user_id,
            5 => self.session_id,
            6 => self.subject_id,
            _ => None,
        }
    }
}

/// The table's columns in order, as init_events() makes them: each with its name, its type and whether it refuses NULL.
/// Rows of a table that has others go through INSERT.
const SHAPE: [(&CStr, pg_sys::Oid, bool); COLUMNS + 1] = [
    (c"event_ts", pg_sys::TIMESTAMPTZOID, true),
    (c"ingest_id", pg_sys::INT8OID, true),
    (c"event_id", pg_sys::UUIDOID, true),
    (c"tenant_id", pg_sys::UUIDOID, true),
    (c"user_id", pg_sys::UUIDOID, false),
    (c"session_id", pg_sys::UUIDOID, false),
    (c"subject_id", pg_sys::UUIDOID, false),
    (c"client_ts", pg_sys::TIMESTAMPTZOID, false),
    (c"seq", pg_sys::INT4OID, false),
    (c"event_version", pg_sys::INT2OID, true),
    (c"event_name", pg_sys::TEXTOID, true),
    (c"source", pg_sys::TEXTOID, false),
    (c"sample_rate", pg_sys::FLOAT4OID, false),
    (c"payload", pg_sys::JSONBOID, true),
];
const INGEST_ID: usize = 1;

/// One INSERT stores at most so many rows.
const MOST_AT_ONCE: usize = 1_000;

/// Stores one event.
pub fn insert_event(row: &EventRow<'_>) -> Result<(), Error> {
    insert_events(std::slice::from_ref(row))
}

/// Stores events, in their order. The caller runs as the table's owner.
pub fn insert_events(rows: &[EventRow<'_>]) -> Result<(), Error> {
    session::without_row_details(|| if rows.is_empty() { Ok(()) } else { insert(rows) })
}

/// One event too goes into its partition: an INSERT would have PostgreSQL read the bounds of all partitions first.
fn insert(rows: &[EventRow<'_>]) -> Result<(), Error> {
    // SAFETY: reads the state of the transaction; the name is for the message.
    unsafe { pg_sys::PreventCommandIfReadOnly(c"INSERT".as_ptr()) };
    // Before a partition is looked up: none can be detached from here on. And before ids are drawn: whoever waits for
    // the writers of this table has seen every id below.
    watch::lock_events();
    let mut noting = Noting::begin()?;
    let mut rest = rows;
    // There a partition of this server is an empty shell: what was written into it would be seen by nobody.
    let is_local = !distribution::is_log_distributed()?;
    while let Some(first) = rest.first() {
        let partition = partitions::ensure(first.event_ts)?;
        let count =
            partition.map_or(1, |partition| rest.iter().take_while(|row| partition.covers(row.event_ts)).count());
        let (now, later) = rest.split_at(count);
        let earliest = now.iter().map(|row| row.event_ts).min();
        noting.note(earliest.unwrap_or(first.event_ts), partition);
        match partition {
            // SAFETY: within a transaction, with an active snapshot, as every call from SQL is.
            Some(partition) if is_local && unsafe { copying::copy_into(partition.oid, now) }? => (),
            _ => match now {
                [row] => insert_exactly(Statement::InsertEvent, &row.values(), 1)?,
                _ => now.chunks(MOST_AT_ONCE).try_for_each(insert_by_statement)?,
            },
        }
        rest = later;
    }
    noting.end()
}

thread_local! {
    static IS_STORING: Cell<bool> = const { Cell::new(false) };
}

/// Says whether an INSERT into the log is one of this file's, whose rows draw new ids.
pub fn is_storing() -> bool {
    IS_STORING.get()
}

/// While it lives, [`is_storing`] is true; it ends also where PostgreSQL raises an error.
struct Storing(bool);

impl Storing {
    fn begin() -> Storing {
        Storing(IS_STORING.replace(true))
    }
}

impl Drop for Storing {
    fn drop(&mut self) {
        IS_STORING.set(self.0);
    }
}

/// A trigger or a rule of the application may withhold a row: that is an error, not a stored event.
fn insert_exactly(statement: Statement, values: &[Value<'_>], rows: u64) -> Result<(), Error> {
    let storing = Storing::begin();
    let stored = execute(statement, values)?;
    drop(storing);
    if stored == rows {
        return Ok(());
    }
    forget(statement);
    Err(Error::Withheld)
}

/// Stores rows by one INSERT ... SELECT FROM unnest(), so that triggers, foreign keys and distributed tables get their
/// due.
fn insert_by_statement(rows: &[EventRow<'_>]) -> Result<(), Error> {
    let values: Vec<[Value<'_>; COLUMNS]> = rows.iter().map(EventRow::values).collect();
    let types = SHAPE.iter().enumerate().filter(|(column, _)| *column != INGEST_ID).map(|(_, (_, kind, _))| *kind);
    let columns: Vec<Value<'_>> =
        types.enumerate().map(|(column, element)| array_of(element, values.iter().map(|row| row[column]))).collect();
    insert_exactly(Statement::InsertEvents, &columns, rows.len() as u64)
}
