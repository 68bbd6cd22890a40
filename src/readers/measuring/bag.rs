//! Pure: counts how often each of many numbers occurs. Numbers that were put in lately are a list; when it is long, or
//! whoever holds many bags needs the room, it is made into runs: as many as there are different numbers, and nothing is
//! hashed.

/// A bag of numbers, of which each stands for a value.
#[derive(Debug, Clone, Default)]
pub struct Bag {
    fresh: Vec<u32>,
    /// Each number and how often it occurs, ascending.
    runs: Vec<(u32, u64)>,
}

/// The least length of a list that is sorted into the runs.
const FRESH: usize = 1 << 20;

impl Bag {
    pub fn push(&mut self, value: u32) {
        self.fresh.push(value);
        if self.fresh.len() >= FRESH.max(self.runs.len()) {
            self.settle();
        }
    }

    pub fn memory(&self) -> usize {
        self.fresh.capacity() * size_of::<u32>() + self.runs.capacity() * size_of::<(u32, u64)>()
    }

    /// Makes the list into runs and frees its room.
    pub fn shrink(&mut self) {
        self.settle();
        self.fresh = Vec::new();
    }

    /// Returns each number once, ascending, with how often it occurs.
    pub fn into_runs(mut self) -> Vec<(u32, u64)> {
        self.settle();
        self.runs
    }

    fn settle(&mut self) {
        let highest = self.fresh.iter().copied().max().unwrap_or(0) as usize;
        if highest < 2 * self.fresh.len() {
            // Few different numbers: counted where they are, not sorted.
            let mut counts = vec![0_u32; highest + 1];
            self.fresh.iter().for_each(|value| counts[*value as usize] += 1);
            let counted = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            self.runs = merged(&self.runs, counted.map(|(value, count)| (value as u32, u64::from(*count))));
        } else {
            self.fresh.sort_unstable();
            let runs = self.fresh.chunk_by(|one, next| one == next).map(|run| (run[0], run.len() as u64));
            self.runs = merged(&self.runs, runs);
        }
        self.fresh.clear();
    }
}

/// Merges two lists of numbers and counts; both are ascending.
fn merged(old: &[(u32, u64)], new: impl Iterator<Item = (u32, u64)>) -> Vec<(u32, u64)> {
    let mut all = Vec::with_capacity(old.len());
    let mut rest = old.iter().copied().peekable();
    for (value, count) in new {
        while let Some(before) = rest.next_if(|(known, _)| *known < value) {
            all.push(before);
        }
        let known = rest.next_if(|(known, _)| *known == value).map_or(0, |(_, known)| known);
        all.push((value, known + count));
    }
    all.extend(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn counts_what_was_put_in(values in prop::collection::vec(prop_oneof![1u32..30, 1u32..5000], 0..200)) {
            let mut bag = Bag::default();
            let mut naive: BTreeMap<u32, u64> = BTreeMap::new();
            for (n, value) in values.iter().enumerate() {
                bag.push(*value);
                *naive.entry(*value).or_default() += 1;
                if n % 50 == 0 {
                    bag.settle();
                }
            }
            prop_assert_eq!(bag.into_runs(), naive.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn few_different_numbers_stay_small() {
        let mut bag = Bag::default();
        (0..3 * FRESH as u32).for_each(|n| bag.push(n % 100 + 1));
        assert!(bag.memory() <= 2 * FRESH * size_of::<u32>(), "{}", bag.memory());
        assert!(bag.into_runs().iter().all(|(_, count)| *count >= 3 * FRESH as u64 / 100));
    }
}
