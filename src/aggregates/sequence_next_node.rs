//! sequence_next_node() finds where actors go behind a chain of events. Twin: sql/aggregates/sequence_next_node.sql.

pub mod next_node;

use crate::aggregates::kept::{Aggregating, Conditions, Kept};
use crate::aggregates::state::{Fault, Kind, View};
use crate::aggregates::time_of;
use crate::error::Error;
use crate::readers::arguments::word;
use next_node::{BASES, DIRECTIONS, Looking};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/aggregates/sequence_next_node.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(immutable, parallel_safe)]
fn sequence_next_node_step(
    state: Option<Kept>,
    direction: Option<&str>,
    base: Option<&str>,
    event_ts: Option<TimestampWithTimeZone>,
    node: Option<&str>,
    base_condition: Option<bool>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    let looking = looking(direction, base)?.code();
    step(state, &looking, event_ts, node, base_condition, conditions, aggregating)
}

/// Contract: see the COMMENT in sql/aggregates/sequence_next_node.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_next_node_state_step(
    state: Option<Kept>,
    event_ts: Option<TimestampWithTimeZone>,
    node: Option<&str>,
    base_condition: Option<bool>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    step(state, b"", event_ts, node, base_condition, conditions, aggregating)
}

fn step(
    state: Option<Kept>,
    parameter: &[u8],
    event_ts: Option<TimestampWithTimeZone>,
    node: Option<&str>,
    base_condition: Option<bool>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    let (time, held) = (time_of(event_ts)?, Conditions::held(conditions)?);
    let (node, may_be_base) = (node.map(str::as_bytes), base_condition.unwrap_or(false));
    Ok(aggregating.step(state, |state| next_node::add(state, parameter, time, node, may_be_base, held))?)
}

#[pg_extern(immutable, parallel_safe)]
fn sequence_next_node_finish(state: Option<Kept>) -> Result<Option<String>, ErrorReport> {
    let Some(state) = state else { return Ok(None) };
    let view = state.view().map_err(Error::from)?;
    let looking = Looking::of_code(view.shape.parameter).map_err(Error::from)?;
    answer(&view, looking)
}

/// Contract: see the COMMENT in sql/aggregates/sequence_next_node.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_next_node_of(
    state: Option<Kept>,
    direction: Option<&str>,
    base: Option<&str>,
) -> Result<Option<String>, ErrorReport> {
    let looking = looking(direction, base)?;
    let Some(state) = state else { return Ok(None) };
    answer(&state.view_as(Kind::Nodes).map_err(Error::from)?, looking)
}

fn answer(view: &View<'_>, looking: Looking) -> Result<Option<String>, ErrorReport> {
    let visits = next_node::in_order(view).map_err(Error::from)?;
    let Some(node) = next_node::next_node(looking, &visits, view.shape.detail.into()) else { return Ok(None) };
    let node = std::str::from_utf8(node).map_err(|_| Error::from(Fault::NotAState))?;
    Ok(Some(node.into()))
}

fn looking(direction: Option<&str>, base: Option<&str>) -> Result<Looking, Error> {
    let looking =
        Looking { direction: required("direction", direction, &DIRECTIONS)?, base: required("base", base, &BASES)? };
    if looking.leads_somewhere() {
        return Ok(looking);
    }
    Err(Error::BadArgument {
        problem: "nothing lies forward of the tail or backward of the head".into(),
        hint: "Take forward with head, backward with tail, or first_match or last_match with either.".into(),
    })
}

fn required<T: Copy>(argument: &'static str, given: Option<&str>, known: &[(&str, T)]) -> Result<T, Error> {
    let given = given.ok_or(Error::NullArgument {
        argument,
        hint: "For example: telemetry.sequence_next_node('forward', 'first_match', event_ts, page, true, page = 'home').",
    })?;
    word(argument, Some(given), known)
}
