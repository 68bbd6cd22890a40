//! Tests that the events that go into chunks come out of them, in one order.

use super::super::*;
use super::{Event, Value, any_events, drafted, kept, one_chunk, read};
use crate::HOUR;
use proptest::prelude::*;

fn event(time: i64, arrival: i64) -> Event {
    Event { name: 2, time, arrival, user: 0, source: None, rate: None, subject: None, properties: Vec::new() }
}

/// Asserts that what the header says of the whole is true of the events.
fn check(chunk: &Chunk, header: &Header, events: &[Event]) {
    let times = || events.iter().map(|event| event.time);
    let arrivals = || events.iter().map(|event| event.arrival);
    let whole = (
        times().min().expect("as written"),
        times().max().expect("as written"),
        arrivals().min().expect("as written"),
        arrivals().max().expect("as written"),
    );
    assert_eq!((chunk.since, chunk.last, chunk.first_arrival, chunk.last_arrival), whole);
    assert_eq!((header.since, header.last, header.first_arrival, header.last_arrival), whole);
    assert_eq!((chunk.events, header.events), (events.len(), events.len()));
    assert_eq!(header.body_length(), chunk.body.len());
    assert_eq!(header.write(), chunk.header);
    let mut events = events;
    for segment in &header.segments {
        let (own, others) = events.split_at(segment.events);
        events = others;
        let times = || own.iter().map(|event| event.time);
        assert_eq!((Some(segment.since), Some(segment.last)), (times().min(), times().max()));
        assert_eq!(segment.sampled, own.iter().filter(|event| event.rate.is_some()).count());
        let rates = own.iter().map(|event| event.rate.map_or(1.0, f32::from_bits));
        let weight: f64 = rates.map(|rate| 1.0 / f64::from(rate)).sum();
        let near = (segment.weight - weight).abs() <= weight.abs() * 1e-9;
        assert!(near || !weight.is_finite() || rates_cancel(own), "{} {weight}", segment.weight);
    }
}

/// Whether the weights may be so large that their sum depends on the order in which they are added.
fn rates_cancel(events: &[Event]) -> bool {
    events.iter().any(|event| event.rate.is_some_and(|rate| f32::from_bits(rate) < 1e-3))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_draft(events in any_events(400), most in prop_oneof![Just(usize::MAX), 0_usize..50]) {
        let mut sorted = events.clone();
        sorted.sort_by_key(|event| (event.time, event.arrival));
        let chunks = drafted(&events).encode(most);
        let mut rest = sorted.as_slice();
        for chunk in &chunks {
            prop_assert!(chunk.events <= most.max(1) && (chunk.events > most / 8 || chunk.events == rest.len()));
            let (events, later) = rest.split_at(chunk.events);
            rest = later;
            let header = Header::read(&chunk.header).expect("as written");
            let back = read(&header, &chunk.body);
            prop_assert_eq!(&back, &kept(events));
            check(chunk, &header, &back);
        }
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn the_order_of_pushes_does_not_matter(
        (events, shuffled) in any_events(200).prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        prop_assert_eq!(drafted(&events).encode(70), drafted(&shuffled).encode(70));
    }

    /// Gaps of any size, so that blocks of any width come about.
    #[test]
    fn any_gaps(widths in prop::collection::vec(0_u32..=64, 1..6), seed: u64, start: i64) {
        let (mut state, mut time) = (seed, start);
        let mut events = Vec::new();
        for width in widths {
            for _ in 0..130 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let gap = if width == 0 { 0 } else { state >> (64 - width) };
                time = time.saturating_add_unsigned(gap);
                events.push(event(time, (state >> 1).rotate_left(width) as i64));
            }
        }
        let chunk = one_chunk(&events);
        prop_assert_eq!(read(&Header::read(&chunk.header).expect("as written"), &chunk.body), kept(&events));
    }
}

/// Cuts many events where weeks, days and hours begin. 2026-11-23 is a Monday.
#[test]
fn many_events_are_cut_where_the_calendar_does() {
    let monday = 9_823 * 24 * HOUR;
    let sizes = |events: i64, first: i64, apart: i64| {
        let events: Vec<Event> = (0..events).map(|n| event(first + n * apart, n)).collect();
        drafted(&events).encode(100).iter().map(|chunk| chunk.events).collect::<Vec<_>>()
    };
    assert_eq!(sizes(100, monday - 5 * HOUR, HOUR), [100], "what fits is not cut for a few");
    assert_eq!(sizes(100, monday - 20 * HOUR, HOUR), [20, 80], "before a week");
    assert_eq!(sizes(100, monday + 20 * HOUR, HOUR), [100], "not before a day");
    assert_eq!(sizes(301, monday - 80 * HOUR, HOUR), [80, 96, 72, 53], "before a week, a day, a week");
    assert_eq!(sizes(250, monday - 60 * HOUR / 60, HOUR / 60), [60, 60, 60, 70], "before hours");
    assert_eq!(sizes(250, monday + 1, 1), [100, 100, 50], "anywhere");
}

#[test]
fn nothing_is_no_chunk() {
    assert_eq!(Draft::new().encode(MOST_EVENTS), []);
}

#[test]
fn the_ends_of_time() {
    let ends = [i64::MIN, i64::MIN, -1, 0, i64::MAX, i64::MAX];
    let arrivals = [i64::MAX, i64::MIN, 0, -1, i64::MIN + 1, i64::MAX - 1];
    let events: Vec<Event> = ends.into_iter().zip(arrivals).map(|(time, arrival)| event(time, arrival)).collect();
    let chunk = one_chunk(&events);
    assert_eq!(read(&Header::read(&chunk.header).expect("as written"), &chunk.body), kept(&events));
}

#[test]
fn what_is_the_same_everywhere_costs_next_to_nothing() {
    let events: Vec<Event> = (0..60_000)
        .map(|n| Event {
            name: 1,
            source: Some(b"web".to_vec()),
            properties: vec![Value::Bytes(b"/".to_vec()), Value::None, Value::Unkept],
            ..event(5, n)
        })
        .collect();
    let chunk = one_chunk(&events);
    let header = Header::read(&chunk.header).expect("as written");
    let [segment] = &header.segments[..] else { panic!("one name") };
    let lengths = [segment.users, segment.times, segment.sources, segment.rates].map(|column| column.length);
    assert_eq!(lengths, [1, 0, 5, 0]);
    let Property::Kept(page) = segment.properties[0].1 else { panic!("kept") };
    assert_eq!(page.length, 3);
    assert_eq!(segment.properties[1].1, Property::Kept(Column { start: page.start + 3, length: 0, checksum: 0 }));
    assert_eq!(segment.properties[2].1, Property::Unkept);
    assert!(chunk.header.len() + chunk.body.len() < 60_000 * 3 / 8, "the arrivals");
}

#[test]
fn a_property_of_many_values_or_a_long_one_is_unkept() {
    let with = |value: Vec<u8>, n| Event { name: 3, properties: vec![Value::Bytes(value)], ..event(n, n) };
    let property = |events: &[Event]| {
        let chunk = one_chunk(events);
        let header = Header::read(&chunk.header).expect("as written");
        assert_eq!(read(&header, &chunk.body), kept(events));
        header.segments[0].properties[0].1
    };
    let mut many: Vec<Event> = (0..4_096).map(|n: i64| with(n.to_le_bytes().to_vec(), n)).collect();
    assert!(matches!(property(&many), Property::Kept(_)));
    many.push(with(vec![1], 9_999));
    assert_eq!(property(&many), Property::Unkept);
    assert!(matches!(property(&[with(vec![1; 256], 0)]), Property::Kept(_)));
    assert_eq!(property(&[with(vec![1; 257], 0), with(vec![], 1)]), Property::Unkept);
}

/// More sources than 16-bit codes can tell apart: 65,536.
#[test]
fn a_chunk_of_too_many_sources_is_cut() {
    let with = |n: u64| Event { source: Some(n.to_le_bytes().to_vec()), ..event(n as i64, n as i64) };
    let mut events: Vec<Event> = (0..65_536).map(with).collect();
    let chunks = drafted(&events).encode(MOST_EVENTS);
    assert_eq!(chunks.iter().map(|chunk| chunk.events).collect::<Vec<_>>(), [32_768, 32_768]);
    events[7].source = None;
    let chunk = one_chunk(&events);
    assert_eq!(read(&Header::read(&chunk.header).expect("as written"), &chunk.body), kept(&events));
}

#[test]
fn a_band_without_users_has_no_column_of_them() {
    let mut draft = Draft::without_users();
    events(&mut draft);
    let chunks = draft.encode(MOST_EVENTS);
    let header = Header::read(&chunks[0].header).expect("as written");
    assert!(!header.has_users);
    let mut users = vec![7];
    header.segments[0].read_users(&[], &mut users).expect("as written");
    assert!(users.is_empty());
    assert_eq!(Draft::new().add_chunk(&header, &chunks[0].body, &[]), Err(Damage::OtherBand));
    let mut again = Draft::without_users();
    again.add_chunk(&header, &chunks[0].body, &[]).expect("as written");
    assert_eq!(again.encode(MOST_EVENTS), chunks);

    fn events(draft: &mut Draft) {
        let name = draft.name("view", &[] as &[&str]).expect("as written");
        for time in 0..3 {
            draft.push(Entry { time, arrival: time, name, user: 0, source: 0, rate: None, subject: None }, &[]);
        }
    }
}

#[test]
fn numbers_of_a_draft() {
    let mut draft = Draft::new();
    assert_eq!(draft.name("a", &["x", "y"]), Some(0));
    assert_eq!(draft.name("b", &[] as &[&str]), Some(1));
    assert_eq!(draft.name("a", &["x", "y"]), Some(0));
    assert_eq!(draft.name("a", &["y", "x"]), None);
    assert_eq!(draft.name("c", &["x", "x"]), None);
    assert_eq!((draft.value(b""), draft.value(b"v"), draft.value(b"")), (1, 2, 1));
    assert!(draft.is_empty());
    let memory = draft.memory();
    draft
        .push(Entry { time: 1, arrival: 1, name: 0, user: 1, source: 2, rate: Some(0.5), subject: None }, &[UNKEPT, 0]);
    assert_eq!(draft.len(), 1);
    assert!(draft.memory() > memory);
    for number in 2..65_536 {
        assert_eq!(draft.name(&number.to_string(), &[] as &[&str]), Some(number as u16));
    }
    assert_eq!(draft.name("one too many", &[] as &[&str]), None);
}
