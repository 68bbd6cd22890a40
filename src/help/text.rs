//! Pure: makes what help() prints, line by line.

use super::comment::Comment;
use super::reference::{Function, Kind, Parameter, Reference, Said};
use serde::{Deserialize, Serialize};

/// A line has at most this many columns.
const WIDTH: usize = 100;

/// A name longer than this has a line of its own, so that it does not push all texts to the right.
const LONGEST_NAME: usize = 28;

/// A topic groups the functions that answer together, as telemetry_private.function_topics() has it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Topic {
    /// The file in docs/functions that describes them.
    pub page: String,
    pub topic: String,
    pub functions: Vec<String>,
}

/// Gives the topics with each function's list of actors behind the function.
pub fn with_twins(reference: &Reference, topics: Vec<Topic>) -> Vec<Topic> {
    let with_twin = |name: String| {
        let twin = format!("{name}_actors");
        [name].into_iter().chain(reference.function(&twin).map(|_| twin))
    };
    let listed = |topic: Topic| Topic { functions: topic.functions.into_iter().flat_map(with_twin).collect(), ..topic };
    topics.into_iter().map(listed).collect()
}

/// Writes all about one function.
pub fn of_function(reference: &Reference, function: &Function, comment: &Comment) -> Vec<String> {
    let mut lines = syntax(function);
    lines.push(String::new());
    lines.extend(wrapped(&comment.summary, WIDTH));
    for (heading, _) in &comment.sections {
        lines.extend([String::new(), heading.to_string()]);
        lines.extend(listed(&reference.section(function, *heading)));
    }
    lines
}

/// Lists every function under its topic, with its first sentence.
pub fn of_topics(reference: &Reference, topics: &[Topic]) -> Vec<String> {
    let mut lines = vec!["select telemetry.help('funnel') tells all about one of these functions.".to_string()];
    for topic in topics {
        let known = topic.functions.iter().filter_map(|name| reference.function(name));
        let said: Vec<Said> = known
            .map(|(function, comment)| Said {
                names: vec![function.name.clone()],
                types: Vec::new(),
                default: None,
                text: comment.first_sentence().to_string(),
            })
            .collect();
        if !said.is_empty() {
            lines.extend([String::new(), topic.topic.clone()]);
            lines.extend(listed(&said));
        }
    }
    lines
}

/// Writes how a function is called and what it returns; on one line where that fits.
pub fn syntax(function: &Function) -> Vec<String> {
    let arguments: Vec<String> = function.arguments.iter().map(declared).collect();
    // A row type names its columns itself.
    let columns: Vec<String> = function.columns.iter().filter(|_| function.result.is_none()).map(declared).collect();
    let call = if function.kind == Kind::Procedure { "call " } else { "" };
    let result = match &function.result {
        Some(result) => format!(" returns {result}"),
        None if columns.is_empty() => String::new(),
        None => " returns table ".into(),
    };
    let head = format!("{call}telemetry.{}", function.name);
    let table = if columns.is_empty() { String::new() } else { format!("({})", columns.join(", ")) };
    let line = format!("{head}({}){result}{table}", arguments.join(", "));
    if line.chars().count() <= WIDTH {
        return vec![line];
    }
    let mut lines = vec![format!("{head}(")];
    match arguments.is_empty() {
        true => lines[0].push(')'),
        false => {
            lines.extend(one_a_line(&arguments));
            lines.push(")".into());
        }
    }
    let last = lines.len() - 1;
    lines[last] += &result;
    if !columns.is_empty() {
        lines[last].push('(');
        lines.extend(one_a_line(&columns));
        lines.push(")".into());
    }
    lines
}

fn declared(parameter: &Parameter) -> String {
    let variadic = if parameter.is_variadic { "variadic " } else { "" };
    let default = parameter.default.as_ref().map(|default| format!(" default {default}")).unwrap_or_default();
    format!("{variadic}{} {}{default}", parameter.name, parameter.of_type)
}

fn one_a_line(parameters: &[String]) -> Vec<String> {
    let last = parameters.len() - 1;
    let comma = |n: usize| if n < last { "," } else { "" };
    parameters.iter().enumerate().map(|(n, parameter)| format!("    {parameter}{}", comma(n))).collect()
}

/// Writes names on the left and what they mean on the right; notes stand alone.
fn listed(said: &[Said]) -> Vec<String> {
    let names: Vec<String> = said.iter().map(|said| said.names.join(", ")).collect();
    let lengths = names.iter().map(|name| name.chars().count());
    let width = lengths.filter(|length| *length <= LONGEST_NAME).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, said) in names.iter().zip(said) {
        if name.is_empty() {
            let text = wrapped(&said.text, WIDTH - 4);
            lines.extend(
                text.iter().enumerate().map(|(n, line)| format!("{}{line}", if n == 0 { "  " } else { "    " })),
            );
            continue;
        }
        let text = wrapped(&said.text, WIDTH - width - 4);
        let is_long = name.chars().count() > width;
        if is_long || text.is_empty() {
            lines.push(format!("  {name}"));
        }
        for (n, line) in text.iter().enumerate() {
            let name = if n == 0 && !is_long { name.as_str() } else { "" };
            lines.push(format!("  {name:width$}  {line}"));
        }
    }
    lines
}

/// Breaks a text into lines. A word that is longer than a line has one for itself.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn parameter(name: &str, of_type: &str, default: Option<&str>) -> Parameter {
        Parameter {
            name: name.into(),
            of_type: of_type.into(),
            default: default.map(str::to_string),
            is_variadic: name == "conditions",
        }
    }

    fn function(arguments: Vec<Parameter>, columns: Vec<Parameter>, result: Option<&str>) -> Function {
        Function {
            name: "paths".into(),
            kind: Kind::Function,
            arguments,
            columns,
            result: result.map(str::to_string),
            description: "The ways that actors take. Many.\n\nArguments\n  events  names that count\n  a_rather_long_name_of_an_argument  is told\nNotes\n  By step.".into(),
        }
    }

    #[test]
    fn a_short_syntax_is_a_line() {
        let one = function(
            vec![parameter("id", "text", None), parameter("conditions", "boolean[]", None)],
            vec![],
            Some("uuid"),
        );
        assert_eq!(syntax(&one), ["telemetry.paths(id text, variadic conditions boolean[]) returns uuid"]);
        let of_row = function(vec![], vec![parameter("accepted", "integer", None)], Some("telemetry.batch"));
        assert_eq!(syntax(&of_row), ["telemetry.paths() returns telemetry.batch"]);
        let procedure = Function {
            kind: Kind::Procedure,
            ..function(vec![parameter("most", "bigint", Some("null"))], vec![], None)
        };
        assert_eq!(syntax(&procedure), ["call telemetry.paths(most bigint default null)"]);
    }

    #[test]
    fn a_long_syntax_has_one_parameter_a_line() {
        let long = "a_rather_long_name_of_an_argument";
        let two = function(
            vec![parameter("events", "text[]", None), parameter(long, "jsonb", Some("null"))],
            vec![parameter("step", "integer", None), parameter("target_name", "text", None)],
            None,
        );
        assert_eq!(
            syntax(&two).join("\n"),
            "telemetry.paths(\n    events text[],\n    a_rather_long_name_of_an_argument jsonb default null\n) returns table (\n    step integer,\n    target_name text\n)"
        );
        let reference = Reference::of(vec![two], BTreeMap::new());
        let (function, comment) = reference.function("paths").unwrap();
        assert_eq!(
            of_function(&reference, function, comment)[8..].join("\n"),
            "The ways that actors take. Many.\n\nArguments\n  events  names that count\n  a_rather_long_name_of_an_argument\n          is told\n\nNotes\n  By step."
        );
        let topic =
            Topic { page: "ways".into(), topic: "Ways?".into(), functions: vec!["none".into(), "paths".into()] };
        let topics = with_twins(&reference, vec![topic]);
        assert_eq!(of_topics(&reference, &topics)[1..].join("\n"), "\nWays?\n  paths  The ways that actors take.");
    }

    proptest! {
        #[test]
        fn wrapping_keeps_every_word(text in "[a-zä ]{0,300}", width in 1usize..60) {
            let lines = wrapped(&text, width);
            prop_assert_eq!(lines.join(" "), text.split_whitespace().collect::<Vec<_>>().join(" "));
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width || !line.contains(' ')));
        }
    }
}
