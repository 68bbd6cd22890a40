//! Pieces of a band that came one after the other and are kept until all parts have read them.

use crate::in_order::Events;
use std::collections::TryReserveError;

/// Events with the labels of steps.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    pub events: Events<'a>,
    pub labels: Labels<'a>,
}

/// The label of all events, or that of each, by its place in the times.
#[derive(Debug, Clone, Copy)]
pub enum Labels<'a> {
    Same(u8),
    Each(&'a [u8]),
}

/// The columns of a piece that may be taken: others are left in their place, to be written over.
#[derive(Debug)]
pub struct Owned<'a> {
    pub actors: &'a mut Vec<u16>,
    pub ends: &'a mut Vec<u32>,
    pub times: &'a mut Vec<i64>,
    pub span: (i64, i64),
    pub labels: Labels<'a>,
}

/// What came, in order.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entry<'a> {
    /// No later event lies before this time.
    Chunk(i64),
    Piece(Piece<'a>),
}

/// What came, with the columns of pieces.
#[derive(Debug, Default)]
pub(super) struct Window {
    kept: Vec<Kept>,
    events: usize,
    /// The bytes of the pieces.
    bytes: usize,
    /// Columns that are not in use.
    spare: Vec<Columns>,
}

#[derive(Debug)]
enum Kept {
    Chunk(i64),
    Piece { columns: Columns, label: Option<u8>, span: (i64, i64) },
}

#[derive(Debug, Default)]
struct Columns {
    actors: Vec<u16>,
    ends: Vec<u32>,
    times: Vec<i64>,
    /// The label of each event; empty where all have the same.
    labels: Vec<u8>,
}

impl Window {
    pub fn clear(&mut self) {
        let columns = self.kept.drain(..).filter_map(|kept| match kept {
            Kept::Piece { columns, .. } => Some(columns),
            Kept::Chunk(_) => None,
        });
        self.spare.extend(columns);
        (self.events, self.bytes) = (0, 0);
    }

    pub fn begin_chunk(&mut self, first: i64) {
        self.kept.push(Kept::Chunk(first));
    }

    /// Copies the events of a piece.
    pub fn add(&mut self, Piece { events, labels }: &Piece<'_>) -> Result<(), TryReserveError> {
        let mut columns = self.spare.pop().unwrap_or_default();
        copy(&mut columns.actors, events.actors)?;
        copy(&mut columns.ends, events.ends)?;
        copy(&mut columns.times, events.times)?;
        self.keep(columns, events.span, labels)
    }

    /// Takes the events of a piece.
    pub fn take(&mut self, owned: Owned<'_>) -> Result<(), TryReserveError> {
        let mut columns = self.spare.pop().unwrap_or_default();
        std::mem::swap(&mut columns.actors, owned.actors);
        std::mem::swap(&mut columns.ends, owned.ends);
        std::mem::swap(&mut columns.times, owned.times);
        self.keep(columns, owned.span, &owned.labels)
    }

    fn keep(&mut self, mut columns: Columns, span: (i64, i64), labels: &Labels<'_>) -> Result<(), TryReserveError> {
        let label = match labels {
            Labels::Same(label) => Some(*label),
            Labels::Each(labels) => {
                copy(&mut columns.labels, labels)?;
                None
            }
        };
        self.events += columns.times.len();
        self.bytes += columns.memory();
        self.kept.push(Kept::Piece { columns, label, span });
        Ok(())
    }

    /// Lists what came.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.kept.iter().map(|kept| match kept {
            Kept::Chunk(first) => Entry::Chunk(*first),
            Kept::Piece { columns: Columns { actors, ends, times, labels }, label, span } => {
                let labels = label.map_or(Labels::Each(labels), Labels::Same);
                Entry::Piece(Piece { events: Events { actors, ends, begin: 0, times, span: *span }, labels })
            }
        })
    }

    pub fn events(&self) -> usize {
        self.events
    }

    /// The bytes that are held for pieces.
    pub fn memory(&self) -> usize {
        self.bytes
    }

    /// The bytes that are held in all.
    pub fn memory_held(&self) -> usize {
        let spare = self.spare.iter().map(Columns::memory).sum::<usize>();
        self.bytes + spare + size_of::<Kept>() * self.kept.capacity() + size_of::<Columns>() * self.spare.capacity()
    }
}

impl Columns {
    fn memory(&self) -> usize {
        let Self { actors, ends, times, labels } = self;
        2 * actors.capacity() + 4 * ends.capacity() + 8 * times.capacity() + labels.capacity()
    }
}

fn copy<T: Copy>(into: &mut Vec<T>, from: &[T]) -> Result<(), TryReserveError> {
    into.clear();
    into.try_reserve_exact(from.len())?;
    into.extend_from_slice(from);
    Ok(())
}
