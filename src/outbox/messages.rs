//! What is sent of a notification, in the form of each kind of destination. Twin: sql/outbox/messages.sql.

mod alertmanager;
mod email;
mod message;
mod slack;
mod story;

use crate::error::Error;
use message::Message;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Writes a message for a kind of destination. Contract: docs/alerts.md. Error: 22023 a message without its form.
#[pg_extern(immutable, parallel_safe)]
fn message_body(
    kind: &str,
    message: JsonB,
    sender: Option<&str>,
    recipients: Option<Vec<String>>,
) -> Result<String, ErrorReport> {
    let message: Message = serde_json::from_value(message.0).map_err(|_| unreadable())?;
    let story = story::told(&message);
    Ok(match kind {
        "slack" => slack::body(&story),
        "email" => email::body(&story, sender.unwrap_or_default(), &recipients.unwrap_or_default()),
        _ => Err(Error::UnknownWord { argument: "kind", word: kind.into(), known: "slack, email".into() })?,
    })
}

/// Writes what fires, and what has ended, for Alertmanager. Error: 22023 rows without their form.
#[pg_extern(immutable, parallel_safe)]
fn alertmanager_body(alerts: JsonB) -> Result<String, ErrorReport> {
    let posted: Vec<alertmanager::Posted> = serde_json::from_value(alerts.0).map_err(|_| unreadable())?;
    Ok(alertmanager::body(&posted))
}

fn unreadable() -> Error {
    Error::BadArgument {
        problem: "a message does not have its form".into(),
        hint: "See docs/alerts.md for its form.".into(),
    }
}
