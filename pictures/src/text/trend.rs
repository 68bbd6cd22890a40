//! Values over time. Few buckets of one series are a bar each, many are a plot; several series are a table of numbers where those fit,
//! else a small plot each; a forecast is a point with the range around it.

use super::{
    Options,
    bars::{self, BarRow},
    intervals::{self, IntervalRow},
    matrix::{self, MatrixRow},
    multiples, plot,
    ranking::clean_or,
    spark,
};
use crate::{
    answer::Bound,
    number::{self, NONE},
    picture::{Measure, Series, Target, Trend},
};

/// More buckets than that are a plot.
const FEW_BUCKETS: usize = 14;
/// More buckets than that are no table.
const FEW_COLUMNS: usize = 8;

pub(super) fn draw(trend: &Trend, options: &Options) -> Vec<String> {
    let lines = match &trend.series[..] {
        [] => vec!["  No value in this range.".to_owned()],
        _ if trend.buckets.is_empty() => vec!["  No value in this range.".to_owned()],
        [series] if series.band.is_some() && trend.buckets.len() <= FEW_BUCKETS => ranges(trend, series, options),
        [series] if trend.buckets.len() <= FEW_BUCKETS => rows(trend, series, options),
        [series] => plot::draw(trend, series, options),
        several if trend.buckets.len() == 1 => side_by_side(trend, several, options),
        several if trend.buckets.len() <= FEW_COLUMNS => table(trend, several, options),
        several => multiples::draw(trend, several, options),
    };
    let has_missed = matches!(&trend.series[..], [series] if trend.buckets.len() <= FEW_BUCKETS
        && (0..trend.buckets.len()).any(|index| is_missed(trend, series, index)));
    let is_unusual = trend.series.iter().any(|series| series.marks.contains(&true));
    let is_plot = trend.buckets.len() > FEW_BUCKETS || (trend.series.len() > 1 && trend.buckets.len() > FEW_COLUMNS);
    // A plot of one series says its targets at the edge.
    let targets = if is_plot && trend.series.len() == 1 { &[] } else { &trend.targets[..] };
    let sign = if is_plot { options.signs().level } else { options.signs().target };
    lines.into_iter().chain(legend(targets, sign, has_missed, is_unusual, options)).collect()
}

/// What the signs mean, where there are any: `┊ target 85 %   ✗ missed`.
pub(super) fn legend(
    targets: &[Target],
    sign: char,
    has_missed: bool,
    is_unusual: bool,
    options: &Options,
) -> Vec<String> {
    let signs = options.signs();
    let mut parts = targets
        .iter()
        .take(3)
        .map(|target| format!("{sign} {}", options.say(&target.label, options.width / 3 - 6)))
        .collect::<Vec<_>>();
    if has_missed {
        parts.push(format!("{} missed", signs.missed));
    }
    if is_unusual {
        parts.push(format!("{} unusual", signs.unusual));
    }
    options.beside(parts)
}

/// A bar a bucket.
fn rows(trend: &Trend, series: &Series, options: &Options) -> Vec<String> {
    let signs = options.signs();
    let rows = trend.buckets.iter().enumerate().map(|(index, bucket)| {
        let value = value_at(series, index);
        let mut notes = Vec::new();
        if is_missed(trend, series, index) {
            notes.push(signs.missed.to_owned());
        }
        if series.marks.get(index) == Some(&true) {
            notes.push(signs.unusual.to_string());
        }
        if !bucket.is_complete {
            notes.push("so far".to_owned());
        }
        let mut numbers = vec![say(value, &trend.measure)];
        if let Some(n) = n_of(trend, series, index) {
            numbers.push(n);
        }
        BarRow {
            label: bucket.label.clone(),
            value: value.filter(|value| value.is_finite()),
            is_open: !bucket.is_complete,
            numbers,
            note: notes.join(" "),
        }
    });
    let rows = rows.collect::<Vec<_>>();
    let targets = trend.targets.iter().map(|target| target.value).collect::<Vec<_>>();
    let full = matches!(trend.measure, Measure::Share).then(|| whole_share(series));
    bars::draw(&rows, None, &targets, full, options)
}

/// Shares that come near to all are drawn as parts of all.
fn whole_share(series: &Series) -> f64 {
    let most = series.values.iter().flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most > 0.5 { most.max(1.0) } else { most }
}

/// What a rate is of; of counts it would say the same again.
fn n_of(trend: &Trend, series: &Series, index: usize) -> Option<String> {
    if matches!(trend.measure, Measure::Count(_)) {
        return None;
    }
    let of = if matches!(trend.measure, Measure::Share) { "of " } else { "n = " };
    let n = series.n.get(index).copied().flatten()?;
    Some(format!("{of}{}", number::say(n, &Measure::Count(String::new()))))
}

/// A point and the range in which it is expected, a row a bucket.
fn ranges(trend: &Trend, series: &Series, options: &Options) -> Vec<String> {
    let band = series.band.as_deref().unwrap_or_default();
    let rows = trend.buckets.iter().enumerate().map(|(index, bucket)| {
        let range = band.get(index).copied().flatten();
        let value = value_at(series, index);
        IntervalRow {
            label: bucket.label.clone(),
            point: value,
            low: range.map(|(low, _)| low),
            high: range.map(|(_, high)| high),
            numbers: vec![
                say(value, &trend.measure),
                range.map_or(String::new(), |(low, high)| {
                    format!("{} to {}", say(Some(low), &trend.measure), say(Some(high), &trend.measure))
                }),
            ],
            note: if series.marks.get(index) == Some(&true) {
                options.signs().unusual.to_string()
            } else {
                String::new()
            },
        }
    });
    let targets = trend.targets.iter().map(|target| target.value).collect::<Vec<_>>();
    intervals::rows(&rows.collect::<Vec<_>>(), &[], &targets, false, options)
}

/// One bucket of several series is a comparison.
fn side_by_side(trend: &Trend, several: &[Series], options: &Options) -> Vec<String> {
    let bucket = &trend.buckets[0];
    let so_far = if bucket.is_complete { "" } else { ", so far" };
    let mut lines = vec![format!("  {}{so_far}", options.say(&bucket.label, options.width / 2))];
    let rows = several.iter().take(super::MOST_ROWS).map(|series| BarRow {
        label: clean_or(series.label.as_deref().unwrap_or(""), "(empty)"),
        value: value_at(series, 0).filter(|value| value.is_finite()),
        is_open: !bucket.is_complete,
        numbers: std::iter::once(say(value_at(series, 0), &trend.measure)).chain(n_of(trend, series, 0)).collect(),
        note: String::new(),
    });
    let targets = trend.targets.iter().map(|target| target.value).collect::<Vec<_>>();
    lines.extend(bars::draw(&rows.collect::<Vec<_>>(), None, &targets, None, options));
    lines.extend(options.left_out(several.len().saturating_sub(super::MOST_ROWS), "series"));
    lines
}

fn table(trend: &Trend, several: &[Series], options: &Options) -> Vec<String> {
    let signs = options.signs();
    let mark = |index: usize| if trend.buckets[index].is_complete { "" } else { signs.so_far };
    let columns = trend.buckets.iter().map(|bucket| bucket.label.clone()).collect::<Vec<_>>();
    let is_open = trend.buckets.iter().any(|bucket| !bucket.is_complete);
    let rows = several.iter().take(super::MOST_ROWS).map(|series| MatrixRow {
        label: clean_or(series.label.as_deref().unwrap_or(""), "(empty)"),
        cells: (0..columns.len())
            .map(|index| {
                let unusual =
                    if series.marks.get(index) == Some(&true) { signs.unusual.to_string() } else { String::new() };
                // Behind a number that is over stands a space, where one beside it is not.
                let mark = if is_open && mark(index).is_empty() && is_last_column_open(trend, index) {
                    " "
                } else {
                    mark(index)
                };
                format!("{unusual}{}{mark}", say(value_at(series, index), &trend.measure))
            })
            .collect(),
        tail: spark::draw(&series.values, false, columns.len() + 1, options),
    });
    let mut lines = matrix::draw(&columns, &rows.collect::<Vec<_>>(), options);
    lines.extend(options.left_out(several.len().saturating_sub(super::MOST_ROWS), "series"));
    if is_open {
        lines.push(format!("  {} so far", signs.so_far));
    }
    lines
}

fn is_last_column_open(trend: &Trend, index: usize) -> bool {
    index + 1 == trend.buckets.len() && !trend.buckets[index].is_complete
}

pub(super) fn value_at(series: &Series, index: usize) -> Option<f64> {
    series.values.get(index).copied().flatten()
}

pub(super) fn say(value: Option<f64>, measure: &Measure) -> String {
    value.map_or(NONE.to_owned(), |value| number::say(value, measure))
}

/// Whether a bucket that is over misses its target.
fn is_missed(trend: &Trend, series: &Series, index: usize) -> bool {
    let is_over = trend.buckets.get(index).is_some_and(|bucket| bucket.is_complete);
    value_at(series, index).filter(|_| is_over).is_some_and(|value| {
        trend.targets.iter().any(|target| match target.is {
            Some(Bound::AtLeast) => value < target.value,
            Some(Bound::AtMost) => value > target.value,
            None => false,
        })
    })
}
