//! Tests which definitions are refused, and the edges of those that are not.

use super::*;
use crate::kpi::funnel::engine::{Exclusion, Outcome, Scratch, run, trend};

#[test]
fn a_definition_that_cannot_be_answered_is_refused() {
    let good = funnel(3, 0);
    let between = |after_step, before_step| vec![Exclusion { after_step, before_step }];
    let cases = [
        (good.clone(), ""),
        (Definition { exclusions: between(1, 3), ..good.clone() }, ""),
        (Definition { ties: Ties::Strict, ..good.clone() }, ""),
        (Definition { ordering: Ordering::Unordered, entry: Entry::First, ..good.clone() }, ""),
        (Definition { steps: 0, ..good.clone() }, "a funnel has 1 to 32 steps, not 0"),
        (Definition { steps: 33, ..good.clone() }, "a funnel has 1 to 32 steps, not 33"),
        (Definition { within: -1, ..good.clone() }, "the window of a funnel must not be negative"),
        (Definition { exclusions: between(0, 1), ..good.clone() }, "no exclusion lies between step 0 and step 1"),
        (Definition { exclusions: between(2, 2), ..good.clone() }, "no exclusion lies between step 2 and step 2"),
        (Definition { exclusions: between(1, 4), ..good.clone() }, "no exclusion lies between step 1 and step 4"),
        (Definition { exclusions: between(1, 2).repeat(33), ..good.clone() }, "at most 32 exclusions"),
        (Definition { ordering: Ordering::Strict, ties: Ties::Strict, ..good.clone() }, "for ordered funnels only"),
        (Definition { ordering: Ordering::Unordered, ties: Ties::Strict, ..good.clone() }, "for ordered funnels only"),
        (
            Definition { ordering: Ordering::Strict, exclusions: between(1, 2), ..good.clone() },
            "already excludes every other event",
        ),
        (Definition { ordering: Ordering::Unordered, exclusions: between(1, 2), ..good.clone() }, "have no between"),
    ];
    for (definition, problem) in cases {
        match definition.check() {
            Ok(()) => assert_eq!(problem, "", "{definition:?}"),
            Err(found) => assert!(!problem.is_empty() && found.contains(problem), "{definition:?}: {found}"),
        }
    }
}

#[test]
fn no_events_no_depth() {
    let mut scratch = Scratch::default();
    for ordering in [Ordering::Ordered, Ordering::Strict, Ordering::Unordered] {
        for entry in [Entry::Latest, Entry::First] {
            let definition = Definition { ordering, entry, ..funnel(2, 10) };
            assert_eq!(run(&definition, &[], &mut scratch), Outcome::default());
            assert!(trend(&definition, &[], |time| time, &mut scratch).is_empty());
        }
    }
}

#[test]
fn times_and_windows_reach_to_both_ends() {
    let mut scratch = Scratch::default();
    let found = events(&["a", "b"], &[(i64::MIN, "a"), (i64::MAX, "b")]);
    for ordering in [Ordering::Ordered, Ordering::Strict, Ordering::Unordered] {
        let wide = Definition { ordering, ..funnel(2, i64::MAX) };
        assert_eq!(run(&wide, &found, &mut scratch).depth, 1, "they are further apart than any window is wide");
        let near = [Event { time: 0, ..found[0] }, found[1]];
        assert_eq!(run(&wide, &near, &mut scratch).times(), [0, i64::MAX]);
        let far = [found[0], Event { time: -1, ..found[1] }];
        assert_eq!(run(&wide, &far, &mut scratch).times(), [i64::MIN, -1]);
    }
}

#[test]
fn thirty_two_steps() {
    let mut scratch = Scratch::default();
    let same: Vec<Event> = (0..40).map(|_| Event { time: 7, steps: u32::MAX, exclusions: 0 }).collect();
    let apart: Vec<Event> = (0..40).map(|time| Event { time, steps: u32::MAX, exclusions: 0 }).collect();
    for ordering in [Ordering::Ordered, Ordering::Strict, Ordering::Unordered] {
        let definition = Definition { ordering, ..funnel(32, 100) };
        assert_eq!(run(&definition, &same, &mut scratch).depth, 32);
        assert_eq!(run(&definition, &same[..31], &mut scratch).depth, 31);
        assert_eq!(run(&definition, &apart, &mut scratch).times(), (0..32).collect::<Vec<i64>>());
    }
    let excluded = vec![Exclusion { after_step: 31, before_step: 32 }];
    let definition = Definition { exclusions: excluded, ..funnel(32, 100) };
    let cut: Vec<Event> =
        apart.iter().map(|event| Event { exclusions: u32::from(event.time == 31), ..*event }).collect();
    assert_eq!(run(&definition, &cut, &mut scratch).depth, 32, "a later start is not met by it");
    assert_eq!(run(&definition, &cut[..35], &mut scratch).depth, 32);
}
