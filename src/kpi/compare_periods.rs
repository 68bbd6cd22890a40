//! Two periods of a KPI are told apart, or not, by a test of its kind. Twin: sql/kpi/compare_periods.sql.

mod chance;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use chance::{Share, buckets, shares};
use pgrx::prelude::*;

/// Gives the p-value of two periods, the test that it is of, and why there is none. Contract: see the COMMENT in
/// sql/kpi/compare_periods.sql.
#[pg_extern(sql = false)]
fn periods_chance(call: Call<'_>) -> Answer<(Option<f64>, Option<String>, Option<String>)> {
    let is_share = call.flag("is_share")?.unwrap_or(false);
    let (before, after) =
        (asked_share(&call, "value_before", "n_before")?, asked_share(&call, "value_after", "n_after")?);
    let (numbers_before, numbers_after) =
        (asked_numbers(&call, "buckets_before")?, asked_numbers(&call, "buckets_after")?);
    let told = if is_share { shares(before, after) } else { buckets(&numbers_before, &numbers_after) };
    call.rows([match told {
        Ok((test, p_value)) => (Some(p_value), Some(test.name().to_string()), None),
        Err(untold) => (None, None, Some(untold.to_string())),
    }])
}

/// Reads a share of n, nobody's where it is not known. What was divided by n is a whole number.
fn asked_share(call: &Call<'_>, value: &str, n: &str) -> Result<Share, Error> {
    let (value, whole) = (call.number(value)?, call.number(n)?.unwrap_or(0.0));
    Ok(value.map_or(Share { part: 0.0, whole: 0.0 }, |value| Share { part: (value * whole).round(), whole }))
}

fn asked_numbers(call: &Call<'_>, argument: &str) -> Result<Vec<f64>, Error> {
    Ok(call.numbers(argument)?.unwrap_or_default().into_iter().flatten().filter(|number| number.is_finite()).collect())
}
