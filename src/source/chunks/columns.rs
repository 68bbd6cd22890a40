//! Pure: holds the decoded columns of a segment, and decides which of its events stay in them.

use crate::source::question::Question;
use std::ops::Range;
use telemetry_chunks::{Decimal, Presence, Segment, Subjects};

/// The columns of a segment. One that was read has a value for each event; any other is empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// The users of the band, each once; `ends` says behind which event the events of each end.
    pub actors: Vec<u16>,
    pub ends: Vec<u32>,
    /// The user of each event, where that was told and none was left out.
    pub each: Vec<u16>,
    pub instants: Vec<i64>,
    pub arrivals: Vec<i64>,
    pub rates: Vec<f32>,
    pub values: Vec<u32>,
    pub decimals: Vec<Decimal>,
    pub groups: Vec<u32>,
    /// Where keys match; 0: the event has not all of them, and is left out.
    pub matched: Vec<u32>,
    pub subjects: Subjects,
    /// The codes of the events' labels; 0: the event is left out.
    pub codes: Vec<u16>,
    /// The number of events that were kept; None: none was left out.
    pub kept: Option<usize>,
    wanted: Vec<bool>,
}

impl Columns {
    pub fn clear(&mut self) {
        self.actors.clear();
        self.ends.clear();
        self.each.clear();
        self.instants.clear();
        self.arrivals.clear();
        self.rates.clear();
        self.values.clear();
        self.decimals.clear();
        self.groups.clear();
        self.matched.clear();
        self.subjects.clear();
        self.codes.clear();
        self.kept = None;
    }

    /// Takes whose the events are and when they were, and gives its own buffers for it.
    pub fn take(&mut self, presence: &mut Presence) {
        std::mem::swap(&mut self.actors, &mut presence.users);
        std::mem::swap(&mut self.ends, &mut presence.ends);
        std::mem::swap(&mut self.instants, &mut presence.times);
        std::mem::swap(&mut self.each, &mut presence.each);
    }

    /// Removes the actors, which were of use only for the labels of their events.
    fn forget_actors(&mut self) {
        self.actors.clear();
        self.ends.clear();
        self.each.clear();
    }

    /// Keeps what the question asks for: no actors where none are needed, and no events out of its range or of no
    /// class, so that no reader meets one, nor one of a user who is removed. `have_codes`: each event has a label of its
    /// own. `removed`: sorted.
    pub fn keep_asked(&mut self, question: &Question, segment: &Segment, have_codes: bool, removed: &[u16]) {
        let is_cut = self.actors.iter().any(|actor| removed.binary_search(actor).is_ok());
        if !question.needs_actors && !is_cut {
            self.forget_actors();
        }
        let is_whole = question.range.start <= segment.since && segment.last < question.range.end;
        if !is_whole || have_codes || is_cut || !self.matched.is_empty() {
            self.keep_wanted(&question.range, have_codes, removed);
        }
        if !question.needs_actors {
            self.forget_actors();
        }
    }

    /// Keeps the events in the range, where times were read, and those with a label, where each has its own.
    fn keep_wanted(&mut self, range: &Range<i64>, have_codes: bool, removed: &[u16]) {
        fn keep<T: Copy>(column: &mut Vec<T>, wanted: &[bool]) {
            let mut wanted = wanted.iter();
            column.retain(|_| wanted.next().is_some_and(|is_wanted| *is_wanted));
        }
        self.each.clear();
        self.wanted.clear();
        let events = self.ends.last().map_or(0, |end| *end as usize);
        self.wanted.resize(self.instants.len().max(self.codes.len()).max(self.matched.len()).max(events), true);
        let mut begin = 0;
        for (actor, end) in self.actors.iter().zip(&self.ends).filter(|_| !removed.is_empty()) {
            if removed.binary_search(actor).is_ok() {
                self.wanted[begin..*end as usize].fill(false);
            }
            begin = *end as usize;
        }
        for (wanted, time) in self.wanted.iter_mut().zip(&self.instants) {
            *wanted &= range.contains(time);
        }
        for (wanted, matched) in self.wanted.iter_mut().zip(&self.matched) {
            *wanted &= *matched != 0;
        }
        if have_codes {
            for (wanted, code) in self.wanted.iter_mut().zip(&self.codes) {
                *wanted &= *code != 0;
            }
        }
        keep(&mut self.instants, &self.wanted);
        keep(&mut self.arrivals, &self.wanted);
        keep(&mut self.rates, &self.wanted);
        keep(&mut self.values, &self.wanted);
        keep(&mut self.decimals, &self.wanted);
        keep(&mut self.groups, &self.wanted);
        keep(&mut self.matched, &self.wanted);
        keep(&mut self.subjects.codes, &self.wanted);
        keep(&mut self.codes, &self.wanted);
        self.kept = Some(self.wanted.iter().filter(|wanted| **wanted).count());
        self.keep_actors();
    }

    /// Keeps the actors that have a wanted event, with where their events end.
    fn keep_actors(&mut self) {
        let (mut kept, mut begin, mut end) = (0, 0, 0);
        for run in 0..self.ends.len() {
            let until = self.ends[run] as usize;
            let events = self.wanted[begin..until].iter().filter(|wanted| **wanted).count();
            begin = until;
            if events > 0 {
                end += events as u32;
                self.actors[kept] = self.actors[run];
                self.ends[kept] = end;
                kept += 1;
            }
        }
        self.actors.truncate(kept);
        self.ends.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// User 3 has events at 10 and 20, user 5 at 15, user 8 at 30 and 40; they have one of three labels, or none.
    fn columns() -> Columns {
        Columns {
            actors: vec![3, 5, 8],
            ends: vec![2, 3, 5],
            instants: vec![10, 20, 15, 30, 40],
            values: vec![1, 2, 3, 4, 5],
            codes: vec![1, 0, 0, 2, 1],
            ..Columns::default()
        }
    }

    #[test]
    fn who_has_no_event_left_is_gone() {
        let mut columns = columns();
        columns.keep_wanted(&(0..100), true, &[]);
        assert_eq!((columns.actors, columns.ends), (vec![3, 8], vec![1, 3]));
        assert_eq!((columns.instants, columns.values, columns.codes), (vec![10, 30, 40], vec![1, 4, 5], vec![1, 2, 1]));
        assert_eq!(columns.kept, Some(3));
    }

    #[test]
    fn a_range_is_half_open() {
        let mut columns = columns();
        columns.keep_wanted(&(15..30), false, &[]);
        assert_eq!((columns.actors, columns.ends, columns.instants), (vec![3, 5], vec![1, 2], vec![20, 15]));
        // What was not asked of the labels stays, code 0 too.
        assert_eq!((columns.codes, columns.kept), (vec![0, 0], Some(2)));
    }

    #[test]
    fn what_lacks_a_key_that_matches_is_left_out() {
        let mut columns = Columns { instants: vec![], codes: vec![], matched: vec![7, 0, 0, 8, 7], ..columns() };
        columns.keep_wanted(&(0..0), false, &[]);
        assert_eq!((columns.actors, columns.ends, columns.matched), (vec![3, 8], vec![1, 3], vec![7, 8, 7]));
    }

    #[test]
    fn who_is_removed_has_no_event() {
        // Neither labels nor times were read.
        let mut columns = Columns { instants: vec![], codes: vec![], ..columns() };
        columns.keep_wanted(&(0..0), false, &[3, 4, 8]);
        assert_eq!((columns.actors, columns.ends, columns.values, columns.kept), (vec![5], vec![1], vec![3], Some(1)));
    }

    #[test]
    fn what_was_not_read_stays_empty() {
        // Times were not read: labels alone decide.
        let mut columns = Columns { actors: vec![], ends: vec![], instants: vec![], ..columns() };
        columns.keep_wanted(&(0..0), true, &[]);
        assert_eq!((columns.values, columns.kept), (vec![1, 4, 5], Some(3)));
        assert_eq!((columns.actors, columns.ends, columns.instants), (vec![], vec![], vec![]));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_a_look_at_each_event_keeps(
            runs in prop::collection::vec(prop::collection::vec((0_i64..9, 0_u16..3), 1..4), 0..6),
            since in 0_i64..9, length in 0_i64..9, have_codes: bool,
        ) {
            let range = since..since + length;
            let (mut columns, mut expected) = (Columns::default(), Columns { kept: Some(0), ..Columns::default() });
            for (actor, events) in (0..).zip(&runs) {
                for (time, code) in events {
                    // What each event is by itself, told by its place.
                    let place = columns.instants.len() as u32;
                    let is_kept = range.contains(time) && !(have_codes && *code == 0);
                    for columns in [&mut columns].into_iter().chain(is_kept.then_some(&mut expected)) {
                        columns.instants.push(*time);
                        columns.codes.push(*code);
                        columns.arrivals.push(place.into());
                        columns.rates.push(place as f32);
                        columns.values.push(place);
                        columns.groups.push(place);
                        columns.subjects.codes.push(place);
                        columns.decimals.push(Decimal { units: place.into(), ..Decimal::default() });
                        if columns.actors.last() != Some(&actor) {
                            columns.actors.push(actor);
                            columns.ends.push(0);
                        }
                        columns.ends[columns.actors.len() - 1] = columns.instants.len() as u32;
                    }
                }
            }
            expected.kept = Some(expected.instants.len());
            columns.keep_wanted(&range, have_codes, &[]);
            columns.wanted.clear();
            prop_assert_eq!(columns, expected);
        }
    }
}
