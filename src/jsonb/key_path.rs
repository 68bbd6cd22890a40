//! Pure: the path to a value of a payload. It is a key like surface, or a path like experiment.variant for a member of
//! an object within the payload.
//!
//! A path is split at its dots, and each part is a member of an object. A key of the payload itself that is spelt as the
//! whole path comes first, whatever it holds: payloads whose keys have dots in them are read as they always were. Lists
//! are not entered, and where something else than an object is met, or a member is missing, there is no value.
//!
//! This file defines what a path reaches; src/source/payload_sql.rs says the same in SQL.

use crate::jsonb::container::{Item, member, members};

/// A path has at most this many parts, because telemetry.payload_depth lets no payload nest deeper.
const MOST_PARTS: usize = 100;

/// A path with dots has at most this many bytes, so that a list of what a payload holds does not take much more room
/// than the payload.
const MOST_BYTES: usize = 500;

/// A path as it was given, or a key of the payload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath {
    text: String,
    /// Whether the text is a key of the payload and nothing else: then it has no dot, or is no path for another reason.
    is_plain: bool,
}

/// Why a text is no path, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPath {
    pub problem: String,
    pub hint: &'static str,
}

impl KeyPath {
    /// Reads the path that an argument gives.
    pub fn parse(text: &str) -> Result<KeyPath, NoPath> {
        if text.is_empty() {
            return Err(NoPath {
                problem: "a payload key must not be empty".into(),
                hint: "Name a key of the payload, or leave it out.",
            });
        }
        if text.split('.').any(str::is_empty) {
            let shown: String = text.chars().take(80).collect();
            return Err(NoPath {
                problem: format!("the payload key \"{shown}\" has an empty part"),
                hint: "Join names by one dot each: experiment.variant is the member variant of the object experiment.",
            });
        }
        if text.split('.').count() > MOST_PARTS {
            return Err(NoPath {
                problem: format!("a payload key has more than {MOST_PARTS} parts"),
                hint: "No payload nests that deep.",
            });
        }
        if text.len() > MOST_BYTES && text.contains('.') {
            return Err(NoPath {
                problem: format!("a payload key with dots has more than {MOST_BYTES} bytes"),
                hint: "Give what you log shorter names.",
            });
        }
        Ok(KeyPath::kept(text))
    }

    /// Reads what was a path when it was stored; any other text is a key of the payload itself, whatever is in it.
    pub fn kept(text: &str) -> KeyPath {
        let is_path = text.len() <= MOST_BYTES
            && text.contains('.')
            && text.split('.').all(|part| !part.is_empty())
            && text.split('.').count() <= MOST_PARTS;
        KeyPath { text: text.into(), is_plain: !is_path }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Gives the names to go through, from the outside in; None where the text is a key of the payload and nothing
    /// else.
    pub fn parts(&self) -> Option<impl DoubleEndedIterator<Item = &str>> {
        (!self.is_plain).then(|| self.text.split('.'))
    }

    /// Gives the value that a payload has there; JSON null is a value too.
    pub fn value<'a>(&self, payload: &'a [u8]) -> Option<Item<'a>> {
        let own = member(payload, &self.text);
        if own.is_some() || self.is_plain {
            return own;
        }
        let mut parts = self.text.split('.');
        let first = member(payload, parts.next()?);
        parts.fold(
            first,
            |outer, name| if let Some(Item::Container(object)) = outer { member(object, name) } else { None },
        )
    }
}

impl AsRef<str> for KeyPath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Calls `each` with the place of each path that a payload has a value at, and with that value. One pass over the
/// payload serves all paths that are plain keys.
pub fn each_value<'a>(payload: &'a [u8], paths: &[KeyPath], mut each: impl FnMut(usize, Item<'a>)) {
    for (key, item) in members(payload).into_iter().flatten() {
        if let Some(place) = paths.iter().position(|path| path.text == key && path.is_plain) {
            each(place, item);
        }
    }
    for (place, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_plain) {
        if let Some(item) = path.value(payload) {
            each(place, item);
        }
    }
}

/// A value of a payload, and the path that reaches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached<'a> {
    pub path: String,
    /// The path of the object that the value lies in; None where that is the payload itself.
    pub within: Option<String>,
    pub item: Item<'a>,
}

/// Lists everything in a payload that a path reaches: keys of the payload, then members of objects.
pub fn reached(payload: &[u8]) -> Vec<Reached<'_>> {
    let (mut found, mut objects) = (Vec::new(), Vec::new());
    for (key, item) in members(payload).into_iter().flatten() {
        // No path goes through a key that has a dot or no name.
        if let Item::Container(object) = item
            && !key.contains('.')
            && !key.is_empty()
        {
            objects.push((key.to_string(), object));
        }
        found.push(Reached { path: key.into(), within: None, item });
    }
    while let Some((within, object)) = objects.pop() {
        for (name, item) in members(object).into_iter().flatten() {
            let path = KeyPath::kept(&format!("{within}.{name}"));
            if path.is_plain || name.contains('.') {
                continue;
            }
            if let Item::Container(object) = item {
                objects.push((path.text.clone(), object));
            }
            // A key of the payload that is spelt so hides it, not what is in it.
            if member(payload, &path.text).is_none() {
                found.push(Reached { path: path.text, within: Some(within.clone()), item });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonschema_value::jsonb::encode::encode;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    /// Finds the value by what the documents say, on JSON.
    fn expected<'a>(payload: &'a Value, path: &str) -> Option<&'a Value> {
        payload.get(path).or_else(|| path.split('.').try_fold(payload, |outer, name| outer.as_object()?.get(name)))
    }

    fn shown(item: Option<Item<'_>>) -> String {
        match item {
            None => "nothing".into(),
            Some(Item::Container(bytes)) if members(bytes).is_some() => "object".into(),
            Some(Item::Container(_)) => "list".into(),
            Some(Item::Number(number)) => number.text(),
            Some(item) => format!("{item:?}"),
        }
    }

    fn shown_of(value: Option<&Value>) -> String {
        match value {
            None => "nothing".into(),
            Some(Value::Object(_)) => "object".into(),
            Some(Value::Array(_)) => "list".into(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null) => "Null".into(),
            Some(Value::Bool(value)) => format!("Boolean({value})"),
            Some(Value::String(text)) => format!("Text({text:?})"),
        }
    }

    fn at(payload: &Value, path: &str) -> String {
        shown(KeyPath::parse(path).expect("a path").value(&encode(payload)))
    }

    #[test]
    fn a_path_goes_through_objects() {
        let payload = json!({"experiment": {"name": "button", "variant": {"id": 7}}, "surface": "web", "none": null});
        for (path, value) in [
            ("surface", "Text(\"web\")"),
            ("experiment", "object"),
            ("experiment.name", "Text(\"button\")"),
            ("experiment.variant.id", "7"),
            ("experiment.missing", "nothing"),
            ("missing.name", "nothing"),
            ("surface.name", "nothing"),
            ("none", "Null"),
            ("none.name", "nothing"),
        ] {
            assert_eq!(at(&payload, path), value, "{path}");
        }
    }

    #[test]
    fn lists_are_not_entered() {
        let payload = json!({"a": [{"b": 1}, 2], "c": {"0": 3}});
        assert_eq!(at(&payload, "a.0"), "nothing");
        assert_eq!(at(&payload, "a.b"), "nothing");
        assert_eq!(at(&payload, "c.0"), "3");
        assert_eq!(at(&json!([{"a": 1}]), "a"), "nothing");
    }

    #[test]
    fn a_key_that_is_spelt_like_the_path_comes_first() {
        assert_eq!(at(&json!({"a.b": 1, "a": {"b": 2}}), "a.b"), "1");
        assert_eq!(at(&json!({"a.b": null, "a": {"b": 2}}), "a.b"), "Null");
        assert_eq!(at(&json!({"a.b": {"c": 1}, "a": {"b": {"c": 2}}}), "a.b.c"), "2");
        assert_eq!(at(&json!({"a": {"b.c": 1}}), "a.b.c"), "nothing");
    }

    #[test]
    fn what_is_no_path_says_why() {
        let problem = |text: &str| KeyPath::parse(text).map_err(|no_path| no_path.problem);
        assert_eq!(problem(""), Err("a payload key must not be empty".into()));
        for text in [".", ".a", "a.", "a..b"] {
            assert_eq!(problem(text), Err(format!("the payload key \"{text}\" has an empty part")));
        }
        let deep = |parts| vec!["a"; parts].join(".");
        assert!(KeyPath::parse(&deep(MOST_PARTS)).is_ok());
        assert_eq!(problem(&deep(MOST_PARTS + 1)), Err("a payload key has more than 100 parts".into()));
        assert!(problem(&format!("a.{}", "b".repeat(MOST_BYTES))).is_err());
        // What was stored before there were paths is a key.
        assert_eq!(shown(KeyPath::kept("a..b").value(&encode(&json!({"a..b": 1})))), "1");
    }

    /// Draws objects of few names, so that paths meet something, with dots in some.
    fn payload() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..9).prop_map(Value::from)];
        let value = leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("(a|b|0|a\\.b|b\\.|)", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            ]
        });
        value.prop_map(|value| if value.is_object() { value } else { json!({"a": value}) })
    }

    proptest! {
        #[test]
        fn a_value_is_what_a_look_at_the_json_finds(payload in payload(), path in "(a|b|0)(\\.(a|b|0)){0,4}") {
            let found = KeyPath::parse(&path).expect("a path");
            prop_assert_eq!(shown(found.value(&encode(&payload))), shown_of(expected(&payload, &path)));
        }

        #[test]
        fn several_paths_find_what_each_finds(payload in payload()) {
            let paths = ["a", "b", "a.b", "a.a", "b.a.b", "b."].map(KeyPath::kept);
            let container = encode(&payload);
            let mut found = [const { None }; 6];
            each_value(&container, &paths, |place, item| found[place] = Some(item));
            for (path, item) in paths.iter().zip(found) {
                prop_assert_eq!(path.value(&container), item);
            }
        }

        #[test]
        fn what_is_reached_is_what_its_path_finds(payload in payload()) {
            let container = encode(&payload);
            let all = reached(&container);
            for Reached { path, item, .. } in &all {
                prop_assert_eq!(KeyPath::kept(path).value(&container), Some(*item), "{}", path);
            }
            let mut paths: Vec<&str> = all.iter().map(|reached| reached.path.as_str()).collect();
            paths.sort_unstable();
            paths.dedup();
            prop_assert_eq!(paths.len(), all.len());
            for path in ["a", "b", "0", "a.b", "b.a", "a.0.b", "b.b.b", "a.b.a"] {
                let is_reached = expected(&payload, path).is_some();
                prop_assert_eq!(paths.contains(&path), is_reached, "{}", path);
            }
        }
    }
}
