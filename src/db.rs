//! The only file that speaks SPI, and the one that hears of changed relations.
//!
//! The statements of the logging path are planned once per backend and kept. They run as the owner of the functions
//! that use them, so row-level security does not apply to them.

use crate::error::Error;
use crate::jsonb::JsonbArg;
use pgrx::prelude::*;
use pgrx::{FromDatum, IntoDatum};
use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Every statement that Rust runs.
#[derive(Clone, Copy)]
pub enum Statement {
    Definitions,
    Sources,
    PartitionRange,
    InsertEvent,
    InsertRejection,
}

const STATEMENTS: usize = 5;
const MOST_ARGUMENTS: usize = 16;

impl Statement {
    fn sql(self) -> &'static CStr {
        match self {
            Statement::Definitions => {
                c"select pg_catalog.to_jsonb(t) from telemetry.event_types t where t.event_name operator(pg_catalog.=) $1 order by t.event_version desc"
            }
            Statement::Sources => c"select s::text from pg_catalog.unnest(pg_catalog.enum_range(null::telemetry.event_source)) s",
            Statement::PartitionRange => c"select p.since, p.until from telemetry_private.partition_range($1) p",
            Statement::InsertEvent => {
                c"insert into telemetry.events (event_ts, event_id, tenant_id, user_id, session_id, subject_id, client_ts, seq, event_version, event_name, source, sample_rate, payload) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
            }
            Statement::InsertRejection => {
                c"insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, event_name, event_version, caller, event) select $1, $2, $3, $4, $5, $6, $7, $8, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('event_name', $6, 'user_id', $9, 'session_id', $10, 'subject_id', $11, 'source', $12, 'client_ts', $13, 'seq', $14, 'event_version', $15, 'event_ts', $2)) operator(pg_catalog.||) pg_catalog.jsonb_build_object('payload', $16)"
            }
        }
    }

    /// Only what every logged event needs. A kept plan would outlive a function or type of the extension that
    /// DROP EXTENSION and CREATE EXTENSION replace within one session, so what names one is planned anew.
    fn is_kept(self) -> bool {
        !matches!(self, Statement::Sources | Statement::PartitionRange)
    }

    fn argument_types(self) -> Vec<pg_sys::Oid> {
        use pg_sys::{FLOAT4OID, INT2OID, INT4OID, JSONBOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
        match self {
            Statement::Definitions => vec![TEXTOID],
            Statement::Sources => vec![],
            Statement::PartitionRange => vec![TIMESTAMPTZOID],
            Statement::InsertEvent => vec![
                TIMESTAMPTZOID,
                UUIDOID,
                UUIDOID,
                UUIDOID,
                UUIDOID,
                UUIDOID,
                TIMESTAMPTZOID,
                INT4OID,
                INT2OID,
                TEXTOID,
                TEXTOID,
                FLOAT4OID,
                JSONBOID,
            ],
            Statement::InsertRejection => vec![
                UUIDOID,
                TIMESTAMPTZOID,
                UUIDOID,
                TEXTOID,
                TEXTOID,
                TEXTOID,
                INT2OID,
                TEXTOID,
                UUIDOID,
                UUIDOID,
                UUIDOID,
                TEXTOID,
                TIMESTAMPTZOID,
                INT4OID,
                INT4OID,
                JSONBOID,
            ],
        }
    }
}

/// What a statement may see and do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads what is committed at this moment (and the transaction's own changes), also under REPEATABLE READ.
    ReadLatest,
    Write,
}

thread_local! {
    static PLANS: [Cell<pg_sys::SPIPlanPtr>; STATEMENTS] = const { [const { Cell::new(std::ptr::null_mut()) }; STATEMENTS] };
}

/// One row of a result.
pub struct Row {
    tuple: pg_sys::HeapTuple,
    description: pg_sys::TupleDesc,
}

impl Row {
    /// A column, counted from 1; by-reference values are copied by `T`.
    pub fn get<T: FromDatum>(&self, column: i32) -> Option<T> {
        let mut is_null = false;
        // SAFETY: the row belongs to the SPI result that run() holds open, and the column exists.
        unsafe {
            let datum = pg_sys::SPI_getbinval(self.tuple, self.description, column, &mut is_null);
            T::from_datum(datum, is_null)
        }
    }
}

/// A value that a statement takes. By-reference ones are borrowed: nothing is copied for the call.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Null,
    Time(i64),
    Uuid(&'a uuid::Uuid),
    Text(&'a str),
    Integer(i32),
    Small(i16),
    Real(f32),
    Jsonb(JsonbArg),
}

impl<'a> Value<'a> {
    /// NULL for none.
    pub fn of<T>(value: Option<T>, kind: impl FnOnce(T) -> Value<'a>) -> Value<'a> {
        value.map_or(Value::Null, kind)
    }

    fn datum(self) -> Option<pg_sys::Datum> {
        match self {
            Value::Null => None,
            // Microseconds since 2000-01-01 UTC, as PostgreSQL keeps them.
            Value::Time(micros) => Some(pg_sys::Datum::from(micros)),
            Value::Uuid(id) => Some(pg_sys::Datum::from(id.as_bytes().as_ptr())),
            Value::Text(text) => text.into_datum(),
            Value::Integer(number) => number.into_datum(),
            Value::Small(number) => number.into_datum(),
            Value::Real(number) => number.into_datum(),
            Value::Jsonb(value) => Some(value.datum()),
        }
    }
}

/// Runs a statement and hands each row to `read`; returns what `read` made of them.
pub fn run<T>(
    statement: Statement,
    arguments: &[Value<'_>],
    access: Access,
    mut read: impl FnMut(Row) -> T,
) -> Result<Vec<T>, Error> {
    let mut nulls = [b' ' as std::ffi::c_char; MOST_ARGUMENTS];
    let mut values = [pg_sys::Datum::from(0); MOST_ARGUMENTS];
    for (n, argument) in arguments.iter().enumerate() {
        match argument.datum() {
            Some(datum) => values[n] = datum,
            None => nulls[n] = b'n' as std::ffi::c_char,
        }
    }
    // SAFETY: connect and finish pair up on this path; where PostgreSQL raises an error in between, its own abort
    // processing unwinds the SPI stack and the snapshot stack. The plan was prepared with these argument types.
    unsafe {
        check(pg_sys::SPI_connect())?;
        if access == Access::ReadLatest {
            pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        }
        let plan = plan_of(statement)?;
        // The snapshot is the active one, not a new one: an INSERT looks at nothing that a new one would show, and
        // taking one costs every concurrent session.
        check(pg_sys::SPI_execute_snapshot(
            plan,
            values.as_mut_ptr(),
            nulls.as_ptr(),
            pg_sys::GetActiveSnapshot(),
            std::ptr::null_mut(),
            access == Access::ReadLatest,
            true,
            0,
        ))?;
        let mut results = Vec::new();
        if let Some(table) = pg_sys::SPI_tuptable.as_ref() {
            for n in 0..table.numvals as usize {
                results.push(read(Row { tuple: *table.vals.add(n), description: table.tupdesc }));
            }
        }
        if access == Access::ReadLatest {
            pg_sys::PopActiveSnapshot();
        }
        check(pg_sys::SPI_finish())?;
        Ok(results)
    }
}

/// # Safety
/// Within an open SPI connection.
unsafe fn plan_of(statement: Statement) -> Result<pg_sys::SPIPlanPtr, Error> {
    let kept = PLANS.with(|plans| plans[statement as usize].get());
    if !kept.is_null() {
        return Ok(kept);
    }
    let mut types = statement.argument_types();
    // SAFETY: the text is a C string and the types are as many as said; SPI_keepplan moves the plan to memory that
    // lasts as long as the backend.
    unsafe {
        let plan = pg_sys::SPI_prepare(statement.sql().as_ptr(), types.len() as i32, types.as_mut_ptr());
        if plan.is_null() {
            let status = pg_sys::SPI_result;
            return Err(Error::Spi(format!("SPI_prepare: {status}")));
        }
        if statement.is_kept() {
            check(pg_sys::SPI_keepplan(plan))?;
            PLANS.with(|plans| plans[statement as usize].set(plan));
        }
        Ok(plan)
    }
}

fn check(status: i32) -> Result<(), Error> {
    if status < 0 { Err(Error::Spi(format!("SPI status {status}"))) } else { Ok(()) }
}

// What has changed: PostgreSQL tells every backend, at commit, of changes to a relation.

static TAXONOMY: Watched = Watched::new();
static EVENTS: Watched = Watched::new();

struct Watched {
    relation: AtomicU32,
    generation: AtomicU64,
}

impl Watched {
    const fn new() -> Watched {
        Watched { relation: AtomicU32::new(0), generation: AtomicU64::new(1) }
    }

    fn bump(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// The present generation; whatever was derived from the relation under another one is stale.
    fn generation(&self, name: &CStr) -> u64 {
        if self.relation.load(Ordering::Relaxed) == 0 {
            // SAFETY: plain look-ups within a transaction.
            unsafe {
                let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), true);
                let relation = pg_sys::get_relname_relid(name.as_ptr(), schema);
                self.relation.store(relation.to_u32(), Ordering::Relaxed);
                self.bump();
            }
        }
        self.generation.load(Ordering::Relaxed)
    }
}

/// Grows with every change of telemetry.event_types that this backend can see. What other sessions have committed
/// meanwhile is taken in first, so that a long transaction sees it too.
pub fn taxonomy_generation() -> u64 {
    // SAFETY: within a transaction, as every call from SQL is.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    TAXONOMY.generation(c"event_types")
}

/// Grows when partitions of telemetry.events come or go.
pub fn events_generation() -> u64 {
    EVENTS.generation(c"events")
}

/// Called once, when the library is loaded.
pub fn watch_relations() {
    // SAFETY: the callback is a guarded C function that only flips counters.
    unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::from(0)) };
}

#[pg_guard]
extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    for watched in [&TAXONOMY, &EVENTS] {
        let known = watched.relation.load(Ordering::Relaxed);
        if known != 0 && (relation.to_u32() == known || relation == pg_sys::InvalidOid) {
            // The table may have been dropped and made anew: look its oid up again.
            watched.relation.store(0, Ordering::Relaxed);
            watched.bump();
        }
    }
}

/// Tells every backend, at commit, that the taxonomy is another; this one at once, also when it rolls back.
pub fn announce_taxonomy_change(relation: pg_sys::Oid) {
    // SAFETY: the oid is of a relation that the firing trigger holds locked.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(relation) };
}

/// The text of a setting, ours or PostgreSQL's; none where it does not exist.
pub fn setting(name: &str) -> Option<String> {
    let name = CString::new(name).ok()?;
    setting_of(&name).map(|value| value.to_string_lossy().into_owned())
}

/// As [`setting`], without a copy: valid until the setting changes.
pub fn setting_of<'a>(name: &CStr) -> Option<&'a CStr> {
    // SAFETY: a C string in, a C string or NULL out; missing_ok keeps an unknown name from being an error.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { None } else { Some(CStr::from_ptr(value)) }
    }
}

pub fn reserve_settings_prefix(prefix: &CStr) {
    // SAFETY: PostgreSQL copies the string.
    unsafe { pg_sys::MarkGUCPrefixReserved(prefix.as_ptr()) };
}

/// The role that the session acts as, whatever definer function runs at present.
pub fn calling_role() -> &'static CStr {
    // SAFETY: the present outer role exists; the name is palloc'd in the memory of the call.
    unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetOuterUserId(), false)) }
}

/// Microseconds since 2000-01-01 UTC, now.
pub fn clock() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// Microseconds since 2000-01-01 UTC, when the transaction began: SQL's now().
pub fn transaction_clock() -> i64 {
    // SAFETY: reads the state of the present transaction.
    unsafe { pg_sys::GetCurrentTransactionStartTimestamp() }
}

/// Whether PostgreSQL knows a time zone of that name.
pub fn is_time_zone(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: a C string in, a cached zone or NULL out.
    unsafe { !pg_sys::pg_tzset(name.as_ptr()).is_null() }
}

/// Runs `work` with the rights of the owner of the present function, as SECURITY DEFINER would, but without the cost
/// of SET search_path at every call (which is why every name in [`Statement`] is qualified, operators too).
pub fn as_function_owner<T>(fcinfo: pg_sys::FunctionCallInfo, work: impl FnOnce() -> T) -> T {
    // SAFETY: PostgreSQL called us with this fcinfo, so its function exists. Where `work` raises an error, the abort
    // of the (sub)transaction restores user and context, as it does for SECURITY DEFINER.
    unsafe {
        let function = (*(*fcinfo).flinfo).fn_oid;
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, function.into());
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>()).proowner;
        pg_sys::ReleaseSysCache(tuple);
        let (mut user, mut context) = (pg_sys::InvalidOid, 0);
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        pg_sys::SetUserIdAndSecContext(owner, context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32);
        let result = work();
        pg_sys::SetUserIdAndSecContext(user, context);
        result
    }
}
