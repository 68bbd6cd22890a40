//! What a trend says, in words: the last value that is whole, beside its target and the one before.

use super::{
    definition,
    trends::{Line, Lines},
    words,
};
use crate::{
    answer::{Answer, Row},
    number,
    picture::Measure,
};

/// The place of the bucket that is told: the last one that is over and has a value; where none is, or they tell of nothing, the last
/// one that runs, but for the one that only began. Of a forecast the first.
pub fn told_place(lines: &Lines<'_>, values: &[Option<f64>]) -> Option<usize> {
    let known: Vec<usize> = (0..values.len()).filter(|place| values[*place].is_some()).collect();
    if lines.is_foretold {
        return known.first().copied();
    }
    let over = known.iter().copied().filter(|place| lines.is_complete[*place]);
    let running = known
        .iter()
        .rev()
        .copied()
        .find(|place| !lines.is_complete[*place] && (known.len() == 1 || *place + 1 < values.len()))
        .or(known.last().copied());
    let tells = |place: usize| values[place].is_some_and(|value| value != 0.0);
    match over.clone().next_back() {
        Some(place) if over.clone().any(tells) || !running.is_some_and(tells) => Some(place),
        _ => running,
    }
}

/// The line that stands for all: the one with the target, else the one of the most.
pub fn main_line<'a, 'b>(answer: &Answer, lines: &'b Lines<'a>) -> Option<&'b Line<'a>> {
    let has_target = |line: &&Line<'_>| line.rows.iter().flatten().any(|row| row.target.is_some());
    let of_target = answer.target_for.as_ref().and_then(|_| lines.lines.iter().find(has_target));
    let is_ordered = matches!(answer.kind.as_str(), "percentiles" | "percentiles_sketched" | "lifecycle");
    of_target
        .or_else(|| {
            if is_ordered {
                lines.lines.first()
            } else {
                lines
                    .lines
                    .iter()
                    .filter(|line| !line.is_other)
                    .max_by(|left, right| left.weight().total_cmp(&right.weight()))
            }
        })
        .or(lines.lines.first())
}

pub fn of(answer: &Answer, lines: &Lines<'_>) -> String {
    let mut sentences = match (answer.kind.as_str(), &lines.total) {
        ("forecast", _) => forecast(answer, lines),
        ("anomalies", _) => anomalies(answer, lines),
        (_, Some(values)) => total(answer, lines, values),
        ("percentiles" | "percentiles_sketched" | "lifecycle", None)
            if lines
                .lines
                .iter()
                .all(|line| line.rows.iter().flatten().all(|row| row.text("breakdown_value").is_none())) =>
        {
            each(answer, lines)
        }
        _ => compared(answer, lines),
    };
    if lines.left_out > 0 {
        sentences.push(format!("{} not drawn.", words::more(lines.left_out)));
    }
    sentences.join(" ")
}

/// One line, or several that add up.
fn total(answer: &Answer, lines: &Lines<'_>, values: &[Option<f64>]) -> Vec<String> {
    let Some(place) = told_place(lines, values) else { return vec!["There is no value yet.".to_owned()] };
    let value = values[place].unwrap_or_default();
    let row = if let [only] = &lines.lines[..] { only.rows[place] } else { None };
    let is_over = lines.is_complete[place];
    let mut said = format!(
        "{}{} {}",
        number::with_noun(value, &lines.measure),
        if is_over { "" } else { " so far" },
        words::in_bucket(lines.starts[place], lines.grain, &answer.range)
    );
    if let Some(of) = row.and_then(|row| part_of(answer, &lines.measure, row)) {
        said += &format!(" ({of})");
    }
    if let Some(row) = row
        && let Some(target) = definition::target(answer, row.target)
    {
        let verdict = match row.is_met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not known yet",
        };
        said += &format!("; {target}: {verdict}");
    }
    let mut sentences = vec![format!("{said}.")];
    if is_over
        && place > 0
        && lines.is_complete[place - 1]
        && let Some(before) = values[place - 1]
    {
        sentences.push(format!("{}.", words::capital(&change(value, before, &lines.measure, lines.grain))));
    }
    if adds_up(answer) && values.iter().flatten().count() > 1 {
        let sum: f64 = values.iter().flatten().sum();
        sentences.push(format!("{} in all.", words::capital(&number::with_noun(sum, &lines.measure))));
    }
    if let Some(running) = (place + 1..values.len()).rev().find(|place| !lines.is_complete[*place])
        && matches!(lines.grain, "week" | "month" | "quarter" | "year")
        && let Some(value) = values[running]
    {
        sentences.push(format!(
            "{} so far {}.",
            number::say(value, &lines.measure),
            words::in_bucket(lines.starts[running], lines.grain, &answer.range)
        ));
    }
    if lines.lines.len() > 1 {
        let mut most: Vec<(&Line<'_>, f64)> =
            lines.lines.iter().filter_map(|line| Some((line, line.values[place]?))).collect();
        most.sort_by(|left, right| right.1.total_cmp(&left.1));
        if let Some((line, value)) = most.first().filter(|(line, most)| !line.is_other && *most > 0.0) {
            sentences.push(format!(
                "Most {} is {} with {}.",
                words::in_bucket(lines.starts[place], lines.grain, &answer.range),
                line.label.as_deref().unwrap_or("one"),
                number::say(*value, &lines.measure)
            ));
        }
    } else if let Some(row) = lines.lines.first().map(|line| &line.rows)
        && row.iter().flatten().any(|row| row.target.is_some())
    {
        let judged: Vec<bool> = row
            .iter()
            .zip(&lines.is_complete)
            .filter(|(_, is_complete)| **is_complete)
            .filter_map(|(row, _)| row.as_ref()?.is_met)
            .collect();
        if judged.len() > 1 {
            sentences.push(format!(
                "Met in {} of {} {}s.",
                judged.iter().filter(|is_met| **is_met).count(),
                judged.len(),
                bucket_word(lines.grain)
            ));
        }
    }
    sentences
}

/// Whether the values of buckets may be added: amounts, not people or ratios.
pub fn adds_up(answer: &Answer) -> bool {
    matches!(
        (answer.kind.as_str(), answer.value_column.as_str()),
        ("event_volume", "events") | ("extraction_outcomes", _) | ("sum_of", "value")
    )
}

/// Each line at the last bucket that is over: percentiles, statuses.
fn each(answer: &Answer, lines: &Lines<'_>) -> Vec<String> {
    let Some(place) = main_line(answer, lines).and_then(|line| told_place(lines, &line.values)) else {
        return vec!["There is no value yet.".to_owned()];
    };
    let is_status = answer.kind == "lifecycle";
    let values: Vec<String> = lines
        .lines
        .iter()
        .filter_map(|line| {
            let value = number::say(line.values[place]?, &lines.measure);
            let label = line.label.as_deref().unwrap_or_default();
            Some(if is_status { format!("{value} {}", label.to_lowercase()) } else { format!("{label} {value}") })
        })
        .collect();
    let so_far = if lines.is_complete[place] { "" } else { ", so far" };
    let n = lines
        .lines
        .first()
        .and_then(|line| line.rows[place]?.n)
        .filter(|_| !is_status)
        .map(|n| format!(" (n = {})", number::decimal(n, 0)))
        .unwrap_or_default();
    let mut sentences = vec![format!(
        "{}: {}{n}{so_far}.",
        words::capital(&words::in_bucket(lines.starts[place], lines.grain, &answer.range)),
        words::list(&values, 9)
    )];
    if let Some((line, row)) =
        lines.lines.iter().find_map(|line| Some((line, line.rows[place]?)).filter(|(_, row)| row.target.is_some()))
        && let Some(target) = definition::target(answer, row.target)
    {
        sentences.push(format!(
            "{} for {}: {}.",
            words::capital(&target),
            line.label.as_deref().unwrap_or("it"),
            if row.is_met == Some(true) { "met" } else { "missed" }
        ));
    }
    sentences
}

/// The highest and the lowest of several lines that do not add up.
fn compared(answer: &Answer, lines: &Lines<'_>) -> Vec<String> {
    let any: Vec<Option<f64>> =
        (0..lines.starts.len()).map(|place| lines.lines.iter().find_map(|line| line.values[place])).collect();
    let Some(place) = told_place(lines, &any) else { return vec!["There is no value yet.".to_owned()] };
    let mut found: Vec<(&Line<'_>, f64)> =
        lines.lines.iter().filter(|line| !line.is_other).filter_map(|line| Some((line, line.values[place]?))).collect();
    found.sort_by(|left, right| right.1.total_cmp(&left.1));
    let named = |(line, value): &(&Line<'_>, f64)| {
        let of = line.rows[place]
            .and_then(|row| part_of(answer, &lines.measure, row))
            .map(|of| format!(" ({of})"))
            .unwrap_or_default();
        format!("{} with {}{of}", line.label.as_deref().unwrap_or("all"), number::say(*value, &lines.measure))
    };
    let when = words::capital(&words::in_bucket(lines.starts[place], lines.grain, &answer.range));
    let when = lines.fraction.as_ref().map_or(when.clone(), |fraction| format!("{when}, {fraction}:"));
    let so_far = if lines.is_complete[place] { "" } else { ", so far" };
    match (found.first(), found.last()) {
        (Some(only), _) if found.len() == 1 => vec![format!("{when}: {}{so_far}.", named(only))],
        (Some(high), Some(low)) if high.1 == low.1 => {
            vec![format!("{when} all {} are at {}{so_far}.", found.len(), number::say(high.1, &lines.measure))]
        }
        (Some(high), Some(low)) => vec![format!("{when} highest is {}, lowest {}{so_far}.", named(high), named(low))],
        _ => vec!["There is no value yet.".to_owned()],
    }
}

fn forecast(answer: &Answer, lines: &Lines<'_>) -> Vec<String> {
    let Some(line) = lines.lines.first() else { return Vec::new() };
    let told = |place: usize| {
        let row = line.rows[place]?;
        let expected = number::with_noun(line.values[place]?, &lines.measure);
        let range = row
            .number("lower")
            .zip(row.number("upper"))
            .map(|(low, high)| {
                format!(", between {} and {}", number::say(low, &lines.measure), number::say(high, &lines.measure))
            })
            .unwrap_or_default();
        Some(format!(
            "{expected} are expected {}{range}",
            words::in_bucket(lines.starts[place], lines.grain, &answer.range)
        ))
    };
    let with_value: Vec<usize> = (0..lines.starts.len()).filter(|place| line.values[*place].is_some()).collect();
    let mut sentences: Vec<String> = Vec::new();
    if let (Some(first), Some(last)) = (with_value.first(), with_value.last()) {
        sentences.extend(told(*first).map(|said| format!("{said}.")));
        if first != last {
            sentences.extend(told(*last).map(|said| format!("{said}.")));
        }
    }
    if let Some(reached) = line.rows.iter().flatten().find_map(|row| row.text("reaches_at")) {
        sentences.push(format!("The target is reached on {}.", reached.get(..10).unwrap_or(reached)));
    }
    if sentences.is_empty() { vec!["Nothing can be foretold yet.".to_owned()] } else { sentences }
}

fn anomalies(answer: &Answer, lines: &Lines<'_>) -> Vec<String> {
    let Some(line) = lines.lines.first() else { return Vec::new() };
    let is_unusual = |row: &&Row| row.details.get("is_anomaly").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let unusual: Vec<usize> =
        (0..line.rows.len()).filter(|place| line.rows[*place].as_ref().is_some_and(is_unusual)).collect();
    let judged = line.rows.iter().flatten().filter(|row| row.number("score").is_some()).count();
    let noun = bucket_word(lines.grain);
    let Some(last) = unusual.last() else { return vec![format!("None of {judged} {noun}s is unusual.")] };
    let row = line.rows[*last];
    let said = row
        .and_then(|row| Some((row.number("value")?, row.number("expected")?)))
        .map(|(value, expected)| {
            format!(
                ": {} in place of {}",
                number::say(value, &lines.measure),
                number::say(expected.round(), &lines.measure)
            )
        })
        .unwrap_or_default();
    vec![format!(
        "{} of {judged} {noun}s {} unusual, the last one {}{said}.",
        unusual.len(),
        if unusual.len() == 1 { "is" } else { "are" },
        words::in_bucket(lines.starts[*last], lines.grain, &answer.range)
    )]
}

fn bucket_word(grain: &str) -> &str {
    let noun = words::bucket_noun(grain);
    if noun.ends_with("minutes") { "bucket" } else { noun }
}

/// "120 of 143" of a share that is a part of n, "n = 54" of other values; none of what is counted itself.
pub fn part_of(answer: &Answer, measure: &Measure, row: &Row) -> Option<String> {
    let n = row.n.filter(|n| n.is_finite())?;
    let is_part = matches!(
        (answer.kind.as_str(), answer.value_column.as_str()),
        ("event_ratio" | "actor_ratio" | "object_ratio", "ratio")
            | ("rate_of_errors" | "feature_adoption" | "retention" | "stickiness", "rate")
            | ("funnel" | "funnel_trend", "rate_from_first")
            | ("next_events", "share")
            | ("ingestion_run_errors", "bad_run_rate")
    );
    match (measure, row.value) {
        (Measure::Share, Some(share)) if is_part && (0.0..=1.0).contains(&share) && is_whole(share * n) => {
            Some(format!("{} of {}", number::decimal((share * n).round(), 0), number::decimal(n, 0)))
        }
        (Measure::Count(_), _) => None,
        // The n of a funnel is of its first step, not of the one before.
        _ if answer.value_column == "rate_from_previous" => None,
        _ => Some(format!("n = {}", number::decimal(n, 0))),
    }
}

/// But for what binary fractions leave: a share that is no part of n, as a mean of shares, has no whole number of it.
fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() < 1e-6 * number.abs().max(1.0)
}

/// "2.1 points more than the week before", "12 % less than the day before".
pub fn change(value: f64, before: f64, measure: &Measure, grain: &str) -> String {
    let than = format!("the {} before ({})", bucket_word(grain), number::say(before, measure));
    difference(value, before, measure)
        .map_or_else(|| format!("the same as {than}"), |said| format!("{said} than {than}"))
}

/// "2.1 points more", "12 % less"; None: as said they are the same.
pub fn difference(value: f64, before: f64, measure: &Measure) -> Option<String> {
    let which = if value > before { "more" } else { "less" };
    let size = (value - before).abs();
    if number::say(value, measure) == number::say(before, measure) || !size.is_finite() {
        return None;
    }
    Some(match measure {
        Measure::Share => {
            let points = number::decimal(size * 100.0, if size < 0.1 { 1 } else { 0 });
            format!("{points} {} {which}", if points == "1" { "point" } else { "points" })
        }
        _ if before > 0.0 && size / before < 10.0 => format!("{} {which}", number::say(size / before, &Measure::Share)),
        _ => format!("{} {which}", number::say(size, measure)),
    })
}
