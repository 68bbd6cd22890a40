//! Sums and means of a payload key, per calendar bucket and breakdown value. Twin: sql/kpi/sum_of.sql.
//!
//! A number counts with all of its digits, and a sampled event stands for 1/rate events, rate by rate: the same events give
//! the same number from whatever source they come.

use crate::calendar::{Calendar, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::readers::measuring::{ByNumbers, BySum, Group, Measured, Weighed, asked, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

type Rows = TableIterator<
    'static,
    (
        name!(bucket, TimestampWithTimeZone),
        name!(breakdown_value, Option<String>),
        name!(value, Option<f64>),
        name!(events, f64),
        name!(not_numeric, f64),
        name!(is_complete, bool),
        name!(is_other, bool),
    ),
>;

/// Contract: see the COMMENT in sql/kpi/sum_of.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn sum_of(
    payload_key: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    breakdown: Option<String>,
    top_n: Option<i32>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    week_start: Option<&str>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(value, Option<f64>),
            name!(events, f64),
            name!(not_numeric, f64),
            name!(is_complete, bool),
            name!(is_other, bool),
        ),
    >,
    ErrorReport,
> {
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    let measured = measure::<Weighed, BySum>(&asked, &Calendar::of(grain, tz, week_start)?)?;
    Ok(rows(measured, |weighed| weighed.sum().map(Some).ok_or(Error::SumTooLarge))?)
}

/// Contract: see the COMMENT in sql/kpi/sum_of.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn avg_of(
    payload_key: Option<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    breakdown: Option<String>,
    top_n: Option<i32>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    week_start: Option<&str>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(value, Option<f64>),
            name!(events, f64),
            name!(not_numeric, f64),
            name!(is_complete, bool),
            name!(is_other, bool),
        ),
    >,
    ErrorReport,
> {
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    let measured = measure::<Weighed, ByNumbers>(&asked, &Calendar::of(grain, tz, week_start)?)?;
    Ok(rows(measured, |weighed| Ok(weighed.average()))?)
}

fn rows(measured: Measured<Weighed>, value: impl Fn(&Weighed) -> Result<Option<f64>, Error>) -> Result<Rows, Error> {
    let mut rows = Vec::new();
    for (bucket, Group { text, is_other }, weighed) in measured.into_cells() {
        let (start, counts) = (timestamp(bucket.start)?, (weighed.weight(), weighed.not_numeric.events()));
        rows.push((start, text, value(&weighed)?, counts.0, counts.1, bucket.is_complete, is_other));
    }
    Ok(TableIterator::new(rows))
}
