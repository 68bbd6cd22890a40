//! Hands on each event of a source with its bucket and the value of the touched key: the one place that looks into the
//! pieces for numbers.

use crate::derived::timeline::chunk::Decimal;
use crate::error::Error;
use crate::source::question::{Piece, Reader};

/// One event inside the buckets.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub bucket: usize,
    pub label: u64,
    /// The number of the value; 0: the event has none.
    pub value: u32,
    /// The value where its number is [`crate::source::question::IS_DECIMAL`].
    pub decimal: Decimal,
    /// The number of the value of the key that groups; 0: none.
    pub group: u32,
    pub rate: f32,
}

/// Calls `each` with every event inside the buckets.
pub struct EachValue<F> {
    /// Starts of the buckets, and the end of the last.
    edges: Vec<i64>,
    each: F,
}

impl<F: FnMut(Seen) -> Result<(), Error>> EachValue<F> {
    pub fn new(edges: Vec<i64>, each: F) -> EachValue<F> {
        EachValue { edges, each }
    }

    /// 0 for before the first bucket, 1 for the first, one more than there are for after the last.
    fn place_of(&self, time: i64) -> usize {
        self.edges.partition_point(|edge| *edge <= time)
    }

    /// Whether a time lies in the place, which most times do that follow one there.
    fn is_in(&self, place: usize, time: i64) -> bool {
        place.checked_sub(1).is_none_or(|before| self.edges[before] <= time)
            && self.edges.get(place).is_none_or(|next| time < *next)
    }
}

impl<F: FnMut(Seen) -> Result<(), Error>> Reader<Error> for EachValue<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.place_of(first) != self.place_of(last)
    }

    fn begin_band(&mut self, _: [u8; 16], _: i32, _: usize) -> Result<(), Error> {
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let mut place = self.place_of(piece.first);
        for event in 0..piece.events {
            if let Some(time) = piece.times.get(event)
                && !self.is_in(place, *time)
            {
                place = self.place_of(*time);
            }
            if place == 0 || place >= self.edges.len() {
                continue;
            }
            (self.each)(Seen {
                bucket: place - 1,
                label: piece.labels.of(event),
                value: piece.values.get(event).copied().unwrap_or(0),
                decimal: piece.decimals.get(event).copied().unwrap_or_default(),
                group: piece.groups.get(event).copied().unwrap_or(0),
                rate: piece.rates.get(event).copied().unwrap_or(1.0),
            })?;
        }
        Ok(())
    }

    fn end_band(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
