//! Pure: a mapping says from which columns of a relation the arguments of an event come.

use super::columns::{Columns, Member, Problem, Reference};
use crate::log::incoming::{Argument, Names, argument_named};
use crate::spelling::shown;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Where an argument comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Constant(Value),
    Column(FromColumn),
    /// The columns of a key, whose values together are the id.
    Key(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct FromColumn {
    pub column: Reference,
    /// What a value is called in the log; a value that is not there keeps its own name.
    pub names: HashMap<String, String>,
    /// The time zone of a column without one.
    pub time_zone: Option<String>,
    /// How many of a number make a second.
    pub per_second: Option<i64>,
}

/// Where a payload comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// A column holds all of it.
    Whole(Reference),
    /// Each member by itself, after all members of a column.
    Members { all_of: Option<Reference>, members: Vec<(String, Member)> },
}

/// Where everything comes from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    pub arguments: Vec<(Argument, Source)>,
    pub payload: Option<Payload>,
}

const MAPPING_HINT: &str = "A mapping has the names of log_event()'s arguments and event_ts, each with the name of a column: {\"event_name\": \"type\", \"event_ts\": \"created_at\", \"payload\": [\"plan\", \"price\"]}.";

impl Mapping {
    /// Reads a mapping. What it does not name comes from the columns that have the names of arguments, or an alias.
    pub fn read(mapping: &Value, columns: &Columns, names: &Names) -> Result<Mapping, Problem> {
        let Value::Object(given) = mapping else {
            return Err(Problem::new("mapping must be a JSON object", MAPPING_HINT));
        };
        let mut read = Mapping::default();
        let mut said = Vec::new();
        for (name, value) in given {
            let argument = argument_named(name)
                .ok_or_else(|| Problem::new(format!("mapping has no argument \"{}\"", shown(name)), MAPPING_HINT))?;
            said.push(argument);
            if argument == Argument::Payload {
                read.payload = if value.is_null() { None } else { Some(read_payload(value, columns)?) };
            } else if !value.is_null() {
                read.arguments.push((argument, read_source(name, value, columns)?));
            }
        }
        read.add_by_name(&said, columns, names)?;
        let has = |argument| read.arguments.iter().any(|(known, _)| *known == argument);
        if !has(Argument::EventId) && !said.contains(&Argument::EventId) && !columns.key.is_empty() {
            read.arguments.push((Argument::EventId, Source::Key(columns.key.clone())));
        }
        for (name, hint) in [
            (
                "event_name",
                "Name the column of it, or one name for all: {\"event_name\": {\"value\": \"order_placed\"}}.",
            ),
            ("event_ts", "Name the column that says when it happened: {\"event_ts\": \"created_at\"}."),
            ("event_id", "It has no primary key: name a column that tells its rows apart, {\"event_id\": \"id\"}."),
        ] {
            if !read.arguments.iter().any(|(known, _)| Some(*known) == argument_named(name)) {
                return Err(Problem::new(format!("mapping does not say where {name} comes from"), hint));
            }
        }
        Ok(read)
    }

    /// Adds what nobody named: an exact name before an alias.
    fn add_by_name(&mut self, said: &[Argument], columns: &Columns, names: &Names) -> Result<(), Problem> {
        let mut found: Vec<(Argument, &str, bool)> = Vec::new();
        for column in &columns.all {
            let Some(argument) = names.meaning(&column.name).filter(|argument| !said.contains(argument)) else {
                continue;
            };
            let is_exact = argument_named(&column.name).is_some();
            match found.iter_mut().find(|(known, _, _)| *known == argument) {
                None => found.push((argument, &column.name, is_exact)),
                Some(known) if is_exact => *known = (argument, &column.name, true),
                Some((_, _, true)) => (),
                Some((_, other, false)) => {
                    return Err(Problem::new(
                        format!("columns \"{}\" and \"{}\" mean the same argument", shown(other), shown(&column.name)),
                        "Say in mapping which one it is, or null for none.",
                    ));
                }
            }
        }
        for (argument, column, _) in found {
            let reference = columns.reference(column)?;
            if argument == Argument::Payload {
                self.payload = Some(Payload::Whole(reference));
            } else {
                self.arguments
                    .push((argument, Source::Column(FromColumn { column: reference, ..FromColumn::default() })));
            }
        }
        Ok(())
    }
}

fn read_source(name: &str, value: &Value, columns: &Columns) -> Result<Source, Problem> {
    let wrong = |problem: &str| {
        Problem::new(
            format!("{name} in mapping {problem}"),
            "It is the name of a column, {\"column\": ..., \"names\": {...}, \"time_zone\": ..., \"unit\": ...}, {\"value\": ...} or null.",
        )
    };
    match value {
        Value::String(column) => {
            Ok(Source::Column(FromColumn { column: columns.reference(column)?, ..FromColumn::default() }))
        }
        Value::Object(object) if object.len() == 1 && object.contains_key("value") => {
            Ok(Source::Constant(object["value"].clone()))
        }
        Value::Object(object) => {
            let Some(Value::String(column)) = object.get("column") else { return Err(wrong("names no column")) };
            let mut from = FromColumn { column: columns.reference(column)?, ..FromColumn::default() };
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("column", _) => (),
                    ("names", Value::Object(_)) if !["event_name", "source"].contains(&name) => {
                        return Err(wrong("has other names, which are for event_name and source"));
                    }
                    ("names", Value::Object(names)) => {
                        from.names = read_names(names).ok_or_else(|| wrong("has a name that is no text"))?
                    }
                    ("time_zone", Value::String(zone)) => from.time_zone = Some(zone.clone()),
                    ("unit", Value::String(unit)) => {
                        from.per_second = Some(match unit.as_str() {
                            "seconds" => 1,
                            "milliseconds" => 1_000,
                            "microseconds" => 1_000_000,
                            _ => return Err(wrong("has another unit than seconds, milliseconds and microseconds")),
                        });
                    }
                    _ => return Err(wrong(&format!("has an unknown or wrong key \"{}\"", shown(key)))),
                }
            }
            Ok(Source::Column(from))
        }
        _ => Err(wrong("is neither a text nor an object")),
    }
}

fn read_names(names: &Map<String, Value>) -> Option<HashMap<String, String>> {
    names.iter().map(|(from, to)| Some((from.clone(), to.as_str()?.to_owned()))).collect()
}

const PAYLOAD_HINT: &str = "It is the name of a column, a list of columns, or an object of keys and columns, where the key \"*\" stands for all members of a column: {\"*\": \"meta\", \"plan\": \"plan_name\"}.";

/// Reads where a payload comes from.
pub fn read_payload(value: &Value, columns: &Columns) -> Result<Payload, Problem> {
    match value {
        Value::String(column) => Ok(Payload::Whole(columns.reference(column)?)),
        Value::Object(object) => {
            let all_of = match object.get("*") {
                None => None,
                Some(Value::String(column)) => Some(columns.reference(column)?),
                Some(_) => return Err(Problem::new("\"*\" in payload is no column", PAYLOAD_HINT)),
            };
            let members = object.iter().filter(|(key, _)| *key != "*");
            let members = members.map(|(key, value)| Ok((key.clone(), read_member(value, columns)?)));
            Ok(Payload::Members { all_of, members: members.collect::<Result<_, Problem>>()? })
        }
        Value::Array(list) => Ok(Payload::Members { all_of: None, members: read_list(list, columns)? }),
        _ => Err(Problem::new("payload is neither a text nor a list nor an object", PAYLOAD_HINT)),
    }
}

fn read_list(list: &[Value], columns: &Columns) -> Result<Vec<(String, Member)>, Problem> {
    let column = |value: &Value| {
        let Value::String(column) = value else {
            return Err(Problem::new("a list in payload has something else than names of columns", PAYLOAD_HINT));
        };
        let member = columns.member(column)?;
        let key =
            if columns.has(column) { column } else { column.split_once('.').map_or(column.as_str(), |(_, key)| key) };
        Ok((key.to_owned(), member))
    };
    let members: Vec<(String, Member)> = list.iter().map(column).collect::<Result<_, _>>()?;
    for (place, (key, _)) in members.iter().enumerate() {
        if members[..place].iter().any(|(known, _)| known == key) {
            return Err(Problem::new(
                format!("a list in payload has two members \"{}\"", shown(key)),
                "Give them names of their own: {\"was\": \"old.plan\", \"is\": \"new.plan\"}.",
            ));
        }
    }
    Ok(members)
}

fn read_member(value: &Value, columns: &Columns) -> Result<Member, Problem> {
    match value {
        Value::String(column) => columns.member(column),
        Value::Array(list) => Ok(Member::Object(read_list(list, columns)?)),
        Value::Object(object) if object.len() == 1 && object.contains_key("value") => {
            Ok(Member::Constant(object["value"].clone()))
        }
        _ => Err(Problem::new(
            "a key of payload has neither a column nor a list of columns nor {\"value\": ...}",
            PAYLOAD_HINT,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::columns::tests::{audit, events};
    use serde_json::json;

    fn names() -> Names {
        Names::new(
            [("event_type", "event_name"), ("meta", "payload"), ("event_time", "event_ts")]
                .map(|(a, b)| (a.into(), b.into())),
        )
    }

    fn problem(mapping: Value) -> String {
        Mapping::read(&mapping, &events(), &names()).expect_err("a problem").problem
    }

    #[test]
    fn columns_are_found_by_their_names_and_aliases() {
        let mapping = Mapping::read(&json!({}), &events(), &names()).expect("a mapping");
        let arguments: Vec<Argument> = mapping.arguments.iter().map(|(argument, _)| *argument).collect();
        assert_eq!(arguments, [Argument::EventName, Argument::EventTs, Argument::UserId, Argument::EventId]);
        assert_eq!(mapping.payload, Some(Payload::Whole(Reference::new("meta"))));
        assert_eq!(mapping.arguments[3].1, Source::Key(vec!["id".into()]));
    }

    #[test]
    fn null_leaves_an_argument_out() {
        let mapping =
            Mapping::read(&json!({"user_id": null, "payload": null}), &events(), &names()).expect("a mapping");
        assert!(mapping.payload.is_none());
        assert!(mapping.arguments.iter().all(|(argument, _)| *argument != Argument::UserId));
    }

    #[test]
    fn each_fault_is_told() {
        assert_eq!(problem(json!([])), "mapping must be a JSON object");
        assert_eq!(problem(json!({"colour": "red"})), "mapping has no argument \"colour\"");
        assert_eq!(problem(json!({"user_id": "nope"})), "there is no column \"nope\"");
        assert_eq!(problem(json!({"event_name": null})), "mapping does not say where event_name comes from");
        assert_eq!(
            problem(json!({"event_ts": {"column": "event_time", "unit": "days"}})),
            "event_ts in mapping has another unit than seconds, milliseconds and microseconds"
        );
        assert_eq!(problem(json!({"payload": 7})), "payload is neither a text nor a list nor an object");
        assert_eq!(problem(json!({"payload": {"a": "old.meta"}})), "there is no column \"old.meta\"");
    }

    #[test]
    fn an_audit_names_what_was_and_what_is() {
        let columns = audit("update");
        let payload = read_payload(
            &json!({"from": "old.plan", "to": "plan", "by": "tg_op", "before": ["old.plan", "old.price"]}),
            &columns,
        );
        let Ok(Payload::Members { members, .. }) = payload else { panic!("{payload:?}") };
        let member = |key: &str| members.iter().find(|(known, _)| known == key).map(|(_, member)| member.clone());
        assert_eq!(member("from"), Some(Member::Column(Reference::old("plan"))));
        assert_eq!(member("to"), Some(Member::Column(Reference::new("plan"))));
        assert_eq!(member("by"), Some(Member::Constant(json!("update"))));
        assert!(matches!(member("before"), Some(Member::Object(columns)) if columns[1].0 == "price"));
    }

    #[test]
    fn what_was_of_an_insert_is_nothing() {
        assert_eq!(audit("insert").member("old.plan"), Ok(Member::Nothing));
        assert_eq!(audit("delete").member("new.plan"), Ok(Member::Nothing));
        assert_eq!(audit("delete").member("plan"), Ok(Member::Column(Reference::old("plan"))));
    }
}
