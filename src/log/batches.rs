//! log_events(), import_events() and replay_rejections() take many events in one call. Twin: sql/log/batches.sql.
//!
//! Elements are read where they lie in the jsonb argument, checked one by one, and stored together.

mod claims;
mod outcome;

use crate::access::tenancy::Caller;
use crate::db::session::{self, Failure};
use crate::db::watch::Derived;
use crate::db::{self, Access, Statement, Value, rights};
use crate::error::Error;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::{JsonbArg, Sent};
use crate::log::accounting::{Call, Tally};
use crate::log::admission::{Admission, Intake};
use crate::log::events::{recall, warn, warn_of_stored};
use crate::log::idempotency::{self, Claim};
use crate::log::incoming::{self, Clock, Event, Names};
use crate::log::instant;
use crate::log::rejections;
use crate::log::storing;
use crate::settings;
use crate::time::MINUTE;
use crate::violation::{Reason, Violation};
use outcome::Reasons;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{JsonB, check_for_interrupts};
use std::collections::HashMap;
use std::rc::Rc;
use uuid::Uuid;

/// An imported event may lie so far ahead of the server's clock, because clocks differ.
const FUTURE_TOLERANCE: i64 = 5 * MINUTE;

/// A call warns of so many events at most.
const MOST_WARNINGS: usize = 5;

thread_local! {
    static NAMES: Derived<Names> = const { Derived::new() };
}

/// Contract: see the COMMENT on telemetry.log_events in sql/log/batches.sql.
#[pg_extern(volatile)]
fn log_events(
    events: Option<Sent>,
    source: Option<&str>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<
    TableIterator<
        'static,
        (
            name!(accepted, i32),
            name!(rejected, i32),
            name!(duplicates, i32),
            name!(rejected_reasons_sample, JsonB),
            name!(warnings_sample, JsonB),
        ),
    >,
    ErrorReport,
> {
    let Outcome { tally, reasons, warnings } = match events.filter(|_| settings::ENABLED.get()) {
        None => Outcome::default(),
        Some(Sent(events)) => rights::as_function_owner(fcinfo, || log(events, source))?,
    };
    let (reasons, warnings) = (JsonB(reasons.sample()), JsonB(warnings.sample()));
    Ok(TableIterator::once((tally.accepted, tally.rejected, tally.duplicates, reasons, warnings)))
}

/// Contract: see the COMMENT on telemetry.import_events in sql/log/batches.sql.
#[pg_extern(volatile, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn import_events(events: Option<Sent>) -> Result<i64, ErrorReport> {
    let Some(Sent(events)) = events.filter(|_| settings::ENABLED.get()) else { return Ok(0) };
    Ok(import(events)?)
}

/// Logs rejections again, given as rows of telemetry.rejections; each is claimed in telemetry.replays first.
#[pg_extern(volatile, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn replay(
    rejections: Sent,
) -> Result<
    TableIterator<'static, (name!(replayed, i32), name!(duplicates, i32), name!(still_rejected, i32))>,
    ErrorReport,
> {
    let tally = replay_rows(rejections.0)?;
    Ok(TableIterator::once((tally.accepted, tally.duplicates, tally.rejected)))
}

/// How a batch ended, with what was wrong with its rejected and with its stored events.
#[derive(Default)]
struct Outcome {
    tally: Tally,
    reasons: Reasons,
    warnings: Reasons,
}

fn log(events: JsonbArg, source: Option<&str>) -> Result<Outcome, Error> {
    let mut intake = Intake::of(Caller::present());
    let now = session::clock();
    let call = Call::begin("log_events", source, now);
    let batch = match whole(events, intake.caller.is_client()) {
        Ok(batch) => batch,
        Err((violation, count)) => return refuse_whole(&violation, count, &call, &intake, now),
    };
    let count = batch.len();
    let names = names()?;
    let mut tally = Tally { events: count as i32, ..Tally::default() };
    let mut reasons = Reasons::default();
    let mut admitted = Vec::with_capacity(count);
    for (index, element) in batch.enumerate() {
        check_for_interrupts!();
        // The server's clock; a microsecond apart, so that the order within the batch is kept.
        let event_ts = now - (count - 1 - index) as i64;
        match incoming::read(element, &names, Clock::Server, event_ts) {
            Err(violation) => {
                let redactions = &mut intake.redactions;
                rejections::keep_unreadable(element, &names, &violation, event_ts, &intake.caller, redactions)?;
                tally.rejected += 1;
                reasons.add(&violation, index);
            }
            Ok(event) => {
                let event = Event { source: event.source.or(source), ..event };
                match intake.admit(event)? {
                    Admission::Admitted(event) => admitted.push((index, event)),
                    Admission::SampledOut => {
                        tally.accepted += 1;
                        tally.sampled_out += 1;
                    }
                    Admission::Refused(refused) if recall(&refused, &intake.caller)?.is_some() => tally.duplicates += 1,
                    Admission::Refused(refused) => {
                        rejections::keep(&refused, &intake.caller)?;
                        tally.rejected += 1;
                        reasons.add(&refused.violation, index);
                    }
                }
            }
        }
    }
    let claims = claims::claim(&admitted, &intake.caller, false)?;
    let mut rows = Vec::with_capacity(admitted.len());
    let mut warnings = Reasons::default();
    let (mut warned, mut known_of_users) = (0, 0);
    for ((index, event), claim) in admitted.into_iter().zip(claims) {
        match claim {
            Claim::New | Claim::OfAUser => {
                if let Some(violation) = &event.warning {
                    warned += 1;
                    if warned <= MOST_WARNINGS {
                        warn_of_stored(violation);
                    }
                    warnings.add(violation, index);
                }
                tally.accepted += 1;
                if claim == Claim::OfAUser {
                    known_of_users += 1;
                    continue;
                }
                event.count_new()?;
                rows.push(event.row);
            }
            Claim::Duplicate => tally.duplicates += 1,
            Claim::Conflict => {
                let refused = event.refused(idempotency::conflict(event.row.event_name));
                rejections::keep(&refused, &intake.caller)?;
                tally.rejected += 1;
                reasons.add(&refused.violation, index);
            }
        }
    }
    storing::insert_events(&rows)?;
    // What the caller is told is new though a user's is counted as it is.
    let (accepted, duplicates) = (tally.accepted - known_of_users, tally.duplicates + known_of_users);
    call.end_batch(&intake, Tally { accepted, duplicates, ..tally })?;
    Ok(Outcome { tally, reasons, warnings })
}

/// Returns the elements of a batch, or why it is refused as a whole and how many events that are.
fn whole<'a>(
    events: JsonbArg<'a>,
    is_client: bool,
) -> Result<impl ExactSizeIterator<Item = Item<'a>>, (Violation, usize)> {
    let Some(batch) = elements(events.container()) else {
        return Err((Violation::new(Reason::NotABatch, "events must be a JSON array"), 1));
    };
    let most = if is_client { settings::BATCH_LIMIT.get() } else { settings::SERVER_BATCH_LIMIT.get() };
    let count = batch.len();
    if count > most as usize {
        let message = format!("the batch has {count} events, the limit is {most}");
        return Err((Violation::new(Reason::BatchTooLarge, message), count));
    }
    Ok(batch)
}

/// An error would take back every trace of it: the batch is counted as rejected, and kept as one rejection without its
/// events.
fn refuse_whole(
    violation: &Violation,
    count: usize,
    call: &Call<'_>,
    intake: &Intake,
    now: i64,
) -> Result<Outcome, Error> {
    rejections::keep_batch(violation, now, &intake.caller)?;
    let tally = Tally { events: count as i32, rejected: count as i32, ..Tally::default() };
    call.end_batch(intake, tally)?;
    Ok(Outcome { tally, reasons: Reasons::of_all(violation, count), warnings: Reasons::default() })
}

fn names() -> Result<Rc<Names>, Error> {
    NAMES.with(|names| {
        names.get(|| {
            let rows = db::run(Statement::Aliases, &[], Access::ReadLatest, |row| {
                (row.get::<String>(1).unwrap_or_default(), row.get::<String>(2).unwrap_or_default())
            })?;
            Ok(Names::new(rows))
        })
    })
}

fn import(events: JsonbArg) -> Result<i64, Error> {
    let batch = elements(events.container()).ok_or(Error::NotABatch)?;
    let mut intake = Intake::of(Caller::present());
    let names = names()?;
    let now = session::clock();
    let call = Call::begin("import_events", None, now);
    let mut tally = Tally { events: batch.len() as i32, ..Tally::default() };
    let mut warnings = 0;
    let mut admitted = Vec::with_capacity(batch.len());
    for (index, element) in batch.enumerate() {
        check_for_interrupts!();
        let refused_as = |violation: Violation| Error::Violation { violation, element: Some(index + 1) };
        let clock = Clock::Element { until: now + FUTURE_TOLERANCE };
        let event = incoming::read(element, &names, clock, now).map_err(refused_as)?;
        match intake.admit(event)? {
            Admission::Admitted(event) => admitted.push((index, event)),
            Admission::SampledOut => tally.sampled_out += 1,
            Admission::Refused(refused) if refused.is_quarantined => {
                rejections::keep(&refused, &intake.caller)?;
                warn(
                    &refused.violation,
                    "The event was not imported but kept in telemetry.rejections: its enforcement is \"quarantine\".",
                );
                tally.rejected += 1;
            }
            Admission::Refused(refused) => return Err(refused_as(refused.violation)),
        }
    }
    let claims = claims::claim(&admitted, &intake.caller, true)?;
    let mut rows = Vec::with_capacity(admitted.len());
    for ((index, event), claim) in admitted.into_iter().zip(claims) {
        match claim {
            Claim::New => {
                if let Some(violation) = &event.warning
                    && warnings < MOST_WARNINGS
                {
                    warnings += 1;
                    warn_of_stored(violation);
                }
                event.count_new()?;
                rows.push(event.row);
            }
            Claim::Duplicate | Claim::OfAUser => tally.duplicates += 1,
            Claim::Conflict => {
                let violation = idempotency::conflict(event.row.event_name);
                return Err(Error::Violation { violation, element: Some(index + 1) });
            }
        }
    }
    tally.accepted = rows.len() as i32 + tally.sampled_out;
    storing::insert_events(&rows)?;
    call.end_batch(&intake, tally)?;
    Ok(rows.len() as i64)
}

fn replay_rows(rejections: JsonbArg) -> Result<Tally, Error> {
    let batch = elements(rejections.container()).ok_or(Error::NotABatch)?;
    let names = names()?;
    let mut tally = Tally::default();
    for rejection in batch {
        check_for_interrupts!();
        // Each in a subtransaction: one that storage refuses does not hold back the others.
        let outcome = match session::in_subtransaction(|| replay_row(rejection, &names)) {
            Ok(outcome) => outcome,
            Err(Failure::Ours(error)) => return Err(error),
            Err(Failure::Raised(error)) => {
                session::sqlstate(error);
                Replay::StillRejected
            }
        };
        match outcome {
            Replay::Stored | Replay::SampledOut => tally.accepted += 1,
            Replay::Duplicate => tally.duplicates += 1,
            Replay::StillRejected => tally.rejected += 1,
            Replay::ByAnother => (),
        }
    }
    Ok(tally)
}

/// What became of a rejection.
enum Replay {
    Stored,
    SampledOut,
    /// The event_id was in the log meanwhile.
    Duplicate,
    StillRejected,
    /// Another session has replayed it.
    ByAnother,
}

fn replay_row(rejection: Item<'_>, names: &Names) -> Result<Replay, Error> {
    let Some(Rejection { rejection_id, tenant_id, caller, event }) = replayable(rejection, names)? else {
        return Ok(Replay::StillRejected);
    };
    let mut intake = Intake::of(caller);
    let own_id = event.event_id.is_some();
    // Without an id of its own it is stored under the rejection's: the same, however often it is replayed.
    let event = Event { event_id: Some(event.event_id.unwrap_or(rejection_id)), ..event };
    let (admitted, outcome) = match intake.admit(event)? {
        Admission::Refused(_) => return Ok(Replay::StillRejected),
        Admission::SampledOut => (None, Replay::SampledOut),
        Admission::Admitted(admitted) => {
            let claim =
                if own_id { claims::claim(&[(0, admitted.clone())], &intake.caller, false)?[0] } else { Claim::New };
            match claim {
                Claim::Conflict => return Ok(Replay::StillRejected),
                Claim::Duplicate | Claim::OfAUser => (None, Replay::Duplicate),
                Claim::New => (Some(admitted), Replay::Stored),
            }
        }
    };
    let label = match outcome {
        Replay::SampledOut => "sampled_out",
        Replay::Duplicate => "duplicate",
        _ => "stored",
    };
    let row = [Value::Uuid(&rejection_id), Value::Uuid(&tenant_id), Value::Time(session::clock()), Value::Text(label)];
    if db::execute(Statement::ClaimReplay, &row)? == 0 {
        return Ok(Replay::ByAnother);
    }
    if let Some(admitted) = admitted {
        storing::insert_event(&admitted.row)?;
        admitted.count_new()?;
    }
    Ok(outcome)
}

/// A row of telemetry.rejections: its event as of its arrival, and the caller who logged it.
struct Rejection<'a> {
    rejection_id: Uuid,
    tenant_id: Uuid,
    caller: Caller,
    event: Event<'a>,
}

/// Returns None where the event itself could not be read.
fn replayable<'a>(rejection: Item<'a>, names: &Names) -> Result<Option<Rejection<'a>>, Error> {
    let fault = |what: &str| Error::Spi(format!("a rejection without {what}"));
    let Item::Container(container) = rejection else { return Err(fault("columns")) };
    let row: HashMap<&str, Item<'a>> = members(container).ok_or_else(|| fault("columns"))?.collect();
    let text = |column: &str| match row.get(column) {
        Some(Item::Text(text)) => Some(*text),
        _ => None,
    };
    let id = |column: &str| text(column).and_then(|text| Uuid::try_parse(text).ok());
    let rejection_id = id("rejection_id").ok_or_else(|| fault("rejection_id"))?;
    let tenant_id = id("tenant_id").ok_or_else(|| fault("tenant_id"))?;
    let rejected_at = text("rejected_at").and_then(instant::parse).ok_or_else(|| fault("rejected_at"))?;
    let is_client = row.get("is_client") != Some(&Item::Boolean(false));
    // Under the nil UUID is also what a multi-tenant installation refused for want of a tenant.
    let tenant = Some(tenant_id).filter(|tenant| !tenant.is_nil() || !settings::MULTI_TENANT.get());
    let caller = Caller::replayed(is_client, tenant, id("user_id"));
    let event = row.get("event").map(|event| incoming::read(*event, names, Clock::Server, rejected_at));
    let event = event.and_then(Result::ok);
    Ok(event.map(|event| Rejection { rejection_id, tenant_id, caller, event }))
}
