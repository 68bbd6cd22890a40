//! The timeline: events as columns, per tenant and band of actors. Here it is written; src/source/chunks.rs reads it.
//! Twin: sql/timeline.sql.

pub mod chunk;
pub mod scalar;

mod building;

use crate::db::stream::{self, Snapshot, stream, stream_latest_rows};
use crate::db::{Access, Statement, Value, run};
use crate::error::Error;
use building::Building;
use chunk::{Chunk, Draft, Header, MOST_EVENTS};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT4OID, INT8ARRAYOID, INT8OID, UUIDOID};
use pgrx::prelude::*;

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
    Ok(building.finish(|_, _| true)?)
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
