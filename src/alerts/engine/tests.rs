use super::*;
use crate::time::MINUTE;
use proptest::prelude::*;

fn rule() -> Rule {
    Rule {
        fires: Side::Above,
        threshold: 0.05,
        recovers_at: 0.05,
        fires_after: 0,
        recovers_after: 0,
        min_count: None,
        confidence: None,
        no_data: NoData::Keep,
        is_event: false,
    }
}

fn point(minute: i64, value: impl Into<Option<f64>>, n: f64) -> Point {
    Point { at: minute * MINUTE, value: value.into(), n: Some(n), is_there: true }
}

/// The minute and the status of each transition over values that are a minute apart.
fn statuses(rule: &Rule, values: &[Option<f64>]) -> Vec<(i64, Status)> {
    let mut state = State::default();
    let points = values.iter().enumerate().map(|(minute, value)| point(minute as i64, *value, 100.0));
    points.filter_map(|point| rule.judge(&mut state, &point)).map(|made| (made.at / MINUTE, made.to)).collect()
}

#[test]
fn at_the_threshold_is_not_beyond_it() {
    assert_eq!(
        statuses(&rule(), &[Some(0.05), Some(1.0 - 0.95), Some(0.0500001), Some(0.05)]),
        [(2, Status::Firing), (3, Status::Quiet)]
    );
    let below = Rule { fires: Side::Below, threshold: 1.0, recovers_at: 1.0, ..rule() };
    assert_eq!(statuses(&below, &[Some(1.0), Some(0.0)]), [(1, Status::Firing)]);
    let nothing = Rule { threshold: 0.0, recovers_at: 0.0, ..rule() };
    assert_eq!(statuses(&nothing, &[Some(0.0), Some(1e-300)]), [(1, Status::Firing)]);
}

#[test]
fn a_breach_waits_and_a_recovery_as_well() {
    let rule = Rule { fires_after: 2 * MINUTE, recovers_after: 2 * MINUTE, recovers_at: 0.02, ..rule() };
    let (high, middle, low) = (Some(0.1), Some(0.03), Some(0.01));
    assert_eq!(
        statuses(&rule, &[high, high, low, high, high, high]),
        [(0, Status::Pending), (2, Status::Quiet), (3, Status::Pending), (5, Status::Firing)]
    );
    // Between the two limits it is neither clear nor a breach.
    assert_eq!(
        statuses(&rule, &[high, middle, high, high, high, low, middle, low, low, low]),
        [(0, Status::Pending), (1, Status::Quiet), (2, Status::Pending), (4, Status::Firing), (9, Status::Quiet)]
    );
}

#[test]
fn no_data_is_what_the_rule_says() {
    let (high, none, low) = (Some(0.1), None, Some(0.0));
    assert_eq!(statuses(&rule(), &[none, high, none, low]), [(1, Status::Firing), (3, Status::Quiet)]);
    assert_eq!(
        statuses(&Rule { no_data: NoData::Recover, ..rule() }, &[high, none]),
        [(0, Status::Firing), (1, Status::Quiet)]
    );
    let fires = Rule { no_data: NoData::Fire, fires_after: MINUTE, ..rule() };
    assert_eq!(statuses(&fires, &[none, none, low]), [(0, Status::Pending), (1, Status::Firing), (2, Status::Quiet)]);
    // What is unknown interrupts nothing.
    assert_eq!(
        statuses(&Rule { fires_after: 2 * MINUTE, ..rule() }, &[high, none, high]),
        [(0, Status::Pending), (2, Status::Firing)]
    );
}

#[test]
fn a_few_are_not_judged() {
    let rule = Rule { min_count: Some(20.0), ..rule() };
    let mut state = State::default();
    assert_eq!(rule.judge(&mut state, &point(0, 1.0, 19.0)), None);
    assert_eq!(rule.judge(&mut state, &point(1, 1.0, 20.0)).map(|made| made.to), Some(Status::Firing));
    assert_eq!(rule.judge(&mut state, &point(2, 0.0, 19.0)), None);
    let unknown = Point { n: None, ..point(3, 0.0, 0.0) };
    assert_eq!(rule.judge(&mut state, &unknown), None);
}

#[test]
fn a_share_must_be_surely_beyond() {
    let rule = Rule { confidence: Some(0.95), ..rule() };
    // Where (share - bound) is the quantile times the error of the bound itself, by bisection.
    assert!((rule.bound(0.1, 100.0, 0.95) - 0.060_718_667).abs() < 1e-9);
    let below = Rule { fires: Side::Below, ..rule.clone() };
    assert!((below.bound(0.1, 100.0, 0.95) - 0.160_355_51).abs() < 1e-9);
    let rule = Rule { threshold: 0.1, recovers_at: 0.1, ..rule };
    let fires = |n: f64| rule.judge(&mut State::default(), &point(0, 1.0 / 3.0, n)).is_some();
    assert!(!fires(3.0) && fires(30.0));
    assert_eq!(rule.bound(0.5, 0.0, 0.95), 0.0);
}

#[test]
fn an_instance_that_does_not_occur_is_judged_where_it_is_open() {
    let absent = |minute| Point { is_there: false, ..point(minute, 0.0, 0.0) };
    let rule = Rule { fires: Side::Below, threshold: 1.0, recovers_at: 1.0, ..rule() };
    let mut state = State::default();
    assert_eq!(rule.judge(&mut state, &absent(0)), None);
    assert_eq!(state, State::default());
    let above = self::rule();
    assert!(above.judge(&mut state, &point(1, 1.0, 9.0)).is_some());
    assert_eq!(above.judge(&mut state, &absent(2)).map(|made| made.to), Some(Status::Quiet));
}

#[test]
fn what_flaps_is_told_once_an_hour() {
    let values: Vec<Option<f64>> =
        (0..240).map(|minute| Some(if minute < 180 && minute % 2 == 0 { 1.0 } else { 0.0 })).collect();
    let mut state = State::default();
    let mut told = Vec::new();
    for (minute, value) in values.iter().enumerate() {
        if let Some(made) = rule().judge(&mut state, &point(minute as i64, *value, 9.0))
            && made.notifies
        {
            told.push((made.at / MINUTE, made.to == Status::Firing));
        }
    }
    let firings: Vec<i64> = told.iter().filter(|(_, fires)| *fires).map(|(minute, _)| *minute).collect();
    assert_eq!(firings, [0, 2, 4, 6, 8, 68, 128]);
    // Each that was told has its end told, and no other.
    assert!(told.chunks(2).all(|pair| matches!(pair, [(from, true), (until, false)] if until - from == 1)));
    let later = rule().judge(&mut state, &point(300, 1.0, 9.0)).expect("it fires");
    assert!(later.notifies && !state.is_flapping);
}

fn drawn_rule() -> impl Strategy<Value = Rule> {
    let side = prop_oneof![Just(Side::Above), Just(Side::Below)];
    let no_data = prop_oneof![Just(NoData::Keep), Just(NoData::Fire), Just(NoData::Recover)];
    let confidence = prop::option::weighted(0.3, 0.8f64..0.999);
    (side, 0u8..5, 0u8..3, 0i64..4, 0i64..4, prop::option::of(0u8..5), confidence, no_data).prop_map(
        |(fires, threshold, apart, fires_after, recovers_after, least, confidence, no_data)| {
            let threshold = f64::from(threshold) / 5.0;
            let sign = if fires == Side::Above { -1.0 } else { 1.0 };
            Rule {
                fires,
                threshold,
                recovers_at: threshold + sign * f64::from(apart) / 10.0,
                fires_after: fires_after * MINUTE,
                recovers_after: recovers_after * MINUTE,
                min_count: least.map(f64::from),
                confidence,
                no_data,
                is_event: false,
            }
        },
    )
}

proptest! {
    #[test]
    fn any_cut_gives_the_same(
        rule in drawn_rule(),
        points in prop::collection::vec((prop::option::weighted(0.9, 0u8..6), 0u8..8, prop::bool::weighted(0.9)), 0..120),
        cuts in prop::collection::btree_set(0usize..120, 0..10),
    ) {
        let points: Vec<Point> = points.iter().enumerate()
            .map(|(minute, (value, n, is_there))| Point { is_there: *is_there, ..point(minute as i64, value.map(|value| f64::from(value) / 5.0), f64::from(*n)) })
            .collect();
        let mut whole = State::default();
        let expected: Vec<Transition> = points.iter().filter_map(|point| rule.judge(&mut whole, point)).collect();
        let mut state = State::default();
        let mut found = Vec::new();
        for (place, point) in points.iter().enumerate() {
            if cuts.contains(&place) {
                // What is stored between two rounds.
                state = State::from_stored(&state.to_stored()).expect("reads what it wrote");
            }
            found.extend(rule.judge(&mut state, point));
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!(state, whole);
    }
}
