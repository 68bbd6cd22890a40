//! Pure: counts durations in bins of one width.

use crate::time::SECOND;

/// `count` bins from the shortest duration to the longest. Each is a whole number of seconds wide, at least one, so
/// that the last may reach beyond the longest. What lies between two bins is in the later one; the end of the last bin
/// is in that bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bins {
    shortest: i64,
    width: i64,
    count: usize,
}

impl Bins {
    /// Makes bins for these durations; None where there are none. `count` is at least 1.
    pub fn over(durations: &[i64], count: usize) -> Option<Bins> {
        let (shortest, longest) = (durations.iter().copied().min()?, durations.iter().copied().max()?);
        let all = longest.abs_diff(shortest);
        let seconds = all.div_ceil(count as u64 * SECOND as u64).max(1);
        Some(Bins { shortest, width: (seconds as i64).saturating_mul(SECOND), count })
    }

    /// Tells which bin a duration lies in, counted from 0.
    pub fn place_of(&self, duration: i64) -> usize {
        (((duration - self.shortest) / self.width) as usize).min(self.count - 1)
    }

    /// Tells where a bin begins and where the next one does.
    pub fn edges(&self, place: usize) -> (i64, i64) {
        let edge = |place: usize| self.shortest.saturating_add(self.width.saturating_mul(place as i64));
        (edge(place), edge(place + 1))
    }

    /// Counts how many durations each bin holds.
    pub fn counts(&self, durations: &[i64]) -> Vec<i64> {
        let mut counts = vec![0; self.count];
        durations.iter().for_each(|duration| counts[self.place_of(*duration)] += 1);
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The case PH-F15 of docs/semantics/funnels.md.
    #[test]
    fn bins_are_whole_seconds_wide() {
        let durations = [3_600, 2_220, 82_800].map(|seconds| seconds * SECOND);
        let bins = Bins::over(&durations, 7).expect("durations");
        assert_eq!(bins.counts(&durations), [2, 0, 0, 0, 0, 0, 1]);
        assert_eq!(bins.edges(0), (2_220 * SECOND, (2_220 + 11_512) * SECOND));
        assert_eq!(bins.edges(6).1, (2_220 + 7 * 11_512) * SECOND);
    }

    #[test]
    fn the_last_bin_holds_its_end() {
        let durations = [0, 10, 20].map(|seconds| seconds * SECOND);
        assert_eq!(Bins::over(&durations, 2).expect("durations").counts(&durations), [1, 2]);
        assert_eq!(Bins::over(&[5, 5], 3).expect("durations").counts(&[5, 5]), [2, 0, 0]);
        assert_eq!(Bins::over(&[], 3), None);
    }

    proptest! {
        #[test]
        fn every_duration_lies_in_its_bin(durations in prop::collection::vec(0_i64..100_000_000, 1..30), count in 1_usize..12) {
            let bins = Bins::over(&durations, count).expect("durations");
            prop_assert_eq!(bins.counts(&durations).iter().sum::<i64>(), durations.len() as i64);
            for duration in durations {
                let place = bins.place_of(duration);
                let (from, until) = bins.edges(place);
                prop_assert!(from <= duration && (duration < until || (place + 1 == count && duration == until)));
            }
        }
    }
}
