//! retention_flags() tells who of a cohort came back. Twin: sql/aggregates/retention_flags.sql.

pub mod flags;

use crate::aggregates::kept::{Aggregating, Conditions, Kept};
use crate::aggregates::retention_flags::flags::{add, flags};
use crate::aggregates::state::Kind;
use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/aggregates/retention_flags.sql.
#[pg_extern(immutable, parallel_safe)]
fn retention_flags_step(
    state: Option<Kept>,
    conditions: Option<Conditions>,
    aggregating: Aggregating,
) -> Result<Kept, ErrorReport> {
    let held = Conditions::held(conditions)?;
    Ok(aggregating.step(state, |state| add(state, held))?)
}

/// Contract: see the COMMENT in sql/aggregates/retention_flags.sql.
#[pg_extern(immutable, parallel_safe)]
fn retention_flags_of(state: Option<Kept>) -> Result<Option<Vec<i32>>, ErrorReport> {
    let Some(state) = state else { return Ok(None) };
    let view = state.view_as(Kind::Retention).map_err(Error::from)?;
    Ok(Some(flags(&view).map_err(Error::from)?))
}
