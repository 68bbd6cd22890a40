//! `test`: one message to one destination, by a role that may call `test_destination()`, and what became of it.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use postgres::types::Type;

use crate::courier::Courier;
use crate::database;

/// Longer than the longest timeout.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the destination answered and what the database made of it, such as `200: delivered`.
pub fn test(courier: &Arc<Courier>, destination: &str) -> Result<String, String> {
    let row = courier
        .connections
        .run(|client| client.query_typed_one("select telemetry.test_destination($1)", &[(&destination, Type::TEXT)]))
        .map_err(|error| database::describe(&error))?;
    let id: String = row.try_get(0).map_err(|error| error.to_string())?;
    courier.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), None);
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && !courier.bell.is_stopping() {
        let claimed = courier.claim().map_err(|error| database::describe(&error))?;
        while !courier.is_idle() {
            courier.bell.wait(Duration::from_millis(20));
        }
        let watched = courier.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(became)) = watched.get(&id) {
            return Ok(became.clone());
        }
        drop(watched);
        if claimed == 0 {
            courier.bell.wait(Duration::from_millis(200));
        }
    }
    Err("nobody claimed the message within a minute, or another courier took it; see telemetry.destination_status()"
        .to_owned())
}
