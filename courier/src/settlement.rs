//! Telling the database what became of deliveries, and telling it again while it does not answer, as long as the lease lasts. After
//! that somebody else sends them again, with the same id.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use postgres::error::SqlState;

use crate::courier::Courier;
use crate::delivery::Tried;
use crate::pace::Pace;
use crate::{database, log};

/// The outcome of each ticket, or None where the database could not be told.
pub fn settle(
    courier: &Courier,
    destination: &str,
    tried: &[Tried],
    lease_ends: Instant,
) -> Option<HashMap<String, String>> {
    let mut pace = Pace::new(Duration::from_millis(200), Duration::from_secs(2));
    loop {
        match courier.connections.run(|client| database::settle(client, &courier.worker, tried)) {
            Ok(outcomes) => {
                for (_, outcome) in &outcomes {
                    courier.metrics.settled.with_label_values(&[destination, outcome]).inc();
                }
                return Some(outcomes.into_iter().collect());
            }
            Err(error) => {
                courier.metrics.database_errors.inc();
                log::warn(
                    "the database did not take a settlement",
                    &[("destination", &destination), ("rows", &tried.len()), ("error", &database::describe(&error))],
                );
                if !may_pass(&error) || Instant::now() >= lease_ends {
                    return None;
                }
                std::thread::sleep(pace.wait());
            }
        }
    }
}

/// Whether the same call may succeed a moment later: the server is being restarted or is full, or two transactions met.
fn may_pass(error: &postgres::Error) -> bool {
    match error.code() {
        None => true,
        Some(code) => {
            ["08", "40", "53", "55", "57", "58"].contains(&&code.code()[..2])
                || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        }
    }
}
