//! A background worker that does what CALL telemetry.tick() does, again and again, where no scheduler is at hand. Twin:
//! sql/derived/tick_schedule.sql.
//!
//! There are two processes. A launcher lasts, one for each database that is ticked; it is connected to none, so it
//! neither fails where its database is dropped nor stands in the way of that. For each tick it starts a worker, which
//! looks first: where the extension is gone, or its schedule is no longer the one that telemetry_private.tick_schedule
//! holds, it tells the launcher to end; else it does what is to be done, and ends.
//!
//! A launcher is started by schedule_tick(); or, with telemetry in shared_preload_libraries, by the server: for the
//! databases that telemetry.tick_database names, and for those where schedule_tick() was called (resuming.rs).

pub mod launching;
pub mod resuming;

use crate::db::Value;
use crate::db::background;
use crate::db::session::{self, Failure};
use crate::db::stream::{Row, Snapshot, stream};
use crate::settings;
use pgrx::bgworkers::{BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime};
use pgrx::pg_sys::panic::{CaughtError, ErrorReport};
use pgrx::prelude::*;
use std::time::Duration;

/// The name that pg_stat_activity shows as backend_type of the process that works in a database.
const WORKER: &str = "telemetry tick";

/// A worker looks this often, and so many times, whether the transaction that called schedule_tick() is over.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOKS: usize = 1_200;

/// The most ids that a unit of work takes: the default of tick_unit().
const MOST_IDS: i64 = 250_000;

/// Whether the present call may end the transaction, as a procedure called at the top level may.
#[pg_extern(volatile)]
fn may_commit() -> bool {
    session::may_commit()
}

/// Describes a background worker of this library; `extra` is the text that it is started with.
fn builder(kind: &str, function: &str, extra: &str) -> BackgroundWorkerBuilder {
    BackgroundWorkerBuilder::new(kind)
        .set_type(kind)
        .set_library("telemetry")
        .set_function(function)
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_extra(extra)
        .enable_spi_access()
}

/// The instructions that a launcher gives to a worker.
struct Order {
    database: pg_sys::Oid,
    /// The id of the schedule in telemetry_private.tick_schedule; None where telemetry.tick_database names the
    /// database.
    schedule: Option<String>,
    /// The transaction that called schedule_tick().
    transaction: Option<String>,
    launcher: i32,
    with_partitions: bool,
}

impl Order {
    fn to_extra(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or("-".into());
        let (schedule, transaction) = (text(&self.schedule), text(&self.transaction));
        let (database, launcher, partitions) = (self.database.to_u32(), self.launcher, i32::from(self.with_partitions));
        format!("{database} {launcher} {partitions} {transaction} {schedule}")
    }

    fn from_extra(extra: &str) -> Option<Order> {
        let mut words = extra.split(' ');
        let database = words.next()?.parse::<u32>().ok()?.into();
        let launcher = words.next()?.parse().ok()?;
        let with_partitions = words.next()? == "1";
        let mut text = || words.next().filter(|word| *word != "-").map(String::from);
        let (transaction, schedule) = (text(), text());
        Some(Order { database, schedule, transaction, launcher, with_partitions })
    }
}

/// The result of a worker's look at its database and schedule.
enum Found {
    /// A tick is due; it runs with the rights of this role, which owns the functions.
    Due(pg_sys::Oid),
    /// There is nothing to tick yet, but the configuration names the database: the launcher goes on and looks again.
    NotYet,
    /// There is nothing to tick any more: the launcher is to end.
    Over,
    /// unschedule_tick() was called, though the configuration names the database: the launcher is to end.
    Stopped,
}

/// Runs as the worker: it does one tick of a database.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_tick_worker(_argument: pg_sys::Datum) {
    let Some(order) = Order::from_extra(BackgroundWorker::get_extra()) else { return };
    background::connect_to(order.database);
    match look(&order) {
        Ok(Found::Due(owner)) => {
            if tick(&order, owner) {
                background::report_success(order.launcher);
            }
        }
        Ok(Found::NotYet) => background::report_success(order.launcher),
        Ok(Found::Over) => background::ask_to_end(order.launcher),
        Ok(Found::Stopped) => {
            log!(
                "telemetry.tick_database names a database where telemetry.unschedule_tick() was called: telemetry.schedule_tick() takes it up again"
            );
            background::ask_to_end(order.launcher);
        }
        Err(failure) => report("looking for its schedule", failure),
    }
}

/// Finds whether there is something to do. It asks PostgreSQL's catalogs alone first, then with the rights of the
/// extension's owner: where the extension is gone, anybody who owns the schema may have put something in the place of
/// its functions.
fn look(order: &Order) -> Result<Found, Failure> {
    let (owner, is_first) = extension_owner(order.launcher)?;
    if !is_first {
        return Ok(Found::Over);
    }
    let nothing = if order.schedule.is_some() { Found::Over } else { Found::NotYet };
    let Some(owner) = owner else { return Ok(nothing) };
    for _ in 0..LOOKS {
        let schedule = Value::of(order.schedule.as_deref(), Value::Text);
        let transaction = Value::of(order.transaction.as_deref(), Value::Text);
        let arguments = [(pg_sys::TEXTOID, schedule), (pg_sys::TEXTOID, transaction)];
        let mut answer = String::new();
        let outcome = run_as(owner, "select telemetry_private.tick_is_due($1, $2)", &arguments, |row| {
            answer = row.text(0).unwrap_or_default().into();
        });
        if let Err(failure) = outcome {
            // Where the extension was dropped this very moment, that is no failure.
            return if extension_owner(order.launcher)?.0.is_none() { Ok(nothing) } else { Err(failure) };
        }
        match answer.as_str() {
            "due" => return Ok(Found::Due(owner)),
            "stopped" => return Ok(Found::Stopped),
            "undecided" => BackgroundWorker::wait_latch(Some(LOOK_AGAIN)),
            _ => return Ok(Found::Over),
        };
    }
    Ok(Found::NotYet)
}

/// Returns who owns the functions of the extension, None where it is not there; and whether no other launcher of the
/// same database was there before this one (0: there is none to ask about).
fn extension_owner(launcher: i32) -> Result<(Option<pg_sys::Oid>, bool), Failure> {
    const QUESTION: &str = "select (select p.proowner::pg_catalog.int8 from pg_catalog.pg_proc p join pg_catalog.pg_depend d on d.classid operator(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid operator(pg_catalog.=) p.oid and d.refclassid operator(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype operator(pg_catalog.=) 'e' join pg_catalog.pg_extension e on e.oid operator(pg_catalog.=) d.refobjid and e.extname operator(pg_catalog.=) 'telemetry' where p.oid operator(pg_catalog.=) pg_catalog.to_regprocedure('telemetry_private.tick_is_due(text,text)')::pg_catalog.oid), not exists (select from pg_catalog.pg_stat_activity a join pg_catalog.pg_stat_activity mine on mine.pid operator(pg_catalog.=) $1 and mine.application_name operator(pg_catalog.=) a.application_name and mine.backend_type operator(pg_catalog.=) a.backend_type and row(a.backend_start, a.pid) operator(pg_catalog.<) row(mine.backend_start, mine.pid))";
    let mut answer = (None, true);
    let arguments = [(pg_sys::INT4OID, Value::Integer(launcher))];
    run_as(session::role(), QUESTION, &arguments, |row| {
        answer = (row.big(0).map(|oid| pg_sys::Oid::from(oid as u32)), row.flag(1));
    })?;
    Ok(answer)
}

/// Does everything that there is to do when it begins, each unit in a transaction of its own; returns false where a unit failed.
fn tick(order: &Order, owner: pg_sys::Oid) -> bool {
    !matches!(tick_units(order, owner), Err(Ended::Failed))
}

/// The reason why a tick ended before everything was done.
enum Ended {
    /// A unit failed; the server's log says why.
    Failed,
    /// There is nothing to tick any more.
    Over,
}

/// Does the units of a tick. Where no partition can be made, what is there is derived all the same.
fn tick_units(order: &Order, owner: pg_sys::Oid) -> Result<(), Ended> {
    let is_still_due = || matches!(look(order), Ok(Found::Due(now)) if now == owner);
    // A failure where the extension was dropped meanwhile is none.
    let failed = |doing: &str, failure: Failure| {
        if !is_still_due() {
            return Ended::Over;
        }
        report(doing, failure);
        Ended::Failed
    };
    // A tick may take long: what it does may be over after each unit.
    let unit = |doing: &str, sql: &'static str, arguments: &[(pg_sys::Oid, Value<'_>)]| {
        let mut done = 0;
        run_as(owner, sql, arguments, |row| done = row.big(0).unwrap_or_default())
            .map_err(|failure| failed(doing, failure))?;
        if is_still_due() { Ok(done) } else { Err(Ended::Over) }
    };
    if order.with_partitions
        && let Err(failure) = run_as(owner, "select telemetry_private.create_partitions()", &[], |_| ())
        && let over @ Ended::Over = failed("making partitions", failure)
    {
        return Err(over);
    }
    let derive =
        |most: i64| unit("deriving", "select telemetry_private.tick_unit($1)", &[(pg_sys::INT8OID, Value::Big(most))]);
    // The first unit that takes fewer than it may ends what an earlier tick began, the second one what there was when this began.
    // What was logged meanwhile is left to the next tick, and the rest of the maintenance is done alone, and once.
    let mut was_short = false;
    loop {
        let taken = derive(MOST_IDS)?;
        if taken == 0 {
            break;
        }
        let is_short = taken < MOST_IDS;
        if was_short && is_short {
            derive(0)?;
            break;
        }
        was_short = is_short;
    }
    run_as(owner, "select telemetry_private.evaluate_alerts(null)", &[], |_| ())
        .map_err(|failure| failed("evaluating alerts", failure))?;
    if settings::EXPIRY.get() {
        while unit("expiring events", "select telemetry_private.expire_unit(null, true)", &[])? > 0 {}
    }
    Ok(())
}

/// Runs a statement in a transaction of its own, with the rights of a role; an error leaves the process as it was.
fn run_as(
    role: pg_sys::Oid,
    sql: &'static str,
    arguments: &[(pg_sys::Oid, Value<'_>)],
    mut read: impl FnMut(&Row<'_>),
) -> Result<(), Failure> {
    background::transaction_as(role, || {
        session::in_subtransaction(|| {
            stream(sql, arguments, Snapshot::Latest, |row| {
                read(row);
                Ok(())
            })
        })
    })
}

/// Writes one line with the hint to the server's log.
fn report(doing: &str, failure: Failure) {
    let (code, message, hint) = match failure {
        Failure::Ours(error) => (error.code(), error.message(), Some(error.hint())),
        Failure::Raised(CaughtError::PostgresError(report) | CaughtError::ErrorReport(report)) => {
            (report.sql_error_code(), report.message().to_string(), report.hint().map(String::from))
        }
        Failure::Raised(CaughtError::RustPanic { ereport, .. }) => {
            (ereport.sql_error_code(), ereport.message().to_string(), ereport.hint().map(String::from))
        }
    };
    let mut line = ErrorReport::new(code, format!("telemetry tick failed {doing}: {message}"), function_name!());
    if let Some(hint) = hint {
        line = line.set_hint(hint);
    }
    line.report(PgLogLevel::LOG);
}
