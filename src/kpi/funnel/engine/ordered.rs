//! Pure: answers ordered funnels. For each level it keeps the latest start of a chain that reaches it: no chain of that
//! level that started earlier can do what this one cannot, for a window closes by the start and exclusions look at the
//! level alone.

use super::{Definition, Entries, Event, ExclusionMode, Furthest, MOST_STEPS, Outcome, Scratch};
use crate::kpi::funnel::engine::runs::{Instant, Runs};

pub(super) fn attempt(definition: &Definition, events: &[Event], entries: Entries, scratch: &mut Scratch) -> Outcome {
    let furthest = furthest(definition, events, entries, &mut scratch.runs);
    if furthest.depth == 0 {
        return Outcome::default();
    }
    chain(definition, events, furthest, scratch)
}

/// The latest start of an open chain of each level. Level 0 is open while the instant at hand may begin a chain.
struct Chains {
    starts: [i64; MOST_STEPS + 1],
    open: u64,
}

impl Chains {
    fn offer(&mut self, level: usize, start: i64) {
        if self.open >> level & 1 == 0 || self.starts[level] < start {
            self.starts[level] = start;
            self.open |= 1 << level;
        }
    }
}

/// Finds the chain that goes furthest, in one pass. Its depth is 0 where nothing entered, or the actor is dropped.
fn furthest(definition: &Definition, events: &[Event], entries: Entries, runs: &mut Runs) -> Furthest {
    let plain = definition.exclusions.is_empty();
    let bits = definition.step_bits();
    let mut chains = Chains { starts: [0; MOST_STEPS + 1], open: 0 };
    let mut furthest = Furthest::default();
    let mut last_attempt = LastAttempt::default();
    let mut at = entries.begin(events);
    while let Some(event) = events.get(at) {
        let earliest = event.time.saturating_sub(definition.within);
        if earliest > entries.last || furthest.depth == definition.steps {
            break;
        }
        chains.starts[0] = event.time;
        chains.open = chains.open & !1 | u64::from(entries.contain(event.time));
        // Nearly all events of nearly all funnels come this way, in half the time of the other.
        if event.exclusions == 0 && events.get(at + 1).is_none_or(|next| next.time != event.time) {
            let (level, start) = step(&mut chains, event.steps & bits, earliest);
            if furthest.advance((level, start), event.time) {
                last_attempt = LastAttempt::default();
            }
            if !plain && level > 0 && level == furthest.depth {
                last_attempt.begin(start, false);
            }
            at += 1;
            continue;
        }
        let Some(instant) = Instant::at(events, at) else { break };
        runs.read(definition, &instant);
        let mut reached = (0, i64::MIN);
        for level in open_levels(&chains, earliest) {
            if runs.furthest(level) > level {
                reached = reached.max((runs.furthest(level), chains.starts[level]));
            }
        }
        if furthest.advance(reached, instant.time) {
            last_attempt = LastAttempt::default();
        }
        let barriers = Barriers { definition, exclusions: instant.exclusions() };
        if !plain {
            last_attempt.read(furthest.depth, &chains, earliest, runs, &barriers);
        }
        chains = pass(&chains, earliest, runs, &barriers);
        at = instant.next();
    }
    let dropped = definition.exclusion == ExclusionMode::DropActor && last_attempt.cut;
    if dropped { Furthest::default() } else { furthest }
}

/// Lets a lone event take chains further. It tries the highest step first, so that the event serves a chain once, and
/// says how far it took one, and that one's start.
fn step(chains: &mut Chains, mut steps: u32, earliest: i64) -> (usize, i64) {
    let mut reached = (0, 0);
    while steps != 0 {
        let level = steps.ilog2() as usize;
        steps ^= 1 << level;
        if chains.open >> level & 1 == 1 && chains.starts[level] >= earliest {
            let start = chains.starts[level];
            chains.offer(level + 1, start);
            if reached.0 == 0 {
                reached = (level + 1, start);
            }
        }
    }
    reached
}

/// Gives the levels, 0 among them, whose chain is still inside its window.
fn open_levels(chains: &Chains, earliest: i64) -> impl Iterator<Item = usize> {
    let mut pending = chains.open;
    std::iter::from_fn(move || {
        while pending != 0 {
            let level = pending.trailing_zeros() as usize;
            pending &= pending - 1;
            if chains.starts[level] >= earliest {
                return Some(level);
            }
        }
        None
    })
}

/// Gives the chains after an instant, from those before it.
fn pass(chains: &Chains, earliest: i64, runs: &Runs, barriers: &Barriers<'_>) -> Chains {
    let mut after = Chains { starts: [0; MOST_STEPS + 1], open: 0 };
    for level in open_levels(chains, earliest) {
        let barrier = barriers.of(level);
        for reached in level.max(barrier)..=runs.furthest(level) {
            after.offer(reached, chains.starts[level]);
        }
    }
    after
}

/// The exclusions that an instant's events match.
struct Barriers<'a> {
    definition: &'a Definition,
    exclusions: u32,
}

impl Barriers<'_> {
    /// Gives the level that a chain must have reached by the end of the instant, so that it lives, if it was at `level`
    /// before.
    fn of(&self, level: usize) -> usize {
        let mut barrier = 0;
        let mut pending = self.exclusions;
        while pending != 0 {
            let index = pending.trailing_zeros() as usize;
            pending &= pending - 1;
            match self.definition.exclusions.get(index) {
                Some(exclusion) if exclusion.after_step <= level => barrier = barrier.max(exclusion.before_step),
                _ => (),
            }
        }
        barrier
    }
}

/// The latest start among the chains that are as deep as any, and whether all chains with that start were cut.
#[derive(Default)]
struct LastAttempt {
    start: Option<i64>,
    cut: bool,
}

impl LastAttempt {
    fn read(&mut self, depth: usize, chains: &Chains, earliest: i64, runs: &Runs, barriers: &Barriers<'_>) {
        // First those that were there before the instant: what it holds lies after all their steps.
        if self.start.is_some_and(|start| start >= earliest) && barriers.of(depth) > depth {
            self.cut = true;
        }
        for level in open_levels(chains, earliest).filter(|level| *level < depth && runs.furthest(*level) >= depth) {
            self.begin(chains.starts[level], barriers.of(level) > depth);
        }
    }

    /// Notes one more chain that has come to the depth.
    fn begin(&mut self, start: i64, cut: bool) {
        if self.start.is_none_or(|last| last < start) {
            *self = LastAttempt { start: Some(start), cut };
        } else if self.start == Some(start) {
            self.cut &= cut;
        }
    }
}

/// Names the events of the chain. From its start on, each instant takes the chain as far as it can; exclusions may
/// forbid that, so with them it takes it as far as the end can still be reached from.
fn chain(definition: &Definition, events: &[Event], furthest: Furthest, scratch: &mut Scratch) -> Outcome {
    let plain = definition.exclusions.is_empty();
    let begin = events.partition_point(|event| event.time < furthest.start);
    if !plain {
        find_viable(definition, events, begin, furthest, scratch);
    }
    let mut outcome = Outcome::default();
    let (mut at, mut nth) = (begin, 0);
    while outcome.depth < furthest.depth {
        let Some(instant) = Instant::at(events, at) else { break };
        scratch.runs.read(definition, &instant);
        let mut level = scratch.runs.furthest(outcome.depth).min(furthest.depth);
        if !plain {
            let barriers = Barriers { definition, exclusions: instant.exclusions() };
            let next = next_levels(outcome.depth, scratch.viable[nth], instant.time == furthest.end, level, &barriers);
            // Never 0: the end is reached from here.
            level = next.checked_ilog2().map_or(outcome.depth, |highest| highest as usize);
        }
        scratch.runs.take(&instant, level, &mut outcome);
        (at, nth) = (instant.next(), nth + 1);
    }
    outcome
}

/// Gives those of the `viable` levels that a chain at `level` before an instant has after it. At the end none has to
/// live on.
fn next_levels(level: usize, viable: u64, is_end: bool, furthest: usize, barriers: &Barriers<'_>) -> u64 {
    let least = if is_end { level } else { level.max(barriers.of(level)) };
    if least > furthest {
        return 0;
    }
    viable & (u64::MAX << least) & (u64::MAX >> (63 - furthest))
}

/// Finds, going backwards, the levels after each instant from which the end can still be reached. The instants are
/// those from the start to the end.
fn find_viable(definition: &Definition, events: &[Event], begin: usize, furthest: Furthest, scratch: &mut Scratch) {
    let Scratch { runs, instants, viable } = scratch;
    instants.clear();
    let mut at = begin;
    while let Some(instant) = Instant::at(events, at).filter(|instant| instant.time <= furthest.end) {
        instants.push(at);
        at = instant.next();
    }
    viable.clear();
    viable.resize(instants.len(), 1 << furthest.depth);
    for nth in (1..instants.len()).rev() {
        let Some(instant) = Instant::at(events, instants[nth]) else { continue };
        runs.read(definition, &instant);
        let barriers = Barriers { definition, exclusions: instant.exclusions() };
        let is_end = instant.time == furthest.end;
        viable[nth - 1] = (1..furthest.depth)
            .filter(|level| next_levels(*level, viable[nth], is_end, runs.furthest(*level), &barriers) != 0)
            .fold(0, |levels, level| levels | 1 << level);
    }
}
