//! Hands the events of a chunk to a reader, segment by segment.

use super::columns::Columns;
use super::scratch::fetched;
use super::{Asked, ChunkOf, Needed, Scratch, Way, broken};
use crate::error::Error;
use crate::source::question::{LabelsOf, Owned, Piece, Question, Reader, Unread};
use crate::source::texts::Texts;
use pgrx::check_for_interrupts;
use telemetry_chunks::{Presence, Segment, Wanted, read_users};

impl ChunkOf {
    /// Hands the events to a reader, segment by segment. `place`: that of the chunk among those of its band.
    pub fn visit<R: Reader<Error>>(
        &self,
        asked: &Asked<'_>,
        values: &mut Texts,
        reader: &mut R,
        scratch: &mut Scratch,
        place: usize,
    ) -> Result<(), Error> {
        check_for_interrupts!();
        let Way::Segments(segments) = self.way(asked, reader) else {
            return self.visit_everyone(reader, scratch, asked.actors);
        };
        self.fetch(&segments, scratch);
        let mut presence = std::mem::take(&mut scratch.presence);
        for needed in &segments {
            let read = presence.read(&needed.of.segment, needed.wanted, &scratch.slots);
            read.map_err(|damage| broken(self.chunk_id, damage))?;
            self.visit_segment((needed, place), &mut presence, asked, values, reader, scratch)?;
        }
        scratch.presence = presence;
        Ok(())
    }

    /// Chooses how the chunk is read, and which of its segments.
    pub(super) fn way<'a, R: Reader<Error>>(&'a self, asked: &Asked<'_>, reader: &R) -> Way<'a> {
        let question = asked.question;
        let (needs_each, reads_users) = (reader.needs_each(), self.reads_users(asked));
        let arrivals = question.needs_arrivals && !reader.asks_for_arrivals();
        let segments = self.segments.iter().enumerate().filter(|(_, of)| {
            let Segment { since, last, .. } = *of.segment;
            reader.needs(of.tests.labels(), since, last)
        });
        let segments: Vec<Needed<'_>> = segments
            .map(|(place, of)| {
                let times = needs_times(&of.segment, question, reader);
                let each = times || needs_each || of.is_detailed(question) || !self.removed.is_empty();
                let wanted = Wanted { users: reads_users, ends: reads_users && each, times };
                Needed { of, place, each, wanted, arrivals }
            })
            .collect();
        let is_everyone = self.everyone.as_ref().is_some_and(|everyone| {
            question.needs_actors
                && segments.len() == self.segments.len()
                && !segments.iter().any(|needed| needed.each)
                && !reader.needs_times(everyone.since, everyone.last)
        });
        if is_everyone { Way::Everyone } else { Way::Segments(segments) }
    }

    pub(super) fn reads_users(&self, asked: &Asked<'_>) -> bool {
        asked.question.needs_actors || !self.removed.is_empty() || !self.band.is_nobodys() && !asked.cohorts.is_empty()
    }

    /// Fetches the users and times of segments, as far as they are needed.
    pub(super) fn fetch(&self, segments: &[Needed<'_>], scratch: &mut Scratch) {
        let wanted = segments.iter().map(|needed| (needed.of.segment.as_ref(), needed.wanted));
        scratch.slots.fetch(wanted, |start, length| self.body.slice(start, length));
    }

    /// Hands the events of a segment to a reader, of which is known whose they are and when they were. `place`: that of
    /// the chunk among those of its band.
    pub(super) fn visit_segment<R: Reader<Error>>(
        &self,
        (needed, place): (&Needed<'_>, usize),
        presence: &mut Presence,
        asked: &Asked<'_>,
        values: &mut Texts,
        reader: &mut R,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let question = asked.question;
        if !self.read_segment(needed, presence, asked, values, scratch)? {
            return Ok(());
        }
        let is_unread = question.needs_arrivals && !needed.arrivals;
        let unread = is_unread.then_some(Unread { chunk: place, segment: needed.place });
        hand_on(&needed.of.segment, question, unread, scratch, reader)
    }

    /// Reads what else is asked of a segment into the scratch, where it takes what is known of it; tells whether any of
    /// its events can be in the question's range.
    pub(super) fn read_segment(
        &self,
        needed: &Needed<'_>,
        presence: &mut Presence,
        asked: &Asked<'_>,
        values: &mut Texts,
        scratch: &mut Scratch,
    ) -> Result<bool, Error> {
        let Asked { question, cohorts, actors } = *asked;
        scratch.clear();
        scratch.columns.take(presence);
        let Columns { actors: places, instants, .. } = &scratch.columns;
        self.check_places(places, actors)?;
        if needed.wanted.times && !instants.iter().any(|instant| question.range.contains(instant)) {
            return Ok(false);
        }
        self.read_columns(needed, question, values, scratch)?;
        scratch.same = self.read_labels(needed.of, question, cohorts, scratch)?;
        scratch.columns.keep_asked(question, &needed.of.segment, scratch.same.is_none(), &self.removed);
        Ok(true)
    }

    /// Hands the users of all segments to a reader at once.
    pub(super) fn visit_everyone<R: Reader<Error>>(
        &self,
        reader: &mut R,
        scratch: &mut Scratch,
        actors: usize,
    ) -> Result<(), Error> {
        let Some(everyone) = &self.everyone else { return Ok(()) };
        scratch.clear();
        let bytes = fetched(&self.body, everyone.column);
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

/// Gives a reader the events of a segment that were kept.
fn hand_on<R: Reader<Error>>(
    segment: &Segment,
    question: &Question,
    unread: Option<Unread>,
    scratch: &mut Scratch,
    reader: &mut R,
) -> Result<(), Error> {
    let columns = &mut scratch.columns;
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
    let labels = scratch.same.map_or(LabelsOf::Each { codes: &columns.codes, table: &scratch.table }, LabelsOf::Same);
    if reader.takes_columns() {
        let Columns { actors, ends, instants: times, .. } = columns;
        return reader.take(Owned { events, first, last, actors, ends, times, labels });
    }
    reader.read(&Piece {
        events,
        first,
        last,
        actors: &columns.actors,
        ends: &columns.ends,
        each: &columns.each,
        times: &columns.instants,
        arrivals: &columns.arrivals,
        unread,
        labels,
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
