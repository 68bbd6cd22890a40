//! A bar a value, the largest first; what stands for all others last.

use super::{
    MOST_ROWS, Options,
    bars::{self, BarRow},
    trend,
};
use crate::{
    number::{self, NONE},
    picture::{Bar, Measure, Ranking},
};

pub(super) fn draw(ranking: &Ranking, options: &Options) -> Vec<String> {
    if ranking.bars.is_empty() {
        return vec!["  No value.".to_owned()];
    }
    let is_shown = |index: usize, bar: &Bar| index < MOST_ROWS || bar.is_other;
    let shown = ranking.bars.iter().enumerate().filter(|(index, bar)| is_shown(*index, bar)).map(|(_, bar)| bar);
    let rows = shown.map(|bar| row(bar, &ranking.measure, options)).collect::<Vec<_>>();
    let targets = ranking.targets.iter().map(|target| target.value).collect::<Vec<_>>();
    let mut lines = bars::draw(&rows, None, &targets, None, options);
    lines.extend(options.left_out(ranking.bars.len() - rows.len(), "values"));
    let sign = options.signs().target;
    lines.extend(trend::legend(&ranking.targets, sign, rows.iter().any(|row| !row.note.is_empty()), false, options));
    lines
}

fn row(bar: &Bar, measure: &Measure, options: &Options) -> BarRow {
    let value = bar.value.map_or(NONE.to_owned(), |value| number::say(value, measure));
    let n = bar.n.filter(|n| Some(*n) != bar.value && !matches!(measure, Measure::Count(_)));
    let sign = if matches!(measure, Measure::Share) { "of" } else { "n =" };
    let of = n.map(|n| format!("{sign} {}", number::say(n, &Measure::Count(String::new()))));
    let label = clean_or(&bar.label, "(empty)");
    BarRow {
        label,
        value: bar.value,
        numbers: std::iter::once(value).chain(of).collect(),
        note: if bar.is_met == Some(false) { options.signs().missed.to_owned() } else { String::new() },
        is_open: false,
    }
}

/// A value of nothing that could be seen has a name too.
pub(super) fn clean_or(label: &str, instead: &str) -> String {
    let label = crate::clean::label(label, usize::MAX);
    if label.is_empty() { instead.to_owned() } else { label }
}
