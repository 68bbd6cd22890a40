//! Pure: finds all journeys that an actor makes through a funnel, one after the other, where each counts.
//!
//! The chain that [`super::run`] takes is a journey. It lasts until its last step where it is complete, else until its
//! window closes. What comes later is looked at in the same way, and so is what came before it, where chains begin
//! whose window had closed when it began: a first step before it whose window was open is the same journey's, which a
//! later first step began anew. So no event serves two journeys, and as many are found of each depth as one actor counts
//! for at least.

use super::{Definition, Entries, Entry, Event, Outcome, Scratch, attempt, first_entry};

/// Finds journeys, with buffers that it keeps between actors. The funnel is ordered or strict and drops no actor.
pub struct EachEntry {
    steps: usize,
    /// The definition, of as many steps as journeys can have where they are looked for.
    definition: Definition,
    scratch: Scratch,
}

impl EachEntry {
    pub fn new(definition: &Definition) -> Self {
        EachEntry { steps: definition.steps, definition: definition.clone(), scratch: Scratch::default() }
    }

    /// Calls `done` with each journey of an actor's events that begins at `last` or earlier, in order of time; an error
    /// ends it.
    ///
    /// It costs at most as much as [`super::run`] for each step of the funnel; by first entries, as much as following each
    /// of them until its window closes.
    pub fn visit<E>(
        &mut self,
        events: &[Event],
        last: i64,
        mut done: impl FnMut(&Outcome) -> Result<(), E>,
    ) -> Result<(), E> {
        self.find(events, 0..events.len(), last, self.steps, &mut done)
    }

    /// Visits the journeys of a part of the events, of which none is deeper than `most`.
    fn find<E>(
        &mut self,
        events: &[Event],
        part: std::ops::Range<usize>,
        last: i64,
        mut most: usize,
        done: &mut impl FnMut(&Outcome) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut begin = part.start;
        while begin < part.end {
            let rest = &events[begin..part.end];
            // A funnel of so many steps ends its search with the first chain that has them all.
            self.definition.steps = most;
            let mut outcome = self.furthest(rest, last);
            let (Some(start), Some(end)) = (outcome.times().first().copied(), outcome.times().last().copied()) else {
                break;
            };
            let depth = outcome.depth;
            if self.definition.entry == Entry::Latest {
                // Nothing goes further, and what lies before it not even as far. By first entries it may, for each is
                // looked at by itself, and there is none before it.
                most = depth;
                let before = begin + rest.partition_point(|event| event.time < start);
                let closed = start.saturating_sub(self.definition.within).saturating_sub(1);
                if depth > 1 {
                    self.find(events, begin..before, last.min(closed), depth - 1, done)?;
                }
            }
            outcome.events[..depth].iter_mut().for_each(|event| *event += begin);
            done(&outcome)?;
            let over = if depth == self.steps { end } else { start.saturating_add(self.definition.within) };
            begin += rest.partition_point(|event| event.time <= over);
        }
        Ok(())
    }

    fn furthest(&mut self, events: &[Event], last: i64) -> Outcome {
        let Self { definition, scratch, .. } = self;
        let entries = match definition.entry {
            Entry::Latest => Some(Entries { first: i64::MIN, last }),
            Entry::First => first_entry(definition, events)
                .filter(|time| *time <= last)
                .map(|time| Entries { first: time, last: time }),
        };
        entries.map_or_else(Outcome::default, |entries| attempt(definition, events, entries, scratch))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::oracle::answer;
    use super::super::tests::{events, funnel};
    use super::super::{Exclusion, Ordering};
    use super::*;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The times of a journey's steps.
    type Times = Vec<i64>;

    fn found(definition: &Definition, events: &[Event]) -> Vec<Times> {
        let mut found = Vec::new();
        let Ok(()) = EachEntry::new(definition).visit(events, i64::MAX, |outcome| {
            let of_events: Times = outcome.events().iter().map(|event| events[*event].time).collect();
            assert_eq!(of_events, outcome.times());
            found.push(of_events);
            Ok::<(), Infallible>(())
        });
        found
    }

    /// The journeys of a, b, c within 10, by a later first step and by the first one.
    fn journeys(named: &[(i64, &str)]) -> [Vec<Times>; 2] {
        let events = events(&["a", "b", "c"], named);
        [Entry::Latest, Entry::First].map(|entry| found(&Definition { entry, ..funnel(3, 10) }, &events))
    }

    /// TE-23.
    #[test]
    fn after_a_complete_journey_another_one_begins() {
        let twice = [(1, "a"), (2, "b"), (3, "c"), (4, "a"), (5, "b"), (6, "c")];
        assert_eq!(journeys(&twice), [(); 2].map(|()| vec![vec![1, 2, 3], vec![4, 5, 6]]));
        // What happens at its end is of it.
        assert_eq!(journeys(&[(1, "a"), (2, "b"), (3, "c"), (3, "a"), (4, "b")])[0], [vec![1, 2, 3]]);
    }

    #[test]
    fn after_an_expired_journey_another_one_begins() {
        assert_eq!(journeys(&[(1, "a"), (11, "a"), (12, "a")]), [(); 2].map(|()| vec![vec![1], vec![12]]));
    }

    /// TE-24.
    #[test]
    fn a_first_step_within_a_journey_begins_none() {
        let [latest, first] = journeys(&[(1, "a"), (3, "a"), (4, "b"), (5, "c")]);
        assert_eq!((latest, first), (vec![vec![3, 4, 5]], vec![vec![1, 4, 5]]));
        // The later one comes further; the first one's window closes before.
        let [latest, first] = journeys(&[(1, "a"), (5, "a"), (6, "b"), (12, "c")]);
        assert_eq!((latest, first), (vec![vec![5, 6, 12]], vec![vec![1, 6]]));
    }

    /// TE-25.
    #[test]
    fn what_expired_before_counts_by_itself() {
        let [latest, first] = journeys(&[(1, "a"), (11, "b"), (12, "a"), (13, "b"), (14, "c")]);
        assert_eq!(latest, [vec![1, 11], vec![12, 13, 14]]);
        assert_eq!(latest, first);
    }

    /// Finds journeys as the head of this file says, word for word.
    fn expected(definition: &Definition, events: &[Event], last: i64) -> Vec<Times> {
        let (depth, times, _) = answer(definition, events, &|time| time <= last);
        let (Some(start), Some(end)) = (times.first().copied(), times.last().copied()) else { return Vec::new() };
        let part = |is_in: &dyn Fn(i64) -> bool| -> Vec<Event> {
            events.iter().filter(|event| is_in(event.time)).copied().collect()
        };
        let over = if depth == definition.steps { end } else { start + definition.within };
        let before = expected(definition, &part(&|time| time < start), last.min(start - definition.within - 1));
        let after = expected(definition, &part(&|time| time > over), last);
        [before, vec![times], after].concat()
    }

    /// Finds journeys of the first entries in one pass, as one would by hand.
    fn by_hand(definition: &Definition, events: &[Event]) -> Vec<Times> {
        let mut found: Vec<Times> = Vec::new();
        let mut over = i64::MIN;
        for event in events.iter().filter(|event| event.steps & 1 != 0) {
            if event.time > over {
                let mut times = vec![event.time];
                while let Some(next) = events.iter().find(|next| {
                    next.steps >> times.len() & 1 == 1
                        && next.time > times[times.len() - 1]
                        && next.time <= event.time + definition.within
                }) {
                    times.push(next.time);
                }
                let is_complete = times.len() == definition.steps;
                over = if is_complete { times[times.len() - 1] } else { event.time + definition.within };
                found.push(times);
            }
        }
        found
    }

    fn drawn(most: i64) -> impl Strategy<Value = Vec<Event>> {
        prop::collection::vec((0..most, 0_u32..8, 0_u32..8), 0..9).prop_map(|mut drawn| {
            drawn.sort_unstable();
            let event =
                |(time, steps, excludes): (i64, u32, u32)| Event { time, steps, exclusions: u32::from(excludes == 7) };
            drawn.into_iter().map(event).collect()
        })
    }

    proptest! {
        #[test]
        fn journeys_are_those_of_the_definition(
            events in drawn(30), within in 0_i64..12, is_first: bool, is_strict: bool, excludes: bool, last in 0_i64..40,
        ) {
            let excludes = excludes && !is_strict;
            let definition = Definition {
                entry: if is_first { Entry::First } else { Entry::Latest },
                ordering: if is_strict { Ordering::Strict } else { Ordering::Ordered },
                exclusions: Vec::from_iter(excludes.then_some(Exclusion { after_step: 1, before_step: 3 })),
                ..funnel(3, within)
            };
            prop_assert_eq!(definition.check(), Ok(()));
            prop_assert_eq!(found(&definition, &events), expected(&definition, &events, i64::MAX));
            let mut until = Vec::new();
            let Ok(()) = EachEntry::new(&definition).visit(&events, last, |outcome| {
                until.push(outcome.times().to_vec());
                Ok::<(), Infallible>(())
            });
            prop_assert_eq!(until, expected(&definition, &events, last));
        }

        #[test]
        fn first_entries_are_those_found_by_hand(events in drawn(60), within in 0_i64..20) {
            let mut events: Vec<Event> = events.into_iter().map(|event| Event { exclusions: 0, steps: 1 << (event.steps % 3), ..event }).collect();
            events.dedup_by_key(|event| event.time);
            let definition = Definition { entry: Entry::First, ..funnel(3, within) };
            prop_assert_eq!(found(&definition, &events), by_hand(&definition, &events));
        }

        /// Of each depth there are at least as many as the actor counts for, and none overlap.
        #[test]
        fn the_actors_own_chain_is_a_journey(events in drawn(30), within in 0_i64..12) {
            let (definition, mut scratch) = (funnel(3, within), Scratch::default());
            let (found, own) = (found(&definition, &events), super::super::run(&definition, &events, &mut scratch));
            prop_assert_eq!(found.iter().map(Vec::len).max().unwrap_or(0), own.depth);
            prop_assert!(own.depth == 0 || found.contains(&own.times().to_vec()));
            prop_assert!(found.windows(2).all(|pair| pair[0].last() < pair[1].first()));
        }
    }
}
