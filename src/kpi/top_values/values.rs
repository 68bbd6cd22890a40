//! Readers that count the touched key's values. Events without a value are left out.

use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::kpi::top_values::distinct::{Distinct, Full};
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::each_event::{each_event, try_each_event};
use crate::readers::marking::MarkedBand;
use crate::source::count::Count;
use crate::source::question::{Piece, Reader};

/// How many bytes a distinct value takes: its text three times, counts, places in tables.
const VALUE: usize = 300;

/// Counts events by number of value, weighed by their rates.
pub struct EventsByValue {
    /// The count of each value, by its number; nothing at 0.
    pub counts: Vec<Count>,
    most: usize,
}

impl EventsByValue {
    /// Makes an empty one. All values may take `limit` bytes.
    pub fn new(limit: usize) -> Self {
        EventsByValue { counts: Vec::new(), most: limit / VALUE }
    }
}

impl Reader<Error> for EventsByValue {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let values = largest(piece) + 1;
        if values > self.most {
            return Err(Memory::exceeded());
        }
        self.counts.resize(self.counts.len().max(values), Count::default());
        each_event(piece, |event| {
            if event.value != 0 {
                self.counts[event.value as usize].add(1, event.rate);
            }
        });
        Ok(())
    }
}

/// Counts distinct actors by number of value.
pub struct ActorsByValue {
    is_counting: bool,
    distinct: Distinct,
    /// The number of actors of each value, by its number; nothing at 0.
    pub counts: Vec<i64>,
    /// The largest number of a value that was met.
    pub values: u32,
}

impl ActorsByValue {
    /// Makes an empty one. If it is not counting it only learns how many values there are. To tell actors apart it may
    /// take `limit` bytes.
    pub fn new(is_counting: bool, limit: usize) -> Self {
        ActorsByValue { is_counting, distinct: Distinct::new(limit), counts: Vec::new(), values: 0 }
    }
}

impl Reader<Error> for ActorsByValue {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.values = self.values.max(largest(piece) as u32);
        if !self.is_counting {
            return Ok(());
        }
        try_each_event(piece, |event| match event.value {
            0 => Ok(()),
            value => self.distinct.add(value, event.actor).map_err(|Full| Memory::exceeded()),
        })
    }

    fn end_band(&mut self) -> Result<(), Error> {
        self.counts.resize(self.values as usize + 1, 0);
        self.distinct.end_band(|value, actors| self.counts[value as usize] += actors);
        Ok(())
    }
}

/// Marks which actors had a value of which slot.
pub struct UsersBySlot<F> {
    /// The slot of each value, by the value's number less one.
    slots: Vec<usize>,
    activity: [Activity; 1],
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> UsersBySlot<F> {
    /// Makes a reader that marks nobody yet. Error: 53200 where this many slots do not fit.
    pub fn new(slots: Vec<usize>, count: usize, memory: &Memory, done: F) -> Result<Self, Error> {
        memory.check(Activity::would_take(count, MOST_ACTORS))?;
        Ok(UsersBySlot { slots, activity: [Activity::new(count)], at: Default::default(), done })
    }
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> Reader<Error> for UsersBySlot<F> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn begin_band(&mut self, tenant: TenantId, band: Band, actors: usize) -> Result<(), Error> {
        self.at = (tenant, band);
        self.activity[0].begin_band(actors);
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let Self { slots, activity, .. } = self;
        each_event(piece, |event| {
            if let Some(place) = (event.value as usize).checked_sub(1) {
                activity[0].mark(slots[place], &[event.actor]);
            }
        });
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        let (tenant, band) = self.at;
        (self.done)(&MarkedBand { tenant, band, activities: &self.activity, before: &[] })
    }
}

fn largest(piece: &Piece<'_>) -> usize {
    piece.values.iter().max().map_or(0, |value| *value as usize)
}
