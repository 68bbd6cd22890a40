//! What is sent of an event. Twin: sql/outbox/bodies.sql, which puts events together to batches.
//!
//! A body is made anew at every attempt and must be the same bytes each time, whatever DateStyle, TimeZone or
//! extra_float_digits say: so nothing of it is made by PostgreSQL but the payload, whose text depends on nothing.

mod writing;

use crate::error::Error;
use crate::jsonb::container::members;
use crate::jsonb::{Sent, text};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use uuid::Uuid;
use writing::{Event, Form};

/// Writes one event in the form of a kind of destination. Contract: docs/outbound.md. Error: 22023 an unknown form.
#[pg_extern(immutable, parallel_safe)]
#[allow(clippy::too_many_arguments)]
fn event_body(
    form: &str,
    event_ts: TimestampWithTimeZone,
    ingest_id: i64,
    event_id: pgrx::Uuid,
    tenant_id: pgrx::Uuid,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    event_version: i16,
    event_name: &str,
    source: Option<&str>,
    sample_rate: Option<f32>,
    payload: Sent<'_>,
) -> Result<String, ErrorReport> {
    let form = Form::named(form).ok_or_else(|| Error::UnknownWord {
        argument: "form",
        word: form.into(),
        known: "webhook, thin, posthog, segment".into(),
    })?;
    let id = |id: pgrx::Uuid| Uuid::from_bytes(*id.as_bytes());
    let container = payload.0.container();
    let payload = text(container);
    let event = Event {
        event_ts: i64::from(event_ts),
        ingest_id,
        event_id: id(event_id),
        tenant_id: id(tenant_id),
        user_id: user_id.map(id),
        session_id: session_id.map(id),
        subject_id: subject_id.map(id),
        client_ts: client_ts.map(i64::from),
        seq,
        event_version,
        event_name,
        source,
        sample_rate,
        payload: &payload,
        keys: members(container).map(|members| members.map(|(key, _)| key).collect()).unwrap_or_default(),
    };
    Ok(event.written(form))
}
