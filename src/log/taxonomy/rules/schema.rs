//! Pure: what a JSON Schema must be besides valid. It has no keywords that JSON Schema does not know, which would be
//! ignored in silence, and it is small enough to be compiled in every session.

use crate::log::taxonomy::rules::patterns::{MOST_PARTS, parts};
use crate::nearest::nearest;
use serde_json::{Map, Value};

/// A definition has at most so many subschemas: each takes some 30 kB while it is compiled.
const MOST_SCHEMAS: usize = 1_000;
/// A definition has at most so many regular expressions: each takes up to [`super::LARGEST_PATTERN`].
const MOST_PATTERNS: usize = 50;

/// Keywords of JSON Schema whose value is a schema.
const WITH_SCHEMA: [&str; 12] = [
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "not",
    "if",
    "then",
    "else",
    "contentSchema",
];
/// Keywords whose value is a list of schemas; the value of `items` was one in earlier drafts.
const WITH_LIST: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value is an object of schemas.
const WITH_OBJECT: [&str; 6] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"];
#[rustfmt::skip]
const OTHERS: [&str; 41] = [
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "format", "contentMediaType", "contentEncoding", "title",
    "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "$schema", "$id", "$anchor",
    "$dynamicAnchor", "$dynamicRef", "$ref", "$comment", "$vocabulary", "id", "$recursiveRef", "$recursiveAnchor",
];

/// Looks at the schema of a key or of a payload; `seen` counts over all of a definition. The error says what is wrong,
/// and where.
pub fn check(schema: &Value, at: &str, seen: &mut Seen) -> Result<(), String> {
    seen.schemas += 1;
    if seen.schemas > MOST_SCHEMAS {
        return Err(format!("it has more than {MOST_SCHEMAS} schemas"));
    }
    let Some(object) = schema.as_object() else { return Ok(()) };
    for (keyword, value) in object {
        let at = format!("{at}/{keyword}");
        seen.count_patterns(keyword, value)?;
        match value {
            Value::Array(list) if WITH_LIST.contains(&keyword.as_str()) => {
                list.iter().enumerate().try_for_each(|(n, schema)| check(schema, &format!("{at}/{n}"), seen))?;
            }
            Value::Object(schemas) if WITH_OBJECT.contains(&keyword.as_str()) => check_each(schemas, &at, seen)?,
            Value::Object(_) if WITH_SCHEMA.contains(&keyword.as_str()) => check(value, &at, seen)?,
            _ if is_known(keyword) => (),
            _ => return Err(unknown(keyword, &at)),
        }
    }
    Ok(())
}

/// Looks at an object of schemas by name.
pub fn check_each(schemas: &Map<String, Value>, at: &str, seen: &mut Seen) -> Result<(), String> {
    schemas.iter().try_for_each(|(name, schema)| check(schema, &format!("{at}/{name}"), seen))
}

/// How many subschemas and patterns a definition has so far.
#[derive(Default)]
pub struct Seen {
    schemas: usize,
    patterns: usize,
    parts: usize,
}

impl Seen {
    fn count_patterns(&mut self, keyword: &str, value: &Value) -> Result<(), String> {
        match (keyword, value) {
            ("pattern", Value::String(pattern)) => self.count_pattern(pattern),
            ("patternProperties", Value::Object(patterns)) => {
                patterns.keys().try_for_each(|pattern| self.count_pattern(pattern))
            }
            _ => Ok(()),
        }
    }

    fn count_pattern(&mut self, pattern: &str) -> Result<(), String> {
        self.patterns += 1;
        if self.patterns > MOST_PATTERNS {
            return Err(format!("it has more than {MOST_PATTERNS} patterns"));
        }
        self.parts = self.parts.saturating_add(parts(pattern));
        if self.parts > MOST_PARTS {
            let advice = "count by minLength and maxLength rather than by repetitions as {1,64}";
            return Err(format!("its patterns are too large together when they are compiled; {advice}"));
        }
        Ok(())
    }
}

fn keywords() -> impl Iterator<Item = &'static str> {
    WITH_SCHEMA.into_iter().chain(WITH_LIST).chain(WITH_OBJECT).chain(OTHERS)
}

/// Names that begin with x- belong to anybody.
fn is_known(keyword: &str) -> bool {
    keyword.starts_with("x-") || keywords().any(|known| known == keyword)
}

fn unknown(keyword: &str, at: &str) -> String {
    let shown = |text: &str| text.chars().take(80).collect::<String>();
    let advice = match nearest(keyword, keywords().map(str::to_string).collect(), 1).pop() {
        Some(meant) => format!("did you mean \"{meant}\"?"),
        None => "a name of your own begins with x-".into(),
    };
    format!("\"{}\" at {} is no keyword of JSON Schema; {advice}", shown(keyword), shown(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem(schema: Value) -> Option<String> {
        check(&schema, "", &mut Seen::default()).err()
    }

    #[test]
    fn a_misspelt_keyword_is_named_with_the_nearest_and_its_place() {
        for (schema, told) in [
            (
                json!({"requird": ["a"]}),
                "\"requird\" at /requird is no keyword of JSON Schema; did you mean \"required\"?",
            ),
            (
                json!({"properties": {"a": {"minlength": 3}}}),
                "\"minlength\" at /properties/a/minlength is no keyword of JSON Schema; did you mean \"minLength\"?",
            ),
            (
                json!({"anyOf": [{}, {"not": {"typ": "string"}}]}),
                "\"typ\" at /anyOf/1/not/typ is no keyword of JSON Schema; did you mean \"type\"?",
            ),
            (
                json!({"owner": 1}),
                "\"owner\" at /owner is no keyword of JSON Schema; a name of your own begins with x-",
            ),
        ] {
            assert_eq!(problem(schema).as_deref(), Some(told));
        }
    }

    #[test]
    fn names_of_keys_and_values_are_no_keywords() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "x-owner": "growth", "type": "object",
            "properties": {"requird": true, "a": {"enum": [{"typ": 1}], "default": {"typ": 1}}},
            "patternProperties": {"^typ": {"const": {"typ": 1}}}, "dependencies": {"typ": ["a"]}, "items": [{}],
            "additionalProperties": false, "examples": [{"typ": 1}]
        });
        assert_eq!(problem(schema), None);
    }

    #[test]
    fn schemas_and_patterns_are_counted() {
        let many = |schema: Value, count| json!({"anyOf": vec![schema; count]});
        assert_eq!(problem(many(json!({}), 999)), None);
        assert!(problem(many(json!({}), 1_000)).is_some_and(|told| told.contains("1000 schemas")));
        assert_eq!(problem(many(json!({"pattern": "a"}), 50)), None);
        assert!(problem(many(json!({"pattern": "a"}), 51)).is_some_and(|told| told.contains("50 patterns")));
        assert_eq!(problem(many(json!({"pattern": "(a{1,99}){1,60}"}), 16)), None);
        assert!(
            problem(many(json!({"pattern": "(a{1,99}){1,60}"}), 17)).is_some_and(|told| told.contains("maxLength"))
        );
        let names = json!({"patternProperties": {r"^\p{L}{1,64}$": {}, r"^\p{N}{1,64}$": {}}});
        assert!(problem(names).is_some_and(|told| told.contains("maxLength")));
    }
}
