//! Events from the chunks of the timeline: of each only the columns that a question needs.

use super::question::{Labels, LabelsOf, Piece, Question, Reader, Tests};
use super::raw::{LabelCodes, Texts, number_of};
use crate::db::Value;
use crate::db::stream::{self, Snapshot, Toasted, stream};
use crate::error::Error;
use crate::timeline::chunk::{Codes, Column, Damage, Header, Property, Segment};
use crate::timeline::scalar;
use pgrx::check_for_interrupts;
use pgrx::pg_sys::{BOOLOID, TIMESTAMPTZOID, UUIDOID};
use std::ops::Range;

/// Columns that lie at most so many bytes apart are fetched together.
const WORTH_READING_OVER: u32 = 4_096;

/// A chunk with segments that a question reads.
pub struct ChunkOf {
    pub tenant: [u8; 16],
    pub band: i32,
    chunk_id: i64,
    body: Toasted,
    segments: Vec<SegmentOf>,
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
    /// A key is asked for that some segment does not keep.
    NotKept,
}

/// Finds the chunks with events of a question, and reads their headers.
pub fn find(question: &Question, names: &mut Vec<String>) -> Result<Found, Error> {
    let mut sql = String::from(
        "select c.tenant_id, c.band, c.chunk_id, c.header, c.body, c.first_ts, c.last_ts, c.events from telemetry.timeline_chunks c where (c.band operator(pg_catalog.>=) 0 or not $1)",
    );
    let mut arguments = vec![(BOOLOID, Value::Flag(question.needs_actors))];
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
    let mut all_kept = true;
    stream(&sql, &arguments, Snapshot::OfStatement, |row| {
        let chunk_id = row.big(2).unwrap_or_default();
        let header = Header::read(row.bytes(3).unwrap_or_default()).map_err(|damage| broken(chunk_id, damage))?;
        // The row itself is under no checksum.
        let said = (row.big(5), row.big(6), row.integer(7).map(|events| events as usize));
        if said != (Some(header.since), Some(header.last), Some(header.events)) {
            return Err(broken(chunk_id, Damage::Bytes("its row and its header differ")));
        }
        let mut segments = Vec::new();
        for segment in header.segments {
            let tests = question.tests_of(&segment.name);
            if !tests.is_read || segment.last < question.range.start || segment.since >= question.range.end {
                continue;
            }
            all_kept &= needed_keys(question, &tests).all(|key| place_of(&segment, key).is_some());
            let name = matches!(question.labels, Labels::Names { .. }).then(|| number_of(names, &segment.name) as u64);
            segments.push(SegmentOf { segment, tests, name });
        }
        if !segments.is_empty()
            && let Some(body) = row.toasted(4)
        {
            let tenant = row.uuid(0).unwrap_or_default();
            chunks.push(ChunkOf { tenant, band: row.integer(1).unwrap_or_default(), chunk_id, body, segments });
        }
        Ok(())
    })?;
    // In order of time, so that the events of an actor come nearly sorted.
    chunks.sort_by_key(|chunk| (chunk.tenant, chunk.band, chunk.first(), chunk.chunk_id));
    Ok(if all_kept { Found::Chunks(chunks) } else { Found::NotKept })
}

fn broken(chunk_id: i64, damage: Damage) -> Error {
    Error::DamagedChunk { chunk_id, problem: damage.to_string() }
}

fn needed_keys<'a>(question: &'a Question, tests: &Tests) -> impl Iterator<Item = &'a str> {
    let needed = tests.conditions();
    let conditions = question.conditions.iter().enumerate().filter(move |(n, _)| needed & 1 << n != 0);
    let keys = conditions.flat_map(|(_, condition)| condition.scalars.iter().flatten().map(|(key, _)| key.as_str()));
    keys.chain(question.touches.as_deref())
}

/// The place of a key whose values the segment keeps.
fn place_of(segment: &Segment, key: &str) -> Option<(usize, Column)> {
    segment.properties.iter().enumerate().find_map(|(place, (name, property))| match property {
        Property::Kept(column) if name == key => Some((place, *column)),
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
        reader: &mut R,
        scratch: &mut Scratch,
        actors: usize,
    ) -> Result<(), Error> {
        check_for_interrupts!();
        let damaged = |damage| broken(self.chunk_id, damage);
        let needs_times: Vec<bool> =
            self.segments.iter().map(|of| needs_times(&of.segment, question, reader)).collect();
        let is_detailed: Vec<bool> =
            self.segments.iter().zip(&needs_times).map(|(of, needs)| *needs || of.is_detailed(question)).collect();
        let chosen = |which: &[bool], column: fn(&Segment) -> Column| {
            let segments = self.segments.iter().zip(which).filter(|(_, is_chosen)| **is_chosen);
            segments.map(|(of, _)| column(&of.segment)).collect::<Vec<_>>()
        };
        if question.needs_actors {
            scratch.users.fetch(&self.body, self.segments.iter().map(|of| of.segment.users));
            scratch.runs.fetch(&self.body, chosen(&is_detailed, |segment| segment.runs).into_iter());
        }
        scratch.times.fetch(&self.body, chosen(&needs_times, |segment| segment.times).into_iter());
        for (of, (needs_times, is_detailed)) in self.segments.iter().zip(needs_times.into_iter().zip(is_detailed)) {
            let segment = &of.segment;
            scratch.clear();
            if question.needs_actors {
                segment.read_users(scratch.users.of(segment.users), &mut scratch.actors).map_err(damaged)?;
                if scratch.actors.last().is_some_and(|place| usize::from(*place) >= actors) {
                    return Err(damaged(Damage::Bytes("it holds a user that its tenant has not")));
                }
                if is_detailed {
                    segment.read_ends(scratch.runs.of(segment.runs), &mut scratch.ends).map_err(damaged)?;
                }
            }
            let (mut first, mut last) = (segment.since, segment.last);
            let is_whole = question.range.start <= first && last < question.range.end;
            if needs_times {
                segment.read_times(scratch.times.of(segment.times), &mut scratch.instants).map_err(damaged)?;
            }
            if question.needs_arrivals {
                self.read_arrivals(segment, needs_times, scratch)?;
            }
            if question.needs_rates && segment.sampled > 0 {
                self.read_rates(segment, scratch)?;
            }
            if let Some(key) = &question.touches {
                self.read_values(segment, key, values, scratch)?;
            }
            let same = self.read_labels(of, question, scratch)?;
            if !is_whole || same.is_none() {
                // Events of no class or out of range are dropped here, so that no reader meets one.
                scratch.keep_wanted(&question.range, same.is_none());
            }
            let events = if scratch.is_cut { scratch.kept } else { segment.events };
            if events == 0 {
                continue;
            }
            if scratch.is_cut {
                first = scratch.instants.iter().copied().min().unwrap_or(first);
                last = scratch.instants.iter().copied().max().unwrap_or(last);
            }
            let labels = same.map_or(LabelsOf::Each { codes: &scratch.codes, table: &scratch.table }, LabelsOf::Same);
            reader.read(&Piece {
                events,
                first,
                last,
                actors: &scratch.actors,
                ends: &scratch.ends,
                times: &scratch.instants,
                arrivals: &scratch.arrivals,
                labels,
                values: &scratch.values,
                rates: &scratch.rates,
            })?;
        }
        Ok(())
    }

    fn read_arrivals(&self, segment: &Segment, has_times: bool, scratch: &mut Scratch) -> Result<(), Error> {
        let damaged = |damage| broken(self.chunk_id, damage);
        let mut times = Vec::new();
        if !has_times {
            segment.read_times(&fetch(&self.body, segment.times), &mut times).map_err(damaged)?;
        }
        let times = if has_times { &scratch.instants } else { &times };
        segment.read_arrivals(&fetch(&self.body, segment.arrivals), times, &mut scratch.arrivals).map_err(damaged)
    }

    fn read_rates(&self, segment: &Segment, scratch: &mut Scratch) -> Result<(), Error> {
        let damaged = |damage| broken(self.chunk_id, damage);
        segment.read_rates(&fetch(&self.body, segment.rates), &mut scratch.dictionary).map_err(damaged)?;
        let Codes { values, codes } = &scratch.dictionary;
        let mut rates = vec![1.0];
        for value in values {
            let bits = value.as_ref().try_into().map_err(|_| damaged(Damage::Bytes("a rate is no number")))?;
            rates.push(f32::from_bits(u32::from_le_bytes(bits)));
        }
        scratch.rates.extend(codes.iter().map(|code| rates[*code as usize]));
        Ok(())
    }

    fn read_values(&self, segment: &Segment, key: &str, texts: &mut Texts, scratch: &mut Scratch) -> Result<(), Error> {
        let Some((place, column)) = place_of(segment, key) else { return Ok(()) };
        let bytes = fetch(&self.body, column);
        segment
            .read_property(place, &bytes, &mut scratch.dictionary)
            .map_err(|damage| broken(self.chunk_id, damage))?;
        let Codes { values, codes } = &scratch.dictionary;
        let numbers: Vec<u32> = std::iter::once(0)
            .chain(values.iter().map(|value| scalar::text(value).map_or(0, |text| texts.number(text))))
            .collect();
        scratch.values.extend(codes.iter().map(|code| numbers[*code as usize]));
        Ok(())
    }

    /// The label that all events of the segment have, or none, with each event's in the scratch.
    fn read_labels(&self, of: &SegmentOf, question: &Question, scratch: &mut Scratch) -> Result<Option<u64>, Error> {
        let needed = of.tests.conditions();
        if needed == 0 {
            return Ok(of.name.or(of.tests.label(0)));
        }
        scratch.holding.resize(of.segment.events, 0);
        for (n, condition) in question.conditions.iter().enumerate().filter(|(n, _)| needed & 1 << n != 0) {
            let mut fails: Vec<bool> = Vec::new();
            for (key, wanted) in condition.scalars.iter().flatten() {
                let Some((place, column)) = place_of(&of.segment, key) else { continue };
                let bytes = fetch(&self.body, column);
                of.segment
                    .read_property(place, &bytes, &mut scratch.dictionary)
                    .map_err(|damage| broken(self.chunk_id, damage))?;
                let Codes { values, codes } = &scratch.dictionary;
                let meets: Vec<bool> =
                    std::iter::once(false).chain(values.iter().map(|value| scalar::is_same(value, wanted))).collect();
                fails.resize(of.segment.events, false);
                for (fails, code) in fails.iter_mut().zip(codes) {
                    *fails |= !meets[*code as usize];
                }
            }
            // An empty object is contained in every payload.
            fails.resize(of.segment.events, false);
            for (holding, fails) in scratch.holding.iter_mut().zip(fails) {
                *holding |= u64::from(!fails) << n;
            }
        }
        let mut codes = LabelCodes::default();
        for holding in &scratch.holding {
            let label = of.tests.label(*holding).map(|label| of.name.unwrap_or(label));
            // Code 0: left out.
            let code = match label {
                None => 0,
                Some(label) => codes.code(label, &mut scratch.table)?,
            };
            scratch.codes.push(code);
        }
        Ok(None)
    }
}

impl SegmentOf {
    /// Whether its events have to be told apart even where their times do not matter.
    fn is_detailed(&self, question: &Question) -> bool {
        self.tests.conditions() != 0
            || question.needs_arrivals
            || question.touches.is_some()
            || question.needs_rates && self.segment.sampled > 0
    }
}

fn needs_times<R: Reader<Error>>(segment: &Segment, question: &Question, reader: &R) -> bool {
    let range = &question.range;
    segment.since < range.start
        || segment.last >= range.end
        || reader.needs_times(segment.since.max(range.start), segment.last.min(range.end - 1))
}

fn fetch(body: &Toasted, column: Column) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(column.length as usize);
    if column.length > 0 {
        body.read(column.start, column.length, &mut bytes);
    }
    bytes
}

/// Columns of one kind of several segments, in as few slices of the body as is sensible.
#[derive(Default)]
struct Fetched {
    bytes: Vec<u8>,
    /// Where a slice begins in the body and in `bytes`.
    slices: Vec<(u32, usize)>,
}

impl Fetched {
    fn fetch(&mut self, body: &Toasted, columns: impl Iterator<Item = Column>) {
        self.bytes.clear();
        self.slices.clear();
        let mut pending: Option<(u32, u32)> = None;
        for column in columns.filter(|column| column.length > 0) {
            let end = column.start + column.length;
            pending = match pending {
                Some((start, until)) if column.start >= until && column.start - until <= WORTH_READING_OVER => {
                    Some((start, end))
                }
                other => {
                    self.read(body, other);
                    Some((column.start, end))
                }
            };
        }
        self.read(body, pending);
    }

    fn read(&mut self, body: &Toasted, slice: Option<(u32, u32)>) {
        if let Some((start, end)) = slice {
            self.slices.push((start, self.bytes.len()));
            body.read(start, end - start, &mut self.bytes);
        }
    }

    /// The bytes of a column that was fetched; fewer where the body is shorter than its header says.
    fn of(&self, column: Column) -> &[u8] {
        let slice = self.slices.partition_point(|(start, _)| *start <= column.start);
        let Some((start, at)) = slice.checked_sub(1).and_then(|slice| self.slices.get(slice)) else { return &[] };
        let begin = at + (column.start - start) as usize;
        self.bytes.get(begin..begin + column.length as usize).unwrap_or_default()
    }
}

/// What segments are decoded into: one for all, so that none of them allocates.
#[derive(Default)]
pub struct Scratch {
    users: Fetched,
    runs: Fetched,
    times: Fetched,
    actors: Vec<u16>,
    ends: Vec<u32>,
    instants: Vec<i64>,
    arrivals: Vec<i64>,
    rates: Vec<f32>,
    values: Vec<u32>,
    holding: Vec<u64>,
    codes: Vec<u16>,
    table: Vec<u64>,
    dictionary: Codes,
    /// Whether some events were left out, and how many were not.
    is_cut: bool,
    kept: usize,
    wanted: Vec<bool>,
}

impl Scratch {
    fn clear(&mut self) {
        self.actors.clear();
        self.ends.clear();
        self.instants.clear();
        self.arrivals.clear();
        self.rates.clear();
        self.values.clear();
        self.holding.clear();
        self.codes.clear();
        self.table.clear();
        self.table.push(0);
        self.is_cut = false;
    }

    /// Keeps the events in the range, where times were read, and those with a label, where each has its own.
    fn keep_wanted(&mut self, range: &Range<i64>, have_codes: bool) {
        fn keep<T: Copy>(column: &mut Vec<T>, wanted: &[bool]) {
            let mut wanted = wanted.iter();
            column.retain(|_| wanted.next().is_some_and(|is_wanted| *is_wanted));
        }
        self.wanted.clear();
        self.wanted.resize(self.instants.len().max(self.codes.len()), true);
        for (wanted, time) in self.wanted.iter_mut().zip(&self.instants) {
            *wanted &= range.contains(time);
        }
        if have_codes {
            for (wanted, code) in self.wanted.iter_mut().zip(&self.codes) {
                *wanted &= *code != 0;
            }
        }
        keep(&mut self.instants, &self.wanted);
        keep(&mut self.arrivals, &self.wanted);
        keep(&mut self.rates, &self.wanted);
        keep(&mut self.values, &self.wanted);
        keep(&mut self.codes, &self.wanted);
        self.is_cut = true;
        self.kept = self.wanted.iter().filter(|wanted| **wanted).count();
        self.keep_actors();
    }

    /// Of those who have a wanted event, with where these end.
    fn keep_actors(&mut self) {
        let (mut kept, mut begin, mut end) = (0, 0, 0);
        for run in 0..self.ends.len() {
            let until = self.ends[run] as usize;
            let events = self.wanted[begin..until].iter().filter(|wanted| **wanted).count();
            begin = until;
            if events > 0 {
                end += events as u32;
                self.actors[kept] = self.actors[run];
                self.ends[kept] = end;
                kept += 1;
            }
        }
        self.actors.truncate(kept);
        self.ends.truncate(kept);
    }
}
