//! The cursor says up to which event everything derived is complete. Twin: sql/derived/cursor.sql, which tells the
//! method.

use crate::db::{session, writers};
use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Whether every transaction that at this moment may be writing to telemetry.events ends within `milliseconds`, for
/// which this waits; nobody waits for us meanwhile. What they wrote is then visible to a new snapshot, or gone. Error:
/// 25001 in a transaction that keeps its snapshot, which could not see it.
#[pg_extern(volatile)]
fn writers_are_done(milliseconds: i32) -> Result<bool, ErrorReport> {
    if session::keeps_its_snapshot() {
        Err(Error::FixedSnapshot)?;
    }
    Ok(writers::wait_for_present(i64::from(milliseconds.max(0)) * 1_000))
}
