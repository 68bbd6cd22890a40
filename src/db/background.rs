//! What a background worker needs from the server besides SQL: databases, signals, settings, the rights of another
//! role.
//!
//! A process can connect once, and fails for good where the database is gone. So the one that lasts connects to none,
//! from where it sees which databases there are, and the one that works in a database lives for one tick.

use super::signals;
use pgrx::PgMemoryContexts;
use pgrx::bgworkers::{BackgroundWorker, SignalWakeFlags};
use pgrx::prelude::*;
use std::ffi::{CStr, CString};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether another process said by [`report_success`] that it did what it was started for.
static HEARD_OF_SUCCESS: AtomicBool = AtomicBool::new(false);

/// A worker overrides these settings: a database or a role may have set others, which would keep ticks from working.
/// Autovacuum does the same.
const SETTINGS: [(&CStr, &CStr); 9] = [
    (c"search_path", c""),
    (c"default_transaction_isolation", c"read committed"),
    (c"default_transaction_read_only", c"off"),
    (c"default_transaction_deferrable", c"off"),
    (c"statement_timeout", c"0"),
    (c"transaction_timeout", c"0"),
    (c"lock_timeout", c"0"),
    (c"idle_in_transaction_session_timeout", c"0"),
    (c"exit_on_error", c"off"),
];

/// Makes this a process that lasts and is connected to no database. SIGHUP and SIGTERM wake it, and it remembers that
/// another process reported success.
pub fn connect_to_no_database() {
    set_signal(pg_sys::SIGUSR2, hear_of_success);
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    BackgroundWorker::connect_worker_to_spi(None, None);
}

/// Connects this process to a database, with the rights of the server's first superuser, whom nobody can drop: what it
/// runs must be PostgreSQL's own, or run by [`transaction_as`]. SIGTERM ends it wherever it is.
pub fn connect_to(database: pg_sys::Oid) {
    set_signal(pg_sys::SIGTERM, end_at_once);
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP);
    for (name, value) in SETTINGS {
        // Not every release has every setting.
        if super::session::setting_of(name).is_some() {
            override_setting(name, value);
        }
    }
    BackgroundWorker::connect_worker_to_spi_by_oid(Some(database), None);
}

/// Sets a setting with precedence over the configuration, the database and the role.
fn override_setting(name: &CStr, value: &CStr) {
    // SAFETY: a known setting and a value that it takes; PostgreSQL copies both.
    unsafe {
        pg_sys::SetConfigOption(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_SUSET,
            pg_sys::GucSource::PGC_S_OVERRIDE,
        );
    }
}

/// Sets the name that pg_stat_activity shows as application_name.
pub fn announce(name: &str) {
    if let Ok(name) = CString::new(name) {
        override_setting(c"application_name", &name);
    }
}

/// Reads the configuration again where SIGHUP asked for it.
pub fn take_in_settings() {
    if BackgroundWorker::sighup_received() {
        // SAFETY: outside of a transaction, as PostgreSQL's own processes do it.
        unsafe {
            (&raw mut pg_sys::ConfigReloadPending).write_volatile(0);
            pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP);
        }
    }
}

/// The name of a database; none where it is gone.
pub fn database_name(database: pg_sys::Oid) -> Option<String> {
    BackgroundWorker::transaction(|| {
        // SAFETY: a look-up in a shared catalog within a transaction; the name is palloc'd, or NULL.
        unsafe {
            let name = pg_sys::get_database_name(database);
            if name.is_null() { None } else { Some(CStr::from_ptr(name).to_string_lossy().into_owned()) }
        }
    })
}

/// The database of that name; none where there is none.
pub fn database_named(name: &str) -> Option<pg_sys::Oid> {
    let name = CString::new(name).ok()?;
    BackgroundWorker::transaction(|| {
        // SAFETY: a look-up in a shared catalog within a transaction; missing_ok.
        let oid = unsafe { pg_sys::get_database_oid(name.as_ptr(), true) };
        (oid != pg_sys::InvalidOid).then_some(oid)
    })
}

/// Lists every database that one can connect to, but templates.
pub fn databases() -> Vec<pg_sys::Oid> {
    BackgroundWorker::transaction(|| {
        let mut found = Vec::new();
        // SAFETY: a scan of a shared catalog within a transaction, as autovacuum's launcher does it; the fields that are
        // read come before the first of variable length.
        unsafe {
            let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
            let table = pg_sys::table_open(pg_sys::DatabaseRelationId, lock);
            let scan = pg_sys::table_beginscan_catalog(table, 0, std::ptr::null_mut());
            loop {
                let tuple = pg_sys::heap_getnext(scan, pg_sys::ScanDirection::ForwardScanDirection);
                if tuple.is_null() {
                    break;
                }
                let database = &*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_database>();
                // -2: left behind by a DROP DATABASE that was interrupted.
                if database.datallowconn && !database.datistemplate && database.datconnlimit != -2 {
                    found.push(database.oid);
                }
            }
            pg_sys::table_endscan(scan);
            pg_sys::table_close(table, lock);
        }
        found
    })
}

/// Runs `work` in memory of its own, which is freed when it is done: a process that lasts for months may not keep a
/// byte of each tick.
pub fn in_own_memory<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: what `work` returns lies in Rust's memory; the former context comes back before ours is deleted.
    unsafe { PgMemoryContexts::new("telemetry tick").switch_to(|_| work()) }
}

/// Runs `work` in a transaction of its own with the rights of a role, deferred triggers as well.
pub fn transaction_as<T>(role: pg_sys::Oid, work: impl FnOnce() -> T) -> T {
    let (mut before, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: reads the state of the session.
    unsafe { pg_sys::GetUserIdAndSecContext(&mut before, &mut context) };
    let result = BackgroundWorker::transaction(AssertUnwindSafe(|| {
        // SAFETY: as VACUUM takes the rights of a table's owner; nothing that runs may take the session's back. An abort
        // of the transaction takes them back, a commit leaves that to us.
        unsafe { pg_sys::SetUserIdAndSecContext(role, pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32) };
        work()
    }));
    // SAFETY: as it was.
    unsafe { pg_sys::SetUserIdAndSecContext(before, context) };
    result
}

/// Tells the process that started this one that it did what it was to do.
pub fn report_success(to: i32) {
    send(to, pg_sys::SIGUSR2);
}

/// Asks a process of this server to end.
pub fn ask_to_end(pid: i32) {
    send(pid, pg_sys::SIGTERM);
}

/// Whether [`report_success`] was heard since this was asked before.
pub fn heard_of_success() -> bool {
    HEARD_OF_SUCCESS.swap(false, Ordering::SeqCst)
}

fn send(pid: i32, signal: u32) {
    unsafe extern "C" {
        fn kill(pid: std::ffi::c_int, signal: std::ffi::c_int) -> std::ffi::c_int;
    }
    // SAFETY: the process was found to be one of this server's, which is what pg_terminate_backend() does.
    unsafe {
        if !pg_sys::BackendPidGetProc(pid).is_null() {
            kill(pid, signal as i32);
        }
    }
}

fn set_signal(signal: u32, handler: unsafe extern "C-unwind" fn(i32)) {
    // SAFETY: the handlers below only set flags and a latch, by signals.rs.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal as i32, Some(handler));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal as i32, Some(handler));
    }
}

unsafe extern "C-unwind" fn hear_of_success(_signal: i32) {
    HEARD_OF_SUCCESS.store(true, Ordering::SeqCst);
    signals::wake();
}

unsafe extern "C-unwind" fn end_at_once(_signal: i32) {
    signals::end();
}
