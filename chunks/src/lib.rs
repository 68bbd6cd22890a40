//! A chunk of the timeline, the columnar copy of events: up to [`MOST_EVENTS`] events of one tenant and one band of users
//! (a user is a number inside the band; a band of events without a user has no users). This crate knows nothing of
//! PostgreSQL, so that threads may read chunks.
//!
//! A chunk is two byte strings: a header, small, and a body, of which a reader fetches the slices that it needs. Its
//! events lie in *segments*, one per event name, sorted by name; those of a segment are sorted by user, then time, then
//! arrival: who only asks who was there reads each user once, and whoever follows a user finds its events side by side.
//! The body is column-major, without gaps: everyone, the users of all segments, the runs of all, times, arrivals,
//! sources, rates, then the properties of the first segment, of the second, and so on, and behind all of these the
//! subjects, which are the longest and of use to the fewest. So one column of adjacent segments is one range, and so
//! are all properties of adjacent segments.
//!
//! | column | bytes |
//! |---|---|
//! | everyone | the users of all segments, each once, as users; none where there is one segment |
//! | users | none in a chunk without users; else [`blocks`]: the first user, then how many are left out before the next |
//! | runs | none where each user has one event; else [`blocks`]: how many events of each user follow its first |
//! | times | none where all are the segment's `since`; else [`blocks`]: the distance to it |
//! | arrivals | in order of time: the first, a varint from the chunk's first; then [`blocks`] of the steps, zigzag |
//! | sources, rates | a [`dictionary`]: none where no event has a value |
//! | properties | a [`dictionary`] as well, or [`numbers`] where that is shorter or the values are too many |
//! | subjects | none where no event has one; else each id of the segment once, and which event has which: [`subjects`] |
//!
//! Chunks are cut where a week (UTC) begins, and where more events come together than one holds, where a day or an hour
//! does: a question by calendar finds most chunks in one bucket.
//!
//! The same events give the same bytes, whatever order they came in. Every byte lies under one checksum, which a
//! reader verifies before it looks at the bytes: what is damaged is refused, never a wrong number.

#![forbid(unsafe_code)]

mod blocks;
mod columns;
mod cutting;
mod decimal;
mod dictionary;
mod draft;
mod encode;
mod header;
mod leaving;
mod merge;
mod numbers;
mod packed;
mod presence;
mod slices;
mod subjects;
mod varint;

pub use columns::read_users;
pub use decimal::{Decimal, GREATEST_SCALE, MOST_UNITS, NUMBER_LETTER};
pub use dictionary::{Codes, NUMBER};
pub use draft::Draft;
pub use header::{Column, Header, Property, Segment};
pub use leaving::removed_users;
pub use merge::user_of_each;
pub use presence::{Presence, Slots, USERS_AHEAD, Wanted, of_each_event};
pub use slices::Slices;
pub use subjects::Subjects;

use std::fmt;

/// The first byte of a header. A release that writes another layout writes another number, and reads both.
pub const FORMAT: u8 = 2;

pub const MOST_EVENTS: usize = 65_536;

/// An hour in microseconds, in which times are.
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// This number stands for a property value that cannot be kept: the property of all events of its segment is then
/// unkept.
pub const UNKEPT: u32 = u32::MAX;

/// A property is unkept if it has more different values in a segment than this, numbers aside: it is hardly one to
/// group or filter by, and its dictionary would be as large as the payloads.
pub const MOST_KEPT_VALUES: usize = 4_096;

/// A property is unkept if one of its values is longer than this, in bytes.
pub const LONGEST_KEPT_VALUE: usize = 256;

/// An event on its way into a chunk. `name` and `source` are numbers that the draft gave; source 0 is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The time in microseconds, which may be any number.
    pub time: i64,
    /// The number that tells the order in which events came in; no two events of a chunk have the same.
    pub arrival: i64,
    pub name: u16,
    /// The user's place in the band; 0 in a draft without users.
    pub user: u16,
    pub source: u32,
    pub rate: Option<f32>,
    /// The id of what the event is about.
    pub subject: Option<[u8; 16]>,
}

/// An encoded chunk, and what its header says of the whole of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub header: Vec<u8>,
    pub body: Vec<u8>,
    pub events: usize,
    pub since: i64,
    /// The time of the last event, inclusive.
    pub last: i64,
    /// The least arrival, and the greatest: they need not be those of the first and last event.
    pub first_arrival: i64,
    pub last_arrival: i64,
}

/// The reason why a chunk is refused. It says what is wrong, never a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The bytes are not those that were written.
    Bytes(&'static str),
    /// The chunk is not damaged, but the draft knows one of its names with other keys.
    OtherKeys,
    /// The chunk is not damaged, but it has users and the draft has none, or the other way round.
    OtherBand,
    /// The chunk is not damaged, but the draft has no number left for one of its names.
    TooManyNames,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Damage::Bytes(what) => what,
            Damage::OtherKeys => "the chunk keeps other properties of an event name than the draft",
            Damage::OtherBand => "of the chunk and the draft only one has users",
            Damage::TooManyNames => "the draft has no number left for an event name of the chunk",
        })
    }
}

impl std::error::Error for Damage {}

#[cfg(test)]
mod tests;
