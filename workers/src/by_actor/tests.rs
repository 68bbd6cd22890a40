//! Compares the visits with a plain list per actor.

use super::*;
use crate::crew::{Failure, with_crew};
use proptest::prelude::*;
use std::collections::BTreeMap;

const AMPLE: usize = 1 << 30;

/// An event: its actor, time, arrival and payload.
type Event = (u16, i64, i64, Option<u32>);

/// What is known of the arrivals of a piece.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    AtOnce,
    WhenAsked,
}

/// A piece: its events by actor, time and arrival, and whether all have the first one's payload.
#[derive(Debug, Clone)]
struct Piece {
    events: Vec<Event>,
    is_of_one_kind: bool,
    known: Known,
}

impl Piece {
    fn of(mut events: Vec<Event>, is_of_one_kind: bool, known: Known) -> Piece {
        events.sort_unstable_by_key(|(actor, time, arrival, _)| (*actor, *time, *arrival));
        let first = events.first().and_then(|event| event.3);
        let is_of_one_kind = is_of_one_kind && first.is_some();
        if is_of_one_kind {
            events.iter_mut().for_each(|event| event.3 = first);
        }
        Piece { events, is_of_one_kind, known }
    }

    fn column<T>(&self, of: impl Fn(&Event) -> T) -> Vec<T> {
        self.events.iter().map(of).collect()
    }

    fn push(&self, into: &mut ByActor<u32>) -> Result<(), Full> {
        let (mut actors, mut ends) = (Vec::new(), Vec::new());
        for run in self.events.chunk_by(|one, next| one.0 == next.0) {
            actors.push(run[0].0);
            ends.push(ends.last().copied().unwrap_or(0) + run.len() as u32);
        }
        let payloads = self.column(|event| event.3);
        let arrivals = self.column(|event| event.2);
        let times = self.column(|event| event.1);
        // As the span of a segment of which some events are left out.
        let earliest = times.iter().copied().min().unwrap_or_default() - times.len() as i64 % 3;
        let each = self.column(|event| event.0);
        into.push(&Given {
            actors: &actors,
            ends: &ends,
            each: if times.len().is_multiple_of(2) { &each } else { &[] },
            times: &times,
            earliest,
            payloads: match payloads.first() {
                Some(Some(payload)) if self.is_of_one_kind => Payloads::Same(*payload),
                _ => Payloads::Each(&payloads),
            },
            arrivals: if self.known == Known::AtOnce { &arrivals } else { &[] },
        })
    }
}

type Visits = Vec<(u16, Vec<(i64, u32)>)>;

/// An error of a visit.
#[derive(Debug, PartialEq)]
enum Wrong {
    Full,
    Failed(Failure),
    Told,
}

impl From<Full> for Wrong {
    fn from(_: Full) -> Self {
        Wrong::Full
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Wrong::Failed(failure)
    }
}

/// Visits these pieces, and counts how often arrivals were asked for.
fn visited(by_actor: &mut ByActor<u32>, pieces: &[Piece]) -> (Visits, usize) {
    visited_by(1, by_actor, pieces)
}

/// Visits these pieces with so many threads.
fn visited_by(threads: usize, by_actor: &mut ByActor<u32>, pieces: &[Piece]) -> (Visits, usize) {
    by_actor.begin_band();
    // Pieces without events have no number.
    let pieces: Vec<&Piece> = pieces.iter().filter(|piece| !piece.events.is_empty()).collect();
    pieces.iter().for_each(|piece| piece.push(by_actor).expect("it fits"));
    let (mut visits, mut asked) = (Visits::new(), 0);
    let mut read = |number: usize, times: &[i64], into: &mut Vec<i64>| {
        let piece = pieces[number];
        assert_eq!((piece.known, times), (Known::WhenAsked, &*piece.column(|event| event.1)));
        into.extend(piece.column(|event| event.2));
        asked += 1;
        Ok(())
    };
    let visit = |actor, events: &[(i64, u32)]| {
        visits.push((actor, events.to_vec()));
        Ok::<(), Wrong>(())
    };
    with_crew(threads, |crew| by_actor.visit_by(crew, Some(&mut read), || Ok(()), visit)).expect("visits");
    by_actor.visit::<Full>(None, |_, _| panic!("visited once")).expect("nothing is left");
    (visits, asked)
}

fn naive(pieces: &[Piece]) -> Visits {
    let mut actors: BTreeMap<u16, Vec<(i64, i64, u32)>> = BTreeMap::new();
    for (actor, time, arrival, payload) in pieces.iter().flat_map(|piece| &piece.events) {
        if let Some(payload) = payload {
            actors.entry(*actor).or_default().push((*time, *arrival, *payload));
        }
    }
    actors.values_mut().for_each(|events| events.sort_unstable());
    let without_arrivals = |events: Vec<(i64, i64, u32)>| events.into_iter().map(|(time, _, payload)| (time, payload));
    actors.into_iter().map(|(actor, events)| (actor, without_arrivals(events).collect())).collect()
}

/// Makes pieces with actors that are few or far apart and times with ties, at several scales. No two events have one
/// arrival, and these are in no order.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let actors = prop_oneof![0u16..4, 250u16..260, Just(65_535u16), any::<u16>()];
    let times = prop_oneof![0i64..6, Just(1_000_000_000i64), any::<i64>()];
    let event = (actors, times, prop_oneof![4 => (0u32..4).prop_map(Some), 1 => Just(None)]);
    let known = prop_oneof![Just(Known::AtOnce), Just(Known::WhenAsked)];
    prop::collection::vec((prop::collection::vec(event, 0..40), any::<bool>(), known), 0..20).prop_map(|pieces| {
        let mut number = 0_i64;
        let pieces = pieces.into_iter().map(|(events, is_of_one_kind, known)| {
            let events = events.into_iter().map(|(actor, time, payload)| {
                number += 1;
                (actor, time, number * 7_919 % 10_007, payload)
            });
            Piece::of(events.collect(), is_of_one_kind, known)
        });
        pieces.collect()
    })
}

#[test]
fn an_event_is_as_small_as_it_says() {
    assert_eq!(size_of::<Placed<u32>>(), 16);
    assert_eq!(size_of::<Placed<(u32, u32, u32)>>(), 24);
}

#[test]
fn what_might_pass_the_limit_is_not_taken() {
    let piece = Piece::of((0..10_000).map(|n| (n, n.into(), 0, Some(1))).collect(), true, Known::WhenAsked);
    let mut by_actor = ByActor::new(8 << 20);
    let mut taken = || {
        by_actor.begin_band();
        let taken = (0..1000).take_while(|_| piece.push(&mut by_actor) == Ok(())).count();
        assert!(by_actor.memory() <= 8 << 20, "{}", by_actor.memory());
        let mut events = 0;
        let visit = |_, own: &[(i64, u32)]| {
            events += own.len();
            Ok::<(), Full>(())
        };
        by_actor.visit(None, visit).expect("visits");
        assert_eq!(events, taken * 10_000);
        assert!(by_actor.memory() <= 8 << 20, "{}", by_actor.memory());
        taken
    };
    let first = taken();
    assert!((60..80).contains(&first), "{first} pieces of 10,000 events of 10 bytes each, and a range");
    assert_eq!(taken(), first, "what a band before has left does not decide");
    assert_eq!(piece.push(&mut ByActor::new(100)), Err(Full));
    assert_eq!(Piece::of(vec![], true, Known::AtOnce).push(&mut ByActor::new(0)), Ok(()));
}

#[test]
fn room_made_ahead_decides_nothing() {
    let piece = Piece::of((0..10_000).map(|n| (n, n.into(), 0, Some(1))).collect(), true, Known::WhenAsked);
    let taken = |expected: usize| {
        let mut by_actor = ByActor::new(8 << 20);
        by_actor.begin_band();
        by_actor.expect(expected);
        let taken = (0..1000).take_while(|_| piece.push(&mut by_actor) == Ok(())).count();
        assert!(by_actor.memory() <= 12 << 20, "{}", by_actor.memory());
        let mut events = 0;
        by_actor
            .visit(None, |_, own| {
                events += own.len();
                Ok::<(), Full>(())
            })
            .expect("visits");
        (taken, events)
    };
    let none = taken(0);
    for expected in [5_000, 400_000, usize::MAX] {
        assert_eq!(taken(expected), none, "{expected} events were expected");
    }
}

#[test]
fn arrivals_that_pass_the_limit_are_not_read() {
    let piece = |payload| Piece::of((0..9_000).map(|n| (n, 1, 0, Some(payload))).collect(), true, Known::WhenAsked);
    let visit = |limit: usize| {
        let mut by_actor = ByActor::new(limit);
        for payload in [1, 2] {
            piece(payload).push(&mut by_actor).expect("it fits");
        }
        let mut read = |_: usize, times: &[i64], into: &mut Vec<i64>| {
            into.resize(times.len(), 0);
            Ok(())
        };
        by_actor.visit(Some(&mut read), |_, _| Ok::<(), Full>(()))
    };
    assert_eq!(visit(980_000), Err(Full));
    assert_eq!(visit(2 << 20), Ok(()));
}

#[test]
fn one_actor_with_all_events_of_overlapping_pieces() {
    let piece =
        |payload| (0..2_000).map(move |n| (7, n * 3 + 1 + i64::from(payload) % 5, i64::from(payload), Some(payload)));
    let pieces: Vec<Piece> =
        (0..20).map(|payload| Piece::of(piece(payload).collect(), true, Known::WhenAsked)).collect();
    assert_eq!(visited(&mut ByActor::new(AMPLE), &pieces).0, naive(&pieces));
}

#[test]
fn many_ranges_and_an_actor_with_more_than_one() {
    let events: Vec<Event> = (0..300_000_i64)
        .map(|n| {
            let actor = if n % 3 == 0 { 700 } else { (n * n % 65_521) as u16 };
            (actor, n % 1_000, n, Some(n as u32 % 5))
        })
        .collect();
    let pieces: Vec<Piece> =
        events.chunks(60_000).map(|events| Piece::of(events.to_vec(), false, Known::WhenAsked)).collect();
    let mut by_actor = ByActor::new(AMPLE);
    let expected = naive(&pieces);
    for _ in 0..2 {
        assert_eq!(visited(&mut by_actor, &pieces).0, expected);
    }
    assert_eq!(visited(&mut by_actor, &pieces[..1]).0, naive(&pieces[..1]));
}

#[test]
fn arrivals_are_asked_for_where_events_of_one_time_differ() {
    let piece = |time: i64, payload| {
        Piece::of(vec![(1, time, 5, Some(payload)), (1, 40, 9, Some(payload))], true, Known::WhenAsked)
    };
    let asked = |pieces: &[Piece]| visited(&mut ByActor::new(AMPLE), pieces).1;
    assert_eq!(asked(&[piece(10, 1), piece(11, 1), piece(12, 1)]), 0, "those of one time are alike");
    assert_eq!(asked(&[piece(10, 1), piece(11, 2)]), 2);
    let other = Piece::of(vec![(2, 40, 1, Some(3)), (1, 41, 1, Some(3))], true, Known::WhenAsked);
    assert_eq!(asked(&[piece(10, 1), piece(11, 2), other]), 2, "the third has none of the time");
}

#[test]
fn a_visitor_may_end_it_and_the_collection_goes_on() {
    let events: Vec<Event> =
        (0..250_000_i64).map(|n| ((n % 60_000) as u16, n % 1_000, n, Some(n as u32 % 5))).collect();
    let pieces = [Piece::of(events, false, Known::AtOnce)];
    let mut by_actor = ByActor::new(AMPLE);
    for actor in [0, 30_000, 59_999] {
        by_actor.begin_band();
        pieces[0].push(&mut by_actor).expect("it fits");
        let end = |own, _: &[(i64, u32)]| if own == actor { Err(Wrong::Told) } else { Ok(()) };
        let result = with_crew(4, |crew| by_actor.visit_by(crew, None, || Ok(()), end));
        assert_eq!(result, Err(Wrong::Told));
        by_actor.begin_band();
        pieces[0].push(&mut by_actor).expect("it fits");
        let stopped = with_crew(4, |crew| by_actor.visit_by(crew, None, || Err(Wrong::Told), |_, _| Ok(())));
        // Whether the caller did a job itself, after which it asks, is luck.
        assert!(matches!(stopped, Ok(()) | Err(Wrong::Told)));
    }
    assert_eq!(visited_by(4, &mut by_actor, &pieces).0, naive(&pieces));
}

#[test]
fn threads_share_ranges_of_any_size() {
    let events: Vec<Event> = (0..300_000_i64)
        .map(|n| {
            let actor = if n % 3 == 0 { 700 } else { (n * n % 65_521) as u16 };
            (actor, n % 1_000, n * 7_919 % 300_007, Some(n as u32 % 5))
        })
        .collect();
    let pieces: Vec<Piece> =
        events.chunks(60_000).map(|events| Piece::of(events.to_vec(), false, Known::WhenAsked)).collect();
    let expected = naive(&pieces);
    for range in [64, sharing::RANGE, 65_536] {
        for threads in [2, 3, 16] {
            let mut by_actor = ByActor::new(AMPLE).with_ranges_of(range);
            assert_eq!(visited_by(threads, &mut by_actor, &pieces).0, expected, "{threads} threads, ranges of {range}");
        }
    }
}

#[test]
fn a_tight_limit_gives_the_same_answer_or_error_with_any_threads() {
    let piece = |payload| Piece::of((0..9_000).map(|n| (n, 1, 0, Some(payload))).collect(), true, Known::WhenAsked);
    for limit in [800_000, 980_000, 1 << 20, 2 << 20] {
        let outcome = |threads| {
            let (mut by_actor, mut visits) = (ByActor::new(limit).with_ranges_of(64), Visits::new());
            for payload in [1, 2] {
                piece(payload).push(&mut by_actor)?;
            }
            let mut read = |_: usize, times: &[i64], into: &mut Vec<i64>| {
                into.resize(times.len(), 0);
                Ok(())
            };
            let visit = |actor, events: &[(i64, u32)]| {
                visits.push((actor, events.to_vec()));
                Ok::<(), Wrong>(())
            };
            with_crew(threads, |crew| by_actor.visit_by(crew, Some(&mut read), || Ok(()), visit))?;
            Ok::<_, Wrong>(visits)
        };
        let expected = outcome(1);
        for threads in [2, 3, 16] {
            assert_eq!(outcome(threads), expected, "{threads} threads within {limit} bytes");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_visit_as_one_does(
        bands in prop::collection::vec(pieces(), 1..3), range in prop_oneof![Just(1_usize), 2_usize..40],
    ) {
        for threads in [2, 3, 16] {
            let mut by_actor = ByActor::new(AMPLE).with_ranges_of(range);
            for pieces in &bands {
                prop_assert_eq!(visited_by(threads, &mut by_actor, pieces).0, naive(pieces));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn actors_have_their_events_in_order_of_time_and_arrival(bands in prop::collection::vec(pieces(), 1..3)) {
        let mut by_actor = ByActor::new(AMPLE);
        for pieces in &bands {
            prop_assert_eq!(visited(&mut by_actor, pieces).0, naive(pieces));
        }
    }

    #[test]
    fn without_arrivals_times_alone_are_in_order(pieces in pieces()) {
        let mut by_actor = ByActor::new(AMPLE);
        pieces.iter().for_each(|piece| piece.push(&mut by_actor).expect("it fits"));
        let mut visits = Visits::new();
        let visit = |actor, events: &[(i64, u32)]| {
            visits.push((actor, events.to_vec()));
            Ok::<(), Full>(())
        };
        by_actor.visit(None, visit).expect("visits");
        let sorted = |visits: Visits| visits.into_iter().map(|(actor, mut events)| {
            assert!(events.is_sorted_by_key(|event| event.0));
            events.sort_unstable();
            (actor, events)
        }).collect::<Visits>();
        prop_assert_eq!(sorted(visits), sorted(naive(&pieces)));
    }
}
