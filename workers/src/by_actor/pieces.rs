//! Keeps the pieces of a band, all of them in one list of each column, and how many events each actor has.

use super::{Given, Payloads};
use std::ops::Range;
use telemetry_chunks::{USERS_AHEAD, of_each_event};

#[derive(Debug)]
pub(super) struct Pieces<P> {
    list: Vec<Piece<P>>,
    /// The pieces by their first event in time, so that the events of an actor come nearly sorted.
    in_order: Vec<u32>,
    /// The actor of each event.
    actors: Vec<u16>,
    times: Vec<i64>,
    /// The payloads of the events of pieces that have several.
    payloads: Vec<Option<P>>,
    /// How many events each actor has, those without a payload included.
    counts: Vec<u32>,
    most_of_an_actor: u32,
    /// The number of arrivals that the pieces hold.
    arrivals: usize,
    /// Any payload of an event.
    any: Option<P>,
}

#[derive(Debug)]
struct Piece<P> {
    /// The events, by their places in `times`.
    events: Range<usize>,
    earliest: i64,
    payload: Payload<P>,
    /// None: they were not given.
    arrivals: Option<Vec<i64>>,
}

#[derive(Debug, Clone, Copy)]
enum Payload<P> {
    Same(P),
    /// The place in `payloads` of the payload of the first event.
    Each(usize),
}

/// A part of a column takes at most this part of the spare bytes for what is still to come.
const AHEAD: usize = 8;

impl<P: Copy> Pieces<P> {
    pub fn new() -> Self {
        Self {
            list: Vec::new(),
            in_order: Vec::new(),
            actors: Vec::new(),
            times: Vec::new(),
            payloads: Vec::new(),
            counts: Vec::new(),
            most_of_an_actor: 0,
            arrivals: 0,
            any: None,
        }
    }

    pub fn clear(&mut self) {
        self.list.clear();
        self.actors.clear();
        self.times.clear();
        self.payloads.clear();
        self.counts.clear();
        (self.most_of_an_actor, self.arrivals, self.any) = (0, 0, None);
    }

    pub fn events(&self) -> usize {
        self.times.len()
    }

    /// The number of events of the actor who has most.
    pub fn most_of_an_actor(&self) -> usize {
        self.most_of_an_actor as usize
    }

    pub fn any_payload(&self) -> Option<P> {
        self.any
    }

    /// The number of events of each actor, from place 0 on; those without a payload are counted too.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    pub fn memory(&self) -> usize {
        self.list.capacity() * size_of::<Piece<P>>()
            + (self.in_order.capacity() + self.counts.capacity()) * size_of::<u32>()
            + self.actors.capacity() * size_of::<u16>()
            + (self.times.capacity() + self.arrivals) * size_of::<i64>()
            + self.payloads.capacity() * size_of::<Option<P>>()
    }

    /// The number of actors, from place 0 on, together with those of another piece.
    pub fn actors_with(&self, given: &Given<'_, P>) -> usize {
        self.counts.len().max(given.actors.last().map_or(0, |last| usize::from(*last) + 1))
    }

    /// The most bytes that the pieces need together with another one.
    pub fn might_need(&self, given: &Given<'_, P>) -> usize {
        let payloads = match given.payloads {
            Payloads::Same(_) => 0,
            Payloads::Each(payloads) => payloads.len(),
        };
        (self.list.len() + 1) * (size_of::<Piece<P>>() + 2 * size_of::<u32>())
            + (self.actors.len() + given.times.len()) * size_of::<u16>()
            + self.actors_with(given) * size_of::<u32>()
            + (self.times.len() + given.times.len() + self.arrivals + given.arrivals.len()) * size_of::<i64>()
            + (self.payloads.len() + payloads) * size_of::<Option<P>>()
    }

    /// The bytes of the actors and times of so many events.
    pub fn room_of(&self, events: usize) -> usize {
        events.saturating_mul(size_of::<u16>() + size_of::<i64>())
    }

    /// Makes room for the actors and times of so many events in all. Where the system has none, the columns grow later.
    pub fn expect(&mut self, events: usize) {
        let more = events.saturating_sub(self.times.len());
        let _ = self.times.try_reserve_exact(more);
        let _ = self.actors.try_reserve_exact(more + USERS_AHEAD);
    }

    /// Adds a piece that has events. `spare`: the bytes that may be taken for later ones.
    pub fn push(&mut self, given: &Given<'_, P>, spare: usize) {
        let begin = self.times.len();
        grow(&mut self.list, 1, spare);
        grow(&mut self.actors, given.times.len() + USERS_AHEAD, spare);
        grow(&mut self.times, given.times.len(), spare);
        if given.each.len() == given.times.len() {
            self.actors.extend_from_slice(given.each);
        } else {
            of_each_event(given.actors, given.ends, &mut self.actors);
        }
        self.times.extend_from_slice(given.times);
        let payload = match given.payloads {
            Payloads::Same(payload) => Payload::Same(payload),
            Payloads::Each(payloads) => {
                let first = self.payloads.len();
                grow(&mut self.payloads, payloads.len(), spare);
                self.payloads.extend_from_slice(payloads);
                Payload::Each(first)
            }
        };
        self.any = self.any.or_else(|| match given.payloads {
            Payloads::Same(payload) => Some(payload),
            Payloads::Each(payloads) => payloads.iter().flatten().next().copied(),
        });
        self.list.push(Piece {
            events: begin..self.times.len(),
            earliest: given.earliest,
            payload,
            arrivals: (!given.arrivals.is_empty()).then(|| given.arrivals.to_vec()),
        });
        self.arrivals += given.arrivals.len();
        self.count(given);
    }

    fn count(&mut self, given: &Given<'_, P>) {
        let actors = self.actors_with(given);
        if self.counts.len() < actors {
            self.counts.reserve_exact(actors - self.counts.len());
            self.counts.resize(actors, 0);
        }
        let mut begin = 0;
        for (actor, end) in given.actors.iter().zip(given.ends) {
            let count = &mut self.counts[usize::from(*actor)];
            *count += end - begin;
            begin = *end;
            self.most_of_an_actor = self.most_of_an_actor.max(*count);
        }
    }

    /// Puts the pieces in order, once all are there.
    pub fn order(&mut self) {
        self.in_order.clear();
        self.in_order.extend(0..self.list.len() as u32);
        self.in_order.sort_by_key(|piece| self.list[*piece as usize].earliest);
    }

    /// Begins to hand over the events of the actors from this one on.
    pub fn begin(&self, from: usize, cursor: &mut Cursor) {
        cursor.0.clear();
        cursor.0.extend(self.in_order.iter().map(|place| {
            let Range { start, end } = self.list[*place as usize].events;
            (start + first_from(&self.actors[start..end], from, self.counts.len())) as u32
        }));
    }

    /// Finds the next actors who have no more than so many events, from this one on: at least one actor. None: nobody is
    /// left who has events.
    pub fn next_range(&self, from: usize, most: usize) -> Option<Range<usize>> {
        let start = from + self.counts.get(from..)?.iter().position(|count| *count > 0)?;
        let mut events = 0;
        let more = self.counts[start..].iter().take_while(|count| {
            events += **count as usize;
            events <= most
        });
        Some(start..start + more.count().max(1))
    }

    /// Hands over the events of the actors before `end` that the cursor has not passed, piece by piece in order of time.
    ///
    /// It goes event by event, though the events of an actor lie side by side in a piece: they are two or three as a
    /// rule, and to look for their end costs more (23 instead of 20 ns an event in all).
    pub fn take(&self, end: usize, cursor: &mut Cursor, mut taker: impl Taker<P>) {
        let Self { list, in_order, actors, times, payloads, .. } = self;
        for (place, next) in in_order.iter().zip(&mut cursor.0) {
            let piece = &list[*place as usize];
            let rest = *next as usize..piece.events.end;
            let events =
                actors[rest.clone()].iter().zip(&times[rest]).take_while(|(actor, _)| usize::from(**actor) < end);
            let mut event = *next as usize;
            match piece.payload {
                Payload::Same(payload) => {
                    for (actor, time) in events {
                        taker.take(usize::from(*actor), event, *time, payload);
                        event += 1;
                    }
                }
                Payload::Each(first) => {
                    let payloads = &payloads[first + event - piece.events.start..];
                    for ((actor, time), payload) in events.zip(payloads) {
                        if let Some(payload) = payload {
                            taker.take(usize::from(*actor), event, *time, *payload);
                        }
                        event += 1;
                    }
                }
            }
            *next = event as u32;
        }
    }

    /// Finds the piece of an event, which is told by its place among all of them: its number, its first event, its times
    /// and the arrivals that were given.
    pub fn piece_of(&self, event: usize) -> (usize, usize, &[i64], Option<&[i64]>) {
        let number = self.list.partition_point(|piece| piece.events.start <= event).saturating_sub(1);
        let piece = &self.list[number];
        (number, piece.events.start, &self.times[piece.events.clone()], piece.arrivals.as_deref())
    }
}

/// How far the events of each piece were handed over.
#[derive(Debug, Default)]
pub(super) struct Cursor(Vec<u32>);

impl Cursor {
    pub fn memory(&self) -> usize {
        self.0.capacity() * size_of::<u32>()
    }
}

/// Takes an event of an actor, which is at this place among all of them.
pub(super) trait Taker<P> {
    fn take(&mut self, actor: usize, origin: usize, time: i64, payload: P);
}

/// Finds the first event of an actor from this one on, of so many: near the place where it is if actors have equally
/// many events. To halve the whole piece took a third of the time of all gathering, there are so many pieces and ranges.
fn first_from(actors: &[u16], from: usize, of: usize) -> usize {
    let is_before = |actor: &u16| usize::from(*actor) < from;
    let guess = (actors.len() * from / of.max(1)).min(actors.len());
    let mut step = 8;
    if actors.get(guess).is_some_and(is_before) {
        let mut begin = guess;
        while let Some(end) = begin.checked_add(step).filter(|end| *end < actors.len()) {
            if !is_before(&actors[end]) {
                return begin + actors[begin..end].partition_point(is_before);
            }
            (begin, step) = (end, 2 * step);
        }
        return begin + actors[begin..].partition_point(is_before);
    }
    let mut end = guess;
    while end > 0 {
        let begin = end.saturating_sub(step);
        if is_before(&actors[begin]) {
            return begin + actors[begin..end].partition_point(is_before);
        }
        (end, step) = (begin, 2 * step);
    }
    0
}

/// Makes room for so many more, and for a quarter ahead if that takes little of the spare bytes.
fn grow<T>(column: &mut Vec<T>, more: usize, spare: usize) {
    if column.capacity() - column.len() < more {
        let ahead = (column.len() / 4).min(spare / (AHEAD * size_of::<T>()));
        column.reserve_exact(more + ahead);
    }
}
