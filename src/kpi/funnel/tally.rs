//! Counts what a funnel shows of its actors: how many reach each step, and how long it took them.

use super::definition::Asked;
use super::engine::optional;
use super::gathering::Reached;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::breakdown::{Entered, places_in_order};
use crate::memory::Memory;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::adding::{ALL_TIME, Cut, Gathered, exchange};
use crate::readers::durations::{Durations, mean, median};
use crate::readers::measuring::Groups;
use foldhash::{HashMap, HashMapExt};
use serde::{Deserialize, Serialize};
use std::collections::hash_map;

/// The counts of each step, by value of the breakdown.
pub struct Tally {
    steps: usize,
    values: HashMap<u32, OfValue>,
    left: usize,
}

/// The counts of a value. Of the actor that was added last it is known how far it came, for it may make several journeys.
#[derive(Default)]
struct OfValue {
    steps: Vec<Step>,
    last: Option<(TenantId, ActorNumber)>,
    depth: usize,
}

impl OfValue {
    fn of(steps: usize) -> OfValue {
        OfValue { steps: vec![Step::default(); steps], ..OfValue::default() }
    }
}

#[derive(Default, Clone, Serialize, Deserialize)]
struct Step {
    actors: i64,
    /// How many journeys came so far: where actors are counted, as many as there are actors.
    entries: i64,
    /// The microseconds that each journey took from the step before.
    durations: Durations,
}

impl Additive for Step {
    fn add_up(&mut self, other: Step) -> Result<(), Damaged> {
        self.actors.add_up(other.actors)?;
        self.entries.add_up(other.entries)?;
        self.durations.add_up(other.durations)
    }

    fn is_nothing(&self) -> bool {
        self.actors == 0 && self.entries == 0 && self.durations.is_nothing()
    }
}

/// A row: the value, the step, its event, its actors, their share of those of the step before and of the first one, the
/// seconds from the step before (mean, median), whether the value stands for all others, and how many entries there were.
pub type Row =
    (Option<String>, i32, String, i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>, bool, Option<i64>);

impl Tally {
    pub fn new(steps: usize, memory: &Memory) -> Tally {
        Tally { steps, values: HashMap::new(), left: memory.left() }
    }

    pub fn add(&mut self, reached: &Reached<'_>) -> Result<(), Error> {
        // A list that grows holds up to twice what it needs.
        self.left = self.left.checked_sub(16 * reached.times.len()).ok_or_else(Memory::exceeded)?;
        let of_value = match self.values.entry(reached.value) {
            hash_map::Entry::Occupied(known) => known.into_mut(),
            hash_map::Entry::Vacant(new) => {
                // Its place in the table, and its steps.
                let size = 64 + self.steps * size_of::<Step>();
                self.left = self.left.checked_sub(size).ok_or_else(Memory::exceeded)?;
                new.insert(OfValue::of(self.steps))
            }
        };
        let actor = Some((reached.tenant, reached.number));
        if of_value.last != actor {
            (of_value.last, of_value.depth) = (actor, 0);
        }
        let OfValue { steps, depth, .. } = of_value;
        for (place, time) in reached.times.iter().enumerate() {
            steps[place].entries += 1;
            steps[place].actors += i64::from(place >= *depth);
            if let Some(before) = place.checked_sub(1) {
                steps[place].durations.push(time - reached.times[before]);
            }
        }
        *depth = reached.times.len().max(*depth);
        Ok(())
    }

    /// Adds an actor that may have left some steps out, and that has no value of the breakdown.
    pub fn add_steps(&mut self, reached: &[Option<optional::Step>]) -> Result<(), Error> {
        self.left = self.left.checked_sub(16 * reached.len()).ok_or_else(Memory::exceeded)?;
        let of_none = self.values.entry(0).or_insert_with(|| OfValue::of(self.steps));
        for (step, reached) in of_none.steps.iter_mut().zip(reached) {
            step.actors += i64::from(reached.is_some());
            step.entries += i64::from(reached.is_some());
            if let Some(micros) = reached.and_then(|reached| reached.micros) {
                step.durations.push(micros);
            }
        }
        Ok(())
    }

    /// Gives how many actors, or journeys where these are counted, entered by each value.
    pub fn entered(&self, memory: &Memory) -> Result<Entered, Error> {
        let mut entered = Entered::new(memory);
        for (value, OfValue { steps, .. }) in &self.values {
            entered.add(*value, steps.first().map_or(0, |step| step.entries as u64))?;
        }
        Ok(entered)
    }

    /// Makes a row for each group of values and step; where nobody entered, the rows of no value. Errors: those of parts.
    pub fn rows(self, asked: &Asked, groups: Groups) -> Result<Vec<Row>, Error> {
        let count = self.steps;
        let mut grouped = vec![vec![Step::default(); count]; groups.names.len()];
        for (value, OfValue { steps, .. }) in self.values {
            for (into, step) in grouped[groups.group_of(value as usize)].iter_mut().zip(steps) {
                into.actors += step.actors;
                into.entries += step.entries;
                into.durations.append(step.durations);
            }
        }
        let gathered = Gathered { groups: groups.names, totals: Vec::<()>::new(), cells: grouped };
        let size = |(): &(), steps: &Vec<Step>| steps.first().map_or(0, |step| step.entries);
        let cut = Cut { most: asked.most_groups, size, are_actors: false };
        let (groups, mut grouped) = exchange("steps", &ALL_TIME, gathered, &cut)?;
        grouped.iter_mut().for_each(|steps| steps.resize(count, Step::default()));
        let durations = grouped.iter().flatten().fold(0_usize, |sum, step| sum.saturating_add(step.durations.len()));
        Memory::of_call().check(durations.saturating_mul(size_of::<i64>()))?;
        let mut rows = Vec::new();
        for group in places_in_order(&groups) {
            let (value, steps) = (&groups[group], std::mem::take(&mut grouped[group]));
            let first = steps.first().map_or(0, |step| step.entries);
            let mut previous = None;
            for (place, step) in steps.into_iter().enumerate() {
                let rate = |of: i64| (of > 0).then(|| step.entries as f64 / of as f64);
                let (from_previous, from_first) = (previous.and_then(rate), rate(first));
                if asked.optional >> place & 1 == 0 {
                    previous = Some(step.entries);
                }
                let mut durations = step.durations.into_list();
                let (average, median) = (mean(&durations), median(&mut durations));
                let name = asked.names.get(place).cloned().unwrap_or_default();
                rows.push((
                    value.text.clone(),
                    place as i32 + 1,
                    name,
                    step.actors,
                    from_previous,
                    from_first,
                    average,
                    median,
                    value.is_other,
                    asked.counts_entries().then_some(step.entries),
                ));
            }
        }
        Ok(rows)
    }
}
