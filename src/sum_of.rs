//! Sums and means of a payload key, per calendar bucket and breakdown value. Twin: sql/kpi/sum_of.sql.
//!
//! A number counts with all of its digits, and a sampled event stands for 1/rate events, rate by rate: the same events give
//! the same number from whatever source they come.

use crate::calendar::{Calendar, timestamp};
use crate::counting::Count;
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::measuring::{Cell, Measured, Sum, asked, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

type Rows = TableIterator<
    'static,
    (
        name!(bucket, TimestampWithTimeZone),
        name!(breakdown_value, Option<String>),
        name!(value, Option<f64>),
        name!(events, i64),
        name!(not_numeric, i64),
        name!(is_complete, bool),
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
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(value, Option<f64>),
            name!(events, i64),
            name!(not_numeric, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    Ok(rows(measure(&asked, &Calendar::of(grain, tz, None)?)?, |weighed| Some(weighed.sum))?)
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
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(breakdown_value, Option<String>),
            name!(value, Option<f64>),
            name!(events, i64),
            name!(not_numeric, i64),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    let asked = asked::asked(payload_key, since, until, events, breakdown, top_n, tenant, filter)?;
    Ok(rows(measure(&asked, &Calendar::of(grain, tz, None)?)?, |weighed| {
        (weighed.weight > 0.0).then(|| weighed.sum / weighed.weight)
    })?)
}

/// The numbers of a cell, each as often as its event stands for.
#[derive(Default)]
struct Weighed {
    sum: f64,
    /// As many events as there must have been.
    weight: f64,
    events: Count,
    not_numeric: Count,
}

fn weigh(cell: Cell, measured: &Measured) -> Weighed {
    let mut weighed = Weighed::default();
    for (bits, bag) in cell {
        let rate = f32::from_bits(bits);
        let (mut sum, mut events) = (Sum::default(), 0);
        for (value, times) in bag.into_runs() {
            let times = times as i64;
            match measured.number(value) {
                Some(number) => {
                    sum.add(number, times);
                    events += times;
                }
                None => weighed.not_numeric.add(times, rate),
            }
        }
        weighed.sum += sum.total() / f64::from(rate);
        weighed.weight += events as f64 / f64::from(rate);
        weighed.events.add(events, rate);
    }
    weighed
}

fn rows(mut measured: Measured, value: impl Fn(&Weighed) -> Option<f64>) -> Result<Rows, Error> {
    let mut rows = Vec::with_capacity(measured.buckets.len() * measured.groups.len());
    for place in 0..measured.buckets.len() {
        check_for_interrupts!();
        let bucket = measured.buckets[place];
        for group in 0..measured.groups.len() {
            let weighed = weigh(measured.cell(place, group), &measured);
            rows.push((
                timestamp(bucket.start)?,
                measured.groups[group].clone(),
                value(&weighed),
                weighed.events.events(),
                weighed.not_numeric.events(),
                bucket.is_complete,
            ));
        }
    }
    Ok(TableIterator::new(rows))
}
