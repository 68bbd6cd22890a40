//! Tests that each actor's events come in order, whatever the pieces.

use super::*;
use proptest::prelude::*;

/// An event: its time, label and actor.
type Event = (i64, u8, u16);

#[derive(Default)]
struct All {
    events: Vec<Event>,
    moments: Vec<Moment>,
}

impl Follower for All {
    fn expect(&mut self, actor: u16) {
        assert!(actor < 1_010);
    }

    fn follow(&mut self, actor: u16, turn: &Turn<'_>) {
        turn.in_order(&mut self.moments);
        self.events.extend(self.moments.iter().map(|moment| (moment.time(), moment.label() as u8, actor)));
    }
}

/// Adds a piece of these events.
fn add(in_order: &mut InOrder, events: &[Event]) -> Result<(), Refused> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| (event.2, event.0));
    let (mut actors, mut ends) = (Vec::new(), Vec::new());
    for own in events.chunk_by(|one, next| one.2 == next.2) {
        actors.push(own[0].2);
        ends.push(ends.last().copied().unwrap_or(0) + own.len() as u32);
    }
    let times: Vec<i64> = events.iter().map(|event| event.0).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return Ok(()) };
    let is_done = |actor| actor == 8;
    let given = Events { actors: &actors, ends: &ends, begin: 0, times: &times, span: (*first, *last) };
    // One half of the actors after the other is as good as all at once.
    for own in [given.of(&(0..4)), given.of(&(4..65_536))] {
        if events.iter().all(|event| event.1 == events[0].1) {
            in_order.add(own, events[0].1, is_done)?;
        } else {
            in_order.add_labelled(own, |event| events[event].1, is_done)?;
        }
    }
    Ok(())
}

/// Returns what the follower gets. `chunks`: lists of pieces; before each chunk, what is complete is passed on.
fn delivered(loose: &[Event], chunks: &[Vec<Vec<Event>>]) -> Result<Vec<Event>, Refused> {
    let (mut in_order, mut all) = (InOrder::default(), All::default());
    in_order.begin_band();
    add(&mut in_order, loose)?;
    for chunk in chunks {
        let first = chunk.iter().flatten().map(|event| event.0).min();
        in_order.pass(first.unwrap_or(i64::MIN), &mut all)?;
        for piece in chunk {
            add(&mut in_order, piece)?;
        }
    }
    in_order.end_band(&mut all)?;
    Ok(all.events)
}

#[test]
fn times_out_of_reach_are_refused() {
    assert_eq!(delivered(&[(REACH - 1, 7, 3), (-REACH, 0, 3)], &[]), Ok(vec![(-REACH, 0, 3), (REACH - 1, 7, 3)]));
    assert_eq!(delivered(&[(REACH, 0, 1)], &[]), Err(Refused::TooFar));
    assert_eq!(delivered(&[(-REACH - 1, 0, 1)], &[]), Err(Refused::TooFar));
    assert_eq!(delivered(&[(i64::MAX, 0, 1), (i64::MIN, 0, 1)], &[]), Err(Refused::TooFar));
}

#[test]
fn without_events_nothing_comes() {
    assert_eq!(delivered(&[], &[]), Ok(vec![]));
    assert_eq!(delivered(&[], &[vec![], vec![vec![]]]), Ok(vec![]));
}

#[test]
fn one_actor_may_have_all_events_of_a_piece() {
    let events: Vec<Event> = (0..65_536).map(|time| (time, 1, 65_535)).collect();
    assert_eq!(delivered(&[], &[vec![events.clone()]]), Ok(events));
}

#[test]
fn what_waits_long_is_kept_and_what_is_handed_on_is_freed() {
    let (mut in_order, mut all) = (InOrder::default(), All::default());
    in_order.begin_band();
    add(&mut in_order, &[(i64::from(u32::MAX), 0, 1)]).expect("near");
    for chunk in 0..40 {
        in_order.pass(chunk * 65_536, &mut all).expect("memory");
        let events: Vec<Event> = (0..65_536).map(|n| (chunk * 65_536 + n, 0, (n % 1_000) as u16 + 10)).collect();
        add(&mut in_order, &events).expect("near");
    }
    assert!(in_order.memory() < 12 << 20, "{}", in_order.memory());
    in_order.end_band(&mut all).expect("memory");
    assert_eq!(all.events.len(), 40 * 65_536 + 1);
}

proptest! {
    #[test]
    fn each_actors_events_come_in_order(
        chunks in prop::collection::vec(
            prop::collection::vec(prop::collection::vec((-500i64..500, 0u8..8, 0u16..9), 0..30), 0..3), 0..8),
        loose in prop::collection::vec((-500i64..500, 0u8..8, 0u16..9), 0..20),
    ) {
        let mut chunks = chunks;
        // As the timeline's chunks come: by their first event.
        chunks.sort_by_key(|chunk| chunk.iter().flatten().map(|event| event.0).min());
        let mut expected: Vec<Event> = chunks.iter().flatten().flatten().chain(&loose).copied().collect();
        expected.retain(|event| event.2 != 8);
        expected.sort_unstable_by_key(|event| (event.2, event.0, event.1));
        // Stable: what is wrong within an actor stays wrong.
        let mut found = delivered(&loose, &chunks).expect("near");
        found.sort_by_key(|event| event.2);
        prop_assert_eq!(found, expected);
    }
}
