//! explain_kpi() tells what a call of a KPI would read. Twin: sql/source/source.sql.

mod by_sql;

use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream};
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::{self, JsonbArg};
use crate::source;
use crate::spelling::shown;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, JSONBOID, TEXTARRAYOID, TEXTOID};
use pgrx::prelude::*;
use std::collections::BTreeMap;

/// These functions ask other KPIs for their answers. Every other KPI is found in the catalog: it answers rows and takes
/// a filter; or it reads by SQL of its own (src/kpi/explaining/by_sql.rs).
const ASKERS: [&str; 6] = ["kpi", "kpi_details", "dashboard", "cohort_actors", "forecast_kpi", "compare_periods"];

/// Contract: see the COMMENT in sql/source/source.sql.
#[pg_extern(stable, parallel_restricted)]
fn explain_kpi(
    kpi: Option<&str>,
    arguments: Option<JsonbArg>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(source, String),
            name!(reason, String),
            name!(chunks, i64),
            name!(derived_events, i64),
            name!(raw_events, i64),
        ),
    >,
    ErrorReport,
> {
    let kpi = kpi.ok_or(Error::NullArgument {
        argument: "kpi",
        hint: "For example: telemetry.explain_kpi('active_users', '{\"grain\": \"week\"}').",
    })?;
    let known = kpis()?;
    if !known.iter().any(|known| known == kpi) {
        let word = shown(kpi);
        Err(Error::UnknownWord { argument: "kpi", word, known: known.join(", ") })?;
    }
    let types = argument_types(kpi)?;
    let container = arguments.map(JsonbArg::container);
    let given: Vec<(&str, Item<'_>)> = match container.map(members) {
        None => Vec::new(),
        Some(Some(members)) => members.collect(),
        Some(None) => Err(Error::BadArgument {
            problem: "arguments must be a JSON object".into(),
            hint: "For example: {\"since\": \"2026-01-01\", \"grain\": \"week\"}.".into(),
        })?,
    };
    let mut values: Vec<(pg_sys::Oid, Value<'_>)> = Vec::new();
    let mut list = Vec::new();
    let texts: Vec<Option<String>> = given.iter().map(|(_, item)| text_of(*item)).collect();
    for ((name, item), text) in given.iter().zip(&texts) {
        let kind = types.get(*name).ok_or_else(|| Error::UnknownWord {
            argument: "argument",
            word: shown(name),
            known: types.keys().cloned().collect::<Vec<_>>().join(", "),
        })?;
        let number = values.len() + 1;
        match (kind.as_str(), item) {
            ("jsonb", Item::Container(object)) => {
                values.push((JSONBOID, Value::Container(object)));
                list.push(format!("{name} => ${number}"));
            }
            (kind, Item::Container(object)) if kind.ends_with("[]") => {
                let elements: Vec<Option<String>> = elements(object).into_iter().flatten().map(text_of).collect();
                values.push((TEXTARRAYOID, stream::array(elements)));
                list.push(format!("{name} => cast(${number} as {kind})"));
            }
            _ => {
                values.push((TEXTOID, text.as_deref().map_or(Value::Null, Value::Text)));
                list.push(format!("{name} => cast(${number} as {kind})"));
            }
        }
    }
    let argument = |name: &str| {
        let place = given.iter().position(|(given, _)| *given == name)?;
        texts[place].as_deref()
    };
    let explanations = match by_sql::explain(kpi, argument)? {
        Some(explanation) => vec![explanation],
        None => {
            let sql = call_of(kpi, &list);
            source::explain(|| stream(&sql, &values, Snapshot::OfStatement, |_| Ok(())))?
        }
    };
    let rows: Vec<_> = explanations
        .into_iter()
        .map(|of| (of.source.to_string(), of.reason.to_string(), of.chunks, of.derived_events, of.raw_events))
        .collect();
    Ok(TableIterator::new(rows))
}

/// Lists the functions that can be explained, by name.
fn kpis() -> Result<Vec<String>, Error> {
    let sql = "select p.proname::pg_catalog.text \
         from pg_catalog.pg_proc p \
        where p.pronamespace operator(pg_catalog.=) 'telemetry'::pg_catalog.regnamespace::pg_catalog.oid \
          and p.proretset and p.provolatile operator(pg_catalog.=) 's' \
          and ('filter' operator(pg_catalog.=) any (p.proargnames) or p.proname operator(pg_catalog.=) any ($1)) \
        order by 1";
    let others: Vec<_> = ASKERS.into_iter().chain(by_sql::names()).map(|name| Some(name.to_string())).collect();
    let mut names = Vec::new();
    stream(sql, &[(TEXTARRAYOID, stream::array(others))], Snapshot::OfStatement, |row| {
        names.push(row.text(0).unwrap_or_default().to_string());
        Ok(())
    })?;
    Ok(names)
}

/// Makes the statement that reads what the KPI reads. `list` are its arguments.
fn call_of(kpi: &str, list: &[String]) -> String {
    if !matches!(kpi, "anomalies" | "forecast") {
        return format!("select * from telemetry.{kpi}({})", list.join(", "));
    }
    // A series of numbers from event_volume(); of no numbers nothing can be computed.
    let known = ["since", "until", "last", "grain", "tz", "week_start", "tenant", "filter"];
    let kept: Vec<String> = list
        .iter()
        .filter_map(|argument| {
            let (name, value) = argument.split_once(" => ")?;
            match name {
                "event_name" => Some(format!("events => array[{value}]")),
                name => known.contains(&name).then(|| argument.clone()),
            }
        })
        .collect();
    format!("select * from telemetry.event_volume({})", kept.join(", "))
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
