//! Has the timeline follow where events leave the log or change through its door: of each chunk that holds some of them,
//! another is written without them. Twin: sql/erasure/removing.sql, whose caller owns the cursors.

use super::storing::{self, ChunkOf};
use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream};
use crate::derived::provenance;
use crate::error::Error;
use crate::ids::{ActorId, ActorNumber, Band, BandOf, TenantId};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT4OID, INT8OID, TIMESTAMPTZOID, UUIDARRAYOID, UUIDOID};
use pgrx::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use telemetry_chunks::{Draft, Header, MOST_EVENTS, removed_users};

/// An event that leaves or changes, by what tells where the timeline has it.
pub struct Leaving {
    pub tenant: TenantId,
    pub user: Option<ActorId>,
    pub time: i64,
    pub arrival: i64,
}

/// What becomes of the events in the timeline.
pub enum Change<'a> {
    Remove,
    /// What they have under keys that go is forgotten.
    Forget {
        goes: &'a dyn Fn(&str) -> bool,
    },
}

/// So many chunks are written again before they are stored, so that memory stays bounded.
const STORED_AT_ONCE: usize = 8;

/// Writes the chunks of these events again. Error: XX001 a chunk is damaged.
pub fn change_chunks(events: &[Leaving], change: &Change<'_>) -> Result<(), Error> {
    let position = provenance::standing("timeline")?.position;
    let below: Vec<&Leaving> = events.iter().filter(|event| event.arrival <= position).collect();
    let numbers = numbers_of(&below)?;
    let mut bands: BTreeMap<BandOf, Vec<(i64, i64)>> = BTreeMap::new();
    for event in below {
        let band = match event.user {
            None => Band::NOBODYS,
            Some(user) => match numbers.get(&(event.tenant, user)) {
                Some(number) => number.band(),
                // No chunk has an event of who has no number.
                None => continue,
            },
        };
        bands.entry((event.tenant, band)).or_default().push((event.time, event.arrival));
    }
    let mut rewriting = Rewriting::default();
    for (band, mut stamps) in bands {
        stamps.sort_unstable();
        let arrivals: HashSet<i64> = stamps.iter().map(|(_, arrival)| *arrival).collect();
        for chunk_id in chunks_of(band, &stamps)? {
            rewriting.rewrite(band, chunk_id, &arrivals, change)?;
        }
    }
    rewriting.store()
}

/// The chunks of a band that may hold one of these events, which are in order of time.
fn chunks_of((tenant, band): BandOf, stamps: &[(i64, i64)]) -> Result<Vec<i64>, Error> {
    let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else { return Ok(Vec::new()) };
    let sql = "select c.chunk_id, c.first_ts, c.last_ts, c.first_ingest_id, c.last_ingest_id from telemetry.timeline_chunks c \
        where c.tenant_id operator(pg_catalog.=) $1 and c.band operator(pg_catalog.=) $2 \
          and c.last_ts operator(pg_catalog.>=) $3 and c.first_ts operator(pg_catalog.<=) $4 order by c.chunk_id";
    let arguments = [
        (UUIDOID, stream::uuid(tenant)),
        (INT4OID, Value::Integer(band.get())),
        (TIMESTAMPTZOID, Value::Time(first.0)),
        (TIMESTAMPTZOID, Value::Time(last.0)),
    ];
    let mut chunks = Vec::new();
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let [since, until, first_id, last_id] = [1, 2, 3, 4].map(|column| row.big(column).unwrap_or_default());
        let from = stamps.partition_point(|(time, _)| *time < since);
        let may_hold = stamps[from..]
            .iter()
            .take_while(|(time, _)| *time <= until)
            .any(|(_, arrival)| (first_id..=last_id).contains(arrival));
        chunks.extend(row.big(0).filter(|_| may_hold));
        Ok(())
    })?;
    Ok(chunks)
}

/// The chunks that replace others, as far as they are not stored yet.
#[derive(Default)]
struct Rewriting {
    written: Vec<ChunkOf>,
    replaced: Vec<(BandOf, i64)>,
}

impl Rewriting {
    fn rewrite(
        &mut self,
        band: BandOf,
        chunk_id: i64,
        arrivals: &HashSet<i64>,
        change: &Change<'_>,
    ) -> Result<(), Error> {
        let sql = "select c.header, c.body, c.promoted, c.removed from telemetry.timeline_chunks c \
            where c.tenant_id operator(pg_catalog.=) $1 and c.band operator(pg_catalog.=) $2 and c.chunk_id operator(pg_catalog.=) $3";
        let arguments =
            [(UUIDOID, stream::uuid(band.0)), (INT4OID, Value::Integer(band.1.get())), (INT8OID, Value::Big(chunk_id))];
        let mut read = None;
        stream(sql, &arguments, Snapshot::Latest, |row| {
            let mut draft = Draft::of_band(band.1.get());
            let header = Header::read(row.bytes(0).unwrap_or_default());
            let (body, removed) = (row.bytes(1).unwrap_or_default(), removed_users(row.bytes(3)));
            let added = header.and_then(|header| draft.add_chunk(&header, body, &removed));
            added.map_err(|damage| Error::DamagedChunk { chunk_id, problem: damage.to_string() })?;
            read = Some((draft, row.big(2).unwrap_or_default(), !removed.is_empty()));
            Ok(())
        })?;
        let Some((mut draft, promoted, was_cut)) = read else { return Ok(()) };
        let is_meant = |arrival: i64| arrivals.contains(&arrival);
        let changed = match change {
            Change::Remove => draft.remove(is_meant),
            Change::Forget { goes } => draft.forget(is_meant, goes),
        };
        if changed > 0 || was_cut {
            self.written.extend(draft.encode(MOST_EVENTS).into_iter().map(|chunk| (band, chunk, promoted)));
            self.replaced.push((band, chunk_id));
        }
        if self.replaced.len() >= STORED_AT_ONCE { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<(), Error> {
        storing::delete(&std::mem::take(&mut self.replaced))?;
        storing::store(&std::mem::take(&mut self.written))
    }
}

fn numbers_of(events: &[&Leaving]) -> Result<HashMap<(TenantId, ActorId), ActorNumber>, Error> {
    let asked: HashSet<(TenantId, ActorId)> =
        events.iter().filter_map(|event| event.user.map(|user| (event.tenant, user))).collect();
    let (tenants, users): (Vec<TenantId>, Vec<ActorId>) = asked.into_iter().unzip();
    let mut numbers = HashMap::new();
    if users.is_empty() {
        return Ok(numbers);
    }
    let sql = "select a.tenant_id, a.user_id, a.actor_number \
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) u (tenant_id, user_id) \
       cross join lateral ( \
             select a.tenant_id, a.user_id, a.actor_number from telemetry.timeline_actors a \
              where a.tenant_id operator(pg_catalog.=) u.tenant_id and a.user_id operator(pg_catalog.=) u.user_id limit 1) a";
    let arguments = [(UUIDARRAYOID, stream::uuids(&tenants)), (UUIDARRAYOID, stream::uuids(&users))];
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let actor = (row.uuid(0).unwrap_or_default(), row.uuid(1).unwrap_or_default());
        numbers.insert(actor, ActorNumber::new(row.integer(2).unwrap_or_default() as u32));
        Ok(())
    })?;
    Ok(numbers)
}

/// Writes chunks again in which users are removed, the smallest first, as long as they have no more than `most` events
/// together. Returns how many are left.
#[pg_extern(volatile)]
fn write_removed(most: i64) -> Result<i64, ErrorReport> {
    let sql = "select c.tenant_id, c.band, c.chunk_id, c.events from telemetry.timeline_chunks c where c.removed is not null \
        order by c.events, c.tenant_id, c.band, c.chunk_id";
    let mut waiting: Vec<(BandOf, i64, i64)> = Vec::new();
    stream(sql, &[], Snapshot::Latest, |row| {
        let band = (row.uuid(0).unwrap_or_default(), Band::new(row.integer(1).unwrap_or_default()));
        waiting.push((band, row.big(2).unwrap_or_default(), row.integer(3).unwrap_or_default().into()));
        Ok(())
    })?;
    let (mut rewriting, mut events, mut left) = (Rewriting::default(), 0, 0);
    for (band, chunk_id, more) in waiting {
        events += more;
        if events > most {
            left += 1;
            continue;
        }
        rewriting.rewrite(band, chunk_id, &HashSet::new(), &Change::Remove)?;
    }
    rewriting.store()?;
    Ok(left)
}
