//! Events as leaves of the tree.

use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{Row, Snapshot, stream_latest_rows};
use crate::error::Error;
use crate::jsonb::Sent;
use crate::log::partitions;
use crate::seals::canonical;
use crate::time::EPOCH;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::INT8OID;
use pgrx::prelude::*;
use std::ops::Range;
use telemetry_seals::event::{Event, Secret};
use telemetry_seals::hash::Hash;

/// Stands for the user of an event that has none: the secret is then that of its tenant.
pub const NOBODY: [u8; 16] = [0; 16];

/// The place of the secret among the columns.
const SECRET: usize = 14;

/// A leaf and the event that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf {
    pub id: i64,
    pub hash: Hash,
}

/// The query of the events that meet a condition, in the form that [`Leaves`] reads.
pub fn events_where(condition: &str) -> String {
    events_of("telemetry.events", condition)
}

/// The same of a single partition.
pub fn events_of(relation: &str, condition: &str) -> String {
    format!(
        "select e.ingest_id, e.event_id, e.tenant_id, e.event_ts, e.event_name, e.event_version, e.source, e.sample_rate, \
                e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq, e.payload, k.secret \
           from {relation} e \
           left join telemetry_private.person_keys k on k.tenant_id operator(pg_catalog.=) e.tenant_id \
            and k.user_id operator(pg_catalog.=) coalesce(e.user_id, '00000000-0000-0000-0000-000000000000') \
          where {condition}"
    )
}

/// Makes leaves of rows, in memory that they share.
#[derive(Default)]
pub struct Leaves {
    payload: Vec<u8>,
    memory: Vec<u8>,
}

impl Leaves {
    /// Gives the leaf of a row of [`events_where`].
    pub fn leaf(&mut self, row: &Row<'_>, secret: &Secret) -> Leaf {
        let id = row.big(0).unwrap_or_default();
        Leaf { id, hash: self.leaf_as(row, id, secret) }
    }

    /// Gives the leaf that the event of a row would have as another one of the order.
    pub fn leaf_as(&mut self, row: &Row<'_>, id: i64, secret: &Secret) -> Hash {
        let Leaves { payload, memory } = self;
        payload.clear();
        canonical::write(row.bytes(13).unwrap_or_default(), payload);
        let event = Event {
            ingest_id: id,
            event_id: row.uuid(1).unwrap_or_default(),
            tenant_id: row.uuid(2).unwrap_or_default(),
            event_ts: unix(row.big(3).unwrap_or_default()),
            event_name: row.text(4).unwrap_or_default(),
            event_version: row.integer(5).unwrap_or_default() as i16,
            source: row.text(6),
            sample_rate: row.real(7),
            user_id: row.uuid(8),
            session_id: row.uuid(9),
            subject_id: row.uuid(10),
            client_ts: row.big(11).map(unix),
            seq: row.integer(12),
            payload,
        };
        event.leaf_with(secret, memory)
    }
}

/// A tenant's user, or [`NOBODY`].
pub type Person = ([u8; 16], [u8; 16]);

/// Whose secret the leaf of a row needs.
pub fn person(row: &Row<'_>) -> Person {
    (row.uuid(2).unwrap_or_default(), row.uuid(8).unwrap_or(NOBODY))
}

/// The secret that a row of [`events_where`] came with; None where its person has none.
pub fn secret(row: &Row<'_>) -> Option<Secret> {
    row.bytes(SECRET).and_then(|bytes| bytes.try_into().ok())
}

/// Reads the events with ids in (after_id, last_id] that lie in some ranges of time, in no order. Where they are many, each
/// secret is not looked for by itself.
pub fn each_event(
    times: Vec<Range<i64>>,
    (after_id, last_id): (i64, i64),
    snapshot: Snapshot,
    mut each: impl FnMut(&Row<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    partitions::each_window(times, |window| {
        let mut rows = Clauses::after(events_where("true"));
        rows.compare("e.ingest_id", ">", INT8OID, Value::Big(after_id));
        rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(last_id));
        rows.sql += &partitions::condition(window, &mut rows.arguments);
        stream_latest_rows(&rows.sql, &rows.arguments, snapshot, &mut each)
    })
}

fn unix(time: i64) -> i64 {
    time.saturating_add(EPOCH)
}

/// Gives the leaf of one event, by its columns and the secret of its person.
#[allow(clippy::too_many_arguments)]
#[pg_extern(immutable, parallel_safe)]
fn event_leaf(
    ingest_id: i64,
    event_id: pgrx::Uuid,
    tenant_id: pgrx::Uuid,
    event_ts: TimestampWithTimeZone,
    event_name: &str,
    event_version: i16,
    source: Option<&str>,
    sample_rate: Option<f32>,
    user_id: Option<pgrx::Uuid>,
    session_id: Option<pgrx::Uuid>,
    subject_id: Option<pgrx::Uuid>,
    client_ts: Option<TimestampWithTimeZone>,
    seq: Option<i32>,
    payload: Sent<'_>,
    secret: &[u8],
) -> Option<Vec<u8>> {
    let uuid = |id: pgrx::Uuid| *id.as_bytes();
    let mut bytes = Vec::new();
    canonical::write(payload.0.container(), &mut bytes);
    let event = Event {
        ingest_id,
        event_id: uuid(event_id),
        tenant_id: uuid(tenant_id),
        event_ts: unix(i64::from(event_ts)),
        event_name,
        event_version,
        source,
        sample_rate,
        user_id: user_id.map(uuid),
        session_id: session_id.map(uuid),
        subject_id: subject_id.map(uuid),
        client_ts: client_ts.map(|time| unix(i64::from(time))),
        seq,
        payload: &bytes,
    };
    Some(event.leaf(secret.try_into().ok()?).to_vec())
}
