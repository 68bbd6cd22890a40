//! What the filter of object_ratio() asks of a payload: the rest of this KPI is SQL. Twin: sql/kpi/object_ratio.sql.

use crate::jsonb::JsonbArg;
use crate::source::condition;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The object that payloads must contain. NULL: NULL. Errors: those of any filter.
#[pg_extern(stable, parallel_safe)]
fn payload_object(filter: Option<JsonbArg>) -> Result<Option<JsonbArg>, ErrorReport> {
    let condition = filter.map(condition).transpose()?;
    Ok(condition.map(|condition| JsonbArg::of_container(&condition.container)))
}

/// The jsonpath that must be true of payloads. NULL: there is none. Errors: those of any filter.
#[pg_extern(stable, parallel_safe)]
fn payload_path(filter: Option<JsonbArg>) -> Result<Option<String>, ErrorReport> {
    Ok(filter.map(condition).transpose()?.and_then(|condition| condition.path))
}
