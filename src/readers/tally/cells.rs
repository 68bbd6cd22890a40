//! Pure: counts events in numbered cells, sampled ones by their rate.

use crate::source::count::Count;
use foldhash::HashMap;

#[derive(Debug, Default)]
pub struct Cells {
    /// The events of each cell that were all kept.
    whole: Vec<i64>,
    /// The sampled events, by cell and the bits of their rate.
    sampled: HashMap<(usize, u32), i64>,
}

impl Cells {
    /// Makes room for so many cells; there may be more already.
    pub fn reach(&mut self, cells: usize) {
        if cells > self.whole.len() {
            self.whole.resize(cells, 0);
        }
    }

    /// The cells of events that were all kept, for who counts many at once.
    #[inline]
    pub fn whole(&mut self) -> &mut [i64] {
        &mut self.whole
    }

    /// Adds an event to a cell that there is room for.
    #[inline]
    pub fn add(&mut self, cell: usize, rate: f32) {
        if rate == 1.0 {
            self.whole[cell] += 1;
        } else {
            *self.sampled.entry((cell, rate.to_bits())).or_default() += 1;
        }
    }

    pub fn merge(&mut self, cell: usize, count: &Count) {
        self.reach(cell + 1);
        for (rate, events) in count.by_rate() {
            if rate == 1.0 {
                self.whole[cell] += events;
            } else {
                *self.sampled.entry((cell, rate.to_bits())).or_default() += events;
            }
        }
    }

    /// The counts of so many cells, whether there is room for them or not.
    pub fn counts(&self, cells: usize) -> Vec<Count> {
        let mut counts = vec![Count::default(); cells];
        counts.iter_mut().zip(&self.whole).for_each(|(count, events)| count.add(*events, 1.0));
        for ((cell, rate), events) in &self.sampled {
            counts[*cell].add(*events, f32::from_bits(*rate));
        }
        counts
    }

    /// How many cells there is room for.
    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// The bytes that are held, about.
    pub fn memory(&self) -> usize {
        self.whole.capacity() * size_of::<i64>() + self.sampled.capacity() * 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_count_what_is_added() {
        let mut cells = Cells::default();
        cells.reach(3);
        [1.0, 1.0, 0.5].into_iter().for_each(|rate| cells.add(1, rate));
        cells.whole()[2] += 4;
        let mut count = Count::default();
        count.add(1, 0.25);
        count.add(2, 1.0);
        cells.merge(3, &count);
        let counts: Vec<f64> = cells.counts(5).iter().map(Count::events).collect();
        assert_eq!((counts, cells.len()), (vec![0.0, 4.0, 4.0, 6.0, 0.0], 4));
    }
}
