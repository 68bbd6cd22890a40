//! Readers that count the touched key's values. Events without a value are left out.

use crate::error::Error;
use crate::ids::{Band, BandOf, TenantId};
use crate::kpi::top_values::elements::Elements;
use crate::memory::Memory;
use crate::readers::activity::{Activity, MOST_ACTORS};
use crate::readers::distinct::{Distinct, Full};
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

/// Learns the largest number of a value.
#[derive(Default)]
pub struct Values {
    pub most: u32,
}

impl Reader<Error> for Values {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        self.most = self.most.max(largest(piece) as u32);
        Ok(())
    }
}

/// Counts the distinct actors of each element.
pub struct ActorsByElement<'a> {
    elements: &'a Elements,
    distinct: Distinct,
    /// The number of actors of each element, by its number.
    pub counts: Vec<i64>,
}

impl ActorsByElement<'_> {
    /// Makes an empty one. To tell actors apart it may take `limit` bytes.
    pub fn new(elements: &Elements, limit: usize) -> ActorsByElement<'_> {
        ActorsByElement { elements, distinct: Distinct::new(limit), counts: vec![0; elements.texts.len()] }
    }
}

impl Reader<Error> for ActorsByElement<'_> {
    fn needs_times(&self, _: i64, _: i64) -> bool {
        false
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        try_each_event(piece, |event| {
            let mut elements = self.elements.of(event.value as usize).iter();
            elements.try_for_each(|element| self.distinct.add(*element, event.actor).map_err(|Full| Memory::exceeded()))
        })
    }

    fn end_band(&mut self) -> Result<(), Error> {
        self.distinct.end_band(|element, actors| self.counts[element as usize] += actors);
        Ok(())
    }
}

/// Marks which actors had a value of which slot.
pub struct UsersBySlot<F> {
    /// The slots of each value, by the value's number.
    slots: Vec<Vec<usize>>,
    activity: [Activity; 1],
    at: BandOf,
    done: F,
}

impl<F: FnMut(&MarkedBand<'_>) -> Result<(), Error>> UsersBySlot<F> {
    /// Makes a reader that marks nobody yet. Error: 53200 where this many slots do not fit.
    pub fn new(slots: Vec<Vec<usize>>, count: usize, memory: &Memory, done: F) -> Result<Self, Error> {
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
            for slot in &slots[event.value as usize] {
                activity[0].mark(*slot, &[event.actor]);
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
