//! A forecast of any KPI: each row of its buckets is continued as forecast() continues an event's volume. What has too few
//! buckets is one row that says so. Twin: sql/kpi/forecast_kpi.sql.

use crate::db::call::{Answer, Call};
use crate::kpi::forecast::{Drawn, drawn};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Gives what forecast_kpi() draws from the buckets of one breakdown value. Contract: see the COMMENT in
/// sql/kpi/forecast_kpi.sql.
#[pg_extern(sql = false)]
fn kpi_forecast(call: Call<'_>) -> Answer<Row> {
    let rows = match drawn(&call, call.flags("complete")?, call.number("target")?)? {
        Ok(drawn) => drawn.into_iter().map(with_bucket).collect(),
        Err(few) => vec![(None, None, None, None, None, None, None, Some(few.to_string()))],
    };
    call.rows(rows)
}

/// A row: the bucket, the number expected in it, the ends of the range in which a new number lies, when the target is
/// reached (as expected, at the earliest, at the latest), and why there is no forecast.
type Row = (
    Option<TimestampWithTimeZone>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<TimestampWithTimeZone>,
    Option<TimestampWithTimeZone>,
    Option<TimestampWithTimeZone>,
    Option<String>,
);

fn with_bucket((bucket, expected, lower, upper, reaches_at, earliest, latest): Drawn) -> Row {
    (Some(bucket), expected, lower, upper, reaches_at, earliest, latest, None)
}
