//! grafana_dashboard(): a dashboard as Grafana reads it. Twin: sql/pictures/grafana.sql.

use crate::error::Error;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use telemetry_pictures::grafana::{Board, dashboard};

/// Gives Grafana's JSON of a dashboard with the definitions of its KPIs.
#[pg_extern(immutable, parallel_safe)]
fn grafana_json(board: JsonB) -> Result<JsonB, ErrorReport> {
    let board: Board = serde_json::from_value(board.0).map_err(|_| Error::BadArgument {
        problem: "a dashboard cannot be read".into(),
        hint: "Call telemetry.grafana_dashboard().".into(),
    })?;
    Ok(JsonB(dashboard(&board)))
}
