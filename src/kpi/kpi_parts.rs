//! Parts of a KPI's answer, one of each log, and the answer that they add up to. Twin: sql/kpi/kpi_parts.sql.

use crate::calendar::{finite, timestamp};
use crate::db::Value;
use crate::db::session;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::jsonb::{Jsonb, JsonbArg};
use crate::kpi::calling::Arguments;
use crate::kpi::explaining;
use crate::memory::Memory;
use crate::parts;
use crate::parts::format::{Damaged, Part, Unread};
use crate::parts::{Asks, Divided};
use crate::readers::arguments::word;
use crate::spelling::shown;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::TEXTOID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use sha2::{Digest, Sha256};

/// The KPIs whose counts add up.
const ADDITIVE: [&str; 31] = [
    "activity_heatmap",
    "active_users",
    "actor_ratio",
    "anomalies",
    "avg_of",
    "backlog",
    "dau_mau",
    "event_ratio",
    "event_volume",
    "experiment_results",
    "feature_adoption",
    "forecast",
    "funnel",
    "funnel_times",
    "funnel_trend",
    "lifecycle",
    "max_of",
    "min_of",
    "next_events",
    "object_ratio",
    "paths",
    "percentiles",
    "percentiles_sketched",
    "rate_of_errors",
    "retention",
    "session_stats",
    "stickiness",
    "sum_of",
    "time_between",
    "time_to_first",
    "top_values",
];

/// Those that ask a registered KPI by its name: they have parts where its kind has. What they do beside does not depend on the
/// events, so that each log is asked the same questions in the same order.
const BY_NAME: [&str; 3] = ["kpi", "kpi_details", "forecast_kpi"];

/// Those that ask several questions of registered KPIs. Which they ask, and how often, may depend on what was counted: each says
/// by begin_question() what it asks.
const COMPOSED: [&str; 6] = ["compare_periods", "dashboard", "dashboard_page", "kpi_chart", "kpi_status", "show"];

/// The names of the functions that have parts, for a router's script.
#[pg_extern(immutable)]
pub fn kpis_with_parts() -> Vec<&'static str> {
    [&ADDITIVE[..], &BY_NAME[..], &COMPOSED[..]].concat()
}

/// Says, where parts are made or added up, which KPI is asked next and for which range. Always true.
#[pg_extern(stable, parallel_restricted)]
pub fn begin_question(
    asked: Vec<Option<String>>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
) -> Result<bool, ErrorReport> {
    if parts::is_giving() || parts::is_finishing() {
        parts::begin_question(&format!("{asked:?} {:?} {:?}", since.map(i64::from), until.map(i64::from)))?;
    }
    Ok(true)
}

/// The time that counts as now: that of the transaction, or the one that kpi_parts() was given.
#[pg_extern(stable, parallel_restricted)]
pub fn moment() -> Result<TimestampWithTimeZone, ErrorReport> {
    Ok(timestamp(session::transaction_clock())?)
}

/// Whether what is counted becomes a part. Then what depends on the answer is asked in any case: the answer is known at the end.
#[pg_extern(stable, parallel_restricted)]
pub fn gives_part() -> bool {
    parts::is_giving()
}

/// Whether the answer is one over several logs: what one of them alone has beside its events, such as its alerts, is not in it.
#[pg_extern(stable, parallel_restricted)]
pub fn is_over_several_logs() -> bool {
    parts::is_giving() || parts::is_finishing()
}

/// Whether a registered KPI looks for kept values: where events that it asks about are gone. To give a part, or made of parts, it
/// never does, for kept values of several logs do not add up. Errors: 0A000 then its kind has no parts, or events of the range are
/// gone.
#[pg_extern(stable, parallel_restricted)]
pub fn asks_history(kind: &str, is_gone: bool, is_in_range: bool) -> Result<bool, ErrorReport> {
    if !parts::is_giving() && !parts::is_finishing() {
        return Ok(is_gone);
    }
    if !ADDITIVE.contains(&kind) {
        parts::refuse(kind, NO_PARTS, &ask_each())?;
    }
    if is_in_range {
        parts::refuse(
            kind,
            "lacks events of the range in one of several logs, which left it by their age",
            "Ask for a later range; or ask each log by itself, which answers from kept values where a KPI keeps its history.",
        )?;
    }
    Ok(false)
}

const NO_PARTS: &str = "has no parts that add up over several logs";

fn ask_each() -> String {
    format!("Ask each log by itself. These have parts: {}.", ADDITIVE.join(", "))
}

/// How many bytes a byte of a part may become in memory, about: a short list is a byte there.
const UNPACKED: usize = 32;

/// Contract: see the COMMENT in sql/kpi/kpi_parts.sql.
#[pg_extern(stable, parallel_restricted)]
fn kpi_parts(
    kpi: Option<&str>,
    arguments: Option<JsonbArg>,
    moment: Option<TimestampWithTimeZone>,
    divided_by: Option<&str>,
) -> Result<Vec<u8>, ErrorReport> {
    let asked = Asked::of(kpi, arguments)?;
    let divided = word("divided_by", divided_by, &[("tenant", Divided::ByTenant), ("user", Divided::ByUser)])?;
    let moment = finite("moment", moment.map(i64::from))?.unwrap_or_else(session::transaction_clock);
    let segments = session::at_moment(moment, || {
        parts::give(asked.asks(), divided, || {
            let sql = format!("select * from {}", asked.call());
            stream(&sql, &asked.arguments.values(), Snapshot::OfStatement, |_| Ok(()))
        })
    })?;
    let part = Part { question: asked.question()?, moment, segments };
    Ok(part.to_bytes().map_err(|Damaged| Error::DamagedPart { place: 0 })?)
}

/// Contract: see the COMMENT in sql/kpi/kpi_parts.sql.
#[pg_extern(stable, parallel_restricted)]
fn kpi_of_parts(
    kpi: Option<&str>,
    arguments: Option<JsonbArg>,
    parts: Option<Array<&[u8]>>,
) -> Result<SetOfIterator<'static, Jsonb>, ErrorReport> {
    let asked = Asked::of(kpi, arguments)?;
    let given = parts.ok_or(Error::NullArgument {
        argument: "parts",
        hint: "They are what telemetry.kpi_parts() gave in each log.",
    })?;
    let given: Option<Vec<&[u8]>> = given.iter().collect();
    let given = given.ok_or(Error::NullArgument {
        argument: "a part",
        hint: "It may be that of a log that did not answer: leave it out for the answer without that log.",
    })?;
    let bytes: usize = given.iter().map(|part| part.len()).sum();
    Memory::of_call().check(bytes.saturating_mul(UNPACKED))?;
    let question = asked.question()?;
    let (mut moment, mut segments) = (i64::MAX, Vec::with_capacity(given.len()));
    for (place, bytes) in given.into_iter().enumerate() {
        let part = Part::of_bytes(bytes).map_err(|why| match why {
            Unread::Damaged => Error::DamagedPart { place },
            Unread::Version(version) => Error::LaterPart { place, version },
        })?;
        if part.question != question {
            Err(Error::UnlikePart { place })?;
        }
        moment = moment.min(part.moment);
        segments.push(part.segments);
    }
    let mut rows = Vec::new();
    // What is over is told as of when the earliest part was made.
    let moment = if segments.is_empty() { session::transaction_clock() } else { moment };
    session::at_moment(moment, || {
        parts::finish(asked.asks(), segments, || {
            // A row, also of what gives one value.
            let sql = format!("select pg_catalog.to_jsonb(r) from (select * from {}) r", asked.call());
            stream(&sql, &asked.arguments.values(), Snapshot::OfStatement, |row| {
                rows.extend(row.bytes(0).map(|row| Jsonb(row.to_vec())));
                Ok(())
            })
        })
    })?;
    Ok(SetOfIterator::new(rows))
}

/// A KPI that has parts, and its arguments.
struct Asked<'a> {
    kpi: &'a str,
    arguments: Arguments<'a>,
}

impl<'a> Asked<'a> {
    /// Errors: 22004 no kpi; 22023 an unknown KPI or argument; 0A000 a KPI without parts.
    fn of(kpi: Option<&'a str>, arguments: Option<JsonbArg<'a>>) -> Result<Asked<'a>, Error> {
        let kpi = kpi.ok_or(Error::NullArgument {
            argument: "kpi",
            hint: "For example: telemetry.kpi_parts('active_users', '{\"grain\": \"week\"}').",
        })?;
        if ADDITIVE.contains(&kpi) || BY_NAME.contains(&kpi) || COMPOSED.contains(&kpi) {
            return Ok(Asked { kpi, arguments: Arguments::of(kpi, arguments)? });
        }
        let known = explaining::kpis()?;
        if !known.iter().any(|known| known == kpi) {
            return Err(Error::UnknownWord { argument: "kpi", word: shown(kpi), known: ADDITIVE.join(", ") });
        }
        Err(Error::NotAdditive { kpi: kpi.into(), problem: NO_PARTS.into(), hint: ask_each() })
    }

    fn call(&self) -> String {
        format!("telemetry.{}({})", self.kpi, self.arguments.list.join(", "))
    }

    fn asks(&self) -> Asks {
        if COMPOSED.contains(&self.kpi) { Asks::Several } else { Asks::One }
    }

    /// A digest of what parts must have in common: the KPI, the time zone, every argument but the tenant, and the definitions of
    /// the KPIs that are asked by their names.
    fn question(&self) -> Result<[u8; 32], Error> {
        let mut digest = Sha256::new();
        let zone = match self.arguments.text("tz") {
            Some(_) => String::new(),
            None => session::setting("TimeZone").unwrap_or_default(),
        };
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        };
        add(self.kpi);
        add(&zone);
        for (name, text) in self.arguments.texts.iter().filter(|(name, _)| *name != "tenant") {
            add(name);
            add(if text.is_some() { "is" } else { "null" });
            add(text.as_deref().unwrap_or_default());
        }
        match self.kpi {
            "dashboard" | "dashboard_page" => add(&definitions_shown(self.arguments.text("name"))?),
            "show" => {
                add(&definitions_shown(self.arguments.text("name"))?);
                add(&definition(self.arguments.text("name"))?);
            }
            "kpi_status" => add(&definitions_shown(self.arguments.text("dashboard"))?),
            kpi if BY_NAME.contains(&kpi) || COMPOSED.contains(&kpi) => add(&definition(self.arguments.text("name"))?),
            _ => {}
        }
        Ok(digest.finalize().into())
    }
}

/// What the definition of a registered KPI says of its answer.
const DEFINITION: &str = "pg_catalog.jsonb_build_array(k.kind, k.parameters, k.value_column, k.is_complement, k.unit, k.target, k.target_is, k.target_for, \
                              k.target_change, k.baseline_since, k.baseline_until)";

/// Gives that of one; an empty text where it is not registered, which the call of it will say.
fn definition(name: Option<&str>) -> Result<String, Error> {
    one_text(
        &format!("select {DEFINITION}::pg_catalog.text from telemetry.kpis k where k.name operator(pg_catalog.=) $1"),
        name,
    )
}

/// Gives those of the KPIs that a dashboard shows, or, without one, of all, in the order in which they are told.
fn definitions_shown(dashboard: Option<&str>) -> Result<String, Error> {
    let sql = format!(
        "select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(d.kpis, k.name, k.pack, {DEFINITION}) order by k.name using operator(pg_catalog.<))::pg_catalog.text \
           from telemetry.kpis k left join telemetry.dashboards d on d.name operator(pg_catalog.=) $1 \
          where $1 is null or k.name operator(pg_catalog.=) any (d.kpis)"
    );
    one_text(&sql, dashboard)
}

/// Runs a statement with one parameter that gives one text.
fn one_text(sql: &str, parameter: Option<&str>) -> Result<String, Error> {
    let mut found = String::new();
    stream(sql, &[(TEXTOID, parameter.map_or(Value::Null, Value::Text))], Snapshot::OfStatement, |row| {
        found = row.text(0).unwrap_or_default().to_string();
        Ok(())
    })?;
    Ok(found)
}
