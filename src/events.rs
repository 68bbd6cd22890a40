//! log_event() and import_events(): who, what, when; check; write. Twin: sql/events.sql, where the callable functions
//! wrap these definer implementations.

mod instant;
mod sampling;

use crate::db::{self, Access, Statement, Value};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::partitions;
use crate::taxonomy::rules::{Argument, Given, Violation};
use crate::taxonomy::{self, Accepted, Verdict};
use crate::tenancy::Caller;
use jsonschema::json::{Array, Json, JsonNumber, Jsonb, JsonbNode, Node, Object};
use pgrx::check_for_interrupts;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::borrow::Cow;
use uuid::Uuid;

/// How far an imported event may lie ahead of the server's clock: clocks differ.
const FUTURE_TOLERANCE: i64 = 5 * 60 * 1_000_000;

/// An event as its caller gave it.
struct Event<'a> {
    event_name: &'a str,
    payload: Option<JsonbArg>,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    tenant_id: Option<Uuid>,
    source: Option<Cow<'a, str>>,
    client_ts: Option<i64>,
    seq: Option<i32>,
    event_version: Option<i32>,
    event_id: Option<Uuid>,
    event_ts: i64,
    /// Given by an import from a sampled source.
    sample_rate: Option<f32>,
    /// Its place in a batch, counted from 1.
    element: Option<usize>,
}

/// Contract: see the COMMENT on telemetry.log_event in sql/events.sql. The hot path: it takes the owner's rights by
/// itself, see [`db::as_function_owner`].
#[pg_extern(volatile)]
#[allow(clippy::too_many_arguments)]
fn log_event(
    event_name: Option<&str>,
    payload: Option<JsonbArg>,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    tenant_id: Option<pgrx::Uuid>,
    source: Option<&str>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    event_version: Option<i32>,
    event_id: Option<pgrx::Uuid>,
    fcinfo: pg_sys::FunctionCallInfo,
) -> Result<Option<pgrx::Uuid>, ErrorReport> {
    let event = Event {
        event_name: event_name.ok_or(Error::NoEventName { element: None })?,
        payload,
        user_id: user_id.map(native),
        session_id: session_id.map(native),
        subject_id: subject_id.map(native),
        tenant_id: tenant_id.map(native),
        source: source.map(Cow::Borrowed),
        client_ts: client_ts.map(Into::into),
        seq,
        event_version,
        event_id: event_id.map(native),
        event_ts: db::clock(),
        sample_rate: None,
        element: None,
    };
    let stored = db::as_function_owner(fcinfo, || record(&event, &Caller::present()))?;
    Ok(stored.map(|id| pgrx::Uuid::from_bytes(*id.as_bytes())))
}

/// Contract: see the COMMENT on telemetry.import_events in sql/events.sql.
#[pg_extern(volatile, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn import_events(events: Option<JsonbArg>) -> Result<i64, ErrorReport> {
    let Some(events) = events else { return Ok(0) };
    let batch = Jsonb::root(events.container());
    let array = batch.as_array().ok_or(Error::NotABatch { element: None })?;
    let caller = Caller::present();
    let mut stored = 0;
    for (index, node) in array.elements().enumerate() {
        check_for_interrupts!();
        let element = index + 1;
        let value = events.element(index as i32).ok_or(Error::NotABatch { element: Some(element) })?;
        let event = read_element(node, value, element)?;
        stored += i64::from(record(&event, &caller)?.is_some());
    }
    Ok(stored)
}

/// Checks an event and writes it where its verdict says. None: not in the log (sampled out or quarantined).
fn record(event: &Event<'_>, caller: &Caller) -> Result<Option<Uuid>, Error> {
    let element = event.element;
    let named_tenant = event.tenant_id.or_else(|| caller.named_tenant());
    let tenant_id = caller.tenant(event.tenant_id, element)?;
    let user_id = caller.user(event.user_id, tenant_id, element)?;
    let payload = event.payload.unwrap_or_else(JsonbArg::empty_object);
    let wanted_version = event
        .event_version
        .map(|version| i16::try_from(version).map_err(|_| Error::OutOfRange { argument: "event_version", element }))
        .transpose()?;
    let given = Given::default()
        .with(Argument::Payload, event.payload.is_some())
        .with(Argument::UserId, user_id.is_some())
        .with(Argument::SessionId, event.session_id.is_some())
        .with(Argument::SubjectId, event.subject_id.is_some())
        .with(Argument::TenantId, named_tenant.is_some())
        .with(Argument::Source, event.source.is_some())
        .with(Argument::ClientTs, event.client_ts.is_some())
        .with(Argument::Seq, event.seq.is_some())
        .with(Argument::EventVersion, wanted_version.is_some())
        .with(Argument::EventId, event.event_id.is_some());

    let verdict = taxonomy::judge(
        event.event_name,
        payload.container(),
        event.source.as_deref(),
        wanted_version,
        given,
        caller.is_client(),
    )?;
    let accepted = match verdict {
        Verdict::Store(accepted) => accepted,
        Verdict::StoreWithWarning(accepted, violation) => {
            warn(&violation, "The event was stored all the same: its enforcement is \"warn\".");
            accepted
        }
        Verdict::Quarantine(violation, version) => {
            quarantine(event, payload, tenant_id, user_id, &violation, version)?;
            warn(
                &violation,
                "The event was not logged but kept in telemetry.rejections: its enforcement is \"quarantine\".",
            );
            return Ok(None);
        }
        Verdict::Reject(violation) => return Err(Error::Violation { violation, element }),
    };
    let event_id = event.event_id.unwrap_or_else(|| instant::uuid_at(event.event_ts));
    let sampled_by = user_id.or(event.session_id).unwrap_or(event_id);
    if !sampling::is_kept(accepted.sampling_rate, event.event_name, &sampled_by) {
        return Ok(None);
    }
    write(event, payload, tenant_id, user_id, event_id, accepted)?;
    Ok(Some(event_id))
}

fn write(
    event: &Event<'_>,
    payload: JsonbArg,
    tenant_id: Uuid,
    user_id: Option<Uuid>,
    event_id: Uuid,
    accepted: Accepted,
) -> Result<(), Error> {
    partitions::ensure(event.event_ts)?;
    let sampled = (accepted.sampling_rate < 1.0).then_some(accepted.sampling_rate);
    let row = [
        Value::Time(event.event_ts),
        Value::Uuid(&event_id),
        Value::Uuid(&tenant_id),
        Value::of(user_id.as_ref(), Value::Uuid),
        Value::of(event.session_id.as_ref(), Value::Uuid),
        Value::of(event.subject_id.as_ref(), Value::Uuid),
        Value::of(event.client_ts, Value::Time),
        Value::of(event.seq, Value::Integer),
        Value::Small(accepted.event_version),
        Value::Text(event.event_name),
        Value::of(event.source.as_deref(), Value::Text),
        Value::of(event.sample_rate.or(sampled), Value::Real),
        Value::Jsonb(payload),
    ];
    db::run(Statement::InsertEvent, &row, Access::Write, |_| ())?;
    Ok(())
}

fn quarantine(
    event: &Event<'_>,
    payload: JsonbArg,
    tenant_id: Uuid,
    user_id: Option<Uuid>,
    violation: &Violation,
    version: Option<i16>,
) -> Result<(), Error> {
    let rejection_id = event.event_id.unwrap_or_else(|| instant::uuid_at(event.event_ts));
    let caller = db::calling_role().to_string_lossy();
    let row = [
        Value::Uuid(&rejection_id),
        Value::Time(event.event_ts),
        Value::Uuid(&tenant_id),
        Value::Text(violation.reason.label()),
        Value::Text(&violation.message),
        Value::Text(event.event_name),
        Value::of(version, Value::Small),
        Value::Text(&caller),
        Value::of(user_id.as_ref(), Value::Uuid),
        Value::of(event.session_id.as_ref(), Value::Uuid),
        Value::of(event.subject_id.as_ref(), Value::Uuid),
        Value::of(event.source.as_deref(), Value::Text),
        Value::of(event.client_ts, Value::Time),
        Value::of(event.seq, Value::Integer),
        Value::of(event.event_version, Value::Integer),
        Value::Jsonb(payload),
    ];
    db::run(Statement::InsertRejection, &row, Access::Write, |_| ())?;
    Ok(())
}

fn warn(violation: &Violation, what_happened: &str) {
    ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, violation.message.clone(), "log_event")
        .set_detail(what_happened.to_string())
        .set_hint(violation.hint())
        .report(PgLogLevel::WARNING);
}

/// Reads one object of an import. An unknown name is an error: it would be an argument that is silently ignored.
fn read_element<'a>(node: JsonbNode<'a>, value: JsonbArg, element: usize) -> Result<Event<'a>, Error> {
    let object = node.as_object().ok_or(Error::NotABatch { element: Some(element) })?;
    for (name, _) in object.members() {
        if !ELEMENT_NAMES.contains(&name.as_ref()) {
            return Err(Error::UnknownArgument { argument: name.chars().take(40).collect(), element });
        }
    }
    let field = |name: &str| object.get(&Jsonb::prepare_key(name)).filter(|value| !value.is_null());
    let text = |argument: &'static str| match field(argument) {
        None => Ok(None),
        Some(value) => value.as_string().map(Some).ok_or(Error::Unreadable { argument, wanted: "a string", element }),
    };
    let id = |argument: &'static str| match text(argument)? {
        None => Ok(None),
        Some(text) => {
            Uuid::parse_str(&text).map(Some).map_err(|_| Error::Unreadable { argument, wanted: "a uuid", element })
        }
    };
    let time = |argument: &'static str| match text(argument)? {
        None => Ok(None),
        Some(text) => instant::parse(&text).map(Some).ok_or(Error::Unreadable {
            argument,
            wanted: "a time as in RFC 3339",
            element,
        }),
    };
    let integer = |argument: &'static str| match field(argument) {
        None => Ok(None),
        Some(value) => {
            let number = value.as_number().and_then(|number| number.as_i64());
            let number = number.ok_or(Error::Unreadable { argument, wanted: "an integer", element })?;
            i32::try_from(number).map(Some).map_err(|_| Error::OutOfRange { argument, element: Some(element) })
        }
    };

    let event_name = match field("event_name").map(|value| value.as_string()) {
        Some(Some(Cow::Borrowed(name))) => name,
        Some(_) => return Err(Error::Unreadable { argument: "event_name", wanted: "a string", element }),
        None => return Err(Error::NoEventName { element: Some(element) }),
    };
    let event_ts = time("event_ts")?.ok_or(Error::NoEventTime { element })?;
    let future = event_ts > db::clock() + FUTURE_TOLERANCE;
    if future || event_ts < instant::FIRST {
        return Err(Error::TimeOutOfRange { future, element });
    }
    let sample_rate = match field("sample_rate").map(|value| value.as_number().and_then(|number| number.as_f64())) {
        None => None,
        Some(Some(rate)) if rate > 0.0 && rate <= 1.0 => Some(rate as f32),
        Some(_) => return Err(Error::OutOfRange { argument: "sample_rate", element: Some(element) }),
    };
    Ok(Event {
        event_name,
        payload: field("payload").and_then(|_| value.field("payload")),
        user_id: id("user_id")?,
        session_id: id("session_id")?,
        subject_id: id("subject_id")?,
        tenant_id: id("tenant_id")?,
        source: text("source")?,
        client_ts: time("client_ts")?,
        seq: integer("seq")?,
        event_version: integer("event_version")?,
        event_id: id("event_id")?,
        event_ts,
        sample_rate,
        element: Some(element),
    })
}

const ELEMENT_NAMES: [&str; 13] = [
    "event_name",
    "payload",
    "user_id",
    "session_id",
    "subject_id",
    "tenant_id",
    "source",
    "client_ts",
    "seq",
    "event_version",
    "event_id",
    "event_ts",
    "sample_rate",
];

fn native(id: pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}
