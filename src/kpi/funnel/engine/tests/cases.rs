//! Cases with known answers, named after their sources: the test suites of ClickHouse and PostHog, and our own (D).

use super::*;
use crate::kpi::funnel::engine::{Exclusion, Outcome, Scratch, run, trend};

fn outcome(definition: &Definition, found: &[Event]) -> Outcome {
    assert_eq!(definition.check(), Ok(()));
    run(definition, found, &mut Scratch::default())
}

/// Gives the depth of an ordered funnel.
fn depth(steps: &[&str], within: i64, named: &[(i64, &str)]) -> usize {
    outcome(&funnel(steps.len(), within), &events(steps, named)).depth
}

/// Counts for each step how many actors reach it.
fn reached(steps: usize, outcomes: &[Outcome]) -> Vec<usize> {
    (1..=steps).map(|step| outcomes.iter().filter(|outcome| outcome.depth >= step).count()).collect()
}

/// Gives the seconds from one step to another of those who reach both.
fn seconds(outcomes: &[Outcome], from: usize, to: usize) -> Vec<i64> {
    outcomes.iter().filter(|outcome| outcome.depth >= to).map(|o| o.times()[to - 1] - o.times()[from - 1]).collect()
}

fn average(values: &[i64]) -> i64 {
    values.iter().sum::<i64>() / values.len() as i64
}

#[test]
fn ch_1() {
    let named = [
        (0, "1000"),
        (1, "1001"),
        (2, "1002"),
        (3, "1003"),
        (4, "1004"),
        (5, "1005"),
        (6, "1006"),
        (7, "1007"),
        (8, "1008"),
    ];
    assert_eq!(depth(&["1000"], 10_000, &named), 1);
    assert_eq!(depth(&["1000", "1001"], 10_000, &named), 2);
    assert_eq!(depth(&["1000", "1001", "1002"], 10_000, &named), 3);
    assert_eq!(depth(&["1000", "1001", "1002", "1008"], 10_000, &named), 4);
    let steps = ["1003", "1004", "1005", "1006", "1007"];
    assert_eq!([2, 3, 4].map(|within| depth(&steps, within, &named)), [3, 4, 5]);
}

#[test]
fn ch_2() {
    let named =
        [(1, "1001"), (2, "1002"), (3, "1003"), (4, "1004"), (5, "1005"), (6, "1006"), (7, "1007"), (8, "1008")];
    assert_eq!(depth(&["1001", "1008"], 10_000, &named), 2);
    assert_eq!(depth(&["1008", "1001"], 10_000, &named), 1);
}

#[test]
fn ch_5() {
    assert_eq!(depth(&["a", "b", "c", "d"], 10, &[(1, "a"), (2, "b"), (3, "c"), (4, "b"), (5, "d")]), 4);
}

/// That a null matches nothing is decided by the caller of the engine; here an event's steps are given.
#[test]
fn ch_6() {
    let depths = |by_actor: [&[(i64, u32)]; 4]| {
        by_actor.map(|found| {
            let found: Vec<Event> =
                found.iter().map(|(time, steps)| Event { time: *time, steps: *steps, exclusions: 0 }).collect();
            outcome(&funnel(2, 10_000), &found).depth
        })
    };
    let (none, one, two) = (0, 1, 2);
    assert_eq!(depths([&[(1, one), (2, two)], &[(1, one), (2, two)], &[(1, none)], &[(1, none)]]), [2, 2, 0, 0]);
    assert_eq!(depths([&[(1, one), (2, two)], &[(1, one), (2, none)], &[(1, none)], &[(1, none)]]), [2, 1, 0, 0]);
}

#[test]
fn ch_10() {
    assert_eq!(depth(&["1", "2"], 50, &[(99, "2"), (100, "1")]), 1);
    assert_eq!(depth(&["1", "2"], 50, &[(250, "2")]), 0);
    assert_eq!(depth(&["1", "2"], 50, &[(200, "1"), (210, "1"), (230, "2"), (240, "2")]), 2);
}

#[test]
fn ph_f2() {
    let people: [&[(i64, &str)]; 3] = [
        &[(HOUR, "signup"), (2 * HOUR, "paid")],
        &[(3 * HOUR, "signup"), (3 * HOUR + 1_800, "x"), (4 * HOUR, "paid")],
        &[(5 * HOUR, "signup"), (6 * HOUR, "paid")],
    ];
    let counts = |exclusion| {
        let exclusions = vec![Exclusion { after_step: 1, before_step: 2 }];
        let definition = Definition { exclusions, exclusion, ..funnel(2, 14 * DAY) };
        reached(2, &people.map(|named| outcome(&definition, &excluding(&["signup", "paid"], &["x"], named))))
    };
    assert_eq!(counts(ExclusionMode::DropActor), [2, 2]);
    assert_eq!(counts(ExclusionMode::DropFromHere), [3, 2]);
}

/// An actor that an exclusion stops leaves the funnel, whether or not a later step shows that it did.
#[test]
fn ph_f2_without_a_later_step() {
    let exclusions = vec![Exclusion { after_step: 1, before_step: 2 }];
    let definition = Definition { exclusions, exclusion: ExclusionMode::DropActor, ..funnel(2, 10) };
    let depth = |named: &[(i64, &str)]| outcome(&definition, &excluding(&["signup", "paid"], &["x"], named)).depth;
    assert_eq!(depth(&[(0, "signup"), (5, "x")]), 0);
    assert_eq!(depth(&[(0, "signup"), (11, "x")]), 1, "after the window");
    assert_eq!(depth(&[(0, "x"), (0, "signup"), (1, "paid"), (1, "x")]), 2, "not strictly between");
    assert_eq!(depth(&[(0, "signup"), (5, "x"), (6, "signup")]), 1, "another attempt");
    assert_eq!(depth(&[(0, "signup"), (5, "x"), (6, "signup"), (7, "paid")]), 2, "another attempt, converted");
}

/// The second step may be read as the one at 1, which the exclusion follows, or the one at 2, which it does not.
#[test]
fn ph_f2_in_one_instant() {
    let exclusions = vec![Exclusion { after_step: 2, before_step: 4 }];
    let definition = Definition { exclusions, exclusion: ExclusionMode::DropActor, ..funnel(4, 10) };
    let named = [(0, "a"), (1, "b"), (2, "b"), (2, "c"), (2, "x")];
    let steps = ["a", "b", "c", "d"];
    assert_eq!(outcome(&definition, &excluding(&steps, &["x"], &named)).times(), [0, 1, 2]);
    let named = [(0, "a"), (1, "b"), (2, "c"), (2, "x")];
    assert_eq!(outcome(&definition, &excluding(&steps, &["x"], &named)).depth, 0);
}

#[test]
fn ph_f4() {
    let people: [&[(i64, &str)]; 3] = [
        &[(14 * HOUR, "signup"), (14 * HOUR + 300, "pageview")],
        &[(14 * HOUR + 180, "signup")],
        &[(12 * HOUR, "signup"), (12 * HOUR + 900, "pageview")],
    ];
    let outcomes =
        |within| people.map(|named| outcome(&funnel(2, within), &events(&["signup", "pageview"], named))).to_vec();
    assert_eq!(reached(2, &outcomes(14 * DAY)), [3, 2]);
    assert_eq!(average(&seconds(&outcomes(14 * DAY), 1, 2)), 600);
    assert_eq!(reached(2, &outcomes(300)), [3, 1]);
    assert_eq!(average(&seconds(&outcomes(300), 1, 2)), 300);
}

#[test]
fn ph_f5() {
    let named = [
        (DAY + HOUR, "s"),
        (DAY + 2 * HOUR, "pv"),
        (DAY + 3 * HOUR, "e"),
        (3 * DAY + 4 * HOUR, "s"),
        (3 * DAY + 5 * HOUR, "pv"),
        (4 * DAY + 7 * HOUR, "s"),
        (4 * DAY + 10 * HOUR, "pv"),
    ];
    let found = [outcome(&funnel(3, DAY), &events(&["s", "pv", "e"], &named))];
    assert_eq!(reached(3, &found), [1, 1, 1]);
    assert_eq!(seconds(&found, 1, 2), [3_600]);
}

#[test]
fn ph_f6() {
    let spelled = |steps: &[&str], names: &str| {
        let names: Vec<&str> = names.split(' ').collect();
        let named: Vec<(i64, &str)> = names.iter().enumerate().map(|(time, name)| (time as i64, *name)).collect();
        outcome(&funnel(steps.len(), DAY), &events(steps, &named))
    };
    let people = ["s", "s p", "s p z p", "s p z p p z", "s p p p p"];
    assert_eq!(reached(5, &people.map(|names| spelled(&["s", "p", "p", "p", "p"], names))), [5, 4, 3, 2, 1]);
    assert_eq!(reached(2, &["s s", "s"].map(|names| spelled(&["s", "s"], names))), [2, 1]);
}

#[test]
fn ph_f7() {
    let steps = ["sign up", "play movie"];
    let chrome = events(&steps, &[(12 * HOUR, "sign up"), (13 * HOUR, "blah"), (14 * HOUR, "play movie")]);
    let safari = events(&steps, &[(13 * HOUR, "sign up"), (14 * HOUR, "play movie")]);
    let strict = Definition { ordering: Ordering::Strict, ..funnel(2, DAY) };
    assert_eq!(reached(2, &[outcome(&strict, &chrome)]), [1, 0]);
    assert_eq!(reached(2, &[outcome(&strict, &safari)]), [1, 1]);
    assert_eq!(seconds(&[outcome(&strict, &safari)], 1, 2), [3_600]);
    let ordered = [outcome(&funnel(2, DAY), &chrome)];
    assert_eq!((reached(2, &ordered), seconds(&ordered, 1, 2)), (vec![1, 1], vec![7_200]));
}

/// Counts for each day, from the first of these on, who entered and who converted.
fn daily(people: &[&[(i64, &str)]], days: std::ops::RangeInclusive<i64>) -> Vec<(usize, usize)> {
    let mut scratch = Scratch::default();
    let day = |time: i64| time.div_euclid(DAY);
    let outcomes: Vec<(i64, Outcome)> = people
        .iter()
        .flat_map(|named| trend(&funnel(3, DAY), &events(&["1", "2", "3"], named), day, &mut scratch))
        .collect();
    let count = |day, depth| outcomes.iter().filter(|(bucket, o)| *bucket == day && o.depth >= depth).count();
    days.map(|day| (count(day, 1), count(day, 3))).collect()
}

#[test]
fn ph_f9() {
    let one: [(i64, &str); 8] = [
        (DAY + HOUR, "1"),
        (DAY + 2 * HOUR, "2"),
        (DAY + 3 * HOUR, "3"),
        (3 * DAY + HOUR, "1"),
        (3 * DAY + 2 * HOUR, "2"),
        (4 * DAY + 11 * HOUR, "1"),
        (4 * DAY + 12 * HOUR, "2"),
        (4 * DAY + 13 * HOUR, "3"),
    ];
    assert_eq!(daily(&[&one, &[(4 * DAY + 18 * HOUR, "1")]], 1..=4), [(1, 1), (0, 0), (1, 0), (2, 1)]);
}

#[test]
fn ph_f10() {
    let twice: [(i64, &str); 6] =
        [(0, "1"), (HOUR, "2"), (2 * HOUR, "3"), (13 * HOUR, "1"), (14 * HOUR, "2"), (15 * HOUR, "3")];
    assert_eq!(daily(&[&twice], 0..=0), [(1, 1)]);
}

#[test]
fn ph_f11() {
    assert_eq!(daily(&[&[(HOUR, "3"), (2 * HOUR, "2"), (3 * HOUR, "1")]], 0..=0), [(1, 0)]);
}

/// The engine names the events; the values of the property are up to its caller.
#[test]
fn ph_f14() {
    let found = events(&["sign up", "buy"], &[(13 * HOUR, "sign up"), (37 * HOUR, "buy")]);
    let chain = outcome(&funnel(2, 14 * DAY), &found);
    let people: [[Option<&str>; 2]; 5] = [
        [Some("Chrome"), None],
        [None, Some("Safari")],
        [Some("Mac"), None],
        [Some("0"), Some("alakazam")],
        [None, None],
    ];
    let first = people.map(|browser| chain.events().iter().find_map(|event| browser[*event]));
    let last = people.map(|browser| chain.events().iter().rev().find_map(|event| browser[*event]));
    assert_eq!(chain.depth, 2);
    assert_eq!(first, [Some("Chrome"), Some("Safari"), Some("Mac"), Some("0"), None]);
    assert_eq!(last, [Some("Chrome"), Some("Safari"), Some("Mac"), Some("alakazam"), None]);
}

#[test]
fn ph_f15() {
    let people = [3_600, 2_220, 82_800]
        .map(|after| outcome(&funnel(2, 14 * DAY), &events(&["a", "b"], &[(DAY, "a"), (DAY + after, "b")])));
    let times = seconds(&people, 1, 2);
    let mut bins = [0; 7];
    times.iter().for_each(|time| bins[(((time - 2_220) / 11_512) as usize).min(6)] += 1);
    assert_eq!((bins, average(&times)), ([2, 0, 0, 0, 0, 0, 1], 29_540));
}

#[test]
fn d1() {
    let found = events(&["A", "B", "C"], &[(13 * HOUR, "A"), (48_600, "A"), (13 * HOUR + 2_700, "B"), (51_300, "C")]);
    assert_eq!(outcome(&funnel(3, HOUR), &found).depth, 3);
    assert_eq!(outcome(&Definition { entry: Entry::First, ..funnel(3, HOUR) }, &found).depth, 2);
}

/// The third event takes the step of the first event, that one the step of the second, and that one a free step.
#[test]
fn unordered_steps_move_on() {
    let unordered = Definition { ordering: Ordering::Unordered, ..funnel(3, 10) };
    let matched = |steps: [u32; 3]| {
        let event = |(time, steps): (usize, u32)| Event { time: time as i64, steps, exclusions: 0 };
        steps.into_iter().enumerate().map(event).collect::<Vec<Event>>()
    };
    assert_eq!(outcome(&unordered, &matched([0b110, 0b011, 0b100])).times(), [0, 1, 2]);
    assert_eq!(outcome(&unordered, &matched([0b011, 0b110, 0b001])).times(), [0, 1, 2]);
    assert_eq!(outcome(&unordered, &matched([0b110, 0b110, 0b110])).times(), [0, 1]);
}

#[test]
fn d4() {
    let found = events(&["a", "a"], &[(1, "a")]);
    for ordering in [Ordering::Ordered, Ordering::Strict, Ordering::Unordered] {
        assert_eq!(outcome(&Definition { ordering, ..funnel(2, 10) }, &found).depth, 1);
    }
}
