//! A time limit for a function of the application: PostgreSQL's own timer cancels it as statement_timeout would.

use pgrx::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

// utils/timeout.h, the same in 15 to 18; pgrx does not bind it.
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: i32, handler: extern "C-unwind" fn()) -> i32;
    fn enable_timeout_after(id: i32, delay_ms: i32);
    fn disable_timeout(id: i32, keep_indicator: bool);
}

/// Any number from USER_TIMEOUT up asks for a free one; USER_TIMEOUT is 13 to 15, depending on the version.
const ANY_USER_TIMEOUT: i32 = 20;

static FIRED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static TIMEOUT: Cell<Option<i32>> = const { Cell::new(None) };
}

/// A running timer.
#[must_use]
pub struct TimeLimit {
    timeout: i32,
}

/// Cancels what runs after so many milliseconds, until stopped.
pub fn start(milliseconds: i32) -> TimeLimit {
    let timeout = TIMEOUT.get().unwrap_or_else(|| {
        // SAFETY: once per backend; the handler is a C function that only sets flags.
        let timeout = unsafe { RegisterTimeout(ANY_USER_TIMEOUT, fired) };
        TIMEOUT.set(Some(timeout));
        timeout
    });
    FIRED.store(false, Ordering::Relaxed);
    // SAFETY: the timeout is registered.
    unsafe { enable_timeout_after(timeout, milliseconds) };
    TimeLimit { timeout }
}

impl TimeLimit {
    /// Whether it fired. A cancel that it asked for and that came too late is taken back.
    pub fn stop(self) -> bool {
        // SAFETY: the timeout is registered; the flag is this backend's own.
        unsafe {
            disable_timeout(self.timeout, false);
            let fired = FIRED.swap(false, Ordering::Relaxed);
            if fired {
                pg_sys::QueryCancelPending = 0;
            }
            fired
        }
    }
}

/// Runs in a signal handler.
extern "C-unwind" fn fired() {
    FIRED.store(true, Ordering::Relaxed);
    // SAFETY: as StatementTimeoutHandler does: flags, and a latch that belongs to this backend.
    unsafe {
        pg_sys::QueryCancelPending = 1;
        pg_sys::InterruptPending = 1;
        pg_sys::SetLatch(pg_sys::MyLatch);
    }
}
