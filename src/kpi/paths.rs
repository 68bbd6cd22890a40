//! Paths show what actors do first, second, third. `edges` says what an actor's path is. Twin: sql/kpi/paths.sql.

mod edges;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::memory::Memory;
use crate::parts;
use crate::readers::arguments::{asked_actor, asked_events, asked_excluded, asked_text, bad};
use crate::readers::durations;
use crate::readers::each_actor::{Order, each_actor};
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::Question;
use crate::source::unknown_events::refuse_unknown;
use edges::{Definition, Tally, path};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A path may be asked to have at most this many events.
const MOST_STEPS: i32 = 100;

/// The number of a name that no event has.
const NO_NAME: u32 = u32::MAX;

/// The edges, by step and by the names of both events, each with its actors and the sum of their microseconds.
type Edges = BTreeMap<(u32, String, String), (i64, i128)>;

/// Contract: see the COMMENT in sql/kpi/paths.sql.
#[pg_extern(sql = false)]
fn paths(call: Call<'_>) -> Answer<(i32, String, String, i64, Option<f64>)> {
    let mut asked = Asked::of(&call)?;
    let mut tally = Tally::default();
    let left = asked.source.memory.left();
    asked.visit(|_, _, path| {
        tally.add(path);
        if tally.memory() > left { Err(Memory::exceeded()) } else { Ok(()) }
    })?;
    let mut edges: Edges = tally
        .finish()
        .into_iter()
        .map(|(edge, actors, sum)| ((edge.step, asked.name(edge.source), asked.name(edge.target)), (actors, sum)))
        .collect();
    if let Some(of_all_logs) = parts::exchange("edges", || edges.clone())? {
        edges = of_all_logs;
    }
    let mut rows: Vec<_> = edges
        .into_iter()
        .map(|((step, source, target), (actors, sum))| {
            (step as i32, source, target, actors, durations::mean_of(sum, actors))
        })
        .collect();
    rows.sort_by_key(|(step, _, _, actors, _)| (*step, Reverse(*actors)));
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/paths.sql.
#[pg_extern(sql = false)]
fn paths_actors(call: Call<'_>) -> Answer<(i32, String, String, pgrx::Uuid, pgrx::Uuid, TimestampWithTimeZone, f64)> {
    let mut asked = Asked::of(&call)?;
    let mut listing = Listing::new(&asked.source.memory);
    asked.visit(|tenant, number, path| {
        edges::edges(path)
            .zip(path)
            .try_for_each(|((edge, micros), (left_at, _))| listing.push(tenant, number, (edge, *left_at, micros)))
    })?;
    let mut rows = Vec::new();
    for (tenant, actor, (edge, left_at, micros)) in listing.finish(&asked.source)? {
        let (source, target) = (asked.name(edge.source), asked.name(edge.target));
        let step = edge.step as i32;
        rows.push((step, source, target, uuid(tenant), uuid(actor), timestamp(left_at)?, durations::seconds(micros)));
    }
    call.rows(rows)
}

/// The arguments of paths() and paths_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    definition: Definition,
    /// Whether events of a name are left out, by the number of the name.
    excluded: Vec<bool>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let (actor, object_key) = asked_actor(call)?;
        let scope = Scope::asked(call)?;
        let most = call.integer("max_steps")?.unwrap_or(5);
        if !(2..=MOST_STEPS).contains(&most) {
            return Err(bad(
                &format!("max_steps must be between 2 and {MOST_STEPS}"),
                "It is how many events of a path are looked at; the default is 5.",
            ));
        }
        let (events, exclude) = (asked_events(call)?, asked_excluded(call)?);
        let (start_event, end_event) = (asked_text(call, "start_event")?, asked_text(call, "end_event")?);
        refuse_unknown(start_event.iter().chain(&end_event))?;
        for name in start_event.iter().chain(&end_event) {
            if exclude.contains(name) || events.as_ref().is_some_and(|events| !events.contains(name)) {
                return Err(bad(
                    "start_event and end_event must be among the events of paths",
                    "Add them to events, and take them out of exclude.",
                ));
            }
        }
        let source = Source::open(Question { actor, object_key, ..scope.named(events) })?;
        let number_of = |name: String| source.number_of(&name).unwrap_or(NO_NAME);
        let definition =
            Definition { start: start_event.map(number_of), end: end_event.map(number_of), most: most as usize };
        let excluded = source.names().iter().map(|name| exclude.contains(name)).collect();
        Ok(Asked { source, definition, excluded })
    }

    /// Calls `done` with the path of each actor that has one.
    fn visit(
        &mut self,
        mut done: impl FnMut(TenantId, ActorNumber, &[(i64, u32)]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Self { source, definition, excluded } = self;
        let keep = |label: u64, _| (!excluded[label as usize]).then_some(label as u32);
        each_actor(source, Order::TimeAndArrival, keep, |tenant, number, events| {
            done(tenant, number, path(definition, events))
        })
    }

    fn name(&self, number: u32) -> String {
        self.source.names().get(number as usize).cloned().unwrap_or_default()
    }
}
