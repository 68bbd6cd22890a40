//! log_events(), import_events() and replay_rejections() take many events in one call. Twin: sql/log/batches.sql.
//!
//! Elements are read where they lie in the jsonb argument, checked one by one, and stored together.

mod claims;
mod outcome;
mod phases;
mod replaying;

use crate::access::tenancy::Caller;
use crate::db::composite::Composite;
use crate::db::session;
use crate::db::watch::Derived;
use crate::db::{self, Access, Statement, Value, rights};
use crate::error::Error;
use crate::jsonb::container::{Item, elements};
use crate::jsonb::{Jsonb, JsonbArg, Sent};
use crate::log::accounting::{Call, Tally};
use crate::log::admission::Intake;
use crate::log::incoming::Names;
use crate::log::rejections;
use crate::settings;
use crate::violation::{Reason, Violation};
use outcome::Reasons;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use phases::{Batch, Kind};
use std::rc::Rc;

thread_local! {
    static NAMES: Derived<Names> = const { Derived::new() };
}

/// Contract: see the COMMENT on telemetry.log_events in sql/log/batches.sql, which declares this.
#[pg_extern(volatile, sql = false)]
fn log_batch(
    events: Option<Sent>,
    source: Option<&str>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Composite, ErrorReport> {
    let Outcome { tally, reasons, warnings } = outcome_of(events, source, fcinfo)?;
    let (reasons, warnings) = (sample(&reasons), sample(&warnings));
    let answer = [
        Value::Integer(tally.accepted),
        Value::Integer(tally.rejected),
        Value::Integer(tally.duplicates),
        Value::Container(&reasons.0),
        Value::Container(&warnings.0),
    ];
    Ok(Composite::of(fcinfo, "log_events", &answer)?)
}

/// What log_events() calls where the SQL of the extension is that of 0.1.0.
#[pg_extern(volatile, sql = false)]
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
            name!(rejected_reasons_sample, Jsonb),
            name!(warnings_sample, Jsonb),
        ),
    >,
    ErrorReport,
> {
    let Outcome { tally, reasons, warnings } = outcome_of(events, source, fcinfo)?;
    let (reasons, warnings) = (sample(&reasons), sample(&warnings));
    Ok(TableIterator::once((tally.accepted, tally.rejected, tally.duplicates, reasons, warnings)))
}

fn outcome_of(
    events: Option<Sent<'_>>,
    source: Option<&str>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Outcome, Error> {
    match events.filter(|_| settings::ENABLED.get()) {
        None => Ok(Outcome::default()),
        Some(Sent(events)) => rights::as_function_owner(fcinfo, || log(events, source)),
    }
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
    let tally = replaying::replay_rows(rejections.0)?;
    Ok(TableIterator::once((tally.accepted, tally.duplicates, tally.rejected)))
}

/// How a batch ended, with what was wrong with its rejected and with its stored events.
#[derive(Default)]
struct Outcome {
    tally: Tally,
    reasons: Reasons,
    warnings: Reasons,
}

/// The empty array as jsonb is a header with no elements.
const EMPTY_ARRAY: [u8; 4] = 0x4000_0000u32.to_ne_bytes();

/// Most batches have nothing to say, which costs no reading of JSON.
fn sample(reasons: &Reasons) -> Jsonb {
    let said = if reasons.is_empty() { None } else { Jsonb::parse(&reasons.sample().to_string()) };
    said.unwrap_or_else(|| Jsonb(EMPTY_ARRAY.to_vec()))
}

fn log(events: JsonbArg, source: Option<&str>) -> Result<Outcome, Error> {
    let intake = Intake::of(Caller::present());
    let now = session::clock();
    let call = Call::begin("log_events", source, now);
    match whole(events, intake.caller.is_client()) {
        Ok(elements) => Batch::of(Kind::Logged, intake, now)?.run(elements, source, &call),
        Err((violation, count)) => refuse_whole(&violation, count, &call, &intake, now),
    }
}

fn import(events: JsonbArg) -> Result<i64, Error> {
    let elements = elements(events.container()).ok_or(Error::NotABatch)?;
    let now = session::clock();
    let call = Call::begin("import_events", None, now);
    let Outcome { tally, .. } =
        Batch::of(Kind::Imported, Intake::of(Caller::present()), now)?.run(elements, None, &call)?;
    Ok(i64::from(tally.accepted - tally.sampled_out))
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

/// What names mean: the arguments themselves, and the aliases of the installed packs.
pub fn names() -> Result<Rc<Names>, Error> {
    NAMES.with(|names| {
        names.get(|| {
            let rows = db::run(Statement::Aliases, &[], Access::ReadLatest, |row| {
                (row.get::<String>(1).unwrap_or_default(), row.get::<String>(2).unwrap_or_default())
            })?;
            Ok(Names::new(rows))
        })
    })
}
