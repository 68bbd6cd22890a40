//! What variants of an experiment differ by, and whether that is chance.

use super::{Reading, parameters, tables, tiles, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

/// Below this p-value a difference is said to be more than chance.
const SIGNIFICANT: f64 = 0.05;

pub fn read(answer: &Answer) -> Reading {
    let is_absolute = matches!(answer.value_column.as_str(), "difference" | "difference_low" | "difference_high");
    let (value, low, high) = if is_absolute {
        ("difference", "difference_low", "difference_high")
    } else {
        ("relative_difference", "interval_low", "interval_high")
    };
    let measure = parameters::measure_of(answer, value);
    let measure = if is_absolute { measure } else { Measure::Share };
    let variants: Vec<Variant> = answer
        .rows
        .iter()
        .map(|row| {
            let is_control = is_control(row);
            Variant {
                label: row.text("variant").or(row.breakdown_value.as_deref()).unwrap_or("None").to_owned(),
                value: row.number(value).filter(|_| !is_control),
                low: row.number(low).filter(|_| !is_control),
                high: row.number(high).filter(|_| !is_control),
                n: row.number("actors").or(row.n),
                mean: row.number("mean"),
                p_value: row.number("p_value").filter(|_| !is_control),
            }
        })
        .collect();
    let finding = finding(answer, &variants, &measure);
    let tile = best(&variants).and_then(|variant| tile(answer, variant, &measure));
    let table = table(answer, &variants, &measure);
    Reading { finding, tile, chart: Chart::Intervals(Intervals { measure, variants }), table }
}

fn is_control(row: &Row) -> bool {
    row.details.get("is_control").and_then(serde_json::Value::as_bool).unwrap_or(false)
}

fn best(variants: &[Variant]) -> Option<&Variant> {
    variants
        .iter()
        .filter(|variant| variant.value.is_some())
        .max_by(|left, right| left.value.unwrap_or_default().total_cmp(&right.value.unwrap_or_default()))
}

/// Whether chance hardly explains it: by the p-value, else by an interval that leaves zero out.
fn is_certain(variant: &Variant) -> Option<bool> {
    match (variant.p_value, variant.low, variant.high) {
        (Some(p), _, _) => Some(p < SIGNIFICANT),
        (None, Some(low), Some(high)) => Some(low > 0.0 || high < 0.0),
        _ => None,
    }
}

/// "b has 12 % more than a (2 % to 22 %, p = 0.03): chance hardly explains that."
fn finding(answer: &Answer, variants: &[Variant], measure: &Measure) -> String {
    let control =
        answer.rows.iter().find(|row| is_control(row)).and_then(|row| row.text("variant")).unwrap_or("control");
    let mut compared: Vec<&Variant> = variants.iter().filter(|variant| variant.value.is_some()).collect();
    compared.sort_by(|left, right| right.value.unwrap_or_default().total_cmp(&left.value.unwrap_or_default()));
    let said = |variant: &Variant| {
        let value = variant.value.unwrap_or_default();
        let size = number::say(value.abs(), measure);
        let size = if *measure == Measure::Share && answer.value_column.starts_with("difference") {
            format!("{} points", number::decimal(value.abs() * 100.0, 1))
        } else {
            size
        };
        let which = if value < 0.0 { "less" } else { "more" };
        let mut inside = Vec::new();
        inside.extend(
            variant
                .low
                .zip(variant.high)
                .map(|(low, high)| format!("{} to {}", number::say(low, measure), number::say(high, measure))),
        );
        inside.extend(
            variant
                .p_value
                .map(|p| if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", number::decimal(p, 3)) }),
        );
        let inside = if inside.is_empty() { String::new() } else { format!(" ({})", inside.join(", ")) };
        let verdict = match is_certain(variant) {
            Some(true) => ": chance hardly explains that",
            Some(false) => ": chance alone may explain that",
            None => "",
        };
        format!("\"{}\" has {size} {which} than \"{control}\"{inside}{verdict}.", variant.label)
    };
    let mut sentences: Vec<String> = match &compared[..] {
        [] => vec!["There is not enough yet to compare variants.".to_owned()],
        [only] => vec![said(only)],
        [first, .., last] => vec![format!("Best: {}", said(first)), format!("Worst: {}", said(last))],
    };
    if answer.rows.iter().any(|row| row.details.get("srm_flag").and_then(serde_json::Value::as_bool) == Some(true)) {
        sentences.push("The split was not kept, so distrust this.".to_owned());
    }
    sentences.join(" ")
}

fn tile(answer: &Answer, variant: &Variant, measure: &Measure) -> Option<Tile> {
    let value = variant.value?;
    let mut tile = tiles::of_range(answer, Some(&variant.label), value, None, None, measure);
    if value > 0.0 {
        tile.value = format!("+{}", tile.value);
    }
    tile.note = variant
        .low
        .zip(variant.high)
        .map(|(low, high)| format!("{} to {}", number::say(low, measure), number::say(high, measure)))
        .unwrap_or_default();
    if is_certain(variant) == Some(false) {
        tile.note = format!("{}, may be chance", tile.note).trim_start_matches(", ").to_owned();
    }
    Some(tile)
}

fn table(answer: &Answer, variants: &[Variant], measure: &Measure) -> Table {
    let mean = parameters::measure_of(answer, "mean");
    let mut columns: Vec<String> = vec!["Variant".to_owned(), words::capital(&parameters::actors(answer))];
    columns.extend(["Mean", "Difference", "From", "To", "p"].map(str::to_owned));
    let extras: Vec<&str> = ["chance_to_win", "sequential_p_value"]
        .into_iter()
        .filter(|column| answer.rows.iter().any(|row| row.number(column).is_some()))
        .collect();
    columns.extend(extras.iter().map(|column| parameters::heading(answer, column)));
    let rows = answer
        .rows
        .iter()
        .zip(variants)
        .take(tables::MOST_ROWS)
        .map(|(row, variant)| {
            let mut cells = vec![variant.label.clone(), tables::plain(variant.n), number::exact(variant.mean, &mean)];
            cells.extend([variant.value, variant.low, variant.high].map(|value| number::exact(value, measure)));
            let small = |value: Option<f64>| {
                value.map_or_else(
                    || number::NONE.to_owned(),
                    |value| if value < 0.001 { "<0.001".to_owned() } else { number::decimal(value, 3) },
                )
            };
            cells.push(small(variant.p_value));
            cells.extend(extras.iter().map(|column| {
                if *column == "chance_to_win" {
                    number::exact(row.number(column), &Measure::Share)
                } else {
                    small(row.number(column))
                }
            }));
            cells
        })
        .collect();
    Table { columns, rows, left_out: answer.rows.len().saturating_sub(tables::MOST_ROWS) }
}
