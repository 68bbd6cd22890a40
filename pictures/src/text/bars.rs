//! Rows with a label, a bar and numbers: what funnels, rankings, histograms and short trends are made of. A bar begins at zero; where
//! there are values below zero, bars go both ways.

use super::{
    Options,
    terminal::{left, right, widest},
};
use crate::clean::width;

#[derive(Default)]
pub(super) struct BarRow {
    pub label: String,
    /// None: no bar.
    pub value: Option<f64>,
    /// Whether what it counts is not over: the bar is light.
    pub is_open: bool,
    /// In columns behind the bar, at their right edges.
    pub numbers: Vec<String>,
    /// Behind the numbers.
    pub note: String,
}

/// The narrowest bar that says anything.
const NARROWEST: usize = 9;

pub(super) fn draw(
    rows: &[BarRow],
    headings: Option<&[&str]>,
    targets: &[f64],
    full: Option<f64>,
    options: &Options,
) -> Vec<String> {
    let table = Columns::of(rows, headings, options);
    let scale = Scale::of(rows, targets, full, table.bar);
    let heading = headings.filter(|_| rows.iter().any(|row| !row.numbers.is_empty())).map(|headings| {
        let columns = headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>();
        table.line("", &" ".repeat(table.bar), &columns, "", options)
    });
    let drawn = rows.iter().map(|row| {
        let bar = scale.bar(row, targets, options);
        table.line(&row.label, &bar, &row.numbers, &row.note, options)
    });
    heading.into_iter().chain(drawn).collect()
}

/// How wide each column of the rows is.
struct Columns {
    label: usize,
    bar: usize,
    numbers: Vec<usize>,
    note: usize,
}

impl Columns {
    fn of(rows: &[BarRow], headings: Option<&[&str]>, options: &Options) -> Self {
        let count = rows.iter().map(|row| row.numbers.len()).max().unwrap_or(0);
        let most_number = options.width / 5;
        let numbers = (0..count)
            .map(|index| {
                let heading = headings.and_then(|headings| headings.get(index)).map_or(0, |heading| width(heading));
                match widest(rows.iter().filter_map(|row| row.numbers.get(index))) {
                    0 => 0,
                    numbers => numbers.max(heading).min(most_number),
                }
            })
            .collect::<Vec<_>>();
        let taken = 3 + numbers.iter().map(|columns| column_taken(*columns)).sum::<usize>();
        let most_label = options.width * 2 / 5;
        let mut label = widest(rows.iter().map(|row| &row.label)).min(most_label);
        let mut note = widest(rows.iter().map(|row| &row.note)).min(options.width / 3);
        let note_taken = |note: usize| if note > 0 { note + 2 } else { 0 };
        while taken + label + note_taken(note) + NARROWEST > options.width && label > 14 {
            label -= 1;
        }
        while taken + label + note_taken(note) + NARROWEST > options.width && note > 0 {
            note -= 1;
        }
        while taken + label + note_taken(note) + 4 > options.width && label > 4 {
            label -= 1;
        }
        let bar = options.width.saturating_sub(taken + label + note_taken(note)).clamp(1, options.width * 3 / 5);
        Self { label, bar, numbers, note }
    }

    fn line(&self, label: &str, bar: &str, numbers: &[String], note: &str, options: &Options) -> String {
        let indent = label.chars().take_while(|letter| *letter == ' ').count();
        let label = format!("{}{}", " ".repeat(indent), options.say(label, self.label - indent.min(self.label)));
        let mut line = format!("  {} {bar}", left(&label, self.label));
        for (index, columns) in self.numbers.iter().enumerate() {
            let number = numbers.get(index).map_or(String::new(), |number| options.say(number, *columns));
            line.push_str(if *columns > 0 { "  " } else { "" });
            line.push_str(&right(&number, *columns));
        }
        if self.note > 0 && !note.is_empty() {
            line.push_str("  ");
            line.push_str(&options.say(note, self.note));
        }
        line
    }
}

/// A column in which nothing is said is none.
pub(super) fn column_taken(columns: usize) -> usize {
    if columns > 0 { columns + 2 } else { 0 }
}

/// Which columns stand for which values: so many left of zero, so many right of it.
struct Scale {
    below: usize,
    above: usize,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(rows: &[BarRow], targets: &[f64], full: Option<f64>, columns: usize) -> Self {
        let values = || rows.iter().filter_map(|row| row.value).chain(targets.iter().copied()).chain(full);
        let low = values().map(bounded).fold(0.0, f64::min);
        let high = values().map(bounded).fold(0.0, f64::max);
        let below = if low < 0.0 && columns > 4 {
            (((columns - 1) as f64 * (-low / (high - low))).round() as usize).clamp(1, columns - 2)
        } else {
            0
        };
        let above = columns - below - usize::from(below > 0);
        Self { below, above, low, high }
    }

    fn bar(&self, row: &BarRow, targets: &[f64], options: &Options) -> String {
        let signs = options.signs();
        let value = row.value.map_or(0.0, bounded);
        let full = if row.is_open { signs.open } else { signs.full };
        let mut below = vec![' '; self.below];
        let mut above = vec![' '; self.above];
        if value < 0.0 && self.below > 0 {
            let filled = ((value / self.low * self.below as f64).round() as usize).clamp(1, self.below);
            below[self.below - filled..].fill(full);
        } else if value > 0.0 && self.high > 0.0 {
            let columns = value / self.high * self.above as f64;
            let filled = (columns.floor() as usize).min(self.above);
            above[..filled].fill(full);
            let part = ((columns - filled as f64) * (signs.parts.len() + 1) as f64).round() as usize;
            if filled < self.above {
                match part.checked_sub(1) {
                    _ if row.is_open => above[filled] = if part > 4 || filled == 0 { full } else { ' ' },
                    Some(part) => above[filled] = *signs.parts.get(part).unwrap_or(&full),
                    // Something is not nothing.
                    None if filled == 0 => above[0] = *signs.parts.first().unwrap_or(&full),
                    None => (),
                }
            }
        }
        for target in targets.iter().map(|target| bounded(*target)) {
            if target > 0.0 && self.high > 0.0 {
                let at = ((target / self.high * self.above as f64).round() as usize).clamp(1, self.above) - 1;
                above[at] = signs.target;
            }
        }
        let zero = (self.below > 0).then_some(signs.axis);
        below.into_iter().chain(zero).chain(above).collect()
    }
}

/// Values of which differences and shares can be made.
pub(super) fn bounded(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(-1e300, 1e300) }
}
