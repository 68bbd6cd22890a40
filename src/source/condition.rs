//! What a filter asks of an event: that its payload contains an object, that values of it are as compared, and that its
//! user is in cohorts.

use super::comparison::{self, Unreadable};
use super::question::{CohortTest, Condition};
use super::value_test::{Scalars, ValueTest};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::jsonb::container::{Item, elements, members};
use crate::timeline::scalar;

/// Members of a filter that are about cohorts, and what they say: the user must be in each, or in none.
const COHORTS: [(&str, bool); 2] = [("$cohort", true), ("$not_cohort", false)];

/// A condition from a jsonb argument. Error: 22023 no object, cohorts that are no names, an operator that is unknown or
/// whose operand is none.
pub fn condition(object: JsonbArg) -> Result<Condition, Error> {
    let mut payload = object;
    let (mut cohorts, mut comparisons) = (Vec::new(), Vec::new());
    let given = members(object.container()).ok_or_else(|| Error::BadArgument {
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
            payload = payload.without(key);
        } else if let Item::Container(object) = item
            && let Some(comparison) = comparison::read(key, object)?
        {
            comparisons.push(comparison);
            payload = payload.without(key);
        }
    }
    comparison::refuse_operators(payload.container())?;
    let mut condition = Condition { cohorts, ..contains(payload) };
    if !comparisons.is_empty() {
        let predicates: Vec<&str> = comparisons.iter().map(|comparison| comparison.path.as_str()).collect();
        condition.path = Some(format!("strict {}", predicates.join(" && ")));
    }
    if let Some(tests) = &mut condition.tests {
        tests.extend(comparisons.into_iter().map(|comparison| (comparison.key, comparison.tests)));
    }
    Ok(condition)
}

/// That the payload contains an object, whatever its keys are.
pub fn contains(object: JsonbArg) -> Condition {
    let container = object.container().to_vec();
    let tests = members(&container).and_then(|members| {
        let is = |stored| vec![ValueTest::In(Scalars::of([stored]))];
        members.map(|(key, item)| scalar::stored(item).map(|stored| (key.to_string(), is(stored)))).collect()
    });
    Condition { container, path: None, tests, cohorts: Vec::new() }
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
