//! Anomalies are buckets whose number is far from what their season makes one expect. Twin: sql/kpi/anomalies.sql.

mod robust;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::series::Seasons;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Gives what anomalies() found in the numbers of its events. Contract: see the COMMENTs in sql/kpi/anomalies.sql.
#[pg_extern(sql = false)]
fn series_anomalies(call: Call<'_>) -> Answer<Judged> {
    let judged = judged(&call, call.flags("complete")?)?;
    call.rows(judged)
}

/// Contract: see the COMMENTs in sql/kpi/anomalies.sql.
#[pg_extern(sql = false)]
fn anomalies_of(call: Call<'_>) -> Answer<(TimestampWithTimeZone, f64, Option<f64>, Option<f64>, bool)> {
    let judged = judged(&call, None)?;
    call.rows(
        judged
            .into_iter()
            .map(|(bucket, value, expected, score, is_anomaly, _)| (bucket, value, expected, score, is_anomaly)),
    )
}

/// A row: the bucket, its number, the one expected, the score, whether that is an anomaly, and whether the bucket is
/// complete.
type Judged = (TimestampWithTimeZone, f64, Option<f64>, Option<f64>, bool, bool);

/// Judges each number of a series. `complete` says of each time whether its bucket is complete; without it all are.
fn judged(call: &Call<'_>, complete: Option<Vec<Option<bool>>>) -> Result<Vec<Judged>, Error> {
    // Iglewicz and Hoaglin's recommendation.
    let threshold = call.number("threshold")?.unwrap_or(3.5);
    if !(threshold > 0.0 && threshold.is_finite()) {
        return Err(Error::BadArgument {
            problem: "threshold must be above 0".into(),
            hint: "It is a number of standard deviations; 3.5 is the default.".into(),
        });
    }
    let points = Seasons::asked(call)?.points(call, complete)?;
    let given: Vec<robust::Point> = points
        .iter()
        .map(|point| robust::Point { season: point.season, value: point.value, is_judged: point.is_complete })
        .collect();
    let mut rows = Vec::with_capacity(points.len());
    for (point, judged) in points.iter().zip(robust::judge(&given)) {
        let is_anomaly = judged.score.is_some_and(|score| score.abs() > threshold);
        rows.push((timestamp(point.start)?, point.value, judged.expected, judged.score, is_anomaly, point.is_complete));
    }
    Ok(rows)
}
