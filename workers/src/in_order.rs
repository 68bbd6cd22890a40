//! Hands on the events of a band actor by actor and in order of time, while pieces come in about in order of
//! time: what is known to be complete is handed on, and the next of an actor's events never lie before its last.
//!
//! A piece lists each actor once, with its events side by side; so pieces are merged by the actors that they list,
//! which are several times fewer than events.

use std::collections::TryReserveError;
use std::ops::Range;

/// The number of labels; each is a number below this.
pub const LABELS: usize = 1 << LABEL_BITS;

const LABEL_BITS: u32 = 3;

/// The farthest that a time may lie from the year 2000, in microseconds (36,533 years): a label fits beside it.
const REACH: i64 = 1 << 60;

/// The most events that wait and are remembered.
const MOST_EVENTS: usize = 1 << BEGIN_BITS;

const BEGIN_BITS: u32 = 29;

/// The reason why events were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// A time is beyond [`REACH`], or more events wait than can be told apart.
    TooFar,
    /// The system gave no memory.
    NoMemory(TryReserveError),
}

impl From<TryReserveError> for Refused {
    fn from(error: TryReserveError) -> Refused {
        Refused::NoMemory(error)
    }
}

/// Events sorted by actor, then time.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    /// The actors' places in the band, each once, ascending.
    pub actors: &'a [u16],
    /// The place in `times` where each actor's events end, at most 65,536 behind the first one's begin.
    pub ends: &'a [u32],
    /// The place in `times` where the events of the first actor begin.
    pub begin: usize,
    pub times: &'a [i64],
    /// No time lies before the first of these, nor behind the second.
    pub span: (i64, i64),
}

impl<'a> Events<'a> {
    /// Narrows the events to those of the actors in a range of places.
    pub fn of(self, actors: &Range<usize>) -> Events<'a> {
        let before = |place: usize| self.actors.partition_point(|actor| usize::from(*actor) < place);
        let own = before(actors.start)..before(actors.end);
        let begin = own.start.checked_sub(1).map_or(self.begin, |last| self.ends[last] as usize);
        Events { actors: &self.actors[own.clone()], ends: &self.ends[own], begin, ..self }
    }

    /// Lists each actor with the places of its events.
    fn runs(self) -> impl Iterator<Item = (u16, Range<usize>)> {
        let mut begin = self.begin;
        self.actors.iter().zip(self.ends).map(move |(actor, end)| {
            let own = begin..*end as usize;
            begin = own.end;
            (*actor, own)
        })
    }

    fn all(self) -> Range<usize> {
        self.begin..self.ends.last().map_or(self.begin, |end| *end as usize)
    }
}

/// The events of one actor that are handed on at once: the times of each label, ascending.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn<'a> {
    times: [&'a [i64]; LABELS],
}

impl<'a> Turn<'a> {
    pub fn times(&self, label: usize) -> &'a [i64] {
        self.times[label]
    }

    /// Lists all events in order, those of one time in order of their labels.
    pub fn in_order(&self, into: &mut Vec<Moment>) {
        into.clear();
        for (label, times) in self.times.iter().enumerate() {
            into.extend(times.iter().map(|time| Moment(time << LABEL_BITS | label as i64)));
        }
        into.sort_unstable();
    }
}

/// The time and the label of an event in one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    pub fn time(self) -> i64 {
        self.0 >> LABEL_BITS
    }

    pub fn label(self) -> usize {
        self.0 as usize & (LABELS - 1)
    }
}

/// The receiver of the events.
pub trait Follower {
    /// Announces that events of this actor come in a few turns, so that the follower can load what it keeps of it.
    fn expect(&mut self, actor: u16);

    /// Takes all of an actor's events that were not handed on yet and lie before a certain time.
    fn follow(&mut self, actor: u16, turn: &Turn<'_>);
}

/// An actor is announced so many runs before its turn.
const AHEAD: usize = 24;

#[derive(Debug, Default)]
pub struct InOrder {
    /// The times of all events that wait, but for those that are parked.
    times: Vec<i64>,
    waiting: Vec<Waiting>,
    spare: Vec<Vec<Run>>,
    /// The times of an actor's events of each label, where they come from several pieces.
    own: [Vec<i64>; LABELS],
}

/// The events of a piece that are not handed on yet.
#[derive(Debug)]
struct Waiting {
    /// The runs of the piece, by actor and label.
    runs: Vec<Run>,
    first: i64,
    last: i64,
    /// The times of its own runs, once it has waited for a pass: it then no longer shares the list of all times, which
    /// so stays short and in the cache.
    parked: Option<Vec<i64>>,
}

/// The events of one actor and label in one piece: the actor's place in the band, the label, how many follow the first,
/// and where that is. They are one number, so that runs are merged without a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run(u64);

impl Run {
    fn new(actor: u16, label: u8, begin: usize, end: usize) -> Run {
        let more = u64::from((end - begin - 1) as u16);
        let begin = (begin & (MOST_EVENTS - 1)) as u64;
        Run(u64::from(actor) << 48 | u64::from(label) << (16 + BEGIN_BITS) | more << BEGIN_BITS | begin)
    }

    fn actor(self) -> u16 {
        (self.0 >> 48) as u16
    }

    fn label(self) -> u8 {
        (self.0 >> (16 + BEGIN_BITS)) as u8 & (LABELS as u8 - 1)
    }

    fn begin(self) -> usize {
        self.0 as usize & (MOST_EVENTS - 1)
    }

    fn end(self) -> usize {
        self.begin() + usize::from((self.0 >> BEGIN_BITS) as u16) + 1
    }

    /// The run of the same events after their times moved `by` places further.
    fn moved(self, by: usize) -> Run {
        Run::new(self.actor(), self.label(), self.begin() + by, self.end() + by)
    }
}

impl InOrder {
    /// The bytes that are held.
    pub fn memory(&self) -> usize {
        let waiting = self.waiting.iter().map(|waiting| waiting.runs.capacity()).sum::<usize>();
        let spare = self.spare.iter().map(Vec::capacity).sum::<usize>();
        let own = self.own.iter().map(Vec::capacity).sum::<usize>();
        let parked =
            self.waiting.iter().filter_map(|waiting| waiting.parked.as_ref()).map(Vec::capacity).sum::<usize>();
        8 * (self.times.capacity() + waiting + spare + own + parked)
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        self.times.clear();
        self.spare.extend(self.waiting.drain(..).map(|waiting| waiting.runs));
    }

    /// Adds events that all have one label. Those of actors for which `is_done` holds are left out. Events that are refused
    /// leave the band incomplete.
    pub fn add(&mut self, events: Events<'_>, label: u8, is_done: impl Fn(u16) -> bool) -> Result<(), Refused> {
        let all = events.all();
        let (offset, mut runs) = self.begin_piece(&events)?;
        self.times.extend_from_slice(&events.times[all.clone()]);
        runs.try_reserve(events.actors.len())?;
        runs.resize(events.actors.len(), Run(0));
        // Written in any case, kept where it is wanted: no branch to be mispredicted.
        let mut kept = 0;
        for (actor, own) in events.runs() {
            runs[kept] = Run::new(actor, label, offset + own.start - all.start, offset + own.end - all.start);
            kept += usize::from(!is_done(actor));
        }
        runs.truncate(kept);
        self.waiting.push(Waiting { runs, first: events.span.0, last: events.span.1, parked: None });
        Ok(())
    }

    /// Adds events as [`InOrder::add`] does, each with a label of its own; `label_of` is told its place in the times.
    pub fn add_labelled(
        &mut self,
        events: Events<'_>,
        label_of: impl Fn(usize) -> u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), Refused> {
        let (_, mut runs) = self.begin_piece(&events)?;
        let mut labelled = Vec::new();
        for (actor, own) in events.runs().filter(|(actor, _)| !is_done(*actor)) {
            labelled.clear();
            labelled.extend(own.map(|event| (label_of(event), events.times[event])));
            labelled.sort_unstable();
            for own in labelled.chunk_by(|one, next| one.0 == next.0) {
                let offset = self.times.len();
                self.times.extend(own.iter().map(|event| event.1));
                runs.push(Run::new(actor, own[0].0, offset, self.times.len()));
            }
        }
        self.waiting.push(Waiting { runs, first: events.span.0, last: events.span.1, parked: None });
        Ok(())
    }

    /// Makes room for the times of new events, and returns the place where they go and an empty list for their runs.
    fn begin_piece(&mut self, events: &Events<'_>) -> Result<(usize, Vec<Run>), Refused> {
        let (first, last) = events.span;
        let (offset, count) = (self.times.len(), events.all().len());
        let parked: usize = self.waiting.iter().filter_map(|waiting| waiting.parked.as_ref()).map(Vec::len).sum();
        if first < -REACH || last >= REACH || offset + count + parked > MOST_EVENTS {
            return Err(Refused::TooFar);
        }
        self.times.try_reserve(count)?;
        let mut runs = self.spare.pop().unwrap_or_default();
        runs.clear();
        Ok((offset, runs))
    }

    /// Hands on all events that lie before `until`; the caller adds none later that does. Error: the system gives no
    /// memory, and the band is left incomplete.
    pub fn pass(&mut self, until: i64, follower: &mut impl Follower) -> Result<(), TryReserveError> {
        let mut complete = Vec::new();
        let mut left = Vec::new();
        for mut waiting in self.waiting.drain(..) {
            if waiting.first >= until {
                waiting.park(&self.times)?;
                left.push(waiting);
                continue;
            }
            if let Some(parked) = waiting.parked.take() {
                let offset = self.times.len();
                self.times.try_reserve(parked.len())?;
                self.times.extend_from_slice(&parked);
                waiting.runs.iter_mut().for_each(|run| *run = run.moved(offset));
            }
            if waiting.last >= until {
                let mut later = self.spare.pop().unwrap_or_default();
                let first = cut(&mut waiting.runs, &mut later, &self.times, until);
                let mut later = Waiting { runs: later, first, last: waiting.last, parked: None };
                later.park(&self.times)?;
                left.push(later);
            }
            complete.push(waiting.runs);
        }
        let runs = self.merged(complete)?;
        let mut begin = 0;
        for own in runs.chunk_by(|one, next| one.actor() == next.actor()) {
            begin += own.len();
            if let Some(run) = runs.get(begin + AHEAD) {
                follower.expect(run.actor());
            }
            follower.follow(own[0].actor(), &turn(own, &self.times, &mut self.own));
        }
        self.spare.push(runs);
        self.waiting = left;
        self.times.clear();
        Ok(())
    }

    /// Hands on the events that are left.
    pub fn end_band(&mut self, follower: &mut impl Follower) -> Result<(), TryReserveError> {
        self.pass(i64::MAX, follower)
    }

    /// Merges lists of runs into one, by actor.
    fn merged(&mut self, mut lists: Vec<Vec<Run>>) -> Result<Vec<Run>, TryReserveError> {
        // The two shortest first.
        lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
        while let Some(one) = lists.pop() {
            let Some(other) = lists.pop() else { return Ok(one) };
            let mut both = self.spare.pop().unwrap_or_default();
            both.try_reserve((one.len() + other.len()).saturating_sub(both.len()))?;
            merge(&one, &other, &mut both);
            self.spare.extend([one, other]);
            let place = lists.partition_point(|list| list.len() > both.len());
            lists.insert(place, both);
        }
        let mut none = self.spare.pop().unwrap_or_default();
        none.clear();
        Ok(none)
    }
}

impl Waiting {
    /// Copies its times out of the list of all times.
    fn park(&mut self, times: &[i64]) -> Result<(), TryReserveError> {
        if self.parked.is_some() {
            return Ok(());
        }
        let mut parked = Vec::new();
        parked.try_reserve_exact(self.runs.iter().map(|run| run.end() - run.begin()).sum())?;
        for run in &mut self.runs {
            let begin = parked.len();
            parked.extend_from_slice(&times[run.begin()..run.end()]);
            *run = Run::new(run.actor(), run.label(), begin, parked.len());
        }
        self.parked = Some(parked);
        Ok(())
    }
}

/// Leaves in `runs` what lies before `until`, puts the others into `later`, and returns the first time of those.
fn cut(runs: &mut Vec<Run>, later: &mut Vec<Run>, times: &[i64], until: i64) -> i64 {
    later.clear();
    let mut first = i64::MAX;
    runs.retain_mut(|run| {
        let (actor, label, begin, end) = (run.actor(), run.label(), run.begin(), run.end());
        let middle = begin + times[begin..end].partition_point(|time| *time < until);
        if middle < end {
            first = first.min(times[middle]);
            later.push(Run::new(actor, label, middle, end));
        }
        if begin < middle {
            *run = Run::new(actor, label, begin, middle);
        }
        begin < middle
    });
    first
}

/// Puts the runs of one actor together, by label.
fn turn<'a>(runs: &[Run], times: &'a [i64], own: &'a mut [Vec<i64>; LABELS]) -> Turn<'a> {
    let mut turn = Turn::default();
    let mut seen = 0_u8;
    let mut several = 0_u8;
    for run in runs {
        let label = 1 << run.label();
        several |= seen & label;
        seen |= label;
        turn.times[usize::from(run.label())] = &times[run.begin()..run.end()];
    }
    if several != 0 {
        own.iter_mut().for_each(Vec::clear);
        for run in runs {
            own[usize::from(run.label())].extend_from_slice(&times[run.begin()..run.end()]);
        }
        for (label, own) in own.iter_mut().enumerate() {
            own.sort_unstable();
            turn.times[label] = own;
        }
    }
    turn
}

/// Merges two sorted lists from both ends at once: each step waits for the one before it at the same end only.
fn merge(one: &[Run], other: &[Run], both: &mut Vec<Run>) {
    both.clear();
    both.resize(one.len() + other.len(), Run(0));
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
mod tests;
