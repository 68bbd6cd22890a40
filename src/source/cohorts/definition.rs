//! Pure: reads the definition of a cohort, which says what makes a user a member.

use crate::jsonb::container::{Item, elements, members};
use crate::spelling;

#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    Events(Events),
    Relation(Relation),
}

/// A cohort of the users who had so many of these events, or the first of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// The names of the events; None: every name.
    pub names: Option<Vec<String>>,
    /// The JSON object that their payload must contain, as jsonb without varlena header.
    pub filter: Option<Vec<u8>>,
    /// The beginning of the range as RFC 3339 writes it; `until` is its end.
    pub since: Option<String>,
    pub until: Option<String>,
    /// The length of an interval that ends now, in place of the range.
    pub within: Option<String>,
    pub which: Which,
}

/// Which of the users are members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those who had so many of the events in the range. With `least` 0 there is a `most`, and who had none is a member.
    Counted { least: u32, most: Option<u32> },
    /// Those whose first such event of all history lies in the range.
    First,
}

impl Default for Which {
    fn default() -> Which {
        Which::Counted { least: 1, most: None }
    }
}

/// A cohort of the users who stand in a table or view of the application.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    pub name: String,
    pub user_column: String,
    /// The column of the tenant; None: tenant_id, where the relation has one.
    pub tenant_column: Option<String>,
}

/// The reason why a definition cannot be used, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub problem: String,
    pub hint: &'static str,
}

const KEYS: &str = "Its keys are events (or event), where, since, until, within, at_least, at_most, first; or relation, user_column, tenant_column.";
const EXAMPLES: &str = "For example: {\"events\": [\"paid\"], \"at_least\": 2, \"within\": \"30 days\"}, or {\"relation\": \"app.subscribers\"}.";

/// Reads a definition. `container`: a jsonb value without varlena header.
pub fn read(container: &[u8]) -> Result<Definition, Broken> {
    let given = members(container).ok_or_else(|| broken("it must be a JSON object", EXAMPLES))?;
    let given: Vec<(&str, Item<'_>)> = given.filter(|(_, item)| *item != Item::Null).collect();
    let is_of_relation = given.iter().any(|(key, _)| *key == "relation");
    let mut events = Events::default();
    let (mut least, mut most, mut is_first) = (None, None, false);
    let mut relation = Relation { name: String::new(), user_column: "user_id".into(), tenant_column: None };
    let mut has_names = false;
    for (key, item) in given {
        match (is_of_relation, key) {
            (true, "relation") => relation.name = text(key, item)?,
            (true, "user_column") => relation.user_column = text(key, item)?,
            (true, "tenant_column") => relation.tenant_column = Some(text(key, item)?),
            (false, "event" | "events") if has_names => {
                return Err(broken("event and events exclude each other", "Leave one of them out."));
            }
            (false, "event") => (events.names, has_names) = (Some(vec![text(key, item)?]), true),
            (false, "events") => (events.names, has_names) = (Some(texts(key, item)?), true),
            (false, "where") => events.filter = Some(object(item)?),
            (false, "since") => events.since = Some(text(key, item)?),
            (false, "until") => events.until = Some(text(key, item)?),
            (false, "within") => events.within = Some(interval(key, item)?),
            (false, "at_least") => least = Some(count(key, item)?),
            (false, "at_most") => most = Some(count(key, item)?),
            (false, "first") => is_first = flag(key, item)?,
            (_, key) => {
                let key = spelling::shown(key);
                return Err(broken(&format!("it cannot have the key \"{key}\""), KEYS));
            }
        }
    }
    if is_of_relation {
        return Ok(Definition::Relation(relation));
    }
    if !has_names && events.filter.is_none() {
        return Err(broken("it names neither events nor a relation", EXAMPLES));
    }
    if events.within.is_some() && (events.since.is_some() || events.until.is_some()) {
        return Err(broken("within ends now, and excludes since and until", "Leave one of them out."));
    }
    let has_range = events.within.is_some() || events.since.is_some() || events.until.is_some();
    events.which = if is_first { first(least.or(most).is_some(), has_range)? } else { counted(least, most)? };
    Ok(Definition::Events(events))
}

fn first(is_counted: bool, has_range: bool) -> Result<Which, Broken> {
    if is_counted {
        return Err(broken("first counts no events, and excludes at_least and at_most", "Leave one of them out."));
    }
    if !has_range {
        return Err(broken(
            "first says nothing without a range",
            "For example: {\"event\": \"paid\", \"first\": true, \"within\": \"30 days\"}.",
        ));
    }
    Ok(Which::First)
}

/// At most 0 is never: then at_least is 0 as well.
fn counted(least: Option<u32>, most: Option<u32>) -> Result<Which, Broken> {
    let least = least.unwrap_or(if most == Some(0) { 0 } else { 1 });
    if most.is_some_and(|most| most < least) {
        return Err(broken(
            "at_most is less than at_least, which is 1 by default",
            "Who had none of the events: \"at_most\": 0; who had few or none: \"at_least\": 0 beside it.",
        ));
    }
    if least == 0 && most.is_none() {
        return Err(broken("at_least 0 is everybody", "Say at_most as well, or at_least 1."));
    }
    Ok(Which::Counted { least, most })
}

fn broken(problem: &str, hint: &'static str) -> Broken {
    Broken { problem: problem.into(), hint }
}

fn flag(key: &str, item: Item<'_>) -> Result<bool, Broken> {
    if let Item::Boolean(flag) = item {
        Ok(flag)
    } else {
        Err(broken(&format!("{key} must be true or false"), EXAMPLES))
    }
}

fn text(key: &str, item: Item<'_>) -> Result<String, Broken> {
    match item {
        Item::Text(text) if !text.is_empty() => Ok(text.into()),
        _ => Err(broken(&format!("{key} must be a text that is not empty"), EXAMPLES)),
    }
}

/// Reads an interval and refuses a bare number: PostgreSQL takes it for seconds, which is never meant.
fn interval(key: &str, item: Item<'_>) -> Result<String, Broken> {
    let interval = text(key, item)?;
    let is_bare = interval.chars().all(|c| c.is_ascii_digit() || "+-. ".contains(c));
    if is_bare { Err(broken(&format!("{key} has no unit"), EXAMPLES)) } else { Ok(interval) }
}

fn texts(key: &str, item: Item<'_>) -> Result<Vec<String>, Broken> {
    let list = if let Item::Container(list) = item { elements(list) } else { None };
    let list = list.filter(|list| list.len() > 0);
    list.ok_or_else(|| broken(&format!("{key} must be a list of names that is not empty"), EXAMPLES))?
        .map(|item| text(key, item))
        .collect()
}

/// Reads a filter and refuses cohorts in it: they are combined where they are used, so that no definition can come back
/// to itself.
fn object(item: Item<'_>) -> Result<Vec<u8>, Broken> {
    let object =
        if let Item::Container(object) = item { members(object).map(|members| (object, members)) } else { None };
    let (object, mut members) = object.ok_or_else(|| broken("where must be a JSON object", EXAMPLES))?;
    if members.any(|(key, _)| key == "$cohort" || key == "$not_cohort") {
        return Err(broken(
            "a cohort cannot be made of cohorts",
            "Name several in the filter: {\"$cohort\": [\"paying\", \"active\"]}.",
        ));
    }
    Ok(object.to_vec())
}

fn count(key: &str, item: Item<'_>) -> Result<u32, Broken> {
    let number = if let Item::Number(number) = item { number.as_i64() } else { None };
    number
        .filter(|number| (0..=1_000_000_000).contains(number))
        .map(|number| number as u32)
        .ok_or_else(|| broken(&format!("{key} must be a whole number from 0 to 1000000000"), EXAMPLES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use serde_json::{Value, json};

    fn of(json: Value) -> Result<Definition, String> {
        read(&encode(&json)).map_err(|broken| broken.problem)
    }

    #[test]
    fn events_count_once_by_default() {
        let Ok(Definition::Events(events)) = of(json!({"event": "paid", "since": null})) else { panic!("of events") };
        assert_eq!((events.names, events.which, events.since), (Some(vec!["paid".into()]), Which::default(), None));
        let Ok(Definition::Events(events)) = of(json!({"where": {"plan": "pro"}})) else { panic!("of events") };
        assert_eq!((events.names, events.filter), (None, Some(encode(&json!({"plan": "pro"})))));
    }

    #[test]
    fn none_few_and_first_are_said_so() {
        let which = |json| match of(json) {
            Ok(Definition::Events(events)) => events.which,
            other => panic!("{other:?}"),
        };
        assert_eq!(which(json!({"event": "a", "at_most": 0})), Which::Counted { least: 0, most: Some(0) });
        assert_eq!(which(json!({"event": "a", "at_most": 2})), Which::Counted { least: 1, most: Some(2) });
        assert_eq!(
            which(json!({"event": "a", "at_least": 0, "at_most": 2})),
            Which::Counted { least: 0, most: Some(2) }
        );
        assert_eq!(
            which(json!({"event": "a", "first": false, "at_least": 3})),
            Which::Counted { least: 3, most: None }
        );
        assert_eq!(which(json!({"event": "a", "first": true, "since": "x"})), Which::First);
    }

    #[test]
    fn a_relation_has_a_column_of_users() {
        let relation = |tenant: Option<&str>| Relation {
            name: "app.subscribers".into(),
            user_column: "user_id".into(),
            tenant_column: tenant.map(str::to_string),
        };
        assert_eq!(of(json!({"relation": "app.subscribers"})), Ok(Definition::Relation(relation(None))));
        let full = json!({"relation": "app.subscribers", "tenant_column": "school_id"});
        assert_eq!(of(full), Ok(Definition::Relation(relation(Some("school_id")))));
    }

    #[test]
    fn what_is_no_definition_says_why() {
        for (json, problem) in [
            (json!([]), "it must be a JSON object"),
            (json!({}), "it names neither events nor a relation"),
            (json!({"events": []}), "events must be a list of names that is not empty"),
            (json!({"events": ["a"], "event": "b"}), "event and events exclude each other"),
            (json!({"event": 7}), "event must be a text that is not empty"),
            (json!({"event": "a", "at_least": -1}), "at_least must be a whole number from 0 to 1000000000"),
            (json!({"event": "a", "at_least": 0}), "at_least 0 is everybody"),
            (json!({"event": "a", "first": 1, "within": "1 day"}), "first must be true or false"),
            (json!({"event": "a", "first": true}), "first says nothing without a range"),
            (
                json!({"event": "a", "first": true, "at_least": 2, "within": "1 day"}),
                "first counts no events, and excludes at_least and at_most",
            ),
            (json!({"event": "a", "at_least": 1.5}), "at_least must be a whole number from 0 to 1000000000"),
            (
                json!({"event": "a", "at_least": 3, "at_most": 2}),
                "at_most is less than at_least, which is 1 by default",
            ),
            (json!({"event": "a", "within": 7}), "within must be a text that is not empty"),
            (json!({"event": "a", "within": " 7"}), "within has no unit"),
            (json!({"event": "a", "within": "1 day", "since": "x"}), "within ends now, and excludes since and until"),
            (json!({"event": "a", "where": {"$cohort": "b"}}), "a cohort cannot be made of cohorts"),
            (json!({"event": "a", "where": []}), "where must be a JSON object"),
            (json!({"event": "a", "relation": "b"}), "it cannot have the key \"event\""),
            (json!({"event": "a", "nonsense": 1}), "it cannot have the key \"nonsense\""),
        ] {
            assert_eq!(of(json.clone()), Err(problem.to_string()), "{json}");
        }
    }
}
