//! An event_id that a caller gives makes a retry harmless. Twin: sql/idempotency.sql, which says what is remembered.
//!
//! Exact at commit: the row of telemetry.event_ids is inserted in the transaction that stores the event, and another
//! session that brings the same id waits for that transaction's end.

use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::events::incoming::Event;
use crate::tenancy::Caller;
use crate::violation::{Reason, Violation};
use uuid::Uuid;

/// What an id turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    New,
    /// The same event was stored before.
    Duplicate,
    /// Another event was stored under this id.
    Conflict,
}

/// Claims the id for this transaction, unless it is known.
pub fn claim(tenant_id: &Uuid, event_id: &Uuid, content: &Uuid) -> Result<Claim, Error> {
    // With one snapshot for the whole transaction ON CONFLICT would raise 40001 on a row it cannot see.
    if session::keeps_its_snapshot()
        && let Some(claim) = known(tenant_id, event_id, content)?
    {
        return Ok(claim);
    }
    let row = [Value::Uuid(tenant_id), Value::Uuid(event_id), Value::Uuid(content), Value::Time(session::clock())];
    loop {
        if !db::run(Statement::ClaimId, &row, Access::Write, |_| ())?.is_empty() {
            return Ok(Claim::New);
        }
        // None: forgotten between the two statements, so it can be claimed now.
        if let Some(claim) = known(tenant_id, event_id, content)? {
            return Ok(claim);
        }
        pgrx::check_for_interrupts!();
    }
}

/// What the log knows of an id; none where it does not remember it.
pub fn known(tenant_id: &Uuid, event_id: &Uuid, content: &Uuid) -> Result<Option<Claim>, Error> {
    let arguments = [Value::Uuid(tenant_id), Value::Uuid(event_id)];
    let known = db::run(Statement::KnownId, &arguments, Access::ReadLatest, |row| row.get::<pgrx::Uuid>(1))?;
    let known = known.into_iter().flatten().next();
    Ok(known.map(|known| if known.as_bytes() == content.as_bytes() { Claim::Duplicate } else { Claim::Conflict }))
}

/// The id under which an event_id is remembered. A client's is its own: it can neither take nor probe an id that its
/// server or another user is going to use.
pub fn key_of(event_id: Uuid, caller: &Caller, user_id: Option<Uuid>) -> Uuid {
    if caller.is_client() { Uuid::new_v5(&user_id.unwrap_or_default(), event_id.as_bytes()) } else { event_id }
}

/// A digest of what the caller said, after redaction: a UUID v5 (SHA-1) in the tenant's namespace. The time of arrival
/// is no part of it, the time that an import brings is.
pub fn content_of(event: &Event<'_>, tenant_id: &Uuid, user_id: Option<Uuid>, is_import: bool) -> Uuid {
    let mut text = Vec::with_capacity(160 + event.payload.map_or(0, <[u8]>::len));
    let mut put = |bytes: Option<&[u8]>| {
        let length = bytes.map_or(u32::MAX, |bytes| bytes.len() as u32);
        text.extend_from_slice(&length.to_le_bytes());
        text.extend_from_slice(bytes.unwrap_or_default());
    };
    put(Some(event.event_name.as_bytes()));
    for id in [user_id, event.session_id, event.subject_id] {
        put(id.as_ref().map(|id| id.as_bytes().as_slice()));
    }
    put(event.source.map(str::as_bytes));
    put(event.client_ts.map(i64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
    put(event.seq.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice));
    put(event.event_version.map(i32::to_le_bytes).as_ref().map(<[u8; 4]>::as_slice));
    put(is_import.then(|| event.event_ts.to_le_bytes()).as_ref().map(<[u8; 8]>::as_slice));
    put(event.payload);
    Uuid::new_v5(tenant_id, &text)
}

pub fn conflict(event_name: &str) -> Violation {
    let message = format!("event \"{event_name}\": another event was logged under this event_id");
    Violation::new(Reason::ConflictingId, message)
}
