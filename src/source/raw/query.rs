//! Runs the statement that finds a question's rows, with the caller's rights.

use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::plans::Planning;
use crate::db::stream::{Row, stream_planned, stream_tail};
use crate::error::Error;
use crate::jsonb::keys::Keys;
use crate::log::partitions;
use crate::log::partitions::windows::within;
use crate::source::payload_sql::{exists_at_any, meets, text_at, value_at};
use crate::source::question::{Actor, Question};
use crate::source::texts::Texts;
use pgrx::pg_sys::INT8OID;
use std::ops::Range;

/// The part of a question's rows that is to be read.
pub enum Rows {
    All,
    /// The rows that arrived after this ingest_id, which lie in these ranges of time.
    Above(i64, Vec<Range<i64>>),
    /// The rows of these names that arrived up to this ingest_id.
    Below(i64, Vec<String>),
}

pub const COLUMN_TENANT: usize = 0;
pub const COLUMN_TIME: usize = 1;
pub const COLUMN_NAME: usize = 2;
pub const COLUMN_ACTOR: usize = 3;
pub const COLUMN_ARRIVAL: usize = 4;
pub const COLUMN_RATE: usize = 5;
pub const COLUMN_VALUE: usize = 6;
pub const COLUMN_GROUP: usize = 7;
pub const COLUMN_SUBJECT: usize = 8;
/// The number of the column with the value that says what the event is about.
pub const COLUMN_OBJECT: usize = 9;
pub const FIRST_CONDITION: usize = 10;

/// Calls `each` with every row.
pub fn read(
    question: &Question,
    which: &Rows,
    mut each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let ranges = match which {
        Rows::Above(_, ranges) => within(ranges, &question.range),
        Rows::All | Rows::Below(..) => vec![question.range.clone()],
    };
    partitions::each_window(ranges, |window| {
        let Clauses { sql, arguments } = query(question, which, window);
        match which {
            Rows::Above(..) => stream_tail(&sql, &arguments, &mut each),
            Rows::All | Rows::Below(..) => stream_planned(&sql, &arguments, Planning::ByArguments, &mut each),
        }
    })
}

/// The number of the values of the keys that match, which stand behind everything else.
pub fn matched(row: &Row<'_>, question: &Question, values: &mut Texts) -> u32 {
    let first = FIRST_CONDITION + question.conditions.len() + usize::from(question.asks_cohorts());
    let number_at = |values: &mut Texts, column| row.text(column).map_or(0, |text| values.number(text));
    let one = number_at(values, first);
    (first + 1..first + question.matches.len()).fold(one, |all, column| {
        let next = number_at(values, column);
        values.number_of_pair(all, next)
    })
}

fn query<'a>(question: &'a Question, which: &Rows, window: &[Range<i64>]) -> Clauses<'a> {
    let actor = match question.actor {
        Actor::User => "e.user_id",
        Actor::Session => "e.session_id",
        Actor::Subject => "e.subject_id",
        Actor::Tenant => "e.tenant_id",
    };
    let mut arguments = Vec::new();
    let mut sql = format!(
        "select e.tenant_id, e.event_ts, e.event_name, {actor}, {}, {}",
        if question.needs_arrivals { "e.ingest_id" } else { "null::pg_catalog.int8" },
        if question.needs_rates { "e.sample_rate" } else { "null::pg_catalog.float4" },
    );
    let null = || "null::pg_catalog.text".to_string();
    let mut value_of = |keys: &'a Option<Keys>| keys.as_ref().map_or_else(null, |keys| value_at(keys, &mut arguments));
    let (touched, grouped) = (value_of(&question.touches), value_of(&question.groups_by));
    let object = question.object_key.as_ref().map_or_else(null, |key| text_at(key, &mut arguments));
    let subject = if question.subjects.is_some() { "e.subject_id" } else { "null::pg_catalog.uuid" };
    sql += &format!(", {touched}, {grouped}, {subject}, {object}");
    // Whether an event is about anything.
    let about = if question.object_key.is_some() { object.as_str() } else { "e.subject_id" };
    for condition in &question.conditions {
        sql += ", ";
        sql += &meets(condition, &mut arguments);
    }
    // The user, where cohorts are asked for, stands behind the conditions.
    if question.asks_cohorts() {
        sql += ", e.user_id";
    }
    let matched: Vec<String> = question.matches.iter().map(|key| text_at(key, &mut arguments)).collect();
    matched.iter().for_each(|text| sql += &format!(", {text}"));
    sql += " from telemetry.events e where true";
    matched.iter().for_each(|text| sql += &format!(" and ({text}) is not null"));
    let mut clauses = Clauses { sql, arguments };
    clauses.tenant("e", question.tenant);
    let names = match which {
        Rows::Below(_, names) => Some(names.clone()),
        _ => question.names().map(|names| names.into_iter().map(str::to_string).collect()),
    };
    clauses.names("e", names);
    if question.drops_nobodys() {
        let actor = if question.actor == Actor::Subject { about } else { actor };
        clauses.sql += &format!(" and ({actor}) is not null");
    }
    if question.needs_subjects_of(question.labels()) {
        clauses.sql += &format!(" and ({about}) is not null");
    }
    if question.needs_value
        && let Some(keys) = &question.touches
    {
        clauses.sql += " and ";
        clauses.sql += &exists_at_any(keys, &mut clauses.arguments);
    }
    match which {
        Rows::All => {}
        Rows::Above(above, _) => {
            // Closed above, so that the planner without statistics takes it for a small part.
            clauses.compare("e.ingest_id", ">", INT8OID, Value::Big(*above));
            clauses.compare("e.ingest_id", "<=", INT8OID, Value::Big(i64::MAX));
        }
        Rows::Below(position, _) => clauses.compare("e.ingest_id", "<=", INT8OID, Value::Big(*position)),
    }
    clauses.sql += &partitions::condition(window, &mut clauses.arguments);
    clauses
}
