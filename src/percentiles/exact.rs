//! Pure: a percentile as PostgreSQL's percentile_cont: of n values in order, at place fraction * (n - 1) counted from 0,
//! between two of them by the straight line.

/// `ones`: values that occur once (or again in the list), `runs`: values with how many times; together at least one.
pub fn percentiles(mut ones: Vec<f64>, mut runs: Vec<(f64, u64)>, fractions: &[f64]) -> Vec<f64> {
    if runs.is_empty() {
        ones.sort_unstable_by(f64::total_cmp);
        let at = |place: u64| ones[place as usize];
        return fractions.iter().map(|fraction| between(ones.len() as u64, *fraction, at)).collect();
    }
    runs.extend(ones.into_iter().map(|value| (value, 1)));
    runs.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut passed = 0;
    let ends: Vec<u64> = runs
        .iter()
        .map(|(_, times)| {
            passed += times;
            passed
        })
        .collect();
    let at = |place: u64| runs[ends.partition_point(|end| *end <= place)].0;
    fractions.iter().map(|fraction| between(passed, *fraction, at)).collect()
}

fn between(count: u64, fraction: f64, at: impl Fn(u64) -> f64) -> f64 {
    let place = fraction * count.saturating_sub(1) as f64;
    let low = at(place.floor() as u64);
    let part = place - place.floor();
    if part > 0.0 { low + part * (at(place.ceil() as u64) - low) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn between_two_values_by_the_straight_line() {
        let fractions = [0.0, 0.25, 0.5, 0.75, 1.0];
        assert_eq!(percentiles(vec![10.0, 2.0, 1.0, 10.0], vec![], &fractions), [1.0, 1.75, 6.0, 10.0, 10.0]);
        assert_eq!(percentiles(vec![2.0, 1.0], vec![(10.0, 2)], &fractions), [1.0, 1.75, 6.0, 10.0, 10.0]);
        assert_eq!(percentiles(vec![7.0], vec![], &[0.99]), [7.0]);
    }

    proptest! {
        #[test]
        fn runs_are_as_ones(runs in prop::collection::vec((0u8..9, 2u64..5), 1..9), ones in prop::collection::vec(0u8..9, 0..9), fraction in 0.0..=1.0f64) {
            let ones: Vec<f64> = ones.into_iter().map(f64::from).collect();
            let runs: Vec<(f64, u64)> = runs.into_iter().map(|(value, times)| (f64::from(value), times)).collect();
            let flat: Vec<f64> = runs.iter().flat_map(|(value, times)| vec![*value; *times as usize]).chain(ones.clone()).collect();
            prop_assert_eq!(percentiles(ones, runs, &[fraction]), percentiles(flat, vec![], &[fraction]));
        }
    }
}
