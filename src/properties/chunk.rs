//! The property: a chunk reads as what was written, or is refused. It is tried with any bytes as a header and body, and
//! with a chunk of any events, whole and with one bit flipped.

use telemetry_chunks::{
    Chunk, Codes, Column, Damage, Draft, Entry, FORMAT, Header, MOST_EVENTS, NUMBER, Property, Segment, Subjects,
    UNKEPT,
};

const NAMES: [(&str, &[&str]); 4] = [("view", &["page"]), ("", &[]), ("buy", &["sum", "page"]), ("ä", &[""])];

pub fn holds(bytes: &[u8]) {
    any_bytes(bytes);
    any_events(bytes);
}

/// Reads any bytes as a chunk. The first byte says how many of the others are the header. They are tried as they are,
/// and under a checksum that is right, which no fuzzer finds by itself.
fn any_bytes(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let (header, body) = rest.split_at(rest.len().min((*length).into()));
    let sealed = |bytes: &[u8]| [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat();
    for header in [header.to_vec(), sealed(header), sealed(&[&[FORMAT, length % 2], header].concat())] {
        let Ok(mut header) = Header::read(&header) else { continue };
        assert!((1..=MOST_EVENTS).contains(&header.events));
        read_all(&header, body);
        let _ = Draft::new().add_chunk(&header, body, &[]);
        header.everyone.checksum = header.everyone.of(body).map_or(0, crc32fast::hash);
        for segment in &mut header.segments {
            claim(segment, body);
        }
        read_all(&header, body);
        let _ = Draft::new().add_chunk(&header, body, &[]);
    }
}

/// Gives each column the checksum of what lies in its place, so that the column is read and not refused at once.
fn claim(segment: &mut Segment, body: &[u8]) {
    let seal = |column: &mut Column| column.checksum = column.of(body).map_or(0, crc32fast::hash);
    let Segment { users, runs, times, arrivals, sources, rates, subjects, properties, .. } = segment;
    [users, runs, times, arrivals, sources, rates, subjects].into_iter().for_each(seal);
    for (_, property) in properties {
        if let Property::Kept(column) = property {
            seal(column);
        }
    }
}

/// Reads every column and tells how many are refused. Those that are read must be what they should be.
fn read_all(header: &Header, body: &[u8]) -> usize {
    let (mut users, mut ends, mut times, mut arrivals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut codes = Codes::default();
    let mut refused = 0;
    let mut count = |read: Result<(), Damage>| {
        refused += usize::from(read.is_err());
        read.is_ok()
    };
    if count(header.read_everyone(header.everyone.of(body).unwrap_or_default(), &mut users)) {
        assert!(users.is_sorted_by(|one, next| one < next));
    }
    for segment in &header.segments {
        let of = |column: &Column| column.of(body).unwrap_or_default();
        if count(segment.read_users(of(&segment.users), &mut users)) {
            assert!(users.len() == segment.actors && users.is_sorted_by(|one, next| one < next));
        }
        if count(segment.read_ends(of(&segment.runs), &mut ends)) {
            assert!(ends.len() == segment.actors && ends.is_sorted_by(|one, next| one < next));
            assert!(!header.has_users || ends.last() == Some(&(segment.events as u32)));
        }
        if count(segment.read_times(of(&segment.times), &mut times)) {
            assert_eq!(times.len(), segment.events);
            assert!(times.iter().all(|time| (segment.since..=segment.last).contains(time)));
        }
        // The arrivals can be read in the order of whatever times.
        times.resize(segment.events, 0);
        if count(segment.read_arrivals(of(&segment.arrivals), &times, &mut arrivals)) {
            assert_eq!(arrivals.len(), segment.events);
            assert!(arrivals.iter().all(|one| (header.first_arrival..=header.last_arrival).contains(one)));
        }
        let check = |codes: &Codes| {
            assert_eq!(codes.codes.len(), segment.events);
            assert!(codes.numbers.is_empty() || codes.numbers.len() == segment.events);
            let is_decimal = |code: u16| code == NUMBER && !codes.numbers.is_empty();
            assert!(codes.codes.iter().all(|code| usize::from(*code) <= codes.values.len() || is_decimal(*code)));
            assert!((0..segment.events).all(|event| codes.value(event).is_some() == (codes.codes[event] > 0)));
        };
        if count(segment.read_sources(of(&segment.sources), &mut codes)) {
            check(&codes);
        }
        if count(segment.read_rates(of(&segment.rates), &mut codes)) {
            check(&codes);
        }
        let mut subjects = Subjects::default();
        if count(segment.read_subjects(of(&segment.subjects), &mut subjects)) {
            assert_eq!(subjects.codes.len(), segment.events);
            assert!((0..segment.events).all(|event| subjects.of(event).is_some() == (subjects.codes[event] > 0)));
        }
        for (index, (_, property)) in segment.properties.iter().enumerate() {
            if let Property::Kept(column) = property
                && count(segment.read_property(index, of(column), &mut codes))
            {
                check(&codes);
            }
        }
    }
    refused
}

fn any_events(bytes: &[u8]) {
    let (Some(flip), Some((most, mut bytes))) =
        (bytes.first_chunk::<4>(), bytes.get(4..).and_then(<[u8]>::split_first))
    else {
        return;
    };
    let flip = u32::from_le_bytes(*flip) as usize;
    let (mut forwards, mut events) = (Draft::new(), Vec::new());
    while let Some((event, rest)) = bytes.split_first_chunk::<9>() {
        bytes = rest;
        // Different arrivals, but in any order and any distance.
        let arrival = (events.len() as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> (most % 40);
        events.push((*event, arrival));
    }
    events.sort_unstable_by_key(|(_, arrival)| *arrival);
    events.dedup_by_key(|(_, arrival)| *arrival);
    events.iter().for_each(|(event, arrival)| push(&mut forwards, event, *arrival));
    let mut backwards = Draft::new();
    events.iter().rev().for_each(|(event, arrival)| push(&mut backwards, event, *arrival));
    let chunks = forwards.encode((*most).into());
    assert!(chunks == backwards.encode((*most).into()), "another order makes other chunks");
    assert_eq!(chunks.iter().map(|chunk| chunk.events).sum::<usize>(), events.len());

    let mut merged = Draft::new();
    for chunk in &chunks {
        let header = Header::read(&chunk.header).expect("what was written");
        assert_eq!(read_all(&header, &chunk.body), 0);
        merged.add_chunk(&header, &chunk.body, &[]).expect("what was written");
        let mut again = Draft::new();
        again.add_chunk(&header, &chunk.body, &[]).expect("what was written");
        assert!(again.encode(MOST_EVENTS) == [chunk.clone()], "a chunk makes itself again");
        flipped(chunk, &header, flip);
    }
    let merged = merged.encode(MOST_EVENTS);
    assert_eq!(merged.iter().map(|chunk| chunk.events).sum::<usize>(), events.len());
}

/// Adds an event to a draft. The bytes of `event` give its name, what it has, then its time, source and values.
fn push(draft: &mut Draft, event: &[u8; 9], arrival: i64) {
    let [name, has, time @ .., source, one, two] = *event;
    let (name, keys) = NAMES[usize::from(name) % NAMES.len()];
    let name = draft.name(name, keys).expect("the same keys");
    let time = i64::from(i32::from_le_bytes(time)) << (has >> 2 & 0x1f);
    let rate = (has & 1 == 1).then(|| f32::from(source) / 16.0);
    let source = if has & 2 == 2 { draft.value(&[source]) } else { 0 };
    let user = [one, two];
    let mut number = |value: u8| match value {
        0 => 0,
        1 if has & 0x80 > 0 => UNKEPT,
        2 => draft.value(&[2; 257]),
        value if has & 0x40 > 0 => draft.value(format!("n{}", i32::from(value) * i32::from(user[0]) - 99).as_bytes()),
        value if has & 0x20 > 0 => draft.value(format!("n{}.{value}", user[1]).as_bytes()),
        value => draft.value(&[value]),
    };
    let values = [number(one), number(two)];
    let user = u16::from_le_bytes(user);
    let subject = (has & 0x1c > 0).then_some([two & has; 16]);
    draft.push(Entry { time, arrival, name, user, source, rate, subject }, &values[..keys.len()]);
}

fn flipped(chunk: &Chunk, header: &Header, bit: usize) {
    let bit = bit % ((chunk.header.len() + chunk.body.len()) * 8);
    let flip = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    match bit.checked_sub(chunk.header.len() * 8) {
        None => assert!(Header::read(&flip(&chunk.header, bit)).is_err()),
        Some(bit) => {
            let body = flip(&chunk.body, bit);
            assert_eq!(read_all(header, &body), 1, "the column that has the bit");
            let mut draft = Draft::new();
            assert!(draft.add_chunk(header, &body, &[]).is_err() && draft.encode(MOST_EVENTS).is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn holds_for_seeded_bytes() {
        let mut state = 1_u64;
        for case in 0..2_000 {
            let bytes: Vec<u8> = (0..case % 700)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let byte = (state >> 33) as u8;
                    if case % 2 == 0 { byte } else { byte % 5 }
                })
                .collect();
            super::holds(&bytes);
        }
    }
}
