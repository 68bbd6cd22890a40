//! Compares with the known answers of docs/semantics.md, and random groups with SciPy 1.17.1 and NumPy: difference, the
//! ends of the interval, and the p-value or the chance to win.

use super::*;

const CONTROL: [[f64; 3]; 24] = [
    [5.19, 1.0, 2.49],
    [3.1, 4.0, 4.1],
    [10.68, 1.0, 10.82],
    [2.56, 5.0, 3.15],
    [5.79, 4.0, 6.13],
    [2.23, 5.0, 2.13],
    [8.25, 4.0, 5.83],
    [6.13, 4.0, 4.68],
    [7.71, 2.0, 2.94],
    [4.86, 5.0, 2.71],
    [6.6, 1.0, 4.76],
    [7.99, 1.0, 6.76],
    [1.76, 2.0, 0.95],
    [3.35, 4.0, 2.08],
    [5.06, 3.0, 1.48],
    [4.8, 5.0, 4.85],
    [3.64, 5.0, 1.94],
    [3.26, 3.0, 1.85],
    [7.06, 3.0, 5.92],
    [9.18, 3.0, 11.04],
    [2.17, 4.0, 0.57],
    [3.64, 3.0, 1.83],
    [5.77, 4.0, 5.17],
    [3.61, 5.0, 4.15],
];

const TREATMENT: [[f64; 3]; 19] = [
    [2.37, 3.0, 1.65],
    [4.74, 5.0, 4.97],
    [6.13, 2.0, 4.79],
    [5.73, 2.0, 3.25],
    [2.51, 5.0, 0.73],
    [5.51, 4.0, 3.76],
    [6.27, 1.0, 3.41],
    [5.13, 2.0, 2.69],
    [8.06, 1.0, 5.65],
    [7.27, 5.0, 5.4],
    [8.5, 3.0, 7.09],
    [16.16, 2.0, 15.17],
    [5.25, 4.0, 2.17],
    [6.54, 5.0, 5.07],
    [5.92, 1.0, 2.93],
    [5.05, 3.0, 5.19],
    [4.98, 2.0, 3.84],
    [15.43, 4.0, 16.35],
    [8.0, 5.0, 6.07],
];

const MEAN: [f64; 4] = [0.31555675908962044, -0.09319167927052291, 0.7243051974497638, 0.12540940681814694];
const BAYESIAN_90: [f64; 4] = [0.31555675908962044, -0.013780440929476556, 0.6448939591087175, 0.9424903356131683];
const RATIO: [f64; 4] = [0.4298318165529136, -0.23942317684176984, 1.099086809947597, 0.2000651070233008];
const CUPED: [f64; 4] = [0.11883907350476464, -0.014185218202293709, 0.25186336521182296, 0.07853411129623522];
const PROPORTION: [f64; 4] = [0.24, -0.2321725129178237, 0.7121725129178237, 0.31729246448452036];

fn group(rows: &[[f64; 3]]) -> Vec<Outcome> {
    rows.iter()
        .map(|[value, denominator, before]| Outcome {
            value: *value,
            denominator: *denominator,
            before: *before,
            denominator_before: 0.0,
        })
        .collect()
}

/// Compares the treatment group with control.
fn answer(groups: &mut [Vec<Outcome>], kind: Kind, adjusts: bool, method: Method, confidence: f64) -> [f64; 4] {
    let found = estimates(groups, kind, adjusts);
    numbers(found.compare(1, method, confidence))
}

fn numbers(comparison: Comparison) -> [f64; 4] {
    let (low, high) = comparison.interval.expect("there is an interval");
    let chance = comparison.p_value.or(comparison.chance_to_win).expect("one of them");
    [comparison.difference.expect("both have a mean"), low, high, chance]
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{found} for {expected}");
    }
}

#[test]
fn as_scipy_says() {
    let mut groups = [group(&CONTROL), group(&TREATMENT)];
    close(&answer(&mut groups, Kind::Mean, false, Method::Frequentist, 0.95), &MEAN, 1e-10);
    close(&answer(&mut groups, Kind::Mean, false, Method::Bayesian, 0.9), &BAYESIAN_90, 1e-10);
    close(&answer(&mut groups, Kind::Ratio, false, Method::Frequentist, 0.95), &RATIO, 1e-10);
    close(&answer(&mut groups, Kind::Mean, true, Method::Frequentist, 0.95), &CUPED, 1e-10);
    let of = |ones: usize, all: usize| -> Vec<Outcome> {
        (0..all).map(|n| Outcome { value: f64::from(u8::from(n < ones)), ..Outcome::default() }).collect()
    };
    close(
        &answer(&mut [of(50, 200), of(31, 100)], Kind::Proportion, false, Method::Frequentist, 0.95),
        &PROPORTION,
        1e-10,
    );
}

/// Makes an estimate from sums, sums of squares and sizes.
fn published(sum: f64, squares: f64, actors: u64) -> Estimate {
    let n = actors as f64;
    let value = (squares - sum * sum / n) / (n - 1.0);
    let spread = Spread { value, ..Spread::default() };
    Estimate { actors, mean: Some(sum / n), variance: Some(value), spread, weight: 0.0 }
}

/// The cases GB-1 and GB-4 of docs/semantics.md.
#[test]
fn published_comparisons() {
    let (treatment, control) = (published(1922.7, 94698.29, 2461), published(1196.87, 37377.9767, 2507));
    let both = Estimates { groups: vec![control, treatment], kind: Kind::Mean, theta: 0.0 };
    let found = |method| numbers(both.compare(1, method, 0.95));
    // What was published is cut after five digits, the lower end after four.
    let cut = |found: [f64; 4]| {
        [1e5, 1e4, 1e5, 1e5]
            .iter()
            .zip(found)
            .map(|(digits, number)| (number * digits).trunc() / digits)
            .collect::<Vec<_>>()
    };
    assert_eq!(cut(found(Method::Frequentist)), [0.63646, -0.0875, 1.36048, 0.08487]);
    assert_eq!(cut(found(Method::Bayesian)), [0.63646, -0.0873, 1.36026, 0.95759]);
}

/// The case TE-8 of docs/semantics.md.
#[test]
fn groups_that_are_not_split_as_they_should_be() {
    let (p_value, is_mismatch) = mismatch(&[5000, 5200], &[1.0, 1.0]).expect("two groups");
    assert!((p_value - 0.0477).abs() < 5e-5 && !is_mismatch);
    let (p_value, is_mismatch) = mismatch(&[5000, 5400], &[0.5, 0.5]).expect("two groups");
    assert!((p_value - 8.8e-5).abs() < 5e-7 && is_mismatch);
    // From 100 exposures on.
    assert_eq!(mismatch(&[99, 0], &[1.0, 1.0]).map(|found| found.1), Some(false));
    assert_eq!(mismatch(&[100, 0], &[1.0, 1.0]).map(|found| found.1), Some(true));
    assert_eq!((mismatch(&[100], &[1.0]), mismatch(&[0, 0], &[1.0, 1.0])), (None, None));
}

#[test]
fn what_cannot_be_said_is_not_said() {
    let of = |values: &[f64]| -> Vec<Outcome> {
        values.iter().map(|value| Outcome { value: *value, ..Outcome::default() }).collect()
    };
    let compared = |control: &[f64], treatment: &[f64]| {
        estimates(&mut [of(control), of(treatment)], Kind::Mean, true).compare(1, Method::Frequentist, 0.95)
    };
    let difference = |difference| Comparison { difference, ..Comparison::default() };
    assert_eq!(compared(&[], &[1.0, 2.0]), difference(None));
    assert_eq!(compared(&[2.0], &[3.0, 4.0]), difference(Some(0.75)));
    // Nobody differs: there is no error to tell from.
    assert_eq!(compared(&[2.0, 2.0], &[3.0, 3.0]), difference(Some(0.5)));
    let none = estimates(&mut [of(&[1.0, 2.0])], Kind::Ratio, false);
    assert_eq!((none.groups[0].mean, none.groups[0].variance), (None, None));
}

#[test]
fn cuped_without_a_past_changes_nothing() {
    let without: Vec<Outcome> = group(&CONTROL).into_iter().map(|outcome| Outcome { before: 0.0, ..outcome }).collect();
    let mut groups =
        [without, group(&TREATMENT).into_iter().map(|outcome| Outcome { before: 0.0, ..outcome }).collect()];
    let plain = answer(&mut groups, Kind::Mean, false, Method::Frequentist, 0.95);
    assert_eq!(answer(&mut groups, Kind::Mean, true, Method::Frequentist, 0.95), plain);
}

#[test]
fn who_never_converts_is_told_from_chance() {
    let of = |ones: usize, all: usize| -> Vec<Outcome> {
        (0..all).map(|n| Outcome { value: f64::from(u8::from(n < ones)), ..Outcome::default() }).collect()
    };
    let compared = |control, treatment, method| {
        estimates(&mut [control, treatment], Kind::Proportion, false).compare(1, method, 0.95)
    };
    // z is -18.786: SciPy's norm.sf(18.786) doubled is 9.8e-79.
    let none = compared(of(300, 1000), of(0, 1000), Method::Frequentist);
    assert_eq!(none.difference, Some(-1.0));
    let p_value = none.p_value.expect("there is one");
    assert!((p_value.log10() + 78.0).abs() < 0.2, "{p_value}");
    let (low, high) = none.interval.expect("there is one");
    assert!(low == -1.0 && (-0.99..-0.98).contains(&high), "{high}");
    // The other way round nothing is relative to control, and yet it is no chance.
    let first = compared(of(0, 1000), of(300, 1000), Method::Frequentist);
    assert_eq!((first.difference, first.interval, first.p_value), (None, None, Some(p_value)));
    let chance = |control, treatment| compared(control, treatment, Method::Bayesian).chance_to_win;
    assert_eq!(chance(of(0, 1000), of(300, 1000)), Some(1.0));
    assert!(chance(of(300, 1000), of(0, 1000)).is_some_and(|chance| chance < 1e-70));
    // Where nobody or everybody converts in both, nothing is told.
    assert_eq!(compared(of(0, 9), of(0, 9), Method::Frequentist), Comparison::default());
    assert_eq!(compared(of(9, 9), of(9, 9), Method::Frequentist).p_value, None);
    assert!(compared(of(9, 9), of(0, 9), Method::Frequentist).p_value.is_some_and(|p| p < 1e-4));
}

#[test]
fn a_mean_of_nothing_is_told_from_chance() {
    let of = |values: &[f64]| -> Vec<Outcome> {
        values.iter().map(|value| Outcome { value: *value, ..Outcome::default() }).collect()
    };
    let compared = |control: &[f64], treatment: &[f64]| {
        estimates(&mut [of(control), of(treatment)], Kind::Mean, false).compare(1, Method::Frequentist, 0.95)
    };
    // SciPy: ttest_ind([1, 2, 3, 4], [0, 0, 0, 0], equal_var=False) is t 3.873, 3 degrees of freedom, p 0.030466.
    let to_nothing = compared(&[1.0, 2.0, 3.0, 4.0], &[0.0; 4]);
    close(&[to_nothing.p_value.expect("there is one")], &[0.03046629166217098], 1e-12);
    let (low, high) = to_nothing.interval.expect("there is one");
    close(&[low, high], &[-1.8217041027042074, -0.17829589729579256], 1e-9);
    let from_nothing = compared(&[0.0; 4], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!((from_nothing.difference, from_nothing.interval), (None, None));
    assert_eq!(from_nothing.p_value, to_nothing.p_value);
}

/// A ratio whose denominators are all 1 is a mean, with CUPED as without.
#[test]
fn a_mean_is_a_ratio_of_ones() {
    let with_ones = |rows: &[[f64; 3]]| -> Vec<Outcome> {
        let one = |outcome| Outcome { denominator: 1.0, denominator_before: 1.0, ..outcome };
        group(rows).into_iter().map(one).collect()
    };
    for adjusts in [false, true] {
        let of = |kind| {
            let mut groups = [with_ones(&CONTROL), with_ones(&TREATMENT)];
            answer(&mut groups, kind, adjusts, Method::Frequentist, 0.95)
        };
        close(&of(Kind::Ratio), &of(Kind::Mean), 1e-12);
    }
}

#[test]
fn a_ratio_without_a_past_is_not_adjusted() {
    let past = |denominator_before| {
        let of = |rows: &[[f64; 3]]| -> Vec<Outcome> {
            group(rows).into_iter().map(|outcome| Outcome { denominator_before, ..outcome }).collect()
        };
        let mut groups = [of(&CONTROL), of(&TREATMENT)];
        groups[1].iter_mut().for_each(|outcome| outcome.denominator_before = 0.0);
        groups
    };
    for denominator_before in [0.0, 1.0] {
        let found = answer(&mut past(denominator_before), Kind::Ratio, true, Method::Frequentist, 0.95);
        close(&found, &RATIO, 1e-10);
    }
}
