//! Pure: hands on the events of a band actor by actor and in order of time, while pieces come in about in order of
//! time: what is known to be complete is handed on, and the next of an actor's events never lie before its last.
//!
//! A piece lists each actor once, with its events side by side; so pieces are merged by the actors that they list,
//! which are several times fewer than events.

/// The number of labels; each is a number below this.
pub const LABELS: usize = 1 << LABEL_BITS;

const LABEL_BITS: u32 = 3;

/// The farthest that a time may lie from the year 2000, in microseconds (36,533 years): a label fits beside it.
const REACH: i64 = 1 << 60;

/// The most events that wait and are remembered.
const MOST_EVENTS: usize = 1 << BEGIN_BITS;

const BEGIN_BITS: u32 = 29;

/// The events were refused: a time is beyond [`REACH`], or more events wait than can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFar;

/// The events of one actor that are handed on at once: the times of each label, ascending.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn<'a> {
    times: [&'a [i64]; LABELS],
}

impl<'a> Turn<'a> {
    #[cfg(test)]
    pub fn of(times: [&'a [i64]; LABELS]) -> Turn<'a> {
        Turn { times }
    }

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

    /// Adds the events of a piece, all with one label: each actor once, ascending, where its events end (at most 65,536
    /// in all), and their times, those of an actor ascending, all of them between `first` and `last`. The events of
    /// actors for which `is_done` holds are left out. A piece that is refused leaves the band incomplete.
    pub fn add(
        &mut self,
        actors: &[u16],
        ends: &[u32],
        times: &[i64],
        (first, last): (i64, i64),
        label: u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        let (offset, mut runs) = self.begin_piece(times.len(), first, last)?;
        self.times.extend_from_slice(times);
        runs.resize(actors.len().min(ends.len()), Run(0));
        // Written in any case, kept where it is wanted: no branch to be mispredicted.
        let (mut kept, mut begin) = (0, 0);
        for (actor, end) in actors.iter().zip(ends) {
            runs[kept] = Run::new(*actor, label, offset + begin, offset + *end as usize);
            kept += usize::from(!is_done(*actor));
            begin = *end as usize;
        }
        runs.truncate(kept);
        self.waiting.push(Waiting { runs, first, last, parked: None });
        Ok(())
    }

    /// Adds a piece as [`InOrder::add`] does, each event with a label of its own.
    pub fn add_labelled(
        &mut self,
        actors: &[u16],
        ends: &[u32],
        times: &[i64],
        (first, last): (i64, i64),
        label_of: impl Fn(usize) -> u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        let (_, mut runs) = self.begin_piece(times.len(), first, last)?;
        let (mut own, mut begin) = (Vec::new(), 0);
        for (actor, end) in actors.iter().zip(ends).map(|(actor, end)| (*actor, *end as usize)) {
            if !is_done(actor) {
                own.clear();
                own.extend((begin..end).map(|event| (label_of(event), times[event])));
                own.sort_unstable();
                for events in own.chunk_by(|one, next| one.0 == next.0) {
                    let offset = self.times.len();
                    self.times.extend(events.iter().map(|event| event.1));
                    runs.push(Run::new(actor, events[0].0, offset, self.times.len()));
                }
            }
            begin = end;
        }
        self.waiting.push(Waiting { runs, first, last, parked: None });
        Ok(())
    }

    /// Returns the place where a new piece's times go, and an empty list for its runs.
    fn begin_piece(&mut self, events: usize, first: i64, last: i64) -> Result<(usize, Vec<Run>), TooFar> {
        let offset = self.times.len();
        let parked: usize = self.waiting.iter().filter_map(|waiting| waiting.parked.as_ref()).map(Vec::len).sum();
        if first < -REACH || last >= REACH || offset + events + parked > MOST_EVENTS {
            return Err(TooFar);
        }
        let mut runs = self.spare.pop().unwrap_or_default();
        runs.clear();
        Ok((offset, runs))
    }

    /// Hands on all events that lie before `until`; the caller adds none later that does.
    pub fn pass(&mut self, until: i64, follower: &mut impl Follower) {
        let mut complete = Vec::new();
        let mut left = Vec::new();
        for mut waiting in self.waiting.drain(..) {
            if waiting.first >= until {
                waiting.park(&self.times);
                left.push(waiting);
                continue;
            }
            if let Some(parked) = waiting.parked.take() {
                let offset = self.times.len();
                self.times.extend_from_slice(&parked);
                waiting.runs.iter_mut().for_each(|run| *run = run.moved(offset));
            }
            if waiting.last >= until {
                let mut later = self.spare.pop().unwrap_or_default();
                let first = cut(&mut waiting.runs, &mut later, &self.times, until);
                let mut later = Waiting { runs: later, first, last: waiting.last, parked: None };
                later.park(&self.times);
                left.push(later);
            }
            complete.push(waiting.runs);
        }
        let runs = self.merged(complete);
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
    }

    /// Hands on the events that are left.
    pub fn end_band(&mut self, follower: &mut impl Follower) {
        self.pass(i64::MAX, follower);
    }

    /// Merges lists of runs into one, by actor.
    fn merged(&mut self, mut lists: Vec<Vec<Run>>) -> Vec<Run> {
        // The two shortest first.
        lists.sort_by_key(|list| std::cmp::Reverse(list.len()));
        while let Some(one) = lists.pop() {
            let Some(other) = lists.pop() else { return one };
            let mut both = self.spare.pop().unwrap_or_default();
            merge(&one, &other, &mut both);
            self.spare.extend([one, other]);
            let place = lists.partition_point(|list| list.len() > both.len());
            lists.insert(place, both);
        }
        self.spare.pop().map_or_else(Vec::new, |mut list| {
            list.clear();
            list
        })
    }
}

impl Waiting {
    /// Copies its times out of the list of all times.
    fn park(&mut self, times: &[i64]) {
        if self.parked.is_some() {
            return;
        }
        let mut parked = Vec::with_capacity(self.runs.iter().map(|run| run.end() - run.begin()).sum());
        for run in &mut self.runs {
            let begin = parked.len();
            parked.extend_from_slice(&times[run.begin()..run.end()]);
            *run = Run::new(run.actor(), run.label(), begin, parked.len());
        }
        self.parked = Some(parked);
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
