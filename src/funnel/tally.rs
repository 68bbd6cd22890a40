//! What a funnel shows of its actors: how many reach each step, and how long it took them.

use super::engine::optional;
use super::gathering::Reached;
use crate::error::Error;
use crate::source::Memory;
use std::collections::{BTreeMap, HashMap};

/// By value of the breakdown.
pub struct Tally {
    steps: usize,
    values: HashMap<u32, Vec<Step>>,
    left: usize,
}

#[derive(Default, Clone)]
struct Step {
    actors: i64,
    /// Microseconds from the step before, of each actor.
    durations: Vec<i64>,
}

type Row = (Option<String>, i32, String, i64, Option<f64>, Option<f64>, Option<f64>, Option<f64>);

impl Tally {
    pub fn new(steps: usize, memory: &Memory) -> Tally {
        Tally { steps, values: HashMap::new(), left: memory.left() }
    }

    pub fn add(&mut self, reached: &Reached<'_>) -> Result<(), Error> {
        // A list that grows holds up to twice what it needs.
        self.left = self.left.checked_sub(16 * reached.times.len()).ok_or_else(Memory::exceeded)?;
        let steps = self.values.entry(reached.value).or_insert_with(|| vec![Step::default(); self.steps]);
        for (place, time) in reached.times.iter().enumerate() {
            steps[place].actors += 1;
            if let Some(before) = place.checked_sub(1) {
                steps[place].durations.push(time - reached.times[before]);
            }
        }
        Ok(())
    }

    /// An actor that may have left some steps out; of no value.
    pub fn add_steps(&mut self, reached: &[Option<optional::Step>]) -> Result<(), Error> {
        self.left = self.left.checked_sub(16 * reached.len()).ok_or_else(Memory::exceeded)?;
        let steps = self.values.entry(0).or_insert_with(|| vec![Step::default(); self.steps]);
        for (step, reached) in steps.iter_mut().zip(reached) {
            step.actors += i64::from(reached.is_some());
            step.durations.extend(reached.and_then(|reached| reached.micros));
        }
        Ok(())
    }

    /// One per value and step; the steps of no value where nobody entered. `optional`: bits of the steps that no rate is
    /// taken from.
    pub fn rows(self, names: &[String], optional: u32, text_of: impl Fn(u32) -> Option<String>) -> Vec<Row> {
        let mut values: BTreeMap<Option<String>, Vec<Step>> =
            self.values.into_iter().map(|(value, steps)| (text_of(value), steps)).collect();
        if values.is_empty() {
            values.insert(None, vec![Step::default(); self.steps]);
        }
        let mut rows = Vec::new();
        for (value, steps) in values {
            let first = steps.first().map_or(0, |step| step.actors);
            let mut previous = None;
            for (place, mut step) in steps.into_iter().enumerate() {
                let rate = |of: i64| (of > 0).then(|| step.actors as f64 / of as f64);
                let (from_previous, from_first) = (previous.and_then(rate), rate(first));
                if optional >> place & 1 == 0 {
                    previous = Some(step.actors);
                }
                let (average, median) = (mean(&step.durations), median(&mut step.durations));
                let name = names.get(place).cloned().unwrap_or_default();
                rows.push((
                    value.clone(),
                    place as i32 + 1,
                    name,
                    step.actors,
                    from_previous,
                    from_first,
                    average,
                    median,
                ));
            }
        }
        rows
    }
}

const SECOND: f64 = 1_000_000.0;

fn mean(durations: &[i64]) -> Option<f64> {
    let sum: i128 = durations.iter().map(|duration| i128::from(*duration)).sum();
    (!durations.is_empty()).then(|| sum as f64 / durations.len() as f64 / SECOND)
}

/// As percentile_cont(0.5): the mean of the two in the middle.
fn median(durations: &mut [i64]) -> Option<f64> {
    let middle = durations.len() / 2;
    if durations.is_empty() {
        return None;
    }
    let is_odd = durations.len() % 2 == 1;
    let (below, upper, _) = durations.select_nth_unstable(middle);
    let lower = if is_odd { *upper } else { below.iter().copied().max().unwrap_or(*upper) };
    Some((lower as f64 / SECOND + *upper as f64 / SECOND) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_between_the_two_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3_000_000]), Some(3.0));
        assert_eq!(median(&mut [9_000_000, 1_000_000]), Some(5.0));
        assert_eq!(median(&mut [9_000_000, 1_000_000, 2_000_000]), Some(2.0));
        assert_eq!(mean(&[1_000_000, 2_000_000]), Some(1.5));
    }
}
