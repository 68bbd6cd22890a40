//! Pure: sorts the events of a group, from the order of the pushes to actor by actor, each actor's by moment.
//!
//! It does two counting sorts: by slices of time, about as narrow as an actor's events are apart, then by actor. So an
//! actor's events come out nearly sorted, however the pieces lay, and an insertion sort finishes them.

use super::groups::ACTORS;
use super::{Event, Moment};

/// The moves per event that an insertion sort may take. A general sort takes about as long as that.
const CHEAP: usize = 8;

/// Counts by slice, of which there are as many as a byte tells apart; the same type counts by actor.
type Counts = [u32; ACTORS];

/// A division of time into 128 to 256 slices, or as many as there are microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slices {
    earliest: i64,
    shift: u32,
}

impl Slices {
    pub fn over(earliest: i64, latest: i64) -> Self {
        let bits = u64::BITS - latest.wrapping_sub(earliest).cast_unsigned().leading_zeros();
        Self { earliest, shift: bits.saturating_sub(u8::BITS) }
    }

    fn slice(self, time: i64) -> u8 {
        (time.wrapping_sub(self.earliest).cast_unsigned() >> self.shift) as u8
    }
}

/// The buffers of the sort. Both may be longer than the group.
#[derive(Debug)]
pub(super) struct Sorter<M, P> {
    by_slice: Vec<Event<M, P>>,
    by_actor: Vec<Event<M, P>>,
}

impl<M: Moment, P: Copy> Sorter<M, P> {
    /// The number of buffers, each as long as the largest group.
    pub const BUFFERS: usize = 2;

    pub fn new() -> Self {
        Self { by_slice: Vec::new(), by_actor: Vec::new() }
    }

    pub fn memory(&self) -> usize {
        (self.by_slice.capacity() + self.by_actor.capacity()) * size_of::<Event<M, P>>()
    }

    /// Calls the visitor with each actor of a group that has events, ascending, and its events. `blocks`: the events of
    /// the group, `size` in all.
    pub fn visit<'a, E, B: Iterator<Item = &'a [Event<M, P>]>>(
        &mut self,
        size: usize,
        blocks: impl Fn() -> B,
        slices: Slices,
        mut visitor: impl FnMut(u8, &[Event<M, P>]) -> Result<(), E>,
    ) -> Result<(), E>
    where
        M: 'a,
        P: 'a,
    {
        let (mut actors, mut sliced) = ([0; ACTORS], [0; ACTORS]);
        let mut is_sorted = true;
        let mut previous = i64::MIN;
        for block in blocks() {
            for event in block {
                let time = event.moment.time();
                is_sorted &= previous <= time;
                previous = time;
                actors[usize::from(event.actor)] += 1;
                sliced[usize::from(slices.slice(time))] += 1;
            }
        }
        let by_actor = |event: &Event<M, P>| event.actor;
        let by_slice = |event: &Event<M, P>| slices.slice(event.moment.time());
        let events = of_length(&mut self.by_actor, size, &blocks);
        if is_sorted {
            scatter(blocks(), events, begins(&actors), by_actor);
        } else {
            let sliced_events = of_length(&mut self.by_slice, size, &blocks);
            scatter(blocks(), sliced_events, begins(&sliced), by_slice);
            scatter(std::iter::once(&*sliced_events), events, begins(&actors), by_actor);
        }
        let mut rest = events;
        for (actor, &count) in actors.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (events, others) = rest.split_at_mut(count as usize);
            sort(events);
            visitor(actor as u8, events)?;
            rest = others;
        }
        Ok(())
    }
}

/// The places where these counts begin if they follow one another.
fn begins(counts: &Counts) -> Counts {
    let mut end = 0;
    counts.map(|count| {
        end += count;
        end - count
    })
}

/// The first `size` places of the buffer, which is made longer if need be. What is in it means nothing.
fn of_length<'a, M: Moment + 'a, P: Copy + 'a, B: Iterator<Item = &'a [Event<M, P>]>>(
    buffer: &mut Vec<Event<M, P>>,
    size: usize,
    blocks: impl Fn() -> B,
) -> &mut [Event<M, P>] {
    if let Some(any) = blocks().flatten().next().filter(|_| buffer.len() < size) {
        buffer.reserve_exact(size - buffer.len());
        buffer.resize(size, *any);
    }
    &mut buffer[..size]
}

/// Copies events to the places of their keys, those of one key in their order. `places`: where the first event of each
/// key goes.
fn scatter<'a, M: Moment + 'a, P: Copy + 'a>(
    blocks: impl Iterator<Item = &'a [Event<M, P>]>,
    to: &mut [Event<M, P>],
    mut places: Counts,
    key: impl Fn(&Event<M, P>) -> u8,
) {
    for block in blocks {
        for event in block {
            let place = &mut places[usize::from(key(event))];
            to[*place as usize] = *event;
            *place += 1;
        }
    }
}

/// Sorts events by moment; equal moments keep their order.
fn sort<M: Moment, P: Copy>(events: &mut [Event<M, P>]) {
    let mut budget = CHEAP * events.len();
    for next in 1..events.len() {
        let event = events[next];
        let mut place = next;
        while place > 0 && events[place - 1].moment > event.moment {
            events[place] = events[place - 1];
            place -= 1;
        }
        if place == next {
            continue;
        }
        events[place] = event;
        match budget.checked_sub(next - place) {
            Some(left) => budget = left,
            None => return events.sort_by_key(|event| event.moment),
        }
    }
}
