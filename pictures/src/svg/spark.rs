//! A line of the last values beside a number: no axes, no words, hidden from screen readers, which have the number.

use maud::{Markup, html};

use super::path::{Path, px, thinned};
use crate::picture::Tile;

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 30.0;
/// Room for the dot at the end.
const EDGE: f64 = 4.0;

pub fn draw(tile: &Tile) -> Markup {
    let line = line(tile);
    html! { @if !line.0.is_empty() { svg class="spark" viewBox="0 0 96 30" aria-hidden="true" { (line) } } }
}

/// Nothing where there are not two values.
pub(super) fn line(tile: &Tile) -> Markup {
    let values: Vec<Option<f64>> = tile.spark.iter().map(|value| value.filter(|value| value.is_finite())).collect();
    let known = || values.iter().flatten();
    if known().count() < 2 {
        return html! {};
    }
    let (low, high) = known().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    let spacing = (WIDTH - 2.0 * EDGE) / (values.len() - 1) as f64;
    let place = |(index, value): (usize, f64)| {
        let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        let share = if share.is_finite() { share } else { 0.5 };
        (EDGE + spacing * index as f64, HEIGHT - EDGE - share * (HEIGHT - 2.0 * EDGE))
    };
    let mut line = Path::default();
    let mut open = Path::default();
    let indexed: Vec<(usize, Option<f64>)> = values.iter().copied().enumerate().collect();
    for run in indexed.split(|(_, value)| value.is_none()) {
        let points: Vec<_> = run.iter().filter_map(|(index, value)| Some(place((*index, (*value)?)))).collect();
        let is_last = run.last().is_some_and(|(index, _)| index + 1 == values.len());
        let over = if is_last && tile.is_open { points.len() - 1 } else { points.len() };
        line.line(&thinned(&points[..over], 1.0));
        if over < points.len() {
            open.line(&points[over.saturating_sub(1)..]);
        }
    }
    let last = indexed.iter().rev().find_map(|(index, value)| Some((*index, (*value)?))).map(place);
    html! {
        g class="spark-line" {
            path d=(line.into_d()) {}
            @if !open.is_empty() { path class="open" d=(open.into_d()) {} }
            @if let Some((x, y)) = last { circle class=[tile.is_open.then_some("ring")] cx=(px(x)) cy=(px(y)) r="2.5" {} }
        }
    }
}
