//! How long it takes: how many are in each range of time.

use super::{Reading, parameters, tables, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

const MOST_GROUPS: usize = 5;

pub fn read(answer: &Answer) -> Reading {
    let mut groups: Vec<(Option<&str>, bool, Vec<&Row>)> = Vec::new();
    for row in &answer.rows {
        let value = row.text("breakdown_value");
        match groups.iter_mut().find(|(known, is_other, _)| *known == value && *is_other == row.is_other) {
            Some((_, _, rows)) => rows.push(row),
            None => groups.push((value, row.is_other, vec![row])),
        }
    }
    let counted = parameters::actors(answer);
    let has_groups = answer.parameters.contains_key("breakdown");
    let label = |value: Option<&str>, is_other: bool| {
        if is_other {
            Some("Other".to_owned())
        } else {
            value.map(str::to_owned).or_else(|| has_groups.then(|| "None".to_owned()))
        }
    };
    let count = |row: &Row| row.number("actors").unwrap_or_default().max(0.0);
    let mut columns = vec!["Time".to_owned()];
    columns.extend(has_groups.then(|| "Group".to_owned()));
    columns.extend([words::capital(&counted), "So far".to_owned()]);
    let mut rows = Vec::new();
    let mut findings = Vec::new();
    for (value, is_other, bins) in &groups {
        let all: f64 = bins.iter().map(|row| count(row)).sum();
        let mut reached = 0.0;
        for row in bins {
            reached += count(row);
            let mut cells = vec![range(row)];
            cells.extend(has_groups.then(|| label(*value, *is_other).unwrap_or_default()));
            cells.push(tables::plain(Some(count(row))));
            cells.push(number::exact((all > 0.0).then(|| reached / all), &Measure::Share));
            rows.push(cells);
        }
        findings.push(finding(label(*value, *is_other), bins, &count, all, &counted));
    }
    let left_out = rows.len().saturating_sub(tables::MOST_ROWS);
    rows.truncate(tables::MOST_ROWS);
    let more = groups.len().saturating_sub(MOST_GROUPS);
    findings.truncate(3);
    if more > 0 {
        findings.push(format!("{more} more groups are in the table."));
    }
    let groups = groups
        .into_iter()
        .take(MOST_GROUPS)
        .map(|(value, is_other, bins)| BinGroup {
            label: label(value, is_other),
            bins: bins
                .iter()
                .map(|row| Bin {
                    from: row.number("from_seconds"),
                    until: row.number("until_seconds"),
                    count: count(row),
                })
                .collect(),
        })
        .collect();
    Reading {
        finding: findings.join(" "),
        tile: None,
        chart: Chart::Histogram(Histogram { measure: Measure::Duration, groups, counted }),
        table: Table { columns, rows, left_out },
    }
}

fn range(row: &Row) -> String {
    let said = |column: &str| number::exact(row.number(column), &Measure::Duration);
    format!("{} to {}", said("from_seconds"), said("until_seconds"))
}

/// "Half of 127 people took less than 15 min, the slowest up to 1 d."
fn finding(label: Option<String>, bins: &[&Row], count: &dyn Fn(&Row) -> f64, all: f64, counted: &str) -> String {
    let prefix = label.map(|label| format!("{label}: ")).unwrap_or_default();
    let mut reached = 0.0;
    let half = bins.iter().find(|row| {
        reached += count(row);
        reached * 2.0 >= all
    });
    let last = bins.iter().rfind(|row| count(row) > 0.0).and_then(|row| row.number("until_seconds"));
    match (half.filter(|_| all > 0.0).and_then(|row| row.number("until_seconds")), last) {
        (Some(half), Some(last)) => format!(
            "{prefix}{} of {} took less than {}, the slowest up to {}.",
            number::say(reached / all, &Measure::Share),
            number::with_noun(all, &Measure::Count(counted.to_owned())),
            number::say(half, &Measure::Duration),
            number::say(last, &Measure::Duration)
        ),
        _ => format!("{prefix}Nobody got there yet."),
    }
}
