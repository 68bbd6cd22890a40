//! Next events are what actors do right after a sequence of events, or right before it. `following` says where a
//! sequence is. Twin: sql/kpi/next_events.sql.

mod following;

use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::ids::{ActorNumber, TenantId};
use crate::parts;
use crate::readers::arguments::{asked_actor, asked_events, asked_excluded, asked_word, bad, word};
use crate::readers::each_actor::{Order, each_actor};
use crate::readers::listing::{Listing, uuid};
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::question::Question;
use crate::source::unknown_events::refuse_unknown;
use following::{Base, Definition, Direction, find};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// A sequence has at most this many events.
const MOST_EVENTS: usize = 32;

/// The number of a name that no event has.
const NO_NAME: u32 = u32::MAX;

/// Contract: see the COMMENT in sql/kpi/next_events.sql.
#[pg_extern(sql = false)]
fn next_events(call: Call<'_>) -> Answer<(Option<String>, i64, f64)> {
    let mut asked = Asked::of(&call)?;
    let mut counts: HashMap<Option<u32>, i64> = HashMap::new();
    asked.visit(|_, _, next| {
        *counts.entry(next.event.map(|(_, name)| name)).or_default() += 1;
        Ok(())
    })?;
    let mut by_name: BTreeMap<Option<String>, i64> =
        counts.into_iter().map(|(next, actors)| (next.map(|name| asked.name(name)), actors)).collect();
    if let Some(of_all_logs) = parts::exchange("next", || by_name.clone())? {
        by_name = of_all_logs;
    }
    let all: i64 = by_name.values().sum();
    let mut rows: Vec<_> =
        by_name.into_iter().map(|(name, actors)| (name, actors, actors as f64 / all as f64)).collect();
    rows.sort_unstable_by(|(one, actors, _), (other, others, _)| (others, one).cmp(&(actors, other)));
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/next_events.sql.
#[pg_extern(sql = false)]
fn next_events_actors(
    call: Call<'_>,
) -> Answer<(Option<String>, pgrx::Uuid, pgrx::Uuid, TimestampWithTimeZone, Option<TimestampWithTimeZone>)> {
    let mut asked = Asked::of(&call)?;
    let mut listing = Listing::new(&asked.source.memory);
    asked.visit(|tenant, number, next| listing.push(tenant, number, next))?;
    let mut rows = Vec::new();
    for (tenant, actor, next) in listing.finish(&asked.source)? {
        let name = next.event.map(|(_, name)| asked.name(name));
        let event_at = next.event.map(|(time, _)| timestamp(time)).transpose()?;
        rows.push((name, uuid(tenant), uuid(actor), timestamp(next.matched_at)?, event_at));
    }
    call.rows(rows)
}

/// The event that follows an actor's sequence.
struct Next {
    matched_at: i64,
    /// The time and the name of what follows; none where nothing does.
    event: Option<(i64, u32)>,
}

/// The arguments of next_events() and next_events_actors(), read and checked, and the source of their events.
struct Asked {
    source: Source,
    definition: Definition,
    /// Whether events of a name are left out, by the number of the name.
    excluded: Vec<bool>,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let (actor, object_key) = asked_actor(call)?;
        let sequence = call.texts("sequence")?.ok_or(Error::NullArgument {
            argument: "sequence",
            hint: "For example: telemetry.next_events('{signed_up,invited}').",
        })?;
        let sequence: Option<Vec<String>> = sequence.into_iter().collect();
        let fits = |sequence: &Vec<String>| (1..=MOST_EVENTS).contains(&sequence.len());
        let Some(sequence) = sequence.filter(fits) else {
            return Err(bad(
                &format!("a sequence has 1 to {MOST_EVENTS} names"),
                "For example: telemetry.next_events('{signed_up,invited}').",
            ));
        };
        let direction =
            asked_word(call, "direction", &[("forward", Direction::Forward), ("backward", Direction::Backward)])?;
        let base = match call.text("base")? {
            None if direction == Direction::Backward => Base::LastMatch,
            base => word(
                "base",
                base,
                &[
                    ("first_match", Base::FirstMatch),
                    ("last_match", Base::LastMatch),
                    ("head", Base::Head),
                    ("tail", Base::Tail),
                ],
            )?,
        };
        if matches!((direction, base), (Direction::Forward, Base::Tail) | (Direction::Backward, Base::Head)) {
            return Err(bad(
                "nothing comes after the tail, and nothing before the head",
                "The base head goes with the direction forward, tail with backward.",
            ));
        }
        let scope = Scope::asked(call)?;
        let (events, exclude) = (asked_events(call)?, asked_excluded(call)?);
        refuse_unknown(&sequence)?;
        let counts =
            |name: &String| !exclude.contains(name) && events.as_ref().is_none_or(|events| events.contains(name));
        if !sequence.iter().all(counts) {
            return Err(bad(
                "every event of the sequence must be among the events that count",
                "Add it to events, and take it out of exclude.",
            ));
        }
        let source = Source::open(Question { actor, object_key, ..scope.named(events) })?;
        let number_of = |name: String| source.number_of(&name).unwrap_or(NO_NAME);
        let definition = Definition { sequence: sequence.into_iter().map(number_of).collect(), direction, base };
        let excluded = source.names().iter().map(|name| exclude.contains(name)).collect();
        Ok(Asked { source, definition, excluded })
    }

    /// Calls `done` for each actor that has the sequence.
    fn visit(&mut self, mut done: impl FnMut(TenantId, ActorNumber, Next) -> Result<(), Error>) -> Result<(), Error> {
        let Self { source, definition, excluded } = self;
        let keep = |label: u64, _| (!excluded[label as usize]).then_some(label as u32);
        each_actor(source, Order::TimeAndArrival, keep, |tenant, number, events| match find(definition, events) {
            Some(found) => {
                let next = Next { matched_at: events[found.matched].0, event: found.next.map(|place| events[place]) };
                done(tenant, number, next)
            }
            None => Ok(()),
        })
    }

    fn name(&self, number: u32) -> String {
        self.source.names().get(number as usize).cloned().unwrap_or_default()
    }
}
