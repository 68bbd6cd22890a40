//! Pure: computes a percentile as PostgreSQL's percentile_cont does. Of n values in order it lies at place fraction *
//! (n - 1) counted from 0, between two of them by the straight line.

/// All values are sorted where there are more places than this to find.
const MOST_PLACES: usize = 8;

/// Gives the percentiles of values. `ones` are values that occur once (or again in the list), `runs` are values with
/// how many times they occur; together there is at least one.
pub fn percentiles(mut ones: Vec<f64>, mut runs: Vec<(f64, u64)>, fractions: &[f64]) -> Vec<f64> {
    if runs.is_empty() {
        put_in_place(&mut ones, fractions);
        let at = |place: u64| ones[place as usize];
        return fractions.iter().map(|fraction| between(ones.len() as u64, *fraction, at)).collect();
    }
    gather(&mut ones, &mut runs);
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

/// Moves all values into the runs: each value once, ascending. Where few differ, that is less to hold.
pub fn gather(ones: &mut Vec<f64>, runs: &mut Vec<(f64, u64)>) {
    let mut ones = std::mem::take(ones);
    ones.sort_unstable_by(f64::total_cmp);
    let is_same = |one: &f64, other: &f64| one.to_bits() == other.to_bits();
    runs.extend(ones.chunk_by(is_same).map(|same| (same[0], same.len() as u64)));
    drop(ones);
    // Stable, as this finds the runs that are in order.
    runs.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    runs.dedup_by(|(value, times), (kept, of_kept)| {
        let again = is_same(value, kept);
        *of_kept += if again { *times } else { 0 };
        again
    });
    runs.shrink_to_fit();
}

/// Puts the values that [`between`] will look at where they would be if all were sorted.
fn put_in_place(values: &mut [f64], fractions: &[f64]) {
    let mut places: Vec<usize> = Vec::new();
    for fraction in fractions {
        between(values.len() as u64, *fraction, |place| {
            places.push(place as usize);
            0.0
        });
    }
    places.sort_unstable();
    places.dedup();
    if places.len() > MOST_PLACES {
        values.sort_unstable_by(f64::total_cmp);
        return;
    }
    let mut from = 0;
    for place in places {
        values[from..].select_nth_unstable_by(place - from, f64::total_cmp);
        from = place + 1;
    }
}

fn between(count: u64, fraction: f64, mut at: impl FnMut(u64) -> f64) -> f64 {
    let place = fraction * count.saturating_sub(1) as f64;
    let low = at(place.floor() as u64);
    let part = place - place.floor();
    if part == 0.0 {
        return low;
    }
    let high = at(place.ceil() as u64);
    let value = low + part * (high - low);
    // Between the largest doubles of either sign lies more than a double holds.
    if value.is_finite() { value } else { low * (1.0 - part) + high * part }
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
        fn places_are_found_as_by_sorting(values in prop::collection::vec(-50i32..50, 1..200), fractions in prop::collection::vec(0.0..=1.0f64, 1..8)) {
            let values: Vec<f64> = values.into_iter().map(|value| f64::from(value) / 4.0).collect();
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let naive: Vec<f64> = fractions.iter().map(|fraction| between(sorted.len() as u64, *fraction, |place| sorted[place as usize])).collect();
            prop_assert_eq!(percentiles(values.clone(), vec![], &fractions), naive.clone());
            let (mut ones, mut runs) = (values.clone(), vec![]);
            gather(&mut ones, &mut runs);
            prop_assert!(ones.is_empty() && runs.is_sorted_by(|(one, _), (other, _)| one < other));
            prop_assert_eq!(percentiles(values, runs.iter().map(|(value, times)| (*value, 2 * times)).collect(), &[0.0, 1.0]), [sorted[0], sorted[sorted.len() - 1]]);
            prop_assert_eq!(percentiles(vec![], runs, &fractions), naive);
        }

        #[test]
        fn runs_are_as_ones(runs in prop::collection::vec((0u8..9, 2u64..5), 1..9), ones in prop::collection::vec(0u8..9, 0..9), fraction in 0.0..=1.0f64) {
            let ones: Vec<f64> = ones.into_iter().map(f64::from).collect();
            let runs: Vec<(f64, u64)> = runs.into_iter().map(|(value, times)| (f64::from(value), times)).collect();
            let flat: Vec<f64> = runs.iter().flat_map(|(value, times)| vec![*value; *times as usize]).chain(ones.clone()).collect();
            prop_assert_eq!(percentiles(ones, runs, &[fraction]), percentiles(flat, vec![], &[fraction]));
        }
    }
}
