//! Pure: what a breakdown goes by. That is one payload key, several of them, or the elements of an array.
//!
//! A text that begins with a brace is a list as PostgreSQL writes one: {previousPlan,newPlan}. The value of an event is
//! then a JSON array of the texts that each key has by itself, so that no two lists of values are spelled alike. A text
//! that ends with [] names an array: an event has the value of each of its elements. Any other text is a key.

use super::key_path::{KeyPath, NoPath};
use super::name_list;

/// A breakdown goes by at most this many keys.
pub const MOST_KEYS: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    One(KeyPath),
    Several(Vec<KeyPath>),
    /// The elements of the array at this key.
    ElementsOf(KeyPath),
}

impl From<KeyPath> for Keys {
    fn from(key: KeyPath) -> Keys {
        Keys::One(key)
    }
}

impl Keys {
    /// Reads the keys that an argument gives.
    pub fn parse(text: &str) -> Result<Keys, NoPath> {
        if text.starts_with('{') {
            let names =
                name_list::parse(text).ok_or_else(|| no_list("a list of payload keys is not spelled as one"))?;
            let no_key = || no_list("a list of payload keys has an element that is no key");
            let key = |name: Option<String>| KeyPath::parse(&name.ok_or_else(no_key)?);
            let keys: Vec<KeyPath> = names.into_iter().map(key).collect::<Result<_, _>>()?;
            return match keys.len() {
                0 => Err(no_list("a list of payload keys has no key in it")),
                1..=MOST_KEYS => Ok(Keys::Several(keys)),
                _ => Err(no_list(&format!("a list of payload keys has more than {MOST_KEYS} of them"))),
            };
        }
        match text.strip_suffix("[]") {
            Some(array) => KeyPath::parse(array).map(Keys::ElementsOf),
            None => KeyPath::parse(text).map(Keys::One),
        }
    }

    /// Reads the keys that a breakdown gives: there an event has one value.
    pub fn of_breakdown(text: &str) -> Result<Keys, NoPath> {
        match Keys::parse(text)? {
            Keys::ElementsOf(_) => Err(NoPath {
                problem: "a breakdown goes by the values of keys, not by the elements of an array".into(),
                hint: "Leave [] out, or rank the elements: telemetry.top_values('changed[]').",
            }),
            keys => Ok(keys),
        }
    }

    pub fn iter(&self) -> std::slice::Iter<'_, KeyPath> {
        match self {
            Keys::One(key) | Keys::ElementsOf(key) => std::slice::from_ref(key).iter(),
            Keys::Several(keys) => keys.iter(),
        }
    }

    /// Whether an event may have several values: the elements of an array.
    pub fn are_elements(&self) -> bool {
        matches!(self, Keys::ElementsOf(_))
    }
}

/// Writes the value of an event from the texts of several keys, as PostgreSQL shows a jsonb array of them. None where
/// no key has a text.
pub fn together<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Option<String> {
    let (mut list, mut has_any) = (String::from("["), false);
    for text in texts {
        if list.len() > 1 {
            list += ", ";
        }
        has_any |= text.is_some();
        list += &serde_json::Value::from(text).to_string();
    }
    has_any.then(|| list + "]")
}

fn no_list(problem: &str) -> NoPath {
    NoPath {
        problem: problem.into(),
        hint: "Write one as {previousPlan,newPlan}, of up to 8 keys or paths; \"quote\" a key with a comma or a brace.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(text: &str) -> Vec<String> {
        Keys::parse(text).expect("keys").iter().map(|key| key.as_str().to_string()).collect()
    }

    fn problem(text: &str) -> String {
        Keys::parse(text).expect_err("no keys").problem
    }

    #[test]
    fn a_brace_begins_a_list() {
        assert_eq!(keys("{previousPlan,newPlan}"), ["previousPlan", "newPlan"]);
        assert_eq!(keys("{ a , b.c }"), ["a", "b.c"]);
        assert_eq!(keys(r#"{"a,b","{c}","say \"d\"", "null"}"#), ["a,b", "{c}", "say \"d\"", "null"]);
        assert_eq!(keys(r"{a\,b}"), ["a,b"]);
        assert!(matches!(Keys::parse("{a}"), Ok(Keys::Several(keys)) if keys.len() == 1));
        assert!(matches!(Keys::parse("a"), Ok(Keys::One(_))));
        assert!(matches!(Keys::parse("a[]"), Ok(Keys::ElementsOf(key)) if key.as_str() == "a"));
    }

    #[test]
    fn what_is_no_list_says_why() {
        for text in ["{", "{a", "{a}b}", "{a{b}", "{\"a}", "{\"a\"b}", "{a\"b}", "{a,,b}"] {
            assert_eq!(problem(text), "a list of payload keys is not spelled as one", "{text}");
        }
        assert_eq!(problem("{}"), "a list of payload keys has no key in it");
        assert_eq!(problem("{a,NULL}"), "a list of payload keys has an element that is no key");
        assert_eq!(problem("{a,\"\"}"), "a payload key must not be empty");
        assert_eq!(problem("{a,b..c}"), "the payload key \"b..c\" has an empty part");
        assert_eq!(problem("{a,b,c,d,e,f,g,h,i}"), "a list of payload keys has more than 8 of them");
        assert_eq!(problem("[]"), "a payload key must not be empty");
    }

    #[test]
    fn values_together_are_spelled_as_jsonb() {
        let spelled = |texts: &[Option<&str>]| together(texts.iter().copied());
        assert_eq!(spelled(&[Some("basic"), Some("pro")]).as_deref(), Some(r#"["basic", "pro"]"#));
        assert_eq!(spelled(&[Some("a\"\\\n\u{1}ü"), None]).as_deref(), Some(r#"["a\"\\\n\u0001ü", null]"#));
        assert_eq!(spelled(&[None, None]), None);
    }

    proptest! {
        #[test]
        fn no_two_lists_of_values_are_spelled_alike(
            one in prop::collection::vec(prop::option::of("[\", \\\\a\\[\\]]{0,4}"), 2),
            other in prop::collection::vec(prop::option::of("[\", \\\\a\\[\\]]{0,4}"), 2),
        ) {
            let spelled = |texts: &[Option<String>]| together(texts.iter().map(Option::as_deref));
            prop_assert_eq!(spelled(&one) == spelled(&other), one == other);
        }
    }
}
