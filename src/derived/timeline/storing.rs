//! Stores chunks in their table, takes them back, and merges them. One statement always handles those of many bands, so
//! that a tick over thousands of tenants costs little more than one over one. The caller owns the consumer's lock.

use crate::db::stream::{self, Snapshot, array_of, stream};
use crate::db::{Statement, Value, execute};
use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::time::DAY;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{BYTEAOID, INT4ARRAYOID, INT4OID, INT8OID, Oid, TIMESTAMPTZARRAYOID, TIMESTAMPTZOID, UUIDARRAYOID};
use pgrx::prelude::*;
use telemetry_chunks::{Chunk, Damage, Draft, Header, MOST_EVENTS, removed_users};

/// A chunk with its band, and the version of the promoted keys under which it was made.
pub type ChunkOf = (BandOf, Chunk, i64);

/// A draft with the number of its events, the first and the last time.
pub struct Held {
    pub draft: Draft,
    pub events: usize,
    pub first: i64,
    pub last: i64,
}

/// The most events that are merged before the chunks that they make are stored.
const MOST_MERGED: i64 = 1_000_000;

/// Stores chunks.
pub fn store(chunks: &[ChunkOf]) -> Result<(), Error> {
    if chunks.is_empty() {
        return Ok(());
    }
    fn column<'a>(
        chunks: &'a [ChunkOf],
        element: Oid,
        value: impl Fn(&'a ChunkOf) -> Value<'a> + 'a,
    ) -> Value<'static> {
        array_of(element, chunks.iter().map(value))
    }
    let tenants: Vec<TenantId> = chunks.iter().map(|((tenant, _), ..)| *tenant).collect();
    let arguments = [
        stream::uuids(&tenants),
        column(chunks, INT4OID, |((_, band), ..)| Value::Integer(band.get())),
        column(chunks, TIMESTAMPTZOID, |(_, chunk, _)| Value::Time(chunk.since)),
        column(chunks, TIMESTAMPTZOID, |(_, chunk, _)| Value::Time(chunk.last)),
        column(chunks, INT8OID, |(_, chunk, _)| Value::Big(chunk.first_arrival)),
        column(chunks, INT8OID, |(_, chunk, _)| Value::Big(chunk.last_arrival)),
        column(chunks, INT4OID, |(_, chunk, _)| Value::Integer(chunk.events as i32)),
        column(chunks, BYTEAOID, |(_, chunk, _)| Value::Bytes(&chunk.header)),
        column(chunks, BYTEAOID, |(_, chunk, _)| Value::Bytes(&chunk.body)),
        column(chunks, INT8OID, |(.., promoted)| Value::Big(*promoted)),
    ];
    execute(Statement::InsertChunks, &arguments)?;
    Ok(())
}

/// Takes chunks of a band back into its draft if they are not larger than that and lie within a day of it: so a band
/// that is filled in portions gets no small chunk for the end of each. A damaged one stays, and merge() will meet it.
pub fn take_back(drafts: &mut [(BandOf, &mut Held)], promoted: i64) -> Result<(), Error> {
    let sql = "select w.place, c.chunk_id, c.header, c.body, c.removed \
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), pg_catalog.unnest($5)) \
             with ordinality w (tenant_id, band, events, first_ts, last_ts, place) \
       cross join lateral ( \
             select c.chunk_id, c.header, c.body, c.removed from telemetry.timeline_chunks c \
              where c.tenant_id operator(pg_catalog.=) w.tenant_id and c.band operator(pg_catalog.=) w.band \
                and c.events operator(pg_catalog.<) 32768 and c.events operator(pg_catalog.<=) w.events \
                and c.last_ts operator(pg_catalog.>=) w.first_ts and c.first_ts operator(pg_catalog.<=) w.last_ts \
                and c.promoted operator(pg_catalog.=) $6 \
              order by c.events limit 8) c";
    let tenants: Vec<TenantId> = drafts.iter().map(|((tenant, _), _)| *tenant).collect();
    let bands: Vec<i32> = drafts.iter().map(|((_, band), _)| band.get()).collect();
    let events = drafts.iter().map(|(_, draft)| draft.events as i32).collect::<Vec<_>>();
    let times =
        |time: fn(&Held) -> i64| array_of(TIMESTAMPTZOID, drafts.iter().map(|(_, draft)| Value::Time(time(draft))));
    let arguments = [
        (UUIDARRAYOID, stream::uuids(&tenants)),
        (INT4ARRAYOID, stream::array(bands)),
        (INT4ARRAYOID, stream::array(events)),
        (TIMESTAMPTZARRAYOID, times(|draft| draft.first.saturating_sub(DAY))),
        (TIMESTAMPTZARRAYOID, times(|draft| draft.last.saturating_add(DAY))),
        (INT8OID, Value::Big(promoted)),
    ];
    let mut taken = Vec::new();
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let place = row.big(0).unwrap_or_default() as usize;
        let Some((band, draft)) = place.checked_sub(1).and_then(|place| drafts.get_mut(place)) else { return Ok(()) };
        let header = Header::read(row.bytes(2).unwrap_or_default());
        let removed = removed_users(row.bytes(4));
        let body = row.bytes(3).unwrap_or_default();
        if header.and_then(|header| draft.draft.add_chunk(&header, body, &removed)).is_ok() {
            taken.push((*band, row.big(1).unwrap_or_default()));
        }
        Ok(())
    })?;
    delete(&taken)
}

/// Merges small chunks of these bands, eight and more of about the same size. So an event is written again some
/// log8(32768) times, and, where ticks take back what lies beside their events, once more each time its chunk doubles.
/// A chunk of half the most events is not small: many are cut there, where the calendar is.
pub fn merge(mut bands: Vec<BandOf>) -> Result<(), Error> {
    // What came of it may be the eighth of the next size.
    while !bands.is_empty() {
        bands = merge_once(&bands)?;
    }
    Ok(())
}

/// Merges once, and returns the bands that are to be looked at again; none where nothing was merged.
fn merge_once(bands: &[BandOf]) -> Result<Vec<BandOf>, Error> {
    let sql = "with small as materialized ( \
            select w.tenant_id, w.band, c.chunk_id, c.promoted, c.size, \
                   pg_catalog.count(*) over (partition by w.tenant_id, w.band, c.promoted, c.size) as chunks, \
                   pg_catalog.row_number() over (partition by w.tenant_id, w.band, c.promoted, c.size order by c.chunk_id) as place \
              from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) w (tenant_id, band) \
             cross join lateral ( \
                   select c.chunk_id, c.promoted, pg_catalog.width_bucket(c.events, '{8,64,512,4096}'::pg_catalog.int4[]) as size \
                     from telemetry.timeline_chunks c \
                    where c.tenant_id operator(pg_catalog.=) w.tenant_id and c.band operator(pg_catalog.=) w.band \
                      and c.events operator(pg_catalog.<) 32768 \
                   offset 0) c) \
        select s.tenant_id, s.band, s.promoted, s.size, s.chunk_id, c.header, c.body, c.events, c.removed \
          from small s \
         cross join lateral ( \
               select c.header, c.body, c.events, c.removed from telemetry.timeline_chunks c \
                where c.tenant_id operator(pg_catalog.=) s.tenant_id and c.band operator(pg_catalog.=) s.band \
                  and c.chunk_id operator(pg_catalog.=) s.chunk_id \
               offset 0) c \
         where s.chunks operator(pg_catalog.>=) 8 and s.place operator(pg_catalog.<=) 16 \
         order by s.tenant_id, s.band, s.promoted, s.size, s.chunk_id";
    let tenants: Vec<TenantId> = bands.iter().map(|(tenant, _)| *tenant).collect();
    let numbers: Vec<i32> = bands.iter().map(|(_, band)| band.get()).collect();
    let arguments = [(UUIDARRAYOID, stream::uuids(&tenants)), (INT4ARRAYOID, stream::array(numbers))];
    let mut merging = Merging::default();
    stream(sql, &arguments, Snapshot::Latest, |row| {
        let group = (
            (row.uuid(0).unwrap_or_default(), Band::new(row.integer(1).unwrap_or_default())),
            row.big(2).unwrap_or_default(),
            row.integer(3).unwrap_or_default(),
        );
        if merging.group != Some(group) {
            merging.end_group();
            merging.group = Some(group);
        }
        if merging.events >= MOST_MERGED {
            merging.again.push(group.0);
            return Ok(());
        }
        let chunk_id = row.big(4).unwrap_or_default();
        let chunk = [5, 6].map(|column| row.bytes(column).unwrap_or_default());
        match merging.add(chunk, &removed_users(row.bytes(8)), group.0) {
            Ok(()) => {
                merging.taken.push((group.0, chunk_id));
                merging.events += i64::from(row.integer(7).unwrap_or_default());
            }
            // The others go on; readers and verify_derived() name it as well.
            Err(damage) => {
                let error = Error::DamagedChunk { chunk_id, problem: damage.to_string() };
                ErrorReport::from(error).report(PgLogLevel::WARNING);
            }
        }
        Ok(())
    })?;
    merging.end_group();
    if merging.merged.is_empty() {
        return Ok(Vec::new());
    }
    delete(&merging.merged)?;
    store(&merging.chunks)?;
    merging.again.dedup();
    Ok(merging.again)
}

#[derive(Default)]
struct Merging {
    /// The band, version of promoted keys and size that the chunks of a group share.
    group: Option<(BandOf, i64, i32)>,
    draft: Option<Draft>,
    taken: Vec<(BandOf, i64)>,
    events: i64,
    /// The new chunks of all groups; `merged` are the chunks that they replace.
    chunks: Vec<ChunkOf>,
    merged: Vec<(BandOf, i64)>,
    again: Vec<BandOf>,
}

impl Merging {
    fn add(&mut self, [header, body]: [&[u8]; 2], removed: &[u16], (_, band): BandOf) -> Result<(), Damage> {
        let draft = self.draft.get_or_insert_with(|| Draft::of_band(band.get()));
        draft.add_chunk(&Header::read(header)?, body, removed)
    }

    fn end_group(&mut self) {
        let (Some(draft), Some((band, promoted, _))) = (self.draft.take(), self.group) else { return };
        let taken = std::mem::take(&mut self.taken);
        let chunks = draft.encode(MOST_EVENTS);
        // Where as many come out as went in, nothing is to be done.
        if chunks.len() < taken.len() {
            self.chunks.extend(chunks.into_iter().map(|chunk| (band, chunk, promoted)));
            self.merged.extend(taken);
            self.again.push(band);
        }
    }
}

/// Deletes chunks, each given by its band and id.
pub fn delete(chunks: &[(BandOf, i64)]) -> Result<(), Error> {
    if chunks.is_empty() {
        return Ok(());
    }
    let tenants: Vec<TenantId> = chunks.iter().map(|((tenant, _), _)| *tenant).collect();
    let bands: Vec<i32> = chunks.iter().map(|((_, band), _)| band.get()).collect();
    let ids: Vec<i64> = chunks.iter().map(|(_, chunk_id)| *chunk_id).collect();
    execute(Statement::DeleteChunks, &[stream::uuids(&tenants), stream::array(bands), stream::array(ids)])?;
    Ok(())
}
