//! Plans what destinations are told, and writes messages. Twin: sql/notifications/planning.sql.

use super::message;
use super::plan::{Instance, Rules};
use crate::error::Error;
use crate::log::instant;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Asked {
    rules: Rules,
    instances: Vec<Instance>,
}

/// Plans what a destination is told of an alert. Contract: see sql/notifications/planning.sql.
#[pg_extern(immutable, parallel_safe)]
fn notification_plan(asked: JsonB) -> Result<JsonB, ErrorReport> {
    let asked: Asked = serde_json::from_value(asked.0).map_err(unreadable)?;
    let plan = asked.rules.plan(&asked.instances);
    Ok(JsonB(serde_json::to_value(plan).map_err(unreadable)?))
}

/// The id of a notification that is made at this time, a UUIDv7.
#[pg_extern(volatile)]
fn notification_id(at: TimestampWithTimeZone) -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(*instant::uuid_at(i64::from(at)).as_bytes())
}

/// Writes a message as it is sent, with its title. Contract: see sql/notifications/planning.sql. Error: 22023 no message.
#[pg_extern(immutable, parallel_safe)]
fn message_text(message: JsonB) -> Result<String, ErrorReport> {
    Ok(message::written(message.0).map_err(unreadable)?)
}

fn unreadable(problem: serde_json::Error) -> Error {
    Error::BadArgument {
        problem: format!("a message cannot be read: {:?}", problem.classify()),
        hint: "See docs/alerts.md for its form.".into(),
    }
}
