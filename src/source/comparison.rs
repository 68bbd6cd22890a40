//! Pure: reads the comparisons of a filter, {"key": {"$gte": 500, "$lt": 600}}, into tests for the timeline and the
//! jsonpath that says the same of rows.

use crate::derived::timeline::scalar;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::key_path::{KeyPath, NoPath};
use crate::source::value_test::{Bounds, Relation, Scalars, ValueTest};
use crate::spelling;

/// A comparison that a filter makes with the value of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub key: KeyPath,
    /// The tests of the value, each of which must hold.
    pub tests: Vec<ValueTest>,
    /// The same as predicates, joined by &&, of a jsonpath that begins with strict: so that a list is compared with
    /// nothing.
    pub path: String,
}

/// The reason why a comparison cannot be read, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub problem: String,
    pub hint: &'static str,
}

pub const KNOWN: &str = "Beside keys of the payload a filter knows $cohort and $not_cohort, and of a key {\"$gt\": number}, $gte, $lt, $lte, {\"$in\": [values]}, {\"$ne\": value} and {\"$exists\": true or false}.";

/// The most values of $in. More of them belong into a table of the application.
const MOST_VALUES: usize = 1_000;

/// Reads what a filter says of a key. None: `object` has no operators, and is to be contained as any other value.
pub fn read(key: &str, object: &[u8]) -> Result<Option<Comparison>, Unreadable> {
    let Some(given) = members(object) else { return Ok(None) };
    let given: Vec<(&str, Item<'_>)> = given.collect();
    let operators = given.iter().filter(|(name, _)| name.starts_with('$')).count();
    if operators == 0 {
        return Ok(None);
    }
    if operators < given.len() {
        return Err(Unreadable {
            problem: "a filter both compares a key and asks for an object in it".into(),
            hint: "Operators are for keys of the payload itself: {\"status\": {\"$gte\": 500}}.",
        });
    }
    let key = KeyPath::parse(key)?;
    let own = format!("$.{}", quoted(key.as_str()));
    let (tests, of_own) = predicates(&own, &given)?;
    let path = match key.parts() {
        None => of_own,
        Some(parts) => {
            let within: String = parts.map(|name| format!(".{}", quoted(name))).collect();
            let (_, of_within) = predicates(&format!("${within}"), &given)?;
            // A key that is spelt like the path comes first, whatever it holds.
            format!("((exists({own}) && {of_own}) || ((exists({own})) is unknown && {of_within}))")
        }
    };
    Ok(Some(Comparison { key, tests, path }))
}

/// Makes the tests of a value, and the predicates that say the same of the value at `at` in the payload.
fn predicates(at: &str, given: &[(&str, Item<'_>)]) -> Result<(Vec<ValueTest>, String), Unreadable> {
    let (mut bounds, mut tests, mut path) = (Vec::new(), Vec::new(), Vec::new());
    for (operator, operand) in given.iter().copied() {
        match operator {
            "$gt" | "$gte" | "$lt" | "$lte" => {
                let (relation, sign) = relation(operator);
                let number = number(operator, operand)?;
                path.push(format!("{at} {sign} {number}"));
                bounds.push((relation, number));
            }
            "$in" => {
                let list = if let Item::Container(list) = operand { elements(list) } else { None };
                let list = list.filter(|list| (1..=MOST_VALUES).contains(&list.len()));
                let list = list.ok_or_else(no_list)?.collect::<Vec<_>>();
                let equals: Option<Vec<String>> =
                    list.iter().map(|item| Some(format!("{at} == {}", literal(*item)?))).collect();
                path.push(any_of(&equals.ok_or_else(no_list)?));
                tests.push(ValueTest::In(Scalars::of(list.into_iter().filter_map(scalar::stored))));
            }
            "$ne" => {
                let stored = scalar::stored(operand).zip(literal(operand));
                let (stored, literal) = stored.ok_or_else(|| Unreadable {
                    problem: "$ne of a filter must be a text, a number, true, false or null".into(),
                    hint: "For example: {\"plan\": {\"$ne\": \"free\"}}.",
                })?;
                // Of another type, or without a value: neither equal nor unequal to jsonpath.
                path.push(format!("(!({at} == {literal}) || ({at} == {literal}) is unknown)"));
                tests.push(ValueTest::NotIn(Scalars::of([stored])));
            }
            "$exists" => {
                let Item::Boolean(exists) = operand else {
                    return Err(Unreadable {
                        problem: "$exists of a filter must be true or false".into(),
                        hint: "For example: {\"coupon\": {\"$exists\": true}}.",
                    });
                };
                // What is not there is unknown to a strict path.
                path.push(if exists { format!("exists({at})") } else { format!("(exists({at})) is unknown") });
                tests.push(ValueTest::Exists(exists));
            }
            _ => return Err(unknown(operator)),
        }
    }
    if !bounds.is_empty() {
        tests.push(ValueTest::Within(Bounds::of(bounds)));
    }
    Ok((tests, path.join(" && ")))
}

impl From<NoPath> for Unreadable {
    fn from(NoPath { problem, hint }: NoPath) -> Unreadable {
        Unreadable { problem, hint }
    }
}

/// Refuses operators where none is read: within objects and lists that are to be contained.
pub fn refuse_operators(object: &[u8]) -> Result<(), Unreadable> {
    let mut rest = vec![object];
    while let Some(container) = rest.pop() {
        let mut next = |item| {
            if let Item::Container(container) = item {
                rest.push(container);
            }
        };
        for (key, item) in members(container).into_iter().flatten() {
            if key.starts_with('$') {
                return Err(unknown(key));
            }
            next(item);
        }
        elements(container).into_iter().flatten().for_each(next);
    }
    Ok(())
}

/// Makes the error of an operator that no filter has, or not at this place.
pub fn unknown(operator: &str) -> Unreadable {
    let operator = spelling::shown(operator);
    Unreadable { problem: format!("a filter has no operator \"{operator}\" at this place"), hint: KNOWN }
}

fn relation(operator: &str) -> (Relation, &'static str) {
    match operator {
        "$gt" => (Relation::Above, ">"),
        "$gte" => (Relation::AtLeast, ">="),
        "$lt" => (Relation::Below, "<"),
        _ => (Relation::AtMost, "<="),
    }
}

fn number(operator: &str, operand: Item<'_>) -> Result<String, Unreadable> {
    let Item::Number(number) = operand else {
        return Err(Unreadable {
            problem: format!("{operator} of a filter must be a number"),
            hint: "For example: {\"status\": {\"$gte\": 500, \"$lt\": 600}}.",
        });
    };
    Ok(number.text())
}

fn no_list() -> Unreadable {
    Unreadable {
        problem: format!("$in of a filter must be a list of 1 to {MOST_VALUES} texts, numbers, booleans or nulls"),
        hint: "For example: {\"status\": {\"$in\": [502, 503]}}.",
    }
}

/// Writes a scalar as jsonpath does; None for an object or a list.
fn literal(item: Item<'_>) -> Option<String> {
    match item {
        Item::Null => Some("null".into()),
        Item::Boolean(value) => Some(value.to_string()),
        Item::Text(text) => Some(quoted(text)),
        Item::Number(number) => Some(number.text()),
        Item::Container(_) => None,
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter < ' ' => quoted += &format!("\\u{:04x}", u32::from(letter)),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Joins predicates by || as a balanced tree: PostgreSQL evaluates a path by recursion, and a thousand deep may be more
/// than its stack.
fn any_of(predicates: &[String]) -> String {
    match predicates {
        [one] => one.clone(),
        several => {
            let (these, those) = several.split_at(several.len() / 2);
            format!("({} || {})", any_of(these), any_of(those))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use serde_json::{Value, json};

    fn of(object: Value) -> Result<Option<Comparison>, String> {
        read("a \"key\"", &encode(&object)).map_err(|unreadable| unreadable.problem)
    }

    fn path(object: Value) -> String {
        of(object).ok().flatten().expect("a comparison").path
    }

    #[test]
    fn operators_of_a_key_are_joined() {
        let read = of(json!({"$gte": -1.5, "$lt": 600, "$exists": true})).ok().flatten().expect("a comparison");
        let bounds = Bounds::of([(Relation::Below, "600".into()), (Relation::AtLeast, "-1.5".into())]);
        assert_eq!(read.tests, [ValueTest::Exists(true), ValueTest::Within(bounds)]);
        assert_eq!(read.path, r#"$."a \"key\"" < 600 && $."a \"key\"" >= -1.5 && exists($."a \"key\"")"#);
    }

    #[test]
    fn values_are_written_as_jsonpath_reads_them() {
        let at = r#"$."a \"key\"""#;
        assert_eq!(
            path(json!({"$in": [1, "x\\\n\"", null]})),
            format!(r#"({at} == 1 || ({at} == "x\\\u000a\"" || {at} == null))"#)
        );
        assert_eq!(path(json!({"$ne": true})), format!("(!({at} == true) || ({at} == true) is unknown)"));
        assert_eq!(path(json!({"$exists": false})), format!("(exists({at})) is unknown"));
    }

    #[test]
    fn a_path_is_a_key_that_is_spelt_so_or_goes_through_objects() {
        let read = |key: &str| read(key, &encode(&json!({"$gt": 1, "$ne": 5})));
        let (own, within) = (r#"$."a.b""#, r#"$."a"."b""#);
        let tested = |at: &str| format!("{at} > 1 && (!({at} == 5) || ({at} == 5) is unknown)");
        let comparison = read("a.b").ok().flatten().expect("a comparison");
        let path =
            format!("((exists({own}) && {}) || ((exists({own})) is unknown && {}))", tested(own), tested(within));
        assert_eq!((comparison.key.as_str(), comparison.path, comparison.tests.len()), ("a.b", path, 2));
        let problem = read("a.").map_err(|unreadable| unreadable.problem);
        assert_eq!(problem, Err("the payload key \"a.\" has an empty part".into()));
    }

    #[test]
    fn an_object_without_operators_is_contained() {
        assert_eq!(of(json!({"a": 1})), Ok(None));
        assert_eq!(of(json!({})), Ok(None));
        assert_eq!(of(json!([1])), Ok(None));
    }

    #[test]
    fn what_is_no_comparison_says_why() {
        let long: Vec<i32> = (0..1_001).collect();
        for (object, problem) in [
            (json!({"$gt": "5"}), "$gt of a filter must be a number"),
            (json!({"$in": []}), "$in of a filter must be a list of 1 to 1000 texts, numbers, booleans or nulls"),
            (json!({"$in": [[1]]}), "$in of a filter must be a list of 1 to 1000 texts, numbers, booleans or nulls"),
            (json!({"$in": long}), "$in of a filter must be a list of 1 to 1000 texts, numbers, booleans or nulls"),
            (json!({"$in": 7}), "$in of a filter must be a list of 1 to 1000 texts, numbers, booleans or nulls"),
            (json!({"$ne": {}}), "$ne of a filter must be a text, a number, true, false or null"),
            (json!({"$exists": 1}), "$exists of a filter must be true or false"),
            (json!({"$equals": 1}), "a filter has no operator \"$equals\" at this place"),
            (json!({"$gt": 1, "a": 1}), "a filter both compares a key and asks for an object in it"),
        ] {
            assert_eq!(of(object.clone()), Err(problem.to_string()), "{object}");
        }
    }

    #[test]
    fn operators_that_nobody_would_read_are_refused() {
        let refused = |object: Value| refuse_operators(&encode(&object)).is_err();
        assert!(refused(json!({"a": {"b": {"$gt": 1}}})) && refused(json!({"a": [{"b": 1}, {"$in": [1]}]})));
        assert!(!refused(json!({"a": {"b": ["$gt", {"c": "$in"}]}, "b$": 1})));
    }
}
