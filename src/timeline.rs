//! The timeline: events as columns, per tenant and band of actors. Here it is written; src/source/chunks.rs reads it.
//! Twin: sql/timeline.sql.

pub mod chunk;
pub mod scalar;

mod building;
mod verifying;

use crate::calendar::finite_range;
use crate::db::stream::{self, Snapshot, stream, stream_latest_rows};
use crate::db::{Access, Statement, Value, run};
use crate::error::Error;
use crate::source::Memory;
use crate::visibility::Visibility;
use building::Building;
use chunk::{Chunk, Draft, Header, MOST_EVENTS};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT4OID, INT8ARRAYOID, INT8OID, TIMESTAMPTZOID, UUIDOID};
use pgrx::prelude::*;
use std::collections::{BTreeSet, HashMap};

const DAY: i64 = 86_400_000_000;

/// Adds the events with an ingest_id in (after_id, last_id] to the timeline; returns how many. The caller owns the
/// consumer's lock and moves its cursor in the same transaction.
#[pg_extern(volatile)]
fn add_to_timeline(after_id: i64, last_id: i64) -> Result<i64, ErrorReport> {
    let mut building = Building::begin()?;
    let condition = "e.ingest_id operator(pg_catalog.>) $1 and e.ingest_id operator(pg_catalog.<=) $2";
    let arguments = [(INT8OID, Value::Big(after_id)), (INT8OID, Value::Big(last_id))];
    stream_latest_rows(&building::rows_where(condition), &arguments, Snapshot::Latest, |row| {
        building.push(row);
        Ok(())
    })?;
    Ok(building.finish(true, |_, _, _| true)?)
}

/// Merges chunks of one tenant and band into as few as can be, in order of time; returns how many there are now. The
/// caller owns the consumer's lock.
#[pg_extern(volatile)]
fn merge_chunks(tenant: pgrx::Uuid, band: i32, chunk_ids: Vec<i64>) -> Result<i64, ErrorReport> {
    let tenant = *tenant.as_bytes();
    let mut draft = if band < 0 { Draft::without_users() } else { Draft::new() };
    let mut promoted = 0;
    let sql = "delete from telemetry.timeline_chunks c where c.tenant_id operator(pg_catalog.=) $1 \
        and c.band operator(pg_catalog.=) $2 and c.chunk_id operator(pg_catalog.=) any ($3) \
        returning c.chunk_id, c.header, c.body, c.promoted";
    let arguments =
        [(UUIDOID, stream::uuid(tenant)), (INT4OID, Value::Integer(band)), (INT8ARRAYOID, stream::array(chunk_ids))];
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let damaged = |problem: chunk::Damage| Error::DamagedChunk {
            chunk_id: row.big(0).unwrap_or_default(),
            problem: problem.to_string(),
        };
        let header = Header::read(row.bytes(1).unwrap_or_default()).map_err(damaged)?;
        draft.add_chunk(&header, row.bytes(2).unwrap_or_default()).map_err(damaged)?;
        promoted = row.big(3).unwrap_or_default();
        Ok(())
    })?;
    let chunks = draft.encode(MOST_EVENTS);
    chunks.iter().try_for_each(|chunk| insert(tenant, band, chunk, promoted))?;
    Ok(chunks.len() as i64)
}

/// Takes chunks of a band that are not larger than the draft, and lie within a day of it, back into it: so a band that is
/// filled in portions gets no small chunk for the end of each. A damaged one stays for merge_chunks() to meet.
fn take_back(
    tenant: [u8; 16],
    band: i32,
    draft: &mut Draft,
    (events, first, last): (usize, i64, i64),
    promoted: i64,
) -> Result<(), Error> {
    let owned = "c.tenant_id operator(pg_catalog.=) $1 and c.band operator(pg_catalog.=) $2";
    let sql = format!(
        "select c.chunk_id, c.header, c.body from telemetry.timeline_chunks c where {owned} \
            and c.events operator(pg_catalog.<) 32768 and c.events operator(pg_catalog.<=) $3 and c.last_ts operator(pg_catalog.>=) $4 \
            and c.first_ts operator(pg_catalog.<=) $5 and c.promoted operator(pg_catalog.=) $6 \
          order by c.events limit 8"
    );
    let small = events.min(MOST_EVENTS / 2 - 1);
    let arguments = [
        (UUIDOID, stream::uuid(tenant)),
        (INT4OID, Value::Integer(band)),
        (INT4OID, Value::Integer(small as i32)),
        (TIMESTAMPTZOID, Value::Time(first.saturating_sub(DAY))),
        (TIMESTAMPTZOID, Value::Time(last.saturating_add(DAY))),
        (INT8OID, Value::Big(promoted)),
    ];
    let mut taken = Vec::new();
    stream(&sql, &arguments, Snapshot::Latest, |row| {
        let header = Header::read(row.bytes(1).unwrap_or_default());
        if header.and_then(|header| draft.add_chunk(&header, row.bytes(2).unwrap_or_default())).is_ok() {
            taken.push(row.big(0).unwrap_or_default());
        }
        Ok(())
    })?;
    if taken.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "delete from telemetry.timeline_chunks c where {owned} and c.chunk_id operator(pg_catalog.=) any ($3) returning 1"
    );
    let arguments =
        [(UUIDOID, stream::uuid(tenant)), (INT4OID, Value::Integer(band)), (INT8ARRAYOID, stream::array(taken))];
    stream(&sql, &arguments, Snapshot::Latest, |_| Ok(()))
}

/// Puts back those of the events in (after_id, last_id] that rebuild_timeline() took out: of a tenant (NULL: all), in the
/// range of time of their band, or of `since` and `until` where their band is not in the list. Returns how many.
#[allow(clippy::too_many_arguments)]
#[pg_extern(volatile)]
fn put_back(
    tenant: Option<pgrx::Uuid>,
    after_id: i64,
    last_id: i64,
    since: TimestampWithTimeZone,
    until: TimestampWithTimeZone,
    tenants: Vec<pgrx::Uuid>,
    bands: Vec<i32>,
    sinces: Vec<TimestampWithTimeZone>,
    untils: Vec<TimestampWithTimeZone>,
) -> Result<i64, ErrorReport> {
    let (since, until) = (i64::from(since), i64::from(until));
    let mut ranges = HashMap::new();
    for (place, band) in bands.iter().enumerate() {
        ranges.insert((*tenants[place].as_bytes(), *band), (i64::from(sinces[place]), i64::from(untils[place])));
    }
    let earliest = ranges.values().map(|range| range.0).chain([since]).min().unwrap_or(since);
    let latest = ranges.values().map(|range| range.1).chain([until]).max().unwrap_or(until);
    let mut building = Building::begin()?;
    let mut condition = String::from(
        "e.ingest_id operator(pg_catalog.>) $1 and e.ingest_id operator(pg_catalog.<=) $2 \
         and e.event_ts operator(pg_catalog.>=) $3 and e.event_ts operator(pg_catalog.<) $4",
    );
    let mut arguments = vec![
        (INT8OID, Value::Big(after_id)),
        (INT8OID, Value::Big(last_id)),
        (TIMESTAMPTZOID, Value::Time(earliest)),
        (TIMESTAMPTZOID, Value::Time(latest)),
    ];
    if let Some(tenant) = tenant {
        arguments.push((UUIDOID, stream::uuid(*tenant.as_bytes())));
        condition += " and e.tenant_id operator(pg_catalog.=) $5";
    }
    stream_latest_rows(&building::rows_where(&condition), &arguments, Snapshot::Latest, |row| {
        building.push(row);
        Ok(())
    })?;
    Ok(building.finish(false, |tenant, band, time| {
        let (since, until) = ranges.get(&(tenant, band)).copied().unwrap_or((since, until));
        since <= time && time < until
    })?)
}

/// Contract: see the COMMENT on verify_derived() in sql/verify_derived.sql.
#[pg_extern(stable, parallel_restricted)]
fn verify_timeline(
    tenant: Option<pgrx::Uuid>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(tenant_id, pgrx::Uuid),
            name!(expected, i64),
            name!(found, i64),
            name!(is_equal, bool),
            name!(problem, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let (since, until) = finite_range(since.map(i64::from), until.map(i64::from))?;
    // Not of telemetry.kpi_source: that is what KPIs read, this is whether what they could read is right.
    if Visibility::of_caller()? == Visibility::Rows {
        Err(Error::PartlyVisible)?;
    }
    let scope = verifying::Scope {
        tenant: tenant.map(|tenant| *tenant.as_bytes()),
        range: since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX),
    };
    let verified = verifying::verify(&scope, &mut Memory::of_call())?;
    let (none, mut rows) = (verifying::Digest::default(), Vec::new());
    let tenants: BTreeSet<&[u8; 16]> =
        verified.rows.keys().chain(verified.timeline.keys()).chain(verified.problems.keys()).collect();
    for tenant in tenants {
        let expected = verified.rows.get(tenant).unwrap_or(&none);
        let found = verified.timeline.get(tenant).unwrap_or(&none);
        let problem = verified.problems.get(tenant).cloned();
        let differs = (expected != found).then(|| "the timeline holds other events than the log".to_string());
        let is_equal = problem.is_none() && expected == found;
        rows.push((pgrx::Uuid::from_bytes(*tenant), expected.events, found.events, is_equal, problem.or(differs)));
    }
    Ok(TableIterator::new(rows))
}

/// Stores a chunk; `promoted`: under which promoted keys it was made.
fn insert(tenant: [u8; 16], band: i32, chunk: &Chunk, promoted: i64) -> Result<(), Error> {
    let tenant = uuid::Uuid::from_bytes(tenant);
    let arguments = [
        Value::Uuid(&tenant),
        Value::Integer(band),
        Value::Time(chunk.since),
        Value::Time(chunk.last),
        Value::Big(chunk.first_arrival),
        Value::Big(chunk.last_arrival),
        Value::Integer(chunk.events as i32),
        Value::Bytes(&chunk.header),
        Value::Bytes(&chunk.body),
        Value::Big(promoted),
    ];
    run(Statement::InsertChunk, &arguments, Access::Write, |_| ())?;
    Ok(())
}
