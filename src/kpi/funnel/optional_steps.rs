//! Turns pieces of bands into the steps of each actor, for funnels with optional steps.

use super::definition::Asked;
use super::engine::Event;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::kpi::funnel::engine::optional::{self, Step, Variants, run_with};
use crate::readers::each_actor::Order;
use crate::readers::each_journey::each_journey;
use crate::readers::journeys::Journeys;
use crate::source::Source;

/// Calls `done` for every actor that entered: its tenant, its number in it, and by step when it reached it.
pub fn gather(
    source: &mut Source,
    asked: &Asked,
    mut done: impl FnMut(TenantId, ActorNumber, &[Option<Step>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut variants = Variants::default();
    each_that_entered(source, |tenant, number, events| {
        let reached = run_with(&asked.definition, asked.optional, events, &mut variants);
        done(tenant, number, &reached.steps[..asked.definition.steps])
    })
}

/// Calls `done` for every actor that entered: its tenant, its number in it, and how long it took from one step to a later
/// one (counted from 0) where it reached both.
pub fn between(
    source: &mut Source,
    asked: &Asked,
    steps: (usize, usize),
    mut done: impl FnMut(TenantId, ActorNumber, Option<i64>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut variants = Variants::default();
    each_that_entered(source, |tenant, number, events| {
        done(tenant, number, optional::between(&asked.definition, asked.optional, steps, events, &mut variants))
    })
}

/// Calls `visit` with the tenant, the number and the events, in order of time, journey by journey, of every actor that did
/// the first step, which is never optional.
fn each_that_entered(
    source: &mut Source,
    mut visit: impl FnMut(TenantId, ActorNumber, Journeys<'_, Event>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut of_actor = Vec::new();
    each_journey(
        source,
        Order::Time,
        |label, _| Some(label as u32),
        |tenant, number, journeys| {
            of_actor.clear();
            of_actor.extend(journeys.events.iter().map(|(time, steps)| Event {
                time: *time,
                steps: *steps,
                exclusions: 0,
            }));
            let has_entered = of_actor.iter().any(|event| event.steps & 1 != 0);
            let journeys = Journeys { events: &of_actor, ends: journeys.ends };
            if has_entered { visit(tenant, number, journeys) } else { Ok(()) }
        },
    )
}
