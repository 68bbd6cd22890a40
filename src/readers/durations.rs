//! Pure: averages and exact percentiles of durations, which are in microseconds and told in seconds.

use crate::time;

const SECOND: f64 = time::SECOND as f64;

pub fn seconds(micros: i64) -> f64 {
    micros as f64 / SECOND
}

/// The mean of the durations; None where there are none.
pub fn mean(durations: &[i64]) -> Option<f64> {
    let sum: i128 = durations.iter().map(|duration| i128::from(*duration)).sum();
    mean_of(sum, durations.len() as i64)
}

/// The mean of so many durations with this sum.
pub fn mean_of(sum: i128, count: i64) -> Option<f64> {
    (count > 0).then(|| sum as f64 / count as f64 / SECOND)
}

/// The percentiles at fractions from 0 to 1, as percentile_cont defines them: between two durations the fraction of the
/// way. It sorts the durations. None where there are none.
pub fn percentiles(durations: &mut [i64], fractions: &[f64]) -> Option<Vec<f64>> {
    let last = durations.len().checked_sub(1)?;
    durations.sort_unstable();
    let of = |fraction: &f64| {
        let place = fraction * last as f64;
        let lower = seconds(durations[(place.floor() as usize).min(last)]);
        let upper = seconds(durations[(place.ceil() as usize).min(last)]);
        lower + (place - place.floor()) * (upper - lower)
    };
    Some(fractions.iter().map(of).collect())
}

/// The median, as percentile_cont(0.5): the mean of the two in the middle, without sorting the others. None where there
/// are no durations.
pub fn median(durations: &mut [i64]) -> Option<f64> {
    let middle = durations.len() / 2;
    if durations.is_empty() {
        return None;
    }
    let is_odd = durations.len() % 2 == 1;
    let (below, upper, _) = durations.select_nth_unstable(middle);
    let lower = if is_odd { *upper } else { below.iter().copied().max().unwrap_or(*upper) };
    Some((seconds(lower) + seconds(*upper)) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_durations() {
        let mut durations = [4_000_000, 1_000_000, 2_000_000, 3_000_000];
        assert_eq!(percentiles(&mut durations, &[0.0, 0.5, 0.9, 1.0]), Some(vec![1.0, 2.5, 3.7, 4.0]));
        assert_eq!(percentiles(&mut [7_000_000], &[0.0, 0.3, 1.0]), Some(vec![7.0, 7.0, 7.0]));
        assert_eq!(percentiles(&mut [], &[0.5]), None);
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3_000_000]), Some(3.0));
        assert_eq!(median(&mut [9_000_000, 1_000_000]), Some(5.0));
        assert_eq!(median(&mut [9_000_000, 1_000_000, 2_000_000]), Some(2.0));
    }

    #[test]
    fn a_mean_does_not_overflow() {
        assert_eq!(mean(&[]), None);
        assert_eq!(mean(&[1_000_000, 2_000_000]), Some(1.5));
        assert_eq!(mean(&[i64::MAX, i64::MAX]), Some(i64::MAX as f64 / SECOND));
    }
}
