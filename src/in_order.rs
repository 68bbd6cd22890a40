//! Pure: the events of a band, actor by actor and in order of time, from pieces that come about in order of time: what is
//! known to be complete is handed on, actor by actor, and the next of an actor's events never lie before its last.
//!
//! A piece lists each actor once, with its events side by side; so pieces are merged by the actors that they list, which
//! are several times fewer than events, and then the few events of each actor.

/// Labels are numbers below this.
pub const LABELS: usize = 1 << LABEL_BITS;

const LABEL_BITS: u32 = 3;

/// Times reach so far from the year 2000, in microseconds (36,533 years), to leave room for a label.
const REACH: i64 = 1 << 60;

/// Time and label of an event in one number: in order of time, those of one time in order of their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    pub fn new(time: i64, label: u8) -> Moment {
        Moment(time << LABEL_BITS | i64::from(label))
    }

    pub fn time(self) -> i64 {
        self.0 >> LABEL_BITS
    }

    pub fn label(self) -> usize {
        self.0 as usize & (LABELS - 1)
    }
}

/// A time is beyond [`REACH`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFar;

#[derive(Debug, Default)]
pub struct InOrder {
    /// Of all events that wait, and of some that were handed on.
    moments: Vec<Moment>,
    waiting: Vec<Waiting>,
    spare: Vec<Vec<Run>>,
    /// The events of one actor, twice: they are merged from one into the other.
    own: [Vec<Moment>; 2],
}

/// The events of a piece that are not handed on yet.
#[derive(Debug)]
struct Waiting {
    /// By actor.
    runs: Vec<Run>,
    first: i64,
    last: i64,
}

/// The events of one actor in one piece: its place in the band, how many follow the first, where that is. In one number,
/// so that runs are merged without a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run(u64);

impl Run {
    fn new(actor: u16, begin: usize, end: usize) -> Run {
        Run(u64::from(actor) << 48 | u64::from((end - begin - 1) as u16) << 32 | u64::from(begin as u32))
    }

    fn actor(self) -> u16 {
        (self.0 >> 48) as u16
    }

    fn begin(self) -> usize {
        self.0 as u32 as usize
    }

    fn end(self) -> usize {
        self.begin() + usize::from((self.0 >> 32) as u16) + 1
    }
}

impl InOrder {
    /// Bytes that are held.
    pub fn memory(&self) -> usize {
        let waiting = self.waiting.iter().map(|waiting| waiting.runs.capacity()).sum::<usize>();
        let spare = self.spare.iter().map(Vec::capacity).sum::<usize>();
        8 * (self.moments.capacity() + waiting + spare + self.own[0].capacity() + self.own[1].capacity())
    }

    /// Forgets all events.
    pub fn begin_band(&mut self) {
        self.moments.clear();
        self.spare.extend(self.waiting.drain(..).map(|waiting| waiting.runs));
    }

    /// The events of a piece, all with one label: each actor once, ascending, where its events end (at most 65,536 in all),
    /// and their times, those of an actor ascending. Those of actors for which `is_done` are left out. What is refused
    /// leaves the band incomplete.
    pub fn add(
        &mut self,
        actors: &[u16],
        ends: &[u32],
        times: &[i64],
        label: u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        self.take(actors, ends, times, |_| label, is_done)
    }

    /// As [`InOrder::add`], each event with a label of its own.
    pub fn add_labelled(
        &mut self,
        actors: &[u16],
        ends: &[u32],
        times: &[i64],
        label_of: impl Fn(usize) -> u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        self.take(actors, ends, times, label_of, is_done)?;
        for run in self.waiting.last().iter().flat_map(|added| &added.runs) {
            // Those of one time.
            self.moments[run.begin()..run.end()].sort_unstable();
        }
        Ok(())
    }

    fn take(
        &mut self,
        actors: &[u16],
        ends: &[u32],
        times: &[i64],
        label_of: impl Fn(usize) -> u8,
        is_done: impl Fn(u16) -> bool,
    ) -> Result<(), TooFar> {
        let (Some(first), Some(last)) = (times.iter().copied().min(), times.iter().copied().max()) else {
            return Ok(());
        };
        let offset = self.moments.len();
        if first < -REACH || last >= REACH || u32::try_from(offset + times.len()).is_err() {
            return Err(TooFar);
        }
        self.moments.extend(times.iter().enumerate().map(|(event, time)| Moment::new(*time, label_of(event))));
        let mut runs = self.spare.pop().unwrap_or_default();
        runs.resize(actors.len().min(ends.len()), Run(0));
        // Written in any case, kept where it is wanted: no branch to be mispredicted.
        let (mut kept, mut begin) = (0, 0);
        for (actor, end) in actors.iter().zip(ends) {
            runs[kept] = Run::new(*actor, offset + begin, offset + *end as usize);
            kept += usize::from(!is_done(*actor));
            begin = *end as usize;
        }
        runs.truncate(kept);
        self.waiting.push(Waiting { runs, first, last });
        Ok(())
    }

    /// Hands on all that lies before `until`: no event that is added later does. `deliver` is called once for each actor
    /// that has such events.
    pub fn pass(&mut self, until: i64, mut deliver: impl FnMut(u16, &[Moment])) {
        let mut complete = Vec::new();
        let mut left = Vec::new();
        for mut waiting in self.waiting.drain(..) {
            if waiting.first >= until {
                left.push(waiting);
                continue;
            }
            if waiting.last >= until {
                let mut later = self.spare.pop().unwrap_or_default();
                let first = cut(&mut waiting.runs, &mut later, &self.moments, until);
                left.push(Waiting { runs: later, first, last: waiting.last });
            }
            complete.push(waiting.runs);
        }
        let runs = self.merged(complete);
        for own in runs.chunk_by(|one, next| one.actor() == next.actor()) {
            let moments = merged_moments(own, &self.moments, &mut self.own);
            own.iter().take(1).for_each(|run| deliver(run.actor(), moments));
        }
        self.spare.push(runs);
        self.waiting = left;
        self.forget();
    }

    /// Hands on what is left.
    pub fn end_band(&mut self, deliver: impl FnMut(u16, &[Moment])) {
        self.pass(i64::MAX, deliver);
    }

    /// All runs in one list, by actor.
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

    /// Frees the moments that were handed on, at once where none waits, else when they are most of all.
    fn forget(&mut self) {
        let runs = || self.waiting.iter().flat_map(|waiting| &waiting.runs);
        let left: usize = runs().map(|run| run.end() - run.begin()).sum();
        if left > 0 && self.moments.len() < 4 * left + 262_144 {
            return;
        }
        let mut moments = Vec::with_capacity(left);
        for run in self.waiting.iter_mut().flat_map(|waiting| &mut waiting.runs) {
            let begin = moments.len();
            moments.extend_from_slice(&self.moments[run.begin()..run.end()]);
            *run = Run::new(run.actor(), begin, moments.len());
        }
        if left > 0 {
            self.moments = moments;
        } else {
            self.moments.clear();
        }
    }
}

/// Leaves in `runs` what lies before `until`, puts the others into `later`, and returns the first time of those.
fn cut(runs: &mut Vec<Run>, later: &mut Vec<Run>, moments: &[Moment], until: i64) -> i64 {
    later.clear();
    let mut first = i64::MAX;
    runs.retain_mut(|run| {
        let (actor, begin, end) = (run.actor(), run.begin(), run.end());
        let middle = begin + moments[begin..end].partition_point(|moment| moment.time() < until);
        if middle < end {
            first = first.min(moments[middle].time());
            later.push(Run::new(actor, middle, end));
        }
        if begin < middle {
            *run = Run::new(actor, begin, middle);
        }
        begin < middle
    });
    first
}

/// The events of these runs in order.
fn merged_moments<'a>(runs: &[Run], moments: &'a [Moment], buffers: &'a mut [Vec<Moment>; 2]) -> &'a [Moment] {
    let of = |run: &Run| &moments[run.begin()..run.end()];
    let [one, other, rest @ ..] = runs else { return runs.first().map_or(&[], of) };
    let [result, spare] = buffers;
    merge_short(of(one), of(other), result);
    for run in rest {
        merge_short(result, of(run), spare);
        std::mem::swap(result, spare);
    }
    result
}

/// Few events of each: no branch but that of the loop.
fn merge_short(one: &[Moment], other: &[Moment], both: &mut Vec<Moment>) {
    let (Some(last), Some(last_other)) = (one.len().checked_sub(1), other.len().checked_sub(1)) else {
        both.clear();
        both.extend_from_slice(one);
        both.extend_from_slice(other);
        return;
    };
    both.resize(one.len() + other.len(), Moment(0));
    let (mut place, mut place_other) = (0, 0);
    for moment in both {
        let next = if place <= last { one[place.min(last)] } else { Moment(i64::MAX) };
        let next_other = if place_other <= last_other { other[place_other.min(last_other)] } else { Moment(i64::MAX) };
        let is_one = next <= next_other;
        *moment = next.min(next_other);
        place += usize::from(is_one);
        place_other += usize::from(!is_one);
    }
}

/// From both ends at once: each step waits for the one before it at the same end only.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Time, label, actor.
    type Event = (i64, u8, u16);

    /// Adds a piece of these events.
    fn add(in_order: &mut InOrder, events: &[Event]) -> Result<(), TooFar> {
        let mut events = events.to_vec();
        events.sort_by_key(|event| (event.2, event.0));
        let (mut actors, mut ends) = (Vec::new(), Vec::new());
        for own in events.chunk_by(|one, next| one.2 == next.2) {
            actors.push(own[0].2);
            ends.push(ends.last().copied().unwrap_or(0) + own.len() as u32);
        }
        let times: Vec<i64> = events.iter().map(|event| event.0).collect();
        in_order.add_labelled(&actors, &ends, &times, |event| events[event].1, |actor| actor == 8)
    }

    /// `chunks`: of pieces; between them, what is complete is passed.
    fn delivered(loose: &[Event], chunks: &[Vec<Vec<Event>>]) -> Result<Vec<Event>, TooFar> {
        let (mut in_order, mut all) = (InOrder::default(), Vec::new());
        let mut deliver = |actor: u16, moments: &[Moment]| {
            all.extend(moments.iter().map(|moment| (moment.time(), moment.label() as u8, actor)));
        };
        in_order.begin_band();
        add(&mut in_order, loose)?;
        for chunk in chunks {
            let first = chunk.iter().flatten().map(|event| event.0).min();
            in_order.pass(first.unwrap_or(i64::MIN), &mut deliver);
            for piece in chunk {
                add(&mut in_order, piece)?;
            }
        }
        in_order.end_band(deliver);
        Ok(all)
    }

    #[test]
    fn times_out_of_reach_are_refused() {
        assert_eq!(delivered(&[(REACH - 1, 7, 3), (-REACH, 0, 3)], &[]), Ok(vec![(-REACH, 0, 3), (REACH - 1, 7, 3)]));
        assert_eq!(delivered(&[(REACH, 0, 1)], &[]), Err(TooFar));
        assert_eq!(delivered(&[(-REACH - 1, 0, 1)], &[]), Err(TooFar));
        assert_eq!(delivered(&[(i64::MAX, 0, 1), (i64::MIN, 0, 1)], &[]), Err(TooFar));
    }

    #[test]
    fn without_events_nothing_comes() {
        assert_eq!(delivered(&[], &[]), Ok(vec![]));
        assert_eq!(delivered(&[], &[vec![], vec![vec![]]]), Ok(vec![]));
    }

    #[test]
    fn one_actor_may_have_all_events_of_a_piece() {
        let events: Vec<Event> = (0..65_536).map(|time| (time, 1, 65_535)).collect();
        assert_eq!(delivered(&[], &[vec![events.clone()]]), Ok(events));
    }

    #[test]
    fn what_waits_long_is_kept_and_what_is_handed_on_is_freed() {
        let (mut in_order, mut count) = (InOrder::default(), 0);
        in_order.begin_band();
        add(&mut in_order, &[(i64::from(u32::MAX), 0, 1)]).expect("near");
        for chunk in 0..40 {
            in_order.pass(chunk * 65_536, |_, moments| count += moments.len());
            let events: Vec<Event> = (0..65_536).map(|n| (chunk * 65_536 + n, 0, (n % 1_000) as u16 + 10)).collect();
            add(&mut in_order, &events).expect("near");
        }
        assert!(in_order.memory() < 12 << 20, "{}", in_order.memory());
        in_order.end_band(|_, moments| count += moments.len());
        assert_eq!(count, 40 * 65_536 + 1);
    }

    proptest! {
        #[test]
        fn each_actors_events_come_in_order(
            chunks in prop::collection::vec(
                prop::collection::vec(prop::collection::vec((-500i64..500, 0u8..8, 0u16..9), 0..30), 0..3), 0..8),
            loose in prop::collection::vec((-500i64..500, 0u8..8, 0u16..9), 0..20),
        ) {
            let mut chunks = chunks;
            // As the timeline's chunks come: by their first event.
            chunks.sort_by_key(|chunk| chunk.iter().flatten().map(|event| event.0).min());
            let mut expected: Vec<Event> = chunks.iter().flatten().flatten().chain(&loose).copied().collect();
            expected.retain(|event| event.2 != 8);
            expected.sort_unstable_by_key(|event| (event.2, event.0, event.1));
            // Stable: what is wrong within an actor stays wrong.
            let mut found = delivered(&loose, &chunks).expect("near");
            found.sort_by_key(|event| event.2);
            prop_assert_eq!(found, expected);
        }
    }
}
