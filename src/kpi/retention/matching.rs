//! Pure: finds the cells of actors who have to come back to the same value of a key: each value's events are looked at by
//! themselves, and an actor is in a cell once, by whichever of its values.

use super::engine::{Event, Retention};
use crate::readers::journeys::Journeys;
use std::convert::Infallible;

/// Finds cells, with a buffer that it keeps between actors.
pub struct Matching {
    retention: Retention,
    cells: Vec<(usize, usize)>,
}

impl Matching {
    pub fn new(retention: Retention) -> Self {
        Matching { retention, cells: Vec::new() }
    }

    /// Calls the visitor as [`Retention::visit`] does for one value's events, for each (cohort, k) that the actor is in
    /// by some value.
    pub fn visit<E>(
        &mut self,
        journeys: Journeys<'_, Event>,
        mut visitor: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { retention, cells } = self;
        if journeys.ends.len() <= 1 {
            return retention.visit(journeys.events, visitor);
        }
        cells.clear();
        for events in journeys.iter() {
            let Ok(()) = retention.visit(events, |cohort, k| {
                cells.push((cohort, k));
                Ok::<(), Infallible>(())
            });
        }
        cells.sort_unstable();
        cells.dedup();
        cells.iter().try_for_each(|(cohort, k)| visitor(*cohort, *k))
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::{Definition, Kind, Mode, Start};
    use super::*;

    /// Gives the cells of an actor with these journeys, each the periods in which it started and returned.
    fn cells(kind: Kind, journeys: &[&[i32]]) -> Vec<(usize, usize)> {
        let definition = Definition { kind, mode: Mode::On, rolling: None, periods: 5, min_occurrences: 1 };
        let event =
            |period: &i32| Event { time: (*period).into(), period: *period, start: Start::Yes, is_return: true };
        let (mut events, mut ends) = (Vec::new(), Vec::new());
        for journey in journeys {
            events.extend(journey.iter().map(event));
            ends.push(events.len());
        }
        let mut found = Vec::new();
        let journeys = Journeys { events: &events, ends: &ends };
        let Ok(()) = Matching::new(Retention::new(definition)).visit(journeys, |cohort, k| {
            found.push((cohort, k));
            Ok::<(), Infallible>(())
        });
        found
    }

    #[test]
    fn an_actor_comes_back_to_the_same_value_and_counts_once() {
        assert_eq!(cells(Kind::Recurring, &[&[0], &[1]]), [(0, 0), (1, 0)]);
        assert_eq!(cells(Kind::Recurring, &[&[0, 2], &[0, 2], &[1]]), [(0, 0), (0, 2), (1, 0), (2, 0)]);
        // The first of each value.
        assert_eq!(cells(Kind::FirstTime, &[&[0, 2], &[1, 2]]), [(0, 0), (0, 2), (1, 0), (1, 1)]);
    }
}
