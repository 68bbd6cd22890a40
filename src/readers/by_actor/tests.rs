//! Compares the visits with a plain list per actor.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

const AMPLE: usize = 1 << 30;

type Piece = (Vec<u16>, Vec<i64>, Vec<i64>, u32);

/// Makes pieces with users in few groups and times with ties, at several scales.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let users = prop_oneof![0u16..4, 250u16..260, Just(65_535u16), any::<u16>()];
    let times = prop_oneof![0i64..6, Just(1_000_000_000i64), any::<i64>()];
    let piece = (prop::collection::vec((users, times, 0i64..5), 0..40), 0u32..4).prop_map(|(mut events, payload)| {
        events.sort_by_key(|(_, time, _)| *time);
        let users = events.iter().map(|(user, ..)| *user).collect();
        let times = events.iter().map(|(_, time, _)| *time).collect();
        (users, times, events.iter().map(|(.., arrival)| *arrival).collect(), payload)
    });
    prop::collection::vec(piece, 0..20)
}

fn naive<M: Moment>(pieces: &[Piece], moment: impl Fn(i64, i64) -> M) -> Vec<(u16, Vec<(M, u32)>)> {
    let mut actors: BTreeMap<u16, Vec<(M, u32)>> = BTreeMap::new();
    for (users, times, arrivals, payload) in pieces {
        for ((user, time), arrival) in users.iter().zip(times).zip(arrivals) {
            actors.entry(*user).or_default().push((moment(*time, *arrival), *payload));
        }
    }
    actors.values_mut().for_each(|events| events.sort_by_key(|(moment, _)| *moment));
    actors.into_iter().collect()
}

fn visited<M: Moment>(by_actor: &mut ByActor<M, u32>) -> Vec<(u16, Vec<(M, u32)>)> {
    let mut visited = Vec::new();
    let Ok(()) = by_actor.visit(|user, events| {
        visited.push((user, events.iter().map(|event| (event.moment, event.payload)).collect()));
        Ok::<(), Infallible>(())
    });
    visited
}

#[test]
fn an_event_is_as_small_as_it_says() {
    assert_eq!(size_of::<Event<i64, u32>>(), 16);
    assert_eq!(size_of::<Event<i64, (u32, u16, u8)>>(), 24);
    assert_eq!(size_of::<Event<(i64, i64), u32>>(), 24);
}

#[test]
fn what_might_pass_the_limit_is_not_taken() {
    let users: Vec<u16> = (0..10_000).collect();
    let times: Vec<i64> = (0..10_000).collect();
    let mut by_actor = ByActor::new(8 << 20);
    let taken = |by_actor: &mut ByActor<i64, ()>| {
        by_actor.begin_band();
        let taken = (0..1000).take_while(|_| by_actor.push(&users, &times, ()) == Ok(())).count();
        assert!(by_actor.memory() <= 8 << 20, "{}", by_actor.memory());
        let mut events = 0;
        let Ok(()) = by_actor.visit(|_, of_actor| {
            events += of_actor.len();
            Ok::<(), Infallible>(())
        });
        assert_eq!(events, taken * 10_000);
        assert!(by_actor.memory() <= 8 << 20, "{}", by_actor.memory());
        taken
    };
    let first = taken(&mut by_actor);
    assert!((25..50).contains(&first), "{first} pieces, 16 bytes an event and 1 MiB to spare");
    assert_eq!(taken(&mut by_actor), first, "what a band before has left does not decide");
    assert_eq!(ByActor::new(100).push(&[1], &[1], ()), Err(Full));
    assert_eq!(ByActor::new(0).push(&[], &[], ()), Ok(()));
}

#[test]
fn one_actor_with_all_events_of_overlapping_pieces() {
    let pieces: Vec<Piece> = (0..20)
        .map(|payload| (vec![7; 2000], (0..2000).map(|time| time * 3).collect(), vec![0; 2000], payload))
        .collect();
    let mut by_actor = ByActor::new(AMPLE);
    for (users, times, _, payload) in &pieces {
        by_actor.push(users, times, *payload).expect("it fits");
    }
    assert_eq!(visited(&mut by_actor), naive(&pieces, |time, _| time));
}

#[test]
fn groups_of_many_blocks() {
    // Interleaved users of three groups, one of whole blocks.
    let whole = 3 * groups::BLOCK;
    let users: Vec<u16> = (0..whole).flat_map(|place| [5, 300 + (place % 7) as u16, 65_000]).collect();
    let users = &users[..users.len() - 1];
    let times: Vec<i64> = (0..users.len() as i64).collect();
    let pieces = vec![(users.to_vec(), times.clone(), times.clone(), 3), (vec![9], vec![-5], vec![0], 1)];
    let mut by_actor = ByActor::new(AMPLE);
    for _ in 0..2 {
        by_actor.begin_band();
        for (users, times, _, payload) in &pieces {
            by_actor.push(users, times, *payload).expect("it fits");
        }
        assert_eq!(visited(&mut by_actor), naive(&pieces, |time, _| time));
        assert_eq!(visited(&mut by_actor), [], "visited once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn actors_have_their_events_in_order(bands in prop::collection::vec(pieces(), 1..3)) {
        let mut by_actor = ByActor::new(AMPLE);
        for pieces in &bands {
            by_actor.begin_band();
            for (users, times, _, payload) in pieces {
                by_actor.push(users, times, *payload).expect("it fits");
            }
            prop_assert_eq!(visited(&mut by_actor), naive(pieces, |time, _| time));
        }
    }

    #[test]
    fn arrivals_decide_among_equal_times(pieces in pieces()) {
        let mut by_actor = ByActor::new(AMPLE);
        for (users, times, arrivals, payload) in &pieces {
            by_actor.push_arrived(users, times, arrivals, *payload).expect("it fits");
        }
        prop_assert_eq!(visited(&mut by_actor), naive(&pieces, |time, arrival| (time, arrival)));
    }
}
