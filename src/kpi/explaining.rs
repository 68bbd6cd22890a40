//! explain_kpi() tells what a call of a KPI would read. Twin: sql/source/source.sql.

mod by_sql;

use crate::db::stream::{self, Snapshot, stream};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::kpi::calling::Arguments;
use crate::source::{self, Explanation};
use crate::spelling::shown;
use pgrx::pg_sys::TEXTARRAYOID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// These functions ask other KPIs for their answers. Every other KPI is found in the catalog: it answers rows and takes
/// a filter; or it reads by SQL of its own (src/kpi/explaining/by_sql.rs).
const ASKERS: [&str; 6] = ["kpi", "kpi_details", "dashboard", "cohort_actors", "forecast_kpi", "compare_periods"];

/// Contract: see the COMMENT in sql/source/source.sql.
#[pg_extern(stable, parallel_restricted)]
fn explain_kpi_reads(
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
            name!(threads_asked, i32),
            name!(threads_got, i32),
        ),
    >,
    ErrorReport,
> {
    let rows = explanations(kpi, arguments)?.into_iter().map(|of| {
        let Explanation { chunks, derived_events, raw_events, threads_asked, threads_got, .. } = of;
        (of.source.to_string(), of.reason.to_string(), chunks, derived_events, raw_events, threads_asked, threads_got)
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

/// What explain_kpi() calls where the SQL of the extension is that of 0.1.0: it knows nothing of threads.
#[pg_extern(stable, parallel_restricted, sql = false)]
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
    let rows = explanations(kpi, arguments)?
        .into_iter()
        .map(|of| (of.source.to_string(), of.reason.to_string(), of.chunks, of.derived_events, of.raw_events));
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

fn explanations(kpi: Option<&str>, arguments: Option<JsonbArg>) -> Result<Vec<Explanation>, Error> {
    let kpi = kpi.ok_or(Error::NullArgument {
        argument: "kpi",
        hint: "For example: telemetry.explain_kpi('active_users', '{\"grain\": \"week\"}').",
    })?;
    let known = kpis()?;
    if !known.iter().any(|known| known == kpi) {
        return Err(Error::UnknownWord { argument: "kpi", word: shown(kpi), known: known.join(", ") });
    }
    let arguments = Arguments::of(kpi, arguments)?;
    if let Some(explanation) = by_sql::explain(kpi, |name| arguments.text(name))? {
        return Ok(vec![explanation]);
    }
    let sql = call_of(kpi, &arguments.list);
    source::explain(|| stream(&sql, &arguments.values(), Snapshot::OfStatement, |_| Ok(())))
}

/// Lists the functions that can be explained, by name.
pub fn kpis() -> Result<Vec<String>, Error> {
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
