//! Which columns the files of an export have. Twin: sql/exports/columns.sql, which keeps them by version.

mod schema;

use crate::error::Error;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Adds to the columns of the last version those of promoted keys that have none yet; `promoted` is
/// [{"event", "key", "properties"}]. No known column is ever changed, but for the events that have it.
#[pg_extern(immutable)]
fn export_columns(known: JsonB, promoted: JsonB) -> Result<JsonB, ErrorReport> {
    let unreadable = |_| Error::BadArgument {
        problem: "the columns of an export cannot be read".into(),
        hint: "They are written by claim_export() alone: restore telemetry.export_versions.".into(),
    };
    let known: Vec<schema::Column> = serde_json::from_value(known.0).map_err(unreadable)?;
    let promoted: Vec<schema::Promoted> = serde_json::from_value(promoted.0).map_err(unreadable)?;
    let columns = serde_json::to_value(schema::evolved(known, &promoted)).map_err(unreadable)?;
    Ok(JsonB(columns))
}
