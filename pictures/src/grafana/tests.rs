use super::*;
use proptest::prelude::*;

fn kpi(kind: &str, definition: Value) -> Kpi {
    let mut kpi: Kpi = serde_json::from_value(json!({
        "name": "daily_signups", "kind": kind, "parameters": {}, "value_column": "value", "is_amount": false,
        "is_complement": false, "has_buckets": true, "own_grain": "day", "arguments": {},
    }))
    .unwrap();
    kpi.parameters = definition.as_object().unwrap().clone();
    kpi
}

fn board(kpis: Vec<Kpi>) -> Board {
    Board { name: "growth".into(), pack: None, description: None, datasource_uid: None, kpis }
}

#[test]
fn a_uid_has_at_most_40_characters_and_tells_long_names_apart() {
    assert_eq!(uid_of("growth"), "telemetry-growth");
    let (one, other) = (uid_of(&"a".repeat(63)), uid_of(&"a".repeat(62)));
    assert_eq!((one.len(), other.len()), (40, 40));
    assert_ne!(one, other);
}

#[test]
fn rows_are_filled_to_their_end() {
    let kinds = ["backlog", "funnel", "funnel", "retention", "backlog"];
    let panels = placed(kinds.map(|kind| panel::of(&kpi(kind, json!({})))).into());
    let places: Vec<(u32, u32, u32)> = panels.iter().map(|(_, place)| (place.x, place.y, place.w)).collect();
    assert_eq!(places, [(0, 0, 6), (6, 0, 18), (0, 8, 24), (0, 16, 24), (0, 25, 24)]);
}

#[test]
fn a_fixed_source_needs_no_variable() {
    let mut of_one = board(vec![kpi("backlog", json!({}))]);
    let names = |board: &Board| -> Vec<String> {
        variables(board).iter().map(|variable| variable["name"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(names(&of_one), ["datasource", "grain", "tz", "tenant"]);
    of_one.datasource_uid = Some("pg".into());
    assert_eq!(names(&of_one), ["grain", "tz", "tenant"]);
    assert_eq!(dashboard(&of_one)["panels"][0]["datasource"]["uid"], "pg");
}

#[test]
fn a_title_is_the_question_or_the_name_in_words() {
    let mut one = kpi("backlog", json!({}));
    assert_eq!(one.title(), "Daily signups");
    one.name = "coaching_dau_by_ai".into();
    one.pack = Some("coaching".into());
    assert_eq!(one.title(), "DAU by AI");
    one.question = Some("How many?".into());
    assert_eq!(one.title(), "How many?");
}

#[test]
fn a_target_is_a_line_in_the_colours_of_met_and_missed() {
    let mut one = kpi("rate_of_errors", json!({}));
    one.target = Some(0.05);
    one.target_is = Some(Bound::AtMost);
    let look = panel::of(&one).look;
    assert_eq!(look.defaults["custom"]["thresholdsStyle"]["mode"], "dashed");
    assert_eq!(look.defaults["thresholds"]["steps"][1], json!({"color": "orange", "value": 0.05}));
}

/// What Grafana would replace: its own pattern.
fn variables_in(text: &str) -> bool {
    let after_dollar = |(_, rest): (usize, &str)| {
        let next = rest.chars().nth(1);
        next.is_some_and(|c| c == '{' || c == '_' || c.is_alphanumeric())
    };
    text.char_indices().filter(|(_, c)| *c == '$').any(|(at, _)| after_dollar((at, &text[at..]))) || text.contains("[[")
}

/// What a text means as a constant of SQL.
fn value_of(literal: &str) -> String {
    match literal.strip_prefix('E') {
        Some(escaped) => {
            inside(escaped).replace("\\x24", "$").replace("\\x5b", "[").replace("\\\\", "\\").replace("''", "'")
        }
        None => inside(literal).replace("''", "'"),
    }
}

fn inside(quoted: &str) -> &str {
    quoted.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap()
}

proptest! {
    #[test]
    fn no_text_becomes_a_variable(text in "([$\\[{}\\]_a-z'\\\\:\"<>&]|\\PC){0,24}") {
        prop_assert!(!variables_in(&escape::plain(&text)));
        prop_assert!(!variables_in(&escape::markdown(&text)));
        prop_assert!(!variables_in(&escape::literal(&text)));
        let has_markup = escape::markdown(&text).contains(['<', '>', '`', '*', '[']);
        prop_assert!(!has_markup);
    }

    #[test]
    fn a_constant_means_its_text(text in "[$\\[{}a-wyz'\"]{0,24}") {
        prop_assert_eq!(value_of(&escape::literal(&text)), text);
    }

    #[test]
    fn a_constant_ends_where_its_text_does(text in "[$'\\\\a]{0,24}") {
        let literal = escape::literal(&text);
        let body = inside(literal.strip_prefix('E').unwrap_or(&literal)).replace("\\\\", "").replace("''", "");
        prop_assert!(!body.contains('\''));
    }
}
