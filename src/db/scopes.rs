//! Connections and snapshots that are opened for a while and closed on every way out: by `?`, at the end, or by
//! PostgreSQL where it raised an error.
//!
//! While a Rust panic unwinds, which is also how pgrx carries an error of PostgreSQL, nothing is closed here: the abort
//! of the (sub)transaction does that, and a call into PostgreSQL could raise another error.

use super::check;
use crate::error::Error;
use pgrx::prelude::*;

/// An SPI connection.
#[must_use]
pub struct Connection(());

impl Connection {
    pub fn open() -> Result<Connection, Error> {
        // SAFETY: closed when it is dropped, or with the (sub)transaction.
        check(unsafe { pg_sys::SPI_connect() })?;
        Ok(Connection(()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: connections are dropped in the opposite order of their opening, so this one is the innermost. The
            // status tells of an unconnected caller alone, which this is not.
            unsafe { pg_sys::SPI_finish() };
        }
    }
}

/// A snapshot of the moment in which it was made, active until it is dropped.
#[must_use]
pub struct LatestSnapshot(());

impl LatestSnapshot {
    /// Takes a snapshot of this moment; None while parallel workers run, which share the statement's.
    pub fn push() -> Option<LatestSnapshot> {
        // SAFETY: within a transaction; popped when it is dropped, or with the (sub)transaction.
        unsafe {
            if pg_sys::IsInParallelMode() {
                return None;
            }
            pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        }
        Some(LatestSnapshot(()))
    }
}

impl Drop for LatestSnapshot {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: snapshots are dropped in the opposite order of their pushing, so this one is the active one.
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}

/// Runs `work` with memory of its own, which is freed afterwards. What it returns holds nothing that PostgreSQL allocated. After an
/// error the memory goes with that of the statement.
pub fn in_own_memory<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: a context of this call below the present one, which is current again before it is deleted.
    unsafe {
        let own = context_within(pg_sys::CurrentMemoryContext, c"telemetry: a part of the work");
        let context = pg_sys::MemoryContextSwitchTo(own);
        let result = work();
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::MemoryContextDelete(own);
        result
    }
}

/// # Safety
/// The parent is a context; its child does not outlive it.
pub(super) unsafe fn context_within(
    parent: pg_sys::MemoryContext,
    name: &'static std::ffi::CStr,
) -> pg_sys::MemoryContext {
    // SAFETY: as the caller says, with PostgreSQL's own default sizes.
    unsafe {
        pg_sys::AllocSetContextCreateInternal(
            parent,
            name.as_ptr(),
            pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
        )
    }
}
