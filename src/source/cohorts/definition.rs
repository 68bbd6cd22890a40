//! Pure: reads the definition of a cohort, which says what makes a user a member.

use crate::jsonb::container::{Item, elements, members};
use crate::spelling;

#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    Events(Events),
    Relation(Relation),
}

/// A cohort of the users who had so many of these events.
#[derive(Debug, Clone, PartialEq)]
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
    pub at_least: u32,
    pub at_most: Option<u32>,
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

const KEYS: &str = "Its keys are events (or event), where, since, until, within, at_least, at_most; or relation, user_column, tenant_column.";
const EXAMPLES: &str = "For example: {\"events\": [\"paid\"], \"at_least\": 2, \"within\": \"30 days\"}, or {\"relation\": \"app.subscribers\"}.";

/// Reads a definition. `container`: a jsonb value without varlena header.
pub fn read(container: &[u8]) -> Result<Definition, Broken> {
    let given = members(container).ok_or_else(|| broken("it must be a JSON object", EXAMPLES))?;
    let given: Vec<(&str, Item<'_>)> = given.filter(|(_, item)| *item != Item::Null).collect();
    let is_of_relation = given.iter().any(|(key, _)| *key == "relation");
    let mut events =
        Events { names: None, filter: None, since: None, until: None, within: None, at_least: 1, at_most: None };
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
            (false, "at_least") => events.at_least = count(key, item)?,
            (false, "at_most") => events.at_most = Some(count(key, item)?),
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
    if events.at_most.is_some_and(|most| most < events.at_least) {
        return Err(broken(
            "at_most is less than at_least, which is 1 by default",
            "Who had none of the events: {\"$not_cohort\": name} in a filter.",
        ));
    }
    Ok(Definition::Events(events))
}

fn broken(problem: &str, hint: &'static str) -> Broken {
    Broken { problem: problem.into(), hint }
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
        .filter(|number| (1..=1_000_000_000).contains(number))
        .map(|number| number as u32)
        .ok_or_else(|| broken(&format!("{key} must be a whole number from 1 to 1000000000"), EXAMPLES))
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
        assert_eq!(
            (events.names, events.at_least, events.at_most, events.since),
            (Some(vec!["paid".into()]), 1, None, None)
        );
        let Ok(Definition::Events(events)) = of(json!({"where": {"plan": "pro"}})) else { panic!("of events") };
        assert_eq!((events.names, events.filter), (None, Some(encode(&json!({"plan": "pro"})))));
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
            (json!({"event": "a", "at_least": 0}), "at_least must be a whole number from 1 to 1000000000"),
            (json!({"event": "a", "at_least": 1.5}), "at_least must be a whole number from 1 to 1000000000"),
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
