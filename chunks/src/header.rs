//! Pure: the header of a chunk, which says before its body is read what it holds: its range, its segments, and where
//! their columns lie.
//!
//! ```text
//! FORMAT | has users | events | since | last | first and last arrival | actors, everyone, where it has users |
//!          count of segments | segment ... | checksum
//! segment: name | events | since | last | sampled | weight, where sampled | actors, where the chunk has users |
//!          columns | count of keys | key, property ...
//! ```
//! Numbers are varints: the first time and arrival zigzag, every other as the distance to them, but the last time of a
//! segment as that to the chunk's last. A column is its length and, unless that is 0, its checksum; where it starts
//! follows from the lengths, so columns cannot overlap. A property is 0 where it is unkept, else its length plus 1.

use super::{Damage, FORMAT, MOST_EVENTS};
use crate::varint::{Cursor, unzigzag, write_bytes, write_number, zigzag};

#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// The number of events, from 1 to [`MOST_EVENTS`].
    pub events: usize,
    pub since: i64,
    /// The time of the last event, inclusive.
    pub last: i64,
    pub first_arrival: i64,
    pub last_arrival: i64,
    pub has_users: bool,
    /// The number of users of these events; 0 in a chunk without users.
    pub actors: usize,
    pub everyone: Column,
    /// The segments by name, ascending; at least one.
    pub segments: Vec<Segment>,
}

/// The events of one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub name: String,
    /// The number of events, at least 1.
    pub events: usize,
    /// The number of users of these events; 0 in a chunk without users.
    pub actors: usize,
    pub since: i64,
    pub last: i64,
    /// The number of events that these stand for: one with a rate stands for 1 / rate, any other for 1.
    pub weight: f64,
    /// The number of events that have a rate.
    pub sampled: usize,
    pub users: Column,
    pub runs: Column,
    pub times: Column,
    pub arrivals: Column,
    pub sources: Column,
    pub rates: Column,
    pub subjects: Column,
    /// The promoted keys, in the order in which the draft was given them.
    pub properties: Vec<(String, Property)>,
    /// The first and last arrival of the chunk, between which all arrivals lie.
    pub(super) first_arrival: i64,
    pub(super) last_arrival: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// Nothing is known of the property, not even which events have it.
    Unkept,
    Kept(Column),
}

/// The place of a column in the body, and its checksum. Its length is 0 where there is nothing to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    pub start: u32,
    pub length: u32,
    pub checksum: u32,
}

impl Header {
    pub fn read(bytes: &[u8]) -> Result<Header, Damage> {
        let (content, checksum) = bytes.split_last_chunk().ok_or(Damage::Bytes("the chunk's header is cut off"))?;
        if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
            return Err(Damage::Bytes("the chunk's header does not match its checksum"));
        }
        if content.first() != Some(&FORMAT) {
            return Err(Damage::Bytes("the chunk is of another format"));
        }
        let mut cursor = Cursor(content);
        let header = Header::parse(&mut cursor).filter(|header| cursor.0.is_empty() && header.is_consistent());
        let mut header = header.ok_or(Damage::Bytes("the chunk's header is malformed"))?;
        header.place().ok_or(Damage::Bytes("the chunk's columns are longer than a body can be"))?;
        Ok(header)
    }

    /// The length of the body in bytes.
    pub fn body_length(&self) -> usize {
        let columns = self.segments.iter().flat_map(Segment::columns);
        columns.chain([&self.everyone]).map(|column| column.length as usize).sum()
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT, self.has_users.into()];
        write_number(self.events as u64, &mut bytes);
        write_number(zigzag(self.since), &mut bytes);
        write_number(self.last.abs_diff(self.since), &mut bytes);
        write_number(zigzag(self.first_arrival), &mut bytes);
        write_number(self.last_arrival.abs_diff(self.first_arrival), &mut bytes);
        if self.has_users {
            write_number(self.actors as u64, &mut bytes);
            self.everyone.write(0, &mut bytes);
        }
        write_number(self.segments.len() as u64, &mut bytes);
        for segment in &self.segments {
            segment.write(self, &mut bytes);
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn parse(cursor: &mut Cursor) -> Option<Header> {
        let _format = cursor.byte()?;
        let has_users = match cursor.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let events = cursor.count(MOST_EVENTS)?;
        let since = unzigzag(cursor.number()?);
        let last = since.checked_add_unsigned(cursor.number()?)?;
        let first_arrival = unzigzag(cursor.number()?);
        let last_arrival = first_arrival.checked_add_unsigned(cursor.number()?)?;
        let (mut actors, mut everyone) = (0, Column::default());
        if has_users {
            actors = cursor.count(events).filter(|actors| *actors > 0)?;
            everyone = Column::parse(cursor)?;
        }
        let segments = Vec::new();
        let mut header =
            Header { events, since, last, first_arrival, last_arrival, has_users, actors, everyone, segments };
        for _ in 0..cursor.count(events)? {
            header.segments.push(Segment::parse(cursor, &header)?);
        }
        Some(header)
    }

    /// Gives every column its start, in the order of the body. None: they do not fit into a body.
    pub(super) fn place(&mut self) -> Option<()> {
        let of_all: [fn(&mut Segment) -> &mut Column; 6] = [
            |segment| &mut segment.users,
            |segment| &mut segment.runs,
            |segment| &mut segment.times,
            |segment| &mut segment.arrivals,
            |segment| &mut segment.sources,
            |segment| &mut segment.rates,
        ];
        let mut start = 0_u32;
        let mut put = |column: &mut Column| {
            column.start = start;
            start = start.checked_add(column.length)?;
            Some(())
        };
        put(&mut self.everyone)?;
        for column_of in of_all {
            self.segments.iter_mut().try_for_each(|segment| put(column_of(segment)))?;
        }
        for (_, property) in self.segments.iter_mut().flat_map(|segment| &mut segment.properties) {
            if let Property::Kept(column) = property {
                put(column)?;
            }
        }
        self.segments.iter_mut().try_for_each(|segment| put(&mut segment.subjects))
    }

    /// Whether the segments together are what the header says of the whole.
    fn is_consistent(&self) -> bool {
        let segments = &self.segments;
        segments.iter().map(|segment| segment.events).sum::<usize>() == self.events
            && segments.iter().map(|segment| segment.since).min() == Some(self.since)
            && segments.iter().map(|segment| segment.last).max() == Some(self.last)
            && segments.is_sorted_by(|one, next| one.name < next.name)
            && segments.iter().all(|segment| segment.actors <= self.actors)
            && segments.iter().all(|segment| (segment.sampled == 0) == (segment.rates.length == 0))
    }
}

impl Segment {
    /// The columns in the order of the segment's own part of a header.
    fn columns(&self) -> impl Iterator<Item = &Column> {
        let properties = self.properties.iter().filter_map(|(_, property)| match property {
            Property::Unkept => None,
            Property::Kept(column) => Some(column),
        });
        let Segment { users, runs, times, arrivals, sources, rates, subjects, .. } = self;
        [users, runs, times, arrivals, sources, rates, subjects].into_iter().chain(properties)
    }

    fn write(&self, header: &Header, into: &mut Vec<u8>) {
        write_bytes(self.name.as_bytes(), into);
        write_number(self.events as u64, into);
        write_number(self.since.abs_diff(header.since), into);
        write_number(header.last.abs_diff(self.last), into);
        write_number(self.sampled as u64, into);
        if self.sampled > 0 {
            into.extend_from_slice(&self.weight.to_bits().to_le_bytes());
        }
        if header.has_users {
            write_number(self.actors as u64, into);
            self.users.write(0, into);
            self.runs.write(0, into);
        }
        for column in [&self.times, &self.arrivals, &self.sources, &self.rates, &self.subjects] {
            column.write(0, into);
        }
        write_number(self.properties.len() as u64, into);
        for (key, property) in &self.properties {
            write_bytes(key.as_bytes(), into);
            match property {
                Property::Unkept => into.push(0),
                Property::Kept(column) => column.write(1, into),
            }
        }
    }

    fn parse(cursor: &mut Cursor, header: &Header) -> Option<Segment> {
        let name = cursor.text()?.to_owned();
        let events = cursor.count(header.events).filter(|events| *events > 0)?;
        let since = header.since.checked_add_unsigned(cursor.number()?)?;
        let last = header.last.checked_sub_unsigned(cursor.number()?).filter(|last| since <= *last)?;
        let sampled = cursor.count(events)?;
        let weight = if sampled > 0 { f64::from_bits(u64::from_le_bytes(cursor.fixed()?)) } else { events as f64 };
        let (mut actors, mut users, mut runs) = (0, Column::default(), Column::default());
        if header.has_users {
            actors = cursor.count(events).filter(|actors| *actors > 0)?;
            (users, runs) = (Column::parse(cursor)?, Column::parse(cursor)?);
        }
        let mut segment = Segment {
            name,
            events,
            actors,
            since,
            last,
            weight,
            sampled,
            users,
            runs,
            times: Column::parse(cursor)?,
            arrivals: Column::parse(cursor)?,
            sources: Column::parse(cursor)?,
            rates: Column::parse(cursor)?,
            subjects: Column::parse(cursor)?,
            properties: Vec::new(),
            first_arrival: header.first_arrival,
            last_arrival: header.last_arrival,
        };
        for _ in 0..cursor.number()? {
            let key = cursor.text()?.to_owned();
            let property = match cursor.number()?.checked_sub(1) {
                None => Property::Unkept,
                Some(length) => Property::Kept(Column::after_length(length, cursor)?),
            };
            segment.properties.push((key, property));
        }
        Some(segment)
    }
}

impl Column {
    /// The column's bytes in the body of its chunk.
    pub fn of<'a>(&self, body: &'a [u8]) -> Result<&'a [u8], Damage> {
        let rest = body.get(self.start as usize..).unwrap_or_default();
        rest.get(..self.length as usize).ok_or(Damage::Bytes("the chunk's body is cut off"))
    }

    fn write(&self, plus: u64, into: &mut Vec<u8>) {
        write_number(u64::from(self.length) + plus, into);
        if self.length > 0 {
            into.extend_from_slice(&self.checksum.to_le_bytes());
        }
    }

    fn parse(cursor: &mut Cursor) -> Option<Column> {
        let length = cursor.number()?;
        Column::after_length(length, cursor)
    }

    fn after_length(length: u64, cursor: &mut Cursor) -> Option<Column> {
        let length = u32::try_from(length).ok()?;
        let checksum = if length > 0 { u32::from_le_bytes(cursor.fixed()?) } else { 0 };
        Some(Column { start: 0, length, checksum })
    }
}
