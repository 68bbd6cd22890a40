//! Answers by the definition, word for word: it makes every chain there is, and takes the best of them.

use crate::kpi::funnel::engine::{Definition, Entry, Event, ExclusionMode, Ordering, Ties};
use std::cmp::Reverse;

/// A chain as the indexes of its events.
pub type Chain = Vec<usize>;

/// The depth, the times, and every chain that an outcome may name.
pub type Answer = (usize, Vec<i64>, Vec<Chain>);

pub fn answer(definition: &Definition, events: &[Event], enters: &dyn Fn(i64) -> bool) -> Answer {
    let chains = chains(definition, events, enters);
    let times = |chain: &Chain| -> Vec<i64> { chain.iter().map(|index| events[*index].time).collect() };
    let depth = chains.iter().map(Vec::len).max().unwrap_or(0);
    let deepest: Vec<&Chain> = chains.iter().filter(|chain| chain.len() == depth && depth > 0).collect();
    if definition.exclusion == ExclusionMode::DropActor {
        let last = deepest.iter().map(|chain| events[chain[0]].time).max();
        let mut attempts = deepest.iter().filter(|chain| Some(events[chain[0]].time) == last).peekable();
        if attempts.peek().is_some() && attempts.all(|chain| is_cut(definition, events, chain)) {
            return (0, Vec::new(), Vec::new());
        }
    }
    let rank = |chain: &Chain| {
        let times = times(chain);
        (times[depth - 1], Reverse(times[0]), times)
    };
    let Some(best) = deepest.iter().map(|chain| rank(chain)).min() else { return (0, Vec::new(), Vec::new()) };
    let named = deepest.into_iter().filter(|chain| rank(chain) == best).cloned().collect();
    (depth, best.2, named)
}

/// Makes every chain that counts.
fn chains(definition: &Definition, events: &[Event], enters: &dyn Fn(i64) -> bool) -> Vec<Chain> {
    let mut found = Vec::new();
    match definition.ordering {
        Ordering::Ordered => extend(definition, events, &mut Vec::new(), &mut found),
        Ordering::Strict => {
            for reading in readings(events) {
                for from in 0..reading.len() {
                    for to in from + 1..=reading.len().min(from + definition.steps) {
                        found.push(reading[from..to].to_vec());
                    }
                }
            }
            found.retain(|chain| chain.iter().enumerate().all(|(step, index)| events[*index].steps >> step & 1 == 1));
        }
        Ordering::Unordered => {
            for set in 1u32..1 << events.len() {
                let chain: Chain = (0..events.len()).filter(|index| set >> index & 1 == 1).collect();
                if serve_all(definition, events, &chain, 0) {
                    found.push(chain);
                }
            }
        }
    }
    let entry = if definition.ordering == Ordering::Unordered { u32::MAX >> (32 - definition.steps) } else { 1 };
    let first = events.iter().filter(|event| event.steps & entry != 0).map(|event| event.time).min();
    found.retain(|chain| {
        let (start, end) = (events[chain[0]].time, events[chain[chain.len() - 1]].time);
        end - start <= definition.within
            && enters(start)
            && (definition.entry == Entry::Latest || Some(start) == first)
            && !is_void(definition, events, chain)
    });
    found.sort();
    found.dedup();
    found
}

fn extend(definition: &Definition, events: &[Event], chain: &mut Chain, found: &mut Vec<Chain>) {
    if chain.len() == definition.steps {
        return;
    }
    for (index, event) in events.iter().enumerate() {
        let follows = chain.last().is_none_or(|last| match definition.ties {
            Ties::Any => events[*last].time <= event.time,
            Ties::Strict => events[*last].time < event.time,
        });
        if follows && event.steps >> chain.len() & 1 == 1 && !chain.contains(&index) {
            chain.push(index);
            found.push(chain.clone());
            extend(definition, events, chain, found);
            chain.pop();
        }
    }
}

/// Makes every order in which the events may have happened.
fn readings(events: &[Event]) -> Vec<Vec<usize>> {
    let mut readings: Vec<Vec<usize>> = vec![Vec::new()];
    for place in 0..events.len() {
        readings = readings
            .into_iter()
            .flat_map(|reading| {
                let next: Vec<usize> = (0..events.len())
                    .filter(|index| !reading.contains(index) && events[*index].time == events[place].time)
                    .collect();
                next.into_iter().map(move |index| [reading.clone(), vec![index]].concat())
            })
            .collect();
    }
    readings
}

/// Tells whether the events of the set can serve a step each, none of them one that is taken.
fn serve_all(definition: &Definition, events: &[Event], set: &[usize], taken: u32) -> bool {
    let Some((first, rest)) = set.split_first() else { return true };
    (0..definition.steps)
        .filter(|step| events[*first].steps >> step & 1 == 1 && taken >> step & 1 == 0)
        .any(|step| serve_all(definition, events, rest, taken | 1 << step))
}

/// Tells whether an exclusion voids a chain: it lies after the one step, and before the other or the end of the chain.
fn is_void(definition: &Definition, events: &[Event], chain: &Chain) -> bool {
    definition.exclusions.iter().enumerate().any(|(index, exclusion)| {
        chain.len() > exclusion.after_step
            && events.iter().filter(|event| event.exclusions >> index & 1 == 1).any(|event| {
                let until = exclusion.before_step.min(chain.len());
                events[chain[exclusion.after_step - 1]].time < event.time && event.time < events[chain[until - 1]].time
            })
    })
}

/// Tells whether an exclusion cuts a chain: it lies after the one step and inside the window, and the other step is not
/// there.
fn is_cut(definition: &Definition, events: &[Event], chain: &Chain) -> bool {
    definition.exclusions.iter().enumerate().any(|(index, exclusion)| {
        (exclusion.after_step..exclusion.before_step).contains(&chain.len())
            && events.iter().filter(|event| event.exclusions >> index & 1 == 1).any(|event| {
                events[chain[exclusion.after_step - 1]].time < event.time
                    && event.time - events[chain[0]].time <= definition.within
            })
    })
}
