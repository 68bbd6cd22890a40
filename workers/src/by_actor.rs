//! Gathers the events of a band by actor. Pieces are kept as the columns that they came in. When the band is
//! visited, its actors are taken range by range: the events of a range are put into places, actor by actor, and there
//! each actor's events are sorted. A range fits the second-level cache; of places for 65,536 actors at once, every write
//! would miss it.
//!
//! Events are sorted by time. Whoever wants those of one time in order of their arrivals is asked for the arrivals of a
//! piece when two such events differ, and only then: most logs have few of them, and to read all arrivals took a third
//! of the time of a call.

mod pieces;
mod places;
mod sharing;
mod ties;

use crate::Full;
use pieces::{Cursor, Pieces};
use places::{Placed, Places};
use sharing::Sheet;
use std::ops::Range;
use ties::Arrivals;

/// Events of one label or of several, sorted by actor, then time, then arrival.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a, P> {
    /// The actors' places in the band, each once, ascending.
    pub actors: &'a [u16],
    /// The place where each actor's events end.
    pub ends: &'a [u32],
    /// The actor of each event, where that is known; else empty.
    pub each: &'a [u16],
    pub times: &'a [i64],
    /// A time before which no event lies, near the earliest: it decides nothing but how soon events are sorted.
    pub earliest: i64,
    pub payloads: Payloads<'a, P>,
    /// The arrival of each event. Empty where nobody wants them, or where they can be asked for.
    pub arrivals: &'a [i64],
}

/// What the caller wants to know of events: one payload for all, or one for each. An event without one is left out.
#[derive(Debug, Clone, Copy)]
pub enum Payloads<'a, P> {
    Same(P),
    Each(&'a [Option<P>]),
}

/// What a KPI keeps of an event: it is copied between threads.
pub trait Payload: Copy + PartialEq + Send + Sync + 'static {}

impl<P: Copy + PartialEq + Send + Sync + 'static> Payload for P {}

/// Reads the arrivals of a piece that was pushed without them. It is told the piece's number in the order of the pushes,
/// and its times.
pub type ReadArrivals<'a, E> = dyn FnMut(usize, &[i64], &mut Vec<i64>) -> Result<(), E> + 'a;

/// Collects the events of one band at a time, and keeps its allocations between bands.
#[derive(Debug)]
pub struct ByActor<P> {
    limit: usize,
    pieces: Pieces<P>,
    places: Places<P>,
    cursor: Cursor,
    /// The events of the actor that is visited.
    events: Vec<(i64, P)>,
    /// What threads put events into.
    sheets: Vec<Sheet<P>>,
    /// The most events of a range that is one job.
    shared_range: usize,
    /// A band with fewer events is no work to share.
    shared_from: usize,
}

impl<P: Payload> ByActor<P> {
    /// Makes a collection whose events may need `limit` bytes in a band. An event needs 10, and as much as its payload
    /// if its piece has several; the events of a range are held twice more, as those of an
    /// actor are who has more than a range. What might need more is refused.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            pieces: Pieces::new(),
            places: Places::new(),
            cursor: Cursor::default(),
            events: Vec::new(),
            sheets: Vec::new(),
            shared_range: sharing::RANGE,
            shared_from: crate::ALONE,
        }
    }

    /// The bytes that are held. What was left by a band of another shape may take this over the limit, never to twice of
    /// it. On top, while an actor whose events are far from sorted is visited, its sort holds as much again as these; and
    /// threads hold what [`ByActor::visit_by`] says.
    pub fn memory(&self) -> usize {
        let own = self.pieces.memory() + self.places.memory() + self.cursor.memory();
        own + self.events.capacity() * size_of::<(i64, P)>()
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        if self.memory() > self.limit {
            // What bands of different shapes have left (many events, one actor with most) adds up.
            let Self { limit, shared_range, shared_from, .. } = *self;
            *self = Self { shared_range, shared_from, ..Self::new(limit) };
        }
        self.pieces.clear();
    }

    /// Makes room for so many events of the band at once, if they take up to half of the limit: a column that grows
    /// piece by piece is copied several times.
    pub fn expect(&mut self, events: usize) {
        if events < u32::MAX as usize && self.pieces.room_of(events) <= self.limit / 2 {
            self.pieces.expect(events);
        }
    }

    /// Takes the events of a piece. Error: it was not taken, because with it the events might need more than the limit.
    pub fn push(&mut self, given: &Given<'_, P>) -> Result<(), Full> {
        let (events, longest) = (given.times.len(), longest_run(given.ends));
        assert!(given.ends.last().map_or(0, |end| *end as usize) == events, "each event has a time and an actor");
        if events == 0 {
            return Ok(());
        }
        let all = self.pieces.events() + events;
        let most = self.pieces.most_of_an_actor() + longest;
        let needed = self.pieces.might_need(given) + placed_bytes::<P>(all, most, self.pieces.actors_with(given));
        if needed > self.limit || all >= u32::MAX as usize {
            return Err(Full);
        }
        self.pieces.push(given, self.limit - needed);
        Ok(())
    }

    /// Calls the visitor with each actor that has events, ascending, and its events; then forgets them all. An error ends
    /// it. `arrivals` reads those that decide among events of one time; None: these come in no particular order. Error:
    /// [`Full`] the arrivals that were asked for need more than the limit.
    pub fn visit<E: From<Full>>(
        &mut self,
        mut arrivals: Option<&mut ReadArrivals<'_, E>>,
        mut visitor: impl FnMut(u16, &[(i64, P)]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut ties = Arrivals::new(self.spare());
        self.pieces.order();
        let Self { pieces, places, cursor, events, .. } = self;
        let mut tied = Vec::new();
        pieces.begin(0, cursor);
        let mut from = 0;
        while let Some(range) = pieces.next_range(from, places::RANGE) {
            from = range.end;
            places.fill(pieces, range.clone(), cursor).map_err(|_| Full)?;
            for (actor, place) in range.zip(0..) {
                let own = places.sorted(place);
                if let Some(read) = arrivals.as_deref_mut()
                    && ties::has_any(own)
                {
                    ties::resolve(own, pieces, &mut ties, &mut tied, read)?;
                }
                if !own.is_empty() {
                    events.clear();
                    events.extend(own.iter().map(|event| (event.time, event.payload)));
                    visitor(actor as u16, events)?;
                }
            }
        }
        self.begin_band();
        Ok(())
    }

    /// The bytes that are left beside the pieces and the places of a range.
    fn spare(&self) -> usize {
        self.limit.saturating_sub(self.pieces.memory() + self.placed())
    }

    /// The bytes that the places of a range need.
    fn placed(&self) -> usize {
        placed_bytes::<P>(self.pieces.events(), self.pieces.most_of_an_actor(), self.pieces.counts().len())
    }
}

/// The bytes that a range needs, of `all` events of so many actors, of which one has at most `most`.
fn placed_bytes<P>(all: usize, most: usize, actors: usize) -> usize {
    let events = all.min(places::RANGE.max(most));
    events * (size_of::<Placed<P>>() + size_of::<(i64, P)>()) + actors * size_of::<Range<u32>>()
}

/// The most events that an actor has in a piece.
fn longest_run(ends: &[u32]) -> usize {
    let mut begin = 0;
    let runs = ends.iter().map(|end| {
        let run = end - begin;
        begin = *end;
        run
    });
    runs.max().unwrap_or(0) as usize
}

#[cfg(test)]
mod tests;
