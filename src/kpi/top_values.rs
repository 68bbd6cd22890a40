//! Ranks the values of a payload key by events or by users, and shows the rest as one. Twin: sql/kpi/top_values.sql.
//!
//! Events are counted by a question of their own, which gets those of nobody as well; users by a second one, whose
//! numbers of values are others. A value is known by its text in both. Where the elements of arrays are ranked, a value
//! is the list of an array's elements, and counts for each of them.

mod adding;
mod elements;
mod ranking;
mod values;

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::jsonb::keys::Keys;
use crate::memory::Memory;
use crate::parts;
use crate::readers::activity::sets;
use crate::readers::arguments::{asked_events, asked_word, between, of_asked_actors};
use crate::readers::breakdown::gathered;
use crate::readers::listing::{Listing, uuid};
use crate::readers::marking::{MarkedBand, numbers_of};
use crate::readers::measuring::OTHER;
use crate::readers::scope::Scope;
use crate::source::Source;
use crate::source::count::Count;
use crate::source::question::Question;
use adding::{Lists, SET, add_sets};
use elements::Elements;
use pgrx::prelude::*;
use ranking::Ranking;
use std::collections::{BTreeMap, HashMap};
use values::{ActorsByElement, EventsByValue, UsersBySlot, Values};

/// Contract: see the COMMENT in sql/kpi/top_values.sql.
#[pg_extern(sql = false)]
fn top_values(call: Call<'_>) -> Answer<Row> {
    let asked = Asked::of(&call)?;
    let (by_actors, top_n) = (asked.by_actors, asked.top_n);
    if parts::is_finishing() {
        let lists = parts::exchange("values", Lists::default)?.unwrap_or_default();
        return call.rows(lists.rows(by_actors, top_n));
    }
    let mut top = asked.rank()?;
    if parts::is_giving() {
        let lists = top.lists()?;
        parts::exchange("values", || lists)?;
        return call.rows([]);
    }
    let (mut actors, mut all_actors) = (vec![0; top.ranking.slots()], 0);
    top.visit(|band| {
        let activity = &band.activities[0];
        activity.add_counts(&mut actors);
        let mut any = Vec::new();
        (0..activity.buckets()).for_each(|slot| sets::unite(&mut any, activity.set(slot)));
        all_actors += sets::count(&any);
        Ok(())
    })?;
    let whole = if by_actors { all_actors as f64 } else { top.all_events };
    call.rows(rows(&top.ranking, top.events, actors, by_actors, whole))
}

/// A row: the rank, the value, its events and its actors, its share of all, and whether the value stands for others.
type Row = (Option<i32>, String, f64, i64, Option<f64>, bool);

/// Makes the row of each slot. `whole`: all that the shares are of.
fn rows(ranking: &Ranking, events: Vec<Count>, actors: Vec<i64>, by_actors: bool, whole: f64) -> Vec<Row> {
    let of_slots = events.iter().map(Count::events).zip(actors).enumerate();
    let row = |(slot, (events, actors)): (usize, (f64, i64))| {
        let (part, rank) = (if by_actors { actors as f64 } else { events }, ranking.rank_of(slot));
        let value = ranking.value_of(slot).unwrap_or(OTHER).to_string();
        (rank, value, events, actors, (whole > 0.0).then(|| part / whole), rank.is_none())
    };
    of_slots.map(row).collect()
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
        let rank = top.ranking.rank_of(slot);
        let value = top.ranking.value_of(slot).unwrap_or(OTHER).to_string();
        rows.push((rank, value, uuid(tenant), uuid(actor), rank.is_none()));
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
        let payload_key = call.text("payload_key")?.map(Keys::parse).transpose()?.ok_or(Error::NullArgument {
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
        let are_elements = self.of_users.touches.as_ref().is_some_and(Keys::are_elements);
        let elements = Elements::of_source(&events, counted.counts.len(), are_elements)?;
        // By value, and by element where these count.
        let (values, mut counts) = (counted.counts, vec![Count::default(); elements.texts.len()]);
        for (number, count) in values.iter().enumerate().skip(1) {
            elements.of(number).iter().for_each(|element| counts[*element as usize].merge(count));
        }
        let mut all = Count::default();
        let with_elements = (1..values.len()).filter(|number| !elements.of(*number).is_empty());
        with_elements.for_each(|number| all.merge(&values[number]));
        let all_events = all.events();
        let memory = elements.memory();
        events.memory.check(memory)?;
        drop(events);
        let mut users = Source::open(self.of_users)?;
        users.memory.take(memory)?;
        // Also where events rank, for the numbers of the values.
        let mut values_of_users = Values::default();
        users.visit(&mut values_of_users)?;
        let of_users = Elements::of_source(&users, values_of_users.most as usize + 1, are_elements)?;
        users.memory.take(of_users.memory())?;
        let mut actors: HashMap<&str, i64> = HashMap::new();
        if self.by_actors {
            let mut met = ActorsByElement::new(&of_users, users.memory.left());
            users.visit(&mut met)?;
            actors.extend(of_users.texts.iter().map(String::as_str).zip(met.counts));
        }
        let score = |value: &str, count: &Count| match self.by_actors {
            true => actors.get(value).copied().unwrap_or(0),
            false => count.rank() as i64,
        };
        // Chunks number also values that no event of the question has.
        let met = elements.texts.iter().zip(&counts).filter(|(_, count)| count.rank() > 0);
        let top_n = gathered(self.top_n);
        let ranking = Ranking::of(met.map(|(value, count)| (value.clone(), score(value, count))).collect(), top_n);
        let by_list = if parts::is_giving() { Lists::events_of(&elements, &values) } else { Default::default() };
        let mut events = vec![Count::default(); ranking.slots()];
        for (number, count) in values.iter().enumerate().filter(|(_, count)| count.rank() > 0) {
            elements.slots_of(number, &ranking).into_iter().for_each(|slot| events[slot].merge(count));
        }
        let slots = (0..=values_of_users.most as usize).map(|number| of_users.slots_of(number, &ranking)).collect();
        Ok(Top { users, ranking, slots, events, all_events, by_list })
    }
}

/// The values in order, and the source of the users who had them.
struct Top {
    users: Source,
    ranking: Ranking,
    /// The slots of each value of `users`, by the value's number; an array may have several.
    slots: Vec<Vec<usize>>,
    /// The count of events of each slot.
    events: Vec<Count>,
    /// How many events have a value.
    all_events: f64,
    /// The count of events of each list of values, where a part is made.
    by_list: BTreeMap<Vec<String>, Count>,
}

impl Top {
    /// Calls `done`, band by band, with who had the values of which slot.
    fn visit(&mut self, done: impl FnMut(&MarkedBand<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let slots = std::mem::take(&mut self.slots);
        let mut reader = UsersBySlot::new(slots, self.ranking.slots(), &self.users.memory, done)?;
        self.users.visit(&mut reader)
    }

    /// Makes the part of a log, of which every value has a slot.
    fn lists(&mut self) -> Result<Lists, Error> {
        let mut lists = Lists { events: std::mem::take(&mut self.by_list), ..Lists::default() };
        let (mut sets, left) = (HashMap::new(), self.users.memory.left());
        self.visit(|band| {
            add_sets(band, &mut sets);
            let held: usize = sets.keys().map(|set: &Vec<u32>| SET + 2 * size_of_val(set.as_slice())).sum();
            if held > left { Err(Memory::exceeded()) } else { Ok(()) }
        })?;
        lists.actors.extend(sets.into_iter().map(|(set, actors)| {
            let value = |slot: &u32| self.ranking.value_of(*slot as usize).unwrap_or(OTHER).to_string();
            let mut set: Vec<String> = set.iter().map(value).collect();
            set.sort_unstable();
            (set, actors)
        }));
        Ok(lists)
    }
}
