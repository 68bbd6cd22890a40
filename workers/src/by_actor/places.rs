//! Puts the events of a range of actors into places, actor by actor, and sorts each actor's events by time.

use super::pieces::{Cursor, Pieces, Taker};
use std::collections::TryReserveError;
use std::ops::Range;

/// The most events of a range, as long as no actor has more. Their places take 512 KiB as a rule, half of a small
/// second-level cache.
pub(super) const RANGE: usize = 32_768;

/// The moves per event that an insertion sort may take. A general sort takes about as long as that.
const CHEAP: usize = 8;

/// An event at its place. With a payload of 4 bytes it has 16.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<P> {
    pub time: i64,
    pub payload: P,
    /// Its place among all events of the band.
    pub origin: u32,
}

#[derive(Debug)]
pub(super) struct Places<P> {
    events: Vec<Placed<P>>,
    /// Where the events of each actor of the range lie.
    actors: Vec<Range<u32>>,
}

impl<P: Copy> Places<P> {
    pub fn new() -> Self {
        Self { events: Vec::new(), actors: Vec::new() }
    }

    pub fn memory(&self) -> usize {
        self.events.capacity() * size_of::<Placed<P>>() + self.actors.capacity() * size_of::<Range<u32>>()
    }

    /// Puts the events of a range of actors into their places. The cursor is at the first of them.
    pub fn fill(
        &mut self,
        pieces: &Pieces<P>,
        range: Range<usize>,
        cursor: &mut Cursor,
    ) -> Result<(), TryReserveError> {
        self.actors.clear();
        self.actors.try_reserve(range.len())?;
        let mut all = 0;
        self.actors.extend(pieces.counts()[range.clone()].iter().map(|count| {
            let begin = all;
            all += count;
            begin..begin
        }));
        let all = all as usize;
        if let Some(payload) = pieces.any_payload().filter(|_| self.events.len() < all) {
            self.events.try_reserve_exact(all - self.events.len())?;
            self.events.resize(all, Placed { time: 0, payload, origin: 0 });
        }
        pieces.take(
            range.end,
            cursor,
            Filling { from: range.start, events: &mut self.events, actors: &mut self.actors },
        );
        Ok(())
    }

    /// Sorts the events of an actor, who is told by its place in the range, and gives them. Those of one time stay in
    /// their order.
    pub fn sorted(&mut self, actor: usize) -> &mut [Placed<P>] {
        let Range { start, end } = self.actors[actor];
        let own = &mut self.events[start as usize..end as usize];
        sort(own);
        own
    }
}

struct Filling<'a, P> {
    /// The first actor of the range.
    from: usize,
    events: &'a mut [Placed<P>],
    actors: &'a mut [Range<u32>],
}

impl<P: Copy> Taker<P> for Filling<'_, P> {
    #[inline(always)]
    fn take(&mut self, actor: usize, origin: usize, time: i64, payload: P) {
        let end = &mut self.actors[actor - self.from].end;
        self.events[*end as usize] = Placed { time, payload, origin: origin as u32 };
        *end += 1;
    }
}

/// Sorts events by time; those of one time keep their order.
fn sort<P: Copy>(events: &mut [Placed<P>]) {
    let mut budget = CHEAP * events.len();
    for next in 1..events.len() {
        let event = events[next];
        let mut place = next;
        while place > 0 && events[place - 1].time > event.time {
            events[place] = events[place - 1];
            place -= 1;
        }
        if place == next {
            continue;
        }
        events[place] = event;
        match budget.checked_sub(next - place) {
            Some(left) => budget = left,
            None => return events.sort_by_key(|event| event.time),
        }
    }
}
