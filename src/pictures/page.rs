//! Draws the page of a dashboard and the picture of a KPI. Twin: sql/pictures/page.sql, which gathers what is drawn.

use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::de::DeserializeOwned;
use telemetry_pictures::{
    answer::{Answer, Board},
    page::{self, Options},
    reading, svg,
};

/// Gives the page of a board; both are JSON, in texts, which is how they are read soonest.
#[pg_extern(immutable, parallel_safe)]
fn drawn_page(board: &str, options: &str) -> Result<String, ErrorReport> {
    let board: Board = read(board)?;
    let options: Options = read(options)?;
    let pictures: Vec<_> = board.kpis.iter().map(reading::picture).collect();
    Ok(page::page(&board, &pictures, &options))
}

/// Gives the SVG of an answer.
#[pg_extern(immutable, parallel_safe)]
fn drawn_chart(answer: &str) -> Result<String, ErrorReport> {
    let answer: Answer = read(answer)?;
    Ok(svg::document(&reading::picture(&answer)))
}

/// What a browser may do with a document.
#[pg_extern(immutable, parallel_safe)]
fn page_policy() -> &'static str {
    page::POLICY
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|_| Error::BadArgument {
        problem: "what is to be drawn is not what telemetry_private.answers() gives".into(),
        hint: "Call telemetry.dashboard_page() or telemetry.kpi_chart().".into(),
    })
}
