//! Compares the engine with the definition, on small inputs where ties, repeated steps and exclusions are common.

use super::oracle::answer;
use super::*;
use crate::kpi::funnel::engine::{Exclusion, Outcome, Scratch, run, trend};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Makes every combination of these that a definition may have.
fn combinations() -> Vec<(Ordering, Entry, Ties, bool, ExclusionMode)> {
    let mut combinations = Vec::new();
    for entry in [Entry::Latest, Entry::First] {
        combinations.push((Ordering::Strict, entry, Ties::Any, false, ExclusionMode::DropFromHere));
        combinations.push((Ordering::Unordered, entry, Ties::Any, false, ExclusionMode::DropFromHere));
        for ties in [Ties::Any, Ties::Strict] {
            combinations.push((Ordering::Ordered, entry, ties, false, ExclusionMode::DropFromHere));
            combinations.push((Ordering::Ordered, entry, ties, true, ExclusionMode::DropFromHere));
            combinations.push((Ordering::Ordered, entry, ties, true, ExclusionMode::DropActor));
        }
    }
    combinations
}

/// Draws funnels and events of names a, b, c, d and x. A step asks for one or two names, so steps repeat and events
/// match several.
fn inputs() -> impl Strategy<Value = (usize, i64, Vec<Event>, Vec<Exclusion>)> {
    let steps = prop::collection::vec(prop_oneof![3 => (0u32..4).prop_map(|n| 1 << n), 2 => 1u32..16], 1..=5);
    let times = prop_oneof![Just(3i64), Just(8), Just(20)];
    let named = times.prop_flat_map(|most| prop::collection::vec((0..=most, 0u32..6), 0..=8));
    let between = prop::collection::vec((1usize..5, 1usize..5, 0u32..6), 0..=3);
    (steps, 0i64..12, named, between).prop_map(|(wanted, within, mut named, between)| {
        named.sort_by_key(|(time, _)| *time);
        let between: Vec<_> = between
            .into_iter()
            .map(|(one, other, name)| (one.min(other), one.max(other).max(one.min(other) + 1), name.max(3)))
            .filter(|(_, before, _)| *before <= wanted.len())
            .collect();
        let matched = |wants: &mut dyn Iterator<Item = bool>| {
            wants.enumerate().fold(0, |bits, (index, wants)| bits | u32::from(wants) << index)
        };
        let events = named
            .into_iter()
            .map(|(time, name)| Event {
                time,
                steps: matched(&mut wanted.iter().map(|names| names >> name & 1 == 1)),
                exclusions: matched(&mut between.iter().map(|(_, _, excluded)| *excluded == name)),
            })
            .collect();
        let exclusions = between.into_iter().map(|(after_step, before_step, _)| Exclusion { after_step, before_step });
        (wanted.len(), within, events, exclusions.collect())
    })
}

fn for_each_definition(cases: u32, check: impl Fn(&Definition, &[Event], &mut Scratch) -> Result<(), TestCaseError>) {
    let cases = std::env::var("FUNNEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(cases);
    let scratch = std::cell::RefCell::new(Scratch::default());
    for (ordering, entry, ties, excludes, exclusion) in combinations() {
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let checked = runner.run(&inputs(), |(steps, within, events, exclusions)| {
            let exclusions = if excludes { exclusions } else { Vec::new() };
            let definition = Definition { steps, within, ordering, entry, ties, exclusions, exclusion };
            prop_assert_eq!(definition.check(), Ok(()));
            check(&definition, &events, &mut scratch.borrow_mut())
        });
        if let Err(error) = checked {
            panic!("{ordering:?} {entry:?} ties {ties:?} {exclusion:?}: {error}");
        }
    }
}

fn agree(found: &Outcome, (depth, times, chains): &super::oracle::Answer) -> Result<(), TestCaseError> {
    prop_assert_eq!(found.depth, *depth);
    prop_assert_eq!(found.times(), times.as_slice());
    let named = found.events().to_vec();
    prop_assert!(*depth == 0 || chains.contains(&named), "{:?} is none of {:?}", named, chains);
    Ok(())
}

#[test]
fn an_outcome_is_the_best_of_all_chains() {
    for_each_definition(2_000, |definition, events, scratch| {
        agree(&run(definition, events, scratch), &answer(definition, events, &|_| true))
    });
}

#[test]
fn a_trend_has_the_best_chain_of_each_period() {
    for_each_definition(600, |definition, events, scratch| {
        let period = |time: i64| time.div_euclid(4);
        let found = trend(definition, events, period, scratch);
        prop_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for bucket in 0..=5 {
            let outcome = found.iter().find(|(of, _)| *of == bucket).map(|(_, outcome)| outcome.clone());
            let expected = answer(definition, events, &|time| period(time) == bucket);
            agree(&outcome.unwrap_or_default(), &expected)?;
        }
        Ok(())
    });
}

/// The order of arrival decides nothing among equal times.
#[test]
fn the_order_of_equal_times_does_not_matter() {
    for_each_definition(300, |definition, events, scratch| {
        let mut other = events.to_vec();
        other.reverse();
        other.sort_by_key(|event| event.time);
        let (one, two) = (run(definition, events, scratch), run(definition, &other, scratch));
        prop_assert_eq!(one.times(), two.times());
        Ok(())
    });
}
