//! Anomalies: buckets whose number is far from what their season makes one expect. Twin: sql/kpi/anomalies.sql.

mod robust;

use crate::calendar::timestamp;
use crate::error::Error;
use crate::readers::series::Seasons;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENTs in sql/kpi/anomalies.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_safe)]
fn series_anomalies(
    times: Option<Vec<Option<TimestampWithTimeZone>>>,
    numbers: Option<Vec<Option<f64>>>,
    complete: Option<Vec<Option<bool>>>,
    grain: Option<&str>,
    seasonality: Option<&str>,
    threshold: Option<f64>,
    tz: Option<&str>,
    week_start: Option<&str>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(bucket, TimestampWithTimeZone),
            name!(value, f64),
            name!(expected, Option<f64>),
            name!(score, Option<f64>),
            name!(is_anomaly, bool),
            name!(is_complete, bool),
        ),
    >,
    ErrorReport,
> {
    // Iglewicz and Hoaglin's recommendation.
    let threshold = threshold.unwrap_or(3.5);
    if !(threshold > 0.0 && threshold.is_finite()) {
        Err(Error::BadArgument {
            problem: "threshold must be above 0".into(),
            hint: "It is a number of standard deviations; 3.5 is the default.".into(),
        })?;
    }
    let points = Seasons::of(grain, tz, seasonality, week_start)?.points(times, numbers, complete)?;
    let given: Vec<robust::Point> = points
        .iter()
        .map(|point| robust::Point { season: point.season, value: point.value, is_judged: point.is_complete })
        .collect();
    let mut rows = Vec::with_capacity(points.len());
    for (point, judged) in points.iter().zip(robust::judge(&given)) {
        let is_anomaly = judged.score.is_some_and(|score| score.abs() > threshold);
        rows.push((timestamp(point.start)?, point.value, judged.expected, judged.score, is_anomaly, point.is_complete));
    }
    Ok(TableIterator::new(rows))
}
