//! How many threads a KPI call gets, as telemetry.kpi_threads, telemetry.kpi_threads_total and
//! telemetry.kpi_threads_events say.
//!
//! The calling thread is one of them and is always there. Each further one needs a token of the server; who gets none works
//! alone, with the same answer. What the threads do is in the crate `workers`.

use crate::db::tokens::Tokens;
use crate::error::Error;
use crate::settings::threads as settings;
use pgrx::check_for_interrupts;
use std::sync::OnceLock;

/// The threads of a call, as long as it needs them.
pub struct Threads {
    /// How many the call asked for, its own among them.
    pub asked: usize,
    tokens: Tokens,
}

impl Threads {
    /// Asks for threads to follow the actors of so many events.
    pub fn of_events(events: usize) -> Threads {
        if events < from_events() {
            return Threads::alone();
        }
        let asked = asked();
        Threads { asked, tokens: Tokens::take(asked - 1, if asked > 1 { total() } else { 0 }) }
    }

    pub fn alone() -> Threads {
        Threads { asked: 1, tokens: Tokens::default() }
    }

    /// How many there are, that of the call among them.
    pub fn got(&self) -> usize {
        1 + self.tokens.count()
    }
}

/// Ends the call by PostgreSQL's own error where it was told to stop.
pub fn check_interrupts() -> Result<(), Error> {
    check_for_interrupts!();
    Ok(())
}

/// The number of events from which on a call asks for threads.
pub fn from_events() -> usize {
    settings::KPI_THREADS_EVENTS.get().max(0) as usize
}

/// A call's most threads, its own among them.
fn asked() -> usize {
    match settings::KPI_THREADS.get() {
        0 => (cores() / 4).clamp(1, 4),
        threads => threads.max(1) as usize,
    }
}

/// The further threads of all calls of the server.
fn total() -> usize {
    match settings::KPI_THREADS_TOTAL.get() {
        -1 => cores(),
        threads => threads.max(0) as usize,
    }
}

/// The cores that the server may use, as its first call finds them.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}
