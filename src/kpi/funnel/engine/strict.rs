//! Pure: answers funnels in strict order. A chain is a stretch of the actor's events, so it lives on only where the
//! next event serves its next step; and of several events of one time it must take all to live on.

use super::{Definition, Entries, Event, Furthest, MOST_STEPS, Outcome, Scratch};
use crate::kpi::funnel::engine::runs::{Instant, Runs};

pub(super) fn attempt(definition: &Definition, events: &[Event], entries: Entries, scratch: &mut Scratch) -> Outcome {
    let furthest = furthest(definition, events, entries, &mut scratch.runs);
    if furthest.depth == 0 {
        return Outcome::default();
    }
    chain(definition, events, furthest, &mut scratch.runs)
}

/// Finds the chain that goes furthest, in one pass. For each level it keeps the latest start of a chain that the next
/// event continues.
fn furthest(definition: &Definition, events: &[Event], entries: Entries, runs: &mut Runs) -> Furthest {
    // Two sets change places. To copy one for each event would copy half a kilobyte, of which a short funnel uses little.
    let mut sets: [[Option<i64>; MOST_STEPS + 1]; 2] = [[None; MOST_STEPS + 1]; 2];
    let [chains, after] = &mut sets;
    let (mut chains, mut after) = (&mut chains[..=definition.steps], &mut after[..=definition.steps]);
    let mut furthest = Furthest::default();
    let mut at = entries.begin(events);
    while let Some(instant) = Instant::at(events, at) {
        let earliest = instant.time.saturating_sub(definition.within);
        if earliest > entries.last || furthest.depth == definition.steps {
            break;
        }
        runs.read(definition, &instant);
        after.fill(None);
        let mut reached = (0, i64::MIN);
        if entries.contain(instant.time) {
            let level = runs.furthest(0);
            after[1..=level].fill(Some(instant.time));
            reached = (level, instant.time);
        }
        for level in 1..definition.steps {
            let Some(start) = chains[level].filter(|start| *start >= earliest) else { continue };
            let to = runs.furthest(level);
            if to > level {
                reached = reached.max((to, start));
            }
            if level + instant.events.len() <= to {
                // Beyond what begins here: that is at most as deep as the instant is large.
                after[level + instant.events.len()] = Some(start);
            }
        }
        furthest.advance(reached, instant.time);
        std::mem::swap(&mut chains, &mut after);
        at = instant.next();
    }
    furthest
}

/// Names the events of the chain. All that is free is how many of the first instant's events it takes: the more, the
/// earlier its other steps and its end.
fn chain(definition: &Definition, events: &[Event], furthest: Furthest, runs: &mut Runs) -> Outcome {
    let begin = events.partition_point(|event| event.time < furthest.start);
    let Some(instant) = Instant::at(events, begin) else { return Outcome::default() };
    runs.read(definition, &instant);
    let most = runs.furthest(0).min(furthest.depth);
    (1..=most).rev().find_map(|taken| follow(definition, &instant, taken, events, furthest, runs)).unwrap_or_default()
}

/// Follows the chain that takes `taken` of the first instant's events, if that leads to the depth.
fn follow(
    definition: &Definition,
    first: &Instant<'_>,
    taken: usize,
    events: &[Event],
    furthest: Furthest,
    runs: &mut Runs,
) -> Option<Outcome> {
    let mut outcome = Outcome::default();
    runs.read(definition, first);
    runs.take(first, taken, &mut outcome);
    let mut at = first.next();
    while outcome.depth < furthest.depth {
        let instant = Instant::at(events, at)?;
        let level = furthest.depth.min(outcome.depth + instant.events.len());
        runs.read(definition, &instant);
        if runs.furthest(outcome.depth) < level {
            return None;
        }
        runs.take(&instant, level, &mut outcome);
        at = instant.next();
    }
    Some(outcome)
}
