//! What chunks are read into: slices of their bodies, and the columns of a segment, decoded.

use crate::db::stream::{Slice, Toasted};
use crate::timeline::chunk::{Codes, Column, Decimal, Subjects};
use std::ops::Range;

/// Columns that lie at most so many bytes apart are fetched together.
const WORTH_READING_OVER: u32 = 4_096;

/// What segments are decoded into: one for all, so that none of them allocates.
#[derive(Default)]
pub struct Scratch {
    pub users: Fetched,
    pub runs: Fetched,
    pub times: Fetched,
    pub actors: Vec<u16>,
    pub ends: Vec<u32>,
    pub instants: Vec<i64>,
    pub arrivals: Vec<i64>,
    pub rates: Vec<f32>,
    pub values: Vec<u32>,
    pub decimals: Vec<Decimal>,
    pub groups: Vec<u32>,
    pub holding: Vec<u64>,
    pub codes: Vec<u16>,
    pub table: Vec<u64>,
    pub dictionary: Codes,
    pub subjects: Subjects,
    /// Whether some events were left out, and how many were not.
    pub is_cut: bool,
    pub kept: usize,
    wanted: Vec<bool>,
}

impl Scratch {
    pub fn clear(&mut self) {
        self.actors.clear();
        self.ends.clear();
        self.instants.clear();
        self.arrivals.clear();
        self.rates.clear();
        self.values.clear();
        self.decimals.clear();
        self.groups.clear();
        self.subjects.clear();
        self.holding.clear();
        self.codes.clear();
        self.table.clear();
        self.table.push(0);
        self.is_cut = false;
    }

    /// Whose events they are was of use only for their labels.
    pub fn forget_actors(&mut self) {
        self.actors.clear();
        self.ends.clear();
    }

    /// Keeps the events in the range, where times were read, and those with a label, where each has its own.
    pub fn keep_wanted(&mut self, range: &Range<i64>, have_codes: bool) {
        fn keep<T: Copy>(column: &mut Vec<T>, wanted: &[bool]) {
            let mut wanted = wanted.iter();
            column.retain(|_| wanted.next().is_some_and(|is_wanted| *is_wanted));
        }
        self.wanted.clear();
        self.wanted.resize(self.instants.len().max(self.codes.len()), true);
        for (wanted, time) in self.wanted.iter_mut().zip(&self.instants) {
            *wanted &= range.contains(time);
        }
        if have_codes {
            for (wanted, code) in self.wanted.iter_mut().zip(&self.codes) {
                *wanted &= *code != 0;
            }
        }
        keep(&mut self.instants, &self.wanted);
        keep(&mut self.arrivals, &self.wanted);
        keep(&mut self.rates, &self.wanted);
        keep(&mut self.values, &self.wanted);
        keep(&mut self.decimals, &self.wanted);
        keep(&mut self.groups, &self.wanted);
        keep(&mut self.subjects.codes, &self.wanted);
        keep(&mut self.codes, &self.wanted);
        self.is_cut = true;
        self.kept = self.wanted.iter().filter(|wanted| **wanted).count();
        self.keep_actors();
    }

    /// Of those who have a wanted event, with where these end.
    fn keep_actors(&mut self) {
        let (mut kept, mut begin, mut end) = (0, 0, 0);
        for run in 0..self.ends.len() {
            let until = self.ends[run] as usize;
            let events = self.wanted[begin..until].iter().filter(|wanted| **wanted).count();
            begin = until;
            if events > 0 {
                end += events as u32;
                self.actors[kept] = self.actors[run];
                self.ends[kept] = end;
                kept += 1;
            }
        }
        self.actors.truncate(kept);
        self.ends.truncate(kept);
    }
}

/// Columns of one kind of several segments, in as few slices of the body as is sensible.
#[derive(Default)]
pub struct Fetched {
    /// Where a slice begins in the body.
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

    /// A column by itself.
    pub fn one(body: &Toasted, column: Column) -> Fetched {
        let mut fetched = Fetched::default();
        fetched.fetch(body, std::iter::once(column));
        fetched
    }
}
