//! Follows the actors of a band through an ordered funnel, by parts: a part has some of the actors, with what is known of
//! each of them, so that threads do a part each. Pieces are kept as they come; when there are many of them, or when the
//! band ends, every part reads what is kept of its own actors.
//!
//! A part's state fits the second-level cache, and is read by one thread at a time.

mod streaming;
mod window;

pub use streaming::{MOST_STEPS, Streaming, size};
pub use window::{Labels, Owned, Piece};

use crate::crew::{Caller, Crew, Failure, Job};
use crate::in_order::{InOrder, Refused};
use crate::{ALONE, Full};
use std::collections::{TryReserveError, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use window::{Entry, Window};

/// The parts of a band for each thread: more than one, so that all threads are done at about the same time.
const PARTS_OF_A_THREAD: usize = 4;

/// The bytes of pieces that are kept until all parts read them.
const WINDOW: usize = 8 << 20;

/// Pieces may take this part of the memory that there is.
const SHARE: usize = 4;

/// The actors of one band at a time, with how far each came. It keeps its allocations between bands.
#[derive(Debug)]
pub struct ByPart<const SIZE: usize> {
    parts: Vec<Part<SIZE>>,
    window: Window,
    /// The bytes that events may take, beside what is known of actors.
    room: usize,
    /// A window with fewer events is no work to share.
    alone: usize,
    /// As [`WINDOW`], but for tests.
    window_bytes: usize,
    /// The events of a piece were too far from others: the answer is incomplete.
    pub is_far: bool,
}

/// Some of the actors of a band.
#[derive(Debug)]
struct Part<const SIZE: usize> {
    actors: Range<usize>,
    in_order: InOrder,
    engine: Streaming<SIZE>,
    /// The bytes that its events may take.
    room: usize,
    problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    TooFar,
    Full,
}

impl<const SIZE: usize> ByPart<SIZE> {
    /// Makes room for so many threads and a funnel of so many steps, with at most so many microseconds from the first one
    /// to the last.
    pub fn new(threads: usize, steps: usize, within: i64) -> Self {
        let part = || Part {
            actors: 0..0,
            in_order: InOrder::default(),
            engine: Streaming::new(steps, within),
            room: 0,
            problem: None,
        };
        let parts = (0..PARTS_OF_A_THREAD * threads).map(|_| part()).collect();
        ByPart { parts, window: Window::default(), room: 0, alone: ALONE, window_bytes: WINDOW, is_far: false }
    }

    /// Shares a window with fewer events than [`ALONE`], too, from so many on.
    pub fn shared_from(mut self, events: usize) -> Self {
        self.alone = self.alone.min(events);
        self
    }

    /// Begins a band with so many actors, whose events may take so many bytes.
    pub fn begin_band<E: From<Failure> + From<Full>>(&mut self, actors: usize, limit: usize) -> Result<(), E> {
        let known = self.parts.first().map_or(0, |part| part.engine.would_take(actors));
        self.room = limit.checked_sub(known).ok_or(Full)?;
        self.window.clear();
        let parts = self.parts.len();
        for (place, part) in self.parts.iter_mut().enumerate() {
            part.actors = actors * place / parts..actors * (place + 1) / parts;
            part.room = self.room;
            part.problem = None;
            part.in_order.begin_band();
            part.engine.begin_band(part.actors.clone()).map_err(no_memory)?;
        }
        Ok(())
    }

    /// Begins a chunk, the events of which do not lie before `first`. The parts read what is kept where that is much.
    pub fn begin_chunk<E: From<Failure> + From<Full>>(
        &mut self,
        first: i64,
        crew: &Crew<'_, '_>,
        check: fn() -> Result<(), E>,
    ) -> Result<(), E> {
        if self.window.memory() > self.window_bytes.min(self.room / SHARE) {
            self.read(crew, false, check)?;
        }
        self.window.begin_chunk(first);
        Ok(())
    }

    /// Copies the events of a piece.
    pub fn add<E: From<Failure>>(&mut self, piece: &Piece<'_>) -> Result<(), E> {
        Ok(self.window.add(piece).map_err(no_memory)?)
    }

    /// Takes the events of a piece.
    pub fn take<E: From<Failure>>(&mut self, owned: Owned<'_>) -> Result<(), E> {
        Ok(self.window.take(owned).map_err(no_memory)?)
    }

    /// Has the parts read all that is left.
    pub fn end_band<E: From<Failure> + From<Full>>(
        &mut self,
        crew: &Crew<'_, '_>,
        check: fn() -> Result<(), E>,
    ) -> Result<(), E> {
        self.read(crew, true, check)
    }

    /// Calls the visitor with each actor of the band that entered, and the times of the steps that it reached. An error
    /// ends it.
    pub fn visit<E>(&self, mut visitor: impl FnMut(u16, &[i64]) -> Result<(), E>) -> Result<(), E> {
        self.parts.iter().try_for_each(|part| part.engine.visit(&mut visitor))
    }

    /// Has the parts read what is kept. `is_last`: no event of the band comes after it.
    fn read<E: From<Failure> + From<Full>>(
        &mut self,
        crew: &Crew<'_, '_>,
        is_last: bool,
        check: fn() -> Result<(), E>,
    ) -> Result<(), E> {
        if self.window.events() < self.alone {
            for part in &mut self.parts {
                part.read(&self.window, is_last).map_err(no_memory)?;
            }
        } else {
            let count = self.parts.len();
            let window = Arc::new(std::mem::take(&mut self.window));
            let parts = self.parts.drain(..).collect();
            let mut reading = Reading { parts, read: Vec::with_capacity(count), window, is_last, check };
            crew.work(count, &mut reading)?;
            self.parts = reading.read;
            // Nobody else has it any more: the jobs are gone.
            self.window = Arc::into_inner(reading.window).unwrap_or_default();
        }
        self.window.clear();
        self.is_far |= self.parts.iter().any(|part| part.problem == Some(Problem::TooFar));
        let held = self.parts.iter().map(|part| part.in_order.memory()).sum::<usize>() + self.window.memory_held();
        let is_full = held > self.room || self.parts.iter().any(|part| part.problem == Some(Problem::Full));
        if is_full { Err(Full.into()) } else { Ok(()) }
    }
}

fn no_memory(_: TryReserveError) -> Failure {
    Failure::NoMemory
}

impl<const SIZE: usize> Part<SIZE> {
    fn read(&mut self, window: &Window, is_last: bool) -> Result<(), TryReserveError> {
        for entry in window.entries() {
            if self.problem.is_some() {
                return Ok(());
            }
            match entry {
                Entry::Chunk(first) => self.in_order.pass(first, &mut self.engine)?,
                Entry::Piece(piece) => self.add(&piece)?,
            }
            if self.in_order.memory() > self.room {
                self.problem = Some(Problem::Full);
            }
        }
        if is_last { self.in_order.end_band(&mut self.engine) } else { Ok(()) }
    }

    fn add(&mut self, piece: &Piece<'_>) -> Result<(), TryReserveError> {
        let own = piece.events.of(&self.actors);
        if own.actors.is_empty() {
            return Ok(());
        }
        let Self { in_order, engine, .. } = self;
        let is_done = |actor| engine.is_done(actor);
        let added = match piece.labels {
            Labels::Same(label) => in_order.add(own, label, is_done),
            Labels::Each(labels) => in_order.add_labelled(own, |event| labels[event], is_done),
        };
        match added {
            Err(Refused::NoMemory(error)) => return Err(error),
            Err(Refused::TooFar) => self.problem = Some(Problem::TooFar),
            Ok(()) => {}
        }
        Ok(())
    }
}

/// Has all parts read a window.
struct Reading<const SIZE: usize, E> {
    /// The parts that wait.
    parts: VecDeque<Part<SIZE>>,
    read: Vec<Part<SIZE>>,
    window: Arc<Window>,
    is_last: bool,
    check: fn() -> Result<(), E>,
}

struct ReadingPart<const SIZE: usize> {
    part: Part<SIZE>,
    window: Arc<Window>,
    is_last: bool,
}

impl<const SIZE: usize> Job for ReadingPart<SIZE> {
    type Scratch = ();

    fn run(&mut self, (): &mut ()) -> Result<(), Failure> {
        self.part.read(&self.window, self.is_last).map_err(no_memory)
    }
}

impl<const SIZE: usize, E> Caller<ReadingPart<SIZE>, E> for Reading<SIZE, E> {
    fn next(&mut self) -> Result<Option<ReadingPart<SIZE>>, E> {
        let Self { parts, window, is_last, .. } = self;
        Ok(parts.pop_front().map(|part| ReadingPart { part, window: window.clone(), is_last: *is_last }))
    }

    fn take(&mut self, job: ReadingPart<SIZE>) -> Result<(), E> {
        self.read.push(job.part);
        Ok(())
    }

    fn check(&mut self) -> Result<(), E> {
        (self.check)()
    }
}

#[cfg(test)]
mod tests;
