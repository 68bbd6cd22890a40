//! Idempotency: an event_id that a caller gives makes a retry harmless. Twin: sql/log/idempotency.sql, which says what
//! is remembered.
//!
//! It is exact at commit: the row of telemetry.event_ids is inserted in the transaction that stores the event, and
//! another session that brings the same id waits for that transaction's end.

use crate::access::tenancy::Caller;
use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::jsonb::canonical;
use crate::log::incoming::Event;
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
    /// A client without a user sent the event, which was stored before as a user's. The answer is that of a new event,
    /// because nobody but the user may learn of it; a second try is a duplicate, as that of a new event is.
    OfAUser,
}

/// The keys and the content by which an event is remembered whose caller gave an id.
pub struct Identity {
    pub tenant_id: Uuid,
    pub key: Uuid,
    pub content: Uuid,
    sender: Sender,
}

/// Tells whose an event is, and by what the same event is remembered if its user signs in or out between two tries.
#[derive(Clone, Copy)]
enum Sender {
    Server,
    /// The key under which the event would be remembered without the user, and its content without the user.
    User {
        without_user: Uuid,
        said: Uuid,
    },
    /// The key under which it is remembered that the event was answered as new, though it was a user's.
    Anonymous {
        answered: Uuid,
    },
}

/// The namespace of ids that clients without a user give.
const ANONYMOUS: Uuid = Uuid::from_u128(0x2c1f_0a5e_5f0c_4d54_9a43_6e6f_626f_6479);

/// The namespace of ids that were answered as new.
const ANSWERED: Uuid = Uuid::from_u128(0x7b0d_8e11_96a2_4c3f_8a56_616e_7377_6572);

impl Identity {
    /// A server's id is remembered as it is, a signed-in client's as its own: it can neither take nor probe an id that its
    /// server or another user is going to use. Clients without a user cannot be told apart, so theirs is remembered with
    /// its content: they neither learn of nor stand in the way of each other's. A signed-in client's is remembered so as
    /// well, so that the same event without the user is found, and waited for, from both sides.
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
            return Identity { tenant_id, key: event_id, content, sender: Sender::Server };
        }
        let said = if user_id.is_some() { content_of(event, &tenant_id, None, is_import) } else { content };
        let without_user = Uuid::new_v5(&ANONYMOUS, &[event_id.as_bytes().as_slice(), said.as_bytes()].concat());
        match user_id {
            Some(user_id) => {
                let key = Uuid::new_v5(&user_id, event_id.as_bytes());
                Identity { tenant_id, key, content, sender: Sender::User { without_user, said } }
            }
            None => {
                let answered = Uuid::new_v5(&ANSWERED, without_user.as_bytes());
                Identity { tenant_id, key: without_user, content, sender: Sender::Anonymous { answered } }
            }
        }
    }

    /// Claims the id for this transaction, unless it is known. Whoever claims several claims all ids first, in their
    /// order, then calls [`Identity::settle`] in the order of [`Identity::key_without_user`].
    pub fn claim(&self) -> Result<Claim, Error> {
        // With one snapshot for the whole transaction ON CONFLICT would raise 40001 on a row it cannot see.
        if session::keeps_its_snapshot()
            && let Some(known) = content_under(&self.tenant_id, &self.key)?
        {
            return self.meaning(known);
        }
        match self.remember(&self.key)? {
            None => Ok(Claim::New),
            Some(known) => self.meaning(known),
        }
    }

    /// Returns what a claim comes to once the same event without its user, or a user's, was waited for.
    pub fn settle(&self, claim: Claim) -> Result<Claim, Error> {
        match (self.sender, claim) {
            (Sender::User { without_user, said }, Claim::New) => {
                let known =
                    if session::keeps_its_snapshot() { content_under(&self.tenant_id, &without_user)? } else { None };
                let known = match known {
                    None => self.remember(&without_user)?,
                    known => known,
                };
                Ok(if known == Some(said) { Claim::Duplicate } else { Claim::New })
            }
            _ => Ok(claim),
        }
    }

    /// Returns the key by which claims are settled, None where there is nothing to settle.
    pub fn key_without_user(&self) -> Option<Uuid> {
        match self.sender {
            Sender::User { without_user, .. } => Some(without_user),
            _ => None,
        }
    }

    /// Remembers the content under a key. Otherwise it returns what is remembered there, once the transaction that
    /// remembered it has ended.
    fn remember(&self, key: &Uuid) -> Result<Option<Uuid>, Error> {
        let Identity { tenant_id, content, .. } = self;
        let row = [Value::Uuid(tenant_id), Value::Uuid(key), Value::Uuid(content), Value::Time(session::clock())];
        loop {
            if !db::run(Statement::ClaimId, &row, Access::Write, |_| ())?.is_empty() {
                return Ok(None);
            }
            // None: forgotten between the two statements, so it can be claimed now.
            if let Some(known) = content_under(tenant_id, key)? {
                return Ok(Some(known));
            }
            pgrx::check_for_interrupts!();
        }
    }

    /// Returns what the content that is remembered under the id says of this event.
    fn meaning(&self, known: Uuid) -> Result<Claim, Error> {
        match self.sender {
            _ if known == self.content => Ok(Claim::Duplicate),
            // Its key holds its content, so another one's is that of a user who said the same.
            Sender::Anonymous { answered } => {
                let is_first = match content_under(&self.tenant_id, &answered)? {
                    None => self.remember(&answered)?.is_none(),
                    Some(_) => false,
                };
                Ok(if is_first { Claim::OfAUser } else { Claim::Duplicate })
            }
            _ => Ok(Claim::Conflict),
        }
    }

    /// Returns what the log knows of the event, None where it does not remember it or the caller may not know that it
    /// does.
    pub fn known(&self) -> Result<Option<Claim>, Error> {
        let under = |key: &Uuid| content_under(&self.tenant_id, key);
        Ok(match (under(&self.key)?, self.sender) {
            (Some(known), _) if known == self.content => Some(Claim::Duplicate),
            (Some(_), Sender::Anonymous { answered }) => under(&answered)?.map(|_| Claim::Duplicate),
            (Some(_), _) => Some(Claim::Conflict),
            (None, Sender::User { without_user, said }) => {
                under(&without_user)?.filter(|known| *known == said).map(|_| Claim::Duplicate)
            }
            (None, _) => None,
        })
    }
}

fn content_under(tenant_id: &Uuid, key: &Uuid) -> Result<Option<Uuid>, Error> {
    let arguments = [Value::Uuid(tenant_id), Value::Uuid(key)];
    let known = db::run(Statement::KnownId, &arguments, Access::ReadLatest, |row| row.get::<pgrx::Uuid>(1))?;
    Ok(known.into_iter().flatten().next().map(|known| Uuid::from_bytes(*known.as_bytes())))
}

/// Returns a digest of what the caller said, after redaction: a UUID v5 (SHA-1) in the tenant's namespace. The time of
/// arrival is no part of it, but the time that an import brings is. A missing payload counts as the empty one, and 1.0
/// as 1.
fn content_of(event: &Event<'_>, tenant_id: &Uuid, user_id: Option<Uuid>, is_import: bool) -> Uuid {
    let mut text = Vec::with_capacity(160 + event.payload.as_deref().map_or(0, <[u8]>::len));
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
    canonical::write(event.payload.as_deref(), &mut text);
    Uuid::new_v5(tenant_id, &text)
}

pub fn conflict(event_name: &str) -> Violation {
    let message = format!("event \"{event_name}\": another event was logged under this event_id");
    Violation::new(Reason::ConflictingId, message)
}
