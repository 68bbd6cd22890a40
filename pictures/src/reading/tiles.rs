//! One number on top of a page: as people say it, beside its target or the one before.

use super::{definition, findings, trends::Lines, words};
use crate::{
    answer::{Answer, Bound, Row},
    number,
    picture::{Measure, Mood, Tile},
};

/// The last value that is whole, of the line that the target is for, or of all lines together.
pub fn of_trend(answer: &Answer, lines: &Lines<'_>) -> Option<Tile> {
    let line = findings::main_line(answer, lines);
    let (values, label, rows) = match (&lines.total, line) {
        (Some(total), Some(line)) if lines.lines.len() == 1 => (total, None, Some(&line.rows)),
        (Some(total), _) => (total, None, None),
        (None, Some(line)) => (&line.values, line.label.clone(), Some(&line.rows)),
        (None, None) => return None,
    };
    let place = findings::told_place(lines, values)?;
    let value = values[place]?;
    let row = rows.and_then(|rows| rows[place]);
    let before =
        (place > 0 && lines.is_complete[place] && lines.is_complete[place - 1]).then(|| values[place - 1]).flatten();
    let when = words::bucket(lines.starts[place], lines.grain, &answer.range);
    let when = if lines.grain == "week" { format!("week of {when}") } else { when };
    let name = label.map_or_else(|| words::label_of(answer), |label| format!("{}, {label}", words::label_of(answer)));
    let (note, mood) = note(answer, value, row, before, &lines.measure, words::bucket_noun(lines.grain));
    Some(Tile {
        label: format!(
            "{name}, {when}{}",
            if lines.is_complete[place] || answer.kind == "forecast" { "" } else { " so far" }
        ),
        value: number::say(value, &lines.measure),
        note,
        mood,
        spark: values.clone(),
        is_open: lines.is_complete.last().is_some_and(|is_complete| !is_complete),
    })
}

/// A number that stands for the whole range.
pub fn of_range(
    answer: &Answer,
    label: Option<&str>,
    value: f64,
    row: Option<&Row>,
    before: Option<f64>,
    measure: &Measure,
) -> Tile {
    let (note, mood) = note(answer, value, row, before, measure, "period");
    let name = words::label_of(answer);
    Tile {
        label: label.map_or(name.clone(), |label| format!("{name}, {label}")),
        value: number::say(value, measure),
        note,
        mood,
        spark: Vec::new(),
        is_open: false,
    }
}

fn note(
    answer: &Answer,
    value: f64,
    row: Option<&Row>,
    before: Option<f64>,
    measure: &Measure,
    period: &str,
) -> (String, Mood) {
    let mut parts = Vec::new();
    let mut mood = Mood::Plain;
    // The target of the score of anomalies is none of the number that is drawn.
    let target = row.and_then(|row| row.target).filter(|_| answer.kind != "anomalies");
    if let Some(said) = definition::target(answer, target) {
        parts.push(said.replace("target at least ", "target "));
        mood = target.map_or(Mood::Plain, |target| mood_of(value, target, answer.target_is));
    }
    parts.extend(row.and_then(|row| findings::part_of(answer, measure, row)));
    if let Some(before) = before
        && parts.len() < 2
    {
        let is_more = value > before;
        match findings::difference(value, before, measure) {
            Some(said) => parts.push(format!("{} {said} than the {period} before", if is_more { "▲" } else { "▼" })),
            None => parts.push(format!("as the {period} before")),
        }
        if target.is_none() && is_more && answer.kind == "active_users" {
            mood = Mood::Good;
        }
    }
    (parts.join(", "), mood)
}

/// Missed by more than a tenth of the target is bad.
pub fn mood_of(value: f64, target: f64, is: Option<Bound>) -> Mood {
    let lacking = match is {
        Some(Bound::AtLeast) => target - value,
        Some(Bound::AtMost) => value - target,
        None => return Mood::Plain,
    };
    if lacking <= 0.0 {
        Mood::Good
    } else if lacking > target.abs() / 10.0 {
        Mood::Bad
    } else {
        Mood::Missed
    }
}

/// The value of the same breakdown_value in the range before, where both are whole or neither is judged by its end.
pub fn previous(answer: &Answer, row: &Row) -> Option<f64> {
    let before = answer
        .previous
        .iter()
        .find(|before| before.breakdown_value == row.breakdown_value && before.is_other == row.is_other)?;
    before.value.filter(|_| before.n != Some(0.0))
}
