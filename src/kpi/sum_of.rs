//! Sums and means of a payload key, per calendar bucket and breakdown value. Twin: sql/kpi/sum_of.sql.
//!
//! A number counts with all of its digits, and a sampled event stands for 1/rate events, rate by rate: the same events give
//! the same number from whatever source they come.

use crate::calendar::{Calendar, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::measuring::{Asked, ByNumbers, BySum, Group, Measured, Weighed, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// A row: the bucket, the breakdown value, the sum or the mean, the events that have a number, those without one,
/// whether the bucket is complete, and whether the value stands for others.
type Row = (TimestampWithTimeZone, Option<String>, Option<f64>, f64, f64, bool, bool);

/// Contract: see the COMMENT in sql/kpi/sum_of.sql.
#[pg_extern(sql = false)]
fn sum_of(call: Call<'_>) -> Answer<Row> {
    let asked = Asked::of(&call)?;
    let measured = measure::<Weighed, BySum>(&asked, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, |weighed| weighed.sum().map(Some).ok_or(Error::SumTooLarge))?)
}

/// Contract: see the COMMENT in sql/kpi/sum_of.sql.
#[pg_extern(sql = false)]
fn avg_of(call: Call<'_>) -> Answer<Row> {
    let asked = Asked::of(&call)?;
    let measured = measure::<Weighed, ByNumbers>(&asked, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, |weighed| Ok(weighed.average()))?)
}

fn rows(
    measured: Measured<Weighed>,
    value: impl Fn(&Weighed) -> Result<Option<f64>, Error>,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (bucket, Group { text, is_other }, weighed) in measured.into_cells() {
        let (start, counts) = (timestamp(bucket.start)?, (weighed.weight(), weighed.not_numeric.events()));
        rows.push((start, text, value(&weighed)?, counts.0, counts.1, bucket.is_complete, is_other));
    }
    Ok(rows)
}
