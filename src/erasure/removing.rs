//! Rows leave the log, or change, through its door: one statement on one partition, then what is derived of them follows.
//! Twin: sql/erasure/removing.sql, which keeps the leaves of seals and looks for holds first.
//!
//! Each function runs statements of its own only: nobody hands one in. Rows are told by their places (ctid), as the text of an array.

use crate::db::Value;
use crate::db::stream::{self, Row, Snapshot, stream};
use crate::derived::timeline::leaving::{Change, Leaving, change_chunks};
use crate::error::Error;
use crate::log::door::Door;
use crate::source::hourly_counts::leaving;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{BYTEAOID, OIDOID, Oid, TEXTARRAYOID, TEXTOID, UUIDOID};
use pgrx::prelude::*;

type Arguments<'a> = [(Oid, Value<'a>)];

/// A uuid as an argument.
fn of(id: pgrx::Uuid) -> (Oid, Value<'static>) {
    (UUIDOID, stream::uuid(*id.as_bytes()))
}

/// The name of a partition of the log, quoted. Error: 22023 it is none.
fn partition_name(target: Oid) -> Result<String, Error> {
    let sql = "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_inherits i \
         join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.inhrelid \
         join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace \
        where i.inhrelid operator(pg_catalog.=) $1 and i.inhparent operator(pg_catalog.=) 'telemetry.events'::pg_catalog.regclass";
    let mut name = None;
    stream(sql, &[(OIDOID, Value::Oid(target))], Snapshot::Latest, |row| {
        name = row.text(0).map(str::to_string);
        Ok(())
    })?;
    name.ok_or_else(|| Error::BadArgument {
        problem: format!("the table with the oid {} is no partition of the log", target.to_u32()),
        hint:
            "Those that are: select inhrelid::regclass from pg_inherits where inhparent = 'telemetry.events'::regclass."
                .into(),
    })
}

/// The rows at the places that are $1, which are looked up one by one: no index is needed, and no other row is read. The planner is
/// not shown how many they are, or it would read the whole table where they are many.
const AT_PLACES: &str = "e.ctid operator(pg_catalog.=) any (array(select pg_catalog.unnest($1::pg_catalog.tid[])))";

/// Where a row is, as [`AT_PLACES`] finds it.
const PLACE: &str = "e.ctid::pg_catalog.text";

/// Runs a statement on a table whose door is open for it. Rows are handed on when the door is closed again.
fn through_door(
    target: Oid,
    sql: &str,
    arguments: &Arguments<'_>,
    each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let _door = Door::open(target.to_u32());
    stream(sql, arguments, Snapshot::Latest, each)
}

/// Deletes the rows of a partition at these places, and takes them out of the hourly counts and of the timeline; not of the
/// timeline where they are `of_one_user`, whom the caller takes out of all of it. Returns their tenants, ids and users, in one order.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn remove_rows(
    target: Oid,
    places: &str,
    of_one_user: bool,
) -> Result<
    TableIterator<
        'static,
        (name!(tenants, Vec<pgrx::Uuid>), name!(event_ids, Vec<pgrx::Uuid>), name!(users, Vec<Option<pgrx::Uuid>>)),
    >,
    ErrorReport,
> {
    let sql = format!(
        "delete from only {} e where {AT_PLACES} \
         returning e.tenant_id, e.user_id, e.event_ts, e.ingest_id, e.event_name, e.source, e.sample_rate, e.event_id",
        partition_name(target)?
    );
    let mut removed = Vec::new();
    let (mut tenants, mut event_ids, mut users) = (Vec::new(), Vec::new(), Vec::new());
    let id = |row: &Row<'_>, column| row.uuid::<[u8; 16]>(column).map(pgrx::Uuid::from_bytes);
    let mut counts = leaving::Leaving::begin()?;
    through_door(target, &sql, &[(TEXTOID, Value::Text(places))], |row| {
        let event = leaving_of(row);
        let source = row.text(5).unwrap_or_default();
        counts.push(event.tenant, event.time, event.arrival, row.text(4).unwrap_or_default(), source, row.real(6));
        removed.push(event);
        tenants.extend(id(row, 0));
        event_ids.extend(id(row, 7));
        users.push(id(row, 1));
        Ok(())
    })?;
    counts.store()?;
    if !of_one_user {
        change_chunks(&removed, &Change::Remove)?;
    }
    Ok(TableIterator::once((tenants, event_ids, users)))
}

/// The first four columns of a row.
fn leaving_of(row: &Row<'_>) -> Leaving {
    Leaving {
        tenant: row.uuid(0).unwrap_or_default(),
        user: row.uuid(1),
        time: row.big(2).unwrap_or_default(),
        arrival: row.big(3).unwrap_or_default(),
    }
}

/// Gives rows of a user in a partition another user, other sessions and client times, and leaves of their payload the keys that
/// stay. Whoever calls has the timeline follow. Returns the places where they are then.
#[pg_extern(volatile)]
fn anonymize_rows(
    target: Oid,
    places: &str,
    user_id: pgrx::Uuid,
    fresh_user: pgrx::Uuid,
    session_key: &[u8],
    keep_keys: Vec<String>,
) -> Result<Vec<String>, ErrorReport> {
    let sql = format!(
        "update only {} e set user_id = $3, session_id = telemetry_private.fresh_id($4, e.session_id), \
            subject_id = case when e.subject_id operator(pg_catalog.=) $2 then $3 else e.subject_id end, \
            client_ts = case when e.client_ts is not null then e.event_ts operator(pg_catalog.-) \
                (pg_catalog.random() operator(pg_catalog.*) '1 second'::pg_catalog.interval) end, \
            payload = telemetry_private.only_keys(e.payload, $5) \
          where {AT_PLACES} and e.user_id operator(pg_catalog.=) $2 returning {PLACE}",
        partition_name(target)?
    );
    let arguments = [
        (TEXTOID, Value::Text(places)),
        of(user_id),
        of(fresh_user),
        (BYTEAOID, Value::Bytes(session_key)),
        (TEXTARRAYOID, stream::array(keep_keys)),
    ];
    Ok(places_through_door(target, &sql, &arguments)?)
}

/// Whether a promoted key is this key of the payload, or lies within its value.
fn is_at_or_within(promoted: &str, key: &str) -> bool {
    promoted.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Gives rows of others the sessions that anonymize_rows() gives under the same key. Returns the places where they are then.
#[pg_extern(volatile)]
fn rename_sessions(target: Oid, places: &str, session_key: &[u8]) -> Result<Vec<String>, ErrorReport> {
    let sql = format!(
        "update only {} e set session_id = telemetry_private.fresh_id($2, e.session_id) \
          where {AT_PLACES} and e.session_id is not null returning {PLACE}",
        partition_name(target)?
    );
    Ok(places_through_door(target, &sql, &[(TEXTOID, Value::Text(places)), (BYTEAOID, Value::Bytes(session_key))])?)
}

/// Runs a statement on a table whose door is open for it, whose first column is [`PLACE`].
fn places_through_door(target: Oid, sql: &str, arguments: &Arguments<'_>) -> Result<Vec<String>, Error> {
    let mut places = Vec::new();
    through_door(target, sql, arguments, |row| {
        places.extend(row.text(0).map(str::to_string));
        Ok(())
    })?;
    Ok(places)
}

fn count_through_door(target: Oid, sql: &str, arguments: &Arguments<'_>) -> Result<i64, ErrorReport> {
    let mut rows = 0;
    through_door(target, sql, arguments, |_| {
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

/// Takes keys out of the payloads of rows at these places; the timeline forgets them too. Returns the places where they are then.
#[pg_extern(volatile)]
fn scrub_rows(target: Oid, places: &str, keys: Vec<String>) -> Result<Vec<String>, ErrorReport> {
    let sql = format!(
        "update only {} e set payload = telemetry_private.without_keys(e.payload, $2) where {AT_PLACES} \
         returning e.tenant_id, e.user_id, e.event_ts, e.ingest_id, {PLACE}",
        partition_name(target)?
    );
    let arguments = [(TEXTOID, Value::Text(places)), (TEXTARRAYOID, stream::array(keys.clone()))];
    let (mut changed, mut places) = (Vec::new(), Vec::new());
    through_door(target, &sql, &arguments, |row| {
        changed.push(leaving_of(row));
        places.extend(row.text(4).map(str::to_string));
        Ok(())
    })?;
    let goes = |promoted: &str| keys.iter().any(|key| is_at_or_within(promoted, key));
    change_chunks(&changed, &Change::Forget { goes: &goes })?;
    Ok(places)
}

/// What is forgotten beside the log of a user ($2, as text $3) of a tenant ($1), or where no user is given of the whole
/// tenant: the table, and the statement.
const BESIDE: [(&str, &str); 5] = [
    (
        "replays",
        "delete from only telemetry.replays p using telemetry.rejections r \
          where r.rejection_id operator(pg_catalog.=) p.rejection_id and r.tenant_id operator(pg_catalog.=) $1 \
            and ($2 is null or r.user_id operator(pg_catalog.=) $2 or r.event operator(pg_catalog.->>) 'user_id' operator(pg_catalog.=) $3) returning 1",
    ),
    (
        "rejections",
        "delete from only telemetry.rejections r where r.tenant_id operator(pg_catalog.=) $1 \
            and ($2 is null or r.user_id operator(pg_catalog.=) $2 or r.event operator(pg_catalog.->>) 'user_id' operator(pg_catalog.=) $3) returning 1",
    ),
    (
        "alert_transitions",
        "delete from only telemetry.alert_transitions a \
          where case when $2 is null then a.tenant_id operator(pg_catalog.=) $1 \
                     else a.breakdown_value operator(pg_catalog.=) $3 and pg_catalog.octet_length(a.breakdown_value) operator(pg_catalog.=) 36 and a.tenant_id operator(pg_catalog.=) any (array[$1, '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid]) end returning 1",
    ),
    (
        "kpi_history",
        "delete from only telemetry.kpi_history h \
          where case when $2 is null then h.tenant_id operator(pg_catalog.=) $1 \
                     else h.breakdown_value operator(pg_catalog.=) $3 and pg_catalog.octet_length(h.breakdown_value) operator(pg_catalog.=) 36 and (h.tenant_id operator(pg_catalog.=) $1 or h.tenant_id is null) end returning 1",
    ),
    (
        "notifications",
        "update only telemetry.notifications n \
            set body = case when $2 is null then '{}'::pg_catalog.jsonb else pg_catalog.replace(n.body::pg_catalog.text, $3, 'erased')::pg_catalog.jsonb end \
          where case when $2 is null then n.tenant_id operator(pg_catalog.=) $1 \
                     else pg_catalog.strpos(n.body::pg_catalog.text, $3) operator(pg_catalog.>) 0 end returning 1",
    ),
];

/// Forgets what a table beside the log has of a user or a tenant; `table_name` is one of [`BESIDE`]. Returns how many rows.
#[pg_extern(volatile)]
fn forget_beside(table_name: &str, tenant: pgrx::Uuid, user_id: Option<pgrx::Uuid>) -> Result<i64, ErrorReport> {
    let Some((_, sql)) = BESIDE.iter().find(|(name, _)| *name == table_name) else {
        Err(Error::Spi(format!("nothing is forgotten in {table_name}")))?
    };
    let text = user_id.map(|user| uuid::Uuid::from_bytes(*user.as_bytes()).to_string());
    let user = user_id.map_or((UUIDOID, Value::Null), of);
    let arguments = [of(tenant), user, (TEXTOID, Value::of(text.as_deref(), Value::Text))];
    count_through_door(beside(table_name)?, sql, &arguments)
}

/// Takes keys out of the payloads of refused events that are kept. NULLs stand for every tenant, event and time. Returns how
/// many rows.
#[pg_extern(volatile)]
fn scrub_rejections(
    tenant: Option<pgrx::Uuid>,
    events: Option<Vec<String>>,
    keys: Vec<String>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
) -> Result<i64, ErrorReport> {
    let sql = "update only telemetry.rejections r \
            set event = pg_catalog.jsonb_set(r.event, '{payload}', telemetry_private.without_keys(r.event operator(pg_catalog.->) 'payload', $3)) \
          where pg_catalog.jsonb_typeof(r.event operator(pg_catalog.->) 'payload') operator(pg_catalog.=) 'object' \
            and telemetry_private.has_key(r.event operator(pg_catalog.->) 'payload', $3) \
            and ($1 is null or r.tenant_id operator(pg_catalog.=) $1) and ($2 is null or r.event_name operator(pg_catalog.=) any ($2)) \
            and ($4 is null or r.rejected_at operator(pg_catalog.>=) $4) and ($5 is null or r.rejected_at operator(pg_catalog.<) $5) returning 1";
    let time = |time: Option<TimestampWithTimeZone>| {
        (pg_sys::TIMESTAMPTZOID, Value::of(time, |time| Value::Time(i64::from(time))))
    };
    let arguments = [
        tenant.map_or((UUIDOID, Value::Null), of),
        (TEXTARRAYOID, events.map_or(Value::Null, stream::array)),
        (TEXTARRAYOID, stream::array(keys)),
        time(since),
        time(until),
    ];
    count_through_door(beside("rejections")?, sql, &arguments)
}

fn beside(table_name: &str) -> Result<Oid, Error> {
    let name = std::ffi::CString::new(table_name).map_err(|_| Error::Spi("a name holds a NUL".into()))?;
    crate::db::catalog::relation(c"telemetry", &name)
        .ok_or_else(|| Error::Spi(format!("telemetry.{table_name} is missing")))
}
