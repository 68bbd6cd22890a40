//! Refuses names of events that a KPI is asked for and that nobody knows, so that a name spelled wrong is not taken for
//! an event that never happened. The error's hint has the nearest names.
//!
//! A name is known if it is registered, or if such an event was logged (one need not be registered to be accepted). The
//! registry is kept per backend, so that a known name costs one look-up in memory; the log is asked where that fails.

use crate::db::plans::Planning;
use crate::db::stream::{self, Snapshot, stream, stream_planned, stream_tail};
use crate::db::watch::Derived;
use crate::db::{Value, catalog};
use crate::error::Error;
use crate::log::partitions::{self, windows::ALWAYS};
use crate::parts;
use crate::settings::{self, UnknownEvents};
use crate::source::hourly_counts;
use crate::spelling::{beginning, nearest};
use foldhash::HashSet;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT8OID, TEXTOID};
use pgrx::prelude::*;

/// The number of characters of an unknown name that an error shows.
const SHOWN: usize = 64;

/// The number of names that a hint offers.
const OFFERED: usize = 3;

thread_local! {
    /// The names of the taxonomy. It holds no tenant's data, so one list serves every role.
    static REGISTERED: Derived<HashSet<String>> = const { Derived::new() };
}

/// Refuses names of events that nobody knows. Error: 22023 one of the names is neither registered nor in the log, as
/// far as the caller sees it; no error where telemetry.unknown_events is empty.
pub fn refuse_unknown<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), Error> {
    // Who made the parts has looked.
    if settings::UNKNOWN_EVENTS.get() == UnknownEvents::Empty || parts::is_finishing() {
        return Ok(());
    }
    let registered = match catalog::relation(c"telemetry", c"event_types").is_some_and(catalog::may_read) {
        true => Some(REGISTERED.with(|registered| registered.get(read_taxonomy))?),
        false => None,
    };
    for name in names {
        let is_registered = registered.as_ref().is_some_and(|registered| registered.contains(name));
        if !is_registered && !is_logged(name)? {
            let mut candidates = hourly_counts::names()?;
            candidates.extend(registered.iter().flat_map(|registered| registered.iter().cloned()));
            return Err(Error::UnknownEvent {
                name: beginning(name, SHOWN),
                nearest: nearest(name, candidates, OFFERED),
            });
        }
    }
    Ok(())
}

/// Returns a name that is known, for KPIs in SQL, and NULL for NULL. Error: 22023 it is unknown.
#[pg_extern(stable, parallel_restricted)]
fn known_event(name: Option<String>) -> Result<Option<String>, ErrorReport> {
    refuse_unknown(&name)?;
    Ok(name)
}

fn read_taxonomy() -> Result<HashSet<String>, Error> {
    let mut names = HashSet::default();
    stream("select distinct t.event_name from telemetry.event_types t", &[], Snapshot::OfStatement, |row| {
        names.extend(row.text(0).map(str::to_string));
        Ok(())
    })?;
    Ok(names)
}

/// Whether the caller sees an event of the name. Where it may not ask the hourly counts, this reads what the KPI would.
fn is_logged(name: &str) -> Result<bool, Error> {
    let above = match hourly_counts::counts(name)? {
        Some(hourly_counts::Known::Counted) => return Ok(true),
        Some(hourly_counts::Known::NotUpTo(standing)) => Some(standing),
        None => None,
    };
    let ranges = match above {
        Some(standing) => standing.tail("hourly_counts")?,
        None => vec![ALWAYS],
    };
    let mut is_logged = false;
    partitions::each_window(ranges, |window| {
        if is_logged {
            return Ok(());
        }
        let found = |_: &stream::Row<'_>| {
            is_logged = true;
            Ok(())
        };
        let mut arguments = vec![(TEXTOID, Value::Text(name))];
        let within = partitions::condition(window, &mut arguments);
        let mut sql = format!("select from telemetry.events e where e.event_name operator(pg_catalog.=) $1{within}");
        match above {
            Some(standing) => {
                arguments.extend([(INT8OID, Value::Big(standing.position)), (INT8OID, Value::Big(i64::MAX))]);
                sql += &format!(
                    " and e.ingest_id operator(pg_catalog.>) ${} and e.ingest_id operator(pg_catalog.<=) ${} limit 1",
                    arguments.len() - 1,
                    arguments.len()
                );
                stream_tail(&sql, &arguments, found)
            }
            None => stream_planned(&(sql + " limit 1"), &arguments, Planning::ByArguments, found),
        }
    })?;
    Ok(is_logged)
}
