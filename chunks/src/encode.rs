//! Pure: writes the bytes of a draft's events; twin of [`super::columns`].
//!
//! Events that do not fit into one chunk become two of half the events each: where a segment has 65,536 different
//! sources or rates, one more than codes can tell, and where the bytes come near the gigabyte that a value may have.

use super::decimal::Decimal;
use super::{Chunk, Column, Header, Property, Segment, UNKEPT, blocks, numbers, subjects};
use crate::columns::{OF_PROPERTIES, OF_RATES, OF_SOURCES, in_order_of_time};
use crate::dictionary::{self, Bounds, NUMBER};
use crate::draft::{Draft, Drafted};
use crate::varint::{write_number, zigzag};

/// The most bytes of the header and body of a chunk of more than one event.
const MOST_BYTES: usize = 512 << 20;

/// A property is not tried as a column of numbers where each of its values belongs to more than so many events on
/// average.
const LEAST_REPEATED: usize = 4;

/// Encodes the chunks of a draft, with buffers for what one column needs after the other.
pub struct Encoder<'a> {
    draft: &'a Draft,
    most_bytes: usize,
    /// The place of each name, by its number, among all names sorted.
    ranks: Vec<u16>,
    /// The code of each value, by its number, in the column at hand; 0 for a value that is not in it.
    codes_of_values: Vec<u16>,
    codes: Vec<u16>,
    values: Vec<u32>,
    decimals: Vec<Decimal>,
    numbers: Vec<u64>,
}

/// The body of a chunk while it is made, each kind of column by itself.
#[derive(Default)]
struct Body {
    everyone: Vec<u8>,
    users: Vec<u8>,
    runs: Vec<u8>,
    times: Vec<u8>,
    arrivals: Vec<u8>,
    sources: Vec<u8>,
    rates: Vec<u8>,
    properties: Vec<u8>,
    subjects: Vec<u8>,
}

impl Body {
    fn kinds(&self) -> [&[u8]; 9] {
        [
            &self.everyone,
            &self.users,
            &self.runs,
            &self.times,
            &self.arrivals,
            &self.sources,
            &self.rates,
            &self.properties,
            &self.subjects,
        ]
    }

    fn length(&self) -> usize {
        self.kinds().iter().map(|kind| kind.len()).sum()
    }
}

impl<'a> Encoder<'a> {
    pub fn new(draft: &'a Draft) -> Encoder<'a> {
        let mut sorted: Vec<usize> = (0..draft.names.len()).collect();
        sorted.sort_unstable_by_key(|number| &draft.names[*number].name);
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in (0..).zip(sorted) {
            ranks[number] = rank;
        }
        Encoder {
            draft,
            most_bytes: MOST_BYTES,
            ranks,
            codes_of_values: vec![0; draft.values.len() + 1],
            codes: Vec::new(),
            values: Vec::new(),
            decimals: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Appends the chunks of events to `chunks`. `events`: at least one, at most [`super::MOST_EVENTS`], sorted by time
    /// and arrival.
    pub fn encode(&mut self, events: &[Drafted], chunks: &mut Vec<Chunk>) {
        match self.chunk(events) {
            Some(chunk) => chunks.push(chunk),
            None => {
                let (early, late) = events.split_at(events.len() / 2);
                self.encode(early, chunks);
                self.encode(late, chunks);
            }
        }
    }

    /// Makes one chunk of the events. None where they do not fit; a single event always does, since its source is less
    /// than a gigabyte.
    fn chunk(&mut self, events: &[Drafted]) -> Option<Chunk> {
        let arrivals = || events.iter().map(|event| event.arrival);
        let mut header = Header {
            events: events.len(),
            since: events.first()?.time,
            last: events.last()?.time,
            first_arrival: arrivals().min()?,
            last_arrival: arrivals().max()?,
            has_users: !self.draft.without_users,
            actors: 0,
            everyone: Column::default(),
            segments: Vec::new(),
        };
        let mut by_name: Vec<&Drafted> = events.iter().collect();
        by_name.sort_by_key(|event| (self.ranks[usize::from(event.name)], event.user));
        let mut body = Body::default();
        for events in by_name.chunk_by(|one, next| one.name == next.name) {
            let segment = self.segment(events, &header, &mut body)?;
            header.segments.push(segment);
            if body.length() > self.most_bytes && header.events > 1 {
                return None;
            }
        }
        if header.has_users {
            let mut users: Vec<u16> = events.iter().map(|event| event.user).collect();
            users.sort_unstable();
            users.dedup();
            header.actors = users.len();
            if header.segments.len() > 1 {
                header.everyone = self.users(users.into_iter(), &mut body.everyone);
            }
        }
        header.place()?;
        let bytes = header.write();
        if bytes.len() + body.length() > self.most_bytes && header.events > 1 {
            return None;
        }
        let Header { events, since, last, first_arrival, last_arrival, .. } = header;
        Some(Chunk { header: bytes, body: body.kinds().concat(), events, since, last, first_arrival, last_arrival })
    }

    /// Makes a segment. `events`: of one name, at least one, by user, time and arrival.
    fn segment(&mut self, events: &[&Drafted], header: &Header, body: &mut Body) -> Option<Segment> {
        let name = &self.draft.names[usize::from(events.first()?.name)];
        let times = || events.iter().map(|event| event.time);
        let since = times().min()?;
        let rates = || events.iter().filter(|event| event.rate > 0).map(|event| self.rate(event.rate));
        let sampled = rates().count();
        // First those of rates, then the whole number: fewer additions that round.
        let weight = rates().map(|rate| 1.0 / f64::from(rate)).sum::<f64>() + (events.len() - sampled) as f64;
        let sources = self.dictionary(events.iter().map(|event| event.source), OF_SOURCES, &mut body.sources)?;
        let rates = self.dictionary(events.iter().map(|event| event.rate), OF_RATES, &mut body.rates)?;
        let mut properties = Vec::with_capacity(name.keys.len());
        for (index, key) in name.keys.iter().enumerate() {
            let numbers = events.iter().map(|event| self.draft.properties[event.properties + index]);
            let column = self.property(numbers, &mut body.properties);
            properties.push((key.clone(), column.map_or(Property::Unkept, Property::Kept)));
        }
        let users: Vec<&[&Drafted]> = match self.draft.without_users {
            true => Vec::new(),
            false => events.chunk_by(|one, next| one.user == next.user).collect(),
        };
        Some(Segment {
            name: name.name.to_string(),
            events: events.len(),
            actors: users.len(),
            since,
            last: times().max()?,
            weight,
            sampled,
            users: self.users(users.iter().map(|events| events[0].user), &mut body.users),
            runs: self.runs(&users, &mut body.runs),
            times: self.times(events, since, &mut body.times),
            arrivals: self.arrivals(events, header.first_arrival, &mut body.arrivals),
            sources,
            rates,
            subjects: self.subjects(events, &mut body.subjects),
            properties,
            first_arrival: header.first_arrival,
            last_arrival: header.last_arrival,
        })
    }

    /// Writes a column of users. `users`: each once, ascending.
    fn users(&mut self, users: impl Iterator<Item = u16>, into: &mut Vec<u8>) -> Column {
        let mut next = 0;
        self.numbers.clear();
        self.numbers.extend(users.map(u64::from).map(|user| {
            let gap = user - next;
            next = user + 1;
            gap
        }));
        column(into, |into| blocks::write(&self.numbers, into))
    }

    fn runs(&mut self, users: &[&[&Drafted]], into: &mut Vec<u8>) -> Column {
        self.numbers.clear();
        self.numbers.extend(users.iter().map(|events| events.len() as u64 - 1));
        self.column_unless_zeros(into)
    }

    fn times(&mut self, events: &[&Drafted], since: i64, into: &mut Vec<u8>) -> Column {
        self.numbers.clear();
        self.numbers.extend(events.iter().map(|event| event.time.abs_diff(since)));
        self.column_unless_zeros(into)
    }

    fn column_unless_zeros(&mut self, into: &mut Vec<u8>) -> Column {
        column(into, |into| {
            if self.numbers.iter().any(|number| *number > 0) {
                blocks::write(&self.numbers, into);
            }
        })
    }

    fn arrivals(&mut self, events: &[&Drafted], first_arrival: i64, into: &mut Vec<u8>) -> Column {
        let times: Vec<i64> = events.iter().map(|event| event.time).collect();
        let arrivals: Vec<i64> =
            in_order_of_time(&times).into_iter().map(|place| events[place as usize].arrival).collect();
        self.numbers.clear();
        self.numbers.extend(arrivals.array_windows().map(|[one, next]| zigzag(next.wrapping_sub(*one))));
        column(into, |into| {
            arrivals.iter().take(1).for_each(|first| write_number(first.abs_diff(first_arrival), into));
            blocks::write(&self.numbers, into);
        })
    }

    fn subjects(&self, events: &[&Drafted], into: &mut Vec<u8>) -> Column {
        let subject = |event: &&Drafted| Some(self.draft.subjects[(event.subject as usize).checked_sub(1)?]);
        column(into, |into| subjects::write(events.iter().map(subject), into))
    }

    /// Writes the values of these numbers as a dictionary. None, and nothing written: they are not within bounds.
    fn dictionary(&mut self, numbers: impl Iterator<Item = u32>, bounds: Bounds, into: &mut Vec<u8>) -> Option<Column> {
        self.codes.clear();
        self.values.clear();
        let fits = self.code(numbers, bounds);
        self.forget_codes();
        fits.then(|| {
            let values = self.values.iter().map(|number| self.value(*number));
            column(into, |into| dictionary::write(values, &self.codes, into))
        })
    }

    /// Writes a property as a dictionary or as numbers, whichever is shorter. None, and nothing written: the values are
    /// not within bounds.
    fn property(&mut self, numbers: impl Iterator<Item = u32> + Clone, into: &mut Vec<u8>) -> Option<Column> {
        let start = into.len();
        let dictionary = self.dictionary(numbers.clone(), OF_PROPERTIES, into);
        // A dictionary of few values is shorter in any case.
        let (values, events) = (self.values.len(), self.codes.len());
        if dictionary.is_some() && values.saturating_mul(LEAST_REPEATED) < events {
            return dictionary;
        }
        let mut bytes = Vec::new();
        match self.decimals(numbers, &mut bytes) {
            Some(_) if dictionary.is_some() && start + bytes.len() >= into.len() => dictionary,
            Some(column) => {
                into.truncate(start);
                into.append(&mut bytes);
                Some(column)
            }
            None => dictionary,
        }
    }

    /// Writes the values of these numbers by their digits. None: none is a number, or the others are not within bounds.
    fn decimals(&mut self, numbers: impl Iterator<Item = u32>, into: &mut Vec<u8>) -> Option<Column> {
        self.codes.clear();
        self.values.clear();
        self.decimals.clear();
        let mut fits = true;
        for number in numbers {
            let decimal = if number == UNKEPT || number == 0 { None } else { Decimal::read(self.value(number)) };
            fits = match decimal {
                Some(decimal) => {
                    self.decimals.push(decimal);
                    self.codes.push(NUMBER);
                    true
                }
                None => self.code(std::iter::once(number), OF_PROPERTIES),
            };
            if !fits {
                break;
            }
        }
        self.forget_codes();
        (fits && !self.decimals.is_empty()).then(|| {
            let others = self.values.iter().map(|number| self.value(*number));
            column(into, |into| numbers::write(others, &self.codes, &self.decimals, into))
        })
    }

    fn forget_codes(&mut self) {
        for number in &self.values {
            self.codes_of_values[*number as usize] = 0;
        }
    }

    fn code(&mut self, numbers: impl Iterator<Item = u32>, bounds: Bounds) -> bool {
        for number in numbers {
            if number == UNKEPT {
                return false;
            }
            let mut code = self.codes_of_values[number as usize];
            if code == 0 && number > 0 {
                if self.values.len() == bounds.most_values || self.value(number).len() > bounds.longest {
                    return false;
                }
                self.values.push(number);
                code = self.values.len() as u16;
                self.codes_of_values[number as usize] = code;
            }
            self.codes.push(code);
        }
        true
    }

    fn value(&self, number: u32) -> &'a [u8] {
        &self.draft.values[number as usize - 1]
    }

    fn rate(&self, number: u32) -> f32 {
        self.value(number).first_chunk().map_or(1.0, |bytes| f32::from_le_bytes(*bytes))
    }
}

/// Describes the bytes that `write` appends as a column, whose place in the body is still to be given.
fn column(into: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Column {
    let start = into.len();
    write(into);
    let bytes = &into[start..];
    // A body is cut long before a length is too long to be told.
    Column { start: 0, length: bytes.len() as u32, checksum: crc32fast::hash(bytes) }
}

#[cfg(test)]
mod tests {
    use super::super::Entry;
    use super::*;

    #[test]
    fn what_is_too_large_is_cut() {
        let mut draft = Draft::new();
        let name = draft.name("view", &["page"]).unwrap();
        for time in 0..50 {
            let page = draft.value(&[time as u8; 20]);
            draft.push(Entry { time, arrival: time, name, user: 0, source: 0, rate: None, subject: None }, &[page]);
        }
        let mut encoder = Encoder::new(&draft);
        let mut chunks = Vec::new();
        encoder.most_bytes = 300;
        encoder.encode(&draft.events, &mut chunks);
        assert_eq!(chunks.iter().map(|chunk| chunk.events).collect::<Vec<_>>(), [6, 6, 6, 7, 6, 6, 6, 7]);
        chunks.clear();
        encoder.most_bytes = 1;
        encoder.encode(&draft.events, &mut chunks);
        assert_eq!(chunks.len(), 50, "an event is never cut");
    }
}
