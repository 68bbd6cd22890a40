//! Pure: the pieces of events that answer a question, and the reader that gets them.

use crate::ids::{Band, TenantId};
use std::ops::Range;
use telemetry_chunks::{Decimal, Subjects};

/// This number stands for a value that is among the decimals of its piece.
pub const IS_DECIMAL: u32 = u32::MAX;

/// Events of one band of actors, sorted by actor, time and arrival. Slices are empty where they were not asked for.
#[derive(Debug, Default)]
pub struct Piece<'a> {
    pub events: usize,
    /// The earliest time of these events; `last` is the latest.
    pub first: i64,
    pub last: i64,
    /// The actors' places in the band, each once, ascending. Empty also where the question needs no actors: then the
    /// events are in any order.
    pub actors: &'a [u16],
    /// The place where each actor's events end. Empty where nothing that was asked for tells them apart.
    pub ends: &'a [u32],
    /// The actor of each event, where another thread has told it; else empty.
    pub each: &'a [u16],
    /// The time of each event. Empty where the reader said that they make no difference.
    pub times: &'a [i64],
    pub arrivals: &'a [i64],
    /// Where the arrivals can be asked for, which the reader did not want at once.
    pub unread: Option<Unread>,
    pub labels: LabelsOf<'a>,
    /// The number of each event's value of the touched key, see Source::value(); 0: it has none.
    pub values: &'a [u32],
    /// The decimals of the events whose value is [`IS_DECIMAL`], by event. Empty where none is.
    pub decimals: &'a [Decimal],
    /// The number of each event's value of the key that groups, as in `values`.
    pub groups: &'a [u32],
    /// The number of each event's values of the keys that match, which are never missing. Empty where no key does.
    pub matched: &'a [u32],
    /// The probabilities with which the events were kept. Empty: every event was.
    pub rates: &'a [f32],
    /// The subjects of the events. None where they were not asked for; an id may stand there twice.
    pub subjects: Option<&'a Subjects>,
}

/// A piece as its columns, which a reader may exchange for others: these will be written over.
#[derive(Debug)]
pub struct Owned<'a> {
    pub events: usize,
    pub first: i64,
    pub last: i64,
    pub actors: &'a mut Vec<u16>,
    pub ends: &'a mut Vec<u32>,
    pub times: &'a mut Vec<i64>,
    pub labels: LabelsOf<'a>,
}

/// The place of a segment of whose events a reader may ask for the arrivals, as long as its band is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// The chunk, by its place among those of the band.
    pub chunk: usize,
    /// The segment, by its place among those of the chunk that the question reads.
    pub segment: usize,
}

/// Reads the arrivals of a piece that was handed over without them. It is told the times of the piece.
pub type ReadArrivals<'a, E> = dyn FnMut(Unread, &[i64], &mut Vec<i64>) -> Result<(), E> + 'a;

impl Piece<'_> {
    /// Lists each actor and the places of its events. Nothing where `ends` are empty.
    pub fn runs(&self) -> impl Iterator<Item = (u16, Range<usize>)> + '_ {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let runs = begins.zip(self.ends).map(|(begin, end)| begin as usize..*end as usize);
        self.actors.iter().copied().zip(runs)
    }

    /// Lists each event with its actor. Nothing where `ends` are empty.
    pub fn each(&self) -> impl Iterator<Item = (u16, usize)> + '_ {
        self.runs().flat_map(|(actor, events)| events.map(move |event| (actor, event)))
    }
}

/// The labels of events: one for all, or a code into the table for each.
#[derive(Debug, Clone, Copy)]
pub enum LabelsOf<'a> {
    Same(u64),
    Each { codes: &'a [u16], table: &'a [u64] },
}

impl Default for LabelsOf<'_> {
    fn default() -> Self {
        LabelsOf::Same(0)
    }
}

impl LabelsOf<'_> {
    pub fn of(&self, event: usize) -> u64 {
        match self {
            LabelsOf::Same(label) => *label,
            LabelsOf::Each { codes, table } => table[codes[event] as usize],
        }
    }
}

/// A reader does with the events what a KPI wants: it gets them band after band, and the pieces of a band chunk by
/// chunk in order of their first event.
pub trait Reader<E> {
    /// Whether the times of events between these two matter (both inside the range).
    fn needs_times(&self, first: i64, last: i64) -> bool;

    /// Whether events between these two times with labels of these bits are of use; else they may be left unread.
    fn needs(&self, _labels: u64, _first: i64, _last: i64) -> bool {
        true
    }

    /// Whether it matters how many events an actor has, or which: if it does not, and nothing else tells them apart, a
    /// piece only says who has one.
    fn needs_each(&self) -> bool {
        false
    }

    /// Whether the reader asks for arrivals when it has met a band: then pieces come without those that would have to be
    /// read.
    fn asks_for_arrivals(&self) -> bool {
        false
    }

    /// Whether the reader needs the actor of each event, so that a thread that reads a chunk tells them.
    fn wants_actor_of_each(&self) -> bool {
        false
    }

    /// Begins a band. `actors`: how many of its places are taken. [`Band::NOBODYS`]: events without an actor.
    fn begin_band(&mut self, _tenant: TenantId, _band: Band, _actors: usize) -> Result<(), E> {
        Ok(())
    }

    /// Tells how many events of the band come from chunks, at most.
    fn expect(&mut self, _events: usize) {}

    /// Begins a chunk: from here on no event of the band lies before `first`; only pieces that are read before the
    /// first chunk may be of any time.
    fn begin_chunk(&mut self, _first: i64) -> Result<(), E> {
        Ok(())
    }

    fn read(&mut self, piece: &Piece<'_>) -> Result<(), E>;

    /// Whether the reader keeps the columns of pieces, so that it need not copy them: then take() may be called instead of
    /// read().
    fn takes_columns(&self) -> bool {
        false
    }

    /// Takes a piece of which actors, times and labels are asked for.
    fn take(&mut self, owned: Owned<'_>) -> Result<(), E> {
        let Owned { events, first, last, actors, ends, times, labels } = owned;
        self.read(&Piece { events, first, last, actors, ends, times, labels, ..Piece::default() })
    }

    fn end_band(&mut self) -> Result<(), E> {
        Ok(())
    }

    /// Ends a band, where the reader may ask for the arrivals of its pieces.
    fn end_band_asking(&mut self, _arrivals: &mut ReadArrivals<'_, E>) -> Result<(), E> {
        self.end_band()
    }
}
