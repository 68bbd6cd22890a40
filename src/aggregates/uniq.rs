//! uniq() and uniq_exact() count how many different values there are. Twin: sql/aggregates/uniq.sql.

pub mod sketch;

use crate::aggregates::kept::{Aggregating, Kept, value_of};
use crate::aggregates::keys;
use crate::aggregates::state::{Fault, Kind, Shape, State};
use crate::aggregates::values::{Value, Width};
use crate::error::Error;
use pgrx::datum::AnyElement;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/aggregates/uniq.sql.
#[pg_extern(immutable, parallel_safe)]
fn uniq_step(
    state: Option<Kept>,
    value: Option<AnyElement>,
    aggregating: Aggregating,
) -> Result<Option<Kept>, ErrorReport> {
    let Some(value) = value else { return Ok(state) };
    let value = countable(&value)?;
    let hash = sketch::hash(&value);
    let state = aggregating.step(state, |state| {
        let mut state = State::open(state, shape(Kind::Uniq, &value), 0, "")?;
        sketch::insert(&mut state, hash)?;
        Ok(state)
    });
    Ok(Some(state?))
}

/// Contract: see the COMMENT in sql/aggregates/uniq.sql.
#[pg_extern(immutable, parallel_safe)]
fn uniq_exact_step(
    state: Option<Kept>,
    value: Option<AnyElement>,
    aggregating: Aggregating,
) -> Result<Option<Kept>, ErrorReport> {
    let Some(value) = value else { return Ok(state) };
    let value = countable(&value)?;
    let state = aggregating.step(state, |state| {
        let mut state = State::open(state, shape(Kind::UniqExact, &value), 0, "")?;
        value.with_key(|key| keys::insert(&mut state, value.width(), key))?;
        Ok(state)
    });
    Ok(Some(state?))
}

/// Contract: see the COMMENT in sql/aggregates/uniq.sql.
#[pg_extern(immutable, parallel_safe)]
fn uniq_of(state: Option<Kept>) -> Result<i64, ErrorReport> {
    let Some(state) = state else { return Ok(0) };
    let view = state.view_as(Kind::Uniq).map_err(Error::from)?;
    Ok(sketch::count(&view).map_err(Error::from)? as i64)
}

/// Contract: see the COMMENT in sql/aggregates/uniq.sql.
#[pg_extern(immutable, parallel_safe)]
fn uniq_exact_of(state: Option<Kept>) -> Result<i64, ErrorReport> {
    let Some(state) = state else { return Ok(0) };
    let view = state.view_as(Kind::UniqExact).map_err(Error::from)?;
    let width = Width::of(view.shape.detail).ok_or(Error::from(Fault::NotAState))?;
    Ok(keys::distinct(view.body, width).map_err(Error::from)?.1 as i64)
}

fn shape(kind: Kind, value: &Value<'_>) -> Shape<'static> {
    Shape { kind, detail: value.kind(), parameter: b"" }
}

fn countable(value: &AnyElement) -> Result<Value<'_>, Error> {
    value_of(value).ok_or_else(|| Error::BadArgument {
        problem: "values of this type cannot be counted".into(),
        hint: "Count text, uuid, smallint, integer, bigint, date, timestamptz or bytea: cast it, as in value::text, or take count(distinct value).".into(),
    })
}
