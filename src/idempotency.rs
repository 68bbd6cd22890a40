//! An event_id that a caller gives makes a retry harmless. Twin: sql/idempotency.sql, which says what is remembered.
//!
//! Exact at commit: the row of telemetry.event_ids is inserted in the transaction that stores the event, and another
//! session that brings the same id waits for that transaction's end.

use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::events::incoming::Event;
use crate::jsonb::canonical;
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

/// Under what an event is remembered that its caller gave an id.
pub struct Identity {
    pub tenant_id: Uuid,
    pub key: Uuid,
    pub content: Uuid,
    /// Under what a client's event is remembered if it was sent before its user signed in.
    anonymous_key: Option<Uuid>,
}

/// The namespace of ids that clients without a user give.
const ANONYMOUS: Uuid = Uuid::from_u128(0x2c1f_0a5e_5f0c_4d54_9a43_6e6f_626f_6479);

impl Identity {
    /// A server's id is remembered as it is, a signed-in client's as its own: it can neither take nor probe an id that its
    /// server or another user is going to use. Clients without a user cannot be told apart, so theirs is remembered with
    /// its content: they neither learn of nor stand in the way of each other's.
    pub fn of(
        event: &Event<'_>,
        event_id: Uuid,
        tenant_id: Uuid,
        user_id: Option<Uuid>,
        caller: &Caller,
        is_import: bool,
    ) -> Identity {
        let content = content_of(event, &tenant_id, user_id, is_import);
        if !caller.is_client() {
            return Identity { tenant_id, key: event_id, content, anonymous_key: None };
        }
        let anonymous = || {
            let content = content_of(event, &tenant_id, None, is_import);
            Uuid::new_v5(&ANONYMOUS, &[event_id.as_bytes().as_slice(), content.as_bytes()].concat())
        };
        match user_id {
            Some(user_id) => {
                let key = Uuid::new_v5(&user_id, event_id.as_bytes());
                Identity { tenant_id, key, content, anonymous_key: Some(anonymous()) }
            }
            None => Identity { tenant_id, key: anonymous(), content, anonymous_key: None },
        }
    }

    /// Claims the id for this transaction, unless it is known.
    pub fn claim(&self) -> Result<Claim, Error> {
        let Identity { tenant_id, key, content, .. } = self;
        // With one snapshot for the whole transaction ON CONFLICT would raise 40001 on a row it cannot see.
        if session::keeps_its_snapshot()
            && let Some(claim) = self.known()?
        {
            return Ok(claim);
        }
        let row = [Value::Uuid(tenant_id), Value::Uuid(key), Value::Uuid(content), Value::Time(session::clock())];
        loop {
            if !db::run(Statement::ClaimId, &row, Access::Write, |_| ())?.is_empty() {
                return Ok(if self.was_sent_anonymously()? { Claim::Duplicate } else { Claim::New });
            }
            // None: forgotten between the two statements, so it can be claimed now.
            if let Some(claim) = self.known()? {
                return Ok(claim);
            }
            pgrx::check_for_interrupts!();
        }
    }

    /// What the log knows of it; none where it does not remember it.
    pub fn known(&self) -> Result<Option<Claim>, Error> {
        let known = content_under(&self.tenant_id, &self.key)?;
        let claim = known.map(|known| if known == self.content { Claim::Duplicate } else { Claim::Conflict });
        if claim.is_none() && self.was_sent_anonymously()? {
            return Ok(Some(Claim::Duplicate));
        }
        Ok(claim)
    }

    fn was_sent_anonymously(&self) -> Result<bool, Error> {
        let Some(key) = &self.anonymous_key else { return Ok(false) };
        Ok(content_under(&self.tenant_id, key)?.is_some())
    }
}

fn content_under(tenant_id: &Uuid, key: &Uuid) -> Result<Option<Uuid>, Error> {
    let arguments = [Value::Uuid(tenant_id), Value::Uuid(key)];
    let known = db::run(Statement::KnownId, &arguments, Access::ReadLatest, |row| row.get::<pgrx::Uuid>(1))?;
    Ok(known.into_iter().flatten().next().map(|known| Uuid::from_bytes(*known.as_bytes())))
}

/// A digest of what the caller said, after redaction: a UUID v5 (SHA-1) in the tenant's namespace. The time of arrival
/// is no part of it, the time that an import brings is. No payload is the empty one, and 1.0 is 1.
fn content_of(event: &Event<'_>, tenant_id: &Uuid, user_id: Option<Uuid>, is_import: bool) -> Uuid {
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
    canonical::write(event.payload, &mut text);
    Uuid::new_v5(tenant_id, &text)
}

pub fn conflict(event_name: &str) -> Violation {
    let message = format!("event \"{event_name}\": another event was logged under this event_id");
    Violation::new(Reason::ConflictingId, message)
}
