//! Pure: finds how far an actor gets whose events are several journeys: a chain has events of one journey only. Of all
//! chains the one counts that the head of [`super`] describes.

use super::{Definition, Event, Outcome, Scratch, run, trend};
use crate::readers::journeys::Journeys;
use std::cmp::Reverse;

/// Finds the outcome of the journey that goes furthest, and the place of that journey. The outcome's events are places
/// in the journey.
pub fn run_each(definition: &Definition, journeys: Journeys<'_, Event>, scratch: &mut Scratch) -> (Outcome, usize) {
    let mut best = (Outcome::default(), 0);
    for (place, events) in journeys.iter().enumerate() {
        let outcome = run(definition, events, scratch);
        if outcome.depth > 0 && is_further(&outcome, &best.0) {
            best = (outcome, place);
        }
    }
    best
}

/// Finds the best attempt of each period, in time order, with the place of its journey; periods are those of [`trend`].
pub fn trend_each(
    definition: &Definition,
    journeys: Journeys<'_, Event>,
    bucket_of: impl Fn(i64) -> i64,
    scratch: &mut Scratch,
) -> Vec<(i64, Outcome, usize)> {
    let mut best: Vec<(i64, Outcome, usize)> = Vec::new();
    for (place, events) in journeys.iter().enumerate() {
        for (period, outcome) in trend(definition, events, &bucket_of, scratch) {
            match best.binary_search_by_key(&period, |(period, ..)| *period) {
                Err(at) => best.insert(at, (period, outcome, place)),
                Ok(at) if is_further(&outcome, &best[at].1) => best[at] = (period, outcome, place),
                Ok(_) => {}
            }
        }
    }
    best
}

/// Tells whether a chain counts rather than the other one; of equal ones the other one does.
fn is_further(one: &Outcome, other: &Outcome) -> bool {
    fn rank(outcome: &Outcome) -> (usize, Reverse<Option<&i64>>, Option<&i64>, Reverse<&[i64]>) {
        let times = outcome.times();
        (outcome.depth, Reverse(times.last()), times.first(), Reverse(times))
    }
    rank(one) > rank(other)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{events, funnel};
    use super::*;

    /// Gives the depth and the times of a, b, c by these journeys.
    fn reached(journeys: &[&[(i64, &str)]]) -> (usize, Vec<i64>, usize) {
        let (mut all, mut ends) = (Vec::new(), Vec::new());
        for journey in journeys {
            all.extend(events(&["a", "b", "c"], journey));
            ends.push(all.len());
        }
        let journeys = Journeys { events: &all, ends: &ends };
        let (outcome, place) = run_each(&funnel(3, 100), journeys, &mut Scratch::default());
        let period = trend_each(&funnel(3, 100), journeys, |_| 0, &mut Scratch::default());
        assert!(period.iter().all(|found| *found == (0, outcome.clone(), place)) && period.len() == 1);
        (outcome.depth, outcome.times().to_vec(), place)
    }

    #[test]
    fn steps_of_two_journeys_are_no_chain() {
        assert_eq!(reached(&[&[(1, "a"), (3, "c")], &[(2, "b"), (4, "a")]]), (1, vec![1], 0));
        assert_eq!(reached(&[&[(1, "a")], &[(2, "a"), (5, "b")], &[(3, "b")]]), (2, vec![2, 5], 1));
    }

    #[test]
    fn of_journeys_that_deep_the_one_that_ends_first_counts() {
        assert_eq!(reached(&[&[(1, "a"), (9, "b")], &[(2, "a"), (8, "b")]]), (2, vec![2, 8], 1));
        assert_eq!(reached(&[&[(1, "a"), (8, "b")], &[(2, "a"), (8, "b")]]), (2, vec![2, 8], 1));
        assert_eq!(reached(&[&[(1, "a"), (8, "b")], &[(1, "a"), (8, "b")]]), (2, vec![1, 8], 0));
    }
}
