//! A background worker that does what CALL telemetry.tick() does, again and again, where no scheduler is at hand. Twin:
//! sql/tick.sql.
//!
//! Started by schedule_tick() until it is told to stop; or, with telemetry in shared_preload_libraries, by the server for
//! the database that telemetry.tick_database names.

use crate::db::session::{self, Failure};
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::settings;
use pgrx::bgworkers::{BackgroundWorker, BackgroundWorkerBuilder, BgWorkerStartTime, SignalWakeFlags};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::time::Duration;

/// What pg_stat_activity shows as backend_type.
const NAME: &str = "telemetry tick";

/// After a worker failed.
const BEFORE_RESTART: Duration = Duration::from_secs(10);

/// Whether the present call may end the transaction, as a procedure called at the top level may.
#[pg_extern(volatile)]
fn may_commit() -> bool {
    session::may_commit()
}

/// Starts a worker for the present database and role; its process id. Error: 53000 where the server has no room.
#[pg_extern(volatile)]
fn start_worker(seconds: f64) -> Result<i32, ErrorReport> {
    let target = format!("{} {} {seconds}", session::database().to_u32(), session::role().to_u32());
    let started = builder(&target).set_notify_pid(session::process_id()).load_dynamic();
    let pid = started.ok().and_then(|worker| worker.wait_for_startup().ok());
    Ok(pid.ok_or(Error::NoWorker)?)
}

fn builder(target: &str) -> BackgroundWorkerBuilder {
    BackgroundWorkerBuilder::new(NAME)
        .set_type(NAME)
        .set_library("telemetry")
        .set_function("telemetry_tick_worker")
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(Some(BEFORE_RESTART))
        .set_extra(target)
        .enable_spi_access()
}

/// Called while the server starts: a worker for telemetry.tick_database.
pub fn register_worker() {
    let database = settings::text(&settings::TICK_DATABASE).unwrap_or_default();
    if !database.is_empty() {
        builder("").load();
    }
}

/// The worker: `extra` holds the oids of database and role and the pause in seconds; nothing means the settings.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_tick_worker(_argument: pg_sys::Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    let mut target = BackgroundWorker::get_extra().split(' ');
    let mut oid = || target.next().and_then(|oid| oid.parse::<u32>().ok()).map(pg_sys::Oid::from);
    let pause = match (oid(), oid()) {
        (Some(database), Some(role)) => {
            BackgroundWorker::connect_worker_to_spi_by_oid(Some(database), Some(role));
            target.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(60.0)
        }
        _ => {
            BackgroundWorker::connect_worker_to_spi(settings::text(&settings::TICK_DATABASE).as_deref(), None);
            f64::from(settings::TICK_PAUSE.get())
        }
    };
    loop {
        tick();
        // SIGTERM, which pg_terminate_backend() sends, ends it for good: a worker that exits with 0 is not restarted.
        if BackgroundWorker::sigterm_received() || !BackgroundWorker::wait_latch(Some(Duration::from_secs_f64(pause))) {
            break;
        }
    }
}

/// Everything that is to be done now, each unit in a transaction of its own.
fn tick() {
    // Whatever keeps a partition from being made: what is there is derived all the same.
    BackgroundWorker::transaction(|| {
        let sql = "select telemetry.create_partitions() where pg_catalog.to_regclass('telemetry.events') is not null";
        if let Err(Failure::Raised(error)) =
            session::in_subtransaction(|| stream(sql, &[], Snapshot::Latest, |_| Ok(())))
        {
            let state = session::sqlstate(error);
            ErrorReport::new(
                PgSqlErrorCode::ERRCODE_WARNING,
                format!("no partitions were made ahead: SQLSTATE {state}"),
                "telemetry_tick_worker",
            )
            .set_hint("Call telemetry.create_partitions() to see why, and mend it: logging would fail as this did.")
            .report(PgLogLevel::WARNING);
        }
    });
    while run_alone("select telemetry.tick_unit() where pg_catalog.to_regclass('telemetry.events') is not null") > 0
        && !BackgroundWorker::sigterm_received()
    {}
}

/// Runs a statement in a transaction of its own; the number that it returns.
fn run_alone(sql: &'static str) -> i64 {
    BackgroundWorker::transaction(|| {
        let mut answer = 0;
        let outcome = stream(sql, &[], Snapshot::Latest, |row| {
            answer = row.big(0).unwrap_or_default();
            Ok(())
        });
        if let Err(error) = outcome {
            ErrorReport::from(error).report(PgLogLevel::ERROR);
        }
        answer
    })
}
