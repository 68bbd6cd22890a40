//! Decides which value of the breakdown an actor has, and which values are shown apart.

use super::engine::Outcome;
use crate::error::Error;
use crate::kpi::funnel::definition::{Asked, Attribution};
use crate::memory::Memory;
use crate::readers::measuring::{Group, Groups};
use crate::source::Source;

/// What the funnel has to know of an event beyond its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    pub steps: u32,
    pub exclusions: u32,
    pub value: u32,
}

/// Finds the value of an actor that got so far; 0 where it has none, or where each value has an outcome of its own
/// (AllSteps).
pub fn value_of(attribution: Option<Attribution>, touched: &[(i64, Touch)], outcome: &Outcome) -> u32 {
    let mut touches = touched.iter().map(|(_, touch)| touch).filter(|touch| touch.steps != 0 && touch.value != 0);
    match attribution {
        None | Some(Attribution::AllSteps) => 0,
        Some(Attribution::FirstTouch) => touches.next().map_or(0, |touch| touch.value),
        Some(Attribution::LastTouch) => touches.next_back().map_or(0, |touch| touch.value),
        Some(Attribution::Step(step)) => {
            outcome.events().get(step).and_then(|event| touched.get(*event)).map_or(0, |(_, touch)| touch.value)
        }
    }
}

/// Gives the values among an actor's events, each once.
pub fn values_among(touched: &[(i64, Touch)]) -> Vec<u32> {
    let mut values: Vec<u32> = touched.iter().map(|(_, touch)| touch.value).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// How many actors entered by value, which is what ranks the values.
pub struct Entered {
    by_value: Vec<u64>,
    left: usize,
}

impl Entered {
    pub fn new(memory: &Memory) -> Entered {
        Entered { by_value: Vec::new(), left: memory.left() }
    }

    /// Counts actors that entered by a value. Error: 53200 more values than the call has memory for.
    pub fn add(&mut self, value: u32, actors: u64) -> Result<(), Error> {
        let value = value as usize;
        if value >= self.by_value.len() {
            // A list that grows holds up to twice what it needs.
            if value.saturating_mul(16) > self.left {
                return Err(Memory::exceeded());
            }
            self.by_value.resize(value + 1, 0);
        }
        self.by_value[value] += actors;
        Ok(())
    }

    /// Gives how many entered by group.
    pub fn by_group(&self, groups: &Groups) -> Vec<i64> {
        let mut by_group = vec![0; groups.names.len()];
        for (value, actors) in self.by_value.iter().enumerate() {
            if let Some(into) = by_group.get_mut(groups.group_of(value)) {
                *into += *actors as i64;
            }
        }
        by_group
    }

    /// Gives the values with the most actors, and the rest as one.
    pub fn groups(&self, source: &Source, asked: &Asked) -> Groups {
        let text = |value: usize| source.value(value as u32).unwrap_or_default().to_string();
        let texts: Vec<String> = (1..self.by_value.len()).map(text).collect();
        Groups::largest(&self.by_value, &texts, asked.most_groups)
    }
}

/// Gives the places of groups in the order that rows have: no value, then by letters, the rest last.
pub fn places_in_order(groups: &[Group]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..groups.len()).collect();
    places.sort_by_key(|place| &groups[*place]);
    places
}
