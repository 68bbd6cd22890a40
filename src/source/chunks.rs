//! Events from the chunks of the timeline: of each only the columns that a question needs.

mod columns;
mod labels;
mod objects;
mod scratch;
mod values;

use super::cohorts::Cohorts;
use super::raw::number_of;
use super::texts::Texts;
use crate::db::Value;
use crate::db::stream::{self, Snapshot, Toasted, stream};
use crate::derived::timeline::chunk::{Codes, Column, Damage, Header, Property, Segment, read_users};
use crate::error::Error;
use crate::ids::{Band, TenantId};
use crate::jsonb::key_path::KeyPath;
use crate::memory::Memory;
use crate::source::question::{Labels, LabelsOf, Piece, Question, Reader, Tests};
use pgrx::check_for_interrupts;
use pgrx::pg_sys::{BOOLOID, TIMESTAMPTZOID, UUIDOID};
use scratch::Fetched;
use std::collections::BTreeSet;
use values::number_values;

pub use scratch::Scratch;

/// A chunk with segments that a question reads.
pub struct ChunkOf {
    pub tenant: TenantId,
    pub band: Band,
    chunk_id: i64,
    body: Toasted,
    segments: Vec<SegmentOf>,
    /// Who is in it, where all of its segments are read with one label.
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
    /// The label of its events, where labels are names.
    name: Option<u64>,
}

/// What the chunks that a question needs are like.
pub enum Found {
    Chunks(Vec<ChunkOf>),
    /// Those of all names but these, of which some segment does not keep a key that is asked for.
    Partly(Vec<ChunkOf>, Vec<String>),
    /// There are no others.
    NotKept,
}

/// Finds the chunks with events of a question, and reads their headers. Error: 53200 more of them than fit.
pub fn find(question: &Question, names: &mut Vec<String>, memory: &mut Memory) -> Result<Found, Error> {
    let mut sql = String::from(
        "select c.tenant_id, c.band, c.chunk_id, c.header, c.body, c.first_ts, c.last_ts, c.events from telemetry.timeline_chunks c where (c.band operator(pg_catalog.>=) 0 or not $1)",
    );
    let mut arguments = vec![(BOOLOID, Value::Flag(question.drops_nobodys()))];
    if question.range.start != i64::MIN {
        arguments.push((TIMESTAMPTZOID, Value::Time(question.range.start)));
        sql += &format!(" and c.last_ts operator(pg_catalog.>=) ${}", arguments.len());
    }
    if question.range.end != i64::MAX {
        arguments.push((TIMESTAMPTZOID, Value::Time(question.range.end)));
        sql += &format!(" and c.first_ts operator(pg_catalog.<) ${}", arguments.len());
    }
    if let Some(tenant) = question.tenant {
        arguments.push((UUIDOID, stream::uuid(tenant)));
        sql += &format!(" and c.tenant_id operator(pg_catalog.=) ${}", arguments.len());
    }
    let mut chunks = Vec::new();
    let (mut unkept, mut held) = (BTreeSet::new(), 0);
    stream(&sql, &arguments, Snapshot::OfStatement, |row| {
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
            if !needed_keys(question, &tests).all(|key| place_of(&segment, key).is_some()) {
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
            let label = (segments.len() == count && column.length > 0).then(|| one_label(&segments)).flatten();
            let everyone = label.map(|label| Everyone { column, actors, since, last, label });
            let band = Band::new(row.integer(1).unwrap_or_default());
            let keys: usize = segments.iter().map(|of| of.segment.properties.len()).sum();
            // A name and a key are some bytes, and their allocation.
            held += size_of::<ChunkOf>() + segments.len() * (size_of::<SegmentOf>() + 64) + keys * 72;
            memory.check(held)?;
            chunks.push(ChunkOf { tenant, band, chunk_id, body, segments, everyone });
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

/// The label that all events have, if there is one.
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
    let touches = question.touches.as_ref().filter(|_| question.touches_any_of(tests.labels()));
    let groups = question.groups_by.as_ref().filter(|_| question.groups_any_of(tests.labels()));
    let object = question.object_key.as_ref().filter(|_| question.asks_subjects_of(tests.labels()));
    keys.chain(touches).chain(groups).chain(object)
}

/// The place of a key whose values the segment keeps.
fn place_of(segment: &Segment, key: &KeyPath) -> Option<(usize, Column)> {
    segment.properties.iter().enumerate().find_map(|(place, (name, property))| match property {
        Property::Kept(column) if name == key.as_str() => Some((place, *column)),
        _ => None,
    })
}

impl ChunkOf {
    /// Of the segments that are read.
    pub fn first(&self) -> i64 {
        self.segments.iter().map(|of| of.segment.since).min().unwrap_or_default()
    }

    pub fn events(&self) -> usize {
        self.segments.iter().map(|of| of.segment.events).sum()
    }

    /// Hands the events to a reader, segment by segment; `actors`: how many places of the band are taken.
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
        let damaged = |damage| broken(self.chunk_id, damage);
        let is_needed = |of: &&SegmentOf| reader.needs(of.tests.labels(), of.segment.since, of.segment.last);
        let segments: Vec<&SegmentOf> = self.segments.iter().filter(is_needed).collect();
        let needs_times: Vec<bool> = segments.iter().map(|of| needs_times(&of.segment, question, reader)).collect();
        let needs_each = reader.needs_each();
        let is_detailed: Vec<bool> = segments
            .iter()
            .zip(&needs_times)
            .map(|(of, needs)| *needs || needs_each || of.is_detailed(question))
            .collect();
        if let Some(everyone) = self.everyone.as_ref().filter(|_| question.needs_actors)
            && segments.len() == self.segments.len()
            && !is_detailed.contains(&true)
            && !reader.needs_times(everyone.since, everyone.last)
        {
            return self.visit_everyone(everyone, reader, scratch, actors);
        }
        let chosen = |which: &[bool], column: fn(&Segment) -> Column| {
            let segments = segments.iter().zip(which).filter(|(_, is_chosen)| **is_chosen);
            segments.map(|(of, _)| column(&of.segment)).collect::<Vec<_>>()
        };
        let reads_users = question.needs_actors || !self.band.is_nobodys() && !cohorts.is_empty();
        if reads_users {
            scratch.users.fetch(&self.body, segments.iter().map(|of| of.segment.users));
            scratch.runs.fetch(&self.body, chosen(&is_detailed, |segment| segment.runs).into_iter());
        }
        scratch.times.fetch(&self.body, chosen(&needs_times, |segment| segment.times).into_iter());
        for (of, (needs_times, is_detailed)) in segments.into_iter().zip(needs_times.into_iter().zip(is_detailed)) {
            let segment = &of.segment;
            scratch.clear();
            if reads_users {
                segment.read_users(scratch.users.of(segment.users), &mut scratch.columns.actors).map_err(damaged)?;
                self.check_users(&scratch.columns.actors, actors)?;
                if is_detailed {
                    segment.read_ends(scratch.runs.of(segment.runs), &mut scratch.columns.ends).map_err(damaged)?;
                }
            }
            let (mut first, mut last) = (segment.since, segment.last);
            let is_whole = question.range.start <= first && last < question.range.end;
            if needs_times {
                segment.read_times(scratch.times.of(segment.times), &mut scratch.columns.instants).map_err(damaged)?;
            }
            if question.needs_arrivals {
                self.read_arrivals(segment, needs_times, scratch)?;
            }
            if question.needs_rates && segment.sampled > 0 {
                self.read_rates(segment, scratch)?;
            }
            if let Some(key) = &question.touches
                && question.touches_any_of(of.tests.labels())
                && self.read_property(segment, key, scratch)?
            {
                let decimals = question.takes_decimals.then_some(&mut scratch.columns.decimals);
                number_values(&mut scratch.dictionary, values, &mut scratch.columns.values, decimals);
            }
            if let Some(key) = &question.groups_by
                && question.groups_any_of(of.tests.labels())
                && self.read_property(segment, key, scratch)?
            {
                number_values(&mut scratch.dictionary, values, &mut scratch.columns.groups, None);
            }
            if question.asks_subjects_of(of.tests.labels()) {
                self.read_objects(segment, question, scratch)?;
            }
            let same = self.read_labels(of, question, cohorts, scratch)?;
            if !question.needs_actors {
                scratch.columns.forget_actors();
            }
            if !is_whole || same.is_none() {
                // Events of no class or out of range are dropped here, so that no reader meets one.
                scratch.columns.keep_wanted(&question.range, same.is_none());
            }
            let columns = &scratch.columns;
            let events = columns.kept.unwrap_or(segment.events);
            if events == 0 {
                continue;
            }
            if columns.kept.is_some() {
                first = columns.instants.iter().copied().min().unwrap_or(first);
                last = columns.instants.iter().copied().max().unwrap_or(last);
            }
            let labels = same.map_or(LabelsOf::Each { codes: &columns.codes, table: &scratch.table }, LabelsOf::Same);
            reader.read(&Piece {
                events,
                first,
                last,
                actors: &columns.actors,
                ends: &columns.ends,
                times: &columns.instants,
                arrivals: &columns.arrivals,
                labels,
                values: &columns.values,
                decimals: &columns.decimals,
                groups: &columns.groups,
                rates: &columns.rates,
                subjects: question.subjects.map(|_| &columns.subjects),
            })?;
        }
        Ok(())
    }

    /// The users of all segments at once.
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
        self.check_users(&scratch.columns.actors, actors)?;
        reader.read(&Piece {
            events: self.events(),
            first: everyone.since,
            last: everyone.last,
            actors: &scratch.columns.actors,
            ends: &[],
            times: &[],
            arrivals: &[],
            labels: LabelsOf::Same(everyone.label),
            values: &[],
            decimals: &[],
            groups: &[],
            rates: &[],
            subjects: None,
        })
    }

    fn check_users(&self, users: &[u16], actors: usize) -> Result<(), Error> {
        let is_known = users.last().is_none_or(|place| usize::from(*place) < actors);
        let unknown = Damage::Bytes("it holds a user that its tenant has not");
        is_known.then_some(()).ok_or_else(|| broken(self.chunk_id, unknown))
    }

    fn read_arrivals(&self, segment: &Segment, has_times: bool, scratch: &mut Scratch) -> Result<(), Error> {
        let damaged = |damage| broken(self.chunk_id, damage);
        let mut times = Vec::new();
        if !has_times {
            segment
                .read_times(Fetched::one(&self.body, segment.times).of(segment.times), &mut times)
                .map_err(damaged)?;
        }
        let times = if has_times { &scratch.columns.instants } else { &times };
        segment
            .read_arrivals(
                Fetched::one(&self.body, segment.arrivals).of(segment.arrivals),
                times,
                &mut scratch.columns.arrivals,
            )
            .map_err(damaged)
    }

    fn read_rates(&self, segment: &Segment, scratch: &mut Scratch) -> Result<(), Error> {
        let damaged = |damage| broken(self.chunk_id, damage);
        segment
            .read_rates(Fetched::one(&self.body, segment.rates).of(segment.rates), &mut scratch.dictionary)
            .map_err(damaged)?;
        let Codes { values, codes, .. } = &scratch.dictionary;
        let mut rates = vec![1.0];
        for value in values {
            let bits = value.as_ref().try_into().map_err(|_| damaged(Damage::Bytes("a rate is no number")))?;
            rates.push(f32::from_bits(u32::from_le_bytes(bits)));
        }
        scratch.columns.rates.extend(codes.iter().map(|code| rates[*code as usize]));
        Ok(())
    }

    /// Into the scratch's dictionary; whether the segment keeps the key.
    fn read_property(&self, segment: &Segment, key: &KeyPath, scratch: &mut Scratch) -> Result<bool, Error> {
        let Some((place, column)) = place_of(segment, key) else { return Ok(false) };
        let bytes = Fetched::one(&self.body, column);
        let read = segment.read_property(place, bytes.of(column), &mut scratch.dictionary);
        read.map_err(|damage| broken(self.chunk_id, damage)).map(|()| true)
    }
}

impl SegmentOf {
    /// That of all its events; none where it depends on their properties.
    fn label(&self) -> Option<u64> {
        if self.tests.conditions() == 0 { self.name.or(self.tests.label(0)) } else { None }
    }

    /// Whether its events have to be told apart even where their times do not matter.
    fn is_detailed(&self, question: &Question) -> bool {
        self.tests.conditions() != 0
            || question.needs_arrivals
            || question.touches.is_some()
            || question.subjects.is_some()
            || question.groups_by.is_some()
            || question.needs_rates && self.segment.sampled > 0
    }
}

fn needs_times<R: Reader<Error>>(segment: &Segment, question: &Question, reader: &R) -> bool {
    let range = &question.range;
    segment.since < range.start
        || segment.last >= range.end
        || reader.needs_times(segment.since.max(range.start), segment.last.min(range.end - 1))
}
