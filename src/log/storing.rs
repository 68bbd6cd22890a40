//! Storing many events at once: as COPY does where the partition is an ordinary table, else by one INSERT.

use crate::db::stream::array_of;
use crate::db::{Statement, Value, distribution, execute, forget, session, watch};
use crate::error::Error;
use crate::log::incoming::Payload;
use crate::log::late_arrivals::Noting;
use crate::log::partitions::{self, Partition};
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
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

/// So many rows are written to the heap at once, as COPY does.
const CHUNK: usize = 1_000;

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
            Some(partition) if is_local && unsafe { copy_into(partition, now) }? => (),
            _ => match now {
                [row] => insert_exactly(Statement::InsertEvent, &row.values(), 1)?,
                _ => now.chunks(CHUNK).try_for_each(insert_by_statement)?,
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

/// Stores rows in their partition as COPY does: the heap in bulk, then the indexes. Where it returns false nothing is
/// done: COPY would do more for the table (triggers, constraints, another access method, other columns).
///
/// # Safety
/// It is called within a transaction, and the rows belong into the partition.
unsafe fn copy_into(partition: Partition, rows: &[EventRow<'_>]) -> Result<bool, Error> {
    // SAFETY: relations, slots and executor state are opened here and closed here; where PostgreSQL raises an error
    // in between, the abort of the transaction releases them all. Rows outlive the slots that point to them.
    unsafe {
        let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), false);
        let private = pg_sys::get_namespace_oid(c"telemetry_private".as_ptr(), false);
        let parent = pg_sys::table_open(pg_sys::get_relname_relid(c"events".as_ptr(), schema), lock);
        let table = pg_sys::try_table_open(partition.oid, lock);
        if table.is_null() || !(*(*table).rd_rel).relispartition || !is_plain(parent, table) {
            if !table.is_null() {
                pg_sys::table_close(table, lock);
            }
            pg_sys::table_close(parent, lock);
            return Ok(false);
        }
        let sequence = Datum::from(pg_sys::get_relname_relid(c"ingest_id".as_ptr(), private));
        let estate = pg_sys::CreateExecutorState();
        let target = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
        (*target).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        pg_sys::InitResultRelInfo(target, table, 0, std::ptr::null_mut(), 0);
        pg_sys::ExecOpenIndices(target, false);
        let context = pg_sys::MakePerTupleExprContext(estate);
        let bulk = if rows.len() > 1 { pg_sys::GetBulkInsertState() } else { std::ptr::null_mut() };
        // A copy: a thousand slots would count as many references to the relation's own.
        let columns = pg_sys::CreateTupleDescCopyConstr((*table).rd_att);
        let mut slots: Vec<*mut pg_sys::TupleTableSlot> = (0..rows.len().min(CHUNK))
            .map(|_| pg_sys::MakeSingleTupleTableSlot(columns, &raw const pg_sys::TTSOpsHeapTuple))
            .collect();
        let command = pg_sys::GetCurrentCommandId(true);
        for chunk in rows.chunks(CHUNK) {
            check_for_interrupts!();
            for (slot, row) in slots.iter().zip(chunk) {
                fill(*slot, row, sequence);
            }
            let count = chunk.len();
            pg_sys::heap_multi_insert(table, slots.as_mut_ptr(), count as i32, command, 0, bulk);
            for slot in &slots[..count] {
                insert_index_entries(target, *slot, estate);
                pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
            }
        }
        for slot in slots {
            pg_sys::ExecDropSingleTupleTableSlot(slot);
        }
        if !bulk.is_null() {
            pg_sys::FreeBulkInsertState(bulk);
        }
        pg_sys::ExecCloseIndices(target);
        pg_sys::FreeExecutorState(estate);
        pg_sys::table_close(table, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::table_close(parent, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::CommandCounterIncrement();
        Ok(true)
    }
}

/// Fills a slot with a row and the next ingest_id.
///
/// # Safety
/// The slot is of the table that [`is_plain`] looked at.
unsafe fn fill(slot: *mut pg_sys::TupleTableSlot, row: &EventRow<'_>, sequence: Datum) {
    // SAFETY: the slot has the columns of SHAPE; by-reference values are borrowed from the row until the slot is
    // cleared or the tuple formed, and jsonb and text are copies in the memory of the call.
    unsafe {
        if let Some(clear) = (*(*slot).tts_ops).clear {
            clear(slot);
        }
        let values = std::slice::from_raw_parts_mut((*slot).tts_values, COLUMNS + 1);
        let nulls = std::slice::from_raw_parts_mut((*slot).tts_isnull, COLUMNS + 1);
        let ingest_id = pgrx::direct_function_call_as_datum(pg_sys::nextval_oid, &[Some(sequence)]);
        for (column, value) in row.values().into_iter().enumerate() {
            let column = if column < INGEST_ID { column } else { column + 1 };
            let datum = value.datum();
            nulls[column] = datum.is_none();
            values[column] = datum.unwrap_or(Datum::from(0));
        }
        nulls[INGEST_ID] = ingest_id.is_none();
        values[INGEST_ID] = ingest_id.unwrap_or(Datum::from(0));
        pg_sys::ExecStoreVirtualTuple(slot);
    }
}

/// # Safety
/// The slot holds a stored tuple of the target, whose indexes are open.
unsafe fn insert_index_entries(
    target: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) {
    let none = std::ptr::null_mut();
    // SAFETY: as the caller says. No index is deferrable: is_plain() saw no trigger that would check it later.
    unsafe {
        #[cfg(feature = "pg15")]
        pg_sys::ExecInsertIndexTuples(target, slot, estate, false, false, none, std::ptr::null_mut());
        #[cfg(not(feature = "pg15"))]
        pg_sys::ExecInsertIndexTuples(target, slot, estate, false, false, none, std::ptr::null_mut(), false);
    }
}

/// Says whether storing a row in the partition is nothing but the heap and its indexes.
///
/// # Safety
/// Both relations are open.
unsafe fn is_plain(parent: pg_sys::Relation, table: pg_sys::Relation) -> bool {
    // SAFETY: fields of open relations, as the relation cache keeps them.
    unsafe {
        let description = (*table).rd_att;
        let columns = pgrx::PgTupleDesc::from_pg_unchecked(description);
        let has_our_columns = columns.len() == SHAPE.len()
            && SHAPE.iter().enumerate().all(|(n, (name, kind, is_required))| {
                columns.get(n).is_some_and(|column| {
                    CStr::from_ptr(column.attname.data.as_ptr()) == *name
                        && column.atttypid == *kind
                        && column.atttypmod == -1
                        && column.attnotnull == *is_required
                        && !column.attisdropped
                })
            });
        let constraints = (*description).constr.as_ref();
        let is_unconstrained =
            constraints.is_none_or(|constraints| constraints.num_check == 0 && !constraints.has_generated_stored);
        let triggers = (*table).trigdesc.as_ref();
        let has_no_row_trigger = triggers.is_none_or(|triggers| {
            !triggers.trig_insert_before_row && !triggers.trig_insert_after_row && !triggers.trig_insert_new_table
        });
        (*(*table).rd_rel).relkind == pg_sys::RELKIND_RELATION as std::ffi::c_char
            && (*table).rd_tableam == pg_sys::GetHeapamTableAmRoutine()
            && has_our_columns
            && is_unconstrained
            && has_no_row_trigger
            && (*parent).rd_rules.is_null()
            && has_only_our_insert_triggers(parent)
    }
}

/// # Safety
/// The relation is open.
unsafe fn has_only_our_insert_triggers(parent: pg_sys::Relation) -> bool {
    const INSERT: i16 = 1 << 2; // TRIGGER_TYPE_INSERT
    // SAFETY: as many triggers as the description says.
    unsafe {
        let Some(description) = (*parent).trigdesc.as_ref() else { return true };
        let triggers = std::slice::from_raw_parts(description.triggers, description.numtriggers as usize);
        triggers
            .iter()
            .all(|trigger| trigger.tgtype & INSERT == 0 || CStr::from_ptr(trigger.tgname) == c"append_only_statement")
    }
}
