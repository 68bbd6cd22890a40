//! Reads filters into conditions. A filter asks of an event that its payload contains an object, that values of it are
//! as compared, and that its user is in cohorts.

use crate::derived::timeline::scalar;
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::{self, Jsonb};
use crate::source::comparison::{self, Unreadable};
use crate::source::question::{CohortTest, Condition, ContainedAt};
use crate::source::value_test::{Scalars, ValueTest};

/// The members of a filter that are about cohorts: with true the user must be in each of them, with false in none.
const COHORTS: [(&str, bool); 2] = [("$cohort", true), ("$not_cohort", false)];

/// Makes a condition of a jsonb argument. Error: 22023 no object, cohorts that are no names, an operator that is
/// unknown or whose operand is none.
pub fn condition(object: &[u8]) -> Result<Condition, Error> {
    let mut payload = object.to_vec();
    let (mut cohorts, mut comparisons) = (Vec::new(), Vec::new());
    let given = members(object).ok_or_else(|| Error::BadArgument {
        problem: "a filter must be a JSON object".into(),
        hint: "For example: {\"plan\": \"pro\"}. PostgREST takes an object in the body of a POST only.".into(),
    })?;
    for (key, item) in given {
        if let Some((_, is_member)) = COHORTS.into_iter().find(|(known, _)| *known == key) {
            let names = names(item).ok_or_else(|| Error::BadArgument {
                problem: format!("{key} must be the name of a cohort, or a list of names"),
                hint: format!("For example: {{\"{key}\": \"paying\"}}."),
            })?;
            cohorts.extend(names.into_iter().map(|cohort| CohortTest { cohort, is_member }));
            payload = jsonb::without(&payload, key);
        } else if let Item::Container(object) = item
            && let Some(comparison) = comparison::read(key, object)?
        {
            comparisons.push(comparison);
            payload = jsonb::without(&payload, key);
        } else if !key.starts_with('$') {
            KeyPath::parse(key)?;
        }
    }
    comparison::refuse_operators(&payload)?;
    let mut condition = Condition { cohorts, ..contains(&payload) };
    if !comparisons.is_empty() {
        let predicates: Vec<&str> = comparisons.iter().map(|comparison| comparison.path.as_str()).collect();
        condition.path = Some(format!("strict {}", predicates.join(" && ")));
    }
    if let Some(tests) = &mut condition.tests {
        tests.extend(comparisons.into_iter().map(|comparison| (comparison.key, comparison.tests)));
    }
    Ok(condition)
}

/// Makes the condition that the payload contains an object, whatever its keys are. Keys that are paths mean what lies
/// at the path.
pub fn contains(object: &[u8]) -> Condition {
    let given: Vec<(KeyPath, Item<'_>)> = members(object)
        .map(|members| members.map(|(key, item)| (KeyPath::kept(key), item)).collect())
        .unwrap_or_default();
    let is = |stored| vec![ValueTest::In(Scalars::of([stored]))];
    let tests = given.iter().map(|(key, item)| Some((key.clone(), is(scalar::stored(*item)?)))).collect();
    let (mut plain, mut contained_at) = (object.to_vec(), Vec::new());
    for (key, item) in given {
        let Some(parts) = key.parts() else { continue };
        let within = |inner: String, name: &str| format!("{{{}: {inner}}}", jsonb::json_of(Item::Text(name)));
        let value = jsonb::json_of(item);
        let as_path = Jsonb::parse(&parts.rev().fold(value.clone(), within));
        let as_key = Jsonb::parse(&within(value, key.as_str()));
        if let (Some(as_key), Some(as_path)) = (as_key, as_path) {
            plain = jsonb::without(&plain, key.as_str());
            contained_at.push(ContainedAt { key, as_key: as_key.0, as_path: as_path.0 });
        }
    }
    Condition { container: plain, contained_at, path: None, tests, cohorts: Vec::new() }
}

impl From<Unreadable> for Error {
    fn from(Unreadable { problem, hint }: Unreadable) -> Error {
        Error::BadArgument { problem, hint: hint.into() }
    }
}

fn names(item: Item<'_>) -> Option<Vec<String>> {
    let name = |item| if let Item::Text(name) = item { Some(name.to_string()) } else { None };
    match item {
        Item::Container(list) => {
            let list = elements(list)?;
            if list.len() == 0 { None } else { list.map(name).collect() }
        }
        item => Some(vec![name(item)?]),
    }
}
