//! Pure: answers unordered funnels, by the most steps that different events of one window serve.
//!
//! Sets of events that can serve a step each are the independent sets of a matroid. Of these the engine keeps the one
//! that is greatest when later events count more; what of it lies inside a window is a greatest set of that window, so
//! nothing else of the window has to be kept, and an event costs O(k).

use super::{Definition, Entries, Event, Furthest, MOST_STEPS, Outcome};

pub(super) fn attempt(definition: &Definition, events: &[Event], entries: Entries) -> Outcome {
    let furthest = furthest(definition, events, entries);
    let mut outcome = Outcome::default();
    if furthest.depth == 0 {
        return outcome;
    }
    // The same set made of the earliest events: what is free is taken, nothing is given back.
    let begin = events.partition_point(|event| event.time < furthest.start);
    let mut served = Served::default();
    for (index, event) in events.iter().enumerate().skip(begin) {
        if served.take(index, event.steps & definition.step_bits(), event.time, false) {
            outcome.reach(index, event.time);
        }
        if outcome.depth == furthest.depth {
            break;
        }
    }
    outcome
}

fn furthest(definition: &Definition, events: &[Event], entries: Entries) -> Furthest {
    let mut served = Served::default();
    let mut furthest = Furthest::default();
    for (index, event) in events.iter().enumerate().skip(entries.begin(events)) {
        let earliest = event.time.saturating_sub(definition.within);
        if earliest > entries.last {
            break;
        }
        served.take(index, event.steps & definition.step_bits(), event.time, true);
        // A time is judged when all its events are in.
        if events.get(index + 1).is_some_and(|next| next.time == event.time) {
            continue;
        }
        let start = served.forget_before(earliest);
        // Where all of the set came after the last that may begin a chain, that one can take the place of one of them.
        furthest.advance((served.count(), start.min(entries.last)), event.time);
        if furthest.depth == definition.steps {
            break;
        }
    }
    furthest
}

/// The event that serves each step.
#[derive(Default)]
struct Served {
    taken: u32,
    by: [Server; MOST_STEPS],
}

#[derive(Clone, Copy, Default)]
struct Server {
    index: usize,
    time: i64,
    steps: u32,
}

impl Served {
    fn count(&self) -> usize {
        self.taken.count_ones() as usize
    }

    /// Adds an event, the latest so far, where that lets one more step be served. Otherwise, if it may `replace`, it
    /// takes the place of the earliest event that can be done without.
    fn take(&mut self, index: usize, steps: u32, time: i64, replace: bool) -> bool {
        if steps == 0 {
            return false;
        }
        // Breadth first over steps that the event could serve, by itself or by moving others on.
        let (mut reached, mut pending) = (steps, steps);
        let mut through = [MOST_STEPS; MOST_STEPS];
        while pending != 0 && reached & !self.taken == 0 {
            let step = pending.trailing_zeros() as usize;
            let found = self.by[step].steps & !reached;
            pending = pending & (pending - 1) | found;
            reached |= found;
            set_bits(found).for_each(|next| through[next] = step);
        }
        let free = reached & !self.taken;
        let last = match set_bits(free).next() {
            Some(step) => step,
            None if replace => set_bits(reached).min_by_key(|step| self.by[*step].index).unwrap_or_default(),
            None => return false,
        };
        let mut step = last;
        while through[step] != MOST_STEPS {
            self.by[step] = self.by[through[step]];
            step = through[step];
        }
        self.by[step] = Server { index, time, steps };
        self.taken |= 1 << last;
        free != 0
    }

    /// Keeps what is at or after `earliest`, and says when the first of it was.
    fn forget_before(&mut self, earliest: i64) -> i64 {
        let mut first = i64::MAX;
        for step in set_bits(self.taken) {
            if self.by[step].time < earliest {
                self.taken ^= 1 << step;
            } else {
                first = first.min(self.by[step].time);
            }
        }
        first
    }
}

fn set_bits(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = bits.checked_ilog2()?;
        bits ^= 1 << bit;
        Some(bit as usize)
    })
}
