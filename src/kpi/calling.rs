//! Reads the arguments of a KPI as JSON, by name, and makes the call that they are of.

use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream};
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::{self, JsonbArg};
use crate::spelling::shown;
use pgrx::pg_sys::{self, JSONBOID, TEXTARRAYOID, TEXTOID};
use std::collections::BTreeMap;

/// The arguments of a call.
pub struct Arguments<'a> {
    /// The texts of the values, by the names of the arguments, in the order that jsonb has.
    pub texts: Vec<(&'a str, Option<String>)>,
    /// How each stands in a list of arguments: by its name, and the parameter of the statement.
    pub list: Vec<String>,
    items: Vec<(&'a str, Item<'a>, String)>,
}

impl<'a> Arguments<'a> {
    /// Reads the arguments of a KPI, whose name is known. Errors: 22023 arguments that are no object, or one that the KPI does
    /// not have.
    pub fn of(kpi: &str, given: Option<JsonbArg<'a>>) -> Result<Arguments<'a>, Error> {
        let types = argument_types(kpi)?;
        let given: Vec<(&str, Item<'_>)> = match given.map(JsonbArg::container).map(members) {
            None => Vec::new(),
            Some(Some(members)) => members.collect(),
            Some(None) => Err(Error::BadArgument {
                problem: "arguments must be a JSON object".into(),
                hint: "For example: {\"since\": \"2026-01-01\", \"grain\": \"week\"}.".into(),
            })?,
        };
        let (mut texts, mut list, mut items) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (name, item)) in (1..).zip(given) {
            let kind = types.get(name).ok_or_else(|| Error::UnknownWord {
                argument: "argument",
                word: shown(name),
                known: types.keys().cloned().collect::<Vec<_>>().join(", "),
            })?;
            list.push(match (kind.as_str(), item) {
                ("jsonb", Item::Container(_)) => format!("{name} => ${number}"),
                _ => format!("{name} => cast(${number} as {kind})"),
            });
            texts.push((name, text_of(item)));
            items.push((name, item, kind.clone()));
        }
        Ok(Arguments { texts, list, items })
    }

    /// Gives the values of the statement's parameters.
    pub fn values(&self) -> Vec<(pg_sys::Oid, Value<'_>)> {
        let mut values = Vec::new();
        for ((_, item, kind), (_, text)) in self.items.iter().zip(&self.texts) {
            values.push(match (kind.as_str(), *item) {
                ("jsonb", Item::Container(object)) => (JSONBOID, Value::Container(object)),
                (kind, Item::Container(object)) if kind.ends_with("[]") => {
                    let elements: Vec<Option<String>> = elements(object).into_iter().flatten().map(text_of).collect();
                    (TEXTARRAYOID, stream::array(elements))
                }
                _ => (TEXTOID, text.as_deref().map_or(Value::Null, Value::Text)),
            });
        }
        values
    }

    /// Gives the text of an argument; none where it is not given, or NULL.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(given, _)| *given == name)?.1.as_deref()
    }
}

/// Gives the text that `->>` would show of a value.
fn text_of(item: Item<'_>) -> Option<String> {
    match item {
        Item::Null => None,
        Item::Boolean(value) => Some(value.to_string()),
        Item::Text(text) => Some(text.to_string()),
        Item::Number(number) => Some(number.text()),
        Item::Container(container) => Some(jsonb::text(container)),
    }
}

/// Gives the types of a KPI's arguments by name, as SQL writes them.
fn argument_types(kpi: &str) -> Result<BTreeMap<String, String>, Error> {
    let sql = "select a.name, pg_catalog.format_type(a.kind, null) \
         from pg_catalog.pg_proc p, rows from (pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proargtypes::pg_catalog.oid[])) a (name, kind) \
        where p.pronamespace operator(pg_catalog.=) 'telemetry'::pg_catalog.regnamespace::pg_catalog.oid \
          and p.proname operator(pg_catalog.=) $1::pg_catalog.name and a.kind is not null";
    let mut types = BTreeMap::new();
    stream(sql, &[(TEXTOID, Value::Text(kpi))], Snapshot::OfStatement, |row| {
        types.insert(row.text(0).unwrap_or_default().to_string(), row.text(1).unwrap_or_default().to_string());
        Ok(())
    })?;
    Ok(types)
}
