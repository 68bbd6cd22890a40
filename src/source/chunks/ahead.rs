//! Visits the chunks of a band with several threads: they read whose the events are and when they were, while the
//! caller's thread fetches the bytes of later chunks, and reads what else a question asks.

use super::{Asked, ChunkOf, Needed, Scratch, Way, broken};
use crate::db::stream::Slice;
use crate::error::Error;
use crate::source::question::Reader;
use crate::source::texts::Texts;
use crate::threads;
use std::collections::VecDeque;
use telemetry_chunks::Presence;
use telemetry_workers::crew::{Caller, Crew};
use telemetry_workers::decoding::{Decoding, window};

/// Hands the events of a band's chunks to a reader as ChunkOf::visit() does, chunk by chunk in their order. `asked_of`
/// tells what is asked of a chunk, `check` whether a call's values have become too many.
pub fn visit_ahead<'a, R: Reader<Error>>(
    chunks: &'a [ChunkOf],
    asked_of: impl Fn(&ChunkOf) -> Asked<'a>,
    crew: &Crew<'_, '_>,
    (values, scratch): (&mut Texts, &mut Scratch),
    reader: &mut R,
    check: impl Fn(&Texts) -> Result<(), Error>,
) -> Result<(), Error> {
    let largest = chunks.iter().map(|chunk| chunk.memory()).max().unwrap_or(0);
    let mut ahead = Ahead {
        chunks,
        next: 0,
        pending: VecDeque::new(),
        spare: Vec::new(),
        asked_of,
        values,
        scratch,
        reader,
        check,
    };
    crew.work(window(crew.most(), largest), &mut ahead)
}

struct Ahead<'a, 'b, R, A, C> {
    chunks: &'a [ChunkOf],
    /// The place of the chunk that is fetched next.
    next: usize,
    /// The chunks that were fetched and not visited yet, by their places, and how each is read.
    pending: VecDeque<(usize, Way<'a>)>,
    /// Buffers that are not in use.
    spare: Vec<Vec<Presence>>,
    asked_of: A,
    values: &'b mut Texts,
    scratch: &'b mut Scratch,
    reader: &'b mut R,
    check: C,
}

impl<'a, R, A, C> Caller<Decoding<Slice>, Error> for Ahead<'a, '_, R, A, C>
where
    R: Reader<Error>,
    A: Fn(&ChunkOf) -> Asked<'a>,
    C: Fn(&Texts) -> Result<(), Error>,
{
    fn next(&mut self) -> Result<Option<Decoding<Slice>>, Error> {
        let Some(chunk) = self.chunks.get(self.next) else { return Ok(None) };
        self.check()?;
        let way = chunk.way(&(self.asked_of)(chunk), self.reader);
        let segments = match &way {
            Way::Everyone => Vec::new(),
            Way::Segments(segments) => segments.iter().map(Needed::wanted).collect(),
        };
        let spare = self.spare.pop().unwrap_or_default();
        let job = Decoding::new(segments, spare, |start, length| chunk.body.slice(start, length));
        let job = job.telling_each(self.reader.wants_actor_of_each());
        self.pending.push_back((self.next, way));
        self.next += 1;
        Ok(Some(job))
    }

    fn take(&mut self, job: Decoding<Slice>) -> Result<(), Error> {
        let Some((place, way)) = self.pending.pop_front() else { return Ok(()) };
        let Self { chunks, asked_of, values, scratch, reader, .. } = self;
        let chunk = &chunks[place];
        let asked = asked_of(chunk);
        reader.begin_chunk(chunk.first())?;
        let mut read = job.into_read().map_err(|damage| broken(chunk.chunk_id, damage))?;
        match way {
            Way::Everyone => chunk.visit_everyone(*reader, scratch, asked.actors)?,
            Way::Segments(segments) => {
                for (needed, presence) in segments.iter().zip(&mut read) {
                    chunk.visit_segment((needed, place), presence, &asked, values, *reader, scratch)?;
                }
            }
        }
        self.spare.push(read);
        (self.check)(self.values)
    }

    fn check(&mut self) -> Result<(), Error> {
        threads::check_interrupts()
    }
}
