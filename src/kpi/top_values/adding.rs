//! Adds up the values of several logs. Which of them are the top is known at the end, and an event or an actor that has several
//! of the others counts for these once. So a part tells which lists of values events have, and which sets of values actors.

use super::elements::Elements;
use super::ranking::Ranking;
use super::{Row, rows};
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::activity::sets;
use crate::readers::marking::MarkedBand;
use crate::source::count::Count;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The bytes that a set of values takes beside its values, about.
pub const SET: usize = 96;

/// How many events have each list of values, and how many actors each set.
#[derive(Default, Serialize, Deserialize)]
pub struct Lists {
    pub events: BTreeMap<Vec<String>, Count>,
    pub actors: BTreeMap<Vec<String>, i64>,
}

impl Additive for Lists {
    fn add_up(&mut self, other: Lists) -> Result<(), Damaged> {
        self.events.add_up(other.events)?;
        self.actors.add_up(other.actors)
    }

    fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.actors.is_empty()
    }
}

impl Lists {
    /// Counts the events of each list of elements. `values`: the count of each value, by its number.
    pub fn events_of(elements: &Elements, values: &[Count]) -> BTreeMap<Vec<String>, Count> {
        let mut events: BTreeMap<Vec<String>, Count> = BTreeMap::new();
        for (number, count) in values.iter().enumerate().skip(1).filter(|(_, count)| count.rank() > 0) {
            let list: Vec<String> =
                elements.of(number).iter().map(|element| elements.texts[*element as usize].clone()).collect();
            if !list.is_empty() {
                events.entry(list).or_default().merge(count);
            }
        }
        events
    }

    /// Ranks the values and makes the row of each that is among the first `top_n`, and of the others.
    pub fn rows(self, by_actors: bool, top_n: usize) -> Vec<Row> {
        let (mut counts, mut users) = (BTreeMap::<&str, Count>::new(), HashMap::<&str, i64>::new());
        let (mut all_events, mut all_actors) = (Count::default(), 0);
        for (list, count) in &self.events {
            list.iter().for_each(|value| counts.entry(value).or_default().merge(count));
            all_events.merge(count);
        }
        for (set, actors) in &self.actors {
            set.iter().for_each(|value| *users.entry(value).or_default() += actors);
            all_actors += actors;
        }
        let score = |value: &str, count: &Count| match by_actors {
            true => users.get(value).copied().unwrap_or(0),
            false => count.rank() as i64,
        };
        let scored = counts.iter().map(|(value, count)| (value.to_string(), score(value, count))).collect();
        let ranking = Ranking::of(scored, top_n);
        let mut events = vec![Count::default(); ranking.slots()];
        let mut actors = vec![0; ranking.slots()];
        for (list, count) in &self.events {
            slots_of(list, &ranking).into_iter().for_each(|slot| events[slot].merge(count));
        }
        for (set, of_set) in &self.actors {
            slots_of(set, &ranking).into_iter().for_each(|slot| actors[slot] += of_set);
        }
        let whole = if by_actors { all_actors as f64 } else { all_events.events() };
        rows(&ranking, events, actors, by_actors, whole)
    }
}

/// The slots of values, each once.
fn slots_of(values: &[String], ranking: &Ranking) -> Vec<usize> {
    let mut slots: Vec<usize> = values.iter().map(|value| ranking.slot_of(value)).collect();
    slots.sort_unstable();
    slots.dedup();
    // Whoever damaged a part may have left the events of a value out.
    slots.retain(|slot| *slot < ranking.slots());
    slots
}

/// Counts the actors of a band by the set of their slots.
pub fn add_sets(band: &MarkedBand<'_>, counts: &mut HashMap<Vec<u32>, i64>) {
    let activity = &band.activities[0];
    let mut of_actor: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for slot in 0..activity.buckets() {
        for actor in sets::users(activity.set(slot)) {
            of_actor.entry(actor).or_default().push(slot as u32);
        }
    }
    for set in of_actor.into_values() {
        *counts.entry(set).or_default() += 1;
    }
}
