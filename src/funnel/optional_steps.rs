//! From pieces of bands to the steps of each actor, where some of them are optional.

use super::definition::Asked;
use super::engine::Event;
use super::engine::optional::{Step, Variants, run_with};
use crate::each_actor::{Order, each_actor};
use crate::error::Error;
use crate::source::Source;

/// Calls `done` for every actor that entered: its tenant, its number in it, and by step when it reached it.
pub fn gather(
    source: &mut Source,
    asked: &Asked,
    mut done: impl FnMut([u8; 16], u32, &[Option<Step>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut of_actor, mut variants) = (Vec::new(), Variants::default());
    each_actor(
        source,
        Order::Time,
        |label, _| Some(label as u32),
        |tenant, number, events| {
            of_actor.clear();
            of_actor.extend(events.iter().map(|(time, steps)| Event { time: *time, steps: *steps, exclusions: 0 }));
            let reached = run_with(&asked.definition, asked.optional, &of_actor, &mut variants);
            let steps = &reached.steps[..asked.definition.steps];
            if steps[0].is_some() { done(tenant, number, steps) } else { Ok(()) }
        },
    )
}
