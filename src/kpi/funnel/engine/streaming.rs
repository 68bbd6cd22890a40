//! Pure: tells which funnels a pass over the events of all actors can answer, as the crate `workers` does it: exactly as
//! [`super::run`] would.

use super::{Definition, Entry, Ordering, Ties};
use telemetry_workers::funnel::MOST_STEPS;

/// Tells whether a pass over the events can answer. The caller must know that each event matches one step at most.
pub fn fits(definition: &Definition) -> bool {
    definition.steps <= MOST_STEPS
        && definition.ordering == Ordering::Ordered
        && definition.entry == Entry::Latest
        && definition.ties == Ties::Any
        && definition.exclusions.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::tests::funnel;
    use super::super::{Event, Scratch, run};
    use super::*;
    use proptest::prelude::*;
    use telemetry_workers::Full;
    use telemetry_workers::crew::{Failure, with_crew};
    use telemetry_workers::funnel::{ByPart, Labels, Piece, Streaming};
    use telemetry_workers::in_order::{Events, InOrder};

    #[derive(Debug)]
    struct Never;

    impl From<Failure> for Never {
        fn from(_: Failure) -> Never {
            Never
        }
    }

    impl From<Full> for Never {
        fn from(_: Full) -> Never {
            Never
        }
    }

    const ACTORS: u16 = 3;

    /// Calls `add` with chunks, each of the events of so many microseconds, sorted by actor.
    fn chunks(events: &[(i64, usize, u16)], micros: i64, mut add: impl FnMut(i64, Events<'_>, &[u8])) {
        for events in events.chunk_by(|one, next| one.0 / micros == next.0 / micros) {
            let mut events = events.to_vec();
            events.sort_by_key(|event| event.2);
            let (mut actors, mut ends) = (Vec::new(), Vec::new());
            for own in events.chunk_by(|one, next| one.2 == next.2) {
                actors.push(own[0].2);
                ends.push(ends.last().copied().unwrap_or(0) + own.len() as u32);
            }
            let times: Vec<i64> = events.iter().map(|event| event.0).collect();
            let labels: Vec<u8> = events.iter().map(|event| event.1 as u8).collect();
            let first = times.iter().copied().min().unwrap_or_default();
            let span = (first, times.iter().copied().max().unwrap_or_default());
            add(first, Events { actors: &actors, ends: &ends, begin: 0, times: &times, span }, &labels);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_says_what_the_engine_says(
            steps in 1usize..=5,
            within in 0i64..12,
            events in prop::collection::vec((0..ACTORS, 0usize..5, 0i64..30), 0..60),
            micros in 1i64..12,
        ) {
            let definition = funnel(steps, within);
            prop_assert!(fits(&definition));
            let mut events: Vec<(i64, usize, u16)> =
                events.into_iter().map(|(actor, step, time)| (time, step % steps, actor)).collect();
            events.sort_unstable();
            let mut found = vec![Vec::new(); ACTORS.into()];
            let mut visitor = |actor: u16, times: &[i64]| {
                found[usize::from(actor)] = times.to_vec();
                Ok::<(), Never>(())
            };

            let (mut in_order, mut engine) = (InOrder::default(), Streaming::<16>::new(steps, within));
            in_order.begin_band();
            engine.begin_band(0..ACTORS.into()).expect("memory");
            chunks(&events, micros, |first, events, labels| {
                in_order.pass(first, &mut engine).expect("memory");
                let is_done = |actor| engine.is_done(actor);
                in_order.add_labelled(events, |event| labels[event], is_done).expect("near");
            });
            in_order.end_band(&mut engine).expect("memory");
            engine.visit(&mut visitor).expect("visits");

            let mut shared = vec![Vec::new(); ACTORS.into()];
            with_crew(2, |crew| -> Result<(), Never> {
                let mut by_part = ByPart::<16>::new(2, steps, within).shared_from(0);
                by_part.begin_band::<Never>(ACTORS.into(), 1 << 20)?;
                chunks(&events, micros, |first, events, labels| {
                    by_part.begin_chunk(first, crew, || Ok::<(), Never>(())).expect("memory");
                    by_part.add::<Never>(&Piece { events, labels: Labels::Each(labels) }).expect("memory");
                });
                by_part.end_band(crew, || Ok::<(), Never>(()))?;
                by_part.visit(|actor, times| {
                    shared[usize::from(actor)] = times.to_vec();
                    Ok(())
                })
            }).expect("memory");

            for actor in 0..ACTORS {
                let own: Vec<Event> = events
                    .iter()
                    .filter(|event| event.2 == actor)
                    .map(|(time, step, _)| Event { time: *time, steps: 1 << step, exclusions: 0 })
                    .collect();
                let expected = run(&definition, &own, &mut Scratch::default());
                prop_assert_eq!(&found[usize::from(actor)], expected.times());
                prop_assert_eq!(&shared[usize::from(actor)], expected.times());
            }
        }
    }
}
