//! Pure: finds how far an actor gets in a funnel, when, and by which events.
//!
//! Every ordering answers the same question of all chains of pairwise different events that it allows (an event that
//! matches several steps serves one of them at a time):
//! * depth: the most steps that one chain reaches within the window, which counts its last microsecond;
//! * the chain: of those that deep the one that ends first, of these the one that starts last, and of these the one
//!   that is at each further step as early as it can be. So times, and times between steps, are those of one chain.
//!
//! What the semantics leave open is decided at [`Ties`], [`Entry`], [`Exclusion`] and [`ExclusionMode`].

pub mod entries;
pub mod journeys;
pub mod optional;
mod ordered;
mod runs;
mod strict;
pub mod streaming;
mod unordered;

use runs::Runs;

/// A funnel has at most this many steps, because each is a bit of [`Event::steps`].
pub const MOST_STEPS: usize = 32;

/// A funnel has at most this many exclusions, because each is a bit of [`Event::exclusions`].
pub const MOST_EXCLUSIONS: usize = 32;

/// The funnel to look for. [`run`] and [`trend`] expect one that [`Definition::check`] found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// How many steps there are: 1 to [`MOST_STEPS`].
    pub steps: usize,
    /// The most microseconds from the first event of a chain to its last, inclusive; 0 asks for one instant.
    pub within: i64,
    pub ordering: Ordering,
    pub entry: Entry,
    pub ties: Ties,
    pub exclusions: Vec<Exclusion>,
    pub exclusion: ExclusionMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// Each step comes at or after the one before, whatever lies between.
    Ordered,
    /// Each step is the actor's next event of any name.
    Strict,
    /// One window holds as many of the steps as it can, in whatever order. An outcome's times are then those of the
    /// first, second, ... step taken, which may be any of the definition's.
    Unordered,
}

/// Which events may begin a chain. In an unordered funnel the event that comes first in the chain begins it, whatever
/// its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Latest,
    /// Only the first of the actor's events that may begin a chain begins one; where several share its time, each of
    /// them.
    First,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// Events of one time may be read in whichever order takes the actor furthest. Strict order too: a chain may end
    /// or begin inside such a group, but passes through it only if it takes all of it.
    Any,
    /// The times of a chain must increase. This is for ordered funnels only: strict order would not know which event of
    /// a group is the next one, unordered funnels read no order.
    Strict,
}

/// An exclusion voids a chain in which an event of it lies between the two steps, strictly in time whatever the ties.
/// Steps are counted from 1. While the chain has not come to `before_step`, what lies between is everything after
/// `after_step`: so a chain that an exclusion met keeps the steps that it had reached by then, and gets no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exclusion {
    pub after_step: usize,
    pub before_step: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExclusionMode {
    /// A chain that an exclusion met counts for the steps reached before.
    DropFromHere,
    /// The depth is that of `DropFromHere`, or 0 where the actor's last attempt to get that deep was cut: an exclusion
    /// met it inside its window, between its two steps, whether or not the actor would have come further (else those
    /// who gave up by themselves would stay, and those whom the exclusion stopped would not). The last attempt: the
    /// chains of that depth with the latest start; it is cut if all of them are. A whole funnel is never cut.
    DropActor,
}

/// One event of one actor. Bit k of `steps` says that it matches step k+1, bit x of `exclusions` that it matches
/// exclusion x. Strict order needs the events of all other names too, with no bits; elsewhere they change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    pub time: i64,
    pub steps: u32,
    pub exclusions: u32,
}

/// How far an actor got, by the chain that the head of this file describes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// How many steps the actor reached; 0 where it did not enter, or was dropped.
    pub depth: usize,
    times: [i64; MOST_STEPS],
    events: [usize; MOST_STEPS],
}

/// The buffers that [`run`] works in. There is one for all actors, so that none of them allocates.
#[derive(Default)]
pub struct Scratch {
    runs: Runs,
    instants: Vec<usize>,
    viable: Vec<u64>,
}

/// Finds how far an actor gets. `events` are those of one actor, sorted by time; among equal times their order decides
/// nothing but which of several equal events serves a step. Without events the depth is 0.
///
/// It costs, for ordered funnels: O(n) where each event matches one step, otherwise O(n k + c) for k steps, where c, at
/// most O(k^4) for each time that several events share of which one matches several steps, is in practice some k. With
/// exclusions: O(n k (k+x)). For strict order: as ordered. For unordered funnels: O(n k).
pub fn run(definition: &Definition, events: &[Event], scratch: &mut Scratch) -> Outcome {
    let entries = match definition.entry {
        Entry::Latest => Some(Entries { first: i64::MIN, last: i64::MAX }),
        Entry::First => first_entry(definition, events).map(|time| Entries { first: time, last: time }),
    };
    entries.map_or_else(Outcome::default, |entries| attempt(definition, events, entries, scratch))
}

/// Finds the best attempt of each period that the actor enters in, in time order. `bucket_of` says of an entry's time
/// which period it lies in; it must not decrease. Under [`Entry::First`] that is one period at most. A period whose
/// attempt was dropped is not among them.
///
/// It costs as much as [`run`], and O(n (1 + w)) in all for a window of w periods: an attempt is followed until its
/// window closes.
pub fn trend(
    definition: &Definition,
    events: &[Event],
    bucket_of: impl Fn(i64) -> i64,
    scratch: &mut Scratch,
) -> Vec<(i64, Outcome)> {
    let mut periods: Vec<(i64, Entries)> = Vec::new();
    let mut previous = None;
    for Event { time, .. } in events.iter().filter(|event| event.steps & entry_steps(definition) != 0) {
        if previous == Some(*time) {
            continue;
        }
        if previous.is_some() && definition.entry == Entry::First {
            break;
        }
        previous = Some(*time);
        let bucket = bucket_of(*time);
        match periods.last_mut() {
            Some((last, entries)) if *last == bucket => entries.last = *time,
            _ => periods.push((bucket, Entries { first: *time, last: *time })),
        }
    }
    periods
        .into_iter()
        .map(|(bucket, entries)| (bucket, attempt(definition, events, entries, scratch)))
        .filter(|(_, outcome)| outcome.depth > 0)
        .collect()
}

impl Definition {
    /// Checks whether [`run`] can answer the definition; the problem is a sentence for whoever wrote it.
    pub fn check(&self) -> Result<(), String> {
        if self.steps == 0 || self.steps > MOST_STEPS {
            return Err(format!("a funnel has 1 to {MOST_STEPS} steps, not {}", self.steps));
        }
        if self.within < 0 {
            return Err("the window of a funnel must not be negative".to_owned());
        }
        if self.ties == Ties::Strict && self.ordering != Ordering::Ordered {
            return Err("strict ties are for ordered funnels only".to_owned());
        }
        if !self.exclusions.is_empty() && self.ordering == Ordering::Strict {
            return Err("strict order already excludes every other event: it takes no exclusions".to_owned());
        }
        if !self.exclusions.is_empty() && self.ordering == Ordering::Unordered {
            return Err("steps without an order have no between: an unordered funnel takes no exclusions".to_owned());
        }
        if self.exclusions.len() > MOST_EXCLUSIONS {
            return Err(format!("a funnel has at most {MOST_EXCLUSIONS} exclusions, not {}", self.exclusions.len()));
        }
        for Exclusion { after_step, before_step } in &self.exclusions {
            if *after_step == 0 || after_step >= before_step || *before_step > self.steps {
                return Err(format!(
                    "no exclusion lies between step {after_step} and step {before_step} of {} steps",
                    self.steps
                ));
            }
        }
        Ok(())
    }

    /// Gives the bits that stand for steps: other bits of events mean nothing.
    fn step_bits(&self) -> u32 {
        u32::MAX >> (MOST_STEPS - self.steps)
    }
}

impl Outcome {
    /// Gives the times at which the chain reached its steps, `depth` of them.
    pub fn times(&self) -> &[i64] {
        &self.times[..self.depth]
    }

    /// Gives the places in the slice of the events that serve the steps: `depth` of them, all different.
    pub fn events(&self) -> &[usize] {
        &self.events[..self.depth]
    }

    fn reach(&mut self, event: usize, time: i64) {
        self.times[self.depth] = time;
        self.events[self.depth] = event;
        self.depth += 1;
    }
}

/// The times at which a chain may begin, both inclusive.
#[derive(Clone, Copy)]
struct Entries {
    first: i64,
    last: i64,
}

impl Entries {
    fn contain(self, time: i64) -> bool {
        self.first <= time && time <= self.last
    }

    /// Gives the place in the events from which on a chain may begin.
    fn begin(self, events: &[Event]) -> usize {
        if self.first == i64::MIN { 0 } else { events.partition_point(|event| event.time < self.first) }
    }
}

/// A chain that goes furthest, before its events are named: it begins at `start` and is the first to be `depth` deep,
/// at `end`.
#[derive(Debug, Clone, Copy, Default)]
struct Furthest {
    depth: usize,
    start: i64,
    end: i64,
}

impl Furthest {
    /// Takes a chain if it goes further than all before, and tells whether it does. The chain has this `depth` and
    /// `start`, and comes about at `end`.
    fn advance(&mut self, (depth, start): (usize, i64), end: i64) -> bool {
        let further = depth > self.depth;
        if further {
            *self = Furthest { depth, start, end };
        }
        further
    }
}

fn attempt(definition: &Definition, events: &[Event], entries: Entries, scratch: &mut Scratch) -> Outcome {
    match definition.ordering {
        Ordering::Ordered => ordered::attempt(definition, events, entries, scratch),
        Ordering::Strict => strict::attempt(definition, events, entries, scratch),
        Ordering::Unordered => unordered::attempt(definition, events, entries),
    }
}

fn entry_steps(definition: &Definition) -> u32 {
    if definition.ordering == Ordering::Unordered { definition.step_bits() } else { 1 }
}

fn first_entry(definition: &Definition, events: &[Event]) -> Option<i64> {
    events.iter().find(|event| event.steps & entry_steps(definition) != 0).map(|event| event.time)
}

#[cfg(test)]
mod tests;
