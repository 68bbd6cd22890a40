//! Tests that merging small chunks gives the chunk that all their events make at once.

use super::super::*;
use super::{Event, any_events, drafted, kept};
use proptest::prelude::*;

/// Whether all properties of the events are kept, so that none is unkept in one part only.
fn keepable(events: Vec<Event>) -> bool {
    kept(&events).iter().all(|event| !event.properties.contains(&super::Value::Unkept))
}

fn merged(chunks: &[Chunk]) -> Result<Draft, Damage> {
    let mut draft = Draft::new();
    for chunk in chunks {
        draft.add_chunk(&Header::read(&chunk.header)?, &chunk.body, &[])?;
    }
    Ok(draft)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn in_one(events in any_events(300), most in 1_usize..80, backwards: bool) {
        let mut chunks = drafted(&events).encode(most);
        if backwards {
            chunks.reverse();
        }
        prop_assert_eq!(merged(&chunks).expect("as written").encode(MOST_EVENTS), drafted(&events).encode(MOST_EVENTS));
    }

    #[test]
    fn in_parts(events in any_events(300), parts in 1_usize..7, most in 1_usize..80) {
        prop_assume!(keepable(events.clone()));
        let mut drafts: Vec<Vec<Event>> = vec![Vec::new(); parts];
        for (index, event) in events.iter().enumerate() {
            drafts[index % parts].push(event.clone());
        }
        let chunks: Vec<Chunk> = drafts.iter().flat_map(|events| drafted(events).encode(MOST_EVENTS)).collect();
        prop_assert_eq!(merged(&chunks).expect("as written").encode(most), drafted(&events).encode(most));
    }
}

#[test]
fn other_keys_are_told_apart_from_damage() {
    let chunk = |keys: &[&str]| {
        let mut draft = Draft::new();
        for name in ["a", "b"] {
            let name = draft.name(name, keys).expect("as written");
            draft.push(
                Entry { time: 0, arrival: name.into(), name, user: 0, source: 0, rate: None, subject: None },
                &vec![0; keys.len()],
            );
        }
        draft.encode(MOST_EVENTS).remove(0)
    };
    let mut draft = Draft::new();
    draft.name("b", &["y"]).expect("as written");
    let header = Header::read(&chunk(&["x"]).header).expect("as written");
    assert_eq!(draft.add_chunk(&header, &chunk(&["x"]).body, &[]), Err(Damage::OtherKeys));
    assert!(draft.is_empty(), "nothing of the name before");
    let other = chunk(&["y"]);
    assert_eq!(draft.add_chunk(&Header::read(&other.header).expect("as written"), &other.body, &[]), Ok(()));
    assert_eq!(draft.encode(MOST_EVENTS), [other]);
}
