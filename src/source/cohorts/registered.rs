//! Reads the definition of a cohort that is registered, and the range of time that it is about.

use super::definition::{self, Broken, Definition, Events};
use crate::db::Value;
use crate::db::plans::Planning;
use crate::db::stream::{Snapshot, stream, stream_planned};
use crate::error::Error;
use crate::spelling;
use crate::time;
use pgrx::pg_sys::TEXTOID;
use std::ops::Range;

/// Reads the definition of a registered cohort. Errors: 22023 no such cohort, or its definition cannot be used.
pub fn definition_of(cohort: &str) -> Result<Definition, Error> {
    let sql = "select c.definition from telemetry.cohorts c where c.cohort operator(pg_catalog.=) $1";
    let mut found = None;
    stream_planned(sql, &[(TEXTOID, Value::Text(cohort))], Planning::Once, |row| {
        found = row.bytes(0).map(|definition| read(cohort, definition));
        Ok(())
    })?;
    found.unwrap_or_else(|| {
        Err(Error::BadArgument {
            problem: format!("cohort \"{}\" is not registered", spelling::beginning(cohort, 63)),
            hint: "Those that are: select cohort, description from telemetry.cohorts; add one with telemetry.register_cohort().".into(),
        })
    })
}

/// The range of time in which the events of a cohort count.
pub fn range_of(events: &Events) -> Result<Range<i64>, Error> {
    if let Some(within) = &events.within {
        return Ok(since_ago(within)?..i64::MAX);
    }
    let moment = |key: &str, text: &Option<String>, open: i64| match text {
        None => Ok(open),
        Some(text) => time::of_rfc3339(text).ok_or_else(|| Error::BadArgument {
            problem: format!("{key} of a cohort must be a time with its offset, as RFC 3339 writes it"),
            hint: "For example: \"2026-01-31T00:00:00Z\".".into(),
        }),
    };
    let range = moment("since", &events.since, i64::MIN)?..moment("until", &events.until, i64::MAX)?;
    if range.is_empty() { Err(Error::EmptyRange) } else { Ok(range) }
}

/// The moment that lies an interval before the present transaction; a day is 24 hours, a month 30 days.
fn since_ago(within: &str) -> Result<i64, Error> {
    let sql = "select pg_catalog.now() operator(pg_catalog.-) pg_catalog.make_interval(
                      secs => pg_catalog.date_part('epoch', $1::pg_catalog.interval)),
                      $1::pg_catalog.interval operator(pg_catalog.>) '0'::pg_catalog.interval";
    let mut since = None;
    stream(sql, &[(TEXTOID, Value::Text(within))], Snapshot::OfStatement, |row| {
        since = row.big(0).filter(|_| row.flag(1));
        Ok(())
    })?;
    since.ok_or_else(|| Error::BadArgument {
        problem: "within of a cohort must be longer than nothing".into(),
        hint: "For example: \"30 days\".".into(),
    })
}

/// Reads a definition, with an error that names the cohort. Error: 22023 a definition that cannot be used.
pub fn read(cohort: &str, container: &[u8]) -> Result<Definition, Error> {
    definition::read(container).map_err(|Broken { problem, hint }| Error::BadArgument {
        problem: format!("the definition of cohort \"{}\" cannot be used: {problem}", spelling::beginning(cohort, 63)),
        hint: hint.into(),
    })
}
