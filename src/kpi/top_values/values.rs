//! Readers of the touched key's values. Events without a value are left out.

use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::kpi::top_values::distinct::{Distinct, Full};
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::each_event::each_event;
use crate::readers::marking::MarkedBand;
use crate::source::count::Count;
use crate::source::question::{Piece, Reader};

/// What a distinct value takes: its text three times, counts, places in tables.
const VALUE: usize = 300;

/// Counts events by number of value, weighed by their rates.
pub struct EventsByValue {
    /// By number; nothing at 0.
    pub counts: Vec<Count>,
    most: usize,
}

impl EventsByValue {
    /// `limit`: bytes that all values may take.
    pub fn new(limit: usize) -> Self {
        EventsByValue { counts: Vec::new(), most: limit / VALUE }
    }
}

impl Reader<Error> for EventsByValue {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn begin_band(&mut self, _: TenantId, _: Band, _: usize) -> Result<(), Error> {
        Ok(())
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

    fn end_band(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Counts distinct actors by number of value.
pub struct ActorsByValue {
    is_counting: bool,
    distinct: Distinct,
    /// By number; nothing at 0.
    pub counts: Vec<i64>,
    /// The largest number of a value.
    pub values: u32,
}

impl ActorsByValue {
    /// Without counting it only learns how many values there are. `limit`: bytes that it may take to tell actors apart.
    pub fn new(is_counting: bool, limit: usize) -> Self {
        ActorsByValue { is_counting, distinct: Distinct::new(limit), counts: Vec::new(), values: 0 }
    }
}

impl Reader<Error> for ActorsByValue {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn begin_band(&mut self, _: TenantId, _: Band, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.values = self.values.max(largest(piece) as u32);
        let mut outcome = Ok(());
        if self.is_counting {
            each_event(piece, |event| {
                if event.value != 0 && outcome.is_ok() {
                    outcome = self.distinct.add(event.value, event.actor);
                }
            });
        }
        outcome.map_err(|Full| Memory::exceeded())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        self.counts.resize(self.values as usize + 1, 0);
        self.distinct.end_band(|value, actors| self.counts[value as usize] += actors);
        Ok(())
    }
}

/// Marks who had a value of which slot.
pub struct UsersBySlot<F> {
    /// By number of value, less one.
    slots: Vec<usize>,
    activity: [Activity; 1],
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> UsersBySlot<F> {
    /// Error: 53200 where so many slots do not fit.
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
