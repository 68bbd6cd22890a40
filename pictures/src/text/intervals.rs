//! A point with the interval in which the truth lies, a row each: `├──●──┤`, on a line at zero where the control stands.

use super::{
    Options,
    bars::{self, bounded},
    ranking::clean_or,
    terminal::{left, right, widest},
};
use crate::{
    clean::width,
    number::{self, NONE},
    picture::{Intervals, Measure, Variant},
};

pub(super) struct IntervalRow {
    pub label: String,
    pub point: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub numbers: Vec<String>,
    pub note: String,
}

pub(super) fn draw(intervals: &Intervals, options: &Options) -> Vec<String> {
    if intervals.variants.is_empty() {
        return vec!["  No variant has anybody yet.".to_owned()];
    }
    let shown = intervals.variants.iter().take(super::MOST_ROWS);
    let rows_of = shown.map(|variant| row(variant, &intervals.measure)).collect::<Vec<_>>();
    let mut lines = rows(&rows_of, &["difference", "95 % interval", "n", "p"], &[], true, options);
    lines.extend(options.left_out(intervals.variants.len() - rows_of.len(), "variants"));
    lines
}

fn row(variant: &Variant, measure: &Measure) -> IntervalRow {
    let signed = |value: f64| {
        let sign = if value > 0.0 && value.is_finite() { "+" } else { "" };
        format!("{sign}{}", number::say(value, measure))
    };
    let range = variant.low.zip(variant.high).filter(|(low, high)| low.is_finite() && high.is_finite());
    let range = range.map(|(low, high)| format!("{} to {}", signed(low), signed(high)));
    IntervalRow {
        label: clean_or(&variant.label, "(empty)"),
        point: variant.value,
        low: variant.low,
        high: variant.high,
        numbers: vec![
            variant.value.map_or(NONE.to_owned(), signed),
            range.unwrap_or_default(),
            variant.n.map_or(NONE.to_owned(), |n| number::say(n, &Measure::Count(String::new()))),
            variant.p_value.map_or(String::new(), chance),
        ],
        note: String::new(),
    }
}

fn chance(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

pub(super) fn rows(
    rows: &[IntervalRow],
    headings: &[&str],
    targets: &[f64],
    with_zero: bool,
    options: &Options,
) -> Vec<String> {
    let count = rows.iter().map(|row| row.numbers.len()).max().unwrap_or(0);
    let numbers = (0..count).map(|index| {
        let heading = headings.get(index).map_or(0, |heading| width(heading));
        match widest(rows.iter().filter_map(|row| row.numbers.get(index))) {
            0 => 0,
            numbers => numbers.max(heading).min(options.width / 4),
        }
    });
    let numbers = numbers.collect::<Vec<_>>();
    let named = widest(rows.iter().map(|row| &row.label)).min(options.width * 2 / 5);
    // The last numbers go where they would leave no room for what is drawn.
    let mut shown = numbers.len();
    let taken_by = |shown: usize| numbers[..shown].iter().map(|columns| bars::column_taken(*columns)).sum::<usize>();
    while shown > 1 && 7 + named.min(16) + taken_by(shown) + 16 > options.width {
        shown -= 1;
    }
    let numbers = &numbers[..shown];
    let note = if rows.iter().any(|row| !row.note.is_empty()) { 3 } else { 0 };
    let taken = 4 + note + numbers.iter().map(|columns| bars::column_taken(*columns)).sum::<usize>();
    let label = named.min(options.width.saturating_sub(taken + 12)).max(8);
    let columns = options.width.saturating_sub(taken + label).clamp(5, 60);
    let scale = Scale::of(rows, targets, with_zero, columns);
    let line = |text: &str, drawn: &str, cells: &[String], note: &str| {
        let mut line = format!("  {}  {drawn}", left(&options.say(text, label), label));
        for (index, columns) in numbers.iter().enumerate() {
            line.push_str(if *columns > 0 { "  " } else { "" });
            line.push_str(&right(&options.say(cells.get(index).map_or("", String::as_str), *columns), *columns));
        }
        if !note.is_empty() {
            line.push_str("  ");
            line.push_str(note);
        }
        line
    };
    let heading = (!headings.is_empty()).then(|| {
        let headings = headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>();
        line("", &" ".repeat(columns), &headings, "")
    });
    let drawn = rows.iter().map(|row| line(&row.label, &scale.row(row, targets, options), &row.numbers, &row.note));
    heading.into_iter().chain(drawn).collect()
}

struct Scale {
    low: f64,
    high: f64,
    columns: usize,
    with_zero: bool,
}

impl Scale {
    fn of(rows: &[IntervalRow], targets: &[f64], with_zero: bool, columns: usize) -> Self {
        let known = rows.iter().flat_map(|row| [row.point, row.low, row.high]).flatten().chain(targets.iter().copied());
        let known = known.filter(|value| value.is_finite()).map(bounded).chain(with_zero.then_some(0.0));
        let (low, high) = known.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low < high { (low, high) } else { (low.min(0.0) - 1.0, high.max(0.0) + 1.0) };
        Self { low, high, columns, with_zero }
    }

    fn at(&self, value: f64) -> usize {
        let level = ((bounded(value) - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        (level * (self.columns - 1) as f64).round() as usize
    }

    fn row(&self, row: &IntervalRow, targets: &[f64], options: &Options) -> String {
        let signs = options.signs();
        let mut cells = vec![' '; self.columns];
        for target in targets {
            cells[self.at(*target)] = signs.target;
        }
        if self.with_zero {
            cells[self.at(0.0)] = signs.axis;
        }
        if let Some((low, high)) = row.low.zip(row.high).filter(|(low, high)| !low.is_nan() && !high.is_nan()) {
            let (from, until) = (self.at(low.min(high)), self.at(low.max(high)));
            for cell in &mut cells[from..=until] {
                *cell = if *cell == signs.axis { '┼' } else { signs.dash };
            }
            cells[from] = if low.is_finite() { signs.from } else { signs.beyond[0] };
            cells[until] = if high.is_finite() { signs.until } else { signs.beyond[1] };
        }
        let is_control = self.with_zero && row.point.is_none() && row.low.is_none();
        if let Some(point) = row.point.or(is_control.then_some(0.0)).filter(|point| point.is_finite()) {
            cells[self.at(point)] = signs.point;
        }
        if options.ascii {
            cells.into_iter().map(|cell| if cell == '┼' { '|' } else { cell }).collect()
        } else {
            cells.into_iter().collect()
        }
    }
}
