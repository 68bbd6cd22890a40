//! A picture as rows of text: for psql, a pipe, a mail. Each row has at most `width` columns and no space at its end; nothing but
//! printable characters is in it, and with `ascii` none but those of ASCII. The same picture is always the same rows.

mod bars;
mod board;
mod canvas;
mod heat_map;
mod histogram;
mod intervals;
mod matrix;
mod multiples;
mod plot;
mod ranking;
mod signs;
mod spark;
mod steps;
mod terminal;
#[cfg(test)]
mod tests;
mod trend;
mod triangle;

use crate::{
    clean::width,
    picture::{Chart, Mood, Picture, Tile},
};

pub use board::{board, board_with_charts};

/// Rows that a chart may have before the rest is left out: what is longer is no picture any more.
const MOST_ROWS: usize = 30;
/// How many columns a picture may have.
pub const WIDTHS: std::ops::RangeInclusive<usize> = 60..=200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    width: usize,
    ascii: bool,
}

impl Options {
    /// As many columns, within WIDTHS; `ascii`: for a terminal that has no other characters.
    pub fn new(width: usize, ascii: bool) -> Self {
        Self { width: width.clamp(*WIDTHS.start(), *WIDTHS.end()), ascii }
    }
}

/// The question, the finding and the chart. `period` stands at the right edge: it is empty where a heading above says it.
pub fn chart(picture: &Picture, period: &str, options: &Options) -> Vec<String> {
    let mut lines = options.spread(&picture.question, period);
    let next = if let Chart::Nothing(next) = &picture.chart { next } else { "" };
    if picture.finding != next {
        lines.extend(options.wrap(&picture.finding, 0));
    }
    lines.extend(match &picture.chart {
        Chart::Steps(steps) => steps::draw(steps, options),
        Chart::Trend(trend) => trend::draw(trend, options),
        Chart::Triangle(triangle) => triangle::draw(triangle, options),
        Chart::HeatMap(map) => heat_map::draw(map, options),
        Chart::Histogram(histogram) => histogram::draw(histogram, options),
        Chart::Ranking(ranking) => ranking::draw(ranking, options),
        Chart::Intervals(intervals) => intervals::draw(intervals, options),
        Chart::Number => picture.headline.as_ref().map_or_else(Vec::new, |tile| number(tile, options)),
        Chart::Nothing(next) => options.wrap(next, 2),
    });
    options.finish(lines)
}

/// A KPI by itself: its chart, and under it how it is counted.
pub fn kpi(picture: &Picture, period: &str, options: &Options) -> Vec<String> {
    let mut lines = chart(picture, period, options);
    let definition = options.wrap(&picture.definition, 0);
    if !definition.is_empty() {
        lines.push(String::new());
        lines.extend(definition);
    }
    options.finish(lines)
}

/// One number is all there is: `Open items  12   oldest 20 min   ▁▂▃▅▇`.
fn number(tile: &Tile, options: &Options) -> Vec<String> {
    let (label, value) = (options.say(&tile.label, options.width / 3), options.say(&tile.value, options.width / 4));
    let spark = spark::draw(&tile.spark, tile.is_open, options.width / 6, options);
    let room = options.width - 12 - [&label, &value, &spark].map(|part| width(part)).iter().sum::<usize>();
    let mark = if matches!(tile.mood, Mood::Missed | Mood::Bad) {
        format!("{} ", options.signs().missed)
    } else {
        String::new()
    };
    let parts = [format!("{label}  {value}"), format!("{mark}{}", options.say(&tile.note, room)), spark];
    vec![format!("  {}", parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("   "))]
}
