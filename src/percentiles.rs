//! Percentiles of a payload key, per calendar bucket and breakdown value: exact, or from a sketch of bounded error. Twin:
//! sql/kpi/percentiles.sql.

mod exact;
mod sketch;

use crate::calendar::{Calendar, timestamp};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::measuring::{Measured, asked, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use sketch::Sketch;

type Rows = TableIterator<
    'static,
    (
        name!(bucket, TimestampWithTimeZone),
        name!(breakdown_value, Option<String>),
        name!(fraction, f64),
        name!(value, Option<f64>),
        name!(events, i64),
        name!(not_numeric, i64),
        name!(is_complete, bool),
    ),
>;

/// Contract: see the COMMENT in sql/kpi/percentiles.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn percentiles(
    payload_key: Option<String>,
    fractions: Option<Vec<Option<f64>>>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    breakdown: Option<String>,
    top_n: Option<i32>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(fraction, f64),
            name!(value, Option<f64>),
            name!(events, i64),
            name!(not_numeric, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let fractions = checked_fractions(fractions)?;
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    let measured = measure(&asked, &Calendar::of(grain, tz, None)?)?;
    Ok(rows(measured, &fractions, |mut values, fractions| {
        values.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
        fractions.iter().map(|fraction| exact::percentile(&values, *fraction)).collect()
    })?)
}

/// Contract: see the COMMENT in sql/kpi/percentiles.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn percentiles_sketched(
    payload_key: Option<String>,
    fractions: Option<Vec<Option<f64>>>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    grain: Option<&str>,
    events: Option<Vec<Option<String>>>,
    breakdown: Option<String>,
    top_n: Option<i32>,
    tz: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(fraction, f64),
            name!(value, Option<f64>),
            name!(events, i64),
            name!(not_numeric, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let fractions = checked_fractions(fractions)?;
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    let measured = measure(&asked, &Calendar::of(grain, tz, None)?)?;
    Ok(rows(measured, &fractions, |values, fractions| {
        let mut sketch = Sketch::default();
        values.iter().for_each(|(value, times)| sketch.add(*value, *times));
        fractions.iter().map(|fraction| sketch.quantile(*fraction)).collect()
    })?)
}

const MOST_FRACTIONS: usize = 100;
const DEFAULT_FRACTIONS: [f64; 3] = [0.5, 0.95, 0.99];

fn checked_fractions(fractions: Option<Vec<Option<f64>>>) -> Result<Vec<f64>, Error> {
    let Some(given) = fractions else { return Ok(DEFAULT_FRACTIONS.to_vec()) };
    let fractions: Vec<f64> = given.iter().flatten().copied().collect();
    let are_fractions = fractions.iter().all(|fraction| (0.0..=1.0).contains(fraction));
    if fractions.is_empty() || fractions.len() != given.len() || fractions.len() > MOST_FRACTIONS || !are_fractions {
        return Err(Error::BadArgument {
            problem: format!("fractions must be 1 to {MOST_FRACTIONS} numbers from 0 to 1"),
            hint: "For the median and the 95th percentile: fractions => '{0.5,0.95}'.".into(),
        });
    }
    Ok(fractions)
}

/// `answer`: the percentiles of values that occur so many times, in no order and not empty.
fn rows(
    mut measured: Measured,
    fractions: &[f64],
    answer: impl Fn(Vec<(f64, u64)>, &[f64]) -> Vec<f64>,
) -> Result<Rows, Error> {
    let mut rows = Vec::with_capacity(measured.buckets.len() * measured.groups.len() * fractions.len());
    for place in 0..measured.buckets.len() {
        check_for_interrupts!();
        let bucket = measured.buckets[place];
        for group in 0..measured.groups.len() {
            let mut values = Vec::new();
            let (mut events, mut not_numeric) = (0, 0);
            for bag in measured.cell(place, group).into_values() {
                for (value, times) in bag.into_runs() {
                    match measured.number(value) {
                        Some(number) => {
                            events += times as i64;
                            values.push((number.value, times));
                        }
                        None => not_numeric += times as i64,
                    }
                }
            }
            let answers: Vec<Option<f64>> = if values.is_empty() {
                vec![None; fractions.len()]
            } else {
                answer(values, fractions).into_iter().map(Some).collect()
            };
            for (fraction, value) in fractions.iter().zip(answers) {
                let name = measured.groups[group].clone();
                let start = timestamp(bucket.start)?;
                rows.push((start, name, *fraction, value, events, not_numeric, bucket.is_complete));
            }
        }
    }
    Ok(TableIterator::new(rows))
}
