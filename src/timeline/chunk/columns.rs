//! Pure: the columns of a segment, each read alone. Every reader takes exactly the column's bytes and fills what it is
//! given with one value per event, in the segment's order; or it finds the bytes damaged, and leaves it empty.

use super::dictionary::{self, Bounds, Codes};
use super::packed::unpack_short;
use super::varint::{Cursor, unzigzag};
use super::{Column, Damage, LONGEST_KEPT_VALUE, MOST_KEPT_VALUES, Property, Segment, deltas};

/// A code is 16 bits and 0 is none.
pub(super) const OF_SOURCES: Bounds = Bounds { most_values: u16::MAX as usize, shortest: 0, longest: usize::MAX };
/// The four bytes of an f32, the lowest first.
pub(super) const OF_RATES: Bounds = Bounds { most_values: u16::MAX as usize, shortest: 4, longest: 4 };
pub(super) const OF_PROPERTIES: Bounds =
    Bounds { most_values: MOST_KEPT_VALUES, shortest: 0, longest: LONGEST_KEPT_VALUE };

impl Segment {
    /// All 0 in a chunk without users.
    pub fn read_users(&self, bytes: &[u8], into: &mut Vec<u16>) -> Result<(), Damage> {
        into.clear();
        verify(&self.users, bytes)?;
        into.resize(self.events, 0);
        let Some((width, packed)) = bytes.split_first() else { return Ok(()) };
        let read = unpack_short(packed, (*width).into(), into).then_some(());
        read.ok_or_else(|| malformed(into))
    }

    /// Ascending from `since` to `last`.
    pub fn read_times(&self, bytes: &[u8], into: &mut Vec<i64>) -> Result<(), Damage> {
        into.clear();
        verify(&self.times, bytes)?;
        if bytes.is_empty() && self.since == self.last {
            into.resize(self.events, self.since);
            return Ok(());
        }
        into.reserve(self.events);
        into.push(self.since);
        // A sum that never wraps and comes out at `last` was never beyond it.
        let (mut passed, mut wrapped) = (0_u64, false);
        let read = deltas::read(bytes, self.events.saturating_sub(1), |deltas| {
            into.extend(deltas.iter().map(|delta| {
                let (sum, wraps) = passed.overflowing_add(*delta);
                wrapped |= wraps;
                passed = sum;
                self.since.wrapping_add_unsigned(sum)
            }));
        });
        let read = read.filter(|()| !wrapped && passed == self.last.abs_diff(self.since));
        read.ok_or_else(|| malformed(into))
    }

    /// In the order of the times: any order.
    pub fn read_arrivals(&self, bytes: &[u8], into: &mut Vec<i64>) -> Result<(), Damage> {
        into.clear();
        verify(&self.arrivals, bytes)?;
        into.reserve(self.events);
        let mut bytes = Cursor(bytes);
        let first = bytes.number().and_then(|distance| self.first_arrival.checked_add_unsigned(distance));
        let (span, mut outside) = (self.last_arrival.abs_diff(self.first_arrival), false);
        let mut within = |arrival: i64| outside |= arrival.wrapping_sub(self.first_arrival) as u64 > span;
        let read = first.and_then(|mut arrival| {
            within(arrival);
            into.push(arrival);
            deltas::read(bytes.0, self.events.saturating_sub(1), |deltas| {
                into.extend(deltas.iter().map(|delta| {
                    arrival = arrival.wrapping_add(unzigzag(*delta));
                    within(arrival);
                    arrival
                }));
            })
        });
        let read = read.filter(|()| !outside);
        read.ok_or_else(|| malformed(into))
    }

    /// The values are what the draft was given as sources.
    pub fn read_sources(&self, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        self.read_dictionary(&self.sources, bytes, OF_SOURCES, into)
    }

    /// Each value is the four bytes of an f32, the lowest first.
    pub fn read_rates(&self, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        self.read_dictionary(&self.rates, bytes, OF_RATES, into)?;
        let sampled = into.codes.iter().filter(|code| **code > 0).count();
        if sampled == self.sampled {
            return Ok(());
        }
        into.clear();
        Err(MALFORMED)
    }

    /// `key_index`: into `properties`. Damage too where there is no such property or it is unkept.
    pub fn read_property(&self, key_index: usize, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        match self.properties.get(key_index) {
            Some((_, Property::Kept(column))) => self.read_dictionary(column, bytes, OF_PROPERTIES, into),
            _ => {
                into.clear();
                Err(Damage::Bytes("the chunk does not keep this property"))
            }
        }
    }

    fn read_dictionary(&self, column: &Column, bytes: &[u8], bounds: Bounds, into: &mut Codes) -> Result<(), Damage> {
        into.clear();
        verify(column, bytes)?;
        dictionary::read(bytes, self.events, bounds, into).ok_or_else(|| {
            into.clear();
            MALFORMED
        })
    }
}

const MALFORMED: Damage = Damage::Bytes("a column of the chunk is malformed");

fn malformed<T>(into: &mut Vec<T>) -> Damage {
    into.clear();
    MALFORMED
}

fn verify(column: &Column, bytes: &[u8]) -> Result<(), Damage> {
    if bytes.len() != column.length as usize {
        return Err(Damage::Bytes("a column of the chunk has another length than its header says"));
    }
    if crc32fast::hash(bytes) != column.checksum {
        return Err(Damage::Bytes("a column of the chunk does not match its checksum"));
    }
    Ok(())
}
