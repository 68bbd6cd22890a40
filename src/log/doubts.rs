//! Doubts: changes that somebody made past the functions of this extension are told to what is derived from the log.

use crate::db::session;
use crate::db::watch::DERIVED_NAMES;
use crate::error::Error;

/// This is called where somebody stores events past the logging functions.
pub fn doubt_log() -> Result<(), Error> {
    session::call_private(c"doubt_log").map(drop)
}

/// Says whether the extension itself is at work. What makes derived data says so by this setting, and so may a
/// benchmark that stores rows with new ids.
pub fn is_deriving() -> bool {
    session::setting("telemetry_private.derives").as_deref() == Some("on")
}

/// This is called where a table is changed, perhaps by hand.
pub fn doubt_derived(table: &str) -> Result<(), Error> {
    let is_derived = DERIVED_NAMES.iter().any(|name| name.to_bytes() == table.as_bytes());
    if is_derived && !is_deriving() {
        session::call_private(c"doubt_derived")?;
    }
    Ok(())
}
