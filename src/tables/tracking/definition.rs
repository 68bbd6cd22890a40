//! What is tracked of a table: the query that makes events of a statement's rows.

use crate::db::Value;
use crate::db::rights;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::log::incoming::{Argument, argument_named};
use crate::tables::columns::{Columns, Member, Problem, Side};
use crate::tables::mapping::{FromColumn, Mapping, Source, read_payload};
use crate::tables::plan::{Plan, identifier};
use crate::tables::relation::{columns_of, name_of};
use pgrx::pg_sys::{self, TEXTOID};
use serde_json::Value as Json;

/// A definition as it was given.
pub struct Said {
    pub event_name: String,
    /// SQL about the rows `new` and `old`.
    pub condition: Option<String>,
    pub payload: Option<String>,
    /// The columns of user_id, session_id, subject_id and tenant_id.
    pub arguments: String,
    pub source: Option<String>,
    pub is_strict: bool,
}

/// A definition that can be used, for one operation.
pub struct Tracked {
    pub plan: Plan,
    pub sql: String,
    pub is_strict: bool,
    /// The definition says who did it; else it is the user of the request.
    pub has_user: bool,
    relation: String,
    /// Its columns, of a row that is called `r`.
    columns: String,
    condition: Option<String>,
}

/// The definitions about an operation on a table, each with its query, or why it cannot be used.
pub fn load(
    relation: pg_sys::Oid,
    key: &str,
    operation: &'static str,
) -> Result<Vec<(Said, Result<Tracked, Error>)>, Error> {
    let sql = "select t.event_name, t.condition, t.payload::pg_catalog.text, t.arguments::pg_catalog.text, t.source, t.is_strict \
         from telemetry.table_trackings t where t.relation operator(pg_catalog.=) $1 and $2 operator(pg_catalog.=) any (t.operations) \
         order by t.event_name";
    let mut all = Vec::new();
    stream(sql, &[(TEXTOID, Value::Text(key)), (TEXTOID, Value::Text(operation))], Snapshot::Latest, |row| {
        let text = |column| row.text(column).map(str::to_owned);
        all.push(Said {
            event_name: text(0).unwrap_or_default(),
            condition: text(1),
            payload: text(2),
            arguments: text(3).unwrap_or_default(),
            source: text(4),
            is_strict: row.flag(5),
        });
        Ok(())
    })?;
    let compiled = |said: Said| {
        let tracked = Tracked::of(relation, operation, &said);
        (said, tracked)
    };
    Ok(all.into_iter().map(compiled).collect())
}

impl Tracked {
    /// Error: 22023 a column that is not there, or that an argument cannot be read from.
    pub fn of(relation: pg_sys::Oid, operation: &'static str, said: &Said) -> Result<Tracked, Error> {
        let mut columns = Columns { operation: Some(operation), ..columns_of(relation)? };
        // PostgreSQL computes them when a table is read, and hands a trigger nothing of them.
        columns.all.retain(|column| !column.is_virtual);
        let name = name_of(relation)?.unwrap_or_default();
        let mapping = mapping_of(said, &columns)?;
        let plan = Plan::of(&mapping, &columns, "")?;
        let has_user = mapping.arguments.iter().any(|(argument, _)| *argument == Argument::UserId);
        let selected = if plan.selected.is_empty() { "null" } else { &plan.selected };
        let mut sql = format!("select {selected} from {}", rows_of(operation, &columns, said.condition.is_some()));
        if let Some(condition) = &said.condition {
            // On lines of its own: a comment ends with it.
            sql.push_str(&format!(" where (\n{condition}\n)"));
        }
        Ok(Tracked {
            plan,
            sql,
            is_strict: said.is_strict,
            has_user,
            relation: name,
            columns: listed(&columns, "r"),
            condition: said.condition.clone(),
        })
    }

    /// Runs the query over no rows, with the caller's rights. Error: PostgreSQL's, where the condition cannot be used.
    pub fn check(&self) -> Result<(), Error> {
        let none =
            |side: Side| format!("(select {} from {} r limit 0) as {}", self.columns, self.relation, side.alias());
        let selected = if self.plan.selected.is_empty() { "null" } else { &self.plan.selected };
        let condition =
            self.condition.as_ref().map_or_else(String::new, |condition| format!(" where (\n{condition}\n)"));
        let sql = format!("select {selected} from {} cross join {}{condition}", none(Side::New), none(Side::Old));
        rights::with_fixed_search_path(|| stream(&sql, &[], Snapshot::OfStatement, |_| Ok(())))
    }
}

/// The columns of a row of that name, as a list of SQL.
fn listed(columns: &Columns, row: &str) -> String {
    columns.all.iter().map(|column| format!("{row}.{}", identifier(&column.name))).collect::<Vec<_>>().join(", ")
}

/// The rows of a statement: a trigger hands them over as `new_rows` and `old_rows`, of an UPDATE in the same order. A row that is not
/// there has NULL in all columns, so that one condition serves all operations.
fn rows_of(operation: &str, columns: &Columns, has_condition: bool) -> String {
    match (operation, has_condition) {
        ("insert", false) => "new_rows as new".into(),
        ("insert", true) => "new_rows as new left join new_rows as old on false".into(),
        ("delete", false) => "old_rows as old".into(),
        ("delete", true) => "old_rows as old left join old_rows as new on false".into(),
        _ => {
            // The number of a row is no column of `new` and `old`.
            let mut number = String::from("telemetry_row");
            while columns.has(&number) {
                number.push('_');
            }
            let numbered =
                |rows: &str| format!("(select pg_catalog.row_number() over () as {number}, r.* from {rows} r)");
            format!(
                "{} as telemetry_old join {} as telemetry_new on telemetry_new.{number} operator(pg_catalog.=) telemetry_old.{number} \
                 cross join lateral (select {}) as old cross join lateral (select {}) as new",
                numbered("old_rows"),
                numbered("new_rows"),
                listed(columns, "telemetry_old"),
                listed(columns, "telemetry_new"),
            )
        }
    }
}

fn mapping_of(said: &Said, columns: &Columns) -> Result<Mapping, Problem> {
    let mut mapping = Mapping::default();
    mapping.arguments.push((Argument::EventName, Source::Constant(Json::from(said.event_name.as_str()))));
    if let Some(source) = &said.source {
        mapping.arguments.push((Argument::Source, Source::Constant(Json::from(source.as_str()))));
    }
    if let Ok(Json::Object(arguments)) = serde_json::from_str(&said.arguments) {
        for (name, column) in &arguments {
            let (Some(argument), Some(column)) = (argument_named(name), column.as_str()) else { continue };
            match columns.member(column)? {
                Member::Column(column) => {
                    mapping.arguments.push((argument, Source::Column(FromColumn { column, ..FromColumn::default() })));
                }
                Member::Nothing => (),
                Member::Constant(_) | Member::Object(_) => {
                    return Err(Problem {
                        problem: format!("{name} is no column"),
                        hint: "Name a column of the table, with old. before it where what was is meant.".into(),
                    });
                }
            }
        }
    }
    if let Some(payload) = &said.payload {
        let payload = serde_json::from_str(payload).unwrap_or(Json::Null);
        mapping.payload = Some(read_payload(&payload, columns)?);
    }
    Ok(mapping)
}
