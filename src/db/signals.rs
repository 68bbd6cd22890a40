//! Signal handlers may do what is here: set flags, and wake the process. Nothing here goes through pgrx's guard, which
//! takes over the stack of exceptions and is not made to be entered while anything else runs.

use pgrx::prelude::*;

/// Functions of PostgreSQL that are called without pgrx's guard.
mod raw {
    use pgrx::pg_sys;

    unsafe extern "C" {
        pub fn SetLatch(latch: *mut pg_sys::Latch);
    }
}

/// Wakes this process if it waits for its latch.
pub fn wake() {
    // SAFETY: a process's own latch, which signal handlers may set; SetLatch() raises no error.
    unsafe { raw::SetLatch(pg_sys::MyLatch) };
}

/// Cancels the statement that runs, at the next check for interrupts. Returns false where somebody has done so already.
pub fn cancel() -> bool {
    // SAFETY: flags of this process that signal handlers set.
    unsafe {
        if (&raw const pg_sys::QueryCancelPending).read_volatile() != 0 {
            return false;
        }
        (&raw mut pg_sys::QueryCancelPending).write_volatile(1);
        (&raw mut pg_sys::InterruptPending).write_volatile(1);
    }
    wake();
    true
}

/// Ends the process at the next check for interrupts, as PostgreSQL's die() does.
pub fn end() {
    // SAFETY: flags of this process that signal handlers set.
    unsafe {
        (&raw mut pg_sys::InterruptPending).write_volatile(1);
        (&raw mut pg_sys::ProcDiePending).write_volatile(1);
    }
    wake();
}
