//! How far they get: one bar a step, of each group.

use super::{Reading, parameters, tables, tiles, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

/// Of more groups nobody compares one with the other.
const MOST_GROUPS: usize = 5;

pub fn read(answer: &Answer) -> Reading {
    let mut groups = groups(answer);
    let left_out = groups.len().saturating_sub(MOST_GROUPS);
    let table = table(answer, &groups);
    let tile = tile(answer);
    groups.sort_by_key(|(group, is_other, _)| {
        (*is_other, std::cmp::Reverse(group.steps.first().map_or(0, |step| step.count.max(0.0) as u64)))
    });
    groups.truncate(MOST_GROUPS);
    let mut finding = finding(answer, &groups);
    if left_out > 0 {
        finding += &format!(" {left_out} more groups are in the table.");
    }
    Reading {
        finding,
        tile,
        chart: Chart::Steps(Steps { groups: groups.into_iter().map(|(group, _, _)| group).collect() }),
        table,
    }
}

fn counted(answer: &Answer) -> &'static str {
    if parameters::text(answer, "count") == Some("entries") { "entries" } else { "actors" }
}

type Group<'a> = (StepGroup, bool, Vec<&'a Row>);

fn groups(answer: &Answer) -> Vec<Group<'_>> {
    let has_breakdown = answer.parameters.contains_key("breakdown");
    let mut groups: Vec<(Option<&str>, bool, Vec<&Row>)> = Vec::new();
    for row in &answer.rows {
        let value = row.text("breakdown_value");
        match groups.iter_mut().find(|(known, is_other, _)| *known == value && *is_other == row.is_other) {
            Some((_, _, rows)) => rows.push(row),
            None => groups.push((value, row.is_other, vec![row])),
        }
    }
    groups
        .into_iter()
        .map(|(value, is_other, rows)| {
            let label = match value {
                _ if is_other => Some("Other".to_owned()),
                Some(value) => Some(value.to_owned()),
                None => has_breakdown.then(|| "None".to_owned()),
            };
            (StepGroup { label, steps: steps(answer, &rows) }, is_other, rows)
        })
        .collect()
}

fn steps(answer: &Answer, rows: &[&Row]) -> Vec<Step> {
    let names = parameters::events_of(answer, "steps");
    let count_of = |row: &Row| row.number(counted(answer)).unwrap_or_default().max(0.0);
    let first = rows.first().map(|row| count_of(row)).unwrap_or_default();
    let mut before: Option<f64> = None;
    rows.iter()
        .enumerate()
        .map(|(place, row)| {
            let count = count_of(row);
            // Entries of a later step may be more than those of the one before.
            let lost = before.map(|before| (before - count).max(0.0));
            let step = Step {
                label: words::humanised(
                    row.text("event_name").or(names.get(place).map(String::as_str)).unwrap_or("step"),
                ),
                count,
                share: (first > 0.0).then(|| count / first),
                lost,
                lost_share: before.zip(lost).filter(|(before, _)| *before > 0.0).map(|(before, lost)| lost / before),
                median_seconds: row.number("median_seconds"),
            };
            before = Some(count);
            step
        })
        .collect()
}

/// "Of 303 who registered, 42 % booked. The largest loss is before the insight: 111 of 127 (87 %)."
fn finding(answer: &Answer, groups: &[Group<'_>]) -> String {
    let people = if counted(answer) == "entries" { "entries".to_owned() } else { parameters::actors(answer) };
    if let [(group, _, rows)] = groups {
        return one(
            &group.steps,
            &people,
            rows.iter().any(|row| row.is_complete == Some(false)),
            answer.value_column == "rate_from_previous",
        );
    }
    let mut last: Vec<(&str, f64, f64)> = groups
        .iter()
        .filter(|(_, is_other, _)| !is_other)
        .filter_map(|(group, _, _)| {
            Some((group.label.as_deref().unwrap_or("None"), group.steps.last()?.share?, group.steps.first()?.count))
        })
        .collect();
    last.sort_by(|left, right| right.1.total_cmp(&left.1));
    let said = |(label, share, count): &(&str, f64, f64)| {
        format!(
            "{label} with {} of {}",
            number::say(*share, &Measure::Share),
            number::with_noun(*count, &Measure::Count(people.clone()))
        )
    };
    match (last.first(), last.last()) {
        (Some(high), Some(low)) if last.len() > 1 && high.1 > low.1 => {
            format!("To the last step most get from {}, fewest from {}.", said(high), said(low))
        }
        (Some(high), _) if last.len() > 1 => {
            format!("In all {} groups {} get to the last step.", last.len(), number::say(high.1, &Measure::Share))
        }
        (Some(only), _) => format!("To the last step get {}.", said(only)),
        _ => "Nobody entered yet.".to_owned(),
    }
}

/// by_share: the largest loss is the largest share of those who came to the step before, not that of the most.
fn one(steps: &[Step], people: &str, is_open: bool, by_share: bool) -> String {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return "Nobody entered yet.".to_owned() };
    let whole = number::with_noun(first.count, &Measure::Count(people.to_owned()));
    if steps.len() == 1 {
        return format!("{whole} came.");
    }
    let reached = |step: &Step| {
        format!("{} reached \"{}\"", number::say(step.share.unwrap_or_default(), &Measure::Share), step.label)
    };
    let mut text = format!("Of {whole} that began with \"{}\", {}", first.label, reached(last));
    if let [_, second, .., _] = steps {
        text = format!("Of {whole} that began with \"{}\", {} and {}", first.label, reached(second), reached(last));
    }
    text.push('.');
    let weight =
        |step: &Step| if by_share { step.lost_share.unwrap_or_default() } else { step.lost.unwrap_or_default() };
    let largest = steps
        .iter()
        .enumerate()
        .filter_map(|(place, step)| Some((place, step, step.lost.filter(|lost| *lost > 0.0)?)))
        .max_by(|left, right| weight(left.1).total_cmp(&weight(right.1)));
    match largest {
        Some((place, step, lost)) if steps.len() > 2 => {
            text += &format!(
                " The largest loss is before \"{}\": {} of {} ({}).",
                step.label,
                number::decimal(lost, 0),
                number::decimal(steps[place - 1].count, 0),
                number::say(step.lost_share.unwrap_or_default(), &Measure::Share)
            );
        }
        None => text += " Nobody is lost on the way.",
        _ => {}
    }
    if is_open {
        text += " Those who came last still have time.";
    }
    text
}

/// Of a funnel the last step; of lost shares the step that loses most.
fn tile(answer: &Answer) -> Option<Tile> {
    let measure = parameters::measure(answer);
    let targeted = answer.rows.iter().rfind(|row| row.target.is_some());
    let whole = || answer.rows.iter().filter(|row| row.text("breakdown_value").is_none() && !row.is_other);
    let row = match (answer.value_column.as_str(), targeted) {
        (_, Some(row)) if answer.target_for.is_some() => row,
        ("rate_from_previous", _) if answer.is_complement => whole()
            .filter(|row| row.number("step") != Some(1.0))
            .max_by(|left, right| left.value.unwrap_or(-1.0).total_cmp(&right.value.unwrap_or(-1.0)))?,
        _ if answer.parameters.contains_key("breakdown") => return None,
        _ => whole().next_back()?,
    };
    let label = row.text("event_name").map(words::humanised);
    Some(tiles::of_range(answer, label.as_deref(), row.value?, Some(row), tiles::previous(answer, row), &measure))
}

fn table(answer: &Answer, groups: &[Group<'_>]) -> Table {
    let has_groups = groups.iter().any(|(group, _, _)| group.label.is_some());
    let has_times = groups.iter().any(|(group, _, _)| group.steps.iter().any(|step| step.median_seconds.is_some()));
    let mut columns = vec!["Step".to_owned()];
    columns.extend(has_groups.then(|| "Group".to_owned()));
    columns.push(if counted(answer) == "entries" {
        "Entries".to_owned()
    } else {
        words::capital(&parameters::actors(answer))
    });
    columns.extend(["Of the first", "Lost before it"].map(str::to_owned));
    columns.extend(has_times.then(|| "Median time".to_owned()));
    let mut rows = Vec::new();
    for (group, _, _) in groups {
        for step in &group.steps {
            let mut cells = vec![step.label.clone()];
            cells.extend(has_groups.then(|| group.label.clone().unwrap_or_default()));
            cells.push(tables::plain(Some(step.count)));
            cells.push(number::exact(step.share, &Measure::Share));
            cells.push(match (step.lost, step.lost_share) {
                (Some(lost), Some(share)) => {
                    format!("{} ({})", number::decimal(lost, 0), number::say(share, &Measure::Share))
                }
                (lost, _) => tables::plain(lost),
            });
            cells.extend(has_times.then(|| number::exact(step.median_seconds, &Measure::Duration)));
            rows.push(cells);
        }
    }
    let left_out = rows.len().saturating_sub(tables::MOST_ROWS);
    rows.truncate(tables::MOST_ROWS);
    Table { columns, rows, left_out }
}
