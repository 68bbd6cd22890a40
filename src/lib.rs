//! telemetry: an append-only product-analytics and audit-event log inside PostgreSQL.
//!
//! This file is the map. An event comes in by `log`, which asks `access` who sends it. Ticks make `derived` from the log: hourly
//! counts, and the timeline, which is events as columns. A question comes in by `kpi`, whose `readers` read events from `source`: the
//! timeline and the rows above it. `aggregates` work over any table. `db` is PostgreSQL. Each file has a twin of the same name in
//! `sql/`, in the same folder: the twin says what exists in the database, the file says what is computed, and the book of that
//! folder in `tests/regress/sql/` says what a user gets.
//!
//! Invariants, each greppable:
//! * `SPI_` is named only in `db.rs` and its children; read paths take no transaction id.
//! * `unsafe` only in `db.rs` and its children, `jsonb.rs`, `log/ownership/time_limit.rs`, `log/immutability.rs` and
//!   `calendar.rs`, each block with its SAFETY line; `derived/tick.rs` and its children export the symbols of their workers.
//! * Pure leaves (their header begins with "Pure:") import neither pgrx nor what does.
//! * Every Rust function that `sql/` does not declare is created in telemetry_private (the search_path that
//!   bootstrap.sql leaves); what may be called from outside is declared in `sql/`.
//! * Every SQL string in Rust is qualified down to its operators: it may run under any search_path.
//! * A C symbol that was released is never removed: old install scripts refer to it.

// pgrx's ErrorReport is large, and an error is rare.
#![allow(clippy::result_large_err)]
// A list of ranges of time with one range in it is just that.
#![allow(clippy::single_range_in_vec_init)]

use pgrx::prelude::*;

::pgrx::pg_module_magic!();

mod log; // writing: from what was sent to what is stored
mod access; // who calls, what is theirs, whom they trust
mod derived; // what ticks make from the log
mod source; // where the events of a question come from
mod readers; // what several questions do with events
mod kpi; // the questions
mod history; // what KPIs said of events that are gone
mod outbox; // what leaves the database: destinations, deliveries
mod exports; // the log in files
mod retention; // how long events are kept, and what takes them away
mod seals; // proofs that it is what it was
mod archive; // what leaves it, and comes back, as a whole
mod tables; // tables of the application, whose rows become events
mod erasure; // what leaves it for good, and the receipts of that
mod alerts; // when a KPI passed its limit, and when that was over
mod notifications; // who is told of it, and how often
mod pictures; // their answers, drawn
mod clients; // what programs that log are given
mod shards; // one API over several servers
mod aggregates; // ClickHouse's aggregates, over any table
mod db; // PostgreSQL: statements, streams, the session, rights

mod calendar; // buckets in a time zone
mod error; // every error: message, SQLSTATE, hint
mod help; // what the functions are for
mod health; // what is wrong with the installation
mod ids; // tenants, actors, and how the timeline numbers them
mod jsonb; // jsonb, read where it lies
mod memory; // how much of it a question may take
mod parts; // what one log counted, for an answer over several
mod metrics; // for monitoring
#[cfg(test)]
mod properties; // what holds of any event and payload; fuzz/ calls it as well
mod schema; // what exists in the database, in load order
mod settings; // every setting
mod spelling; // words that nobody knows, and names that are like them
mod threads; // how many of them a question gets
mod time; // how time is counted, and written
mod violation; // why an event is refused

#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    if db::session::is_preloading() {
        settings::register_preloaded();
        derived::tick::launching::register();
        derived::tick::resuming::register();
    }
    settings::register();
    db::watch::watch_relations();
}
