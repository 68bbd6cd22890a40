//! Tests that what is written is read back, and that damage is told.

mod damage;
mod formats;
mod merge;
mod round_trip;
mod size;

use super::{
    Chunk, Codes, Draft, Entry, Header, LONGEST_KEPT_VALUE, MOST_KEPT_VALUES, Property, Subjects, UNKEPT, user_of_each,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// Names with their keys. All drafts agree on them, since the keys of a name follow from its number.
const NAMES: [(&str, &[&str]); 5] =
    [("view", &["page"]), ("click", &["page", "button", "ä"]), ("", &[]), ("zoom", &[""]), ("buy", &["sum", "page"])];

#[derive(Debug, Clone, PartialEq)]
struct Event {
    name: usize,
    time: i64,
    arrival: i64,
    user: u16,
    source: Option<Vec<u8>>,
    /// The bits of the rate, so that a rate that is not a number equals itself.
    rate: Option<u32>,
    subject: Option<[u8; 16]>,
    /// The values of the properties, as many as the name has keys.
    properties: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    None,
    Unkept,
    Bytes(Vec<u8>),
}

/// Adds an event. Names and values are registered as they are met, so that their numbers follow the order of the
/// events.
fn push(draft: &mut Draft, event: &Event) {
    let (name, keys) = NAMES[event.name];
    let name = draft.name(name, keys).expect("it fits");
    let source = event.source.as_ref().map_or(0, |source| draft.value(source));
    let number = |value: &Value| match value {
        Value::None => 0,
        Value::Unkept => UNKEPT,
        Value::Bytes(bytes) => draft.value(bytes),
    };
    let properties: Vec<u32> = event.properties.iter().map(number).collect();
    let Event { time, arrival, user, subject, .. } = *event;
    let rate = event.rate.map(f32::from_bits);
    draft.push(Entry { time, arrival, name, user, source, rate, subject }, &properties);
}

fn drafted(events: &[Event]) -> Draft {
    let mut draft = Draft::new();
    events.iter().for_each(|event| push(&mut draft, event));
    draft
}

fn one_chunk(events: &[Event]) -> Chunk {
    let mut chunks = drafted(events).encode(usize::MAX);
    assert_eq!(chunks.len(), 1);
    chunks.remove(0)
}

fn value(codes: &Codes, index: usize) -> Option<Vec<u8>> {
    codes.value(index).map(|value| value.into_owned())
}

/// The events of a chunk, in the order of its segments.
fn read(header: &Header, body: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    // Reused, so that what an earlier segment left would show.
    let (mut users, mut ends, mut times, mut arrivals) = (vec![7], vec![7], vec![7], vec![7]);
    let (mut sources, mut rates, mut subjects) = (Codes::default(), Codes::default(), Subjects::default());
    let mut everyone = Vec::new();
    header.read_everyone(header.everyone.of(body).expect("as written"), &mut everyone).expect("it fits");
    for segment in &header.segments {
        segment.read_users(segment.users.of(body).expect("as written"), &mut users).expect("it fits");
        segment.read_ends(segment.runs.of(body).expect("as written"), &mut ends).expect("it fits");
        segment.read_times(segment.times.of(body).expect("as written"), &mut times).expect("it fits");
        segment.read_arrivals(segment.arrivals.of(body).expect("as written"), &times, &mut arrivals).expect("it fits");
        segment.read_sources(segment.sources.of(body).expect("as written"), &mut sources).expect("it fits");
        segment.read_rates(segment.rates.of(body).expect("as written"), &mut rates).expect("it fits");
        segment.read_subjects(segment.subjects.of(body).expect("as written"), &mut subjects).expect("it fits");
        assert_eq!((users.len(), ends.len()), (segment.actors, segment.actors));
        assert_eq!((times.len(), arrivals.len()), (segment.events, segment.events));
        let users = user_of_each(&users, &ends, segment.events);
        assert!(header.segments.len() == 1 || users.iter().all(|user| everyone.binary_search(user).is_ok()));
        assert_eq!((sources.codes.len(), rates.codes.len()), (segment.events, segment.events));
        let properties: Vec<Option<Codes>> = (0..segment.properties.len())
            .map(|index| match segment.properties[index].1 {
                Property::Unkept => None,
                Property::Kept(column) => {
                    let mut codes = Codes::default();
                    segment.read_property(index, column.of(body).expect("as written"), &mut codes).expect("it fits");
                    assert_eq!(codes.codes.len(), segment.events);
                    Some(codes)
                }
            })
            .collect();
        let name = NAMES.iter().position(|(name, _)| *name == segment.name).expect("it fits");
        assert!(segment.properties.iter().map(|(key, _)| key.as_str()).eq(NAMES[name].1.iter().copied()));
        events.extend((0..segment.events).map(|index| {
            Event {
                name,
                time: times[index],
                arrival: arrivals[index],
                user: users[index],
                source: value(&sources, index),
                rate: value(&rates, index).map(|bytes| u32::from_le_bytes(bytes.try_into().expect("as written"))),
                subject: subjects.of(index),
                properties: properties
                    .iter()
                    .map(|codes| match codes {
                        None => Value::Unkept,
                        Some(codes) => value(codes, index).map_or(Value::None, Value::Bytes),
                    })
                    .collect(),
            }
        }));
    }
    let all: HashSet<u16> = events.iter().map(|event: &Event| event.user).collect();
    assert_eq!(all.len(), header.actors);
    assert_eq!(everyone.len(), if header.segments.len() == 1 { 0 } else { all.len() });
    events
}

/// The events that [`read`] should find in the chunk of these: sorted by name, user, time and arrival. A property that
/// cannot be kept for one event is unkept for all events of its name.
fn kept(events: &[Event]) -> Vec<Event> {
    let mut segments: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
    for event in events {
        segments.entry(NAMES[event.name].0).or_default().push(event.clone());
    }
    for segment in segments.values_mut() {
        segment.sort_by_key(|event| (event.user, event.time, event.arrival));
        for index in 0..segment[0].properties.len() {
            let values: HashSet<Vec<u8>> = segment
                .iter()
                .filter_map(|event| match &event.properties[index] {
                    Value::Bytes(bytes) => Some(bytes.clone()),
                    _ => None,
                })
                .collect();
            if values.len() > MOST_KEPT_VALUES
                || values.iter().any(|value| value.len() > LONGEST_KEPT_VALUE)
                || segment.iter().any(|event| event.properties[index] == Value::Unkept)
            {
                segment.iter_mut().for_each(|event| event.properties[index] = Value::Unkept);
            }
        }
    }
    segments.into_values().flatten().collect()
}

/// Makes up to `most` events, each with another arrival.
fn any_events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 0..=most).prop_map(|mut events| {
        let mut seen = HashSet::new();
        events.retain(|event| seen.insert(event.arrival));
        events
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    let instant = || prop_oneof![4 => -5_i64..5, 4 => -1_000_000_i64..1_000_000, 1 => any::<i64>(), 1 => extreme()];
    let user = prop_oneof![Just(0_u16), 0_u16..9, any::<u16>()];
    let source = prop::option::of(prop_oneof![Just(b"web".to_vec()), prop::collection::vec(any::<u8>(), 0..4)]);
    let rate = prop::option::weighted(0.3, prop_oneof![Just(0.25_f32.to_bits()), any::<f32>().prop_map(f32::to_bits)]);
    let subject = prop::option::of(prop_oneof![(0..5_u8).prop_map(|id| [id; 16]), any::<[u8; 16]>()]);
    (0..NAMES.len(), instant(), instant(), user, source, rate, subject, [any_value(), any_value(), any_value()])
        .prop_map(|(name, time, arrival, user, source, rate, subject, properties)| {
            let properties = properties[..NAMES[name].1.len()].to_vec();
            Event { name, time, arrival, user, source, rate, subject, properties }
        })
}

fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![Just(i64::MIN), Just(i64::MIN + 1), Just(-1), Just(0), Just(i64::MAX - 1), Just(i64::MAX)]
}

/// Makes a stored number as a payload spells it, and now and then in a way that none does.
fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (-500_i64..500).prop_map(|number| format!("n{number}")),
        4 => (-99_999_i64..99_999, 1_usize..4).prop_map(|(number, digits)| format!("n{:.digits$}", number as f64 / 100.0)),
        1 => any::<i64>().prop_map(|number| format!("n{number}")),
        1 => (any::<u32>(), any::<u64>()).prop_map(|(whole, fraction)| format!("n{whole}.{fraction}")),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let bytes = |length| prop::collection::vec(any::<u8>(), length).prop_map(Value::Bytes);
    prop_oneof![
        400 => Just(Value::None),
        400 => (0..12_u8).prop_map(|value| Value::Bytes(vec![value])),
        200 => bytes(0..3),
        400 => any_number().prop_map(|text| Value::Bytes(text.into_bytes())),
        1 => bytes(LONGEST_KEPT_VALUE..LONGEST_KEPT_VALUE + 2),
        1 => Just(Value::Unkept),
    ]
}
