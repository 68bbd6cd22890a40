//! What becomes of a delivery, by what the courier tells of it. Twin: sql/outbox/settling.sql, which writes it down.

mod rules;

use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use rules::{Case, Report, Scope};

/// Judges one attempt. `failures`: how many there were before; `waits`: the schedule in seconds. Contract: docs/outbound.md.
/// Error: 22023 a status or an error that there is not.
#[pg_extern(immutable, parallel_safe)]
#[allow(clippy::too_many_arguments, clippy::type_complexity)]
fn settlement(
    status_code: Option<i32>,
    error: Option<&str>,
    retry_after_seconds: Option<i32>,
    events: i32,
    is_sink: bool,
    is_keyed: bool,
    others_succeed: bool,
    is_down: bool,
    failures: i32,
    waits: Vec<f64>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(outcome, String),
            name!(scope, String),
            name!(wait_seconds, f64),
            name!(is_dead, bool),
            name!(goes_down, bool),
            name!(answers, bool),
            name!(first_half, Option<i32>),
        ),
    >,
    ErrorReport,
> {
    let report = Report::of(status_code, error).ok_or_else(|| Error::BadArgument {
        problem: "a settlement needs a status_code from 100 to 599, or an error that is known".into(),
        hint: format!("The errors are: {}.", rules::ERRORS.join(", ")),
    })?;
    let case = Case {
        events: events.max(1).unsigned_abs(),
        is_sink,
        is_keyed,
        others_succeed,
        is_down,
        failures: failures.max(0).unsigned_abs() as usize,
    };
    let verdict = case.judge(report, &waits, retry_after_seconds.map(f64::from));
    let scope = match verdict.scope {
        Scope::Destination => "destination",
        Scope::Message => "message",
    };
    Ok(TableIterator::once((
        verdict.outcome.name().into(),
        scope.into(),
        verdict.wait,
        verdict.is_dead,
        verdict.goes_down,
        verdict.answers,
        verdict.first_half.and_then(|n| i32::try_from(n).ok()),
    )))
}
