//! A log that Citus distributes: its rows lie on other servers, this one keeps an empty shell of each partition.
//!
//! telemetry stores and reads there as far as plain SQL does, and refuses where the answer would be silently wrong.
//! It asks Citus' own catalogs, which only a superuser can make; where they are missing, as nearly everywhere, that
//! costs a look into the catalog cache.

use super::session;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::ffi::CStr;

/// Whether telemetry.events is distributed.
pub fn is_log_distributed() -> Result<bool, Error> {
    let sql = "select exists (select from pg_catalog.pg_dist_partition p where p.logicalrelid operator(pg_catalog.=) 'telemetry.events'::pg_catalog.regclass)";
    ask(c"pg_dist_partition", sql)
}

/// Whether this server holds shards for a coordinator.
fn is_worker_node() -> Result<bool, Error> {
    let sql = "select exists (select from pg_catalog.pg_dist_local_group g where g.groupid operator(pg_catalog.<>) 0)";
    ask(c"pg_dist_local_group", sql)
}

/// Whether another node opened this session to work on shards. Such a session has neither the claims nor the settings
/// of the caller.
pub fn is_for_another_node() -> Result<bool, Error> {
    let is_internal =
        session::setting_of(c"application_name").is_some_and(|name| name.to_bytes().starts_with(b"citus_internal"));
    if !exists(c"pg_dist_local_group") {
        return Ok(false);
    }
    Ok(is_internal || is_worker_node()?)
}

/// Refuses a caller from whom row-level security hides rows of a distributed log, since the nodes that apply it do not
/// know who asks. Error: 0A000.
pub fn refuse_filtered_reader() -> Result<(), Error> {
    if exists(c"pg_dist_partition") && is_filtered() && is_log_distributed()? {
        return Err(Error::DistributedRowSecurity);
    }
    Ok(())
}

fn is_filtered() -> bool {
    // SAFETY: plain look-ups within a transaction; nothing is raised.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), true);
        let events = pg_sys::get_relname_relid(c"events".as_ptr(), schema);
        events != pg_sys::InvalidOid
            && pg_sys::check_enable_rls(events, pg_sys::InvalidOid, true) as u32
                == pg_sys::CheckEnableRlsResult::RLS_ENABLED
    }
}

fn exists(catalog: &CStr) -> bool {
    // SAFETY: a look-up within a transaction.
    unsafe { pg_sys::get_relname_relid(catalog.as_ptr(), pg_sys::PG_CATALOG_NAMESPACE.into()) != pg_sys::InvalidOid }
}

fn ask(catalog: &CStr, sql: &'static str) -> Result<bool, Error> {
    let mut answer = false;
    if exists(catalog) {
        stream(sql, &[], Snapshot::OfStatement, |row| {
            answer = row.flag(0);
            Ok(())
        })?;
    }
    Ok(answer)
}

/// Whether this is a worker node of Citus: its tables are the coordinator's to make.
#[pg_extern(stable)]
fn is_citus_worker() -> Result<bool, ErrorReport> {
    Ok(is_worker_node()?)
}
