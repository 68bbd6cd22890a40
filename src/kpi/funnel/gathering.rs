//! Turns each actor's events into how far it got.

use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::breakdown::{Touch, value_of, values_among};
use crate::kpi::funnel::definition::{Asked, Attribution, FIRST_EXCLUSION};
use crate::kpi::funnel::engine::{self, Event, Outcome, Scratch};
use crate::readers::each_actor::{Order, each_actor};
use crate::source::Source;

/// How far an actor got.
pub struct Reached<'a> {
    pub tenant: TenantId,
    /// The actor's number within the tenant.
    pub number: ActorNumber,
    /// The number of the actor's value of the breakdown; 0 where it has none.
    pub value: u32,
    /// The times of the steps that the actor reached.
    pub times: &'a [i64],
}

/// Calls `done` for every actor that entered; with a breakdown by all steps, for each of its values.
pub fn gather(
    source: &mut Source,
    asked: &Asked,
    done: impl FnMut(Reached<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut outcomes =
        Outcomes { asked, at: Default::default(), events: Vec::new(), scratch: Scratch::default(), done };
    if !asked.question.needs_arrivals && asked.definition.exclusions.is_empty() {
        // Steps alone matter, and an event takes less room.
        let steps = |label: u64, _: u32| Some(label as u32);
        return each_actor(source, Order::Time, steps, |tenant, number, events| {
            outcomes.at = (tenant, number);
            outcomes.of_all(events.iter().map(|(time, steps)| Event { time: *time, steps: *steps, exclusions: 0 }))
        });
    }
    let order = if asked.question.needs_arrivals { Order::TimeAndArrival } else { Order::Time };
    let touch = |label: u64, value: u32| {
        Some(Touch { steps: label as u32, exclusions: (label >> FIRST_EXCLUSION) as u32, value })
    };
    each_actor(source, order, touch, |tenant, number, events| {
        outcomes.at = (tenant, number);
        outcomes.of_touched(events)
    })
}

struct Outcomes<'a, F> {
    asked: &'a Asked,
    /// The tenant and the number of the actor at hand.
    at: (TenantId, ActorNumber),
    events: Vec<Event>,
    scratch: Scratch,
    done: F,
}

impl<F: FnMut(Reached<'_>) -> Result<(), Error>> Outcomes<'_, F> {
    fn of_all(&mut self, events: impl Iterator<Item = Event>) -> Result<(), Error> {
        let outcome = self.run(events);
        self.report(0, &outcome)
    }

    fn of_touched(&mut self, touched: &[(i64, Touch)]) -> Result<(), Error> {
        let event_of =
            |(time, touch): &(i64, Touch)| Event { time: *time, steps: touch.steps, exclusions: touch.exclusions };
        if self.asked.attribution == Some(Attribution::AllSteps) {
            for value in values_among(touched) {
                let outcome = self.run(touched.iter().filter(|(_, touch)| touch.value == value).map(event_of));
                self.report(value, &outcome)?;
            }
            return Ok(());
        }
        let outcome = self.run(touched.iter().map(event_of));
        let value = value_of(self.asked.attribution, touched, &outcome);
        self.report(value, &outcome)
    }

    fn run(&mut self, events: impl Iterator<Item = Event>) -> Outcome {
        self.events.clear();
        self.events.extend(events);
        engine::run(&self.asked.definition, &self.events, &mut self.scratch)
    }

    fn report(&mut self, value: u32, outcome: &Outcome) -> Result<(), Error> {
        if outcome.depth == 0 {
            return Ok(());
        }
        let (tenant, number) = self.at;
        (self.done)(Reached { tenant, number, value, times: outcome.times() })
    }
}
