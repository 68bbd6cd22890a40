//! A bar a value: what is most frequent, who is most engaged, what follows; and every breakdown of a range as a whole.

use super::{Reading, definition, findings, parameters, tables, tiles, trends, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

/// Of more bars the table tells.
const MOST_BARS: usize = 12;
const NO_VALUE: &str = "There is no value in the range.";

pub fn read(answer: &Answer) -> Reading {
    let measure = parameters::measure(answer);
    let rows = in_order(answer);
    let shape = trends::Shape::of(&rows);
    let bars: Vec<Bar> = rows.iter().map(|row| bar(answer, row, &shape)).collect();
    let labelled: Vec<(String, &Row)> = bars.iter().zip(&rows).map(|(bar, row)| (bar.label.clone(), *row)).collect();
    let finding = finding(answer, &bars, rows.iter().find(|row| !row.is_other).copied(), &measure);
    let tile = tile(answer, &rows, &measure);
    let table = tables::of_rows(answer, &heading(answer), labelled, &measure);
    let drawn = shorten(bars);
    Reading {
        finding,
        tile,
        chart: Chart::Ranking(Ranking { measure, bars: drawn, targets: trends::targets(answer) }),
        table,
    }
}

/// Whether the rows have an order of their own: numbers of days, steps, periods, fractions.
fn is_ordered(answer: &Answer) -> bool {
    matches!(
        answer.kind.as_str(),
        "stickiness" | "retention" | "percentiles" | "percentiles_sketched" | "lifecycle" | "funnel" | "funnel_trend"
    )
}

/// Of questions the number is how many get them right.
fn is_by_difficulty(answer: &Answer) -> bool {
    answer.kind == "item_statistics" && answer.value_column == "difficulty"
}

/// The largest first, what has no value behind, $other last; what has an order of its own stays in it.
fn in_order(answer: &Answer) -> Vec<&Row> {
    let mut rows: Vec<&Row> = answer.rows.iter().collect();
    if is_by_difficulty(answer) {
        // The hardest first: of most it is the largest number.
        rows.sort_by(|left, right| {
            left.value.unwrap_or(f64::INFINITY).total_cmp(&right.value.unwrap_or(f64::INFINITY))
        });
    } else if !is_ordered(answer) {
        rows.sort_by(|left, right| {
            right.value.unwrap_or(f64::NEG_INFINITY).total_cmp(&left.value.unwrap_or(f64::NEG_INFINITY))
        });
    }
    rows.sort_by_key(|row| row.is_other);
    rows
}

fn bar(answer: &Answer, row: &Row, shape: &trends::Shape) -> Bar {
    Bar {
        label: label(answer, row, shape),
        value: row.value.filter(|value| value.is_finite()),
        n: row.n,
        is_met: row.is_met,
        is_other: row.is_other,
    }
}

fn label(answer: &Answer, row: &Row, shape: &trends::Shape) -> String {
    if row.is_other {
        return "Other".to_owned();
    }
    let person = |column: &str| {
        let id = row.text(column)?;
        Some(
            answer.names.get(id).and_then(serde_json::Value::as_str).map_or_else(|| words::short_id(id), str::to_owned),
        )
    };
    let event = |column: &str| row.text(column).map(words::humanised);
    let own = match answer.kind.as_str() {
        "top_values" => row
            .text("value")
            .map(str::to_owned)
            .or_else(|| row.details.contains_key("value").then(|| "None".to_owned())),
        "next_events" => Some(event("event_name").unwrap_or_else(|| "Nothing".to_owned())),
        "paths" => event("source_name")
            .zip(event("target_name"))
            .map(|(from, to)| format!("{}. {from} → {to}", number::decimal(row.number("step").unwrap_or(1.0), 0))),
        "user_engagement" => person("actor_id"),
        "student_report" => person("user_id"),
        "item_statistics" => row.text("subject_id").map(words::short_id),
        "stickiness" => row.number("periods").map(|periods| {
            let grain = words::bucket_noun(parameters::text(answer, "grain").unwrap_or("day"));
            format!("{} {grain}{}", number::decimal(periods, 0), if periods == 1.0 { "" } else { "s" })
        }),
        "retention" if row.details.is_empty() => row.breakdown_value.as_ref().map(|period| match period.as_str() {
            "0" => "joined".to_owned(),
            period if period.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{} {period}", words::bucket_noun(parameters::text(answer, "grain").unwrap_or("day")))
            }
            period => period.to_owned(),
        }),
        _ => trends::label(answer, row, shape),
    };
    own.or_else(|| row.breakdown_value.clone()).unwrap_or_else(|| "None".to_owned())
}

fn heading(answer: &Answer) -> String {
    match answer.kind.as_str() {
        "top_values" => parameters::text(answer, "payload_key").map_or_else(|| "Value".to_owned(), words::humanised),
        "next_events" => "Event".to_owned(),
        "paths" => "Step".to_owned(),
        "user_engagement" => "User".to_owned(),
        "student_report" => "Student".to_owned(),
        "item_statistics" => "Question".to_owned(),
        "stickiness" => "Active on".to_owned(),
        "retention" => "Period".to_owned(),
        "lifecycle" | "extraction_outcomes" => "Status".to_owned(),
        "percentiles" | "percentiles_sketched" => "Percentile".to_owned(),
        _ => parameters::text(answer, "breakdown").map_or_else(|| "Value".to_owned(), words::humanised),
    }
}

fn shorten(bars: Vec<Bar>) -> Vec<Bar> {
    let mut drawn = 0;
    bars.into_iter()
        .filter(|bar| {
            drawn += usize::from(!bar.is_other);
            bar.is_other || drawn <= MOST_BARS
        })
        .collect()
}

fn finding(answer: &Answer, bars: &[Bar], first_row: Option<&Row>, measure: &Measure) -> String {
    let known: Vec<&Bar> = bars.iter().filter(|bar| !bar.is_other && bar.value.is_some()).collect();
    let mut sentences = Vec::new();
    if is_ordered(answer) {
        let said: Vec<String> = known
            .iter()
            .take(4)
            .map(|bar| format!("{} {}", bar.label, number::say(bar.value.unwrap_or_default(), measure)))
            .collect();
        match answer.kind.as_str() {
            "stickiness" => sentences.push(often(&known, measure).unwrap_or_else(|| NO_VALUE.to_owned())),
            _ if said.is_empty() => sentences.push(NO_VALUE.to_owned()),
            _ => sentences.push(format!("{}.", words::capital(&said.join(", ")))),
        }
    } else if let (Some(hardest), Some(easiest), true) = (known.first(), known.last(), is_by_difficulty(answer)) {
        let right = |bar: &Bar| number::say(bar.value.unwrap_or_default(), measure);
        let n = hardest.n.map(|n| format!(" (n = {})", number::decimal(n, 0))).unwrap_or_default();
        sentences.push(format!("Hardest is \"{}\", which {} get right{n}.", hardest.label, right(hardest)));
        if known.len() > 1 {
            sentences.push(format!("Easiest is \"{}\" with {}.", easiest.label, right(easiest)));
        }
    } else if let Some(first) = known.first() {
        let value = first.value.unwrap_or_default();
        let whole: f64 = bars.iter().filter_map(|bar| bar.value).sum();
        let adds_up = matches!(
            (answer.kind.as_str(), answer.value_column.as_str()),
            ("event_volume", _) | ("extraction_outcomes", _) | ("next_events", "actors")
        );
        let share = if adds_up && whole > 0.0 && known.len() > 1 {
            format!(", {} of {}", number::say(value / whole, &Measure::Share), number::with_noun(whole, measure))
        } else {
            first_row
                .and_then(|row| row.number("share"))
                .filter(|share| answer.kind == "top_values" && *share != value)
                .map(|share| format!(", {} of all", number::say(share, &Measure::Share)))
                .unwrap_or_default()
        };
        let n = first
            .n
            .filter(|n| !adds_up && *n != value)
            .map(|n| format!(" (n = {})", number::decimal(n, 0)))
            .unwrap_or_default();
        sentences.push(format!("\"{}\" leads with {}{n}{share}.", first.label, number::with_noun(value, measure)));
        if let Some(second) = known.get(1) {
            sentences.push(format!(
                "Then \"{}\" with {}.",
                second.label,
                number::say(second.value.unwrap_or_default(), measure)
            ));
        }
    } else {
        sentences.push(NO_VALUE.to_owned());
    }
    let judged: Vec<bool> = bars.iter().filter_map(|bar| bar.is_met).collect();
    if let (Some(target), false) = (definition::target(answer, answer.target), judged.is_empty()) {
        sentences.push(format!(
            "{}: met by {} of {}.",
            words::capital(&target),
            judged.iter().filter(|is_met| **is_met).count(),
            judged.len()
        ));
    }
    let count = bars.iter().filter(|bar| !bar.is_other).count();
    if count > MOST_BARS {
        sentences.push(format!("{} not drawn.", words::more(count - MOST_BARS)));
    }
    sentences.join(" ")
}

/// Of how often people are active: on how many periods most are.
fn often(known: &[&Bar], measure: &Measure) -> Option<String> {
    let most = known
        .iter()
        .max_by(|left, right| left.value.unwrap_or_default().total_cmp(&right.value.unwrap_or_default()))?;
    let last = known.iter().rfind(|bar| bar.value.unwrap_or_default() > 0.0)?;
    Some(format!(
        "Most are active on {}: {}. The most active come on {}: {}.",
        most.label,
        number::with_noun(most.value?, measure),
        last.label,
        number::say(last.value?, measure)
    ))
}

/// The bar that has the target, else the first one.
fn tile(answer: &Answer, rows: &[&Row], measure: &Measure) -> Option<Tile> {
    if matches!(answer.kind.as_str(), "paths" | "stickiness" | "item_statistics" | "student_report" | "user_engagement")
        && answer.target.is_none()
    {
        return None;
    }
    let targeted = rows.iter().find(|row| answer.target_for.is_some() && row.target.is_some());
    let row = targeted.or_else(|| rows.iter().find(|row| row.value.is_some()))?;
    let label = label(answer, row, &trends::Shape::of(rows));
    let mut tile = tiles::of_range(answer, Some(&label), row.value?, Some(row), tiles::previous(answer, row), measure);
    if let ("top_values", Some(share)) =
        (answer.kind.as_str(), row.number("share").filter(|_| answer.value_column != "share"))
    {
        tile.note = format!("{} of all", number::say(share, &Measure::Share));
    } else if tile.note.is_empty() {
        tile.note = findings::part_of(answer, measure, row).unwrap_or_default();
    }
    Some(tile)
}
