//! Every error: its message, its SQLSTATE and its hint.
//!
//! A message names the event and the key, never a value of a payload: messages travel to browsers and logs. The
//! SQLSTATEs are those that PostgREST answers with 4xx.

use crate::violation::{Class, Violation};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

#[derive(Debug)]
pub enum Error {
    /// The event breaks its rules; `element` is its place in a batch, counted from 1.
    Violation {
        violation: Violation,
        element: Option<usize>,
    },
    /// A definition cannot be compiled.
    BrokenDefinition {
        event_name: String,
        problem: String,
    },
    /// `events` is not an array.
    NotABatch,
    /// A constraint that the application added to the log refused a row.
    Constraint {
        code: PgSqlErrorCode,
        message: String,
    },
    /// A line that is imported says another thing than the log under the same id; `line` counts from 1.
    AnotherEvent {
        line: usize,
    },
    /// A funnel cannot be answered.
    BrokenFunnel {
        problem: String,
    },
    /// The INSERT stored fewer rows than it was given.
    Withheld,
    /// A redaction policy cannot be used.
    BrokenRedaction {
        problem: String,
    },
    /// A KPI is asked for an event that nobody knows; `name` is the part of the name that may be shown.
    UnknownEvent {
        name: String,
        nearest: Vec<String>,
    },
    /// A function is asked for that the API does not have; `name` is the part of the name that may be shown.
    UnknownFunction {
        name: String,
        nearest: Vec<String>,
    },
    /// A picture is asked for by a name that is neither a dashboard's nor a KPI's; `name` is the part of it that may be shown.
    UnknownPicture {
        name: String,
        nearest: Vec<String>,
    },
    UnknownPack {
        name: String,
        known: String,
    },
    /// A pack file breaks its own format, which is a fault of this extension.
    BrokenPack {
        name: String,
        problem: String,
    },
    UnknownGrain {
        grain: String,
        known: String,
    },
    UnknownTimeZone {
        name: String,
    },
    /// An argument has a word that it does not know.
    UnknownWord {
        argument: &'static str,
        word: String,
        known: String,
    },
    /// The arguments say nothing together, or something impossible.
    BadArgument {
        problem: String,
        hint: String,
    },
    /// Something cannot be proved of the log as it is.
    Unprovable {
        problem: String,
        hint: String,
    },
    /// An argument must be given, and is NULL.
    NullArgument {
        argument: &'static str,
        hint: &'static str,
    },
    /// A table or view of the application is not there.
    MissingRelation {
        name: String,
        hint: String,
    },
    /// A part of a relation would run somebody's code with the reader's rights.
    Untrusted {
        part: String,
        owner: String,
    },
    /// The range is empty: `since` is not before `until`.
    EmptyRange,
    InfiniteTime {
        argument: &'static str,
    },
    TooManyBuckets {
        most: usize,
    },
    /// A transaction that keeps its snapshot cannot see what the cursor would pass.
    FixedSnapshot,
    /// The server did not start a background worker.
    NoWorker,
    /// Derived data cannot be compared with rows that the caller does not see.
    PartlyVisible,
    /// The log is distributed by Citus, and the nodes that apply row-level security do not know the caller.
    DistributedRowSecurity,
    /// A router asks the shard of one tenant for a caller who reads all of them.
    EveryTenant,
    /// A router takes the caller for one of another tenant.
    AnotherTenant,
    /// One KPI call would take more memory than telemetry.kpi_memory.
    OutOfKpiMemory {
        megabytes: usize,
    },
    /// The system gave no memory to a thread of a KPI call.
    NoMemory,
    /// A thread of a KPI call panicked, which is a fault of this extension.
    BrokenWorker,
    /// A sum is larger than any double.
    SumTooLarge,
    /// The state of one group of an aggregate would exceed 1 GB.
    StateTooLarge,
    /// There are more names or combinations of conditions than can be told apart.
    TooManyLabels,
    /// An actor's number in the timeline belongs to no user.
    UnknownActor {
        number: u32,
    },
    DamagedChunk {
        chunk_id: i64,
        problem: String,
    },
    /// A part of a KPI's answer is not one, or was changed; `place` counts from 0.
    DamagedPart {
        place: usize,
    },
    /// A part is one of another question than it is to be finished for.
    UnlikePart {
        place: usize,
    },
    /// One of the KPIs that an answer is made of is not counted in a part.
    UncountedPart {
        place: usize,
    },
    /// A part was made by a later release.
    LaterPart {
        place: usize,
        version: u8,
    },
    /// What logs count does not add up to the KPI's answer over all of them.
    NotAdditive {
        kpi: String,
        problem: String,
        hint: String,
    },
    /// Logs that have some users each count something that may be in several of them.
    NotOfUsers(&'static str),
    /// What SQL declares of a function is not what the library's function does.
    Drift {
        function: String,
        problem: String,
    },
    Spi(String),
}

impl Error {
    pub fn code(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::Violation { violation, .. } => match violation.reason.class() {
                Class::InvalidParameter => ERRCODE_INVALID_PARAMETER_VALUE,
                Class::Null => ERRCODE_NULL_VALUE_NOT_ALLOWED,
                Class::Check => ERRCODE_CHECK_VIOLATION,
                Class::Privilege => ERRCODE_INSUFFICIENT_PRIVILEGE,
                Class::Unreadable => ERRCODE_INVALID_TEXT_REPRESENTATION,
                Class::Unique => ERRCODE_UNIQUE_VIOLATION,
            },
            Error::BrokenDefinition { .. }
            | Error::NotABatch
            | Error::BrokenRedaction { .. }
            | Error::BrokenFunnel { .. }
            | Error::UnknownEvent { .. }
            | Error::UnknownPicture { .. }
            | Error::UnknownPack { .. }
            | Error::UnknownGrain { .. }
            | Error::UnknownTimeZone { .. }
            | Error::UnknownWord { .. }
            | Error::BadArgument { .. }
            | Error::EmptyRange
            | Error::InfiniteTime { .. }
            | Error::TooManyBuckets { .. }
            | Error::DamagedPart { .. }
            | Error::UnlikePart { .. }
            | Error::TooManyLabels => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::Unprovable { .. } => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Error::NullArgument { .. } => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Error::MissingRelation { .. } => ERRCODE_UNDEFINED_TABLE,
            Error::UnknownFunction { .. } => ERRCODE_UNDEFINED_FUNCTION,
            Error::FixedSnapshot => ERRCODE_ACTIVE_SQL_TRANSACTION,
            Error::NoWorker => ERRCODE_INSUFFICIENT_RESOURCES,
            Error::DistributedRowSecurity
            | Error::NotAdditive { .. }
            | Error::NotOfUsers(_)
            | Error::UncountedPart { .. }
            | Error::LaterPart { .. }
            | Error::EveryTenant
            | Error::AnotherTenant => ERRCODE_FEATURE_NOT_SUPPORTED,
            Error::PartlyVisible | Error::Untrusted { .. } => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Error::OutOfKpiMemory { .. } | Error::NoMemory => ERRCODE_OUT_OF_MEMORY,
            Error::BrokenWorker => ERRCODE_INTERNAL_ERROR,
            Error::SumTooLarge => ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
            Error::StateTooLarge => ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            Error::DamagedChunk { .. } | Error::UnknownActor { .. } => ERRCODE_DATA_CORRUPTED,
            Error::Constraint { code, .. } => *code,
            Error::AnotherEvent { .. } => ERRCODE_UNIQUE_VIOLATION,
            Error::Withheld => ERRCODE_CHECK_VIOLATION,
            Error::BrokenPack { .. } | Error::Drift { .. } | Error::Spi(_) => ERRCODE_INTERNAL_ERROR,
        }
    }

    pub fn message(&self) -> String {
        match self {
            Error::Violation { violation, element } => format!("{}{}", place(*element), violation.message),
            Error::BrokenDefinition { event_name, problem } => {
                format!("definition of event \"{event_name}\" cannot be used: {problem}")
            }
            Error::NotABatch => "events must be a JSON array".into(),
            Error::Constraint { message, .. } => message.clone(),
            Error::AnotherEvent { line } => {
                format!("line {line}: the log has another event of this tenant, time and event_id")
            }
            Error::Withheld => "telemetry.events did not take an event".into(),
            Error::BrokenFunnel { problem } => format!("the funnel cannot be answered: {problem}"),
            Error::BrokenRedaction { problem } => format!("redaction policy cannot be used: {problem}"),
            Error::UnknownEvent { name, .. } => format!("unknown event \"{name}\""),
            Error::UnknownFunction { name, .. } => format!("there is no function telemetry.{name}()"),
            Error::UnknownPicture { name, .. } => format!("neither a dashboard nor a KPI is named \"{name}\""),
            Error::UnknownPack { name, .. } => format!("unknown pack \"{name}\""),
            Error::BrokenPack { name, problem } => format!("pack \"{name}\" is broken: {problem}"),
            Error::Drift { function, problem } => format!("{function}() {problem}"),
            Error::UnknownGrain { grain, .. } => format!("unknown grain \"{grain}\""),
            Error::UnknownTimeZone { name } => format!("unknown time zone \"{name}\""),
            Error::UnknownWord { argument, word, .. } => format!("{argument} \"{word}\" is unknown"),
            Error::NullArgument { argument, .. } => format!("{argument} must not be null"),
            Error::BadArgument { problem, .. } | Error::Unprovable { problem, .. } => problem.clone(),
            Error::MissingRelation { name, .. } => format!("there is no table or view \"{name}\""),
            Error::Untrusted { part, owner } => {
                format!("{part} would run code of {owner} with the rights of its reader")
            }
            Error::EmptyRange => "since must be before until".into(),
            Error::InfiniteTime { argument } => format!("{argument} must be a finite time"),
            Error::TooManyBuckets { most } => format!("the range has more than {most} buckets"),
            Error::FixedSnapshot => "the cursor cannot move in a transaction that keeps its snapshot".into(),
            Error::NoWorker => "the server started no background worker".into(),
            Error::EveryTenant => "the caller reads every tenant, and one shard does not have them all".into(),
            Error::AnotherTenant => "the router and the shard do not find the same tenant for the caller".into(),
            Error::DistributedRowSecurity => "row-level security of a distributed log cannot tell who asks".into(),
            Error::PartlyVisible => "the caller does not see all rows that the timeline was made of".into(),
            Error::OutOfKpiMemory { megabytes } => format!("the KPI needs more than {megabytes} MB of memory"),
            Error::NoMemory => "the system has no memory for a thread of the KPI".into(),
            Error::BrokenWorker => "a thread of the KPI ended by a fault".into(),
            Error::SumTooLarge => "the sum is larger than any number of double precision".into(),
            Error::StateTooLarge => "the state of an aggregate would exceed 1 GB".into(),
            Error::TooManyLabels => "more than 65535 event names or combinations of conditions".into(),
            Error::UnknownActor { number } => format!("actor {number} of the timeline has no user"),
            Error::DamagedChunk { chunk_id, problem } => {
                format!("chunk {chunk_id} of the timeline is damaged: {problem}")
            }
            Error::DamagedPart { place } => format!("part {} is not one of a KPI, or it is damaged", place + 1),
            Error::UnlikePart { place } => format!("part {} answers another question", place + 1),
            Error::UncountedPart { place } => {
                format!("log {} of those that were asked could not count this KPI", place + 1)
            }
            Error::LaterPart { place, version } => format!("part {} has the format version {version}", place + 1),
            Error::NotOfUsers(what) => format!("the question counts {what}, which several of the logs may share"),
            Error::NotAdditive { kpi, problem, .. } => format!("telemetry.{kpi}() {problem}"),
            Error::Spi(problem) => format!("telemetry could not run a statement: {problem}"),
        }
    }

    pub fn hint(&self) -> String {
        match self {
            Error::Violation { violation, .. } => violation.hint(),
            Error::BrokenDefinition { .. } => {
                "properties maps a key to a JSON Schema, json_schema is one (2020-12); mend it with telemetry.update_event().".into()
            }
            Error::NotABatch => "Call telemetry.log_events('[{\"event_name\": ...}]'), through PostgREST with the body {\"events\": [...]}.".into(),
            Error::AnotherEvent { .. } => {
                "Both logs went their own ways from there. Import the file into a database that has none of its events.".into()
            }
            Error::Constraint { .. } => "The application added this constraint to telemetry.events.".into(),
            Error::Withheld => "A trigger or a rule of telemetry.events withholds rows: let it return the new row.".into(),
            Error::BrokenFunnel { .. } => "select telemetry.help('funnel') tells what its arguments take.".into(),
            Error::BrokenRedaction { .. } => {
                "It is an object with any of values, keys, allow_only, except, action, emails, phone_countries, ip_addresses: select telemetry.help('set_redaction').".into()
            }
            Error::UnknownFunction { nearest, .. } => {
                meant(nearest).unwrap_or_else(|| "select telemetry.help() lists them all.".into())
            }
            Error::UnknownEvent { nearest, .. } => {
                let meant = meant(nearest).unwrap_or_else(|| "See telemetry.event_types for the names.".into());
                format!("{meant} With telemetry.unknown_events = 'empty' it is an event that never happened.")
            }
            Error::UnknownPicture { nearest, .. } => {
                let all = "Those that are: select name, description from telemetry.dashboards; and from telemetry.kpis.";
                meant(nearest).unwrap_or_else(|| all.into())
            }
            Error::UnknownPack { known, .. } => format!("telemetry.install_pack() and uninstall_pack() know: {known}."),
            Error::UnknownGrain { known, .. } => format!("telemetry.time_buckets() and the KPI functions know: {known}."),
            Error::UnknownTimeZone { name } if name.eq_ignore_ascii_case("browser") => {
                "Grafana says \"browser\" where a dashboard follows its reader, which names no zone: choose one in the dashboard's settings, or write it into the query, for example 'Europe/Berlin' or 'UTC'.".into()
            }
            Error::UnknownTimeZone { .. } => {
                "Give a name of pg_timezone_names, for example 'Europe/Berlin' or 'UTC'. An offset is none, for PostgreSQL would count it westwards; 'Etc/GMT-2' is two hours ahead of UTC all year.".into()
            }
            Error::UnknownWord { argument, known, .. } => format!("{argument} is one of: {known}."),
            Error::NullArgument { hint, .. } => (*hint).into(),
            Error::BadArgument { hint, .. } | Error::Unprovable { hint, .. } | Error::MissingRelation { hint, .. } => hint.clone(),
            Error::Untrusted { .. } => {
                "KPIs and cohorts read relations whose parts belong to the caller, a superuser, the owner of the database or of telemetry (not for a superuser), or a role of the setting telemetry.relation_owners.".into()
            }
            Error::EmptyRange => "Ranges are half-open: since '2026-01-01', until '2026-02-01' is January.".into(),
            Error::InfiniteTime { argument: "moment" } => "Leave it out, or give NULL, for now.".into(),
            Error::InfiniteTime { .. } => "Leave the argument out for all time.".into(),
            Error::TooManyBuckets { .. } => "Choose a coarser grain or a shorter range for telemetry.time_buckets().".into(),
            Error::FixedSnapshot => "Call it under READ COMMITTED, outside of a transaction: CALL telemetry.tick().".into(),
            Error::NoWorker => "Raise max_worker_processes, or CALL telemetry.tick() from a scheduler.".into(),
            Error::EveryTenant => "Name a tenant in the argument tenant. A router answers a KPI that has parts over all of them.".into(),
            Error::AnotherTenant => "Write the router's script again with telemetry.routing_script(), where the settings of the shards are as they should be.".into(),
            Error::DistributedRowSecurity => "Ask as the owner of telemetry.events, and name the tenant in the argument of that name: the nodes of Citus see neither claims nor settings of the session.".into(),
            Error::PartlyVisible => "Call telemetry.verify_derived() as the owner of telemetry.events.".into(),
            Error::OutOfKpiMemory { .. } => {
                "Ask for a shorter range or fewer events, let CALL telemetry.tick() bring the timeline up to date, or raise telemetry.kpi_memory.".into()
            }
            Error::NoMemory => "Ask for a shorter range, lower telemetry.kpi_threads, or give the server more memory.".into(),
            Error::BrokenWorker => "The log of the server says where: please report it. Without threads the KPI may answer: set telemetry.kpi_threads = 1.".into(),
            Error::SumTooLarge => "Numbers near 1.8e308 are hardly meant: leave their events out by a filter, for example {\"amount\": {\"$lt\": 1e12}}.".into(),
            Error::StateTooLarge => "Make the groups smaller; count many different values by telemetry.uniq() or count(distinct ...).".into(),
            Error::TooManyLabels => "Ask for fewer events or conditions.".into(),
            Error::DamagedChunk { .. } | Error::UnknownActor { .. } => {
                "select telemetry.rebuild_derived() makes the timeline anew from the log; the log itself is not touched.".into()
            }
            Error::DamagedPart { .. } => "Ask its log again: telemetry.kpi_parts().".into(),
            Error::UnlikePart { .. } => {
                "Parts add up where kpi and arguments are those of this call, tenant apart, and so are the time zone and the range: ask all logs with telemetry.kpi_parts() at one time.".into()
            }
            Error::UncountedPart { .. } => "Ask each log by itself: it says there why.".into(),
            Error::LaterPart { .. } => "Let the log with the latest release call telemetry.kpi_of_parts().".into(),
            Error::NotAdditive { hint, .. } => hint.clone(),
            Error::NotOfUsers(_) => "Ask about users or events; other questions need a tenant that is whole in one log.".into(),
            Error::Drift { .. } => "The library and the SQL of the extension are of different versions: ALTER EXTENSION telemetry UPDATE, or install the library that belongs to it.".into(),
            Error::BrokenPack { .. } | Error::Spi(_) => "This is a fault of telemetry itself: please report it.".into(),
        }
    }
}

fn meant(nearest: &[String]) -> Option<String> {
    let (last, others) = nearest.split_last()?;
    Some(match others {
        [] => format!("Did you mean \"{last}\"?"),
        others => format!("Did you mean \"{}\" or \"{last}\"?", others.join("\", \"")),
    })
}

fn place(element: Option<usize>) -> String {
    element.map(|n| format!("event {n} of the batch: ")).unwrap_or_default()
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> ErrorReport {
        let mut report = ErrorReport::new(error.code(), error.message(), "telemetry").set_hint(error.hint());
        if let Error::Violation { violation, .. } = &error
            && !violation.others.is_empty()
        {
            report = report.set_detail(format!("Also: {}.", violation.others.join("; ")));
        }
        report
    }
}

impl From<pgrx::spi::SpiError> for Error {
    fn from(error: pgrx::spi::SpiError) -> Error {
        Error::Spi(error.to_string())
    }
}
