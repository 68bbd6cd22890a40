//! Decides which texts are time zones: the names of pg_timezone_names, in upper or lower case as PostgreSQL reads them.
//!
//! PostgreSQL also takes specifications in the manner of POSIX, whose offsets count westwards: '+05:30' and 'UTC+2' are
//! zones behind UTC, the opposite of what whoever writes them means; 'XYZ7' is one as well. A specification has a digit,
//! so only a name with one (Etc/GMT-5, EST5EDT) has to be looked up.

use crate::db::Value;
use crate::db::session;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::spelling;
use pgrx::pg_sys::TEXTOID;
use std::cell::RefCell;
use std::collections::HashSet;

thread_local! {
    /// The names with digits that were found already, because the view pg_timezone_names reads the files of all zones.
    static FOUND: RefCell<HashSet<String>> = RefCell::default();
}

/// Gives the zone that an argument names. Without an argument it is the session's, which may be any that PostgreSQL
/// takes.
pub fn zone_of(tz: Option<&str>) -> Result<String, Error> {
    let Some(name) = tz else { return Ok(session::setting("TimeZone").unwrap_or_else(|| "UTC".into())) };
    if session::is_time_zone(name) && (!name.contains(|c: char| c.is_ascii_digit()) || is_listed(name)?) {
        return Ok(name.to_string());
    }
    Err(Error::UnknownTimeZone { name: spelling::beginning(name, 60) })
}

fn is_listed(name: &str) -> Result<bool, Error> {
    if FOUND.with_borrow(|found| found.contains(name)) {
        return Ok(true);
    }
    let sql = "select true from pg_catalog.pg_timezone_names z \
               where pg_catalog.lower(z.name) operator(pg_catalog.=) pg_catalog.lower($1) limit 1";
    let mut is_listed = false;
    stream(sql, &[(TEXTOID, Value::Text(name))], Snapshot::OfStatement, |_| {
        is_listed = true;
        Ok(())
    })?;
    if is_listed {
        FOUND.with_borrow_mut(|found| found.insert(name.to_string()));
    }
    Ok(is_listed)
}
