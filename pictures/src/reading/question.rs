//! The question that a KPI answers: its own, or one made of the definition.

use super::{parameters, words};
use crate::answer::Answer;

pub fn question(answer: &Answer) -> String {
    match answer.question.as_deref().map(str::trim) {
        Some(own) if !own.is_empty() => own.to_owned(),
        _ => made(answer),
    }
}

fn made(answer: &Answer) -> String {
    let event = |parameter: &str| parameters::events_of(answer, parameter).first().map(|name| words::lower(name));
    let events =
        words::list(&parameters::event_names(answer).iter().map(|name| words::lower(name)).collect::<Vec<_>>(), 3);
    let of_events = |what: &str| if events.is_empty() { what.to_owned() } else { format!("{what} of {events}") };
    let per = answer.grain.as_deref().map(|grain| format!(" per {}", words::bucket_noun(grain))).unwrap_or_default();
    let people = parameters::actors(answer);
    let key =
        || parameters::text(answer, "payload_key").or_else(|| parameters::text(answer, "value_key")).map(words::lower);
    let between = |first: &str, second: &str| match (event(first), event(second)) {
        (Some(first), Some(second)) => format!("How long is it from {first} to {second}?"),
        _ => "How long does it take?".to_owned(),
    };
    let text = match answer.kind.as_str() {
        "event_volume" if events.is_empty() => format!("How many events are there{per}?"),
        "event_volume" => format!("How often{per}: {events}?"),
        "active_users" => match answer.grain.as_deref().and_then(words::adverb) {
            Some(adverb) => format!("{adverb} active {}", if people == "people" { "users" } else { &people }),
            None => format!("How many {people} are active?"),
        },
        "event_ratio" | "actor_ratio" | "rate_of_errors" => {
            let part = ["numerator", "numerator_events", "error_events"].iter().find_map(|parameter| event(parameter));
            let whole =
                ["denominator", "denominator_events", "all_events"].iter().find_map(|parameter| event(parameter));
            match (part, whole) {
                (Some(part), Some(whole)) if part != whole => format!("How many {part} are there for each {whole}?"),
                (Some(part), _) => format!("What share is {part}?"),
                _ => words::label_of(answer),
            }
        }
        "object_ratio" => match (event("numerator"), event("denominator")) {
            (Some(part), Some(whole)) => format!(
                "How many {whole} end in {part}{}?",
                if answer.is_complement { ", and how many do not" } else { "" }
            ),
            _ => words::label_of(answer),
        },
        "retention" => match event("return_event") {
            Some(event) => format!("Do they come back: {event}?"),
            None => "Do they come back?".to_owned(),
        },
        "lifecycle" => format!("How many are new, come back and stay away{per}?"),
        "stickiness" => "How often are the same people active?".to_owned(),
        "dau_mau" => "How many of a month's people come on a day?".to_owned(),
        "feature_adoption" => {
            event("feature_event").map_or_else(|| "Who uses it?".to_owned(), |event| format!("Who uses {event}?"))
        }
        "user_engagement" => "Who is most engaged?".to_owned(),
        "activity_heatmap" => "When are people active?".to_owned(),
        "top_values" => match key() {
            Some(key) => format!(
                "Which {key} is most frequent{}?",
                if events.is_empty() { String::new() } else { format!(" of {events}") }
            ),
            None => of_events("What is most frequent"),
        },
        "funnel" | "funnel_trend" | "funnel_times" => {
            let steps = parameters::events_of(answer, "steps");
            match (steps.first(), steps.last()) {
                (Some(first), Some(last)) if answer.kind == "funnel_times" => {
                    format!("How long is it from {} to {}?", words::lower(first), words::lower(last))
                }
                (Some(first), Some(last)) => {
                    format!("How far do they get from {} to {}?", words::lower(first), words::lower(last))
                }
                _ => "How far do they get?".to_owned(),
            }
        }
        "time_to_first" => between("anchor", "target"),
        "time_between" => between("first_event", "next_event"),
        "session_stats" => format!("What are sessions like{per}?"),
        "paths" => "Which ways do they take?".to_owned(),
        "next_events" => words_after(answer, &parameters::events_of(answer, "sequence")),
        "sum_of" | "avg_of" | "max_of" | "min_of" => {
            let what = match answer.kind.as_str() {
                "sum_of" => "What do they add up to",
                "avg_of" => "What is the mean",
                "max_of" => "What is the largest",
                _ => "What is the smallest",
            };
            format!(
                "{what}: {}{}?",
                key().unwrap_or_else(|| "value".to_owned()),
                if events.is_empty() { String::new() } else { format!(" of {events}") }
            )
        }
        "percentiles" | "percentiles_sketched" => match key() {
            Some(key) => format!(
                "How large is {key}{}, for most and at worst?",
                if events.is_empty() { String::new() } else { format!(" of {events}") }
            ),
            None => words::label_of(answer),
        },
        "anomalies" => format!(
            "Which {}s are unusual{}?",
            answer.grain.as_deref().map_or("day", words::bucket_noun),
            for_events(&events)
        ),
        "forecast" => format!("What comes next{}?", for_events(&events)),
        "experiment_results" => match parameters::text(answer, "experiment") {
            Some(experiment) => format!("Does the experiment \"{}\" work?", words::lower(experiment)),
            None => "Does the experiment work?".to_owned(),
        },
        "backlog" | "queue_state" => match event("opened").or_else(|| event("opened_events")) {
            Some(event) => format!("How much is open after {event}?"),
            None => "How much is open?".to_owned(),
        },
        "student_report" => "How do the students do?".to_owned(),
        "item_statistics" => "How difficult are the questions?".to_owned(),
        _ => words::label_of(answer),
    };
    words::capital(&text)
}

fn for_events(events: &str) -> String {
    if events.is_empty() { String::new() } else { format!(": {events}") }
}

fn words_after(answer: &Answer, sequence: &[String]) -> String {
    let names = words::list(&sequence.iter().map(|name| words::lower(name)).collect::<Vec<_>>(), 3);
    let place = if parameters::text(answer, "direction") == Some("backward") { "before" } else { "after" };
    format!("What do they do {place} {names}?")
}
