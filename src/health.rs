//! What health() cannot read in the catalog. Twin: sql/health.sql.

use pgrx::prelude::*;

/// The version of this library, which may be newer or older than the script that made the extension's objects.
#[pg_extern(stable, parallel_safe)]
fn library_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
