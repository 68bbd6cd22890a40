//! Hands on each event of a source with its bucket and the value of the touched key: the one place that looks into the
//! pieces for numbers.

use crate::calendar::Edges;
use crate::error::Error;
use crate::source::question::{Piece, Reader};
use telemetry_chunks::Decimal;

/// One event inside the buckets.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub bucket: usize,
    /// The number of the value; 0: the event has none.
    pub value: u32,
    /// The value, if its number is [`crate::source::question::IS_DECIMAL`].
    pub decimal: Decimal,
    /// The number of the value of the key that groups; 0: none.
    pub group: u32,
    pub rate: f32,
}

/// Calls `each` with every event inside the buckets.
pub struct EachValue<F> {
    edges: Edges,
    each: F,
}

impl<F: FnMut(Seen) -> Result<(), Error>> EachValue<F> {
    pub fn new(edges: Edges, each: F) -> EachValue<F> {
        EachValue { edges, each }
    }
}

impl<F: FnMut(Seen) -> Result<(), Error>> Reader<Error> for EachValue<F> {
    fn needs_times(&self, first: i64, last: i64) -> bool {
        self.edges.part(first, last)
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), Error> {
        let mut place = self.edges.place_of(piece.first);
        for event in 0..piece.events {
            if let Some(time) = piece.times.get(event)
                && !self.edges.is_in(place, *time)
            {
                place = self.edges.place_of(*time);
            }
            let Some(bucket) = self.edges.bucket_in(place) else { continue };
            (self.each)(Seen {
                bucket,
                value: piece.values.get(event).copied().unwrap_or(0),
                decimal: piece.decimals.get(event).copied().unwrap_or_default(),
                group: piece.groups.get(event).copied().unwrap_or(0),
                rate: piece.rates.get(event).copied().unwrap_or(1.0),
            })?;
        }
        Ok(())
    }
}
