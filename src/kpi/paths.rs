//! Paths: what actors do first, second, third. `edges` says what an actor's path is. Twin: sql/kpi/paths.sql.

mod edges;

use crate::calendar::timestamp;
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::jsonb::JsonbArg;
use crate::jsonb::key_path::KeyPath;
use crate::memory::Memory;
use crate::readers::arguments::{actor_or_object, bad, excluded, names};
use crate::readers::durations;
use crate::readers::each_actor::{Order, each_actor};
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::{Actor, Question};
use crate::source::unknown_events::refuse_unknown;
use edges::{Definition, Tally, path};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The most events that a path may be asked to have.
const MOST_STEPS: i32 = 100;

/// No event has a name of that number.
const NO_NAME: u32 = u32::MAX;

/// Contract: see the COMMENT in sql/kpi/paths.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn paths(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    events: Option<Vec<Option<String>>>,
    start_event: Option<String>,
    end_event: Option<String>,
    max_steps: Option<i32>,
    exclude: Option<Vec<Option<String>>>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    object_key: Option<String>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(source_name, String),
            name!(target_name, String),
            name!(actors, i64),
            name!(avg_seconds, Option<f64>),
        ),
    >,
    ErrorReport,
> {
    let by = actor_or_object(actor, object_key)?;
    let mut asked = ask(since, until, events, start_event, end_event, max_steps, exclude, by, tenant, filter)?;
    let mut tally = Tally::default();
    let left = asked.source.memory.left();
    asked.visit(|_, _, path| {
        tally.add(path);
        if tally.memory() > left { Err(Memory::exceeded()) } else { Ok(()) }
    })?;
    let mut rows = Vec::new();
    for (edge, actors, sum) in tally.finish() {
        let (source, target) = (asked.name(edge.source), asked.name(edge.target));
        rows.push((edge.step as i32, source, target, actors, durations::mean_of(sum, actors)));
    }
    Ok(TableIterator::new(rows))
}

/// Contract: see the COMMENT in sql/kpi/paths.sql.
#[allow(clippy::too_many_arguments)]
#[pg_extern(stable, parallel_restricted)]
fn paths_actors(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    events: Option<Vec<Option<String>>>,
    start_event: Option<String>,
    end_event: Option<String>,
    max_steps: Option<i32>,
    exclude: Option<Vec<Option<String>>>,
    actor: Option<&str>,
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
    object_key: Option<String>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(source_name, String),
            name!(target_name, String),
            name!(tenant_id, pgrx::Uuid),
            name!(actor_id, pgrx::Uuid),
            name!(left_at, TimestampWithTimeZone),
            name!(seconds, f64),
        ),
    >,
    ErrorReport,
> {
    let by = actor_or_object(actor, object_key)?;
    let mut asked = ask(since, until, events, start_event, end_event, max_steps, exclude, by, tenant, filter)?;
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
    Ok(TableIterator::new(rows))
}

/// What both functions are asked.
struct Asked {
    source: Source,
    definition: Definition,
    /// By the number of a name.
    excluded: Vec<bool>,
}

#[allow(clippy::too_many_arguments)]
fn ask(
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
    events: Option<Vec<Option<String>>>,
    start_event: Option<String>,
    end_event: Option<String>,
    max_steps: Option<i32>,
    exclude: Option<Vec<Option<String>>>,
    (actor, object_key): (Actor, Option<KeyPath>),
    tenant: Option<pgrx::Uuid>,
    filter: Option<JsonbArg>,
) -> Result<Asked, Error> {
    let scope = Scope::of(since, until, tenant, filter)?;
    let most = max_steps.unwrap_or(5);
    if !(2..=MOST_STEPS).contains(&most) {
        return Err(bad(
            &format!("max_steps must be between 2 and {MOST_STEPS}"),
            "It is how many events of a path are looked at; the default is 5.",
        ));
    }
    let (events, exclude) = (names(events)?, excluded(exclude)?);
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

impl Asked {
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
