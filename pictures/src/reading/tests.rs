use serde_json::{Value, json};

use super::*;

mod kinds;
mod numbers;
mod properties;

/// An answer of a kind, with what `definition` says in place of the usual.
pub fn answer(kind: &str, definition: &str) -> Answer {
    answer_of(kind, &serde_json::from_str(definition).expect("a definition is JSON"))
}

fn answer_of(kind: &str, own: &Value) -> Answer {
    let mut whole = json!({
        "name": "pack_kpi_of_mine", "pack": "pack", "kind": kind, "value_column": "value",
        "range": {"since": "2026-10-31T00:00:00", "until": "2026-11-28T00:00:00", "tz": "Europe/Berlin", "now": "2026-11-27T15:00:00"}, "rows": []
    });
    for (key, value) in own.as_object().expect("a definition is an object") {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).expect("an answer")
}

fn chart_of(picture: &Picture) -> &'static str {
    match picture.chart {
        Chart::Steps(_) => "Steps",
        Chart::Trend(_) => "Trend",
        Chart::Triangle(_) => "Triangle",
        Chart::HeatMap(_) => "HeatMap",
        Chart::Histogram(_) => "Histogram",
        Chart::Ranking(_) => "Ranking",
        Chart::Intervals(_) => "Intervals",
        Chart::Number => "Number",
        Chart::Nothing(_) => "Nothing",
    }
}

#[test]
fn a_range_as_people_say_it() {
    let range = |since: &str, until: Option<&str>| -> Range {
        serde_json::from_value(
            json!({"since": since, "until": until, "tz": "Europe/Berlin", "now": "2026-11-27T15:00:00"}),
        )
        .expect("a range")
    };
    for (since, until, said) in [
        ("2026-10-31T00:00:00", Some("2026-11-28T00:00:00"), "31 Oct to 27 Nov 2026, Europe/Berlin"),
        ("2026-10-31T00:00:00", None, "31 Oct to 27 Nov 2026, Europe/Berlin"),
        ("2025-12-31T00:00:00", Some("2026-02-01T00:00:00"), "31 Dec 2025 to 31 Jan 2026, Europe/Berlin"),
        ("2026-11-27T00:00:00", Some("2026-11-28T00:00:00"), "27 Nov 2026, Europe/Berlin"),
        ("2026-11-27T14:45:00", Some("2026-11-27T15:00:00"), "27 Nov 2026, 14:45 to 15:00, Europe/Berlin"),
    ] {
        assert_eq!(period(&range(since, until)), said);
    }
}

#[test]
fn names_as_people_read_them() {
    assert_eq!(words::humanised("booking_scheduled"), "Booking scheduled");
    assert_eq!(words::humanised("SESSION_CREATED"), "Session created");
    assert_eq!(words::humanised("api_error"), "API error");
    assert_eq!(words::lower("coaching_ai_inbox"), "coaching AI inbox");
    assert_eq!(words::humanised(""), "");
    assert_eq!(words::value("[\"cpython\", null, \"true\"]"), "cpython, None, true");
    assert_eq!(words::value("5aa60523-8cdb-56b7-89f3-860f26ce5e47"), "5aa60523…");
    assert_eq!(words::value("[draft]"), "[draft]");
}

#[test]
fn what_failed_says_why() {
    let picture = picture(&answer("market_supply", r#"{"error": "there is no table. Make one", "rows": []}"#));
    assert_eq!(picture.finding, "This could not be answered: there is no table. Make one");
    assert!(matches!(picture.chart, Chart::Nothing(_)));
}

#[test]
fn nothing_yet_says_what_to_log() {
    let empty = |parameters: &str| {
        picture(&answer("event_ratio", &format!(r#"{{"parameters": {parameters}, "rows": [{{"bucket": "2026-10-31T00:00:00", "value": null, "n": 0}}]}}"#))).finding
    };
    assert_eq!(
        empty(r#"{"numerator": "paid", "denominator": "viewed"}"#),
        "No events yet in this range: log one with telemetry.log_event('paid', ...)."
    );
    assert_eq!(
        empty(r#"{"numerator": "o'neil"}"#),
        "No events yet in this range: log one with telemetry.log_event('o''neil', ...)."
    );
    assert_eq!(empty("{}"), "No events yet in this range: log one with telemetry.log_event().");
}

#[test]
fn of_many_values_the_rest_is_counted() {
    let rows: Vec<Value> = (0..1000).map(|n| json!({"value": 1000 - n, "breakdown_value": format!("v{n}"), "details": {"value": format!("v{n}"), "events": 1000 - n, "share": 0.001}})).collect();
    let picture = picture(&answer_of(
        "top_values",
        &json!({"value_column": "events", "unit": "events", "rows": rows, "left_out": 7}),
    ));
    let Chart::Ranking(ranking) = &picture.chart else { panic!("{:?}", picture.chart) };
    assert_eq!(ranking.bars.len(), 12);
    assert_eq!((picture.table.rows.len(), picture.table.left_out), (200, 807));
    assert!(
        picture.finding.ends_with("988 more are not drawn. Drawn are 1,000 rows; 7 others are left out."),
        "{}",
        picture.finding
    );
}

#[test]
fn every_kind_has_a_question_of_its_own() {
    let mut questions = Vec::new();
    for kind in kinds::all() {
        let question =
            picture(&answer(kind, r#"{"value_column": "value", "grain": "day", "parameters": {}}"#)).question;
        assert!(!question.is_empty(), "{kind}");
        questions.push(question);
    }
    questions.sort();
    questions.dedup();
    assert!(questions.len() > 25, "{questions:?}");
}
