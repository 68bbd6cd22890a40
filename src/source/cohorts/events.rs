//! Finds the members of a cohort by events: who had as many of them as it wants, or had the first of them in its range.

use super::definition::{Events, Which};
use super::registered::range_of;
use super::{Members, Of};
use crate::error::Error;
use crate::ids::{ActorNumber, Band, BandOf, TenantId};
use crate::memory::Memory;
use crate::source::question::{Class, Labels, Piece, Question, Reader};
use crate::source::unknown_events::refuse_unknown;
use crate::source::{Source, condition};
use std::collections::BTreeMap;

/// Finds the members; of a cohort that users are in who had none of the events, those who are not in it.
pub fn members(events: &Events, tenant: Option<TenantId>, memory: &Memory) -> Result<Members, Error> {
    refuse_unknown(events.names.iter().flatten())?;
    let range = range_of(events)?;
    let names = events.names.clone();
    let found = match events.which {
        Which::Counted { least: 0, most: Some(most) } => {
            let more = Counting { least: most.saturating_add(1), most: None, counts: Vec::new() };
            Members { is_rest: true, ..read(names, events, range, tenant, memory, more)? }
        }
        Which::Counted { least, most } => {
            let counting = Counting { least: least.max(1), most, counts: Vec::new() };
            read(names, events, range, tenant, memory, counting)?
        }
        Which::First => {
            // Whether an event is the first is a matter of all history.
            let firsts = Firsts { since: range.start, had: Vec::new() };
            read(names, events, i64::MIN..range.end, tenant, memory, firsts)?
        }
    };
    Ok(found)
}

/// Finds everybody who had any event.
pub fn everybody(tenant: Option<TenantId>, memory: &Memory) -> Result<Members, Error> {
    let counting = Counting { least: 1, most: None, counts: Vec::new() };
    read(None, &Events::default(), i64::MIN..i64::MAX, tenant, memory, counting)
}

fn read(
    names: Option<Vec<String>>,
    events: &Events,
    range: std::ops::Range<i64>,
    tenant: Option<TenantId>,
    memory: &Memory,
    finding: impl Find,
) -> Result<Members, Error> {
    let filter = events.filter.as_deref().map(condition).transpose()?;
    let class = Class { names, conditions: (0..usize::from(filter.is_some())).collect() };
    let question = Question {
        range,
        tenant,
        needs_actors: true,
        labels: Labels::Classes { classes: vec![class], keeps_others: false },
        conditions: filter.into_iter().collect(),
        ..Question::default()
    };
    let mut source = Source::open_within(question, memory.rest())?;
    let mut reading = Reading { finding, at: Default::default(), found: BTreeMap::new() };
    source.visit(&mut reading)?;
    let mut members = Members::default();
    for (tenant, numbers) in reading.found {
        let state = source.tenants.get(&tenant).copied();
        let known = state.map_or(0, |state| state.actors as u32);
        let (kept, new): (Vec<ActorNumber>, Vec<ActorNumber>) =
            numbers.into_iter().partition(|number| number.get() < known);
        let mut of = Of { unnamed: state.filter(|_| !kept.is_empty()), ..Of::default() };
        kept.into_iter().for_each(|number| of.add(number));
        of.ids.extend(source.ids_of(tenant, &new)?.into_iter().flatten());
        members.tenants.insert(tenant, of);
    }
    Ok(members)
}

/// Looks at the events of one band after the other, and says who is a member.
trait Find {
    fn needs_times(&self, first: i64, last: i64) -> bool;
    fn needs_each(&self) -> bool;
    fn begin_band(&mut self, actors: usize);
    fn read(&mut self, piece: &Piece<'_>);

    /// The places of the members in the band.
    fn members(&self) -> impl Iterator<Item = usize>;
}

/// Counts how many events each user had.
struct Counting {
    least: u32,
    most: Option<u32>,
    counts: Vec<u32>,
}

impl Find for Counting {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn needs_each(&self) -> bool {
        self.least > 1 || self.most.is_some()
    }

    fn begin_band(&mut self, actors: usize) {
        self.counts.clear();
        self.counts.resize(actors, 0);
    }

    fn read(&mut self, piece: &Piece<'_>) {
        if self.needs_each() {
            for (place, events) in piece.runs() {
                let count = &mut self.counts[usize::from(place)];
                *count = count.saturating_add(events.len() as u32);
            }
        } else {
            piece.actors.iter().for_each(|place| self.counts[usize::from(*place)] = 1);
        }
    }

    fn members(&self) -> impl Iterator<Item = usize> {
        let enough = self.least..=self.most.unwrap_or(u32::MAX);
        self.counts.iter().enumerate().filter(move |(_, count)| enough.contains(count)).map(|(place, _)| place)
    }
}

/// Notes whether each user had an event before a moment, and after it.
struct Firsts {
    since: i64,
    /// A bit says that the user had one before, another that it had one at that moment or later.
    had: Vec<u8>,
}

const BEFORE: u8 = 1;
const AFTER: u8 = 2;

impl Find for Firsts {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        first < self.since && self.since <= last
    }

    fn needs_each(&self) -> bool {
        false
    }

    fn begin_band(&mut self, actors: usize) {
        self.had.clear();
        self.had.resize(actors, 0);
    }

    fn read(&mut self, piece: &Piece<'_>) {
        let side = |time: i64| if time < self.since { BEFORE } else { AFTER };
        if side(piece.first) == side(piece.last) {
            piece.actors.iter().for_each(|place| self.had[usize::from(*place)] |= side(piece.first));
            return;
        }
        // The first of a user's events decides.
        for (place, events) in piece.runs() {
            self.had[usize::from(place)] |= side(piece.times[events.start]);
        }
    }

    fn members(&self) -> impl Iterator<Item = usize> {
        self.had.iter().enumerate().filter(|(_, had)| **had == AFTER).map(|(place, _)| place)
    }
}

struct Reading<F> {
    finding: F,
    at: BandOf,
    /// The numbers of the members of each tenant.
    found: BTreeMap<TenantId, Vec<ActorNumber>>,
}

impl<F: Find> Reader<Error> for Reading<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.finding.needs_times(first, last)
    }

    fn needs_each(&self) -> bool {
        self.finding.needs_each()
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.finding.begin_band(actors);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.finding.read(piece);
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let Self { finding, at: (tenant, band), found } = self;
        found.entry(*tenant).or_default().extend(finding.members().map(|place| band.number(place as u16)));
        Ok(())
    }
}
