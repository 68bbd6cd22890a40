//! Pure: what a query selects so that its rows become events, and what each of its columns is for.
//!
//! A definition of the application is never part of the text but as an identifier or a constant, each quoted here.

use super::columns::{Columns, Kind, Member, Problem, Reference};
use super::mapping::{FromColumn, Mapping, Payload, Source};
use crate::log::incoming::Argument;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// How a selected column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    Uuid,
    Text,
    /// A bigint, of a time in so many parts of a second.
    Integer,
    Number,
    Time,
    Jsonb,
    /// JSON as text.
    Json,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub argument: Argument,
    pub read: Read,
    pub per_second: i64,
    pub names: HashMap<String, String>,
}

/// What all events have in common.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Constants {
    pub event_name: Option<String>,
    pub source: Option<String>,
    pub tenant_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub event_version: Option<i32>,
    pub sample_rate: Option<f32>,
}

/// A query's columns.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    pub fields: Vec<Field>,
    /// The column of each field as SQL, of rows that are called `new` and `old`.
    pub columns: Vec<String>,
    /// All of them.
    pub selected: String,
    pub constants: Constants,
    /// What stands before an event_id that is no uuid, of which as_id() makes one.
    pub id_prefix: String,
    /// The SQL of event_ts, where it may be compared with a time.
    pub time: Option<String>,
}

impl Plan {
    pub fn of(mapping: &Mapping, columns: &Columns, id_prefix: &str) -> Result<Plan, Problem> {
        let mut plan = Plan { id_prefix: id_prefix.into(), ..Plan::default() };
        let mut selected = Vec::new();
        for (argument, source) in &mapping.arguments {
            match source {
                Source::Constant(value) => plan.constants.set(*argument, value)?,
                Source::Column(from) => {
                    let (read, sql) = read_column(*argument, from, columns)?;
                    if *argument == Argument::EventTs && read == Read::Time {
                        plan.time = Some(sql.clone());
                    }
                    selected.push(sql);
                    let per_second = from.per_second.unwrap_or(1);
                    plan.fields.push(Field { argument: *argument, read, per_second, names: from.names.clone() });
                }
                Source::Key(key) => {
                    let parts: Vec<String> =
                        key.iter().map(|name| format!("{}::pg_catalog.text", column(&Reference::new(name)))).collect();
                    let is_uuid = matches!(key.as_slice(), [one] if columns.kind(&Reference::new(one)) == Kind::Uuid);
                    let (read, sql) = match parts.as_slice() {
                        _ if is_uuid => (Read::Uuid, format!("{}::pg_catalog.uuid", column(&Reference::new(&key[0])))),
                        [one] => (Read::Text, one.clone()),
                        _ => {
                            let parts = key.iter().zip(parts).map(|(name, part)| part_of_key(columns, name, part));
                            (Read::Text, format!("pg_catalog.concat_ws(',', {})", parts.collect::<Vec<_>>().join(", ")))
                        }
                    };
                    selected.push(sql);
                    plan.fields.push(Field { argument: *argument, read, per_second: 1, names: HashMap::new() });
                }
            }
        }
        if let Some(payload) = &mapping.payload {
            let (read, sql) = payload_sql(payload, columns)?;
            selected.push(sql);
            plan.fields.push(Field { argument: Argument::Payload, read, per_second: 1, names: HashMap::new() });
        }
        plan.selected = selected.join(", ");
        plan.columns = selected;
        Ok(plan)
    }

    /// The names of columns that nothing is read from.
    pub fn unread(mapping: &Mapping, columns: &Columns) -> Vec<String> {
        let mut read = Vec::new();
        for (_, source) in &mapping.arguments {
            match source {
                Source::Constant(_) => (),
                Source::Column(from) => read.push(from.column.column.as_str()),
                Source::Key(key) => read.extend(key.iter().map(String::as_str)),
            }
        }
        match &mapping.payload {
            None => (),
            Some(Payload::Whole(reference)) => read.push(&reference.column),
            Some(Payload::Members { all_of, members }) => {
                read.extend(all_of.iter().map(|reference| reference.column.as_str()));
                members.iter().for_each(|(_, member)| names_of(member, &mut read));
            }
        }
        let names = columns.all.iter().map(|column| column.name.clone());
        names.filter(|name| !read.contains(&name.as_str())).collect()
    }
}

/// A part of a key of several columns, which a comma separates: one within it is written otherwise, so that no two keys are alike.
fn part_of_key(columns: &Columns, name: &str, part: String) -> String {
    match columns.kind(&Reference::new(name)) {
        Kind::Integer | Kind::Uuid => part,
        _ => format!(r"pg_catalog.replace(pg_catalog.replace({part}, E'\\', E'\\\\'), ',', E'\\,')"),
    }
}

fn names_of<'a>(member: &'a Member, read: &mut Vec<&'a str>) {
    match member {
        Member::Column(reference) => read.push(&reference.column),
        Member::Object(members) => members.iter().for_each(|(_, member)| names_of(member, read)),
        Member::Constant(_) | Member::Nothing => (),
    }
}

impl Constants {
    fn set(&mut self, argument: Argument, value: &Value) -> Result<(), Problem> {
        let wrong = |what: &str| {
            Problem::new(
                format!("a constant in mapping is no {what}"),
                "Constants are texts, uuids and numbers: {\"source\": {\"value\": \"backend\"}}.",
            )
        };
        let text = || value.as_str().map(str::to_owned).filter(|text| !text.is_empty()).ok_or_else(|| wrong("text"));
        let id = || value.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(|| wrong("uuid"));
        match argument {
            Argument::EventName => self.event_name = Some(text()?),
            Argument::Source => self.source = Some(text()?),
            Argument::TenantId => self.tenant_id = Some(id()?),
            Argument::UserId => self.user_id = Some(id()?),
            Argument::SessionId => self.session_id = Some(id()?),
            Argument::SubjectId => self.subject_id = Some(id()?),
            Argument::EventVersion => {
                let version = value.as_i64().and_then(|number| i32::try_from(number).ok());
                self.event_version = Some(version.ok_or_else(|| wrong("version"))?);
            }
            Argument::SampleRate => {
                let rate = value.as_f64().filter(|rate| *rate > 0.0 && *rate <= 1.0);
                self.sample_rate = Some(rate.ok_or_else(|| wrong("rate above 0 and at most 1"))? as f32);
            }
            Argument::Payload | Argument::ClientTs | Argument::Seq | Argument::EventId | Argument::EventTs => {
                return Err(Problem::new(
                    "a mapping gives every row the same time, seq, event_id or payload",
                    "Name a column of it.",
                ));
            }
        }
        Ok(())
    }
}

/// How an argument is read from a column, and the SQL of it.
fn read_column(argument: Argument, from: &FromColumn, columns: &Columns) -> Result<(Read, String), Problem> {
    let kind = columns.kind(&from.column);
    let value = column(&from.column);
    let as_type = |name: &str| format!("{value}::pg_catalog.{name}");
    let read = match (argument, kind) {
        (Argument::EventName | Argument::Source, Kind::Text | Kind::Integer | Kind::Other) => {
            (Read::Text, as_type("text"))
        }
        (
            Argument::UserId | Argument::SessionId | Argument::SubjectId | Argument::TenantId | Argument::EventId,
            Kind::Uuid,
        ) => (Read::Uuid, as_type("uuid")),
        (
            Argument::UserId | Argument::SessionId | Argument::SubjectId | Argument::TenantId | Argument::EventId,
            Kind::Text | Kind::Integer,
        ) => (Read::Text, as_type("text")),
        (Argument::EventTs | Argument::ClientTs, Kind::Time) => (Read::Time, as_type("timestamptz")),
        (Argument::EventTs | Argument::ClientTs, Kind::Text) => (Read::Text, as_type("text")),
        (Argument::EventTs | Argument::ClientTs, Kind::Integer) if from.per_second.is_some() => {
            (Read::Integer, as_type("int8"))
        }
        (Argument::EventTs | Argument::ClientTs, Kind::LocalTime) if from.time_zone.is_some() => {
            let zone = literal(from.time_zone.as_deref().unwrap_or_default());
            (Read::Time, format!("pg_catalog.timezone({zone}, {}::pg_catalog.timestamp)", value))
        }
        (Argument::EventTs | Argument::ClientTs, Kind::LocalTime) => {
            return Err(Problem::new(
                format!("column \"{}\" is a time without a time zone", from.column.column),
                format!("Say which one it is in: {{\"column\": \"{}\", \"time_zone\": \"UTC\"}}.", from.column.column),
            ));
        }
        (Argument::EventTs | Argument::ClientTs, Kind::Integer) => {
            return Err(Problem::new(
                format!("column \"{}\" is a number", from.column.column),
                format!(
                    "Say what it counts since 1970: {{\"column\": \"{}\", \"unit\": \"milliseconds\"}}.",
                    from.column.column
                ),
            ));
        }
        (Argument::Seq | Argument::EventVersion, Kind::Integer) => (Read::Integer, as_type("int8")),
        (Argument::SampleRate, Kind::Number | Kind::Integer) => (Read::Number, as_type("float8")),
        _ => {
            return Err(Problem::new(
                format!("column \"{}\" has a type that {} cannot be read from", from.column.column, argument.name()),
                "Ids are uuids, texts or integers, times timestamptz, names texts; a view may give a column another type.",
            ));
        }
    };
    if from.time_zone.is_some() && kind != Kind::LocalTime || from.per_second.is_some() && kind != Kind::Integer {
        return Err(Problem::new(
            format!("column \"{}\" has a time zone or a unit of its own", from.column.column),
            "time_zone is for a timestamp without one, unit for an integer.",
        ));
    }
    Ok(read)
}

fn payload_sql(payload: &Payload, columns: &Columns) -> Result<(Read, String), Problem> {
    match payload {
        Payload::Whole(reference) => match columns.kind(reference) {
            Kind::Jsonb => Ok((Read::Jsonb, format!("{}::pg_catalog.jsonb", column(reference)))),
            Kind::Json | Kind::Text => Ok((Read::Json, format!("{}::pg_catalog.text", column(reference)))),
            _ => Err(Problem::new(
                format!("column \"{}\" holds no JSON", reference.column),
                "To have it as a member of the payload, give a list: {\"payload\": [\"plan\"]}.",
            )),
        },
        Payload::Members { all_of, members } => {
            let mut parts = Vec::new();
            if let Some(reference) = all_of {
                if !matches!(columns.kind(reference), Kind::Jsonb | Kind::Json) {
                    return Err(Problem::new(
                        format!("column \"{}\" holds no JSON", reference.column),
                        "\"*\" stands for the members of a jsonb column.",
                    ));
                }
                parts.push(format!("coalesce({}::pg_catalog.jsonb, '{{}}'::pg_catalog.jsonb)", column(reference)));
            }
            parts.extend(object_parts(members, columns));
            if parts.is_empty() {
                parts.push("'{}'::pg_catalog.jsonb".into());
            }
            Ok((Read::Jsonb, parts.join(" operator(pg_catalog.||) ")))
        }
    }
}

/// jsonb_build_object() takes 100 arguments, of which a member needs two.
const MEMBERS_PER_CALL: usize = 40;

/// An object in parts that are to be joined. A column that is NULL gives no member.
fn object_parts(members: &[(String, Member)], columns: &Columns) -> Vec<String> {
    let (mut plain, mut parts) = (Vec::new(), Vec::new());
    for (key, member) in members {
        let key = literal(key);
        match member {
            Member::Column(reference) if matches!(columns.kind(reference), Kind::Jsonb | Kind::Json | Kind::Other) => {
                // What is inside of it keeps its nulls.
                let value = column(reference);
                parts.push(format!("case when {value} is null then '{{}}'::pg_catalog.jsonb else pg_catalog.jsonb_build_object({key}, {value}) end"));
            }
            Member::Column(reference) => plain.push(format!("{key}, {}", column(reference))),
            Member::Constant(value) => parts.push(format!(
                "pg_catalog.jsonb_build_object({key}, {}::pg_catalog.jsonb)",
                literal(&value.to_string())
            )),
            Member::Object(members) => {
                let inner = object_parts(members, columns);
                if !inner.is_empty() {
                    parts.push(format!(
                        "pg_catalog.jsonb_build_object({key}, {})",
                        inner.join(" operator(pg_catalog.||) ")
                    ));
                }
            }
            Member::Nothing => (),
        }
    }
    let plain = plain.chunks(MEMBERS_PER_CALL);
    parts.extend(
        plain.map(|members| {
            format!("pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object({}))", members.join(", "))
        }),
    );
    parts
}

/// A column as SQL.
pub fn column(reference: &Reference) -> String {
    format!("{}.{}", reference.side.alias(), identifier(&reference.column))
}

pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A constant as SQL, whatever standard_conforming_strings says.
pub fn literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::incoming::Names;
    use crate::tables::columns::tests::{audit, events};
    use crate::tables::mapping::read_payload;
    use proptest::prelude::*;
    use serde_json::json;

    fn plan(mapping: Value) -> Result<Plan, Problem> {
        let names = Names::new([("event_type".into(), "event_name".into())]);
        Plan::of(&Mapping::read(&mapping, &events(), &names)?, &events(), "app.events:")
    }

    #[test]
    fn each_argument_is_one_column() {
        let plan = plan(json!({"event_ts": "event_time", "payload": {"*": "meta", "plan": "plan"}})).expect("a plan");
        assert_eq!(
            plan.selected,
            "new.\"event_time\"::pg_catalog.timestamptz, new.\"event_type\"::pg_catalog.text, new.\"user_id\"::pg_catalog.uuid, \
             new.\"id\"::pg_catalog.text, coalesce(new.\"meta\"::pg_catalog.jsonb, '{}'::pg_catalog.jsonb) operator(pg_catalog.||) \
             pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(E'plan', new.\"plan\"))"
        );
        assert_eq!(plan.time.as_deref(), Some("new.\"event_time\"::pg_catalog.timestamptz"));
    }

    #[test]
    fn a_time_without_a_zone_asks_for_one() {
        let problem = plan(json!({"event_ts": "logged at"})).expect_err("a problem");
        assert_eq!(problem.problem, "column \"logged at\" is a time without a time zone");
        let plan = plan(json!({"event_ts": {"column": "logged at", "time_zone": "Europe/Berlin"}})).expect("a plan");
        assert!(
            plan.selected.contains("pg_catalog.timezone(E'Europe/Berlin', new.\"logged at\"::pg_catalog.timestamp)")
        );
    }

    #[test]
    fn a_row_that_is_not_there_gives_no_member() {
        let payload = read_payload(&json!({"was": "old.plan", "is": "plan"}), &audit("insert")).expect("a payload");
        let (_, sql) = payload_sql(&payload, &audit("insert")).expect("SQL");
        assert_eq!(sql, "pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(E'is', new.\"plan\"))");
    }

    #[test]
    fn what_is_quoted_stays_one_word() {
        assert_eq!(identifier("a\"; drop table b; --"), "\"a\"\"; drop table b; --\"");
        assert_eq!(literal("it's \\' or 1=1"), "E'it\\'s \\\\\\' or 1=1'");
    }

    proptest! {
        /// Read as PostgreSQL reads it, a constant ends where it was meant to end.
        #[test]
        fn a_constant_ends_at_its_last_quote(text in "[a'\\\\\" ;-]{0,12}") {
            let quoted = literal(&text);
            let inner = &quoted[2..quoted.len() - 1];
            let mut letters = inner.chars();
            let mut read = String::new();
            while let Some(letter) = letters.next() {
                prop_assert_ne!(letter, '\'');
                read.push(if letter == '\\' { letters.next().expect("an escaped letter") } else { letter });
            }
            prop_assert_eq!(read, text);
        }
    }
}
