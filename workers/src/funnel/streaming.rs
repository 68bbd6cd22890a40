//! Answers ordered funnels of the actors of a band, or of some of them, in one pass over their events. Each actor's events
//! come in order of time, a few at a time, so that they need not be gathered. Each event matches one step.
//!
//! For each actor and level it keeps the times of the chain that started last, and among such chains of the one whose
//! further steps are the earliest: an event of the next step continues it, if it lies within the window. Events of one
//! time are read in the order of their steps, so that a chain may pass through several of them: that is `any`.

use crate::in_order::{Follower, Moment, Turn};
use std::collections::TryReserveError;
use std::ops::Range;

/// It takes funnels of at most this many steps: with more the chains of 65,536 actors would no longer fit a cache.
pub const MOST_STEPS: usize = 8;

/// The state of the actors of a funnel that needs at most `SIZE` numbers for each of them: see [`size`].
#[derive(Debug)]
pub struct Streaming<const SIZE: usize> {
    steps: usize,
    /// The microseconds within which a chain has to come to its end.
    within: i64,
    /// The first of the actors.
    first: usize,
    /// For each actor how deep it came, and then, for each level below the last, the times of its chain: level 1, level
    /// 2, ...
    states: Vec<[i64; SIZE]>,
    /// For each actor the times at which it reached the steps.
    reached: Vec<i64>,
    /// The actors that reached the last step, a bit for each: none of their later events matters.
    done: Vec<u64>,
    moments: Vec<Moment>,
    /// A number without meaning: it is made of states so that these have to be read.
    expected: i64,
}

const NEVER: i64 = i64::MIN;

/// Tells how many numbers an actor's state needs.
pub const fn size(steps: usize) -> usize {
    1 + steps * steps.saturating_sub(1) / 2
}

impl<const SIZE: usize> Streaming<SIZE> {
    /// Makes the state of a funnel of so many steps, with at most so many microseconds from the first one to the last.
    pub fn new(steps: usize, within: i64) -> Self {
        assert!(size(steps) <= SIZE && steps <= MOST_STEPS, "a smaller state answers another funnel");
        Streaming {
            steps,
            within,
            first: 0,
            states: Vec::new(),
            reached: Vec::new(),
            done: Vec::new(),
            moments: Vec::new(),
            expected: 0,
        }
    }

    /// Tells how many bytes this many actors would take.
    pub fn would_take(&self, actors: usize) -> usize {
        8 * actors * (SIZE + self.steps)
    }

    /// Forgets all actors, and makes room for others: these places of a band. Error: the system gives no memory.
    pub fn begin_band(&mut self, actors: Range<usize>) -> Result<(), TryReserveError> {
        let count = actors.len();
        let mut state = [NEVER; SIZE];
        state[0] = 0;
        self.first = actors.start;
        self.states.clear();
        self.states.try_reserve(count)?;
        self.states.resize(count, state);
        self.reached.clear();
        self.reached.try_reserve(count * self.steps)?;
        self.reached.resize(count * self.steps, 0);
        self.done.clear();
        self.done.resize(count.div_ceil(64), 0);
        Ok(())
    }

    fn place_of(&self, actor: u16) -> usize {
        usize::from(actor) - self.first
    }

    /// Brings the state of an actor that will be read soon into the cache.
    #[inline]
    pub fn expect(&mut self, actor: u16) {
        self.expected ^= self.states[self.place_of(actor)][0];
    }

    pub fn is_done(&self, actor: u16) -> bool {
        let actor = self.place_of(actor);
        self.done[actor / 64] >> (actor % 64) & 1 == 1
    }

    #[inline]
    pub fn read(&mut self, actor: u16, turn: &Turn<'_>) {
        let actor = self.place_of(actor);
        let depth = self.states[actor][0] as usize;
        if depth == self.steps {
            return;
        }
        if self.steps <= 3 || depth <= 2 && turn.times(2).is_empty() {
            self.read_first_levels(actor, turn);
        } else {
            let mut moments = std::mem::take(&mut self.moments);
            turn.in_order(&mut moments);
            self.read_all(actor, &moments);
            self.moments = moments;
        }
    }

    /// Reads events of an actor where no chain goes beyond level 3: it looks only at those that can make a difference.
    fn read_first_levels(&mut self, actor: usize, turn: &Turn<'_>) {
        let (firsts, seconds, thirds) = (turn.times(0), turn.times(1), turn.times(2));
        let state = &mut self.states[actor];
        let reached = &mut self.reached[actor * self.steps..][..self.steps];
        let mut depth = state[0] as usize;
        if depth == 0 {
            let Some(first) = firsts.first() else { return };
            reached[0] = *first;
            depth = 1;
        }
        if depth == 1
            && self.steps > 1
            && let Some((start, second)) = first_second(state[1], firsts, seconds, self.within)
        {
            (state[2], state[3]) = (start, second);
            (reached[0], reached[1]) = (start, second);
            depth = 2;
        }
        if depth == 2 && self.steps > 2 {
            let mut seen = 0;
            for third in thirds {
                let before = seen + seconds[seen..].partition_point(|second| second <= third);
                renew_second(state, firsts, &seconds[seen..before], self.within);
                seen = before;
                if state[3] <= *third && state[2] >= third.saturating_sub(self.within) {
                    (reached[0], reached[1], reached[2]) = (state[2], state[3], *third);
                    depth = 3;
                    break;
                }
            }
            if depth == 2 {
                renew_second(state, firsts, &seconds[seen..], self.within);
            }
        }
        if let Some(last) = firsts.last() {
            state[1] = *last;
        }
        state[0] = depth as i64;
        if depth == self.steps {
            self.done[actor / 64] |= 1 << (actor % 64);
        }
    }

    /// Reads events of an actor one by one.
    fn read_all(&mut self, actor: usize, moments: &[Moment]) {
        let mut state = self.states[actor];
        for moment in moments {
            let (step, time) = (moment.label(), moment.time());
            let depth = state[0] as usize;
            if depth == self.steps {
                break;
            }
            // Where the chain of level `step` begins, and that of the level that this event takes it to.
            let from = 1 + step * step.wrapping_sub(1) / 2;
            let to = from + step;
            if step > 0 {
                let start = state[from];
                if start == NEVER || start < time.saturating_sub(self.within) {
                    continue;
                }
                if step + 1 < self.steps && state[to] < start {
                    for place in 0..step {
                        state[to + place] = state[from + place];
                    }
                    state[to + step] = time;
                }
            } else if self.steps > 1 {
                state[1] = time;
            }
            if depth <= step {
                state[0] = step as i64 + 1;
                let reached = actor * self.steps;
                self.reached[reached..reached + step].copy_from_slice(&state[from..to]);
                self.reached[reached + step] = time;
                if step + 1 == self.steps {
                    self.done[actor / 64] |= 1 << (actor % 64);
                }
            }
        }
        self.states[actor] = state;
    }

    /// Calls the visitor with each actor that entered, and the times of the steps that it reached. An error ends it.
    pub fn visit<E>(&self, mut visitor: impl FnMut(u16, &[i64]) -> Result<(), E>) -> Result<(), E> {
        for (actor, state) in self.states.iter().enumerate().filter(|(_, state)| state[0] > 0) {
            let reached = actor * self.steps;
            visitor((self.first + actor) as u16, &self.reached[reached..reached + state[0] as usize])?;
        }
        Ok(())
    }
}

impl<const SIZE: usize> Follower for Streaming<SIZE> {
    #[inline]
    fn expect(&mut self, actor: u16) {
        Streaming::expect(self, actor);
    }

    #[inline]
    fn follow(&mut self, actor: u16, turn: &Turn<'_>) {
        self.read(actor, turn);
    }
}

/// Finds the first step 2 within the window after a step 1, and the last step 1 before it. `carried` is the last step 1
/// before these events, or never.
fn first_second(carried: i64, firsts: &[i64], seconds: &[i64], within: i64) -> Option<(i64, i64)> {
    let (mut start, mut later) = (carried, firsts);
    for second in seconds {
        while let Some((first, rest)) = later.split_first().filter(|(first, _)| *first <= second) {
            (start, later) = (*first, rest);
        }
        if start != NEVER && start >= second.saturating_sub(within) {
            return Some((start, *second));
        }
    }
    None
}

/// Brings the chain of level 2 up to date. It is that of the last step 1 which any step 2 follows within the window,
/// and of those steps 2 the first. The state holds the last step 1 before the turn, and the chain so far; `seconds` are
/// the steps 2 of the turn that were not looked at yet.
fn renew_second<const SIZE: usize>(state: &mut [i64; SIZE], firsts: &[i64], seconds: &[i64], within: i64) {
    let mut before = seconds.last().map_or(0, |last| firsts.partition_point(|first| first <= last));
    for (place, second) in seconds.iter().enumerate().rev() {
        while before > 0 && firsts[before - 1] > *second {
            before -= 1;
        }
        let start = if before > 0 { firsts[before - 1] } else { state[1] };
        // Starts before earlier events are not later.
        if start <= state[2] {
            return;
        }
        if start >= second.saturating_sub(within) {
            let first = seconds[..place].iter().rev().take_while(|second| **second >= start).last();
            (state[2], state[3]) = (start, *first.unwrap_or(second));
            return;
        }
    }
}
