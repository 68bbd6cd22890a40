//! Compares activities with plain sets of users, bucket by bucket.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

type Naive = Vec<BTreeSet<u16>>;

/// Makes bands of a few words, and full ones, where the hot loop is another one.
fn bands() -> impl Strategy<Value = (usize, Vec<(usize, Vec<u16>)>)> {
    let actors = prop_oneof![1usize..700, Just(MOST_ACTORS)];
    (actors, 1usize..12).prop_flat_map(|(actors, buckets)| {
        let users = prop::collection::vec((0..actors).prop_map(|user| user as u16), 0..40);
        // Some buckets stay without a mark.
        (Just(actors), prop::collection::vec((0..buckets.div_ceil(2) * 2, users), 0..12))
    })
}

const BUCKETS: usize = 12;

fn marked(actors: usize, pieces: &[(usize, Vec<u16>)]) -> (Activity, Naive) {
    let mut activity = Activity::new(BUCKETS);
    activity.begin_band(actors);
    let mut naive = vec![BTreeSet::new(); BUCKETS];
    for (bucket, users) in pieces {
        activity.mark(*bucket, users);
        naive[*bucket].extend(users);
    }
    (activity, naive)
}

fn counts(naive: &Naive) -> Vec<i64> {
    naive.iter().map(|users| users.len() as i64).collect()
}

fn added(add: impl FnOnce(&mut [i64])) -> Vec<i64> {
    let mut counts = vec![100; BUCKETS];
    add(&mut counts);
    counts.into_iter().map(|count| count - 100).collect()
}

#[test]
fn an_activity_is_bounded_before_it_is_marked() {
    assert_eq!(Activity::would_take(90, MOST_ACTORS), 90 * (8192 + 24));
    assert_eq!(Activity::would_take(2, 65), 2 * (16 + 24));
    assert_eq!(Activity::would_take(usize::MAX, 1), usize::MAX);
    let mut activity = Activity::new(3);
    for actors in [65, MOST_ACTORS, 1] {
        activity.begin_band(actors);
        activity.mark(1, &[0]);
        activity.mark_one(2, 0);
    }
    assert_eq!(activity.memory(), 2 * 8192 + 3 * 24, "bucket 0 was never marked");
    assert!(activity.memory() <= Activity::would_take(3, MOST_ACTORS));
}

#[test]
fn a_band_knows_nothing_of_the_one_before() {
    let mut activity = Activity::new(2);
    activity.begin_band(MOST_ACTORS);
    activity.mark(0, &[0, 65_535]);
    assert_eq!(sets::users(activity.set(0)).collect::<Vec<_>>(), [0, 65_535]);
    activity.begin_band(3);
    assert_eq!((activity.count(0), activity.set(0)), (0, &[][..]));
    activity.mark(1, &[]);
    assert_eq!(activity.set(1), [0u64; 0], "no events, no set");
    activity.mark(0, &[2, 2]);
    assert_eq!(activity.set(0), [4]);
}

#[test]
fn a_rolling_day_counts_at_each_of_its_days() {
    // Rolling 2 at day d: t in [start(d - 1), start(d + 1)).
    let mut activity = Activity::new(4);
    activity.begin_band(1);
    activity.mark_one(1, 0);
    let mut rolling = [0; 4];
    activity.add_rolling_counts(2, &mut rolling);
    assert_eq!(rolling, [0, 1, 1, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn marks_are_sets((actors, pieces) in bands()) {
        let (activity, naive) = marked(actors, &pieces);
        prop_assert_eq!(activity.buckets(), BUCKETS);
        for (bucket, users) in naive.iter().enumerate() {
            prop_assert_eq!(activity.count(bucket), users.len() as i64);
            prop_assert!(sets::users(activity.set(bucket)).eq(users.iter().copied()));
        }
        prop_assert_eq!(added(|sums| activity.add_counts(sums)), counts(&naive));
        prop_assert!(activity.memory() <= Activity::would_take(BUCKETS, actors));
        let mut one_by_one = Activity::new(BUCKETS);
        one_by_one.begin_band(actors);
        for (bucket, users) in &pieces {
            users.iter().for_each(|user| one_by_one.mark_one(*bucket, *user));
        }
        prop_assert!((0..BUCKETS).all(|bucket| one_by_one.set(bucket) == activity.set(bucket)));
    }

    #[test]
    fn a_ratio_counts_who_is_in_both((actors, pieces) in bands(), part in 0usize..12) {
        let (one_pieces, other_pieces) = pieces.split_at(part.min(pieces.len()));
        let ((one, one_naive), (other, other_naive)) = (marked(actors, one_pieces), marked(actors, other_pieces));
        let both: Naive = one_naive.iter().zip(&other_naive).map(|(one, other)| one & other).collect();
        prop_assert_eq!(added(|sums| one.add_counts_of_both(&other, sums)), counts(&both));
        for (bucket, users) in both.iter().enumerate() {
            prop_assert!(sets::users_of_both(one.set(bucket), other.set(bucket)).eq(users.iter().copied()));
        }
        let mut union = one.set(0).to_vec();
        sets::unite(&mut union, other.set(0));
        prop_assert_eq!(sets::count(&union), (&one_naive[0] | &other_naive[0]).len() as i64);
    }

    #[test]
    fn rolling_counts_are_those_of_unions((actors, pieces) in bands(), n in 0usize..15) {
        let (activity, naive) = marked(actors, &pieces);
        let union = |bucket: usize| -> BTreeSet<u16> {
            naive[(bucket + 1).saturating_sub(n.max(1))..=bucket].iter().flatten().copied().collect()
        };
        let expected: Naive = (0..BUCKETS).map(union).collect();
        prop_assert_eq!(added(|sums| activity.add_rolling_counts(n, sums)), counts(&expected));
    }

    #[test]
    fn first_times_are_in_no_earlier_bucket((actors, pieces) in bands(), known in prop::collection::vec(0u16..700, 0..9)) {
        let (activity, naive) = marked(actors, &pieces);
        let mut before = Activity::new(1);
        before.begin_band(MOST_ACTORS);
        before.mark(0, &known);
        let mut seen: BTreeSet<u16> = known.iter().copied().collect();
        let mut next = 0;
        let Ok(()) = activity.visit_first_times(before.set(0), |bucket, set| {
            assert_eq!(bucket, next);
            assert!(sets::users(set).eq(naive[bucket].difference(&seen).copied()));
            seen.extend(&naive[bucket]);
            next += 1;
            Ok::<(), std::convert::Infallible>(())
        });
        prop_assert_eq!(next, BUCKETS);
    }
}
