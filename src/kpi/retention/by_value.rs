//! Pure: finds the cells of actors by the value of a breakdown that their start had. A recurring actor is in the cohort of a period
//! once for each value that it started with in it; where the first start decides, that one's value does.

use super::engine::{Event, Kind, Start};
use crate::readers::journeys::Journeys;

/// Takes an actor's events apart by the group of the value of their start, with buffers that it keeps between actors.
#[derive(Default)]
pub struct ByValue {
    groups: Vec<usize>,
    /// The group of each journey's first start; None where it has none.
    first: Vec<Option<usize>>,
    events: Vec<Event>,
}

impl ByValue {
    /// Calls the visitor with each group that the actor started in, and with its journeys, of which only the starts of
    /// that group are starts. `events`: each with the group of its value.
    pub fn visit<E>(
        &mut self,
        kind: Kind,
        journeys: Journeys<'_, (Event, usize)>,
        mut visitor: impl FnMut(usize, Journeys<'_, Event>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { groups, first, events } = self;
        let is_first = |start: Start| if kind == Kind::FirstEver { start != Start::No } else { start == Start::Yes };
        groups.clear();
        first.clear();
        for journey in journeys.iter() {
            let decides = journey.iter().find(|(event, _)| is_first(event.start)).map(|(_, group)| *group);
            match kind {
                Kind::Recurring => {
                    groups
                        .extend(journey.iter().filter(|(event, _)| event.start == Start::Yes).map(|(_, group)| *group));
                }
                Kind::FirstTime | Kind::FirstEver => groups.extend(decides),
            }
            first.push(decides);
        }
        groups.sort_unstable();
        groups.dedup();
        for group in groups.iter() {
            events.clear();
            for (journey, decides) in journeys.iter().zip(first.iter()) {
                events.extend(journey.iter().map(|(event, of)| {
                    let counts = if kind == Kind::Recurring { of == group } else { *decides == Some(*group) };
                    Event { start: if counts { event.start } else { Start::No }, ..*event }
                }));
            }
            visitor(*group, Journeys { events, ends: journeys.ends })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::{Definition, Mode, Retention};
    use super::*;
    use std::convert::Infallible;

    /// Gives the cells by group of an actor with these events: the period and the group, or a return alone.
    fn cells(kind: Kind, events: &[(i32, Option<usize>)]) -> Vec<(usize, usize, usize)> {
        let mut retention =
            Retention::new(Definition { kind, mode: Mode::On, rolling: None, periods: 4, min_occurrences: 1 });
        let event = |(period, group): &(i32, Option<usize>)| {
            let start = if group.is_some() { Start::Yes } else { Start::No };
            (Event { time: (*period).into(), period: *period, start, is_return: true }, group.unwrap_or(9))
        };
        let events: Vec<_> = events.iter().map(event).collect();
        let mut found = Vec::new();
        let Ok(()) = ByValue::default().visit(kind, Journeys::one(&events), |group, journeys| {
            retention.visit(journeys.events, |cohort, k| {
                found.push((group, cohort, k));
                Ok::<(), Infallible>(())
            })
        });
        found
    }

    #[test]
    fn an_actor_is_in_a_cohort_once_for_each_value_that_it_started_with() {
        let events = [(0, Some(0)), (0, Some(1)), (0, Some(1)), (2, None), (3, Some(0))];
        assert_eq!(
            cells(Kind::Recurring, &events),
            [(0, 0, 0), (0, 0, 2), (0, 0, 3), (0, 3, 0), (1, 0, 0), (1, 0, 2), (1, 0, 3)]
        );
    }

    #[test]
    fn the_first_start_alone_decides_where_it_makes_the_cohort() {
        assert_eq!(cells(Kind::FirstTime, &[(0, Some(1)), (0, Some(0)), (2, Some(0))]), [(1, 0, 0), (1, 0, 2)]);
        assert_eq!(cells(Kind::FirstTime, &[(-1, Some(1)), (0, Some(0))]), []);
        assert_eq!(cells(Kind::FirstTime, &[(0, None), (1, None)]), []);
    }
}
