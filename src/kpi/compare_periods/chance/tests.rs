//! Compares with SciPy 1.17.1 and statsmodels 0.15.0, and with counting by hand.

use super::*;
use proptest::prelude::*;

const SHARES: [((f64, f64), (f64, f64), Test, f64); 5] = [
    ((120.0, 1000.0), (151.0, 1010.0), Test::TwoProportions, 0.05280558244108792),
    ((1.0, 2.0), (500.0, 1000.0), Test::Fisher, 1.0),
    ((3.0, 40.0), (0.0, 50.0), Test::Fisher, 0.08409942117807287),
    ((2.0, 100000.0), (9.0, 100000.0), Test::TwoProportions, 0.0348034856745354),
    ((40.0, 80.0), (41.0, 300.0), Test::TwoProportions, 1.781794841769981e-12),
];
const EXACT: f64 = 0.19047619047619047;
const TIED: f64 = 0.026324467776937442;
const MANY: f64 = 0.07813942331328237;

fn share(part: f64, whole: f64) -> Share {
    Share { part, whole }
}

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} for {expected}");
}

/// statsmodels: proportions_ztest([a, b], [n, m]); SciPy: fisher_exact([[a, n - a], [b, m - b]]).
#[test]
fn shares_as_others_say() {
    for (one, other, test, expected) in SHARES {
        let (found, p_value) = shares(share(one.0, one.1), share(other.0, other.1)).expect("there is a test");
        assert_eq!(found, test);
        close(p_value, expected);
    }
}

/// SciPy: mannwhitneyu(before, after, method="exact" or "asymptotic").
#[test]
fn buckets_as_scipy_says() {
    let exact = buckets(&[3.0, 1.5, 4.25, 2.0, 9.0], &[5.0, 7.0, 8.0, 6.5]).expect("there is a test");
    close(exact.1, EXACT);
    let tied = buckets(&[3.0, 1.0, 4.0, 2.0, 3.0], &[5.0, 3.0, 8.0, 5.0, 9.0, 4.0]).expect("there is a test");
    close(tied.1, TIED);
    let before: Vec<f64> = (0..28).map(|n| f64::from((n * 37) % 101)).collect();
    let after: Vec<f64> = (0..28).map(|n| f64::from((n * 53) % 97) + 20.5).collect();
    close(buckets(&before, &after).expect("there is a test").1, MANY);
}

#[test]
fn what_cannot_be_told_says_why() {
    assert_eq!(shares(share(0.0, 0.0), share(1.0, 2.0)), Err(Untold::Nobody));
    assert_eq!(shares(share(0.0, 9.0), share(0.0, 8.0)), Err(Untold::Alike));
    assert_eq!(buckets(&[1.0, 2.0, 3.0], &[4.0; 9]), Err(Untold::FewBuckets(3, 9)));
    assert_eq!(buckets(&[4.0; 5], &[4.0; 5]), Err(Untold::Alike));
}

/// The chance by trying all arrangements: every way to say which of the places are before.
fn counted(n: usize, m: usize, statistic: usize) -> f64 {
    let (mut all, mut large) = (0.0, 0.0);
    for places in 0_u32..1 << (n + m) {
        if places.count_ones() as usize == n {
            let pairs = |before: usize| (0..before).filter(|after| places >> after & 1 == 0).count();
            let found: usize = (0..n + m).filter(|place| places >> place & 1 == 1).map(pairs).sum();
            all += 1.0;
            large += f64::from(u8::from(found >= statistic));
        }
    }
    large / all
}

proptest! {
    #[test]
    fn arrangements_are_counted(n in 1usize..6, m in 1usize..6, statistic in 0usize..26) {
        prop_assert!((at_least(n, m, statistic) - counted(n, m, statistic)).abs() < 1e-12);
    }

    /// Which period is called the first one does not matter.
    #[test]
    fn both_ways_are_the_same(one in prop::collection::vec(0i32..30, 4..25), other in prop::collection::vec(0i32..30, 4..25)) {
        let of = |list: &[i32]| list.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
        prop_assert_eq!(buckets(&of(&one), &of(&other)), buckets(&of(&other), &of(&one)));
    }

    #[test]
    fn chances_are_chances(a in 0u32..40, b in 0u32..40, more in 0u32..2000, rest in 0u32..2000) {
        let (one, other) = (share(f64::from(a), f64::from(a + more)), share(f64::from(b), f64::from(b + rest)));
        if let Ok((_, p_value)) = shares(one, other) {
            prop_assert!((0.0..=1.0).contains(&p_value));
            let back = shares(other, one).expect("there is a test").1;
            prop_assert!((p_value - back).abs() < 1e-9);
        }
    }
}
