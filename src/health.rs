//! The one fact for health() that the catalog does not have: the version of the library. Twin: sql/health.sql.

use pgrx::prelude::*;

/// Gives the version of this library, which may be newer or older than the script that made the extension's objects.
#[pg_extern(stable, parallel_safe)]
fn library_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
