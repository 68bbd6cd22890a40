//! Many buckets of one series: columns of blocks where the size from zero counts, else a line, with an axis at the left, the buckets
//! below and the last value at the right.

use super::{
    Options,
    canvas::Canvas,
    terminal::{left, right, widest},
    trend::say,
};
use crate::{
    clean::width,
    number,
    picture::{Bucket, Measure, Series, Trend},
};

/// Rows of a plot, or a little more, so that each line of the axis is at a row's edge.
const ROWS: usize = 8;

pub(super) fn draw(trend: &Trend, series: &Series, options: &Options) -> Vec<String> {
    let signs = options.signs();
    let Some((low, high)) = bounds(trend, std::slice::from_ref(series)) else {
        return vec!["  No value in this range.".to_owned()];
    };
    let ticks = ticks(low, high, &trend.measure);
    let (low, high) = ticks.iter().fold((low, high), |(low, high), tick| (low.min(*tick), high.max(*tick)));
    let rows = rows_for(ticks.len());
    let said = ticks.iter().map(|tick| options.say(&number::compact(*tick, &trend.measure), 12)).collect::<Vec<_>>();
    let axis = widest(&said);
    let at_edge = edge_labels(trend, series, options);
    let edge = widest(at_edge.iter().map(|(_, label)| label)).min(options.width / 5);
    let room = options.width - 2 - axis - 2 - edge - 1;
    let count = trend.buckets.len();
    let with_blocks = trend.from_zero && low >= 0.0 && count <= room && series.band.is_none();
    let mut canvas = Canvas::new(if with_blocks { room / count * count } else { room }, rows, low, high);
    for target in &trend.targets {
        canvas.target(target.value, options);
    }
    if let Some(band) = &series.band {
        canvas.band(band, options);
    }
    let is_open = |index: usize| trend.buckets.get(index).is_some_and(|bucket| !bucket.is_complete);
    if with_blocks {
        canvas.blocks(&series.values, is_open, options);
    } else {
        canvas.line(&series.values, is_open);
    }
    for (index, value) in series.values.iter().enumerate() {
        if let (Some(true), Some(value)) = (series.marks.get(index), value) {
            canvas.mark(index, count, *value, signs.unusual);
        }
    }
    let tick_rows = ticks.iter().map(|tick| canvas.row_of(*tick)).collect::<Vec<_>>();
    let floor = tick_rows.iter().position(|row| *row == rows).map_or("", |index| &said[index]);
    let below = buckets(&trend.buckets, &canvas, options);
    let at_edge = placed(at_edge, &canvas);
    let mut lines = Vec::new();
    let drawn_rows = canvas.into_rows(options);
    for (row, drawn) in drawn_rows.into_iter().enumerate() {
        // The value of a row is at its upper edge: it is said there, but not on the floor.
        let tick = tick_rows.iter().position(|at| *at == row);
        let label = tick.map_or("", |index| &said[index]);
        let sign = if tick.is_some() { signs.tick } else { signs.axis };
        let edge_label = at_edge.iter().find(|(at, _)| *at == row).map_or("", |(_, label)| label);
        lines.push(format!("  {} {sign}{drawn} {}", right(label, axis), options.say(edge_label, edge)));
    }
    lines.push(format!("  {} {}{}", right(floor, axis), signs.corner, below.0));
    lines.push(format!("  {}  {}", " ".repeat(axis), below.1));
    lines
}

/// What is said at the axis; of what is counted there is no half.
fn ticks(low: f64, high: f64, measure: &Measure) -> Vec<f64> {
    let ticks = number::ticks_for(low, high, 5, measure);
    let whole = ticks.iter().copied().filter(|tick| tick.fract() == 0.0).collect::<Vec<_>>();
    if matches!(measure, Measure::Count(_)) && whole.len() > 1 { whole } else { ticks }
}

/// As many rows as let each tick be at an edge.
pub(super) fn rows_for(ticks: usize) -> usize {
    let spaces = ticks.saturating_sub(1).max(1);
    spaces * ROWS.div_ceil(spaces)
}

/// The lowest and the highest that is drawn.
pub(super) fn bounds(trend: &Trend, series: &[Series]) -> Option<(f64, f64)> {
    let bands = series.iter().filter_map(|series| series.band.as_ref()).flatten().flatten();
    let known = series.iter().flat_map(|series| &series.values).flatten().copied();
    let known = known.chain(bands.flat_map(|(low, high)| [*low, *high])).filter(|value| value.is_finite());
    let known = known.map(super::bars::bounded).collect::<Vec<_>>();
    if known.is_empty() {
        return None;
    }
    let targets = trend.targets.iter().map(|target| super::bars::bounded(target.value));
    let zero = trend.from_zero.then_some(0.0);
    let all = || known.iter().copied().chain(targets.clone()).chain(zero);
    Some((all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max)))
}

/// What is said at the right edge, and at which value: the last value first, then the targets.
fn edge_labels(trend: &Trend, series: &Series, options: &Options) -> Vec<(f64, String)> {
    let last = series.values.iter().enumerate().rev().find_map(|(index, value)| value.map(|value| (index, value)));
    let last = last.filter(|(_, value)| value.is_finite()).map(|(index, value)| {
        let so_far = trend.buckets.get(index).is_some_and(|bucket| !bucket.is_complete);
        let said = match trend.measure {
            // A unit that is a word is said above.
            Measure::Amount(_) => number::compact(value, &trend.measure),
            _ => say(Some(value), &trend.measure),
        };
        (value, format!("{said}{}", if so_far { " so far" } else { "" }))
    });
    let targets =
        trend.targets.iter().take(3).map(|target| (target.value, options.say(&target.label, options.width / 5)));
    last.into_iter().chain(targets).collect()
}

/// Each at the row of its value, or at the next one that is free.
fn placed(labels: Vec<(f64, String)>, canvas: &Canvas) -> Vec<(usize, String)> {
    let mut taken: Vec<(usize, String)> = Vec::new();
    for (value, label) in labels {
        let wanted = canvas.row_of(value).min(canvas.rows - 1);
        let nearest = (0..canvas.rows)
            .filter(|row| taken.iter().all(|(other, _)| other != row))
            .min_by_key(|row| (row.abs_diff(wanted), *row));
        if let Some(row) = nearest {
            taken.push((row, label));
        }
    }
    taken
}

/// The floor with its marks, and the buckets that are named below it.
pub(super) fn buckets(buckets: &[Bucket], canvas: &Canvas, options: &Options) -> (String, String) {
    let signs = options.signs();
    let said = buckets.iter().map(|bucket| options.say(&bucket.label, 14)).collect::<Vec<_>>();
    let every = (widest(&said) + 4) * buckets.len() / canvas.columns.max(1) + 1;
    let mut floor = vec![signs.floor; canvas.columns];
    let mut labels = String::new();
    for index in (0..buckets.len()).step_by(every) {
        let at = canvas.column_of(index, buckets.len());
        if at < width(&labels) || at + width(&said[index]) > canvas.columns {
            continue;
        }
        floor[at] = signs.label;
        labels = format!("{}{}", left(&labels, at), said[index]);
    }
    (floor.into_iter().collect(), labels)
}
