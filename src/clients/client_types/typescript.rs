//! Pure: the vocabulary in TypeScript: an interface of the events that clients may log, one of those of servers, both together.

use super::remark::lines;
use super::shape::{Field, Object, Shape};
use super::vocabulary::{Event, Version, Vocabulary, payload_of};
use std::fmt::Write;

const WIDTH: usize = 110;
const HEAD: &str = "\
// The events of this database and their payloads, written by telemetry.client_types('typescript'). Do not edit it: write
// it anew when the taxonomy changes.
";

pub fn text(vocabulary: &Vocabulary) -> String {
    let mut text = String::from(HEAD);
    interface(
        &mut text,
        "ClientEvents",
        "Events that a client may log, each with its payload.",
        vocabulary,
        |versions| versions.iter().filter(|version| !version.is_for_servers).collect(),
    );
    // An event of which one version is for servers stands here with all of them.
    interface(&mut text, "ServerEvents", "Events that only a server may log.", vocabulary, |versions| {
        let has_some = versions.iter().any(|version| version.is_for_servers);
        if has_some { versions.iter().collect() } else { Vec::new() }
    });
    text.push_str("\n/** All events, for a program that logs as a server. */\n");
    text.push_str("export type Events = Omit<ClientEvents, keyof ServerEvents> & ServerEvents;\n\n");
    text.push_str("export type EventName = keyof Events;\n\n");
    text.push_str("/** Other names that the elements of a batch may have for arguments of log_event(). */\n");
    text.push_str("export interface Aliases {\n");
    for (alias, argument) in &vocabulary.aliases {
        let _ = writeln!(text, "    {}: {};", key(alias), quoted(argument));
    }
    text.push_str("}\n");
    text
}

fn interface(
    text: &mut String,
    name: &str,
    about: &str,
    vocabulary: &Vocabulary,
    chosen: fn(&[Version]) -> Vec<&Version>,
) {
    let _ = write!(text, "\n/** {about} */\nexport interface {name} {{\n");
    for event in &vocabulary.events {
        let versions = chosen(&event.versions);
        if !versions.is_empty() {
            member(text, event, &versions);
        }
    }
    text.push_str("}\n");
}

fn member(text: &mut String, event: &Event, versions: &[&Version]) {
    comment(text, &event.remarks(versions), 1);
    let _ = writeln!(text, "    {}: {};", key(&event.name), written(&payload_of(versions), 1));
}

/// A shape at a depth of indentation.
fn written(shape: &Shape, depth: usize) -> String {
    match shape {
        Shape::Unknown => "unknown".into(),
        Shape::NotNull => "NonNullable<unknown>".into(),
        Shape::Never => "never".into(),
        Shape::Null => "null".into(),
        Shape::Boolean => "boolean".into(),
        Shape::Integer | Shape::Number => "number".into(),
        Shape::Text => "string".into(),
        Shape::Literal(value) => value.to_string(),
        Shape::List(element) => match **element {
            Shape::AnyOf(_) => format!("({})[]", written(element, depth)),
            _ => format!("{}[]", written(element, depth)),
        },
        Shape::AnyOf(parts) => {
            let mut parts: Vec<_> = parts.iter().map(|part| written(part, depth)).collect();
            // An integer and a number are written alike.
            let mut seen = Vec::new();
            parts.retain(|part| {
                !seen.contains(part) && {
                    seen.push(part.clone());
                    true
                }
            });
            parts.join(" | ")
        }
        Shape::Object(object) => object_text(object, depth),
    }
}

fn object_text(object: &Object, depth: usize) -> String {
    if object.fields.is_empty() {
        let others = object.others.as_ref().map_or("never".into(), |others| written(others, depth));
        return format!("Record<string, {others}>");
    }
    let mut text = String::from("{\n");
    for field in &object.fields {
        field_text(&mut text, field, depth + 1);
    }
    // The fields have to be of its type too, so it can say no more.
    if object.others.is_some() {
        let _ = writeln!(text, "{}[key: string]: unknown;", indent(depth + 1));
    }
    text.push_str(&indent(depth));
    text.push('}');
    text
}

fn field_text(text: &mut String, field: &Field, depth: usize) {
    comment(text, std::slice::from_ref(&field.remark), depth);
    let mark = if field.is_required { "" } else { "?" };
    let _ = writeln!(text, "{}{}{mark}: {};", indent(depth), key(&field.key), written(&field.shape, depth));
}

fn comment(text: &mut String, remarks: &[String], depth: usize) {
    let width = WIDTH - 4 * depth;
    let lines: Vec<String> = remarks.iter().flat_map(|remark| lines(&remark.replace("*/", "*\\/"), width)).collect();
    let indent = indent(depth);
    match &lines[..] {
        [] => {}
        [line] => {
            let _ = writeln!(text, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(text, "{indent}/**");
            for line in lines {
                let _ = writeln!(text, "{indent} * {line}");
            }
            let _ = writeln!(text, "{indent} */");
        }
    }
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

/// A name as it is where it is one, else quoted. Reserved words are names of members too.
fn key(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    if begins && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') {
        return name.to_string();
    }
    quoted(name)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
