//! Pure: puts the events of a chunk back into a draft, so that small chunks become large ones.

use super::{Damage, Draft, Entry, Header, Property, Segment, Subjects, UNKEPT};
use crate::dictionary::{Codes, NUMBER};

impl Draft {
    /// Adds the events of a chunk but those of the users who are removed, sorted. A property that the chunk does not keep is
    /// [`UNKEPT`] of each of its events, so it is unkept in whatever chunk they come to. Err: the draft has no event and no
    /// name of it.
    pub fn add_chunk(&mut self, header: &Header, body: &[u8], removed: &[u16]) -> Result<(), Damage> {
        if header.has_users == self.without_users {
            return Err(Damage::OtherBand);
        }
        if body.len() != header.body_length() {
            return Err(Damage::Bytes("the chunk's body has another length than its header says"));
        }
        // Not needed here, but what is damaged must not be copied into what looks sound.
        header.read_everyone(header.everyone.of(body)?, &mut Vec::new())?;
        let (names, events) = (self.names.len(), self.events.len());
        let (properties, subjects) = (self.properties.len(), self.subjects.len());
        let added = header.segments.iter().try_for_each(|segment| self.add_segment(segment, body, removed));
        if added.is_err() {
            self.forget_names(names);
            self.events.truncate(events);
            self.properties.truncate(properties);
            self.subjects.truncate(subjects);
        }
        added
    }

    fn add_segment(&mut self, segment: &Segment, body: &[u8], removed: &[u16]) -> Result<(), Damage> {
        let keys: Vec<&str> = segment.properties.iter().map(|(key, _)| key.as_str()).collect();
        let name = self.register(&segment.name, &keys)?;
        let (mut users, mut ends, mut times, mut arrivals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        segment.read_users(segment.users.of(body)?, &mut users)?;
        segment.read_ends(segment.runs.of(body)?, &mut ends)?;
        segment.read_times(segment.times.of(body)?, &mut times)?;
        segment.read_arrivals(segment.arrivals.of(body)?, &times, &mut arrivals)?;
        let users = user_of_each(&users, &ends, segment.events);
        let mut codes = Codes::default();
        segment.read_sources(segment.sources.of(body)?, &mut codes)?;
        let sources = self.numbers(&codes);
        segment.read_rates(segment.rates.of(body)?, &mut codes)?;
        let rates = rates(&codes);
        let mut subjects = Subjects::default();
        segment.read_subjects(segment.subjects.of(body)?, &mut subjects)?;
        let mut columns = Vec::with_capacity(keys.len());
        for (index, (_, property)) in segment.properties.iter().enumerate() {
            columns.push(match property {
                Property::Unkept => None,
                Property::Kept(column) => {
                    segment.read_property(index, column.of(body)?, &mut codes)?;
                    Some(self.numbers(&codes))
                }
            });
        }

        let mut properties = Vec::with_capacity(keys.len());
        let stamps = users.into_iter().zip(times).zip(arrivals);
        for (index, (((user, time), arrival), (source, rate))) in stamps.zip(sources.into_iter().zip(rates)).enumerate()
        {
            if removed.binary_search(&user).is_ok() {
                continue;
            }
            properties.clear();
            properties.extend(columns.iter().map(|column| match column {
                Some(numbers) => numbers[index],
                None => UNKEPT,
            }));
            let subject = subjects.of(index);
            self.push(Entry { time, arrival, name, user, source, rate, subject }, &properties);
        }
        Ok(())
    }

    /// Finds this draft's number of each event's value.
    fn numbers(&mut self, codes: &Codes) -> Vec<u32> {
        let mut of_codes = vec![0];
        of_codes.extend(codes.values.iter().map(|value| self.value(value)));
        if codes.numbers.is_empty() {
            return codes.codes.iter().map(|code| of_codes[usize::from(*code)]).collect();
        }
        let mut stored = Vec::new();
        let numbered = codes.codes.iter().zip(&codes.numbers).map(|(code, number)| {
            if *code != NUMBER {
                return of_codes[usize::from(*code)];
            }
            stored.clear();
            number.write(&mut stored);
            self.value(&stored)
        });
        numbered.collect()
    }
}

/// Returns the user of each event; 0 for each where there are no users.
pub fn user_of_each(users: &[u16], ends: &[u32], events: usize) -> Vec<u16> {
    let mut of_each = Vec::with_capacity(events);
    for (user, end) in users.iter().zip(ends) {
        of_each.resize(*end as usize, *user);
    }
    of_each.resize(events, 0);
    of_each
}

fn rates(codes: &Codes) -> Vec<Option<f32>> {
    let mut of_codes = vec![None];
    of_codes.extend(codes.values.iter().map(|value| value.first_chunk().map(|bytes| f32::from_le_bytes(*bytes))));
    codes.codes.iter().map(|code| of_codes[usize::from(*code)]).collect()
}
