//! Tells what KPIs would read that read by SQL of their own, where a source takes no note.

use crate::calendar::period::{Period, Range};
use crate::db::Value;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::source::Explanation;
use pgrx::pg_sys::{TEXTARRAYOID, TEXTOID, TIMESTAMPTZOID};

/// The KPI reads rows of the log. `names` are the arguments that name events; where one is missing that is `needed`,
/// all events are read. `fixed` are the names that no argument says. `until` tells whether what lies behind the range
/// is left unread.
struct Rows {
    names: &'static [&'static str],
    needed: &'static [&'static str],
    fixed: &'static [&'static str],
    until: bool,
    reason: &'static str,
}

enum Reads {
    Rows(Rows),
    /// The KPI reads a table of the application alone.
    Table,
}

const KPIS: &[(&str, Reads)] = &[
    (
        "item_statistics",
        Reads::Rows(Rows {
            names: &[],
            needed: &[],
            fixed: &["QUESTION_VIEWED", "ANSWER_SELECTED", "ANSWER_CHANGED", "MARK_FOR_REVIEW_TOGGLED"],
            until: true,
            reason: "the actors of the timeline are users and tenants, not sessions or subjects",
        }),
    ),
    (
        "session_timeline",
        Reads::Rows(Rows {
            names: &[],
            needed: &["session"],
            fixed: &[],
            until: true,
            reason: "the actors of the timeline are users and tenants, not sessions or subjects",
        }),
    ),
    (
        "student_report",
        Reads::Rows(Rows {
            names: &[],
            needed: &[],
            fixed: &[
                "SESSION_CREATED",
                "SESSION_SUBMITTED",
                "QUESTION_VIEWED",
                "ANSWER_SELECTED",
                "ANSWER_CHANGED",
                "PAUSE_BLUR",
            ],
            until: true,
            reason: "the actors of the timeline are users and tenants, not sessions or subjects",
        }),
    ),
    (
        "request_timeline",
        Reads::Rows(Rows {
            names: &[],
            needed: &["correlation_id"],
            fixed: &[],
            until: true,
            reason: "the timeline does not know which request an event belongs to",
        }),
    ),
    (
        "open_items",
        Reads::Rows(Rows {
            names: &["opened_events", "closed_events"],
            needed: &["opened_events", "closed_events"],
            fixed: &[],
            until: true,
            reason: "an item is followed through all events that open or close it",
        }),
    ),
    (
        "queue_state",
        Reads::Rows(Rows {
            names: &["opened_events", "closed_events"],
            needed: &["opened_events", "closed_events"],
            fixed: &[],
            until: true,
            reason: "an item is followed through all events that open or close it",
        }),
    ),
    (
        "time_to_fill",
        Reads::Rows(Rows {
            names: &["event"],
            needed: &[],
            fixed: &["assignment_filled_report"],
            until: false,
            reason: "a table of the application, and the rows of the log that are about its own",
        }),
    ),
    ("market_supply", Reads::Table),
    ("extraction_outcomes", Reads::Table),
    ("ingestion_run_errors", Reads::Table),
    ("click_through", Reads::Table),
];

pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    KPIS.iter().map(|(name, _)| *name)
}

/// Tells what a call would read; none where the KPI is not in this list. `text_of` gives the text of an argument that
/// is given.
pub fn explain<'a>(kpi: &str, text_of: impl Fn(&str) -> Option<&'a str>) -> Result<Option<Explanation>, Error> {
    let Some((_, reads)) = KPIS.iter().find(|(name, _)| *name == kpi) else { return Ok(None) };
    let (source, reason, raw_events) = match reads {
        Reads::Table => ("table", "a table of the application, with the caller's rights", 0),
        Reads::Rows(rows) => ("raw", rows.reason, rows.count(text_of)?),
    };
    Ok(Some(Explanation { source, reason, raw_events, ..Explanation::default() }))
}

impl Rows {
    fn count<'a>(&self, text_of: impl Fn(&str) -> Option<&'a str>) -> Result<i64, Error> {
        // A list comes as JSON, which no name of an event is.
        let names_in = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_string()]);
        let given = self.names.iter().filter_map(|argument| text_of(argument));
        let names: Vec<String> = match given.flat_map(names_in).collect::<Vec<String>>() {
            given if given.is_empty() => self.fixed.iter().map(|name| name.to_string()).collect(),
            given => given,
        };
        let reads_all = names.is_empty() || self.needed.iter().any(|argument| text_of(argument).is_none());
        let text = |argument: &str| (TEXTOID, text_of(argument).map_or(Value::Null, Value::Text));
        let (since, until) = range(&text_of)?;
        let time = |time: Option<i64>| (TIMESTAMPTZOID, time.map_or(Value::Null, Value::Time));
        let names = if reads_all { Value::Null } else { crate::db::stream::array(names) };
        let until = until.filter(|_| self.until);
        let arguments =
            [(TEXTARRAYOID, names), time(since), time(until), text("tenant"), text("session"), text("correlation_id")];
        let sql = "select pg_catalog.count(*) from telemetry.events e \
             where ($1 is null or e.event_name operator(pg_catalog.=) any ($1)) \
               and ($2 is null or e.event_ts operator(pg_catalog.>=) $2) \
               and ($3 is null or e.event_ts operator(pg_catalog.<) $3) \
               and ($4 is null or e.tenant_id operator(pg_catalog.=) $4::pg_catalog.uuid) \
               and ($5 is null or e.session_id operator(pg_catalog.=) $5::pg_catalog.uuid) \
               and ($6 is null or telemetry.correlation_of(e.payload) operator(pg_catalog.=) $6)";
        let mut count = 0;
        stream(sql, &arguments, Snapshot::OfStatement, |row| {
            count = row.big(0).unwrap_or_default();
            Ok(())
        })?;
        Ok(count)
    }
}

/// Gives the range that the arguments since, until and last say.
fn range<'a>(text_of: impl Fn(&str) -> Option<&'a str>) -> Result<Range, Error> {
    let time = |argument: &str| match text_of(argument) {
        None => Ok(None),
        Some(text) => {
            let mut time = None;
            let sql = "select $1::pg_catalog.timestamptz";
            stream(sql, &[(TEXTOID, Value::Text(text))], Snapshot::OfStatement, |row| {
                time = row.big(0);
                Ok(())
            })?;
            Ok::<_, Error>(time)
        }
    };
    Period { since: time("since")?, until: time("until")?, last: text_of("last"), ..Period::default() }.range()
}
