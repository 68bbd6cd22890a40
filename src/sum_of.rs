//! Sums and means of a payload key, per calendar bucket and breakdown value. Twin: sql/kpi/sum_of.sql.
//!
//! A number counts with all of its digits, and a sampled event stands for 1/rate events, rate by rate: the same events give
//! the same number from whatever source they come.

use crate::calendar::{Calendar, timestamp};
use crate::counting::Count;
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::measuring::{Collect, Measured, Number, Sum, asked, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::BTreeMap;

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
    Ok(rows(measure(&asked, &Calendar::of(grain, tz, None)?)?, |weighed| Some(weighed.sum()))?)
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
        let weight = weighed.weight();
        (weight > 0.0).then(|| weighed.sum() / weight)
    })?)
}

/// The numbers of a bucket and group, each as often as its event stands for.
#[derive(Clone, Default)]
struct Weighed {
    /// By the bits of the rate: the sum, and how many.
    by_rate: BTreeMap<u32, (Sum, i64)>,
    not_numeric: Count,
}

impl Collect for Weighed {
    fn add(&mut self, number: Option<&Number>, times: u64, rate: f32) {
        match number {
            Some(number) => {
                let (sum, events) = self.by_rate.entry(rate.to_bits()).or_default();
                sum.add(number, times as i64);
                *events += times as i64;
            }
            None => self.not_numeric.add(times as i64, rate),
        }
    }

    fn merge(&mut self, other: Weighed) {
        for (rate, (sum, events)) in other.by_rate {
            let into = self.by_rate.entry(rate).or_default();
            into.0.merge(&sum);
            into.1 += events;
        }
        self.not_numeric.merge(&other.not_numeric);
    }

    fn memory(&self) -> usize {
        size_of::<Weighed>() + self.by_rate.values().map(|(sum, _)| sum.memory()).sum::<usize>()
    }
}

impl Weighed {
    fn sum(&self) -> f64 {
        let weighed = |(bits, (sum, _)): (&u32, &(Sum, i64))| sum.total() / f64::from(f32::from_bits(*bits));
        self.by_rate.iter().map(weighed).fold(0.0, |sum, part| sum + part)
    }

    /// As many events as there must have been.
    fn weight(&self) -> f64 {
        self.by_rate.iter().map(|(bits, (_, events))| *events as f64 / f64::from(f32::from_bits(*bits))).sum()
    }

    fn events(&self) -> i64 {
        let mut events = Count::default();
        self.by_rate.iter().for_each(|(bits, (_, of_rate))| events.add(*of_rate, f32::from_bits(*bits)));
        events.events()
    }
}

fn rows(measured: Measured<Weighed>, value: impl Fn(&Weighed) -> Option<f64>) -> Result<Rows, Error> {
    let mut rows = Vec::new();
    for (bucket, name, weighed) in measured.into_cells() {
        let not_numeric = weighed.not_numeric.events();
        rows.push((timestamp(bucket.start)?, name, value(&weighed), weighed.events(), not_numeric, bucket.is_complete));
    }
    Ok(TableIterator::new(rows))
}
