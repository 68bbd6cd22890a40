//! ClickHouse's aggregates under their names, over any table. This file holds what they have in common: their states,
//! and how an argument becomes what a state holds. Twin: sql/aggregates.sql.
//!
//! The leaves below are pure; `window_funnel`, `sequence_match`, `sequence_next_node`, `retention_flags` and `uniq` are
//! what SQL calls, each the twin of its file in sql/aggregates/.

pub mod window_funnel;
pub mod sequence_match;
pub mod sequence_next_node;
pub mod retention_flags;
pub mod uniq;

pub mod conditions;
pub mod kept;
pub mod keys;
pub mod matching;
pub mod merging;
pub mod moments;
pub mod state;
pub mod values;

use crate::aggregates::kept::{Aggregating, Kept};
use crate::error::Error;
use crate::time::DAY;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use state::Fault;

/// This is the transition function of merge_states(), and it combines the partial states of every aggregate. NULL
/// stands for no rows.
#[pg_extern(immutable, parallel_safe)]
fn combine_states(
    state: Option<Kept>,
    other: Option<Kept>,
    aggregating: Aggregating,
) -> Result<Option<Kept>, ErrorReport> {
    let Some(other) = other else { return Ok(state) };
    let view = other.view().map_err(Error::from)?;
    Ok(Some(aggregating.step(state, |state| merging::merge(state, &view))?))
}

/// This is the final function of every aggregate that returns its state: it gives the bytes to store.
#[pg_extern(immutable, parallel_safe)]
fn finish_state(state: Option<Kept>) -> Result<Option<Kept>, ErrorReport> {
    let Some(state) = state else { return Ok(None) };
    let bytes = state.view().and_then(|view| merging::canonical(&view)).map_err(Error::from)?;
    Ok(Some(Kept::new(&bytes)))
}

/// Reads the argument `within`: gives the length of the window in microseconds.
pub fn window(within: Option<Interval>) -> Result<i64, Error> {
    let within = within.ok_or(Error::NullArgument {
        argument: "within",
        hint: "For example: telemetry.window_funnel('7 days', event_ts, event = 'signed_up', event = 'paid').",
    })?;
    let bad = |problem: &str, hint: &str| Err(Error::BadArgument { problem: problem.into(), hint: hint.into() });
    if within.months() != 0 {
        return bad("within must not have months or years: they differ in length", "Give days: interval '30 days'.");
    }
    let micros = i64::from(within.days()).saturating_mul(DAY).saturating_add(within.micros());
    if micros < 0 {
        return bad("within must not be negative", "0 asks for steps of one time.");
    }
    Ok(micros)
}

/// Reads the argument event_ts: gives the time in microseconds. A row whose time is NULL gives none, and is left out.
pub fn time_of(event_ts: Option<TimestampWithTimeZone>) -> Result<Option<i64>, Error> {
    match event_ts.map(i64::from) {
        Some(i64::MIN | i64::MAX) => Err(Error::BadArgument {
            problem: "event_ts must be a finite time".into(),
            hint: "Leave such rows out: filter (where isfinite(event_ts)).".into(),
        }),
        time => Ok(time),
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Error {
        let hint = match fault {
            Fault::TooLarge => return Error::StateTooLarge,
            Fault::NotAState | Fault::Version(_) => {
                "Give what one of the _state() aggregates of telemetry or merge_states() returned."
            }
            Fault::Kind { .. } => "Each state is read by the function of its own name: uniq_of(uniq_state(...)).",
            Fault::Unlike(_) => "Group by what differs, or make it the same everywhere.",
        };
        Error::BadArgument { problem: fault.to_string(), hint: hint.into() }
    }
}
