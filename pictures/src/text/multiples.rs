//! Several series with many buckets: a small plot each, all on the same scale, one below the other.

use super::{
    Options,
    canvas::Canvas,
    plot,
    ranking::clean_or,
    terminal::{left, right, widest},
    trend::{say, value_at},
};
use crate::{
    number,
    picture::{Series, Trend},
};

/// Rows of all plots together.
const ROWS: usize = 12;

pub(super) fn draw(trend: &Trend, several: &[Series], options: &Options) -> Vec<String> {
    let shown = &several[..several.len().min(super::MOST_ROWS / 2)];
    let Some((low, high)) = plot::bounds(trend, shown) else {
        return vec!["  No value in this range.".to_owned()];
    };
    let names = shown.iter().map(|series| clean_or(series.label.as_deref().unwrap_or(""), "(empty)"));
    let names = names.map(|name| options.say(&name, options.width / 4)).collect::<Vec<_>>();
    let last = trend.buckets.len() - 1;
    let so_far = if trend.buckets[last].is_complete { "" } else { options.signs().so_far };
    let lasts = shown.iter().map(|series| format!("{}{so_far}", say(value_at(series, last), &trend.measure)));
    let lasts = lasts.collect::<Vec<_>>();
    let (name, edge) = (widest(&names), widest(&lasts).min(options.width / 5));
    let room = options.width - 2 - name - 1 - 1 - edge - 1;
    let rows = (ROWS / shown.len()).clamp(1, 4);
    let count = trend.buckets.len();
    let with_blocks = low >= 0.0 && count <= room && (trend.from_zero || rows == 1);
    let columns = if with_blocks { room / count * count } else { room };
    let is_open = |index: usize| trend.buckets.get(index).is_some_and(|bucket| !bucket.is_complete);
    let mut lines = Vec::new();
    let mut below = None;
    for (index, series) in shown.iter().enumerate() {
        let mut canvas = Canvas::new(columns, rows, low, high);
        for target in &trend.targets {
            canvas.target(target.value, options);
        }
        if with_blocks {
            canvas.blocks(&series.values, is_open, options);
        } else {
            canvas.line(&series.values, is_open);
        }
        below.get_or_insert_with(|| plot::buckets(&trend.buckets, &canvas, options));
        for (row, drawn) in canvas.into_rows(options).into_iter().enumerate() {
            let is_last = row + 1 == rows;
            let (label, value) = if is_last { (names[index].as_str(), lasts[index].as_str()) } else { ("", "") };
            let value = right(&options.say(value, edge), edge);
            lines.push(format!("  {} {}{drawn} {value}", left(label, name), options.signs().axis));
        }
    }
    if let Some((floor, labels)) = below {
        lines.push(format!("  {} {}{floor}", " ".repeat(name), options.signs().corner));
        lines.push(format!("  {}  {labels}", " ".repeat(name)));
    }
    let (low, high) = (number::say(low, &trend.measure), number::say(high, &trend.measure));
    lines.push(format!(
        "  each from {low} to {high}; at the right the last value{}",
        if so_far.is_empty() { "" } else { ", so far" }
    ));
    lines.extend(options.left_out(several.len() - shown.len(), "series"));
    lines
}
