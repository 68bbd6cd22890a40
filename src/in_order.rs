//! Pure: the events of a band in order of time, from pieces that are each in order and chunks that overlap little: they
//! are merged as numbers of eight bytes, without a branch that could be mispredicted.

/// Labels are numbers below this; events of one time come in their order.
pub const LABELS: usize = 1 << LABEL_BITS;

const ACTOR_BITS: u32 = 16;
const LABEL_BITS: u32 = 3;
const TIME_SHIFT: u32 = ACTOR_BITS + LABEL_BITS;

/// Events that wait for their turn lie within so many microseconds (407 days).
const REACH: i64 = 1 << (64 - TIME_SHIFT);

/// A piece lies too far from what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFar;

/// Time, label and actor of an event.
pub type Event = (i64, u8, u16);

#[derive(Debug, Default)]
pub struct InOrder {
    /// What packed times count from.
    base: i64,
    runs: Vec<Vec<u64>>,
    spare: Vec<Vec<u64>>,
    /// Events that came in no order, the next one last once they are sorted.
    loose: Vec<Event>,
    is_sorted: bool,
}

impl InOrder {
    /// Bytes that are held.
    pub fn memory(&self) -> usize {
        let runs = self.runs.iter().chain(&self.spare).map(Vec::capacity).sum::<usize>();
        8 * runs + size_of::<Event>() * self.loose.capacity()
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        self.spare.append(&mut self.runs);
        self.loose.clear();
        self.is_sorted = false;
    }

    /// Events in no order, before the first chunk.
    pub fn add_loose(&mut self, event: Event) {
        self.loose.push(event);
    }

    /// Delivers all that lies before `first`; nothing that comes later does.
    pub fn begin_chunk(&mut self, first: i64, mut deliver: impl FnMut(Event)) {
        let mut waiting = self.merged();
        let distance = first.saturating_sub(self.base).max(0);
        let cut = if distance < REACH {
            waiting.partition_point(|event| event >> TIME_SHIFT < distance as u64)
        } else {
            waiting.len()
        };
        self.deliver(&waiting[..cut], first, &mut deliver);
        waiting.drain(..cut);
        let shift = if waiting.is_empty() { 0 } else { (distance as u64) << TIME_SHIFT };
        waiting.iter_mut().for_each(|event| *event -= shift);
        self.base = first;
        self.runs.push(waiting);
    }

    /// Events of one label of the present chunk, in order of time; those of actors for which `is_done` are left out. What
    /// is refused leaves the band incomplete.
    pub fn add(
        &mut self,
        actors: &[u16],
        times: &[i64],
        label: u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        let is_near = |time: &i64| (0..REACH).contains(&time.saturating_sub(self.base));
        if !times.first().is_none_or(is_near) || !times.last().is_none_or(is_near) {
            return Err(TooFar);
        }
        let mut run = self.spare.pop().unwrap_or_default();
        let (base, label) = (self.base, u64::from(label) << ACTOR_BITS);
        run.resize(actors.len().min(times.len()), 0);
        // Written in any case, kept where it is wanted: no branch to be mispredicted.
        let mut kept = 0;
        for (actor, time) in actors.iter().zip(times) {
            run[kept] = ((time - base) as u64) << TIME_SHIFT | label | u64::from(*actor);
            kept += usize::from(!is_done(*actor));
        }
        run.truncate(kept);
        self.runs.push(run);
        Ok(())
    }

    /// Delivers what is left.
    pub fn end_band(&mut self, mut deliver: impl FnMut(Event)) {
        let waiting = self.merged();
        self.deliver(&waiting, i64::MAX, &mut deliver);
        while let Some(event) = self.loose.pop() {
            deliver(event);
        }
        self.spare.push(waiting);
    }

    fn deliver(&mut self, events: &[u64], until: i64, deliver: &mut impl FnMut(Event)) {
        if !self.is_sorted {
            self.loose.sort_unstable_by(|one, other| other.cmp(one));
            self.is_sorted = true;
        }
        let base = self.base;
        let unpacked = |event: u64| {
            ((event >> TIME_SHIFT) as i64 + base, (event >> ACTOR_BITS) as u8 & (LABELS as u8 - 1), event as u16)
        };
        if self.loose.is_empty() {
            events.iter().for_each(|event| deliver(unpacked(*event)));
            return;
        }
        for event in events {
            let event = unpacked(*event);
            while let Some(loose) = self.loose.pop_if(|loose| *loose < event) {
                deliver(loose);
            }
            deliver(event);
        }
        while let Some(loose) = self.loose.pop_if(|loose| loose.0 < until) {
            deliver(loose);
        }
    }

    /// All runs as one.
    fn merged(&mut self) -> Vec<u64> {
        // The two shortest first.
        self.runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
        while let Some(one) = self.runs.pop() {
            // A chunk without a piece leaves what waited alone.
            let Some(other) = self.runs.pop() else { return one };
            let mut both = self.spare.pop().unwrap_or_default();
            merge(&one, &other, &mut both);
            self.spare.push(one);
            self.spare.push(other);
            let place = self.runs.partition_point(|run| run.len() > both.len());
            self.runs.insert(place, both);
        }
        self.spare.pop().map_or_else(Vec::new, |mut run| {
            run.clear();
            run
        })
    }
}

/// From both ends at once: each step waits for the one before it at the same end only.
fn merge(one: &[u64], other: &[u64], both: &mut Vec<u64>) {
    both.clear();
    both.resize(one.len() + other.len(), 0);
    let (mut one, mut other, mut both) = (one, other, both.as_mut_slice());
    while let (Some(first), Some(last), Some(first_other), Some(last_other)) =
        (one.first(), one.last(), other.first(), other.last())
    {
        let is_first = first <= first_other;
        let is_last = last > last_other;
        let [low, between @ .., high] = both else { break };
        *low = *first.min(first_other);
        *high = *last.max(last_other);
        both = between;
        one = &one[usize::from(is_first)..one.len() - usize::from(is_last)];
        other = &other[usize::from(!is_first)..other.len() - usize::from(!is_last)];
    }
    let (low, high) = both.split_at_mut(one.len());
    low.copy_from_slice(one);
    high.copy_from_slice(other);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn delivered(chunks: &[Vec<(u8, Vec<(i64, u16)>)>], loose: &[Event]) -> Result<Vec<Event>, TooFar> {
        let (mut in_order, mut all) = (InOrder::default(), Vec::new());
        in_order.begin_band();
        loose.iter().for_each(|event| in_order.add_loose(*event));
        for chunk in chunks {
            let first = chunk.iter().filter_map(|(_, run)| run.first()).map(|event| event.0).min();
            let Some(first) = first else { continue };
            in_order.begin_chunk(first, |event| all.push(event));
            // A chunk may hand over nothing of what it holds.
            for (label, run) in chunk.iter().filter(|(label, _)| *label != 7) {
                let (times, actors): (Vec<i64>, Vec<u16>) = run.iter().copied().unzip();
                in_order.add(&actors, &times, *label, |actor| actor == 8)?;
            }
        }
        in_order.end_band(|event| all.push(event));
        Ok(all)
    }

    #[test]
    fn what_lies_far_apart_is_refused() {
        let chunk = |time| vec![(0, vec![(0, 1)]), (1, vec![(time, 1)])];
        assert_eq!(delivered(&[chunk(REACH - 1)], &[]), Ok(vec![(0, 0, 1), (REACH - 1, 1, 1)]));
        assert_eq!(delivered(&[chunk(REACH)], &[]), Err(TooFar));
        assert_eq!(delivered(&[chunk(i64::MAX)], &[]), Err(TooFar));
    }

    #[test]
    fn without_events_nothing_comes() {
        assert_eq!(delivered(&[], &[]), Ok(vec![]));
        assert_eq!(delivered(&[], &[(3, 0, 1), (2, 0, 1)]), Ok(vec![(2, 0, 1), (3, 0, 1)]));
    }

    proptest! {
        #[test]
        fn events_come_in_order(
            chunks in prop::collection::vec(
                prop::collection::vec((prop_oneof![0u8..8, Just(7)], prop::collection::vec((-500i64..500, 0u16..9), 0..30)), 0..3), 0..8),
            loose in prop::collection::vec((-500i64..500, 0u8..8, 0u16..9), 0..20),
        ) {
            let mut chunks = chunks;
            for (_, run) in chunks.iter_mut().flatten() {
                run.sort_unstable();
            }
            // As the timeline's chunks come: by their first event.
            chunks.sort_by_key(|chunk| chunk.iter().filter_map(|(_, run)| run.first()).map(|event| event.0).min());
            let mut expected: Vec<Event> = loose.clone();
            for (label, run) in chunks.iter().flatten().filter(|(label, _)| *label != 7) {
                expected.extend(run.iter().filter(|event| event.1 != 8).map(|(time, actor)| (*time, *label, *actor)));
            }
            expected.sort_unstable();
            let found = delivered(&chunks, &loose);
            // Actors of one time and label may come in any order.
            let found = found.map(|mut found| {
                prop_assert!(found.is_sorted_by_key(|event| (event.0, event.1)));
                found.sort_unstable();
                Ok(found)
            });
            prop_assert_eq!(found.expect("near")?, expected);
        }
    }
}
