//! What the tests of funnels share: definitions and events in few words.

mod cases;
mod definitions;
pub mod oracle;
mod properties;

use super::{Definition, Entry, Event, ExclusionMode, Ordering, Ties};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Makes an ordered funnel as most are. Times are in whatever unit the test speaks.
pub fn funnel(steps: usize, within: i64) -> Definition {
    Definition {
        steps,
        within,
        ordering: Ordering::Ordered,
        entry: Entry::Latest,
        ties: Ties::Any,
        exclusions: Vec::new(),
        exclusion: ExclusionMode::DropFromHere,
    }
}

/// Makes events of names; a step is the name it asks for.
pub fn events(steps: &[&str], named: &[(i64, &str)]) -> Vec<Event> {
    excluding(steps, &[], named)
}

fn excluding(steps: &[&str], excluded: &[&str], named: &[(i64, &str)]) -> Vec<Event> {
    let matched = |names: &[&str], name: &str| {
        names.iter().enumerate().filter(|(_, wanted)| **wanted == name).fold(0, |bits, (index, _)| bits | 1 << index)
    };
    named
        .iter()
        .map(|(time, name)| Event { time: *time, steps: matched(steps, name), exclusions: matched(excluded, name) })
        .collect()
}
