//! Which event is in which group of a breakdown that the timeline keeps. The timeline hands out one key of an event at a
//! time, so it is read twice: here for the breakdown, then for the numbers; arrivals tell what belongs together.

use super::groups::Groups;
use super::reading::{EachValue, Seen};
use super::{Asked, question};
use crate::calendar::{Calendar, edges};
use crate::error::Error;

/// The groups of events.
pub struct Grouping {
    pub names: Vec<Option<String>>,
    /// Of the events in the order they were read; empty where there is one group.
    arrivals: Vec<i64>,
    groups: Vec<u16>,
}

impl Grouping {
    pub fn none() -> Grouping {
        Grouping { names: vec![None], arrivals: Vec::new(), groups: Vec::new() }
    }

    pub fn has_groups(&self) -> bool {
        !self.groups.is_empty()
    }

    pub fn memory(&self) -> usize {
        self.arrivals.capacity() * size_of::<i64>() + self.groups.capacity() * size_of::<u16>()
    }
}

/// The groups of events by a key that the timeline keeps; none where it is more than half of the memory.
pub fn grouping(asked: &Asked, breakdown: &str, calendar: &Calendar) -> Result<Option<Grouping>, Error> {
    let (mut source, buckets) = asked.scope.open(question(asked, breakdown, true), calendar)?;
    let most = source.memory.left() / 2 / (size_of::<i64>() + size_of::<u32>());
    let (mut arrivals, mut values, mut sizes) = (Vec::new(), Vec::new(), vec![0_u64]);
    source.visit(&mut EachValue::new(edges(&buckets), |seen: Seen| {
        if arrivals.len() < most {
            arrivals.push(seen.arrival);
            values.push(seen.value);
        }
        sizes.resize(sizes.len().max(seen.value as usize + 1), 0);
        sizes[seen.value as usize] += 1;
        Ok(())
    }))?;
    if sizes.iter().sum::<u64>() > arrivals.len() as u64 {
        return Ok(None);
    }
    let text = |value: usize| source.value(value as u32).unwrap_or_default().to_string();
    let texts: Vec<String> = (1..sizes.len()).map(text).collect();
    let groups = Groups::largest(&sizes, &texts, asked.most_groups);
    let of_events = values.into_iter().map(|value| groups.group_of(value as usize) as u16).collect();
    Ok(Some(Grouping { names: groups.names, arrivals, groups: of_events }))
}

/// The groups, event by event, when the same events are read again.
pub struct Again<'a> {
    grouping: &'a Grouping,
    events: usize,
    sorted: Vec<(i64, u16)>,
}

impl Again<'_> {
    pub fn of(grouping: &Grouping) -> Again<'_> {
        Again { grouping, events: 0, sorted: Vec::new() }
    }

    /// The group of the next event.
    pub fn next(&mut self, arrival: i64) -> usize {
        let Grouping { arrivals, groups, .. } = self.grouping;
        if groups.is_empty() {
            return 0;
        }
        let place = self.events;
        self.events += 1;
        if arrivals.get(place) == Some(&arrival) {
            return usize::from(groups[place]);
        }
        // Rows may come in another order the second time.
        if self.sorted.is_empty() {
            self.sorted = arrivals.iter().copied().zip(groups.iter().copied()).collect();
            self.sorted.sort_unstable();
        }
        let found = self.sorted.binary_search_by_key(&arrival, |(known, _)| *known);
        found.map_or(0, |place| usize::from(self.sorted[place].1))
    }
}
