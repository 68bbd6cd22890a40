//! Buffers that chunks are read into: slices of their bodies, and what is made of a segment.

use super::columns::Columns;
use crate::db::stream::{Slice, Toasted};
use telemetry_chunks::{Codes, Column, Presence, Slices, Slots};

/// The buffers that segments are read into: one set for all, so that none of them allocates.
#[derive(Default)]
pub struct Scratch {
    pub slots: Slots<Slice>,
    /// Whose the events of a segment are, before its columns take that.
    pub presence: Presence,
    /// The columns of one segment; the other fields below are of it as well.
    pub columns: Columns,
    /// The bits of the conditions that hold, by event.
    pub holding: Vec<u64>,
    /// The label of all events; None: each has its own.
    pub same: Option<u64>,
    /// The labels that codes stand for.
    pub table: Vec<u64>,
    pub dictionary: Codes,
    /// The properties that conditions ask for, by their place in the segment.
    pub properties: Vec<(usize, Codes)>,
    /// Which events fail a condition.
    pub fails: Vec<bool>,
}

impl Scratch {
    /// Forgets the segment, but not the slices that were fetched.
    pub fn clear(&mut self) {
        self.columns.clear();
        self.holding.clear();
        self.properties.clear();
        self.table.clear();
        self.table.push(0);
    }
}

/// Fetches a column by itself.
pub fn fetched(body: &Toasted, column: Column) -> Slices<Slice> {
    let mut slices = Slices::default();
    slices.fetch(std::iter::once(column), |start, length| body.slice(start, length));
    slices
}
