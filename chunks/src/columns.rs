//! Pure: reads the columns of a segment, each alone (the arrivals with the times, whose order they are in). Every
//! reader takes exactly the column's bytes and fills what it is given, in the segment's order; or it finds the bytes
//! damaged, and leaves it empty.

use super::numbers;
use super::{Column, Damage, Header, LONGEST_KEPT_VALUE, MOST_EVENTS, MOST_KEPT_VALUES, Property, Segment, blocks};
use crate::dictionary::{self, Bounds, Codes};
use crate::subjects::{self, Subjects};
use crate::varint::{Cursor, unzigzag};

/// The bounds of sources: a code has 16 bits, of which 0 stands for none.
pub(super) const OF_SOURCES: Bounds = Bounds { most_values: u16::MAX as usize, shortest: 0, longest: usize::MAX };
/// The bounds of rates: a value is the four bytes of an f32, the lowest first.
pub(super) const OF_RATES: Bounds = Bounds { most_values: u16::MAX as usize, shortest: 4, longest: 4 };
pub(super) const OF_PROPERTIES: Bounds =
    Bounds { most_values: MOST_KEPT_VALUES, shortest: 0, longest: LONGEST_KEPT_VALUE };

impl Header {
    /// Reads the users of all segments, each once, ascending. There are none where there is one segment, or no user.
    pub fn read_everyone(&self, bytes: &[u8], into: &mut Vec<u16>) -> Result<(), Damage> {
        let actors = if self.segments.len() > 1 { self.actors } else { 0 };
        read_users(&self.everyone, actors, bytes, into)
    }
}

impl Segment {
    /// Reads the users, each once, ascending. There are none in a chunk without users.
    pub fn read_users(&self, bytes: &[u8], into: &mut Vec<u16>) -> Result<(), Damage> {
        read_users(&self.users, self.actors, bytes, into)
    }

    /// Reads where the events of each user end: ascending, the last one is the number of events. There are none in a
    /// chunk without users.
    pub fn read_ends(&self, bytes: &[u8], into: &mut Vec<u32>) -> Result<(), Damage> {
        into.clear();
        verify(&self.runs, bytes)?;
        if bytes.is_empty() && (self.actors == self.events || self.actors == 0) {
            into.extend(1..=self.actors as u32);
            return Ok(());
        }
        into.reserve(self.actors);
        let (mut end, most) = (0_u64, self.events as u64);
        let read = blocks::read(bytes, self.actors, |runs| {
            into.extend(runs.iter().map(|more| {
                end = end.saturating_add(*more).saturating_add(1);
                end.min(most) as u32
            }));
        });
        read.filter(|()| end == most).ok_or_else(|| malformed(into))
    }

    /// Reads the times, which lie from `since` to `last`; those of each user ascend.
    pub fn read_times(&self, bytes: &[u8], into: &mut Vec<i64>) -> Result<(), Damage> {
        into.clear();
        verify(&self.times, bytes)?;
        if bytes.is_empty() && self.since == self.last {
            into.resize(self.events, self.since);
            return Ok(());
        }
        into.reserve(self.events);
        let mut furthest = 0;
        let read = blocks::read(bytes, self.events, |distances| {
            into.extend(distances.iter().map(|distance| {
                furthest = furthest.max(*distance);
                self.since.wrapping_add_unsigned(*distance)
            }));
        });
        read.filter(|()| furthest == self.last.abs_diff(self.since)).ok_or_else(|| malformed(into))
    }

    /// Reads the arrivals, which may be in any order. `times`: what [`Segment::read_times`] found; the arrivals are
    /// malformed with others.
    pub fn read_arrivals(&self, bytes: &[u8], times: &[i64], into: &mut Vec<i64>) -> Result<(), Damage> {
        into.clear();
        verify(&self.arrivals, bytes)?;
        if times.len() != self.events {
            return Err(MALFORMED);
        }
        into.resize(self.events, 0);
        let order = in_order_of_time(times);
        let mut bytes = Cursor(bytes);
        let first = bytes.number().and_then(|distance| self.first_arrival.checked_add_unsigned(distance));
        let (span, mut outside) = (self.last_arrival.abs_diff(self.first_arrival), false);
        let mut places = order.iter().map(|place| *place as usize);
        let mut put = |arrival: i64| {
            outside |= arrival.wrapping_sub(self.first_arrival) as u64 > span;
            places.by_ref().take(1).for_each(|place| into[place] = arrival);
        };
        let read = first.and_then(|mut arrival| {
            put(arrival);
            blocks::read(bytes.0, self.events.saturating_sub(1), |steps| {
                for step in steps {
                    arrival = arrival.wrapping_add(unzigzag(*step));
                    put(arrival);
                }
            })
        });
        let read = read.filter(|()| !outside);
        read.ok_or_else(|| malformed(into))
    }

    /// Reads the sources. The values are what the draft was given as sources.
    pub fn read_sources(&self, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        self.read_dictionary(&self.sources, bytes, OF_SOURCES, into)
    }

    /// Reads the rates. Each value is the four bytes of an f32, the lowest first.
    pub fn read_rates(&self, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        self.read_dictionary(&self.rates, bytes, OF_RATES, into)?;
        let sampled = into.codes.iter().filter(|code| **code > 0).count();
        if sampled == self.sampled {
            return Ok(());
        }
        into.clear();
        Err(MALFORMED)
    }

    /// Reads the id of what each event is about.
    pub fn read_subjects(&self, bytes: &[u8], into: &mut Subjects) -> Result<(), Damage> {
        into.clear();
        verify(&self.subjects, bytes)?;
        subjects::read(bytes, self.events, into).ok_or_else(|| {
            into.clear();
            MALFORMED
        })
    }

    /// Reads the property at a place in `properties`. It is damage too where there is no such property or it is unkept.
    pub fn read_property(&self, key_index: usize, bytes: &[u8], into: &mut Codes) -> Result<(), Damage> {
        match self.properties.get(key_index) {
            Some((_, Property::Kept(column))) => match bytes.split_first() {
                Some((&numbers::MARK, rest)) => {
                    into.clear();
                    verify(column, bytes)?;
                    numbers::read(rest, self.events, OF_PROPERTIES, into).ok_or_else(|| {
                        into.clear();
                        MALFORMED
                    })
                }
                _ => self.read_dictionary(column, bytes, OF_PROPERTIES, into),
            },
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

/// Reads a column of so many users, each once, ascending.
pub fn read_users(column: &Column, actors: usize, bytes: &[u8], into: &mut Vec<u16>) -> Result<(), Damage> {
    into.clear();
    verify(column, bytes)?;
    into.reserve(actors);
    let (mut next, mut beyond) = (0_u64, false);
    let read = blocks::read(bytes, actors, |gaps| {
        into.extend(gaps.iter().map(|gap| {
            let user = next.saturating_add(*gap);
            beyond |= user > u16::MAX.into();
            next = user.saturating_add(1);
            user as u16
        }));
    });
    read.filter(|()| !beyond).ok_or_else(|| malformed(into))
}

/// The bits of the place of an event in its segment.
const BITS_OF_PLACE: u32 = MOST_EVENTS.ilog2();

const MALFORMED: Damage = Damage::Bytes("a column of the chunk is malformed");

/// Returns the places of these times, the earliest first; equal times stay in their order.
pub(super) fn in_order_of_time(times: &[i64]) -> Vec<u32> {
    let (first, last) = (times.iter().min().copied().unwrap_or(0), times.iter().max().copied().unwrap_or(0));
    let distance = |time: &i64| time.wrapping_sub(first).cast_unsigned();
    if times.len() <= MOST_EVENTS && last.abs_diff(first) >> (u64::BITS - BITS_OF_PLACE) == 0 {
        // The distance and the place in one number, which sorts in half the time of the two side by side.
        let mut order: Vec<u64> =
            times.iter().zip(0..).map(|(time, place)| distance(time) << BITS_OF_PLACE | place).collect();
        order.sort_unstable();
        return order.into_iter().map(|both| both as u32 & (MOST_EVENTS as u32 - 1)).collect();
    }
    let mut order: Vec<(i64, u32)> = times.iter().copied().zip(0..).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, place)| place).collect()
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_is_of_time_then_place(times in prop::collection::vec(prop_oneof![0_i64..5, -9_i64..9, any::<i64>(), Just(1 << 50)], 0..60), apart in 0_u32..64) {
            let times: Vec<i64> = times.iter().map(|time| time >> apart).collect();
            let mut expected: Vec<u32> = (0..times.len() as u32).collect();
            expected.sort_by_key(|place| times[*place as usize]);
            prop_assert_eq!(in_order_of_time(&times), expected);
        }
    }
}
