//! Pure: sorts the events of a band by actor. They are pushed piece by piece, in no particular order, and visited as
//! each actor's events in the order of their moments; equal moments stay in the order of the pushes.
//!
//! Events are dealt into groups of neighbouring actors when they are pushed. A group fits the cache and is sorted
//! there; into the places of 65,536 actors at once, every write would miss it.

mod groups;
mod order;

use groups::Groups;
use order::{Slices, Sorter};

/// The moment of an event: an i64 is its time, a pair its time and its arrival, which decides among equal times.
pub trait Moment: Copy + Ord {
    fn time(self) -> i64;
}

impl Moment for i64 {
    fn time(self) -> i64 {
        self
    }
}

impl Moment for (i64, i64) {
    fn time(self) -> i64 {
        self.0
    }
}

/// One event of one actor. The payload is what the caller wants to know of it; with a u32 for it an event has 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<M, P> {
    pub moment: M,
    pub payload: P,
    /// The actor's place within its group.
    actor: u8,
}

/// The piece was not taken, because with it the events might need more than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// Collects the events of one band at a time, and keeps its allocations between bands.
#[derive(Debug)]
pub struct ByActor<M, P> {
    limit: usize,
    groups: Groups<M, P>,
    earliest: i64,
    latest: i64,
    sorter: Sorter<M, P>,
}

impl<P: Copy> ByActor<i64, P> {
    /// Takes the events of a piece: their users, as many times, and a payload that all of them share. Where the payload
    /// differs from event to event, the caller pushes the runs of equal payload.
    pub fn push(&mut self, users: &[u16], times: &[i64], payload: P) -> Result<(), Full> {
        assert!(users.len() == times.len(), "each event has a time");
        self.take(users, times, times.iter().copied(), payload)
    }
}

impl<P: Copy> ByActor<(i64, i64), P> {
    /// Does what [`ByActor::push`] does, with the arrival of each event.
    pub fn push_arrived(&mut self, users: &[u16], times: &[i64], arrivals: &[i64], payload: P) -> Result<(), Full> {
        assert!(users.len() == times.len() && users.len() == arrivals.len(), "each event has a time and an arrival");
        self.take(users, times, times.iter().copied().zip(arrivals.iter().copied()), payload)
    }
}

impl<M: Moment, P: Copy> ByActor<M, P> {
    /// Makes a collection whose events may need `limit` bytes in a band. An event needs 16 (with its arrival 24) if the
    /// payload has up to 7 bytes and is aligned to 4 at most, an event of the largest group of 256 actors three times
    /// that. What might need more is refused: as each group may begin a block, up to 3 MiB of the limit stay unused.
    pub fn new(limit: usize) -> Self {
        Self { limit, groups: Groups::new(), earliest: i64::MAX, latest: i64::MIN, sorter: Sorter::new() }
    }

    /// The bytes that are held. What grows ahead of its need, or was left by a band of another shape, may take this
    /// over the limit, never to twice of it. On top, while an actor whose events are far from sorted is visited, its
    /// sort holds as much again as these.
    pub fn memory(&self) -> usize {
        self.groups.memory() + self.sorter.memory()
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        if self.memory() > self.limit {
            // What bands of different shapes have left (many events, one large group) adds up.
            *self = Self::new(self.limit);
        }
        self.groups.clear();
        (self.earliest, self.latest) = (i64::MAX, i64::MIN);
    }

    /// Calls the visitor with each actor that has events, ascending, and its events; then forgets them all. An error
    /// ends it.
    pub fn visit<E>(&mut self, mut visitor: impl FnMut(u16, &[Event<M, P>]) -> Result<(), E>) -> Result<(), E> {
        let slices = Slices::over(self.earliest, self.latest);
        for group in 0..groups::GROUPS {
            let size = self.groups.size(group);
            if size > 0 {
                let actors = (group * groups::ACTORS) as u16;
                self.sorter.visit(
                    size,
                    || self.groups.blocks(group),
                    slices,
                    |actor, events| visitor(actors + u16::from(actor), events),
                )?;
            }
        }
        self.begin_band();
        Ok(())
    }

    fn take(&mut self, users: &[u16], times: &[i64], moments: impl Iterator<Item = M>, payload: P) -> Result<(), Full> {
        let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return Ok(()) };
        let needed = self.groups.might_need(users.len(), Sorter::<M, P>::BUFFERS);
        if needed.is_none_or(|needed| needed > self.limit) {
            return Err(Full);
        }
        self.earliest = self.earliest.min(*first);
        self.latest = self.latest.max(*last);
        self.groups.deal(users, moments, payload, self.limit);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
