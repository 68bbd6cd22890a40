//! What a definition asks about: its events, groups and measures, out of the parameters.

use serde_json::Value;

use super::words;
use crate::{answer::Answer, picture::Measure};

/// Where the names of events stand, the first that counts first.
const EVENTS: [&str; 22] = [
    "steps",
    "events",
    "event_name",
    "sequence",
    "numerator",
    "numerator_events",
    "error_events",
    "anchor",
    "first_event",
    "start_event",
    "feature_event",
    "opened",
    "opened_events",
    "exposure_event",
    "metric_event",
    "denominator",
    "denominator_events",
    "all_events",
    "target",
    "next_event",
    "return_event",
    "closed_events",
];

/// The names of the events under a parameter: one, a list, or steps with their conditions. A step of several events is the first.
pub fn events_of(answer: &Answer, parameter: &str) -> Vec<String> {
    let name = |value: &Value| match value {
        Value::String(name) => Some(name.clone()),
        Value::Object(step) => step.get("event").or_else(|| step.get("events")).and_then(|event| match event {
            Value::Array(several) => several.first().and_then(Value::as_str).map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        }),
        Value::Array(several) => several.first().and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    match answer.parameters.get(parameter) {
        Some(Value::Array(several)) => several.iter().filter_map(name).collect(),
        Some(one) => name(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The events that the KPI is about, as they are named in the log.
pub fn event_names(answer: &Answer) -> Vec<String> {
    let mut names = Vec::new();
    for parameter in EVENTS {
        for name in events_of(answer, parameter) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

pub fn text<'a>(answer: &'a Answer, parameter: &str) -> Option<&'a str> {
    answer.parameters.get(parameter).and_then(Value::as_str)
}

/// Who is counted: people, unless the definition counts something else.
pub fn actors(answer: &Answer) -> String {
    match text(answer, "actor") {
        Some("session") => "sessions",
        Some("tenant") => "tenants",
        Some("object") => "objects",
        Some("anonymous" | "device") => "devices",
        Some("correlation") => "requests",
        _ if answer.parameters.contains_key("object_key") && answer.kind != "object_ratio" => "objects",
        _ => "people",
    }
    .to_owned()
}

/// How the value of the KPI is said.
pub fn measure(answer: &Answer) -> Measure {
    let unit = answer.unit.as_deref().unwrap_or_default();
    match unit {
        "ratio" | "share" | "relative difference" => Measure::Share,
        "seconds" => Measure::Duration,
        "actors" => Measure::Count(actors(answer)),
        "events" | "sessions" => Measure::Count(unit.to_owned()),
        "" => measure_of(answer, &answer.value_column),
        "score" => Measure::Amount(String::new()),
        "milliseconds" | "minutes" | "hours" | "days" | "bytes" | "points" | "units of the currency" => {
            Measure::Amount(unit.to_owned())
        }
        _ if is_counted(unit) && !is_free(&answer.value_column) => Measure::Count(unit.to_owned()),
        _ => Measure::Amount(unit.to_owned()),
    }
}

fn is_counted(unit: &str) -> bool {
    unit.len() > 2 && unit.ends_with('s') && unit.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')
}

/// Whether a column holds whatever the payload holds.
fn is_free(column: &str) -> bool {
    column == "value" || column == "expected" || column == "lower" || column == "upper"
}

/// How another column of the function is said.
pub fn measure_of(answer: &Answer, column: &str) -> Measure {
    let own_unit = || match answer.unit.as_deref() {
        Some(unit) if !unit.is_empty() && column == answer.value_column => measure(answer),
        _ => Measure::Amount(String::new()),
    };
    if answer.kind == "experiment_results"
        && matches!(
            column,
            "mean" | "difference" | "difference_low" | "difference_high" | "sequential_low" | "sequential_high"
        )
    {
        return if matches!(text(answer, "metric_kind"), None | Some("proportion")) {
            Measure::Share
        } else {
            Measure::Amount(String::new())
        };
    }
    match column {
        "actors"
        | "feature_actors"
        | "active_actors"
        | "new_adopters"
        | "cumulative_adopters"
        | "cohort_size"
        | "n_anchor"
        | "n_reached" => Measure::Count(actors(answer)),
        "average_actors" => Measure::Amount(String::new()),
        "events" | "entries" | "opened_events" | "closed_events" | "errors" | "followed" | "sessions" => {
            Measure::Count(if column == "sessions" { "sessions" } else { "events" }.to_owned())
        }
        "ratio"
        | "rate"
        | "share"
        | "rate_from_first"
        | "rate_from_previous"
        | "recovery_rate"
        | "relative_change"
        | "bounce_rate"
        | "relative_difference"
        | "interval_low"
        | "interval_high"
        | "chance_to_win"
        | "error_rate"
        | "bad_run_rate"
        | "difficulty"
        | "predicted_score"
        | "predicted_low"
        | "predicted_high" => Measure::Share,
        "expected_score" => Measure::Share,
        "score" | "progress" if answer.kind == "student_report" => Measure::Share,
        "expected" | "lower" | "upper" if answer.kind == "forecast" => Measure::Count("events".to_owned()),
        "value" | "expected" if answer.kind == "anomalies" => Measure::Count("events".to_owned()),
        "seconds" | "from_seconds" | "until_seconds" => Measure::Duration,
        "p50_hours" | "p90_hours" => Measure::Amount("hours".to_owned()),
        _ if column.ends_with("_seconds") => Measure::Duration,
        _ if column.ends_with("_items") || column == "backlog" => Measure::Count("items".to_owned()),
        _ => own_unit(),
    }
}

/// What a column is called as the heading of a table.
pub fn heading(answer: &Answer, column: &str) -> String {
    match column {
        "n" => "n".to_owned(),
        "actors" => words::capital(&actors(answer)),
        "p50_hours" => "Median".to_owned(),
        "p90_hours" => "90th percentile".to_owned(),
        "avg_seconds" => "Mean time".to_owned(),
        "median_seconds" => "Median time".to_owned(),
        "avg_events" => "Mean events".to_owned(),
        "not_numeric" => "Not numeric".to_owned(),
        "rate_from_first" => "Of the first".to_owned(),
        "rate_from_previous" => "Of the step before".to_owned(),
        "n_anchor" => "Began".to_owned(),
        "n_reached" => "Got there".to_owned(),
        "feature_actors" => "Used it".to_owned(),
        "active_actors" => "Active".to_owned(),
        "new_adopters" => "New".to_owned(),
        "cumulative_adopters" => "All so far".to_owned(),
        "average_actors" => "Mean a day".to_owned(),
        "oldest_seconds" => "Oldest".to_owned(),
        "p_value" => "p".to_owned(),
        _ => words::humanised(column),
    }
}
