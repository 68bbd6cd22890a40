//! log_event() and try_log_event() log one event, strictly or as well as they can. Twin: sql/log/events.sql, where the
//! callable functions wrap these implementations. batches.rs has the functions for many events.

use super::incoming::{Event, Payload, no_event_name};
use crate::access::tenancy::Caller;
use crate::db::rights;
use crate::db::session::{self, Failure};
use crate::error::Error;
use crate::jsonb::Sent;
use crate::log::accounting::{Call, Single};
use crate::log::admission::{Admission, Admitted, Intake, Refused};
use crate::log::idempotency::{self, Claim, Identity};
use crate::log::rejections;
use crate::log::storing;
use crate::settings;
use crate::violation::{Reason, Violation};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use uuid::Uuid;

/// Contract: see the COMMENT on telemetry.log_event in sql/log/events.sql. This is the hot path: it takes the owner's
/// rights by itself, see [`rights::as_function_owner`].
#[pg_extern(volatile)]
#[allow(clippy::too_many_arguments)]
fn log_event(
    event_name: Option<&str>,
    payload: Option<Sent>,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    tenant_id: Option<pgrx::Uuid>,
    source: Option<&str>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    event_version: Option<i32>,
    event_id: Option<pgrx::Uuid>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Option<pgrx::Uuid>, ErrorReport> {
    if !settings::ENABLED.get() {
        return Ok(None);
    }
    let event = arguments(
        event_name,
        payload,
        user_id,
        session_id,
        subject_id,
        tenant_id,
        source,
        client_ts,
        seq,
        event_version,
        event_id,
    );
    let stored = rights::as_function_owner(fcinfo, || log(event))?;
    Ok(stored.map(|id| pgrx::Uuid::from_bytes(*id.as_bytes())))
}

/// Contract: see the COMMENT on telemetry.try_log_event in sql/log/events.sql.
#[pg_extern(volatile)]
#[allow(clippy::too_many_arguments)]
fn try_log_event(
    event_name: Option<&str>,
    payload: Option<Sent>,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    tenant_id: Option<pgrx::Uuid>,
    source: Option<&str>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    event_version: Option<i32>,
    event_id: Option<pgrx::Uuid>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Option<pgrx::Uuid>, ErrorReport> {
    if !settings::ENABLED.get() {
        return Ok(None);
    }
    let event = arguments(
        event_name,
        payload,
        user_id,
        session_id,
        subject_id,
        tenant_id,
        source,
        client_ts,
        seq,
        event_version,
        event_id,
    );
    let stored = rights::as_function_owner(fcinfo, || Ok(try_log(event)))?;
    Ok(stored.map(|id| pgrx::Uuid::from_bytes(*id.as_bytes())))
}

#[allow(clippy::too_many_arguments)]
fn arguments<'a>(
    event_name: Option<&'a str>,
    payload: Option<Sent<'a>>,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    tenant_id: Option<pgrx::Uuid>,
    source: Option<&'a str>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    event_version: Option<i32>,
    event_id: Option<pgrx::Uuid>,
) -> Event<'a> {
    Event {
        event_name: event_name.unwrap_or_default(),
        payload: payload.map(|Sent(payload)| Payload::Sent(payload.container())),
        user_id: user_id.map(native),
        session_id: session_id.map(native),
        subject_id: subject_id.map(native),
        tenant_id: tenant_id.map(native),
        source,
        client_ts: client_ts.map(Into::into),
        has_unreadable_ts: false,
        seq,
        event_version,
        event_id: event_id.map(native),
        event_ts: session::clock(),
        sample_rate: None,
    }
}

enum Outcome<'a> {
    Stored(Uuid, Option<Violation>),
    Duplicate(Uuid),
    SampledOut,
    // Far larger than the others, and rare.
    Refused(Box<Refused<'a>>),
}

/// Returns None where the event is not in the log: it was sampled out or quarantined.
fn log(event: Event<'_>) -> Result<Option<Uuid>, Error> {
    let call = Call::begin("log_event", event.source, event.event_ts);
    let mut intake = Intake::of(Caller::present());
    match decide(&mut intake, event)? {
        Outcome::Refused(refused) if refused.is_quarantined => {
            rejections::keep(&refused, &intake.caller)?;
            warn(
                &refused.violation,
                "The event was not logged but kept in telemetry.rejections: its enforcement is \"quarantine\".",
            );
            call.end_single(&intake, Single::Rejected)?;
            Ok(None)
        }
        Outcome::Refused(refused) => Err(Error::Violation { violation: refused.violation, element: None }),
        Outcome::Stored(event_id, warning) => {
            if let Some(violation) = warning {
                warn_of_stored(&violation);
            }
            call.end_single(&intake, Single::Stored)?;
            Ok(Some(event_id))
        }
        Outcome::Duplicate(event_id) => {
            call.end_single(&intake, Single::Duplicate)?;
            Ok(Some(event_id))
        }
        Outcome::SampledOut => {
            call.end_single(&intake, Single::SampledOut)?;
            Ok(None)
        }
    }
}

/// Does what [`log`] does, but whatever goes wrong is kept as a rejection, and the caller's transaction goes on.
fn try_log(event: Event<'_>) -> Option<Uuid> {
    let call = Call::begin("try_log_event", event.source, event.event_ts);
    let mut intake = Intake::of(Caller::present());
    let refused = match session::in_subtransaction(|| decide(&mut intake, event.clone())) {
        Ok(Outcome::Stored(event_id, warning)) => {
            if let Some(violation) = warning {
                warn_of_stored(&violation);
            }
            measure(&call, &intake, Single::Stored);
            return Some(event_id);
        }
        Ok(Outcome::Duplicate(event_id)) => {
            measure(&call, &intake, Single::Duplicate);
            return Some(event_id);
        }
        Ok(Outcome::SampledOut) => {
            measure(&call, &intake, Single::SampledOut);
            return None;
        }
        Ok(Outcome::Refused(refused)) => Ok(*refused),
        Err(failure) => Err(storage_error(&event, failure)),
    };
    keep_or_warn(|| {
        let refused = match refused {
            Ok(refused) => refused,
            Err(violation) => intake.refuse(event, violation)?,
        };
        rejections::keep(&refused, &intake.caller)
    });
    measure(&call, &intake, Single::Rejected);
    None
}

fn decide<'a>(intake: &mut Intake, event: Event<'a>) -> Result<Outcome<'a>, Error> {
    if event.event_name.is_empty() {
        return Ok(Outcome::Refused(Box::new(intake.refuse(event, no_event_name())?)));
    }
    Ok(match intake.admit(event)? {
        Admission::SampledOut => Outcome::SampledOut,
        Admission::Admitted(admitted) => store(&admitted, &intake.caller)?,
        Admission::Refused(refused) => match recall(&refused, &intake.caller)? {
            Some(event_id) => Outcome::Duplicate(event_id),
            None => Outcome::Refused(Box::new(refused)),
        },
    })
}

/// Stores an admitted event, unless its id says that it was stored before.
fn store<'a>(admitted: &Admitted<'a>, caller: &Caller) -> Result<Outcome<'a>, Error> {
    let row = &admitted.row;
    if admitted.event.event_id.is_some() {
        let identity = Identity::of(&admitted.event, row.event_id, row.tenant_id, row.user_id, caller, false);
        match identity.settle(identity.claim()?)? {
            Claim::New => (),
            Claim::Duplicate => return Ok(Outcome::Duplicate(row.event_id)),
            Claim::OfAUser => {
                if let Some(violation) = &admitted.warning {
                    warn_of_stored(violation);
                }
                return Ok(Outcome::Duplicate(row.event_id));
            }
            Claim::Conflict => {
                let refused = admitted.refused(idempotency::conflict(row.event_name));
                return Ok(Outcome::Refused(Box::new(refused)));
            }
        }
    }
    storing::insert_event(row)?;
    admitted.count_new()?;
    Ok(Outcome::Stored(row.event_id, admitted.warning.clone()))
}

/// Returns the id of a refused event that was stored before, under rules or an ownership that have changed since, so
/// that a retry stays harmless.
pub fn recall(refused: &Refused<'_>, caller: &Caller) -> Result<Option<Uuid>, Error> {
    let reason = refused.violation.reason;
    let may_have_changed = reason.is_enforceable()
        || matches!(reason, Reason::NotOwned | Reason::CheckFailed | Reason::TenantSuspended | Reason::DailyLimit);
    let Some(event_id) = refused.event.event_id.filter(|_| may_have_changed) else { return Ok(None) };
    let identity = Identity::of(&refused.event, event_id, refused.tenant_id, refused.user_id, caller, false);
    Ok((identity.known()? == Some(Claim::Duplicate)).then_some(event_id))
}

/// The message of an error of the storage may quote a row: only its SQLSTATE is kept.
fn storage_error(event: &Event<'_>, failure: Failure) -> Violation {
    let problem = match failure {
        Failure::Ours(error) => error.message(),
        Failure::Raised(error) => format!("storing failed with SQLSTATE {}", session::sqlstate(error)),
    };
    Violation::new(Reason::StorageError, format!("event \"{}\": {problem}", event.event_name))
}

/// A WARNING says what not even a rejection could be stored for, so that nothing is lost silently.
fn keep_or_warn(work: impl FnOnce() -> Result<(), Error>) {
    let problem = match session::in_subtransaction(work) {
        Ok(()) => return,
        Err(Failure::Ours(error)) => error.message(),
        Err(Failure::Raised(error)) => format!("keeping it failed with SQLSTATE {}", session::sqlstate(error)),
    };
    ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, format!("an event was lost: {problem}"), "try_log_event")
        .set_hint("See the server's log and telemetry.rejections.")
        .report(PgLogLevel::WARNING);
}

/// Does the accounting of a call that must not raise: where it fails, the call is not measured.
fn measure(call: &Call<'_>, intake: &Intake, single: Single) {
    if call.leaves_a_row(intake, single)
        && let Err(Failure::Raised(error)) = session::in_subtransaction(|| call.end_single(intake, single))
    {
        session::sqlstate(error);
    }
}

/// Tells the caller what is wrong with an event that was stored all the same.
pub fn warn_of_stored(violation: &Violation) {
    let is_left_out =
        matches!(violation.reason, Reason::UnknownSource | Reason::OutOfRange | Reason::UnreadableArgument);
    if is_left_out {
        warn(violation, "The event was stored without it.");
    } else {
        warn(violation, "The event was stored all the same: its enforcement is \"warn\".");
    }
}

/// Tells the caller what is wrong with an event that was not refused.
pub fn warn(violation: &Violation, what_happened: &str) {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, violation.message.clone(), "log_event")
        .set_detail(what_happened.to_string())
        .set_hint(violation.hint())
        .report(PgLogLevel::WARNING);
}

fn native(id: pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}
