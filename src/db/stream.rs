//! Streams the rows of a query one by one as the executor makes them: none is copied or kept, so that ten million cost
//! no memory.

use super::plans::{Plan, Planning};
use super::scopes::{Connection, context_within};
use super::{Value, session};
use crate::error::Error;
use pgrx::check_for_interrupts;
use pgrx::prelude::*;
use std::ffi::{CStr, CString};
use std::thread::{self, ThreadId};

/// The number of rows after which the memory of their detoasted values is freed.
const ROWS_BETWEEN_RESETS: u64 = 1_000;

/// The snapshot through which a query reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Snapshot {
    /// The query sees what the calling statement sees, as a read function must.
    OfStatement,
    /// The query sees what is committed at this moment, through a new snapshot.
    Latest,
}

/// The present row. What it lends is gone when the next one comes.
pub struct Row<'a> {
    slot: &'a pg_sys::TupleTableSlot,
}

impl Row<'_> {
    /// The value of a column, counted from 0; None for NULL.
    fn datum(&self, column: usize) -> Option<pg_sys::Datum> {
        // SAFETY: all columns of the slot were read before the row was handed on; a wrong number panics below.
        unsafe {
            let columns = self.slot.tts_nvalid as usize;
            let values = std::slice::from_raw_parts(self.slot.tts_values, columns);
            let nulls = std::slice::from_raw_parts(self.slot.tts_isnull, columns);
            (!nulls[column]).then(|| values[column])
        }
    }

    /// Reads a bigint or a timestamptz (microseconds since 2000-01-01 UTC).
    pub fn big(&self, column: usize) -> Option<i64> {
        self.datum(column).map(|datum| datum.value() as i64)
    }

    pub fn integer(&self, column: usize) -> Option<i32> {
        self.datum(column).map(|datum| datum.value() as i32)
    }

    pub fn real(&self, column: usize) -> Option<f32> {
        self.datum(column).map(|datum| f32::from_bits(datum.value() as u32))
    }

    pub fn double(&self, column: usize) -> Option<f64> {
        self.datum(column).map(|datum| f64::from_bits(datum.value() as u64))
    }

    pub fn flag(&self, column: usize) -> bool {
        self.datum(column).is_some_and(|datum| datum.value() & 0xff != 0)
    }

    /// Reads a uuid into a type that can be made of its bytes.
    pub fn uuid<T: From<[u8; 16]>>(&self, column: usize) -> Option<T> {
        // SAFETY: a uuid is 16 bytes behind a pointer, alive as long as the row.
        self.datum(column).map(|datum| unsafe { *datum.cast_mut_ptr::<[u8; 16]>() }.into())
    }

    pub fn text(&self, column: usize) -> Option<&str> {
        let bytes = self.bytes(column)?;
        Some(std::str::from_utf8(bytes).unwrap_or_default())
    }

    /// Reads a bytea, a text or a jsonb without its varlena header.
    pub fn bytes(&self, column: usize) -> Option<&[u8]> {
        // SAFETY: the column is a varlena; what is compressed or stored apart is copied to the memory that is freed
        // after some rows, not before the next one.
        self.datum(column).map(|datum| unsafe {
            let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
            let is_plain = pgrx::varlena::varatt_is_4b_u(varlena)
                || (pgrx::varlena::varatt_is_1b(varlena) && !pgrx::varlena::varatt_is_1b_e(varlena));
            let plain = if is_plain { varlena } else { pg_sys::pg_detoast_datum_packed(varlena) };
            pgrx::varlena_to_byte_slice(plain)
        })
    }

    /// Takes a value that may be stored apart, to be read in slices later.
    pub fn toasted(&self, column: usize) -> Option<Toasted> {
        // SAFETY: the column is a varlena; only what the tuple itself holds (at most a pointer of 18 bytes, where it
        // is stored apart) is copied.
        self.datum(column).map(|datum| unsafe {
            let varlena = datum.cast_mut_ptr::<pg_sys::varlena>();
            Toasted { bytes: std::slice::from_raw_parts(varlena.cast::<u8>(), pgrx::varsize_any(varlena)).into() }
        })
    }
}

/// A bytea of which slices are read. It is valid as long as the snapshot under which its row was seen.
pub struct Toasted {
    bytes: Box<[u8]>,
}

impl Toasted {
    /// Reads the bytes [start, start + length); fewer where the value is shorter.
    pub fn slice(&self, start: u32, length: u32) -> Slice {
        let own = Context::new(c"telemetry: a slice");
        // SAFETY: the copy is a well-formed varlena, which is only read, byte by byte where it is stored apart; the slice
        // is a new allocation, in the memory that goes with it.
        let varlena = unsafe {
            let context = pg_sys::MemoryContextSwitchTo(own.memory);
            let varlena = self.bytes.as_ptr().cast_mut().cast::<pg_sys::varlena>();
            let varlena = pg_sys::pg_detoast_datum_slice(varlena, start as i32, length as i32);
            pg_sys::MemoryContextSwitchTo(context);
            varlena
        };
        Slice { varlena, _context: own }
    }
}

/// Some bytes of a value, in memory of their own. Any thread may read them.
pub struct Slice {
    varlena: *mut pg_sys::varlena,
    _context: Context,
}

// SAFETY: the bytes are only read, in whatever thread, and stay where they are as long as the slice; nothing else of it
// is used but by drop() of its context, which calls PostgreSQL in the thread that made it alone.
unsafe impl Send for Slice {}

/// Memory from PostgreSQL that lives as long as this value, whatever the call and the transaction do.
struct Context {
    memory: pg_sys::MemoryContext,
    made_by: ThreadId,
}

impl Context {
    fn new(name: &'static CStr) -> Context {
        // SAFETY: the parent lives as long as the process.
        let memory = unsafe { context_within(pg_sys::TopMemoryContext, name) };
        Context { memory, made_by: thread::current().id() }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // In another thread, where nobody drops one, the memory would stay until the session ends.
        if thread::current().id() == self.made_by {
            // SAFETY: made by new(), nobody's current context outside of slice(). Deleting raises no error.
            unsafe { pg_sys::MemoryContextDelete(self.memory) };
        }
    }
}

impl std::ops::Deref for Slice {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: a varlena in memory that lives as long as the slice.
        unsafe { pgrx::varlena_to_byte_slice(self.varlena) }
    }
}

/// Does what stream() does, for a query of rows that arrived lately: they lie side by side, which the planner does not
/// know while there are no statistics of them.
pub fn stream_latest_rows(
    sql: &str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    snapshot: Snapshot,
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    session::with_settings(&OF_LATEST_ROWS, || stream(sql, arguments, snapshot, each))
}

/// Does what stream_latest_rows() does under the snapshot of the calling statement, for a query that is kept.
pub fn stream_tail(
    sql: &str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    session::with_settings(&OF_LATEST_ROWS, || stream_planned(sql, arguments, Planning::ByArguments, each))
}

const OF_LATEST_ROWS: [session::Setting; 2] = [(c"enable_seqscan", c"off"), (c"jit", c"off")];

/// Does what stream() does under the snapshot of the calling statement, for a query whose plan the session may keep. Its
/// text must name neither a type nor a temporary table of the application: PostgreSQL would not tell of their change.
pub fn stream_planned(
    sql: &str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    planning: Planning,
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    run(sql, arguments, (None, planning), Snapshot::OfStatement, each)
}

/// Runs a query with the caller's present rights and hands each row to `each`; ends early where that fails.
pub fn stream(
    sql: &str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    snapshot: Snapshot,
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    run(sql, arguments, (None, Planning::Anew), snapshot, each)
}

/// Does what stream() does, for a query that may read the rows of a statement by the names that its trigger gives them.
pub fn stream_changes(
    sql: &str,
    trigger: &pg_sys::TriggerData,
    snapshot: Snapshot,
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    run(sql, &[], (Some(trigger), Planning::Anew), snapshot, each)
}

fn run(
    sql: &str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    (trigger, planning): (Option<&pg_sys::TriggerData>, Planning),
    snapshot: Snapshot,
    mut each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = CString::new(sql).map_err(|_| Error::Spi("a statement holds a NUL".into()))?;
    let mut receiver = Receiver {
        // SAFETY: plain data; the four functions are set below, and nothing reads the rest.
        destination: unsafe { std::mem::zeroed() },
        each: &mut each,
        failure: None,
        rows: 0,
        // SAFETY: a context of this call, deleted below or with its parent.
        memory: unsafe { context_within(pg_sys::CurrentMemoryContext, c"telemetry: values of rows") },
    };
    receiver.destination.receiveSlot = Some(receive);
    receiver.destination.rStartup = Some(start);
    receiver.destination.rShutdown = Some(finish);
    receiver.destination.rDestroy = Some(finish);
    receiver.destination.mydest = pg_sys::CommandDest::DestNone;
    let connection = Connection::open()?;
    if let Some(trigger) = trigger {
        // SAFETY: the data of the trigger that runs at present; the connection forgets it when it is closed.
        super::check(unsafe { pg_sys::SPI_register_trigger_data(std::ptr::from_ref(trigger).cast_mut()) })?;
    }
    // SAFETY: the connection is open until it is dropped below. The receiver outlives the call that uses it.
    unsafe {
        let parameters = parameters_of(arguments)?;
        let options = pg_sys::SPIExecuteOptions {
            params: parameters,
            read_only: snapshot == Snapshot::OfStatement,
            must_return_tuples: true,
            dest: (&raw mut receiver.destination),
            ..Default::default()
        };
        if planning == Planning::Anew {
            super::check(pg_sys::SPI_execute_extended(sql.as_ptr(), &options))?;
        } else {
            let plan = Plan::of(&sql, arguments, planning, &connection)?;
            super::check(pg_sys::SPI_execute_plan_extended(plan.pointer(), &options))?;
        }
        pg_sys::MemoryContextDelete(receiver.memory);
    }
    drop(connection);
    receiver.failure.map_or(Ok(()), Err)
}

/// Makes the parameters of a query. It returns NULL where there are none, as PostgreSQL's own callers do: Citus takes
/// any list for one that has a first element.
///
/// # Safety
/// Within a call from SQL.
unsafe fn parameters_of(arguments: &[(pg_sys::Oid, Value<'_>)]) -> Result<pg_sys::ParamListInfo, Error> {
    if arguments.is_empty() {
        return Ok(std::ptr::null_mut());
    }
    if !arguments.iter().all(|(kind, value)| value.fits(*kind)) {
        return Err(Error::Spi("a query takes an argument of another type".into()));
    }
    // SAFETY: a list with room for as many parameters as it is made for, in the memory of the call.
    unsafe {
        let parameters = pg_sys::makeParamList(arguments.len() as i32);
        let slots = (*parameters).params.as_mut_slice(arguments.len());
        for (slot, (kind, value)) in slots.iter_mut().zip(arguments) {
            let datum = value.datum();
            slot.ptype = *kind;
            slot.pflags = pg_sys::PARAM_FLAG_CONST as u16;
            slot.isnull = datum.is_none();
            slot.value = datum.unwrap_or(pg_sys::Datum::from(0));
        }
        Ok(parameters)
    }
}

type Each<'a> = &'a mut dyn FnMut(&Row<'_>) -> Result<(), Error>;

/// A DestReceiver that calls a closure for each row: PostgreSQL's part comes first, so that its pointer is ours.
#[repr(C)]
struct Receiver<'a> {
    destination: pg_sys::DestReceiver,
    each: Each<'a>,
    failure: Option<Error>,
    rows: u64,
    memory: pg_sys::MemoryContext,
}

#[pg_guard]
unsafe extern "C-unwind" fn receive(slot: *mut pg_sys::TupleTableSlot, this: *mut pg_sys::DestReceiver) -> bool {
    // SAFETY: PostgreSQL hands back the receiver that stream() made, and a slot that holds a row.
    unsafe {
        let receiver = &mut *this.cast::<Receiver<'_>>();
        let columns = (*(*slot).tts_tupleDescriptor).natts;
        if i32::from((*slot).tts_nvalid) < columns {
            pg_sys::slot_getsomeattrs_int(slot, columns);
        }
        receiver.rows += 1;
        if receiver.rows % ROWS_BETWEEN_RESETS == 0 {
            check_for_interrupts!();
            pg_sys::MemoryContextReset(receiver.memory);
        }
        let context = pg_sys::MemoryContextSwitchTo(receiver.memory);
        let outcome = (receiver.each)(&Row { slot: &*slot });
        pg_sys::MemoryContextSwitchTo(context);
        match outcome {
            Ok(()) => true,
            Err(error) => {
                receiver.failure = Some(error);
                false
            }
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn start(
    _this: *mut pg_sys::DestReceiver,
    _operation: std::ffi::c_int,
    _columns: pg_sys::TupleDesc,
) {
}

#[pg_guard]
unsafe extern "C-unwind" fn finish(_this: *mut pg_sys::DestReceiver) {}

/// Makes a uuid argument, a copy in the memory of the call.
pub fn uuid(id: impl Into<[u8; 16]>) -> Value<'static> {
    array(pgrx::Uuid::from_bytes(id.into()))
}

/// Makes an argument of an array of uuids.
pub fn uuids<T: Copy + Into<[u8; 16]>>(ids: &[T]) -> Value<'static> {
    array(ids.iter().map(|id| pgrx::Uuid::from_bytes((*id).into())).collect::<Vec<_>>())
}

/// Makes an argument of an array, or of another value that pgrx passes by reference.
pub fn array(values: impl pgrx::IntoDatum) -> Value<'static> {
    values.into_datum().map_or(Value::Null, Value::Array)
}

/// Makes an argument of an array of values of a type, in the memory of the call.
pub fn array_of<'a>(element: pg_sys::Oid, values: impl Iterator<Item = Value<'a>>) -> Value<'static> {
    let (mut datums, mut nulls) = (Vec::new(), Vec::new());
    for value in values {
        assert!(value.type_oid().is_none_or(|kind| kind == element), "an array of values of another type");
        let datum = value.datum();
        datums.push(datum.unwrap_or(pg_sys::Datum::from(0)));
        nulls.push(datum.is_none());
    }
    let (mut length, mut by_value, mut align) = (0, false, 0);
    let (mut dimension, mut lower_bound) = (datums.len() as i32, 1);
    // SAFETY: as many datums of that type as the dimension says; the array is a copy.
    unsafe {
        pg_sys::get_typlenbyvalalign(element, &mut length, &mut by_value, &mut align);
        let array = pg_sys::construct_md_array(
            datums.as_mut_ptr(),
            nulls.as_mut_ptr(),
            1,
            &mut dimension,
            &mut lower_bound,
            element,
            i32::from(length),
            by_value,
            align,
        );
        Value::Array(pg_sys::Datum::from(array))
    }
}
