//! Reads events from the chunks of the timeline: of each chunk only the columns that a question needs.

mod columns;
mod labels;
mod objects;
mod reading;
mod scratch;
mod values;

use super::cohorts::Cohorts;
use super::raw::number_of;
use super::texts::Texts;
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{Snapshot, Toasted, stream};
use crate::derived::timeline::chunk::{Column, Damage, Header, Property, Segment, read_users, removed_users};
use crate::error::Error;
use crate::ids::{Band, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::jsonb::keys::Keys;
use crate::memory::Memory;
use crate::source::question::{Labels, LabelsOf, Piece, Question, Reader, Tests};
use pgrx::check_for_interrupts;
use pgrx::pg_sys::BOOLOID;
use scratch::Fetched;
use std::collections::BTreeSet;

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
    segment: Segment,
    tests: Tests,
    /// The number of its events' name, where labels are names.
    name: Option<u64>,
}

/// A segment that a reader needs, and which of its columns.
struct Needed<'a> {
    of: &'a SegmentOf,
    /// The time of each event is needed.
    times: bool,
    /// It is needed which event belongs to which user.
    each: bool,
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
    stream(&clauses.sql, &clauses.arguments, Snapshot::OfStatement, |row| {
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
            segments.push(SegmentOf { segment, tests, name });
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

    pub fn events(&self) -> usize {
        self.segments.iter().map(|of| of.segment.events).sum()
    }

    /// Hands the events to a reader, segment by segment. `actors`: how many places of the band are taken.
    pub fn visit<R: Reader<Error>>(
        &self,
        question: &Question,
        values: &mut Texts,
        cohorts: &Cohorts,
        reader: &mut R,
        scratch: &mut Scratch,
        actors: usize,
    ) -> Result<(), Error> {
        check_for_interrupts!();
        let is_needed = |of: &&SegmentOf| reader.needs(of.tests.labels(), of.segment.since, of.segment.last);
        let needs_each = reader.needs_each();
        let segments: Vec<Needed<'_>> = self
            .segments
            .iter()
            .filter(is_needed)
            .map(|of| {
                let times = needs_times(&of.segment, question, reader);
                let each = times || needs_each || of.is_detailed(question) || !self.removed.is_empty();
                Needed { of, times, each }
            })
            .collect();
        if let Some(everyone) = self.everyone.as_ref().filter(|_| question.needs_actors)
            && segments.len() == self.segments.len()
            && !segments.iter().any(|needed| needed.each)
            && !reader.needs_times(everyone.since, everyone.last)
        {
            return self.visit_everyone(everyone, reader, scratch, actors);
        }
        let reads_users =
            question.needs_actors || !self.removed.is_empty() || !self.band.is_nobodys() && !cohorts.is_empty();
        if reads_users {
            scratch.users.fetch(&self.body, segments.iter().map(|needed| needed.of.segment.users));
            let each = segments.iter().filter(|needed| needed.each);
            scratch.runs.fetch(&self.body, each.map(|needed| needed.of.segment.runs));
        }
        let timed = segments.iter().filter(|needed| needed.times);
        scratch.times.fetch(&self.body, timed.map(|needed| needed.of.segment.times));
        for needed in segments {
            scratch.clear();
            if reads_users {
                self.read_actors(&needed, scratch, actors)?;
            }
            if !self.read_times(&needed, question, scratch)? {
                continue;
            }
            self.read_columns(&needed, question, values, scratch)?;
            let same = self.read_labels(needed.of, question, cohorts, scratch)?;
            scratch.columns.keep_asked(question, &needed.of.segment, same.is_none(), &self.removed);
            hand_on(&needed.of.segment, question, same, scratch, reader)?;
        }
        Ok(())
    }

    /// Hands the users of all segments to a reader at once.
    fn visit_everyone<R: Reader<Error>>(
        &self,
        everyone: &Everyone,
        reader: &mut R,
        scratch: &mut Scratch,
        actors: usize,
    ) -> Result<(), Error> {
        scratch.clear();
        let bytes = Fetched::one(&self.body, everyone.column);
        read_users(&everyone.column, everyone.actors, bytes.of(everyone.column), &mut scratch.columns.actors)
            .map_err(|damage| broken(self.chunk_id, damage))?;
        self.check_places(&scratch.columns.actors, actors)?;
        reader.read(&Piece {
            events: self.events(),
            first: everyone.since,
            last: everyone.last,
            actors: &scratch.columns.actors,
            labels: LabelsOf::Same(everyone.label),
            ..Piece::default()
        })
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

/// Gives a reader the events of a segment that were kept. `same`: the label of all of them; None: each has its own.
fn hand_on<R: Reader<Error>>(
    segment: &Segment,
    question: &Question,
    same: Option<u64>,
    scratch: &Scratch,
    reader: &mut R,
) -> Result<(), Error> {
    let columns = &scratch.columns;
    let events = columns.kept.unwrap_or(segment.events);
    if events == 0 {
        return Ok(());
    }
    let (mut first, mut last) = (segment.since, segment.last);
    if columns.kept.is_some() {
        // The segment's own are of what was left out as well.
        first = columns.instants.iter().copied().min().unwrap_or(first);
        last = columns.instants.iter().copied().max().unwrap_or(last);
    }
    reader.read(&Piece {
        events,
        first,
        last,
        actors: &columns.actors,
        ends: &columns.ends,
        times: &columns.instants,
        arrivals: &columns.arrivals,
        labels: same.map_or(LabelsOf::Each { codes: &columns.codes, table: &scratch.table }, LabelsOf::Same),
        values: &columns.values,
        decimals: &columns.decimals,
        groups: &columns.groups,
        matched: &columns.matched,
        rates: &columns.rates,
        subjects: question.subjects.map(|_| &columns.subjects),
    })
}

fn needs_times<R: Reader<Error>>(segment: &Segment, question: &Question, reader: &R) -> bool {
    let range = &question.range;
    segment.since < range.start
        || segment.last >= range.end
        || reader.needs_times(segment.since.max(range.start), segment.last.min(range.end - 1))
}
