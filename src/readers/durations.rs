//! Pure: averages and exact percentiles of durations, which are in microseconds and told in seconds.

use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::time;
use serde::{Deserialize, Serialize};

const SECOND: f64 = time::SECOND as f64;

/// Durations, of which none is lost when those of several logs are added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<(i64, u64)>", from = "Vec<(i64, u64)>")]
pub struct Durations {
    ones: Vec<i64>,
    /// Those of parts: each with how often it occurs.
    runs: Vec<(i64, u64)>,
}

impl Durations {
    pub fn push(&mut self, duration: i64) {
        self.ones.push(duration);
    }

    pub fn append(&mut self, mut other: Durations) {
        match self.ones.is_empty() {
            true => self.ones = other.ones,
            false => self.ones.append(&mut other.ones),
        }
        self.runs.append(&mut other.runs);
    }

    pub fn len(&self) -> usize {
        self.runs.iter().fold(self.ones.len(), |sum, (_, times)| sum.saturating_add(*times as usize))
    }

    /// Lists them. Those of parts are as many as [`Durations::len`] says, whatever room the parts took: the caller sees to
    /// it first that they fit.
    pub fn into_list(self) -> Vec<i64> {
        let mut all = self.ones;
        for (duration, times) in self.runs {
            all.resize(all.len() + times as usize, duration);
        }
        all
    }
}

/// As they are written: each once, ascending.
impl From<Durations> for Vec<(i64, u64)> {
    fn from(Durations { ones, mut runs }: Durations) -> Vec<(i64, u64)> {
        runs.extend(ones.into_iter().map(|duration| (duration, 1)));
        runs.sort_unstable();
        runs.dedup_by(|(duration, times), (kept, of_kept)| {
            let again = duration == kept;
            *of_kept += if again { *times } else { 0 };
            again
        });
        runs
    }
}

impl From<Vec<(i64, u64)>> for Durations {
    fn from(runs: Vec<(i64, u64)>) -> Durations {
        Durations { ones: Vec::new(), runs }
    }
}

impl Additive for Durations {
    fn add_up(&mut self, other: Durations) -> Result<(), Damaged> {
        self.append(other);
        i64::try_from(self.len()).map(|_| ()).map_err(|_| Damaged)
    }

    fn is_nothing(&self) -> bool {
        self.ones.is_empty() && self.runs.is_empty()
    }
}

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
/// way. It changes the order of the durations. None where there are none.
pub fn percentiles(durations: &mut [i64], fractions: &[f64]) -> Option<Vec<f64>> {
    let last = durations.len().checked_sub(1)?;
    let around = |fraction: &f64| {
        let place = fraction * last as f64;
        [place.floor(), place.ceil()].map(|place| (place as usize).min(last))
    };
    put_right(durations, fractions.iter().flat_map(around).collect());
    let of = |fraction: &f64| {
        let place = fraction * last as f64;
        let [lower, upper] = around(fraction).map(|place| seconds(durations[place]));
        lower + (place - place.floor()) * (upper - lower)
    };
    Some(fractions.iter().map(of).collect())
}

/// Of more places than this all durations are sorted.
const FEW: usize = 12;

/// Puts at each of these places what lies there once the durations are sorted. Of few places it does without a sort of
/// the others.
fn put_right(durations: &mut [i64], mut places: Vec<usize>) {
    places.sort_unstable();
    places.dedup();
    if places.len() > FEW {
        return durations.sort_unstable();
    }
    let mut from = 0;
    for place in places {
        // Whatever lies before `from` is not above what lies behind it.
        durations[from..].select_nth_unstable(place - from);
        from = place + 1;
    }
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
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_hold_what_a_sort_puts_there(
            durations in prop::collection::vec(-20_i64..20, 1..60),
            places in prop::collection::vec(0_usize..60, 1..30),
        ) {
            let (mut sorted, mut put) = (durations.clone(), durations);
            let places: Vec<usize> = places.into_iter().map(|place| place % sorted.len()).collect();
            sorted.sort_unstable();
            put_right(&mut put, places.clone());
            prop_assert!(places.iter().all(|place| put[*place] == sorted[*place]));
            put.sort_unstable();
            prop_assert_eq!(put, sorted);
        }
    }

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
