//! Pure: events of a band, actor by actor, eight bytes each: for the common case of few labels and times within some
//! years, half the memory of [`super::ByActor`] to move.
//!
//! An event is one number: its time, then its label, then its actor within a group of 256. Groups are dealt when events
//! are pushed; one group fits the cache and is sorted there by actor, then, where need be, by time.

const ACTORS: usize = 256;
const GROUPS: usize = 65_536 / ACTORS;
const ACTOR_BITS: u32 = 8;
const LABEL_BITS: u32 = 6;
const TIME_SHIFT: u32 = ACTOR_BITS + LABEL_BITS;

/// Times lie at most so many microseconds (17 years) from that of the first event.
const REACH: i64 = 1 << (63 - TIME_SHIFT);

/// Labels are numbers below this.
pub const LABELS: usize = 1 << LABEL_BITS;

/// Why a piece was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It would take more memory than is allowed.
    Full,
    /// Its times are too far from the first.
    TooFar,
}

#[derive(Debug)]
pub struct Packed {
    limit: usize,
    /// The time that packed times count from; none before the first event.
    base: Option<i64>,
    events: usize,
    groups: Vec<Vec<u64>>,
    sorted: Vec<u64>,
}

impl Packed {
    /// `limit`: how many bytes the events of a band may take.
    pub fn new(limit: usize) -> Packed {
        Packed { limit, base: None, events: 0, groups: vec![Vec::new(); GROUPS], sorted: Vec::new() }
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        self.base = None;
        self.events = 0;
        self.groups.iter_mut().for_each(Vec::clear);
    }

    /// Takes the events of a piece, in any order; `first` and `last` bound their times. A piece that is refused leaves
    /// what was taken before.
    pub fn push(&mut self, actors: &[u16], times: &[i64], first: i64, last: i64, label: u8) -> Result<(), Refused> {
        let base = *self.base.get_or_insert(first);
        let is_near = |time: i64| time.checked_sub(base).is_some_and(|distance| (-REACH..REACH).contains(&distance));
        if !is_near(first) || !is_near(last) {
            return Err(Refused::TooFar);
        }
        self.events += actors.len();
        // A list that grows may hold twice what it needs.
        if 16 * self.events > self.limit {
            return Err(Refused::Full);
        }
        let label = u64::from(label) << ACTOR_BITS;
        for (actor, time) in actors.iter().zip(times) {
            let time = ((time - base + REACH) as u64) << TIME_SHIFT;
            let event = time | label | u64::from(actor & 0xff);
            self.groups[usize::from(actor >> 8)].push(event);
        }
        Ok(())
    }

    /// Calls the visitor with each actor that has events and those, sorted by time: their times and labels.
    pub fn visit(&mut self, mut visitor: impl FnMut(u16, Events<'_>)) {
        let base = self.base.unwrap_or_default();
        for (group, events) in self.groups.iter().enumerate().filter(|(_, events)| !events.is_empty()) {
            let mut ends = [0_usize; ACTORS + 1];
            for event in events {
                ends[(event & 0xff) as usize + 1] += 1;
            }
            for actor in 0..ACTORS {
                ends[actor + 1] += ends[actor];
            }
            let mut places = ends;
            self.sorted.clear();
            self.sorted.resize(events.len(), 0);
            for event in events {
                let place = &mut places[(event & 0xff) as usize];
                self.sorted[*place] = *event;
                *place += 1;
            }
            for actor in 0..ACTORS {
                let own = &mut self.sorted[ends[actor]..ends[actor + 1]];
                if !own.is_empty() {
                    sort(own);
                    visitor((group * ACTORS + actor) as u16, Events { events: own.iter(), base });
                }
            }
        }
    }
}

/// The events of an actor: time and label.
pub struct Events<'a> {
    events: std::slice::Iter<'a, u64>,
    base: i64,
}

impl Iterator for Events<'_> {
    type Item = (i64, u8);

    fn next(&mut self) -> Option<(i64, u8)> {
        let event = self.events.next()?;
        Some(((event >> TIME_SHIFT) as i64 - REACH + self.base, (event >> ACTOR_BITS) as u8 & (LABELS as u8 - 1)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.events.size_hint()
    }
}

/// Events come nearly sorted; the actor's bits are the same in all, and labels decide nothing.
fn sort(events: &mut [u64]) {
    let mut moved = 0;
    for place in 1..events.len() {
        let event = events[place];
        let mut to = place;
        while to > 0 && events[to - 1] > event {
            events[to] = events[to - 1];
            to -= 1;
        }
        events[to] = event;
        moved += place - to;
        if moved > 16 * events.len() {
            events.sort_unstable();
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn visited(packed: &mut Packed) -> BTreeMap<u16, Vec<(i64, u8)>> {
        let mut all = BTreeMap::new();
        packed.visit(|actor, events| {
            all.insert(actor, events.collect::<Vec<_>>());
        });
        all
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut packed = Packed::new(64);
        assert_eq!(packed.push(&[1], &[0], 0, 0, 0), Ok(()));
        assert_eq!(packed.push(&[1], &[REACH], REACH, REACH, 0), Err(Refused::TooFar));
        assert_eq!(packed.push(&[1], &[i64::MIN], i64::MIN, i64::MIN, 0), Err(Refused::TooFar));
        assert_eq!(packed.push(&[1, 2, 3, 4], &[0; 4], 0, 0, 0), Err(Refused::Full));
        packed.begin_band();
        assert_eq!(packed.push(&[1], &[REACH], REACH, REACH, 63), Ok(()));
        assert_eq!(visited(&mut packed), BTreeMap::from([(1, vec![(REACH, 63)])]));
    }

    proptest! {
        #[test]
        fn each_actor_gets_its_events_in_order(
            events in prop::collection::vec((0u16..600, -1_000i64..1_000, 0u8..64), 0..400),
        ) {
            let mut packed = Packed::new(usize::MAX);
            let mut expected: BTreeMap<u16, Vec<(i64, u8)>> = BTreeMap::new();
            for (actor, time, label) in events {
                let actor = actor.wrapping_mul(109);
                prop_assert_eq!(packed.push(&[actor], &[time], time, time, label), Ok(()));
                expected.entry(actor).or_default().push((time, label));
            }
            expected.values_mut().for_each(|events| events.sort_unstable());
            prop_assert_eq!(visited(&mut packed), expected);
        }
    }
}
