//! Starts the launchers again that schedule_tick() had started, after a start of a server that preloads telemetry.
//!
//! Only the databases themselves know which of them are scheduled. So one process goes over them all, one after the
//! other, and has a worker look into each.

use super::{WORKER, builder, extension_owner, launching, report, run_as};
use crate::db::{background, session};
use pgrx::bgworkers::BackgroundWorker;
use pgrx::prelude::*;
use std::time::Duration;

/// The name that pg_stat_activity shows as backend_type of the process that goes over all databases.
const NAME: &str = "telemetry tick resumption";

const BEFORE_RETRY: Duration = Duration::from_secs(10);

/// Registers the process that goes over all databases. It is called while the server starts.
pub fn register() {
    builder(NAME, "telemetry_tick_resumption", "").set_restart_time(Some(BEFORE_RETRY)).load();
}

/// Runs as the process that has a worker look into every database, then ends for good.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_tick_resumption(_argument: pg_sys::Datum) {
    background::connect_to_no_database();
    for database in background::databases() {
        while !look_into(database) {
            // There was no room for it.
            if !BackgroundWorker::wait_latch(Some(BEFORE_RETRY)) {
                return;
            }
        }
    }
}

fn look_into(database: pg_sys::Oid) -> bool {
    background::in_own_memory(|| {
        let worker = builder(WORKER, "telemetry_tick_look", &database.to_u32().to_string())
            .set_notify_pid(session::process_id())
            .load_dynamic();
        worker.is_ok_and(|worker| worker.wait_for_shutdown().is_ok())
    })
}

/// Runs as the worker: it starts the launcher of its database if schedule_tick() was called there.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_tick_look(_argument: pg_sys::Datum) {
    let Ok(database) = BackgroundWorker::get_extra().parse::<u32>().map(pg_sys::Oid::from) else { return };
    background::connect_to(database);
    let mut found = None;
    let outcome = extension_owner(0).and_then(|(owner, _)| match owner {
        Some(owner) => run_as(
            owner,
            "select s.schedule_id, s.seconds from telemetry_private.present_tick_schedule() s",
            &[],
            |row| found = row.text(0).map(String::from).zip(row.double(1)),
        ),
        None => Ok(()),
    });
    if let Err(failure) = outcome {
        report("looking for its schedule", failure);
    }
    if let Some((schedule, seconds)) = found
        && !launching::resume(database, &schedule, seconds)
    {
        log!("telemetry tick: the server has no room for a background worker, raise max_worker_processes");
    }
}
