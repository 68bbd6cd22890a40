//! Buffers that chunks are read into: slices of their bodies, and what is made of a segment.

use super::columns::Columns;
use crate::db::stream::{Slice, Toasted};
use crate::derived::timeline::chunk::{Codes, Column};

/// Columns that lie at most so many bytes apart are fetched together.
const WORTH_READING_OVER: u32 = 4_096;

/// The buffers that segments are read into: one set for all, so that none of them allocates.
#[derive(Default)]
pub struct Scratch {
    pub users: Fetched,
    pub runs: Fetched,
    pub times: Fetched,
    /// The columns of one segment; the other fields below are of it as well.
    pub columns: Columns,
    /// The bits of the conditions that hold, by event.
    pub holding: Vec<u64>,
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

/// Columns of one kind of several segments, fetched in as few slices of the body as is sensible.
#[derive(Default)]
pub struct Fetched {
    /// Each slice, and where it begins in the body.
    slices: Vec<(u32, Slice)>,
}

impl Fetched {
    pub fn fetch(&mut self, body: &Toasted, columns: impl Iterator<Item = Column>) {
        self.slices.clear();
        let mut pending: Option<(u32, u32)> = None;
        for column in columns.filter(|column| column.length > 0) {
            let end = column.start + column.length;
            pending = match pending {
                Some((start, until)) if column.start >= until && column.start - until <= WORTH_READING_OVER => {
                    Some((start, end))
                }
                other => {
                    self.read(body, other);
                    Some((column.start, end))
                }
            };
        }
        self.read(body, pending);
    }

    fn read(&mut self, body: &Toasted, slice: Option<(u32, u32)>) {
        self.slices.extend(slice.map(|(start, end)| (start, body.slice(start, end - start))));
    }

    /// The bytes of a column that was fetched; fewer where the body is shorter than its header says.
    pub fn of(&self, column: Column) -> &[u8] {
        let slice = self.slices.partition_point(|(start, _)| *start <= column.start);
        let Some((start, bytes)) = slice.checked_sub(1).and_then(|slice| self.slices.get(slice)) else { return &[] };
        let begin = (column.start - start) as usize;
        bytes.get(begin..begin + column.length as usize).unwrap_or_default()
    }

    /// Fetches a column by itself.
    pub fn one(body: &Toasted, column: Column) -> Fetched {
        let mut fetched = Fetched::default();
        fetched.fetch(body, std::iter::once(column));
        fetched
    }
}
