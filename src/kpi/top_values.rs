//! Ranks the values of a payload key by events or by users, and shows the rest as one. Twin: sql/kpi/top_values.sql.
//!
//! Events are counted by a question of their own, which gets those of nobody as well; users by a second one, whose
//! numbers of values are others. A value is known by its text in both.

mod distinct;
mod ranking;
mod values;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::readers::activity::sets;
use crate::readers::arguments::{asked_events, asked_key, asked_word, between, of_asked_actors};
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, numbers_of};
use crate::readers::measuring::OTHER;
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::question::Question;
use pgrx::prelude::*;
use ranking::Ranking;
use std::collections::HashMap;
use values::{ActorsByValue, EventsByValue, UsersBySlot};

/// Contract: see the COMMENT in sql/kpi/top_values.sql.
#[pg_extern(sql = false)]
fn top_values(call: Call<'_>) -> Answer<(Option<i32>, String, f64, i64, Option<f64>, bool)> {
    let asked = Asked::of(&call)?;
    let by_actors = asked.by_actors;
    let mut top = asked.rank()?;
    let (mut actors, mut all_actors) = (vec![0; top.ranking.slots()], 0);
    top.visit(|band| {
        let activity = &band.activities[0];
        activity.add_counts(&mut actors);
        let mut any = Vec::new();
        (0..activity.buckets()).for_each(|slot| sets::unite(&mut any, activity.set(slot)));
        all_actors += sets::count(&any);
        Ok(())
    })?;
    let events: Vec<f64> = top.events.iter().map(Count::events).collect();
    let all_events: f64 = events.iter().sum();
    let mut rows = Vec::new();
    for (slot, (events, actors)) in events.into_iter().zip(actors).enumerate() {
        let (part, whole) = if by_actors { (actors as f64, all_actors as f64) } else { (events, all_events) };
        let (rank, share) = (top.rank_of(slot), (whole > 0.0).then(|| part / whole));
        rows.push((rank, top.value_of(slot), events, actors, share, rank.is_none()));
    }
    call.rows(rows)
}

/// Contract: see the COMMENT in sql/kpi/top_values.sql.
#[pg_extern(sql = false)]
fn top_values_actors(call: Call<'_>) -> Answer<(Option<i32>, String, pgrx::Uuid, pgrx::Uuid, bool)> {
    let asked = Asked::of(&call)?;
    let mut top = asked.rank()?;
    let mut listing = Listing::new(&top.users.memory);
    top.visit(|band| {
        for slot in 0..band.activities[0].buckets() {
            for number in numbers_of(band, band.activities[0].set(slot)) {
                listing.push(band.tenant, number, slot)?;
            }
        }
        Ok(())
    })?;
    let mut rows = Vec::new();
    for (tenant, actor, slot) in listing.finish(&top.users)? {
        let rank = top.rank_of(slot);
        rows.push((rank, top.value_of(slot), uuid(tenant), uuid(actor), rank.is_none()));
    }
    call.rows(rows)
}

/// The arguments of top_values() and top_values_actors(), read and checked.
struct Asked {
    of_events: Question,
    of_users: Question,
    by_actors: bool,
    top_n: usize,
}

impl Asked {
    fn of(call: &Call<'_>) -> Result<Asked, Error> {
        let scope = Scope::asked(call)?;
        let payload_key = asked_key(call, "payload_key")?.ok_or(Error::NullArgument {
            argument: "payload_key",
            hint: "It is the key whose values are ranked: telemetry.top_values('lesson_id', events => '{lesson_completed}').",
        })?;
        let by_actors = asked_word(call, "by", &[("events", false), ("actors", true)])?;
        let top_n = between("top_n", call.integer("top_n")?, 10, 1, 10_000)?;
        let class = scope.class(asked_events(call)?);
        let touches = Some(payload_key);
        Ok(Asked {
            of_events: Question { touches: touches.clone(), needs_value: true, ..scope.events(vec![class.clone()]) },
            of_users: Question { touches, needs_value: true, ..of_asked_actors(call, scope.users(vec![class]))? },
            by_actors,
            top_n,
        })
    }

    fn rank(self) -> Result<Top, Error> {
        let mut events = Source::open(self.of_events)?;
        let mut counted = EventsByValue::new(events.memory.left());
        events.visit(&mut counted)?;
        let mut counts: HashMap<String, Count> = named(&events, counted.counts);
        // Chunks number also values that no event of the question has.
        counts.retain(|_, count| count.rank() > 0);
        drop(events);
        let mut users = Source::open(self.of_users)?;
        // Also where events rank, for the numbers of the values.
        let mut met = ActorsByValue::new(self.by_actors, users.memory.left());
        users.visit(&mut met)?;
        let texts: Vec<String> =
            (1..=met.values).filter_map(|number| users.value(number)).map(str::to_string).collect();
        let actors: HashMap<String, i64> = named(&users, met.counts);
        let score = |value: &str, count: &Count| match self.by_actors {
            true => actors.get(value).copied().unwrap_or(0),
            false => count.rank() as i64,
        };
        let scored = counts.iter().map(|(value, count)| (value.clone(), score(value, count))).collect();
        let ranking = Ranking::of(scored, self.top_n);
        let mut events = vec![Count::default(); ranking.slots()];
        for (value, count) in &counts {
            events[ranking.slot_of(value)].merge(count);
        }
        let slots = texts.iter().map(|text| ranking.slot_of(text)).collect();
        Ok(Top { users, ranking, slots, events })
    }
}

/// Gives by its text what is known of each value, from what is known by its number.
fn named<T>(source: &Source, by_number: Vec<T>) -> HashMap<String, T> {
    let named =
        by_number.into_iter().zip(0..).filter_map(|(known, number)| Some((source.value(number)?.into(), known)));
    named.collect()
}

/// The values in order, and the source of the users who had them.
struct Top {
    users: Source,
    ranking: Ranking,
    /// The slot of each value of `users`, by the value's number less one.
    slots: Vec<usize>,
    /// The count of events of each slot.
    events: Vec<Count>,
}

impl Top {
    /// Calls `done`, band by band, with who had the values of which slot.
    fn visit(&mut self, done: impl FnMut(&MarkedBand<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let slots = std::mem::take(&mut self.slots);
        let mut reader = UsersBySlot::new(slots, self.ranking.slots(), &self.users.memory, done)?;
        self.users.visit(&mut reader)
    }

    /// Gives the rank of a slot; None for the slot of the values below the top.
    fn rank_of(&self, slot: usize) -> Option<i32> {
        self.ranking.value_of(slot).map(|_| slot as i32 + 1)
    }

    fn value_of(&self, slot: usize) -> String {
        self.ranking.value_of(slot).unwrap_or(OTHER).to_string()
    }
}
