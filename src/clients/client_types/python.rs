//! Pure: the vocabulary in Python: a TypedDict of each payload, and the overloads of track(), which tie names to payloads.
//!
//! A TypedDict takes no keys but its own, also where the definition allows others: Python has no better word for it yet
//! (PEP 728).

use super::remark::lines;
use super::shape::{Field, Object, Shape};
use super::vocabulary::{Event, Version, Vocabulary, payload_of};
use std::collections::BTreeSet;
use std::fmt::Write;

const WIDTH: usize = 105;
const HEAD: &str = "\
\"\"\"The events of this database and their payloads, written by telemetry.client_types('python').

Do not edit it: write it anew when the taxonomy changes. A payload takes no keys but those that are listed, also where its
definition allows others. For Python 3.11 and newer.
\"\"\"

from collections.abc import Mapping
from typing import Final, Literal, Never, NotRequired, Protocol, TypedDict, overload
from uuid import UUID

";
const ARGUMENTS: &str = "

Id = UUID | str | None

";
/// What track() takes by name, written out: pyright does not find the keywords of track() in a TypedDict that is unpacked.
const NAMED: &str = "*,
        user_id: Id = ..., session_id: Id = ..., subject_id: Id = ..., tenant_id: Id = ...,
        source: str | None = ..., event_version: int | None = ..., event_id: Id = ...,";
/// What a class must not be named: names that this file uses, and words of Python in upper case.
const TAKEN: [&str; 15] = [
    "Mapping",
    "Final",
    "Literal",
    "Never",
    "NotRequired",
    "Protocol",
    "TypedDict",
    "UUID",
    "Id",
    "Track",
    "EventName",
    "ALIASES",
    "None",
    "True",
    "False",
];
/// What hides a type where a member of a class has its name.
const TYPES: [&str; 13] = [
    "Mapping",
    "Final",
    "Literal",
    "Never",
    "NotRequired",
    "Protocol",
    "TypedDict",
    "object",
    "bool",
    "int",
    "float",
    "str",
    "list",
];
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

pub fn text(vocabulary: &Vocabulary) -> String {
    let mut classes = Classes::default();
    let calls: Vec<_> = vocabulary.events.iter().map(|event| call(event, &mut classes)).collect();
    let mut text = String::from(HEAD);
    let names: Vec<_> = vocabulary.events.iter().map(|event| quoted(&event.name)).collect();
    let names = if names.is_empty() { "Never".into() } else { format!("Literal[\n    {},\n]", names.join(",\n    ")) };
    let _ = writeln!(text, "EventName = {names}");
    text.push_str("\n# Other names that the elements of a batch may have for arguments of log_event().\n");
    text.push_str("ALIASES: Final[Mapping[str, str]] = {");
    for (alias, argument) in &vocabulary.aliases {
        let _ = write!(text, "\n    {}: {},", quoted(alias), quoted(argument));
    }
    text.push_str(if vocabulary.aliases.is_empty() { "}\n" } else { "\n}\n" });
    text.push_str(&classes.text);
    text.push_str(ARGUMENTS);
    text.push_str(TRACK);
    let mark = if calls.len() > 1 { "    @overload\n" } else { "" };
    for call in &calls {
        let _ = write!(text, "\n{mark}{call}");
    }
    if calls.is_empty() {
        text.push_str("\n    def __call__(self, event_name: Never) -> None: ...\n");
    }
    text
}

const TRACK: &str = "
class Track(Protocol):
    \"\"\"track() of the client, which takes these events alone: track: Track = telemetry.track\"\"\"
";

fn call(event: &Event, classes: &mut Classes) -> String {
    let versions: Vec<&Version> = event.versions.iter().collect();
    let remarks = event.remarks(&versions);
    let payload = classes.named(&payload_of(&versions), &camel(&event.name), &remarks);
    let default = if event.versions.iter().any(|version| version.payload.may_be_empty()) { " = ..." } else { "" };
    format!(
        "    def __call__(\n        self, event_name: Literal[{}], payload: {payload}{default}, {NAMED}\n    ) -> None: ...\n",
        quoted(&event.name)
    )
}

/// The classes written so far: what one refers to stands before it.
#[derive(Default)]
struct Classes {
    text: String,
    names: BTreeSet<String>,
}

impl Classes {
    /// How a shape is written in a type. What needs a class gets one of this name.
    fn named(&mut self, shape: &Shape, name: &str, remarks: &[String]) -> String {
        match shape {
            Shape::Unknown | Shape::NotNull => "object".into(),
            Shape::Never => "Never".into(),
            Shape::Null => "None".into(),
            Shape::Boolean => "bool".into(),
            Shape::Integer => "int".into(),
            Shape::Number => "float".into(),
            Shape::Text => "str".into(),
            Shape::Literal(serde_json::Value::Bool(value)) => {
                if *value { "Literal[True]" } else { "Literal[False]" }.into()
            }
            // Texts are escaped in JSON as in Python.
            Shape::Literal(value) => format!("Literal[{value}]"),
            Shape::List(element) => format!("list[{}]", self.named(element, name, remarks)),
            Shape::AnyOf(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.named(part, name, remarks)).collect();
                parts.join(" | ")
            }
            Shape::Object(object) if object.fields.is_empty() => match &object.others {
                Some(others) => format!("Mapping[str, {}]", self.named(others, name, remarks)),
                None => "Mapping[str, Never]".into(),
            },
            Shape::Object(object) => self.class(object, name, remarks),
        }
    }

    fn class(&mut self, object: &Object, wanted: &str, remarks: &[String]) -> String {
        let mut name = wanted.to_string();
        for number in 2.. {
            if !TAKEN.contains(&name.as_str()) && self.names.insert(name.clone()) {
                break;
            }
            name = format!("{wanted}{number}");
        }
        let fields: Vec<_> = object.fields.iter().map(|field| (field, self.field_type(field, &name))).collect();
        // A member hides a class of its name, which a member after it may be of.
        let is_free = |key: &str| is_member(key) && !self.names.contains(key);
        let text = if object.fields.iter().all(|field| is_free(&field.key)) {
            class_text(&name, &fields, remarks)
        } else {
            call_text(&name, &fields, remarks)
        };
        self.text.push_str(&text);
        name
    }

    fn field_type(&mut self, field: &Field, class: &str) -> String {
        let remarks: Vec<String> = (!field.remark.is_empty()).then(|| field.remark.clone()).into_iter().collect();
        let shape = self.named(&field.shape, &format!("{class}{}", camel(&field.key)), &remarks);
        if field.is_required { shape } else { format!("NotRequired[{shape}]") }
    }
}

fn class_text(name: &str, fields: &[(&Field, String)], remarks: &[String]) -> String {
    let mut text = format!("\n\nclass {name}(TypedDict):\n");
    let about: Vec<_> = remarks.iter().flat_map(|remark| lines(&escaped(remark), WIDTH)).collect();
    match &about[..] {
        [] => {}
        [line] => {
            let _ = write!(text, "    \"\"\"{line}\"\"\"\n\n");
        }
        about => {
            let _ = write!(text, "    \"\"\"\n    {}\n    \"\"\"\n\n", about.join("\n    "));
        }
    }
    for (field, shape) in fields {
        comment(&mut text, &field.remark);
        let _ = writeln!(text, "    {}: {shape}", field.key);
    }
    text
}

/// The form for keys that cannot be members of a class.
fn call_text(name: &str, fields: &[(&Field, String)], remarks: &[String]) -> String {
    let mut text = String::from("\n\n");
    for line in remarks.iter().flat_map(|remark| lines(remark, WIDTH)) {
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "{name} = TypedDict({}, {{", quoted(name));
    for (field, shape) in fields {
        comment(&mut text, &field.remark);
        let _ = writeln!(text, "    {}: {shape},", quoted(&field.key));
    }
    text.push_str("})\n");
    text
}

fn comment(text: &mut String, remark: &str) {
    for line in lines(remark, WIDTH) {
        let _ = writeln!(text, "    # {line}");
    }
}

/// A text within a docstring.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Says whether a key may be a member of a class and hides nothing there. Python changes names that begin with two
/// underscores.
fn is_member(key: &str) -> bool {
    let begins = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !key.starts_with("__")
        && !KEYWORDS.contains(&key)
        && !TYPES.contains(&key)
}

/// lesson_completed and LESSON_COMPLETED as LessonCompleted; what is no letter or digit of ASCII parts words.
fn camel(name: &str) -> String {
    let has_small = name.chars().any(|c| c.is_ascii_lowercase());
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter_map(|word| {
            let first = word.get(..1)?;
            let rest = if has_small { word[1..].to_string() } else { word[1..].to_ascii_lowercase() };
            Some(format!("{}{rest}", first.to_ascii_uppercase()))
        })
        .collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
