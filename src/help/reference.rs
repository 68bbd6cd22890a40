//! Pure: the functions as the catalog has them, together with what their COMMENTs say of each argument and column.

use super::comment::{self, Comment, Entry, Heading};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A function, as telemetry_private.function_facts() tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Function {
    pub name: String,
    pub kind: Kind,
    pub arguments: Vec<Parameter>,
    /// The columns of the table, or of the row, that the function returns.
    pub columns: Vec<Parameter>,
    /// The type of what the function returns; NULL where that is a table.
    pub result: Option<String>,
    pub description: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Function,
    Aggregate,
    Procedure,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "type")]
    pub of_type: String,
    /// The default as SQL; none where the argument must be given, and for a column.
    pub default: Option<String>,
    #[serde(default)]
    pub is_variadic: bool,
}

/// All functions by their names, and what common arguments mean.
pub struct Reference {
    functions: BTreeMap<String, (Function, Comment)>,
    common: BTreeMap<String, String>,
}

/// What is said of one or more neighbours: their names, the types of arguments and columns, and the text. A note has no
/// names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    pub names: Vec<String>,
    pub types: Vec<String>,
    pub default: Option<String>,
    pub text: String,
}

impl Reference {
    pub fn of(functions: Vec<Function>, common: BTreeMap<String, String>) -> Reference {
        let with_comment = |function: Function| {
            let comment = comment::read(&function.description);
            (function.name.clone(), (function, comment))
        };
        Reference { functions: functions.into_iter().map(with_comment).collect(), common }
    }

    pub fn function(&self, name: &str) -> Option<(&Function, &Comment)> {
        self.functions.get(name).map(|(function, comment)| (function, comment))
    }

    pub fn functions(&self) -> impl Iterator<Item = (&Function, &Comment)> {
        self.functions.values().map(|(function, comment)| (function, comment))
    }

    /// Gives a section with everything that it refers to. Arguments and columns come in the order of the catalog; those
    /// that nothing is said of have no text.
    pub fn section(&self, function: &Function, heading: Heading) -> Vec<Said> {
        let mut said = Vec::new();
        self.gather(&function.name, heading, &mut Vec::new(), &mut said);
        match heading {
            Heading::Arguments => in_order(&function.arguments, &said),
            Heading::Columns => in_order(&function.columns, &said),
            _ => said,
        }
    }

    /// Tells what a function's COMMENT gets wrong.
    pub fn faults(&self, function: &Function, comment: &Comment) -> Vec<String> {
        let mut faults = comment.faults.clone();
        for (heading, what, of_catalog) in
            [(Heading::Arguments, "argument", &function.arguments), (Heading::Columns, "column", &function.columns)]
        {
            let mut said = Vec::new();
            self.gather(&function.name, heading, &mut Vec::new(), &mut said);
            let mut missing: BTreeSet<&str> = of_catalog.iter().map(|parameter| parameter.name.as_str()).collect();
            for name in said.iter().filter(|said| !said.text.is_empty()).flat_map(|said| &said.names) {
                missing.remove(name.as_str());
            }
            faults.extend(missing.into_iter().map(|name| format!("{what} \"{name}\" is not described")));
            let mut seen = BTreeSet::new();
            for name in own_names(comment.section(heading)) {
                if !of_catalog.iter().any(|parameter| parameter.name == *name) {
                    faults.push(format!("there is no {what} \"{name}\""));
                }
                if !seen.insert(name) {
                    faults.push(format!("{what} \"{name}\" is described twice"));
                }
            }
        }
        for (heading, entry) in
            comment.sections.iter().flat_map(|(heading, entries)| entries.iter().map(|e| (*heading, e)))
        {
            match entry {
                Entry::Common { names } => {
                    let unknown = names.iter().filter(|name| !self.common.contains_key(*name));
                    faults.extend(unknown.map(|name| format!("\"{name}\" is no common argument")));
                }
                Entry::Of { function: other, .. } if other == &function.name || !self.has(other, heading) => {
                    faults.push(format!("there is no section {heading} of {other}()"));
                }
                Entry::Named { names, .. } if heading == Heading::Errors => {
                    let broken = names.iter().filter(|name| name.len() != 5);
                    faults.extend(broken.map(|name| format!("\"{name}\" is no SQLSTATE")));
                }
                _ => {}
            }
        }
        faults
    }

    fn has(&self, name: &str, heading: Heading) -> bool {
        self.function(name).is_some_and(|(_, comment)| !comment.section(heading).is_empty())
    }

    /// Collects what is said in a section, by the function itself before what others say; `above` are the functions
    /// that led here.
    fn gather<'a>(&'a self, name: &str, heading: Heading, above: &mut Vec<&'a str>, said: &mut Vec<Said>) {
        let Some((function, comment)) = self.function(name).filter(|(f, _)| !above.contains(&f.name.as_str())) else {
            return;
        };
        above.push(&function.name);
        let mut entries: Vec<&Entry> = comment.section(heading).iter().collect();
        if matches!(heading, Heading::Arguments | Heading::Columns) {
            // Of two meanings of one name its own counts.
            entries.sort_by_key(|entry| matches!(entry, Entry::Of { .. }));
        }
        for entry in entries {
            match entry {
                Entry::Named { names, text } => said.push(Said::of(names, text)),
                Entry::Common { names } => {
                    said.extend(
                        names
                            .iter()
                            .filter_map(|name| Some(Said::of(std::slice::from_ref(name), self.common.get(name)?))),
                    );
                }
                Entry::Of { function, but } => {
                    let mut theirs = Vec::new();
                    self.gather(function, heading, above, &mut theirs);
                    for one in &mut theirs {
                        one.names.retain(|name| !but.contains(name));
                    }
                    said.extend(theirs.into_iter().filter(|one| !one.names.is_empty() || heading == Heading::Notes));
                }
                Entry::Note(text) => said.push(Said::of(&[], text)),
            }
        }
        above.pop();
    }
}

impl Said {
    fn of(names: &[String], text: &str) -> Said {
        Said { names: names.to_vec(), types: Vec::new(), default: None, text: text.to_string() }
    }
}

fn own_names(entries: &[Entry]) -> impl Iterator<Item = &String> {
    entries.iter().flat_map(|entry| match entry {
        Entry::Named { names, .. } | Entry::Common { names } => names.as_slice(),
        Entry::Of { .. } | Entry::Note(_) => &[],
    })
}

/// Puts what is said into the catalog's order. Neighbours that one entry describes, and that may be left out alike,
/// stay together.
fn in_order(parameters: &[Parameter], said: &[Said]) -> Vec<Said> {
    let mut ordered: Vec<(Option<usize>, Said)> = Vec::new();
    for parameter in parameters {
        let place = said.iter().position(|said| said.names.contains(&parameter.name));
        match ordered.last_mut() {
            Some((last, one)) if place.is_some() && *last == place && one.default == parameter.default => {
                one.names.push(parameter.name.clone());
                one.types.push(parameter.of_type.clone());
            }
            _ => {
                let text = place.map_or("", |place| said[place].text.as_str()).to_string();
                let (names, types) = (vec![parameter.name.clone()], vec![parameter.of_type.clone()]);
                ordered.push((place, Said { names, types, default: parameter.default.clone(), text }));
            }
        }
    }
    for (_, one) in &mut ordered {
        one.types.dedup();
    }
    ordered.into_iter().map(|(_, said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str) -> Parameter {
        Parameter { name: name.into(), of_type: "text".into(), default: Some("null".into()), is_variadic: false }
    }

    fn function(name: &str, arguments: &[&str], columns: &[&str], description: &str) -> Function {
        Function {
            name: name.into(),
            kind: Kind::Function,
            arguments: arguments.iter().map(|name| parameter(name)).collect(),
            columns: columns.iter().map(|name| parameter(name)).collect(),
            result: None,
            description: description.into(),
        }
    }

    fn reference(functions: &[Function]) -> Reference {
        Reference::of(functions.to_vec(), BTreeMap::from([("tz".into(), "A time zone.".into())]))
    }

    fn shown(said: &[Said]) -> Vec<String> {
        said.iter().map(|said| format!("{}: {}", said.names.join(", "), said.text)).collect()
    }

    #[test]
    fn a_twin_says_what_the_other_function_says() {
        let funnel = function(
            "funnel",
            &["steps", "top_n", "low", "high", "tz"],
            &["actors"],
            "Who.\n\nArguments\n  tz: common arguments\n  low, high  bounds\n  steps  names\n  top_n  how many\nColumns\n  actors  how many\nErrors\n  22004  no steps",
        );
        let twin = function(
            "funnel_actors",
            &["tz", "steps", "low", "high"],
            &["actor"],
            "Which.\n\nArguments\n  the arguments of funnel() but top_n\nColumns\n  actor  who\nErrors\n  the errors of funnel()\n  53200  too many",
        );
        let reference = reference(&[funnel.clone(), twin.clone()]);
        assert_eq!(
            shown(&reference.section(&funnel, Heading::Arguments)),
            ["steps: names", "top_n: how many", "low, high: bounds", "tz: A time zone."]
        );
        assert_eq!(
            shown(&reference.section(&twin, Heading::Arguments)),
            ["tz: A time zone.", "steps: names", "low, high: bounds"]
        );
        assert_eq!(shown(&reference.section(&twin, Heading::Errors)), ["22004: no steps", "53200: too many"]);
        for (function, comment) in reference.functions() {
            assert_eq!(reference.faults(function, comment), [""; 0]);
        }
    }

    #[test]
    fn faults_name_what_the_catalog_does_not_know() {
        let of = |function: Function| {
            let reference = reference(&[function]);
            reference
                .functions()
                .flat_map(|(function, comment)| reference.faults(function, comment))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(function("a", &["b"], &[], "C.")), ["argument \"b\" is not described"]);
        assert_eq!(
            of(function("a", &[], &["b"], "C.\n\nColumns\n  d  e")),
            ["column \"b\" is not described", "there is no column \"d\""]
        );
        assert_eq!(
            of(function("a", &["b"], &[], "C.\n\nArguments\n  b: common arguments")),
            ["argument \"b\" is not described", "\"b\" is no common argument"]
        );
        assert_eq!(
            of(function("a", &["b"], &[], "C.\n\nArguments\n  b  c\n  b  d")),
            ["argument \"b\" is described twice"]
        );
        assert_eq!(
            of(function("a", &[], &[], "C.\n\nErrors\n  the errors of a()")),
            ["there is no section Errors of a()"]
        );
        assert_eq!(of(function("a", &[], &[], "C.\n\nErrors\n  none  here")), ["\"none\" is no SQLSTATE"]);
    }
}
