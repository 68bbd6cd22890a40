//! Tests that damage is refused, wherever it is and however long a damaged part says it is.

use super::super::*;
use super::{Event, NAMES, Value, any_events, one_chunk};
use proptest::prelude::*;

/// Makes a chunk with every kind of column with bytes in it, and with names that have no keys.
fn small() -> Chunk {
    let event = |n: i64| Event {
        name: (n % 3) as usize,
        time: n * n * 1_000 - 50,
        arrival: 1_000 + (n * 7) % 40,
        user: (n * 1_001) as u16,
        source: (n % 4 != 0).then(|| vec![n as u8 % 3]),
        rate: (n % 3 == 1).then(|| (1.0 / (n as f32 + 1.0)).to_bits()),
        subject: (n % 5 > 1).then_some([n as u8 % 7; 16]),
        properties: (NAMES[(n % 3) as usize].1.iter())
            .zip(0..)
            .map(|(_, index)| if index == 2 { Value::Unkept } else { Value::Bytes(vec![n as u8 % (2 + index)]) })
            .collect(),
    };
    one_chunk(&(0..40).map(event).collect::<Vec<_>>())
}

/// Reads every column of a segment, each with what tells it from the others, into values that would show if they were
/// left.
fn read_all(segment: &Segment, mut bytes_of: impl FnMut(&Column) -> Vec<u8>) -> Vec<(Column, Result<(), Damage>)> {
    let mut codes = Codes { values: vec![(*b"left").into()], codes: vec![7], numbers: Vec::new() };
    let (mut users, mut ends, mut numbers, mut times) = (vec![7], vec![7], vec![7], vec![7]);
    let has_times = segment.read_times(&bytes_of(&segment.times), &mut times).is_ok();
    times.resize(segment.events, 0);
    let mut read = vec![
        (segment.users, segment.read_users(&bytes_of(&segment.users), &mut users)),
        (segment.runs, segment.read_ends(&bytes_of(&segment.runs), &mut ends)),
        (segment.times, has_times.then_some(()).ok_or(Damage::Bytes("as above"))),
        (segment.arrivals, segment.read_arrivals(&bytes_of(&segment.arrivals), &times, &mut numbers)),
        (segment.sources, segment.read_sources(&bytes_of(&segment.sources), &mut codes)),
        (segment.rates, segment.read_rates(&bytes_of(&segment.rates), &mut codes)),
    ];
    let mut subjects = Subjects { ids: vec![[7; 16]], codes: vec![7] };
    read.push((segment.subjects, segment.read_subjects(&bytes_of(&segment.subjects), &mut subjects)));
    for (index, (_, property)) in segment.properties.iter().enumerate() {
        match property {
            Property::Unkept => assert!(segment.read_property(index, &[], &mut codes).is_err()),
            Property::Kept(column) => {
                read.push((*column, segment.read_property(index, &bytes_of(column), &mut codes)));
            }
        }
    }
    assert!(segment.read_property(segment.properties.len(), &[], &mut codes).is_err());
    read
}

#[test]
fn every_flipped_bit_and_cut_of_a_header() {
    let Chunk { header, .. } = small();
    assert!(Header::read(&header).is_ok());
    for bit in 0..header.len() * 8 {
        let mut flipped = header.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Header::read(&flipped).is_err(), "bit {bit}");
    }
    for length in 0..header.len() {
        assert!(Header::read(&header[..length]).is_err(), "{length} bytes");
    }
    assert!(Header::read(&[&header[..], &[0]].concat()).is_err());
}

#[test]
fn every_flipped_bit_and_cut_of_a_body() {
    let chunk = small();
    let header = Header::read(&chunk.header).expect("as written");
    for bit in 0..chunk.body.len() * 8 {
        let mut body = chunk.body.clone();
        body[bit / 8] ^= 1 << (bit % 8);
        let bytes = header.everyone.of(&body).expect("as written");
        let mut found = usize::from(header.read_everyone(bytes, &mut Vec::new()).is_err());
        assert_eq!(found == 1, bit / 8 < header.everyone.length as usize, "everyone lies first");
        for segment in &header.segments {
            for (column, read) in read_all(segment, |column| column.of(&body).expect("as written").to_vec()) {
                let (start, end) = (column.start as usize, (column.start + column.length) as usize);
                assert_eq!(read.is_err(), (start..end).contains(&(bit / 8)), "bit {bit}");
                found += usize::from(read.is_err());
            }
        }
        assert_eq!(found, 1, "bit {bit} lies in one column");
        assert!(Draft::new().add_chunk(&header, &body, &[]).is_err());
    }
    for length in 0..chunk.body.len() {
        let mut draft = Draft::new();
        assert!(draft.add_chunk(&header, &chunk.body[..length], &[]).is_err());
        assert!(draft.is_empty());
        assert!(header.segments.iter().any(|segment| segment.subjects.of(&chunk.body[..length]).is_err()));
    }
    for segment in &header.segments {
        let longer = |column: &Column| [column.of(&chunk.body).expect("as written"), &[0]].concat();
        assert!(read_all(segment, longer).iter().all(|(_, read)| read.is_err()));
    }
}

#[test]
fn a_refused_column_leaves_nothing() {
    let header = Header::read(&small().header).expect("as written");
    let segment = &header.segments[0];
    let (mut users, mut numbers) = (vec![7], vec![7]);
    let mut codes = Codes { values: vec![(*b"left").into()], codes: vec![7], numbers: Vec::new() };
    assert!(segment.read_users(&[1], &mut users).is_err() && users.is_empty());
    assert!(segment.read_times(&[1], &mut numbers).is_err() && numbers.is_empty());
    numbers.push(7);
    assert!(segment.read_arrivals(&[1], &[0; 40], &mut numbers).is_err() && numbers.is_empty());
    let mut ends = vec![7];
    assert!(segment.read_ends(&[1], &mut ends).is_err() && ends.is_empty());
    assert!(segment.read_sources(&[1], &mut codes).is_err() && codes == Codes::default());
}

/// Puts a right checksum behind `bytes`, so that a reader goes on to what they say.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &crc32fast::hash(bytes).to_le_bytes()].concat()
}

/// Reads whatever a header may claim, out of `bytes` and checksums that are right.
fn read_claimed(mut header: Header, bytes: &[u8]) {
    for segment in &mut header.segments {
        let claim = |column: &mut Column| {
            column.length = column.length.min(bytes.len() as u32);
            column.checksum = crc32fast::hash(&bytes[..column.length as usize]);
        };
        let Segment { users, runs, times, arrivals, sources, rates, subjects, properties, .. } = segment;
        [users, runs, times, arrivals, sources, rates, subjects].into_iter().for_each(claim);
        for (_, property) in properties {
            if let Property::Kept(column) = property {
                claim(column);
            }
        }
        for (_, read) in read_all(segment, |column| bytes[..column.length as usize].to_vec()) {
            assert!(matches!(read, Ok(()) | Err(Damage::Bytes(_))));
        }
    }
    let _ = Draft::new().add_chunk(&header, bytes, &[]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Header::read(&bytes);
        let _ = Header::read(&sealed(&bytes)).map(|header| read_claimed(header, &bytes));
        let _ = Header::read(&sealed(&[&[FORMAT, 1], &bytes[..]].concat())).map(|header| read_claimed(header, &bytes));
    }

    /// Reads a header of which a few bytes were changed, under a checksum that is right.
    #[test]
    fn a_header_that_lies(
        events in any_events(40).prop_filter("none", |events| !events.is_empty()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut header = one_chunk(&events).header;
        header.truncate(header.len() - 4);
        for (index, byte) in changes {
            let index = index.index(header.len());
            header[index] = byte;
        }
        let _ = Header::read(&sealed(&header)).map(|header| read_claimed(header, &bytes));
    }

    /// Reads columns of which a few bytes were changed, under a checksum that is right.
    #[test]
    fn a_column_that_lies(
        events in any_events(200).prop_filter("none", |events| !events.is_empty()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let chunk = one_chunk(&events);
        let mut body = chunk.body.clone();
        for (index, byte) in changes {
            let index = index.index(body.len());
            body[index] = byte;
        }
        let mut header = Header::read(&chunk.header).expect("as written");
        for segment in &mut header.segments {
            let seal = |column: &mut Column| column.checksum = crc32fast::hash(column.of(&body).expect("as written"));
            let Segment { users, runs, times, arrivals, sources, rates, subjects, properties, .. } = segment;
            [users, runs, times, arrivals, sources, rates, subjects].into_iter().for_each(seal);
            for (_, property) in properties {
                if let Property::Kept(column) = property {
                    seal(column);
                }
            }
        }
        for segment in &header.segments {
            read_all(segment, |column| column.of(&body).expect("as written").to_vec());
            let mut times = Vec::new();
            if segment.read_times(segment.times.of(&body).expect("as written"), &mut times).is_ok() {
                prop_assert_eq!(times.len(), segment.events);
                prop_assert!(times.iter().all(|time| (segment.since..=segment.last).contains(time)));
            } else {
                prop_assert!(times.is_empty());
            }
        }
        let _ = Draft::new().add_chunk(&header, &body, &[]);
    }
}

#[test]
fn what_is_said_of_damage() {
    let said = Header::read(&[]).unwrap_err();
    assert_eq!(said.to_string(), "the chunk's header is cut off");
    let later = sealed(&[FORMAT + 1]);
    assert_eq!(Header::read(&later), Err(Damage::Bytes("the chunk is of another format")));
}
