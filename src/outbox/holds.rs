//! Holds: no partition goes that a destination still has to read. Twin: sql/outbox/holds.sql, which says what holds it.
//!
//! PostgreSQL tells an event trigger which command is about to run, but SQL sees nothing of it but its tag. What the command names is
//! nothing to us unless it is a partition of the log.

use crate::db::stream::{Snapshot, stream};
use crate::db::{Value, commands, rights};
use crate::log::partitions::bounds;
use crate::settings;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Refuses DROP TABLE and ALTER TABLE ... DETACH PARTITION of a partition that is held. Error: 55006.
#[pg_extern(
    sql = "create function telemetry_private.hold_partitions() returns event_trigger language c as '@MODULE_PATHNAME@', '@FUNCTION_NAME@';"
)]
fn hold_partitions(fcinfo: pg_sys::FunctionCallInfo) -> Result<(), ErrorReport> {
    if !settings::HOLD_PARTITIONS.get() {
        return Ok(());
    }
    let is_of_log = |table: &pg_sys::Oid| {
        commands::is_own_partition(*table) && bounds::all().iter().any(|partition| partition.oid == *table)
    };
    for table in commands::going_tables(fcinfo).into_iter().filter(is_of_log) {
        rights::as_function_owner(fcinfo, || {
            let sql = "select telemetry_private.refuse_held_partition($1)";
            stream(sql, &[(pg_sys::OIDOID, Value::Oid(table))], Snapshot::Latest, |_| Ok(()))
        })?;
    }
    Ok(())
}
