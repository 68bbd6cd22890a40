//! The clauses that narrow a query to what is asked for: a tenant, names of events, a range of time.

use crate::db::Value;
use crate::db::stream;
use crate::ids::TenantId;
use pgrx::pg_sys::{Oid, TEXTARRAYOID, TIMESTAMPTZOID, UUIDOID};
use std::ops::Range;

/// The arguments of a statement with their types; the first one is $1.
pub type Arguments<'a> = Vec<(Oid, Value<'a>)>;

/// A query while it grows, and its arguments so far.
pub struct Clauses<'a> {
    pub sql: String,
    pub arguments: Arguments<'a>,
}

impl<'a> Clauses<'a> {
    /// Begins with `sql`, which ends in a condition that others may be added to, for instance "where true".
    pub fn after(sql: impl Into<String>) -> Clauses<'a> {
        Clauses { sql: sql.into(), arguments: Vec::new() }
    }

    /// Adds an argument and returns its number.
    pub fn number(&mut self, kind: Oid, value: Value<'a>) -> usize {
        self.arguments.push((kind, value));
        self.arguments.len()
    }

    /// Keeps only the rows whose column compares with a value.
    pub fn compare(&mut self, column: &str, operator: &str, kind: Oid, value: Value<'a>) {
        let number = self.number(kind, value);
        self.sql += &format!(" and {column} operator(pg_catalog.{operator}) ${number}");
    }

    /// Keeps only the rows of a tenant; without one those of all tenants.
    pub fn tenant(&mut self, table: &str, tenant: Option<TenantId>) {
        if let Some(tenant) = tenant {
            self.compare(&format!("{table}.tenant_id"), "=", UUIDOID, stream::uuid(tenant));
        }
    }

    /// Keeps only the rows of events of these names; without a list those of all names.
    pub fn names(&mut self, table: &str, names: Option<Vec<String>>) {
        if let Some(names) = names {
            let number = self.number(TEXTARRAYOID, stream::array(names));
            self.sql += &format!(" and {table}.event_name operator(pg_catalog.=) any (${number})");
        }
    }

    /// Keeps only the rows that may hold something of a range, whose open ends are i64::MIN and i64::MAX. `first` and
    /// `last` are the columns of the first and the last time that a row is about.
    pub fn range(&mut self, (first, last): (&str, &str), range: &Range<i64>) {
        if range.start != i64::MIN {
            self.compare(last, ">=", TIMESTAMPTZOID, Value::Time(range.start));
        }
        if range.end != i64::MAX {
            self.compare(first, "<", TIMESTAMPTZOID, Value::Time(range.end));
        }
    }
}
