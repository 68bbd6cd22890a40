//! Pure: what is collected of each bucket and group, filled event by event. Values that are no short numbers are counted by the
//! numbers of their texts, so that each text is read once, at the end.

use super::bag::Bag;
use super::reading::Seen;
use super::{Collect, Number};
use crate::error::Error;
use crate::memory::Memory;
use crate::source::question::IS_DECIMAL;
use std::collections::BTreeMap;

/// The number of events between two looks at the memory.
pub const EVENTS_BETWEEN_CHECKS: usize = 1 << 17;

/// What was collected in each cell.
pub struct Cells<C> {
    collected: Vec<C>,
    texts: Vec<Texts>,
    events: usize,
    /// The bytes that they may take.
    room: usize,
}

impl<C: Collect> Cells<C> {
    pub fn new(room: usize) -> Cells<C> {
        Cells { collected: Vec::new(), texts: Vec::new(), events: 0, room }
    }

    /// Makes empty cells, up to so many in all. Error: 53200 they do not fit.
    pub fn make(&mut self, cells: usize) -> Result<(), Error> {
        if cells.saturating_mul(size_of::<Texts>() + size_of::<C>()) > self.room {
            return Err(Memory::exceeded());
        }
        self.collected.resize(cells, C::default());
        self.texts.resize(cells, Texts::default());
        Ok(())
    }

    /// Adds an event that has a value. Error: 53200 what is collected does not fit.
    pub fn add(&mut self, cell: usize, seen: &Seen) -> Result<(), Error> {
        if seen.value == IS_DECIMAL {
            self.collected[cell].add(Some(&Number::Short(seen.decimal)), 1, seen.rate);
        } else {
            self.texts[cell].push(seen.value, seen.rate);
        }
        self.events += 1;
        if self.events.is_multiple_of(EVENTS_BETWEEN_CHECKS) && self.held() > self.room {
            self.texts.iter_mut().for_each(Texts::shrink);
            self.collected.iter_mut().for_each(C::shrink);
            if self.held() > self.room {
                return Err(Memory::exceeded());
            }
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.texts.iter().map(Texts::memory).sum::<usize>() + self.collected.iter().map(C::memory).sum::<usize>()
    }

    /// Gives the cells. `numbers`: what each text says, from number 1. Calls `each` with the cell of a number that was a text, how
    /// often it occurs there, and its rate.
    pub fn filled(self, numbers: &[Option<Number>], mut each: impl FnMut(usize, Option<&Number>, u64, f32)) -> Vec<C> {
        let mut collected = self.collected;
        for (cell, texts) in self.texts.into_iter().enumerate() {
            for (rate, bag) in texts.into_bags() {
                for (text, times) in bag.into_runs() {
                    let number = numbers[text as usize - 1].as_ref();
                    collected[cell].add(number, times, rate);
                    each(cell, number, times, rate);
                }
            }
        }
        collected
    }
}

/// The numbers of the texts of one cell.
#[derive(Clone, Default)]
struct Texts {
    /// Those of events that were all kept.
    whole: Bag,
    /// Those of sampled events, by the bits of the rate.
    sampled: BTreeMap<u32, Bag>,
}

impl Texts {
    fn push(&mut self, text: u32, rate: f32) {
        if rate == 1.0 {
            self.whole.push(text);
        } else {
            self.sampled.entry(rate.to_bits()).or_default().push(text);
        }
    }

    fn into_bags(self) -> impl Iterator<Item = (f32, Bag)> {
        let sampled = self.sampled.into_iter().map(|(bits, bag)| (f32::from_bits(bits), bag));
        [(1.0, self.whole)].into_iter().chain(sampled)
    }

    fn shrink(&mut self) {
        self.whole.shrink();
        self.sampled.values_mut().for_each(Bag::shrink);
    }

    fn memory(&self) -> usize {
        size_of::<Texts>() + self.whole.memory() + self.sampled.values().map(Bag::memory).sum::<usize>()
    }
}
