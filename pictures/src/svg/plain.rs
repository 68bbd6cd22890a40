//! What is no chart: one number, large, and what to do where there is nothing yet.

use maud::html;

use super::{
    drawing::{Drawing, Sheet, words},
    spark,
    width::{self, Type},
};
use crate::picture::{Mood, Tile};

/// Where the question was asked and no row or only NULL is the answer.
pub const NO_VALUE: &str = "No value in this time.";

pub fn number(tile: Option<&Tile>, sheet: Sheet) -> Drawing {
    let Some(tile) = tile else { return nothing(NO_VALUE, sheet) };
    // Large type is 30, not 13.
    let value = width::fit(&tile.value, (sheet.width - 120.0) * 13.0 / 30.0, Type::Bold);
    let note = match tile.mood {
        Mood::Missed => "missed",
        Mood::Bad => "bad",
        Mood::Good => "good",
        Mood::Plain => "dim",
    };
    let body = html! {
        (words(0.0, 34.0, "big", &value))
        (words(0.0, 58.0, note, &width::fit(&tile.note, sheet.width, Type::Plain)))
        g transform=(format!("translate({} 10)", sheet.width - 104.0)) { (spark::line(tile)) }
    };
    Drawing { height: 66.0, body }
}

pub fn nothing(next: &str, sheet: Sheet) -> Drawing {
    let lines = width::wrap(next, sheet.width, Type::Plain, if sheet.is_narrow { 10 } else { 6 });
    let body = html! {
        @for (index, line) in lines.iter().enumerate() { (words(0.0, 16.0 + 20.0 * index as f64, "dim", line)) }
    };
    Drawing { height: 24.0 + 20.0 * lines.len().saturating_sub(1) as f64, body }
}
