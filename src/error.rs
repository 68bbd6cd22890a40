//! Every error: its message, its SQLSTATE and its hint.
//!
//! A message names the event and the key, never a value of a payload: messages travel to browsers and logs. The
//! SQLSTATEs are those that PostgREST answers with 4xx.

use crate::taxonomy::rules::{Reason, Violation};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

#[derive(Debug)]
pub enum Error {
    /// `event_name` was NULL.
    NoEventName {
        element: Option<usize>,
    },
    /// The event breaks its rules; `element` is its place in a batch, counted from 1.
    Violation {
        violation: Violation,
        element: Option<usize>,
    },
    /// A definition that cannot be compiled.
    BrokenDefinition {
        event_name: String,
        problem: String,
    },
    /// A client role asked for another user's or tenant's events.
    NotYours {
        argument: &'static str,
        element: Option<usize>,
    },
    /// No tenant in a multi-tenant installation.
    NoTenant {
        element: Option<usize>,
    },
    /// A number argument does not fit its column.
    OutOfRange {
        argument: &'static str,
        element: Option<usize>,
    },
    /// An element of an import that cannot be read.
    Unreadable {
        argument: &'static str,
        wanted: &'static str,
        element: usize,
    },
    /// An element has a key that is no argument.
    UnknownArgument {
        argument: String,
        element: usize,
    },
    /// `events` is not an array of objects.
    NotABatch {
        element: Option<usize>,
    },
    /// An imported event without its time.
    NoEventTime {
        element: usize,
    },
    /// An imported event outside the times that can be stored.
    TimeOutOfRange {
        future: bool,
        element: usize,
    },
    UnknownPack {
        name: String,
        known: String,
    },
    /// A pack file that breaks its own format: a fault of this extension.
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
    /// `since` is not before `until`.
    EmptyRange,
    InfiniteTime {
        argument: &'static str,
    },
    TooManyBuckets {
        most: usize,
    },
    Spi(String),
}

impl Error {
    fn code(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Error::NoEventName { .. } | Error::NoTenant { .. } | Error::NoEventTime { .. } => {
                ERRCODE_NULL_VALUE_NOT_ALLOWED
            }
            Error::Violation { violation, .. } => match violation.reason {
                Reason::MissingKey | Reason::WrongType | Reason::WrongValue | Reason::UnexpectedKey => {
                    ERRCODE_CHECK_VIOLATION
                }
                Reason::MissingArgument => ERRCODE_NULL_VALUE_NOT_ALLOWED,
                Reason::NotAllowed => ERRCODE_INSUFFICIENT_PRIVILEGE,
                _ => ERRCODE_INVALID_PARAMETER_VALUE,
            },
            Error::NotYours { .. } => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Error::Unreadable { .. } => ERRCODE_INVALID_TEXT_REPRESENTATION,
            Error::BrokenDefinition { .. }
            | Error::OutOfRange { .. }
            | Error::UnknownArgument { .. }
            | Error::NotABatch { .. }
            | Error::TimeOutOfRange { .. }
            | Error::UnknownPack { .. }
            | Error::UnknownGrain { .. }
            | Error::UnknownTimeZone { .. }
            | Error::EmptyRange
            | Error::InfiniteTime { .. }
            | Error::TooManyBuckets { .. } => ERRCODE_INVALID_PARAMETER_VALUE,
            Error::BrokenPack { .. } | Error::Spi(_) => ERRCODE_INTERNAL_ERROR,
        }
    }

    fn message(&self) -> String {
        match self {
            Error::NoEventName { element } => format!("{}event_name must not be null", place(*element)),
            Error::Violation { violation, element } => format!("{}{}", place(*element), violation.message),
            Error::BrokenDefinition { event_name, problem } => {
                format!("definition of event \"{event_name}\" cannot be used: {problem}")
            }
            Error::NotYours { argument, element } => {
                format!("{}{argument} is not the caller's own", place(*element))
            }
            Error::NoTenant { element } => format!("{}tenant_id must not be null", place(*element)),
            Error::OutOfRange { argument, element } => format!("{}{argument} is out of range", place(*element)),
            Error::Unreadable { argument, wanted, element } => {
                format!("{}{argument} is not {wanted}", place(Some(*element)))
            }
            Error::UnknownArgument { argument, element } => {
                format!("{}\"{argument}\" is no argument of an event", place(Some(*element)))
            }
            Error::NotABatch { element: None } => "events must be a JSON array".into(),
            Error::NotABatch { element } => format!("{}an event must be a JSON object", place(*element)),
            Error::NoEventTime { element } => format!("{}event_ts must not be null", place(Some(*element))),
            Error::TimeOutOfRange { future: true, element } => {
                format!("{}event_ts is more than 5 minutes in the future", place(Some(*element)))
            }
            Error::TimeOutOfRange { future: false, element } => {
                format!("{}event_ts is before 1970", place(Some(*element)))
            }
            Error::UnknownPack { name, .. } => format!("unknown pack \"{name}\""),
            Error::BrokenPack { name, problem } => format!("pack \"{name}\" is broken: {problem}"),
            Error::UnknownGrain { grain, .. } => format!("unknown grain \"{grain}\""),
            Error::UnknownTimeZone { name } => format!("unknown time zone \"{name}\""),
            Error::EmptyRange => "since must be before until".into(),
            Error::InfiniteTime { argument } => format!("{argument} must be a finite time"),
            Error::TooManyBuckets { most } => format!("the range has more than {most} buckets"),
            Error::Spi(problem) => format!("telemetry could not run a statement: {problem}"),
        }
    }

    fn hint(&self) -> String {
        match self {
            Error::NoEventName { .. } => "List the events with telemetry.event_catalog().".into(),
            Error::Violation { violation, .. } => violation.hint(),
            Error::BrokenDefinition { .. } => {
                "properties maps a key to a JSON Schema, json_schema is one (2020-12); mend it with telemetry.update_event().".into()
            }
            Error::NotYours { .. } => {
                "Leave the argument out: the JWT says who calls. A server role may set it.".into()
            }
            Error::NoTenant { .. } => {
                "Pass tenant_id, or set telemetry.tenant_id, or log with a JWT that has the claim telemetry.tenant_claim.".into()
            }
            Error::OutOfRange { argument, .. } if *argument == "event_version" => {
                "See the versions in telemetry.event_catalog().".into()
            }
            Error::OutOfRange { .. } => "See the comment on telemetry.import_events().".into(),
            Error::Unreadable { .. } | Error::UnknownArgument { .. } | Error::NotABatch { .. } => {
                "telemetry.import_events() takes an array of objects with the names of log_event()'s arguments, event_ts and sample_rate.".into()
            }
            Error::NoEventTime { .. } => "telemetry.import_events() takes past events; log a present one with telemetry.log_event().".into(),
            Error::TimeOutOfRange { .. } => "telemetry.import_events() takes times from 1970 to now; check the clock and the time zone of the source.".into(),
            Error::UnknownPack { known, .. } => format!("telemetry.install_pack() and uninstall_pack() know: {known}."),
            Error::UnknownGrain { known, .. } => format!("telemetry.time_buckets() and the KPI functions know: {known}."),
            Error::UnknownTimeZone { .. } => "Give an IANA name, as in: select name from pg_timezone_names.".into(),
            Error::EmptyRange => "Ranges are half-open: telemetry.event_volume('2026-01-01', '2026-02-01') is January.".into(),
            Error::InfiniteTime { .. } => "Leave the argument out for all time.".into(),
            Error::TooManyBuckets { .. } => "Choose a coarser grain or a shorter range for telemetry.time_buckets().".into(),
            Error::BrokenPack { .. } | Error::Spi(_) => "This is a fault of telemetry itself: please report it.".into(),
        }
    }
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
