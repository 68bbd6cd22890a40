//! window_funnel() finds how many steps one window holds. Twin: sql/aggregates/window_funnel.sql.

pub mod steps;

use crate::aggregates::kept::{Aggregating, Conditions, Kept};
use crate::aggregates::state::{Fault, Kind};
use crate::aggregates::window_funnel::steps::{Mode, depth};
use crate::aggregates::{moments, time_of, window};
use crate::error::Error;
use crate::readers::arguments::word;
use pgrx::datum::{Interval, TimestampWithTimeZone};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const ANOTHER_WINDOW: &str = "within must be the same in every row";

/// Contract: see the COMMENT in sql/aggregates/window_funnel.sql.
#[pg_extern(immutable, parallel_safe)]
fn window_funnel_step(
    state: Option<Kept>,
    within: Option<Interval>,
    event_ts: Option<TimestampWithTimeZone>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    step(state, within, event_ts, conditions, aggregating, false)
}

/// Adds a row as window_funnel_step() does, and keeps the rows without a condition too.
#[pg_extern(immutable, parallel_safe)]
fn window_funnel_strict_order_step(
    state: Option<Kept>,
    within: Option<Interval>,
    event_ts: Option<TimestampWithTimeZone>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    step(state, within, event_ts, conditions, aggregating, true)
}

fn step(
    state: Option<Kept>,
    within: Option<Interval>,
    event_ts: Option<TimestampWithTimeZone>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
    keeps_others: bool,
) -> Result<Kept, ErrorReport> {
    let within = window(within)?.to_le_bytes();
    let (time, held) = (time_of(event_ts)?, Conditions::held(conditions)?);
    Ok(aggregating.step(state, |state| moments::add(state, &within, ANOTHER_WINDOW, time, held, keeps_others))?)
}

#[pg_extern(immutable, parallel_safe)]
fn window_funnel_finish(state: Option<Kept>) -> Result<i32, ErrorReport> {
    finish(state, Mode::Ordered)
}

#[pg_extern(immutable, parallel_safe)]
fn window_funnel_strict_increase_finish(state: Option<Kept>) -> Result<i32, ErrorReport> {
    finish(state, Mode::StrictIncrease)
}

#[pg_extern(immutable, parallel_safe)]
fn window_funnel_strict_order_finish(state: Option<Kept>) -> Result<i32, ErrorReport> {
    finish(state, Mode::StrictOrder)
}

fn finish(state: Option<Kept>, mode: Mode) -> Result<i32, ErrorReport> {
    let Some(state) = state else { return Ok(0) };
    let answer = state.view().and_then(|view| {
        let within = view.shape.parameter.try_into().map_err(|_| Fault::NotAState)?;
        depth(&view, i64::from_le_bytes(within), mode)
    });
    Ok(answer.map_err(Error::from)?)
}

/// Contract: see the COMMENT in sql/aggregates/window_funnel.sql.
#[pg_extern(immutable, parallel_safe)]
fn window_funnel_of(state: Option<Kept>, within: Option<Interval>, mode: Option<&str>) -> Result<i32, ErrorReport> {
    let within = window(within)?;
    let mode = word("mode", mode, &[("ordered", Mode::Ordered), ("strict_increase", Mode::StrictIncrease)])?;
    let Some(state) = state else { return Ok(0) };
    let answer = state.view_as(Kind::Sequence).and_then(|view| depth(&view, within, mode));
    Ok(answer.map_err(Error::from)?)
}
