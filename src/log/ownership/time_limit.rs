//! A time limit for a function of the application: PostgreSQL's own timer cancels it as statement_timeout would.

use crate::db::signals;
use pgrx::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

// utils/timeout.h, the same in 15 to 18; pgrx does not bind it.
unsafe extern "C-unwind" {
    fn RegisterTimeout(id: i32, handler: extern "C-unwind" fn()) -> i32;
    fn enable_timeout_after(id: i32, delay_ms: i32);
    fn disable_timeout(id: i32, keep_indicator: bool);
}

/// A number from USER_TIMEOUT up asks for a free one; USER_TIMEOUT is 13 to 15, depending on the version.
const ANY_USER_TIMEOUT: i32 = 20;

/// The timer fired, and the cancel that is pending since is its own.
static FIRED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static TIMEOUT: Cell<Option<i32>> = const { Cell::new(None) };
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// A running timer. There is none within another one, which then limits both.
#[must_use]
pub struct TimeLimit {
    timeout: Option<i32>,
}

/// Cancels what runs after so many milliseconds, until stopped.
pub fn start(milliseconds: i32) -> TimeLimit {
    if IS_RUNNING.replace(true) {
        return TimeLimit { timeout: None };
    }
    let timeout = TIMEOUT.get().unwrap_or_else(|| {
        // SAFETY: once per backend; the handler only sets flags and a latch, by signals.rs.
        let timeout = unsafe { RegisterTimeout(ANY_USER_TIMEOUT, fired) };
        TIMEOUT.set(Some(timeout));
        timeout
    });
    FIRED.store(false, Ordering::Relaxed);
    // SAFETY: the timeout is registered.
    unsafe { enable_timeout_after(timeout, milliseconds) };
    TimeLimit { timeout: Some(timeout) }
}

impl TimeLimit {
    /// Says whether it fired, and nobody else has cancelled. A cancel of its own that came too late is taken back; one
    /// of statement_timeout stays.
    pub fn stop(self) -> bool {
        let Some(timeout) = self.timeout else { return false };
        IS_RUNNING.set(false);
        // SAFETY: the timeout is registered; the flags are this backend's own.
        unsafe {
            disable_timeout(timeout, false);
            let fired = FIRED.swap(false, Ordering::Relaxed) && !statement_is_over();
            if fired {
                pg_sys::QueryCancelPending = 0;
            }
            fired
        }
    }
}

/// Says whether statement_timeout has passed: its cancel may be the one that ended the check.
fn statement_is_over() -> bool {
    // SAFETY: reads of the session's state.
    unsafe {
        let limit = i64::from(pg_sys::StatementTimeout) * 1_000;
        limit > 0 && pg_sys::GetCurrentTimestamp() >= pg_sys::GetCurrentStatementStartTimestamp() + limit
    }
}

/// This runs in a signal handler. Where somebody has cancelled already, the cancel is theirs.
extern "C-unwind" fn fired() {
    if signals::cancel() {
        FIRED.store(true, Ordering::Relaxed);
    }
}
