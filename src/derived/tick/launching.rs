//! The process that lasts: it starts a worker for every tick, rests in between, and rests longer while ticks fail.

use super::{Order, builder};
use crate::db::{background, session};
use crate::error::Error;
use crate::settings;
use pgrx::bgworkers::{BackgroundWorker, BackgroundWorkerStatus};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::time::{Duration, Instant};

/// The name that pg_stat_activity shows as backend_type of a launcher; application_name says which database it is
/// about.
const LAUNCHER: &str = "telemetry tick launcher";

/// The pause before a launcher is started again after it or the server crashed.
const BEFORE_RESTART: Duration = Duration::from_secs(10);

/// The longest pause after failures. Each tick that fails doubles the pause, up to this or the usual pause.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// The pause between two looks for missing partitions. They are made for months ahead, so it may be long.
const BETWEEN_PARTITIONS: Duration = Duration::from_secs(60);

/// Starts a launcher for the present database and returns its process id. `transaction`: the one in which `schedule_id`
/// is being stored. Error: 53000 where the server has no room.
#[pg_extern(volatile)]
fn start_tick_launcher(schedule_id: &str, transaction: &str, seconds: f64) -> Result<i32, ErrorReport> {
    let extra = format!("{} {transaction} {schedule_id} {seconds}", session::database().to_u32());
    let started = builder(LAUNCHER, "telemetry_tick_launcher", &extra)
        .set_restart_time(Some(BEFORE_RESTART))
        .set_notify_pid(session::process_id())
        .load_dynamic();
    let pid = started.ok().and_then(|launcher| launcher.wait_for_startup().ok());
    Ok(pid.ok_or(Error::NoWorker)?)
}

/// Starts a launcher without waiting for it; returns false where the server has no room.
pub fn resume(database: pg_sys::Oid, schedule_id: &str, seconds: f64) -> bool {
    let extra = format!("{} - {schedule_id} {seconds}", database.to_u32());
    let launcher = builder(LAUNCHER, "telemetry_tick_launcher", &extra).set_restart_time(Some(BEFORE_RESTART));
    launcher.load_dynamic().is_ok()
}

/// Registers launchers for the databases of telemetry.tick_database. It is called while the server starts.
pub fn register() {
    let names = settings::text(&settings::TICK_DATABASE).unwrap_or_default();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let launcher = builder(LAUNCHER, "telemetry_tick_launcher", &format!("{NAMED}{name}"));
        launcher.set_restart_time(Some(BEFORE_RESTART)).load();
    }
}

const NAMED: &str = "named ";

/// The database that a launcher is about.
enum Target {
    /// A database where schedule_tick() was called.
    Scheduled { database: pg_sys::Oid, transaction: Option<String>, schedule: String, pause: Duration },
    /// The database of a name in telemetry.tick_database: there may be none of that name yet, and later another one.
    Named(String),
}

impl Target {
    fn from_extra(extra: &str) -> Option<Target> {
        if let Some(name) = extra.strip_prefix(NAMED) {
            return Some(Target::Named(name.into()));
        }
        let mut words = extra.split(' ');
        let database = words.next()?.parse::<u32>().ok()?.into();
        let transaction = words.next().filter(|word| *word != "-").map(String::from);
        let schedule = words.next()?.into();
        let pause = Duration::try_from_secs_f64(words.next()?.parse().ok()?).ok()?;
        Some(Target::Scheduled { database, transaction, schedule, pause })
    }

    /// The oid of the database; None where it is not there.
    fn database(&self) -> Option<pg_sys::Oid> {
        match self {
            Target::Scheduled { database, .. } => background::database_name(*database).map(|_| *database),
            Target::Named(name) => background::database_named(name),
        }
    }

    fn pause(&self) -> Duration {
        match self {
            Target::Scheduled { pause, .. } => *pause,
            Target::Named(_) => Duration::from_secs(settings::TICK_PAUSE.get() as u64),
        }
    }

    fn order(&self, database: pg_sys::Oid, with_partitions: bool) -> Order {
        let (schedule, transaction) = match self {
            Target::Scheduled { schedule, transaction, .. } => (Some(schedule.clone()), transaction.clone()),
            Target::Named(_) => (None, None),
        };
        Order { database, schedule, transaction, launcher: session::process_id(), with_partitions }
    }
}

/// How a worker ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    Badly,
    /// The server had no room for the worker.
    NotStarted,
    /// The launcher is to end as well.
    ToEnd,
}

/// Runs as the launcher. It ends with 0, and so is not started again, where its database is gone, where a worker tells
/// it to, and when it is terminated.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn telemetry_tick_launcher(_argument: pg_sys::Datum) {
    let Some(target) = Target::from_extra(BackgroundWorker::get_extra()) else { return };
    background::connect_to_no_database();
    let mut failures = 0;
    let mut partitions_at: Option<Instant> = None;
    loop {
        background::take_in_settings();
        match target.database() {
            Some(database) => {
                background::announce(&format!("telemetry tick of database {}", database.to_u32()));
                let with_partitions = partitions_at.is_none_or(|time| time.elapsed() >= BETWEEN_PARTITIONS);
                let ended = run_worker(&target.order(database, with_partitions));
                match ended {
                    Ended::ToEnd => return,
                    Ended::Well => failures = 0,
                    Ended::Badly => failures += 1,
                    Ended::NotStarted => {
                        if failures == 0 {
                            log!(
                                "telemetry tick: the server has no room for a background worker, raise max_worker_processes"
                            );
                        }
                        failures += 1;
                    }
                }
                if with_partitions && ended != Ended::NotStarted {
                    partitions_at = Some(Instant::now());
                }
            }
            None if matches!(target, Target::Named(_)) => background::announce("telemetry tick of no database"),
            None => return,
        }
        if !rest(&target, failures) {
            return;
        }
    }
}

/// Starts a worker and waits for its end.
fn run_worker(order: &Order) -> Ended {
    background::in_own_memory(|| {
        background::heard_of_success();
        let worker = builder(super::WORKER, "telemetry_tick_worker", &order.to_extra())
            .set_notify_pid(session::process_id())
            .load_dynamic();
        let Ok(worker) = worker else { return Ended::NotStarted };
        loop {
            match worker.pid() {
                Err(BackgroundWorkerStatus::Stopped) => break,
                Err(BackgroundWorkerStatus::PostmasterDied) => return Ended::ToEnd,
                _ => (),
            }
            if !BackgroundWorker::wait_latch(Some(BEFORE_RESTART)) {
                worker.terminate();
                return Ended::ToEnd;
            }
        }
        if background::heard_of_success() { Ended::Well } else { Ended::Badly }
    })
}

/// Waits until the next tick, the longer the more of them failed; returns false if this process is to end. A changed
/// pause counts at once.
fn rest(target: &Target, failures: u32) -> bool {
    let since = Instant::now();
    loop {
        background::take_in_settings();
        let pause = target.pause();
        let pause = pause.saturating_mul(1 << failures.min(9)).min(pause.max(LONGEST_REST));
        let left = pause.saturating_sub(since.elapsed());
        if left.is_zero() {
            return true;
        }
        if !BackgroundWorker::wait_latch(Some(left)) {
            return false;
        }
    }
}
