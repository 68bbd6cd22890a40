//! Numbers in rows and columns, with a heading above each column.

use super::{
    Options,
    terminal::{left, right, widest},
};
use crate::clean::width;

pub(super) struct MatrixRow {
    pub label: String,
    pub cells: Vec<String>,
    /// Behind the numbers: a sparkline.
    pub tail: String,
}

/// Headings that do not fit are shortened; columns that do not fit are left out, the last ones first.
pub(super) fn draw(columns: &[String], rows: &[MatrixRow], options: &Options) -> Vec<String> {
    let label = widest(rows.iter().map(|row| &row.label)).min(options.width / 3);
    let tail = widest(rows.iter().map(|row| &row.tail)).min(options.width / 5);
    let headings = columns.iter().map(|heading| options.say(heading, 16)).collect::<Vec<_>>();
    let with_tail = options.width.saturating_sub(2 + label + tail + 2 + columns.len() * (widest(&headings) + 2));
    // A sparkline is worth less than a heading that can be read.
    let tail = if with_tail > 0 { tail } else { 0 };
    let room = options.width - 2 - label - if tail > 0 { tail + 2 } else { 0 };
    let cells = columns.iter().enumerate().map(|(index, _)| {
        let numbers = widest(rows.iter().filter_map(|row| row.cells.get(index)));
        numbers.min(room / 2)
    });
    let cells = cells.collect::<Vec<_>>();
    let share = (room / columns.len().max(1)).saturating_sub(2);
    let mut columns_of = Vec::new();
    let mut taken = 0;
    for (index, numbers) in cells.iter().enumerate() {
        let wanted = width(&options.say(&columns[index], room / 2)).min(share.min(16)).max(*numbers);
        if taken + wanted + 2 > room {
            break;
        }
        taken += wanted + 2;
        columns_of.push(wanted);
    }
    let line = |row: &MatrixRow| {
        let mut line = format!("  {}", left(&options.say(&row.label, label), label));
        for (index, columns) in columns_of.iter().enumerate() {
            let cell = row.cells.get(index).map_or(String::new(), |cell| options.say(cell, *columns));
            line.push_str("  ");
            line.push_str(&right(&cell, *columns));
        }
        if tail > 0 {
            line.push_str("  ");
            line.push_str(&row.tail);
        }
        line
    };
    let heading = MatrixRow { label: String::new(), cells: columns.to_vec(), tail: String::new() };
    std::iter::once(line(&heading)).chain(rows.iter().map(line)).collect()
}

impl Options {
    /// `… 12 more groups`, or nothing where nothing is left out.
    pub(super) fn left_out(&self, count: usize, what: &str) -> Option<String> {
        (count > 0).then(|| format!("  {} {count} more {what}", self.signs().ellipsis))
    }
}
