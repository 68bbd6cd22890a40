//! The rows as they can be read: a line a bucket or a value, a column a number.

use super::{definition, parameters, trends::Lines, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::{Measure, Table},
};

pub const MOST_ROWS: usize = 200;
/// Columns of functions that a reader wants beside the value, in their order.
const COLUMNS: [&str; 52] = [
    "numerator",
    "denominator",
    "in_numerator",
    "in_denominator",
    "lost",
    "recovered",
    "recovery_rate",
    "not_yet_due",
    "undated",
    "feature_actors",
    "active_actors",
    "new_adopters",
    "cumulative_adopters",
    "average_actors",
    "n_anchor",
    "n_reached",
    "followed",
    "score",
    "active_days",
    "days_since_last",
    "entries",
    "actors",
    "errors",
    "sessions",
    "avg_seconds",
    "median_seconds",
    "avg_events",
    "bounce_rate",
    "value",
    "expected",
    "lower",
    "upper",
    "share",
    "backlog",
    "opened_events",
    "closed_events",
    "open_items",
    "oldest_seconds",
    "openings",
    "difficulty",
    "discrimination",
    "answered",
    "predicted_score",
    "predicted_low",
    "predicted_high",
    "progress",
    "created",
    "open",
    "p50_hours",
    "p90_hours",
    "not_numeric",
    "runs",
];

/// A row a bucket; a column a line, or of one line its value, n and what else the function says.
pub fn of_trend(answer: &Answer, lines: &Lines<'_>) -> Table {
    let when = words::bucket_heading(lines.grain);
    let count = lines.starts.len();
    let first = count.saturating_sub(MOST_ROWS);
    let label = |place: usize| {
        format!(
            "{}{}",
            words::bucket(lines.starts[place], lines.grain, &answer.range),
            if lines.is_complete[place] || answer.kind == "forecast" { "" } else { " (so far)" }
        )
    };
    if let [only] = &lines.lines[..] {
        let rows: Vec<(String, &Row)> =
            (first..count).filter_map(|place| Some((label(place), only.rows[place]?))).collect();
        let mut table = of_rows(answer, &when, rows, &lines.measure);
        table.left_out += first;
        return table;
    }
    let mut columns = vec![when];
    columns.extend(lines.lines.iter().map(|line| line.label.clone().unwrap_or_default()));
    let rows = (first..count)
        .map(|place| {
            std::iter::once(label(place))
                .chain(lines.lines.iter().map(|line| number::exact(line.values[place], &lines.measure)))
                .collect()
        })
        .collect();
    Table { columns, rows, left_out: first }
}

/// A row each: its label, the value, n, the other columns that say something, and whether the target is met.
pub fn of_rows(answer: &Answer, first: &str, rows: Vec<(String, &Row)>, measure: &Measure) -> Table {
    let own = if answer.kind == "anomalies" { "value" } else { answer.value_column.as_str() };
    let others: Vec<&str> = COLUMNS
        .iter()
        .copied()
        .filter(|column| {
            *column != own
                && rows
                    .iter()
                    .any(|(_, row)| row.number(column).is_some_and(|number| *column != "not_numeric" || number > 0.0))
        })
        .collect();
    let has_n = rows.iter().any(|(_, row)| row.n.is_some() && row.n != row.value)
        && !rows.iter().all(|(_, row)| others.iter().any(|column| row.number(column) == row.n));
    let has_target = rows.iter().any(|(_, row)| row.target.is_some());
    let mut columns = vec![first.to_owned(), heading_of_value(answer)];
    columns.extend(has_n.then(|| "n".to_owned()));
    columns.extend(others.iter().map(|column| parameters::heading(answer, column)));
    columns.extend(has_target.then(|| "Target".to_owned()));
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    let rows = rows
        .into_iter()
        .take(MOST_ROWS)
        .map(|(label, row)| {
            let mut cells = vec![label, number::exact(super::trends::drawn(answer, row), measure)];
            cells.extend(has_n.then(|| plain(row.n)));
            cells.extend(
                others.iter().map(|column| number::exact(row.number(column), &parameters::measure_of(answer, column))),
            );
            cells.extend(has_target.then(|| match (definition::target(answer, row.target), row.is_met) {
                (Some(_), Some(true)) => "met".to_owned(),
                (Some(_), Some(false)) => "missed".to_owned(),
                _ => number::NONE.to_owned(),
            }));
            cells
        })
        .collect();
    Table { columns, rows, left_out }
}

pub fn plain(value: Option<f64>) -> String {
    value.map_or_else(|| number::NONE.to_owned(), |value| number::decimal(value, usize::from(value.fract() != 0.0) * 2))
}

/// What the value is called: its column where that says more than "value".
fn heading_of_value(answer: &Answer) -> String {
    match answer.value_column.as_str() {
        _ if answer.is_complement => words::label_of(answer),
        "value" | "ratio" | "rate" | "seconds" | "expected" if answer.kind != "forecast" => words::label_of(answer),
        "score" if answer.kind == "anomalies" => "Counted".to_owned(),
        column => parameters::heading(answer, column),
    }
}
