//! How a KPI is counted, in words; and what to do where there is nothing to tell.

use super::{parameters, words};
use crate::{
    answer::{Answer, Bound},
    number,
};

/// Description, function, parameters that matter, what n is, and the target.
pub fn definition(answer: &Answer) -> String {
    let mut sentences = Vec::new();
    if let Some(description) = answer.description.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        sentences.push(ended(description));
    }
    let mut counted = format!("Counted by telemetry.{}()", answer.kind);
    if let Some(grain) = &answer.grain {
        counted += &format!(" by {}", words::bucket_noun(grain));
    }
    for (parameter, words) in [("ordering", "ordering"), ("within", "within"), ("breakdown", "by")] {
        if let Some(text) = parameters::text(answer, parameter) {
            counted += &format!(", {words} {text}");
        }
    }
    let column = words::lower(&answer.value_column);
    counted += &match answer.is_complement {
        true => format!("; the value is 1 less its {column}"),
        false => format!("; the value is its {column}"),
    };
    sentences.push(ended(&counted));
    if let Some(n) = n_of(answer) {
        sentences.push(format!("n is {n}."));
    }
    if let Some(target) = target(answer, answer.target) {
        sentences.push(ended(&words::capital(&match &answer.target_for {
            Some(which) => format!("{target}, for {which}"),
            None => target,
        })));
    }
    sentences.join(" ")
}

fn ended(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// "target at least 85 %".
pub fn target(answer: &Answer, target: Option<f64>) -> Option<String> {
    let bound = match answer.target_is {
        Some(Bound::AtLeast) => "at least ",
        Some(Bound::AtMost) => "at most ",
        None => "",
    };
    target.map(|target| format!("target {bound}{}", number::say(target, &parameters::measure(answer))))
}

fn n_of(answer: &Answer) -> Option<String> {
    let actors = parameters::actors(answer);
    Some(match answer.kind.as_str() {
        "event_ratio" | "actor_ratio" => "what the ratio is of: its denominator".to_owned(),
        "object_ratio" => "how many objects are due".to_owned(),
        "rate_of_errors" => "all events, those without an error too".to_owned(),
        "funnel" | "funnel_trend" => format!("how many {actors} entered the funnel"),
        "retention" => format!("how many {actors} began"),
        "time_to_first" => format!("how many {actors} got there"),
        "time_between" => "how many events were followed".to_owned(),
        "feature_adoption" => format!("how many {actors} were active"),
        "sum_of" | "avg_of" | "max_of" | "min_of" | "percentiles" | "percentiles_sketched" => {
            "how many events had a number".to_owned()
        }
        "experiment_results" => format!("how many {actors} took part"),
        "session_stats" => "the number of sessions".to_owned(),
        "student_report" => "how many answers were scored".to_owned(),
        "item_statistics" => "how many sessions answered".to_owned(),
        "queue_state" => "how many were opened".to_owned(),
        "dau_mau" => format!("how many {actors} were active in the bucket"),
        "ingestion_run_errors" => "the number of runs".to_owned(),
        "time_to_fill" => "the number of reports".to_owned(),
        "ingestion_alerts" => "how many events, or batches, arrived".to_owned(),
        _ => return None,
    })
}

/// Why there is nothing to draw, and what to do.
pub fn next_step(answer: &Answer) -> String {
    let names = parameters::event_names(answer);
    let reads_tables = matches!(
        answer.kind.as_str(),
        "market_supply" | "time_to_fill" | "extraction_outcomes" | "ingestion_run_errors" | "click_through"
    );
    match names.first() {
        Some(name) => format!(
            "No events yet in this range: log one with telemetry.log_event('{}', ...).",
            name.replace('\'', "''")
        ),
        None if reads_tables => {
            "No rows yet: it reads a table of the application, and nothing there lies in the range.".to_owned()
        }
        None => "No events yet in this range: log one with telemetry.log_event().".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::reading::tests::answer;

    #[test]
    fn says_how_it_is_counted() {
        let answer = answer(
            "object_ratio",
            r#"{"value_column": "ratio", "is_complement": true, "unit": "ratio", "description": "The show rate", "grain": "week", "target": 0.85, "target_is": "at_least", "parameters": {"within": "3 days"}}"#,
        );
        assert_eq!(
            super::definition(&answer),
            "The show rate. Counted by telemetry.object_ratio() by week, within 3 days; the value is 1 less its ratio. n is how many objects are due. Target at least 85 %."
        );
    }
}
