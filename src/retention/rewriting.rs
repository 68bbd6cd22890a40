//! Copies what a partition keeps into a new table. Twin: sql/retention/rewriting.sql.

use crate::db::copying;
use pgrx::prelude::*;

/// The place of ingest_id among the columns of the log.
const INGEST_ID: usize = 2;

/// Copies the events of a partition up to an ingest_id into a table that this transaction made, and that has no index yet; returns how
/// many. NULL where the columns differ, or a table is no heap.
#[pg_extern(volatile)]
fn copy_events(source: pg_sys::Oid, target: pg_sys::Oid, last_id: i64) -> Option<i64> {
    copying::copy_rows(source, target, INGEST_ID, last_id)
}
