//! Values over time: one line a breakdown value, a status or a percentile.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDateTime;

use super::{Reading, definition, findings, incidents, parameters, tables, tiles, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

/// Of more lines nobody tells one from the other.
const MOST_SERIES: usize = 5;

pub struct Lines<'a> {
    pub grain: &'a str,
    pub measure: Measure,
    pub starts: Vec<NaiveDateTime>,
    pub is_complete: Vec<bool>,
    /// Those that are drawn, $other last.
    pub lines: Vec<Line<'a>>,
    /// How many are not.
    pub left_out: usize,
    /// Of percentiles by value: the one that is told, "p95".
    pub fraction: Option<String>,
    /// Whether all of it lies ahead.
    pub is_foretold: bool,
    /// What all lines make together, where they are amounts of the same; of one line its own values.
    pub total: Option<Vec<Option<f64>>>,
}

pub struct Line<'a> {
    pub label: Option<String>,
    pub is_other: bool,
    pub rows: Vec<Option<&'a Row>>,
    pub values: Vec<Option<f64>>,
}

pub fn read(answer: &Answer) -> Reading {
    let lines = lines(answer);
    if lines.starts.is_empty() {
        return super::rankings::read(answer);
    }
    Reading {
        finding: findings::of(answer, &lines),
        tile: tiles::of_trend(answer, &lines),
        chart: Chart::Trend(trend(answer, &lines)),
        table: tables::of_trend(answer, &lines),
    }
}

/// The value that is drawn: of anomalies the number itself, for a score says little to the eye.
pub fn drawn(answer: &Answer, row: &Row) -> Option<f64> {
    match (answer.kind.as_str(), answer.value_column.as_str()) {
        ("anomalies", "score") => row.number("value"),
        _ => row.value.filter(|value| value.is_finite()),
    }
}

pub fn lines(answer: &Answer) -> Lines<'_> {
    let rows = told(answer);
    let shape = Shape::of(&rows);
    let mut buckets = BTreeMap::new();
    for row in &rows {
        if let Some(start) = row.bucket {
            let is_complete = buckets.entry(start).or_insert(true);
            *is_complete &= row.is_complete.unwrap_or(false);
        }
    }
    let places: HashMap<NaiveDateTime, usize> =
        buckets.keys().enumerate().map(|(place, start)| (*start, place)).collect();
    let mut known: HashMap<(Option<String>, bool), usize> = HashMap::new();
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in rows {
        let Some(place) = row.bucket.and_then(|start| places.get(&start)) else { continue };
        let line = *known.entry((row.breakdown_value.clone(), row.is_other)).or_insert_with(|| {
            lines.push(Line {
                label: label(answer, row, &shape),
                is_other: row.is_other,
                rows: vec![None; places.len()],
                values: vec![None; places.len()],
            });
            lines.len() - 1
        });
        lines[line].rows[*place] = Some(row);
        lines[line].values[*place] = drawn(answer, row);
    }
    let total = total(answer, &lines, places.len());
    let left_out = shorten(&mut lines);
    lines.sort_by_key(|line| line.is_other);
    if let [only] = &mut lines[..]
        && left_out == 0
        && !only.is_other
        && only
            .rows
            .iter()
            .flatten()
            .all(|row| row.text("breakdown_value").is_none() && answer.parameters.get("breakdown").is_none())
    {
        only.label = None;
    }
    let fraction = lines
        .first()
        .filter(|_| shape.one_fraction && lines.iter().any(|line| line.label.is_some()))
        .and_then(|line| line.rows.iter().flatten().next()?.number("fraction"))
        .map(percent);
    let measure =
        if answer.kind == "anomalies" { parameters::measure_of(answer, "value") } else { parameters::measure(answer) };
    Lines {
        grain: answer.grain.as_deref().unwrap_or("bucket"),
        measure,
        starts: buckets.keys().copied().collect(),
        is_complete: buckets.values().copied().collect(),
        lines,
        left_out,
        fraction,
        is_foretold: answer.kind == "forecast",
        total,
    }
}

/// The rows of which a line is made: of a funnel those of its last step, of percentiles by value those of one fraction.
fn told(answer: &Answer) -> Vec<&Row> {
    let all = || answer.rows.iter();
    match answer.kind.as_str() {
        "funnel" | "funnel_trend" => {
            let last = all().filter_map(|row| row.number("step")).fold(0.0, f64::max);
            let is_drop = answer.value_column == "rate_from_previous";
            all().filter(|row| row.number("step").is_none_or(|step| step == last || is_drop && step > 1.0)).collect()
        }
        "percentiles" | "percentiles_sketched" if all().any(|row| row.text("breakdown_value").is_some()) => {
            let mut fractions: Vec<f64> = all().filter_map(|row| row.number("fraction")).collect();
            fractions.sort_by(f64::total_cmp);
            fractions.dedup();
            let asked = answer.target_for.as_deref().and_then(|text| text.rsplit(" / ").next()?.parse::<f64>().ok());
            let one = asked
                .filter(|asked| fractions.contains(asked))
                .or_else(|| fractions.iter().copied().find(|fraction| *fraction == 0.95))
                .or(fractions.last().copied());
            all().filter(|row| row.number("fraction") == one).collect()
        }
        _ => all().collect(),
    }
}

/// What the rows have in common, which their labels need not say.
pub struct Shape {
    one_event: bool,
    one_fraction: bool,
}

impl Shape {
    pub fn of(rows: &[&Row]) -> Self {
        let first = rows.first();
        let is_one =
            |same: &dyn Fn(&Row, &Row) -> bool| first.is_none_or(|first| rows.iter().all(|row| same(first, row)));
        Self {
            one_event: is_one(&|left, right| left.text("event_name") == right.text("event_name")),
            one_fraction: is_one(&|left, right| left.number("fraction") == right.number("fraction")),
        }
    }
}

fn percent(fraction: f64) -> String {
    format!("p{}", number::decimal(fraction * 100.0, 2))
}

/// What a line is called; None: it is the only one of its kind.
pub fn label(answer: &Answer, row: &Row, shape: &Shape) -> Option<String> {
    let value = if row.is_other { Some("Other".to_owned()) } else { row.text("breakdown_value").map(words::value) };
    let has_breakdown = answer.parameters.contains_key("breakdown") || answer.parameters.contains_key("by_user");
    let value = value.or_else(|| has_breakdown.then(|| "None".to_owned()));
    let with = |what: String| Some(value.as_ref().map_or_else(|| what.clone(), |value| format!("{value}: {what}")));
    match answer.kind.as_str() {
        "event_volume" if value.is_some() && shape.one_event => value.clone(),
        "percentiles" | "percentiles_sketched" if value.is_some() && shape.one_fraction => value.clone(),
        "event_volume" => row.text("event_name").and_then(|name| with(words::humanised(name))).or(value.clone()),
        "percentiles" | "percentiles_sketched" => {
            row.number("fraction").and_then(|fraction| with(percent(fraction))).or(value.clone())
        }
        "lifecycle" | "extraction_outcomes" => row.text("status").and_then(|status| with(words::humanised(status))),
        "funnel" | "funnel_trend" if answer.value_column == "rate_from_previous" => {
            row.text("event_name").and_then(|name| with(words::humanised(name)))
        }
        "top_values" => row.text("value").map(str::to_owned),
        "next_events" => Some(row.text("event_name").map_or_else(|| "Nothing".to_owned(), words::humanised)),
        _ if value.is_some() => value.clone(),
        _ if row.details.is_empty() => row.breakdown_value.clone(),
        "user_engagement" | "stickiness" => row.breakdown_value.clone(),
        _ => None,
    }
}

/// Amounts of the same thing add up; people and ratios do not, for one may be in several lines.
fn total(answer: &Answer, lines: &[Line<'_>], count: usize) -> Option<Vec<Option<f64>>> {
    let is_money = answer.unit.as_deref() == Some("units of the currency");
    match lines {
        [only] => Some(only.values.clone()),
        _ if findings::adds_up(answer) && !is_money && answer.target_for.is_none() => Some(
            (0..count)
                .map(|place| lines.iter().filter_map(|line| line.values[place]).reduce(|sum, value| sum + value))
                .collect(),
        ),
        _ => None,
    }
}

/// Keeps the lines of the most, in their order; says how many it dropped.
fn shorten(lines: &mut Vec<Line<'_>>) -> usize {
    // Several events have an $other each: then it is a line as the others are.
    let others = lines.iter().filter(|line| line.is_other).count();
    let is_apart = |line: &Line<'_>| line.is_other && others == 1;
    if lines.len() <= MOST_SERIES + usize::from(others == 1) {
        return 0;
    }
    let mut by_weight: Vec<(usize, f64)> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !is_apart(line))
        .map(|(place, line)| (place, line.weight()))
        .collect();
    by_weight.sort_by(|left, right| right.1.total_cmp(&left.1));
    let kept: Vec<usize> = by_weight.iter().take(MOST_SERIES).map(|(place, _)| *place).collect();
    let before = lines.len();
    let mut place = 0;
    lines.retain(|line| {
        let is_kept = is_apart(line) || kept.contains(&place);
        place += 1;
        is_kept
    });
    before - lines.len()
}

impl Line<'_> {
    /// By how much it is: what its values are of, or they themselves.
    pub fn weight(&self) -> f64 {
        let of: f64 = self.rows.iter().flatten().filter_map(|row| row.n).sum();
        if of > 0.0 { of } else { self.values.iter().flatten().map(|value| value.abs()).sum() }
    }
}

fn trend(answer: &Answer, lines: &Lines<'_>) -> Trend {
    let buckets = lines
        .starts
        .iter()
        .zip(&lines.is_complete)
        .map(|(start, is_complete)| Bucket {
            label: words::bucket(*start, lines.grain, &answer.range),
            start: *start,
            is_complete: *is_complete,
        })
        .collect();
    let mut series: Vec<Series> = lines.lines.iter().map(|line| series(answer, line)).collect();
    if answer.kind == "anomalies"
        && matches!(answer.value_column.as_str(), "score" | "value")
        && let [only] = &mut series[..]
    {
        only.label = Some("Counted".to_owned());
        let values =
            lines.lines[0].rows.iter().map(|row| row.and_then(|row| row.number("expected"))).collect::<Vec<_>>();
        let count = values.len();
        series.push(Series {
            label: Some("Expected".to_owned()),
            values,
            n: vec![None; count],
            band: None,
            marks: vec![false; count],
            is_other: false,
        });
    }
    let from_zero = matches!(lines.measure, Measure::Count(_)) || matches!(answer.kind.as_str(), "sum_of" | "backlog");
    Trend {
        measure: lines.measure.clone(),
        buckets,
        series,
        targets: targets(answer),
        from_zero,
        incidents: incidents::buckets(&answer.incidents, &lines.starts),
    }
}

fn series(answer: &Answer, line: &Line<'_>) -> Series {
    let band = (answer.kind == "forecast").then(|| {
        line.rows.iter().map(|row| row.and_then(|row| row.number("lower").zip(row.number("upper")))).collect()
    });
    Series {
        label: line.label.clone(),
        values: line.values.clone(),
        n: line.rows.iter().map(|row| row.and_then(|row| row.n)).collect(),
        band,
        marks: line
            .rows
            .iter()
            .map(|row| {
                row.is_some_and(|row| {
                    row.details.get("is_anomaly").and_then(serde_json::Value::as_bool).unwrap_or(false)
                })
            })
            .collect(),
        is_other: line.is_other,
    }
}

/// The targets of the rows: at most three, for more are no lines but a pattern.
pub fn targets(answer: &Answer) -> Vec<Target> {
    // The target of anomalies is that of their score.
    if answer.kind == "anomalies" && answer.value_column == "score" {
        return Vec::new();
    }
    let mut values: Vec<f64> = answer.rows.iter().filter_map(|row| row.target).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    if values.len() > 3 {
        return Vec::new();
    }
    values
        .into_iter()
        .filter_map(|value| {
            definition::target(answer, Some(value)).map(|label| Target { value, is: answer.target_is, label })
        })
        .collect()
}
