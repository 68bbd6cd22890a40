//! Compares with the cases with known answers, and with the engine that reads actor by actor.

use super::*;
use crate::kpi::retention::engine::{Definition, Event, Start};
use crate::kpi::retention::known_answers::{Actor, KnownAnswer, PH_R1, any, definition, known_answers};
use proptest::prelude::*;
use std::convert::Infallible;

struct Sets {
    starts: Activity,
    returns: Activity,
    before: Activity,
}

impl Sets {
    fn of(periods: usize, actors: &[Actor]) -> Self {
        let empty = |buckets| {
            let mut activity = Activity::new(buckets);
            activity.begin_band(actors.len());
            activity
        };
        let mut sets = Sets { starts: empty(periods), returns: empty(periods), before: empty(1) };
        for (user, (starts, returns)) in actors.iter().enumerate() {
            for period in starts {
                match usize::try_from(*period) {
                    Ok(period) => sets.starts.mark_one(period, user as u16),
                    Err(_) => sets.before.mark_one(0, user as u16),
                }
            }
            for period in returns.iter().filter_map(|period| usize::try_from(*period).ok()) {
                sets.returns.mark_one(period, user as u16);
            }
        }
        sets
    }

    fn band(&self) -> Band<'_> {
        Band { starts: &self.starts, before: self.before.set(0), returns: &self.returns }
    }
}

fn rows(cohorts: &CohortCounts) -> Vec<Vec<i64>> {
    let mut rows = vec![Vec::new(); cohorts.retention().definition().periods];
    cohorts.cells().for_each(|cell| rows[cell.cohort].push(cell.actors));
    rows
}

fn table(definition: Definition, actors: &[Actor]) -> Vec<Vec<i64>> {
    let sets = Sets::of(definition.periods, actors);
    let mut cohorts = CohortCounts::new(definition);
    add(&mut cohorts, &sets.band());
    rows(&cohorts)
}

fn listed(definition: Definition, actors: &[Actor], cohort: usize, k: usize) -> Vec<u16> {
    let sets = Sets::of(definition.periods, actors);
    let mut users = Vec::new();
    let wanted = |at_cohort, at_k| (at_cohort, at_k) == (cohort, k);
    let Ok(()) = visit(&Retention::new(definition), &sets.band(), wanted, |at_cohort, at_k, user| {
        assert!(wanted(at_cohort, at_k));
        users.push(user);
        Ok::<(), Infallible>(())
    });
    users
}

#[test]
fn known_answers_are_given() {
    for KnownAnswer { name, definition, actors, table: expected } in known_answers() {
        assert_eq!(table(definition, &actors), expected, "{name}");
    }
    let definition = definition(Kind::Recurring, Mode::On, 11);
    assert_eq!(listed(definition.clone(), &PH_R1.map(any), 1, 5), [0, 1]);
    assert_eq!(listed(definition.clone(), &PH_R1.map(any), 1, 4), [0]);
    assert_eq!(listed(definition, &PH_R1.map(any), 4, 0), [0u16; 0]);
}

#[test]
fn one_activity_may_be_both() {
    let sets = Sets::of(3, &[any(&[0, 2]), any(&[0])]);
    let mut cohorts = CohortCounts::new(definition(Kind::Recurring, Mode::On, 3));
    add(&mut cohorts, &Band { starts: &sets.starts, before: &[], returns: &sets.starts });
    assert_eq!(rows(&cohorts), [vec![2, 0, 1], vec![0, 0], vec![1]]);
}

#[test]
fn what_sets_do_not_know_does_not_fit() {
    let fits = definition(Kind::FirstTime, Mode::Brackets(vec![1]), 3);
    assert!(fits.fits_matrix());
    assert!(Definition { min_occurrences: 0, ..fits.clone() }.fits_matrix(), "less is read as 1");
    // PH-R5, PH-R7.
    assert!(!Definition { min_occurrences: 2, ..fits.clone() }.fits_matrix());
    assert!(!Definition { rolling: Some(1), ..fits.clone() }.fits_matrix());
    assert!(!Definition { kind: Kind::FirstEver, ..fits }.fits_matrix());
}

#[test]
#[should_panic = "sets of actors do not answer"]
fn a_wrong_count_is_no_answer() {
    table(Definition { min_occurrences: 2, ..definition(Kind::Recurring, Mode::On, 3) }, &[any(&[0])]);
}

fn definitions() -> impl Strategy<Value = Definition> {
    let modes = prop_oneof![
        Just(Mode::On),
        Just(Mode::OnOrAfter),
        prop::collection::vec(prop_oneof![4 => 1u32..4, 1 => Just(u32::MAX)], 0..5).prop_map(Mode::Brackets),
    ];
    (prop_oneof![Just(Kind::Recurring), Just(Kind::FirstTime)], modes, 0usize..10)
        .prop_map(|(kind, mode, periods)| definition(kind, mode, periods))
}

fn cases() -> impl Strategy<Value = (Definition, Vec<Actor>)> {
    definitions().prop_flat_map(|definition| {
        let periods = || prop::collection::vec(-1..definition.periods as i32, 0..8);
        let actors = prop::collection::vec((periods(), periods()), 0..150);
        (Just(definition), actors)
    })
}

/// Makes the same actor as events, of which a period's returns come first: the calendar does not care.
fn events((starts, returns): &Actor) -> Vec<Event> {
    let event = |period: i32, start, is_return| Event { time: i64::from(period), period, start, is_return };
    let mut events: Vec<Event> = returns.iter().map(|period| event(*period, Start::No, true)).collect();
    events.extend(starts.iter().map(|period| event(*period, Start::Yes, false)));
    events.sort_by_key(|event| event.time);
    events
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_matrix_counts_what_the_engine_counts((definition, actors) in cases()) {
        let mut cohorts = CohortCounts::new(definition.clone());
        actors.iter().for_each(|actor| cohorts.add(&events(actor)));
        prop_assert_eq!(table(definition, &actors), rows(&cohorts));
    }

    #[test]
    fn the_matrix_lists_whom_the_engine_visits((definition, actors) in cases()) {
        let sets = Sets::of(definition.periods, &actors);
        let mut retention = Retention::new(definition);
        let mut listed = Vec::new();
        let Ok(()) = visit(&retention, &sets.band(), |_, _| true, |cohort, k, user| {
            listed.push((cohort, k, user));
            Ok::<(), Infallible>(())
        });
        let mut expected = Vec::new();
        for (user, actor) in actors.iter().enumerate() {
            let Ok(()) = retention.visit(&events(actor), |cohort, k| {
                expected.push((cohort, k, user as u16));
                Ok::<(), Infallible>(())
            });
        }
        prop_assert!(listed.is_sorted_by_key(|(cohort, k, user)| (*cohort, std::cmp::Reverse(*k), *user)));
        listed.sort();
        expected.sort();
        prop_assert_eq!(listed, expected);
    }

    #[test]
    fn bands_add_up((definition, actors) in cases(), part in 0usize..150) {
        let (one, other) = actors.split_at(part.min(actors.len()));
        let mut cohorts = CohortCounts::new(definition.clone());
        for actors in [one, other] {
            add(&mut cohorts, &Sets::of(definition.periods, actors).band());
        }
        prop_assert_eq!(rows(&cohorts), table(definition, &actors));
    }
}
