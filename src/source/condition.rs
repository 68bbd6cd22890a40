//! What a filter asks of an event: that its payload contains an object, and that its user is in cohorts.

use super::question::{CohortTest, Condition};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::jsonb::container::{Item, elements, members};
use crate::timeline::scalar;

/// Members of a filter that are about cohorts, and what they say: the user must be in each, or in none.
const COHORTS: [(&str, bool); 2] = [("$cohort", true), ("$not_cohort", false)];

/// A condition from a jsonb argument. Error: 22023 cohorts that are no names.
pub fn condition(object: JsonbArg) -> Result<Condition, Error> {
    let mut payload = object;
    let mut cohorts = Vec::new();
    for (key, is_member) in COHORTS {
        let found = members(object.container()).and_then(|mut members| members.find(|(found, _)| *found == key));
        if let Some((_, item)) = found {
            let names = names(item).ok_or_else(|| Error::BadArgument {
                problem: format!("{key} must be the name of a cohort, or a list of names"),
                hint: format!("For example: {{\"{key}\": \"paying\"}}."),
            })?;
            cohorts.extend(names.into_iter().map(|cohort| CohortTest { cohort, is_member }));
            payload = payload.without(key);
        }
    }
    Ok(Condition { cohorts, ..contains(payload) })
}

/// That the payload contains an object, whatever its keys are.
pub fn contains(object: JsonbArg) -> Condition {
    let container = object.container().to_vec();
    let scalars = members(&container).and_then(|members| {
        members.map(|(key, item)| scalar::stored(item).map(|stored| (key.to_string(), stored))).collect()
    });
    Condition { container, scalars, cohorts: Vec::new() }
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
