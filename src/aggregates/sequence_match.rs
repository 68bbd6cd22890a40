//! sequence_match() and sequence_count() find chains of events that match a pattern. Twin:
//! sql/aggregates/sequence_match.sql.

pub mod pattern;

use crate::aggregates::kept::{Aggregating, Conditions, Kept};
use crate::aggregates::moments::{self, Moment};
use crate::aggregates::sequence_match::pattern::Pattern;
use crate::aggregates::state::{Fault, Kind, View};
use crate::aggregates::{matching, time_of};
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

const ANOTHER_PATTERN: &str = "pattern must be the same in every row";

/// Contract: see the COMMENT in sql/aggregates/sequence_match.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_match_step(
    state: Option<Kept>,
    pattern: Option<&str>,
    event_ts: Option<TimestampWithTimeZone>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    let text = given(pattern)?;
    let (time, held) = (time_of(event_ts)?, Conditions::held(conditions)?);
    if state.is_none() {
        read(text, held.conditions)?;
    }
    Ok(aggregating.step(state, |state| moments::add(state, text.as_bytes(), ANOTHER_PATTERN, time, held, false))?)
}

/// Contract: see the COMMENT in sql/aggregates/sequence_match.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_state_step(
    state: Option<Kept>,
    event_ts: Option<TimestampWithTimeZone>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    let (time, held) = (time_of(event_ts)?, Conditions::held(conditions)?);
    Ok(aggregating.step(state, |state| moments::add(state, b"", "", time, held, false))?)
}

#[pg_extern(immutable, parallel_safe)]
fn sequence_match_finish(state: Option<Kept>) -> Result<bool, ErrorReport> {
    let Some(state) = state else { return Ok(false) };
    let view = state.view().map_err(Error::from)?;
    answer(&view, pattern_of(&view)?, matching::has_match)
}

#[pg_extern(immutable, parallel_safe)]
fn sequence_count_finish(state: Option<Kept>) -> Result<i64, ErrorReport> {
    let Some(state) = state else { return Ok(0) };
    let view = state.view().map_err(Error::from)?;
    answer(&view, pattern_of(&view)?, count)
}

/// Contract: see the COMMENT in sql/aggregates/sequence_match.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_match_of(state: Option<Kept>, pattern: Option<&str>) -> Result<bool, ErrorReport> {
    let pattern = given(pattern)?;
    let Some(state) = state else { return Ok(false) };
    answer(&state.view_as(Kind::Sequence).map_err(Error::from)?, pattern, matching::has_match)
}

/// Contract: see the COMMENT in sql/aggregates/sequence_match.sql.
#[pg_extern(immutable, parallel_safe)]
fn sequence_count_of(state: Option<Kept>, pattern: Option<&str>) -> Result<i64, ErrorReport> {
    let pattern = given(pattern)?;
    let Some(state) = state else { return Ok(0) };
    answer(&state.view_as(Kind::Sequence).map_err(Error::from)?, pattern, count)
}

fn count(pattern: &Pattern, moments: &[Moment]) -> i64 {
    matching::count(pattern, moments) as i64
}

fn answer<T>(
    view: &View<'_>,
    pattern: &str,
    question: impl FnOnce(&Pattern, &[Moment]) -> T,
) -> Result<T, ErrorReport> {
    let pattern = read(pattern, view.shape.detail)?;
    let moments = moments::in_order(view).map_err(Error::from)?;
    Ok(question(&pattern, &moments))
}

fn given(pattern: Option<&str>) -> Result<&str, Error> {
    pattern.ok_or(Error::NullArgument {
        argument: "pattern",
        hint: "For example: telemetry.sequence_match('(?1)(?t<=3600)(?2)', event_ts, event = 'view', event = 'buy').",
    })
}

fn read(pattern: &str, conditions: u8) -> Result<Pattern, Error> {
    Pattern::parse(pattern, conditions.into()).map_err(|unreadable| Error::BadArgument {
        problem: format!(
            "the pattern cannot be read at character {}: {}",
            unreadable.character, unreadable.problem
        ),
        hint: "(?1) is an event of the first condition, . any, .* any number of them, (?t<=60) at most 60 seconds from the event before to the one behind: '(?1).*(?2)(?t<=60)(?3)'.".into(),
    })
}

fn pattern_of<'a>(view: &View<'a>) -> Result<&'a str, Error> {
    std::str::from_utf8(view.shape.parameter).map_err(|_| Fault::NotAState.into())
}
