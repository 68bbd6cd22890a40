//! The session: its settings, its clock, its roles, and what runs with other rights or may fail.

use super::catalog;
use super::scopes::LatestSnapshot;
use crate::error::Error;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::panic::AssertUnwindSafe;

/// The text of a setting, ours or PostgreSQL's; none where it does not exist.
pub fn setting(name: &str) -> Option<String> {
    let name = CString::new(name).ok()?;
    setting_of(&name).map(|value| value.to_string_lossy().into_owned())
}

/// The bytes of a setting, which need not be UTF-8; otherwise as [`setting`].
pub fn setting_of(name: &CStr) -> Option<CString> {
    // SAFETY: a C string in, a C string or NULL out; missing_ok keeps an unknown name from being an error. The value is
    // copied before anything could change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { None } else { Some(CStr::from_ptr(value).to_owned()) }
    }
}

pub fn reserve_settings_prefix(prefix: &CStr) {
    // SAFETY: PostgreSQL copies the string.
    unsafe { pg_sys::MarkGUCPrefixReserved(prefix.as_ptr()) };
}

/// The role that the session acts as, whatever definer function runs at present.
pub fn calling_role() -> String {
    // SAFETY: the present outer role exists; its name is copied from the memory of the call.
    let name = unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetOuterUserId(), false)) };
    name.to_string_lossy().into_owned()
}

/// The time now, in microseconds since 2000-01-01 UTC.
pub fn clock() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

thread_local! {
    /// The moment that is taken for the present one; None: that at which the transaction began.
    static MOMENT: Cell<Option<i64>> = const { Cell::new(None) };
}

/// The time when the transaction began, SQL's now(), in microseconds since 2000-01-01 UTC; within [`at_moment`] that one.
pub fn transaction_clock() -> i64 {
    // SAFETY: reads the state of the present transaction.
    MOMENT.get().unwrap_or_else(|| unsafe { pg_sys::GetCurrentTransactionStartTimestamp() })
}

/// Runs `work`, for which the transaction began at a moment of the past.
pub fn at_moment<T>(moment: i64, work: impl FnOnce() -> T) -> T {
    /// Ends it when it is dropped, also where `work` raises.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            MOMENT.set(None);
        }
    }
    let _ended = Ended;
    MOMENT.set(Some(moment));
    work()
}

/// Whether PostgreSQL accepts a text as a time zone, a specification in the manner of POSIX included.
pub fn is_time_zone(name: &str) -> bool {
    let Ok(name) = CString::new(name) else { return false };
    // SAFETY: a C string in, a cached zone or NULL out, and a zone in.
    unsafe {
        let zone = pg_sys::pg_tzset(name.as_ptr());
        !zone.is_null() && pg_sys::pg_tz_acceptable(zone)
    }
}

/// The error that stopped the work of a subtransaction.
pub enum Failure {
    /// This library found it; PostgreSQL raised nothing.
    Ours(Error),
    /// PostgreSQL or a function of the application raised it.
    Raised(CaughtError),
}

impl Failure {
    /// Our own error; one that PostgreSQL raised is raised again.
    pub fn raise(self) -> Error {
        match self {
            Failure::Ours(error) => error,
            Failure::Raised(caught) => caught.rethrow(),
        }
    }
}

/// Whether an error is that of a value, which has none of the type that it is read as, or is too large or too deep for it.
pub fn is_of_a_value(error: &CaughtError) -> bool {
    let code = match error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report.sql_error_code(),
        CaughtError::RustPanic { .. } => return false,
    };
    let state = state_of(code);
    state.starts_with("22") || state.starts_with("54")
}

/// Runs `work` in a subtransaction of its own, which is rolled back where it fails: the caller's transaction goes on.
pub fn in_subtransaction<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Failure> {
    // SAFETY: as PL/pgSQL's BEGIN ... EXCEPTION does it: one subtransaction, released or rolled back on every path,
    // then memory context and resource owner as before. SPI connections that `work` left open go with it.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let mut work = Some(work);
        let outcome = PgTryBuilder::new(AssertUnwindSafe(|| match work.take() {
            Some(work) => work().map_err(Failure::Ours),
            None => Err(Failure::Ours(Error::Spi("a subtransaction ran twice".into()))),
        }))
        .catch_others(|caught| Err(Failure::Raised(caught)))
        .execute();
        pg_sys::MemoryContextSwitchTo(context);
        if outcome.is_ok() {
            pg_sys::ReleaseCurrentSubTransaction();
        } else {
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        outcome
    }
}

/// Runs `work`, which only reads, in a subtransaction that is rolled back: so its locks are free at once and not only
/// at the end of the transaction. While parallel workers run there is no such subtransaction, and the locks stay.
pub fn in_discarded_subtransaction<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: one subtransaction, rolled back here or, where `work` raises an error, by the abort of the one around it; then
    // memory context and resource owner as before. `work` keeps nothing of the subtransaction's.
    unsafe {
        if pg_sys::IsInParallelMode() {
            return work();
        }
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let outcome = work();
        pg_sys::RollbackAndReleaseCurrentSubTransaction();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        outcome
    }
}

/// Runs `work`; where a constraint that the application added to the log refuses a row, the error loses its DETAIL,
/// which would show the row to whoever logs.
pub fn without_row_details<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let mut work = Some(work);
    PgTryBuilder::new(AssertUnwindSafe(|| match work.take() {
        Some(work) => work(),
        None => Err(Error::Spi("an insertion ran twice".into())),
    }))
    .catch_others(|caught| {
        use PgSqlErrorCode::*;
        let CaughtError::PostgresError(report) = &caught else { caught.rethrow() };
        let code = report.sql_error_code();
        if !matches!(
            code,
            ERRCODE_NOT_NULL_VIOLATION
                | ERRCODE_CHECK_VIOLATION
                | ERRCODE_UNIQUE_VIOLATION
                | ERRCODE_EXCLUSION_VIOLATION
        ) {
            caught.rethrow()
        }
        Err(Error::Constraint { code, message: report.message().into() })
    })
    .execute()
}

/// The SQLSTATE of an error that was caught. A cancel or a shutdown is raised again: nobody may swallow it.
pub fn sqlstate(error: CaughtError) -> String {
    use PgSqlErrorCode::*;
    let code = match &error {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report.sql_error_code(),
        CaughtError::RustPanic { ereport, .. } => ereport.sql_error_code(),
    };
    if matches!(code, ERRCODE_QUERY_CANCELED | ERRCODE_ADMIN_SHUTDOWN | ERRCODE_CRASH_SHUTDOWN) {
        error.rethrow()
    }
    state_of(code)
}

/// The five characters of a code.
pub fn state_of(code: PgSqlErrorCode) -> String {
    // SAFETY: unpack_sql_state returns a C string in a static buffer.
    unsafe { CStr::from_ptr(pg_sys::unpack_sql_state(code as i32)) }.to_string_lossy().into_owned()
}

/// Whether the transaction keeps one snapshot (REPEATABLE READ, SERIALIZABLE).
pub fn keeps_its_snapshot() -> bool {
    // SAFETY: reads the state of the present transaction.
    unsafe { pg_sys::XactIsoLevel >= pg_sys::XACT_REPEATABLE_READ as i32 }
}

/// Runs `work` under a snapshot of this moment where one may be taken: not while parallel workers run, which share the
/// statement's. The flag that it returns says whether it was taken.
pub fn with_latest_snapshot<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<(T, bool), Error> {
    let snapshot = LatestSnapshot::push();
    Ok((work()?, snapshot.is_some()))
}

/// Calls a function of telemetry_private that takes nothing and returns text, with the caller's rights; returns None
/// for NULL. It is called by its oid, because nobody has USAGE on its schema.
pub fn call_private(name: &CStr) -> Result<Option<String>, Error> {
    let Some(function) = catalog::function(c"telemetry_private", name, &[]) else {
        return Err(Error::Spi(format!("telemetry_private.{}() is not there", name.to_string_lossy())));
    };
    // SAFETY: the function is one of this extension's, found by its signature, and returns a text.
    unsafe {
        let answer = pg_sys::OidFunctionCall0Coll(function, pg_sys::InvalidOid);
        Ok(String::from_datum(answer, false))
    }
}

/// Whether the function or procedure that runs may end the transaction: only a procedure may, outside of BEGIN and of
/// functions.
pub fn may_commit() -> bool {
    // SAFETY: reads the state of the present transaction and of the innermost SPI connection, which is the procedure's.
    unsafe { !pg_sys::IsTransactionBlock() && pg_sys::SPI_inside_nonatomic_context() }
}

/// Whether the present transaction has a transaction id: it may have written.
pub fn has_written() -> bool {
    // SAFETY: reads the state of the present transaction.
    unsafe { pg_sys::GetTopTransactionIdIfAny() != pg_sys::InvalidTransactionId }
}

/// A setting and its value.
pub type Setting = (&'static CStr, &'static CStr);

/// Runs `work` under other settings and takes them back afterwards; after an error the abort of the (sub)transaction
/// does.
pub fn with_settings<T>(settings: &[Setting], work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let level = change_settings(settings);
    let result = work();
    // SAFETY: the level was begun above.
    unsafe { pg_sys::AtEOXact_GUC(true, level) };
    result
}

/// Changes settings and returns a level; AtEOXact_GUC() of that level takes the changes back.
pub fn change_settings(settings: &[Setting]) -> i32 {
    // SAFETY: as the SET clause of a function does it.
    unsafe {
        let level = pg_sys::NewGUCNestLevel();
        for (name, value) in settings {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
        level
    }
}

pub fn database() -> pg_sys::Oid {
    // SAFETY: reads what does not change within a session.
    unsafe { pg_sys::MyDatabaseId }
}

/// The role with whose rights the present call runs.
pub fn role() -> pg_sys::Oid {
    // SAFETY: reads the state of the session.
    unsafe { pg_sys::GetUserId() }
}

pub fn process_id() -> i32 {
    // SAFETY: reads what does not change within a process.
    unsafe { pg_sys::MyProcPid }
}

/// Whether the library is being loaded by shared_preload_libraries.
pub fn is_preloading() -> bool {
    // SAFETY: reads the state of the process.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}
