//! Compares the engine with the definition, written down literally; and checks what holds of any result.

use super::*;
use proptest::prelude::*;

/// The bounds of days of 23 to 25 units, as the clocks have them; a rolling day is always 24.
const BOUNDS: [i64; 8] = [0, 24, 47, 71, 96, 120, 144, 168];

fn starts() -> impl Strategy<Value = Start> {
    prop_oneof![2 => Just(Start::No), 1 => Just(Start::NameOnly), 2 => Just(Start::Yes)]
}

/// Draws sorted events before, in and after the range of `periods`.
fn histories(periods: usize) -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((-30i64..200, starts(), prop::bool::weighted(0.6)), 0..30).prop_map(move |mut drawn| {
        drawn.sort_by_key(|(time, ..)| *time);
        let event = |(time, start, is_return)| {
            let period = BOUNDS[..=periods].partition_point(|bound| *bound <= time) as i32 - 1;
            Event { time, period, start, is_return }
        };
        drawn.into_iter().map(event).collect()
    })
}

fn definitions() -> impl Strategy<Value = Definition> {
    let kinds = prop_oneof![Just(Kind::Recurring), Just(Kind::FirstTime), Just(Kind::FirstEver)];
    let modes = prop_oneof![
        Just(Mode::On),
        Just(Mode::OnOrAfter),
        prop::collection::vec(1u32..4, 0..4).prop_map(Mode::Brackets),
    ];
    let rolling = prop::option::of(prop_oneof![Just(24i64), 5i64..60]);
    (kinds, modes, rolling, 0usize..BOUNDS.len(), 1u32..4).prop_map(
        |(kind, mode, rolling, periods, min_occurrences)| Definition { kind, mode, rolling, periods, min_occurrences },
    )
}

fn cases() -> impl Strategy<Value = (Definition, Vec<Vec<Event>>)> {
    definitions().prop_flat_map(|definition| {
        let actors = prop::collection::vec(histories(definition.periods), 0..6);
        (Just(definition), actors)
    })
}

/// Gives the time that the actor's membership in the cohort is measured from; None if it is no member.
fn start_in(definition: &Definition, events: &[Event], cohort: usize) -> Option<i64> {
    let in_cohort = |event: &&Event| event.period == cohort as i32;
    let starts = || events.iter().filter(|event| event.start == Start::Yes);
    match definition.kind {
        Kind::Recurring => starts().find(in_cohort),
        Kind::FirstTime => starts().next().filter(in_cohort),
        Kind::FirstEver => {
            let first = events.iter().find(|event| event.start != Start::No);
            first.filter(|event| event.start == Start::Yes).filter(in_cohort)
        }
    }
    .map(|event| event.time)
}

fn is_in(definition: &Definition, events: &[Event], cohort: usize, k: usize) -> bool {
    let Some(start_time) = start_in(definition, events, cohort) else { return false };
    let returns_at = |distances: Range<i64>| {
        let in_range = |event: &&Event| event.is_return && (0..definition.periods as i32).contains(&event.period);
        let distance = |event: &Event| match definition.rolling {
            Some(width) => (event.time - start_time).div_euclid(width),
            None => i64::from(event.period) - cohort as i64,
        };
        events.iter().filter(in_range).filter(|event| distances.contains(&distance(event))).count()
    };
    let enough = |distances| returns_at(distances) >= definition.min_occurrences as usize;
    let at = k as i64;
    k == 0
        || match &definition.mode {
            Mode::On => enough(at..at + 1),
            Mode::OnOrAfter => (at..1000).any(|distance| enough(distance..distance + 1)),
            Mode::Brackets(widths) => {
                let first = 1 + widths[..k - 1].iter().map(|width| i64::from(*width)).sum::<i64>();
                enough(first..first + i64::from(widths[k - 1]))
            }
        }
}

fn columns(definition: &Definition, cohort: usize) -> usize {
    match &definition.mode {
        Mode::On | Mode::OnOrAfter => definition.periods - cohort,
        Mode::Brackets(widths) => {
            let first = |bracket: usize| 1 + widths[..bracket].iter().sum::<u32>() as usize;
            1 + (0..widths.len()).filter(|bracket| cohort + first(*bracket) < definition.periods).count()
        }
    }
}

fn oracle(definition: &Definition, actors: &[Vec<Event>]) -> Vec<Vec<i64>> {
    let count = |cohort, k| actors.iter().filter(|events| is_in(definition, events, cohort, k)).count() as i64;
    (0..definition.periods).map(|cohort| (0..columns(definition, cohort)).map(|k| count(cohort, k)).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_engine_does_what_the_definition_says((definition, actors) in cases()) {
        prop_assert_eq!(table(definition.clone(), &actors), oracle(&definition, &actors));
    }

    #[test]
    fn an_actor_is_visited_once_per_cell_and_in_order((definition, actors) in cases()) {
        let mut retention = Retention::new(definition);
        for events in &actors {
            let mut visited = Vec::new();
            let Ok(()) = retention.visit(events, |cohort, k| {
                visited.push((cohort, k));
                Ok::<(), std::convert::Infallible>(())
            });
            prop_assert!(visited.is_sorted_by(|one, next| one < next), "{visited:?}");
            prop_assert!(visited.iter().all(|&(cohort, k)| k < retention.columns(cohort)));
        }
    }

    #[test]
    fn no_cell_exceeds_its_cohort_nor_on_the_one_on_or_after((definition, actors) in cases()) {
        let on = table(Definition { mode: Mode::On, ..definition.clone() }, &actors);
        let after = table(Definition { mode: Mode::OnOrAfter, ..definition }, &actors);
        for (on, after) in on.iter().zip(&after) {
            prop_assert!(after.is_sorted_by(|one, next| one >= next), "{after:?}");
            prop_assert!(on.iter().zip(after).all(|(on, after)| on <= after), "{on:?} {after:?}");
        }
    }

    #[test]
    fn first_time_is_one_cohort_at_most((definition, actors) in cases()) {
        let sizes = |kind| -> i64 {
            table(Definition { kind, ..definition.clone() }, &actors).iter().map(|row| row[0]).sum()
        };
        let (ever, first, recurring) = (sizes(Kind::FirstEver), sizes(Kind::FirstTime), sizes(Kind::Recurring));
        prop_assert!(ever <= first && first <= recurring && first <= actors.len() as i64);
    }

    #[test]
    fn parts_merge_to_the_whole((definition, actors) in cases(), part in 0usize..6) {
        let (one, other) = actors.split_at(part.min(actors.len()));
        let mut merged = cohorts(definition.clone(), one);
        merged.merge(&cohorts(definition.clone(), other));
        let whole = cohorts(definition, &actors);
        prop_assert!(merged.cells().eq(whole.cells()));
        prop_assert_eq!(whole.cells().count(), whole.retention().cells());
    }

    /// A cell that is over does not change by what comes later, except that with `OnOrAfter` later periods may still
    /// add.
    #[test]
    fn a_cell_that_is_over_ignores_what_comes_later((definition, actors) in cases(), seen in 0i64..170) {
        let bounds = &BOUNDS[..=definition.periods];
        let until = seen.min(bounds[definition.periods]);
        let known: Vec<Vec<Event>> =
            actors.iter().map(|events| events.iter().filter(|event| event.time < until).copied().collect()).collect();
        let (now, later) = (table(definition.clone(), &known), table(definition.clone(), &actors));
        let retention = Retention::new(definition.clone());
        for (cohort, row) in later.iter().enumerate() {
            for (k, actors) in row.iter().enumerate() {
                let may_grow = k > 0 && definition.mode == Mode::OnOrAfter;
                if !may_grow && retention.is_over(bounds, cohort, k, &(0..until)) {
                    prop_assert_eq!(now[cohort][k], *actors);
                }
            }
        }
    }
}
