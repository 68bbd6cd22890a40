//! The highest and the lowest number under a payload key, per calendar bucket and breakdown value. Twin:
//! sql/kpi/max_of.sql.

use crate::calendar::{Calendar, timestamp};
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::measuring::{Asked, ByHighest, ByLowest, Extremes, Group, Measured, measure};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// A row: the bucket, the breakdown value, the extreme, the events that have a number, those without one, whether the
/// bucket is complete, and whether the value stands for others.
type Row = (TimestampWithTimeZone, Option<String>, Option<f64>, f64, f64, bool, bool);

/// Contract: see the COMMENT in sql/kpi/max_of.sql.
#[pg_extern(sql = false)]
fn max_of(call: Call<'_>) -> Answer<Row> {
    let measured = measure::<Extremes, ByHighest>(&Asked::of(&call)?, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, Extremes::highest)?)
}

/// Contract: see the COMMENT in sql/kpi/max_of.sql.
#[pg_extern(sql = false)]
fn min_of(call: Call<'_>) -> Answer<Row> {
    let measured = measure::<Extremes, ByLowest>(&Asked::of(&call)?, &Calendar::asked(&call)?)?;
    call.rows(rows(measured, Extremes::lowest)?)
}

fn rows(measured: Measured<Extremes>, value: impl Fn(&Extremes) -> Option<f64>) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for (bucket, Group { text, is_other }, extremes) in measured.into_cells() {
        let (start, counts) = (timestamp(bucket.start)?, (extremes.events.events(), extremes.not_numeric.events()));
        rows.push((start, text, value(&extremes), counts.0, counts.1, bucket.is_complete, is_other));
    }
    Ok(rows)
}
