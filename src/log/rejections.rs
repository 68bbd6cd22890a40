//! Rejections: what was refused is kept with its reason, where it can be seen, mended and replayed. Twin:
//! sql/log/rejections.sql.

use crate::access::tenancy::Caller;
use crate::db::{self, Access, Statement, Value, session};
use crate::error::Error;
use crate::jsonb::container::Item;
use crate::jsonb::{self, Jsonb};
use crate::log::admission::Refused;
use crate::log::incoming::{Event, Names};
use crate::log::instant;
use crate::log::redaction;
use crate::log::taxonomy::{self, rules::payload_size};
use crate::log::tenants;
use crate::time;
use crate::violation::Violation;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A message has at most so many characters; a longer one is cut.
const LONGEST_MESSAGE: usize = 500;
/// This is longer than any name that can be registered.
const LONGEST_NAME: usize = 200;
/// An element that cannot be read may have so many bytes beside a payload, for names, ids and keys that mean nothing.
const ALLOWANCE: usize = 4096;

/// Keeps an event that could be read.
pub fn keep(refused: &Refused<'_>, caller: &Caller) -> Result<(), Error> {
    let event = &refused.event;
    keep_row(
        &Row {
            rejected_at: event.event_ts,
            tenant_id: refused.tenant_id,
            user_id: refused.user_id,
            violation: &refused.violation,
            event_name: Some(event.event_name),
            event_version: refused.event_version,
            event: Jsonb::parse(&text_of(event, refused.left_out, None)),
        },
        caller,
    )
}

/// Where a refused row of an import is from.
pub struct Imported<'a> {
    /// The relation, with its schema.
    pub from: &'a str,
    /// The same for each try to import the row; None where nothing tells it apart.
    pub rejection_id: Option<Uuid>,
    /// None where the row has no time that can be read.
    pub event_ts: Option<i64>,
    pub now: i64,
}

/// Keeps a row of an import, once, at the time of the import: only the import itself tries it again.
pub fn keep_imported(refused: &Refused<'_>, caller: &Caller, imported: &Imported<'_>) -> Result<(), Error> {
    let event = &refused.event;
    let row = Row {
        rejected_at: imported.now,
        tenant_id: refused.tenant_id,
        user_id: refused.user_id,
        violation: &refused.violation,
        event_name: Some(event.event_name).filter(|name| !name.is_empty()),
        event_version: refused.event_version,
        event: Jsonb::parse(&text_of(event, refused.left_out, Some(imported))),
    };
    insert(&row, imported.rejection_id.unwrap_or_else(|| instant::uuid_at(imported.now)), caller)
}

/// Keeps an element of a batch that could not be read, as it came, if its payload is no larger than its event's may be,
/// and all of it larger by no more than [`ALLOWANCE`]. A number that no integer holds is left out. Its tenant is the
/// one that it names, if that is the caller's to name.
pub fn keep_unreadable(
    element: Item<'_>,
    names: &Names,
    violation: &Violation,
    rejected_at: i64,
    caller: &Caller,
    redactions: &mut BTreeMap<String, u32>,
) -> Result<(), Error> {
    let event_name = names.event_name(&element);
    let tenant_id = caller.tenant(names.tenant_id(&element)).unwrap_or_else(|_| caller.own_tenant());
    let room = taxonomy::definition_of(event_name.unwrap_or_default())?.room();
    let limit = room.limit.min(tenants::limits_of(tenant_id)?.payload_limit());
    let event = match element {
        Item::Container(container)
            if payload_size(container) <= limit + ALLOWANCE
                && names.payloads(&element).all(|item| fits(item, limit)) =>
        {
            match redaction::redact(container, event_name.unwrap_or_default(), tenant_id)? {
                Some(found) => {
                    redaction::add_counts(redactions, found.counts);
                    Some(Jsonb(found.payload))
                }
                None => Some(Jsonb(container.to_vec())),
            }
        }
        Item::Text(text) => {
            let shown = redaction::redact_text(text, redactions).unwrap_or_else(|| text.into());
            Jsonb::parse(&Json::from(cut(shown, 1_000)).to_string())
        }
        Item::Number(number) => number.as_i64().and_then(|number| {
            let shown =
                redaction::redact_text(&number.to_string(), redactions).map(|shown| Json::from(shown).to_string());
            Jsonb::parse(&shown.unwrap_or_else(|| number.to_string()))
        }),
        Item::Container(container) => Jsonb::parse(&in_place_of(payload_size(container))),
        Item::Boolean(value) => Jsonb::parse(&value.to_string()),
        _ => None,
    };
    let user_id = caller.own_user(tenant_id);
    keep_row(&Row { rejected_at, tenant_id, user_id, violation, event_name, event_version: None, event }, caller)
}

/// A payload that is neither a container nor a text is bounded by the element's bound alone.
fn fits(payload: Item<'_>, limit: usize) -> bool {
    match payload {
        Item::Container(container) => payload_size(container) <= limit,
        Item::Text(text) => text.len() <= limit,
        _ => true,
    }
}

/// Keeps that a whole batch was refused, without its events.
pub fn keep_batch(violation: &Violation, rejected_at: i64, caller: &Caller) -> Result<(), Error> {
    let tenant_id = caller.tenant(None).unwrap_or_else(|_| caller.own_tenant());
    let user_id = caller.own_user(tenant_id);
    let row = Row { rejected_at, tenant_id, user_id, violation, event_name: None, event_version: None, event: None };
    keep_row(&row, caller)
}

struct Row<'a> {
    rejected_at: i64,
    tenant_id: Uuid,
    user_id: Option<Uuid>,
    violation: &'a Violation,
    event_name: Option<&'a str>,
    event_version: Option<i16>,
    event: Option<Jsonb>,
}

fn keep_row(row: &Row<'_>, caller: &Caller) -> Result<(), Error> {
    insert(row, instant::uuid_at(row.rejected_at), caller)
}

fn insert(row: &Row<'_>, rejection_id: Uuid, caller: &Caller) -> Result<(), Error> {
    let role = session::calling_role();
    let message = cut(redaction::shown(row.violation.message.clone()), LONGEST_MESSAGE);
    let event_name = row.event_name.map(|name| cut(redaction::shown(name.into()), LONGEST_NAME));
    let values = [
        Value::Uuid(&rejection_id),
        Value::Time(row.rejected_at),
        Value::Uuid(&row.tenant_id),
        Value::Text(row.violation.reason.label()),
        Value::Text(&message),
        Value::of(event_name.as_deref(), Value::Text),
        Value::of(row.event_version, Value::Small),
        Value::Text(&role),
        Value::Flag(caller.is_client()),
        Value::of(row.user_id.as_ref(), Value::Uuid),
        Value::of(row.event.as_ref(), |event| Value::Container(&event.0)),
    ];
    db::run(Statement::InsertRejection, &values, Access::Write, |_| ())?;
    Ok(())
}

fn cut(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => text[..end].into(),
        None => text,
    }
}

/// Writes an event as JSON with the names of log_event()'s arguments, which replay_rejections() reads again. It does not read
/// what has `imported_from`.
fn text_of(event: &Event<'_>, left_out: Option<usize>, imported: Option<&Imported<'_>>) -> String {
    let mut members = Map::new();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            members.insert(name.into(), value);
        }
    };
    if let Some(Imported { from, event_ts, .. }) = imported {
        put("imported_from", Some(cut((*from).into(), LONGEST_NAME).into()));
        put("event_ts", event_ts.and_then(time::to_rfc3339).map(Json::from));
    }
    put("event_name", Some(cut(redaction::shown(event.event_name.into()), LONGEST_NAME).into()));
    put("user_id", event.user_id.map(|id| json!(id.to_string())));
    put("session_id", event.session_id.map(|id| json!(id.to_string())));
    put("subject_id", event.subject_id.map(|id| json!(id.to_string())));
    put("tenant_id", event.tenant_id.map(|id| json!(id.to_string())));
    put("source", event.source.map(|source| cut(redaction::shown(source.into()), LONGEST_NAME).into()));
    put("client_ts", event.client_ts.and_then(time::to_rfc3339).map(Json::from));
    put("seq", event.seq.map(Json::from));
    put("event_version", event.event_version.map(Json::from));
    put("event_id", event.event_id.map(|id| json!(id.to_string())));
    put("sample_rate", event.sample_rate.map(Json::from));
    let payload = match (&event.payload, left_out) {
        (None, _) => return Json::Object(members).to_string(),
        (_, Some(size)) => in_place_of(size),
        (Some(payload), None) => jsonb::text(payload),
    };
    let mut text = Json::Object(members).to_string();
    text.pop();
    format!("{text}, \"payload\": {payload}}}")
}

/// Returns what is kept in place of what is too large to be kept.
fn in_place_of(size: usize) -> String {
    json!(format!("[left out: {size} bytes]")).to_string()
}
