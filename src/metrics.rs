//! Metrics in Prometheus' text format. Twin: sql/metrics.sql, which says what is measured.

mod exposition;

use crate::error::Error;
use exposition::Sample;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Gives the text of samples, which are the rows of metric_samples() as an array.
#[pg_extern(immutable, parallel_safe)]
fn exposition(samples: JsonB) -> Result<String, ErrorReport> {
    let samples: Vec<Sample> = serde_json::from_value(samples.0).map_err(|_| unreadable())?;
    Ok(exposition::text(samples).map_err(|_| unreadable())?)
}

fn unreadable() -> Error {
    Error::BadArgument {
        problem: "samples are not rows of telemetry.metric_samples()".into(),
        hint: "Call telemetry.metrics().".into(),
    }
}
