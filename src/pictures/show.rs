//! Draws a dashboard or a KPI as rows of text. Twin: sql/pictures/show.sql, which gathers what is drawn.

use crate::error::Error;
use crate::spelling::{beginning, nearest};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use telemetry_pictures::{
    answer::{Answer, Board},
    reading,
    text::{self, Options},
};

const WIDTH: i32 = 100;
/// A hint offers at most this many names.
const OFFERED: usize = 3;

#[derive(Deserialize)]
struct Names {
    dashboards: Vec<String>,
    kpis: Vec<String>,
}

/// Tells whether the name is a dashboard's; else it is a KPI's. What is wrong with the call is said here, before anything is asked.
#[pg_extern(immutable, parallel_safe)]
fn what_is_shown(name: Option<&str>, width: Option<i32>, names: &str) -> Result<bool, ErrorReport> {
    let names: Names = read(names)?;
    let name = name.ok_or(Error::NullArgument {
        argument: "name",
        hint: "It is the name of a dashboard or of a KPI: select name from telemetry.dashboards.",
    })?;
    options(width, None)?;
    if names.dashboards.iter().any(|known| known == name) {
        return Ok(true);
    }
    if names.kpis.iter().any(|known| known == name) {
        return Ok(false);
    }
    let alike = nearest(name, names.dashboards.into_iter().chain(names.kpis).collect(), OFFERED);
    Err(Error::UnknownPicture { name: beginning(name, 63), nearest: alike })?
}

/// Gives the rows. `found` is the JSON of a board or of an answer, in a text, which is how it is read soonest.
#[pg_extern(immutable, parallel_safe)]
fn drawn_text(
    found: &str,
    is_board: bool,
    width: Option<i32>,
    ascii: Option<bool>,
    charts: Option<bool>,
) -> Result<SetOfIterator<'static, String>, ErrorReport> {
    let options = options(width, ascii)?;
    let lines = if is_board {
        let board: Board = read(found)?;
        let pictures: Vec<_> = board.kpis.iter().map(reading::picture).collect();
        if charts == Some(true) {
            text::board_with_charts(&board, &pictures, &options)
        } else {
            text::board(&board, &pictures, &options)
        }
    } else {
        let answer: Answer = read(found)?;
        text::kpi(&reading::picture(&answer), &reading::period(&answer.range), &options)
    };
    Ok(SetOfIterator::new(lines))
}

fn options(width: Option<i32>, ascii: Option<bool>) -> Result<Options, Error> {
    let width = width.unwrap_or(WIDTH);
    match usize::try_from(width) {
        Ok(columns) if text::WIDTHS.contains(&columns) => Ok(Options::new(columns, ascii.unwrap_or(false))),
        _ => Err(Error::BadArgument {
            problem: format!("width must be {} to {}", text::WIDTHS.start(), text::WIDTHS.end()),
            hint: format!("Without it a row has at most {WIDTH} columns."),
        }),
    }
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|_| Error::BadArgument {
        problem: "what is to be drawn is not what telemetry_private.answers() gives".into(),
        hint: "Call telemetry.show().".into(),
    })
}
