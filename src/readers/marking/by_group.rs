//! Finds the groups of a breakdown by their actors: an actor counts for each value that it had.

use crate::error::Error;
use crate::memory::Memory;
use crate::readers::breakdown::{Breakdown, Groups};
use crate::readers::distinct::{Distinct, Full};
use crate::readers::each_event::try_each_event;
use crate::source::Source;
use crate::source::question::{Piece, Reader};

/// Finds the values with the most actors that have an event with one of these labels; without a breakdown the one group
/// of all. The question must touch the keys of the breakdown. Error: 53200 more actors and values than fit.
pub fn groups_by_actors(source: &mut Source, breakdown: Option<&Breakdown>, labels: u64) -> Result<Groups, Error> {
    let Some(breakdown) = breakdown else { return Ok(Groups::largest(&[1_i64], &[], 1)) };
    let left = source.memory.left();
    let mut counting =
        CountingActors { labels, distinct: Distinct::new(left / 2), counts: vec![0], most: left / VALUE };
    source.visit(&mut counting)?;
    let mut sizes = counting.counts;
    let texts: Vec<String> = (1..).map_while(|number| source.value(number)).map(str::to_string).collect();
    sizes.resize(texts.len() + 1, 0);
    let mut groups = Groups::largest(&sizes, &texts, breakdown.most);
    groups.actors = vec![0; groups.names.len()];
    for (value, actors) in sizes.into_iter().enumerate() {
        let group = groups.group_of(value);
        if let Some(into) = groups.actors.get_mut(group) {
            *into += actors;
        }
    }
    Ok(groups)
}

/// How many bytes a value takes, about: its count, its text once more, its place in the order.
const VALUE: usize = 100;

/// Counts the distinct actors of each value; 0 is the number of no value.
struct CountingActors {
    labels: u64,
    distinct: Distinct,
    counts: Vec<i64>,
    /// The most values that fit.
    most: usize,
}

impl Reader<Error> for CountingActors {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let values = piece.values.iter().max().map_or(0, |value| *value as usize) + 1;
        if values > self.most {
            return Err(Memory::exceeded());
        }
        self.counts.resize(self.counts.len().max(values), 0);
        let mut last = None;
        try_each_event(piece, |event| {
            if event.label & self.labels == 0 || last == Some((event.value, event.actor)) {
                return Ok(());
            }
            last = Some((event.value, event.actor));
            self.distinct.add(event.value, event.actor).map_err(|Full| Memory::exceeded())
        })
    }

    fn end_band(&mut self) -> Result<(), Error> {
        self.distinct.end_band(|value, actors| self.counts[value as usize] += actors);
        Ok(())
    }
}
