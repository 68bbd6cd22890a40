//! Reads events from the chunks of the timeline: of each chunk only the columns that a question needs.

mod ahead;
mod arrivals;
mod columns;
mod labels;
mod objects;
mod reading;
mod scratch;
mod values;
mod visiting;

use super::cohorts::Cohorts;
use super::raw::number_of;
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::plans::Planning;
use crate::db::stream::{Toasted, stream_planned};
use crate::error::Error;
use crate::ids::{Band, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::memory::Memory;
use crate::source::question::{Labels, Question, Tests};
use pgrx::pg_sys::BOOLOID;
use std::collections::BTreeSet;
use std::sync::Arc;
use telemetry_chunks::{Column, Damage, Header, Property, Segment, Wanted, removed_users};

pub use ahead::visit_ahead;
pub use scratch::Scratch;

/// A chunk with segments that a question reads.
pub struct ChunkOf {
    pub tenant: TenantId,
    pub band: Band,
    chunk_id: i64,
    body: Toasted,
    segments: Vec<SegmentOf>,
    /// The users, sorted, whose events in the chunk are gone.
    removed: Vec<u16>,
    /// The users of the whole chunk, where all of its segments are read with one label.
    everyone: Option<Everyone>,
}

struct Everyone {
    column: Column,
    actors: usize,
    since: i64,
    last: i64,
    label: u64,
}

struct SegmentOf {
    segment: Arc<Segment>,
    tests: Tests,
    /// The number of its events' name, where labels are names.
    name: Option<u64>,
}

/// A segment that a reader needs, and which of its columns.
struct Needed<'a> {
    of: &'a SegmentOf,
    /// Its place among the segments of the chunk.
    place: usize,
    /// It is needed which event belongs to which user.
    each: bool,
    wanted: Wanted,
    /// The arrival of each event is needed at once.
    arrivals: bool,
}

/// How a chunk is read.
enum Way<'a> {
    /// Who has events in it, whatever they are and whenever they were.
    Everyone,
    Segments(Vec<Needed<'a>>),
}

/// What a question asks of the chunks of a band.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub question: &'a Question,
    pub cohorts: &'a Cohorts,
    /// How many places of the band are taken.
    pub actors: usize,
}

/// The chunks that a question needs, as far as they keep the keys that it asks for.
pub enum Found {
    Chunks(Vec<ChunkOf>),
    /// The chunks of all names but these, of which some segment does not keep a key that is asked for.
    Partly(Vec<ChunkOf>, Vec<String>),
    /// No chunk has a segment that keeps all keys that are asked for.
    NotKept,
}

/// Finds the chunks with events of a question, and reads their headers. Error: 53200 more of them than fit.
pub fn find(question: &Question, names: &mut Vec<String>, memory: &mut Memory) -> Result<Found, Error> {
    let mut clauses = Clauses::after(
        "select c.tenant_id, c.band, c.chunk_id, c.header, c.body, c.first_ts, c.last_ts, c.events, c.removed from telemetry.timeline_chunks c where (c.band operator(pg_catalog.>=) 0 or not $1)",
    );
    clauses.number(BOOLOID, Value::Flag(question.drops_nobodys()));
    clauses.range(("c.first_ts", "c.last_ts"), &question.range);
    clauses.tenant("c", question.tenant);
    let mut chunks = Vec::new();
    let (mut unkept, mut held) = (BTreeSet::new(), 0);
    stream_planned(&clauses.sql, &clauses.arguments, Planning::Once, |row| {
        let chunk_id = row.big(2).unwrap_or_default();
        let header = Header::read(row.bytes(3).unwrap_or_default()).map_err(|damage| broken(chunk_id, damage))?;
        // The row itself is under no checksum.
        let said = (row.big(5), row.big(6), row.integer(7).map(|events| events as usize));
        let is_of_users = row.integer(1).is_some_and(|band| band >= 0);
        if said != (Some(header.since), Some(header.last), Some(header.events)) || is_of_users != header.has_users {
            return Err(broken(chunk_id, Damage::Bytes("its row and its header differ")));
        }
        let Header { actors, since, last, everyone: column, .. } = header;
        let count = header.segments.len();
        let mut segments: Vec<SegmentOf> = Vec::new();
        for segment in header.segments {
            let tests = question.tests_of(&segment.name);
            if !tests.is_read || segment.last < question.range.start || segment.since >= question.range.end {
                continue;
            }
            let has_subjects = question.object_key.is_some() || segment.subjects.length > 0;
            if !has_subjects && question.needs_subjects_of(tests.labels()) {
                continue;
            }
            // No segment keeps an array.
            let has_elements = question.touches.as_ref().is_some_and(Keys::are_elements);
            if has_elements || !needed_keys(question, &tests).all(|key| place_of(&segment, key).is_some()) {
                unkept.insert(segment.name);
                continue;
            }
            let name = matches!(question.labels, Labels::Names { .. }).then(|| number_of(names, &segment.name) as u64);
            segments.push(SegmentOf { segment: Arc::new(segment), tests, name });
        }
        if !segments.is_empty()
            && let Some(body) = row.toasted(4)
        {
            let tenant = row.uuid(0).unwrap_or_default();
            let removed = removed_users(row.bytes(8));
            let label = (segments.len() == count && column.length > 0 && removed.is_empty())
                .then(|| one_label(&segments))
                .flatten();
            let everyone = label.map(|label| Everyone { column, actors, since, last, label });
            let band = Band::new(row.integer(1).unwrap_or_default());
            let keys: usize = segments.iter().map(|of| of.segment.properties.len()).sum();
            // A name and a key are some bytes, and their allocation.
            held += size_of::<ChunkOf>() + segments.len() * (size_of::<SegmentOf>() + 64) + keys * 72;
            memory.check(held)?;
            chunks.push(ChunkOf { tenant, band, chunk_id, body, segments, removed, everyone });
        }
        Ok(())
    })?;
    memory.take(held)?;
    // In order of time, so that the events of an actor come nearly sorted.
    chunks.sort_by_key(|chunk| (chunk.tenant, chunk.band, chunk.first(), chunk.chunk_id));
    if unkept.is_empty() {
        return Ok(Found::Chunks(chunks));
    }
    for chunk in &mut chunks {
        let count = chunk.segments.len();
        chunk.segments.retain(|of| !unkept.contains(&of.segment.name));
        if chunk.segments.len() < count {
            chunk.everyone = None;
        }
    }
    chunks.retain(|chunk| !chunk.segments.is_empty());
    Ok(if chunks.is_empty() { Found::NotKept } else { Found::Partly(chunks, unkept.into_iter().collect()) })
}

/// The one label of all events of these segments; None where they differ, or where it depends on the event.
fn one_label(segments: &[SegmentOf]) -> Option<u64> {
    let mut labels = segments.iter().map(SegmentOf::label);
    let first = labels.next().flatten()?;
    labels.all(|label| label == Some(first)).then_some(first)
}

fn broken(chunk_id: i64, damage: Damage) -> Error {
    Error::DamagedChunk { chunk_id, problem: damage.to_string() }
}

fn needed_keys<'a>(question: &'a Question, tests: &Tests) -> impl Iterator<Item = &'a KeyPath> {
    let needed = tests.conditions();
    let conditions = question.conditions.iter().enumerate().filter(move |(n, _)| needed & 1 << n != 0);
    let keys = conditions.flat_map(|(_, condition)| condition.tests.iter().flatten().map(|(key, _)| key));
    let touches = question.touches.iter().filter(|_| question.touches_any_of(tests.labels())).flat_map(Keys::iter);
    let groups = question.groups_by.iter().filter(|_| question.groups_any_of(tests.labels())).flat_map(Keys::iter);
    let object = question.object_key.as_ref().filter(|_| question.asks_subjects_of(tests.labels()));
    keys.chain(touches).chain(groups).chain(object).chain(&question.matches)
}

/// Finds a key among the properties whose values the segment keeps.
fn place_of(segment: &Segment, key: &KeyPath) -> Option<(usize, Column)> {
    segment.properties.iter().enumerate().find_map(|(place, (name, property))| match property {
        Property::Kept(column) if name == key.as_str() => Some((place, *column)),
        _ => None,
    })
}

impl ChunkOf {
    /// The first time of the segments that are read.
    pub fn first(&self) -> i64 {
        self.segments.iter().map(|of| of.segment.since).min().unwrap_or_default()
    }

    /// The most bytes that it takes to read whose the events are and when they were.
    fn memory(&self) -> usize {
        let wanted = Wanted { users: true, ends: true, times: true };
        let each = |segment: &Segment| segment.events * size_of::<u16>();
        self.segments.iter().map(|of| wanted.memory(&of.segment) + each(&of.segment)).sum()
    }

    pub fn events(&self) -> usize {
        self.segments.iter().map(|of| of.segment.events).sum()
    }
}

impl Needed<'_> {
    /// The segment, and what of it says whose the events are and when they were.
    fn wanted(&self) -> (Arc<Segment>, Wanted) {
        (self.of.segment.clone(), self.wanted)
    }
}

impl SegmentOf {
    /// The label that all events of the segment have; None where it depends on the event.
    fn label(&self) -> Option<u64> {
        if self.tests.conditions() == 0 { self.name.or(self.tests.label(0)) } else { None }
    }

    /// Whether the reader has to know of each event whose it is, even where times do not matter.
    fn is_detailed(&self, question: &Question) -> bool {
        self.tests.conditions() != 0
            || question.needs_arrivals
            || question.touches.is_some()
            || question.subjects.is_some()
            || question.groups_by.is_some()
            || !question.matches.is_empty()
            || question.needs_rates && self.segment.sampled > 0
    }
}
