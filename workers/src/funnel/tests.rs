//! Tests that parts, windows and threads make no difference, and that memory is bounded.

use super::*;
use crate::crew::with_crew;
use crate::in_order::Events;
use proptest::prelude::*;

/// What ends a call.
#[derive(Debug, PartialEq)]
enum Ended {
    Failed(Failure),
    Full,
    Cancelled,
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended::Failed(failure)
    }
}

impl From<Full> for Ended {
    fn from(Full: Full) -> Ended {
        Ended::Full
    }
}

/// An event: its time, actor and label.
type Event = (i64, u16, u8);

/// The actors that entered, with the times of their steps.
type Found = Vec<(u16, Vec<i64>)>;

const STEPS: usize = 4;
const SIZE: usize = size(STEPS);
const ACTORS: usize = 300;

/// The columns of a piece.
fn piece(events: &[Event], read: impl FnOnce(&Piece<'_>)) {
    let mut events = events.to_vec();
    events.sort_by_key(|(time, actor, _)| (*actor, *time));
    let (mut actors, mut ends) = (Vec::new(), Vec::new());
    for own in events.chunk_by(|one, next| one.1 == next.1) {
        actors.push(own[0].1);
        ends.push(ends.last().copied().unwrap_or(0) + own.len() as u32);
    }
    let times: Vec<i64> = events.iter().map(|event| event.0).collect();
    let labels: Vec<u8> = events.iter().map(|event| event.2).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return };
    let events = Events { actors: &actors, ends: &ends, begin: 0, times: &times, span: (*first, *last) };
    let is_one = labels.iter().all(|label| *label == labels[0]);
    let labels = if is_one { Labels::Same(labels[0]) } else { Labels::Each(&labels) };
    read(&Piece { events, labels });
}

fn first(chunk: &[Vec<Event>]) -> i64 {
    chunk.iter().flatten().map(|event| event.0).min().unwrap_or(i64::MIN)
}

/// Follows all actors as one.
fn alone(within: i64, chunks: &[Vec<Vec<Event>>]) -> Found {
    let (mut in_order, mut engine) = (InOrder::default(), Streaming::<SIZE>::new(STEPS, within));
    in_order.begin_band();
    engine.begin_band(0..ACTORS).expect("memory");
    for chunk in chunks {
        in_order.pass(first(chunk), &mut engine).expect("memory");
        for events in chunk {
            piece(events, |piece| {
                let is_done = |actor| engine.is_done(actor);
                let added = match piece.labels {
                    Labels::Same(label) => in_order.add(piece.events, label, is_done),
                    Labels::Each(labels) => in_order.add_labelled(piece.events, |event| labels[event], is_done),
                };
                added.expect("near");
            });
        }
    }
    in_order.end_band(&mut engine).expect("memory");
    found(|visitor| engine.visit(visitor))
}

fn found(visit: impl FnOnce(&mut dyn FnMut(u16, &[i64]) -> Result<(), Ended>) -> Result<(), Ended>) -> Found {
    let mut found = Found::new();
    visit(&mut |actor, times| {
        found.push((actor, times.to_vec()));
        Ok(())
    })
    .expect("visits");
    found
}

/// Follows the actors by part. `window`: the bytes of a window.
fn by_part(
    (threads, window, limit): (usize, usize, usize),
    within: i64,
    chunks: &[Vec<Vec<Event>>],
    check: fn() -> Result<(), Ended>,
) -> Result<(Found, bool), Ended> {
    with_crew(threads, |crew| {
        let mut by_part = ByPart::<SIZE>::new(threads, STEPS, within).shared_from(0);
        by_part.window_bytes = window;
        by_part.begin_band::<Ended>(ACTORS, limit)?;
        for chunk in chunks {
            by_part.begin_chunk(first(chunk), crew, check)?;
            for events in chunk {
                piece(events, |piece| {
                    let Events { actors, ends, times, span, .. } = piece.events;
                    if actors.len() % 2 == 0 {
                        return by_part.add::<Ended>(piece).expect("memory");
                    }
                    let (mut actors, mut ends, mut times) = (actors.to_vec(), ends.to_vec(), times.to_vec());
                    let (actors, ends, times) = (&mut actors, &mut ends, &mut times);
                    by_part.take::<Ended>(Owned { actors, ends, times, span, labels: piece.labels }).expect("memory");
                });
            }
        }
        by_part.end_band(crew, check)?;
        Ok((found(|visitor| by_part.visit(visitor)), by_part.is_far))
    })
}

/// As the timeline's chunks come: by their first event.
fn in_order_of_time(mut chunks: Vec<Vec<Vec<Event>>>) -> Vec<Vec<Vec<Event>>> {
    chunks.sort_by_key(|chunk| first(chunk));
    chunks
}

proptest! {
    #[test]
    fn parts_windows_and_threads_make_no_difference(
        chunks in prop::collection::vec(
            prop::collection::vec(prop::collection::vec((0i64..500, 0u16..ACTORS as u16, 0u8..STEPS as u8), 0..60), 0..3),
            0..12,
        ),
        within in 0i64..200,
        window in prop_oneof![Just(0), 1usize..2_000, Just(WINDOW)],
    ) {
        let chunks = in_order_of_time(chunks);
        let expected = alone(within, &chunks);
        for threads in [1, 2, 5] {
            let found = by_part((threads, window, 8 << 20), within, &chunks, || Ok(()));
            prop_assert_eq!(found, Ok((expected.clone(), false)));
        }
    }
}

/// Chunks of so many events, each of another time.
fn many(chunks: i64, events: i64) -> Vec<Vec<Vec<Event>>> {
    let event = |chunk: i64, n: i64| (chunk * events + n, (n * 7 % ACTORS as i64) as u16, (n % 3) as u8);
    (0..chunks).map(|chunk| vec![(0..events).map(|n| event(chunk, n)).collect()]).collect()
}

#[test]
fn events_that_do_not_fit_end_it() {
    let chunks = many(8, 5_000);
    let needed = (1, 1 << 16, 8 << 20);
    assert!(by_part(needed, 100, &chunks, || Ok(())).is_ok());
    for limit in [0, 9_000, 20_000, 100_000] {
        for threads in [1, 3] {
            let found = by_part((threads, 1 << 16, limit), 100, &chunks, || Ok(()));
            assert_eq!(found, Err(Ended::Full), "{limit} bytes, {threads} threads");
        }
    }
}

#[test]
fn events_too_far_away_are_told() {
    let far = vec![vec![vec![(1 << 61, 1, 0)]]];
    for threads in [1, 2] {
        let found = by_part((threads, 0, 1 << 20), 5, &far, || Ok(()));
        assert!(matches!(found, Ok((_, true))), "{found:?}");
    }
}

#[test]
fn it_ends_when_the_call_is_told_to() {
    let chunks = many(20, 2_000);
    let found = by_part((1, 1 << 12, 8 << 20), 100, &chunks, || Err(Ended::Cancelled));
    assert_eq!(found, Err(Ended::Cancelled));
}

#[test]
fn a_band_forgets_the_one_before() {
    let chunks = many(3, 500);
    let (expected, none): (Found, Found) = (alone(100, &chunks), Vec::new());
    with_crew(2, |crew| {
        let mut by_part = ByPart::<SIZE>::new(2, STEPS, 100).shared_from(0);
        for is_full in [true, false, true] {
            by_part.begin_band::<Ended>(ACTORS, 8 << 20).expect("begins");
            for chunk in chunks.iter().filter(|_| is_full) {
                by_part.begin_chunk(first(chunk), crew, || Ok::<(), Ended>(())).expect("begins");
                chunk.iter().for_each(|events| piece(events, |piece| by_part.add::<Ended>(piece).expect("memory")));
            }
            by_part.end_band(crew, || Ok::<(), Ended>(())).expect("ends");
            let found = found(|visitor| by_part.visit(visitor));
            assert_eq!(&found, if is_full { &expected } else { &none });
        }
    });
}
