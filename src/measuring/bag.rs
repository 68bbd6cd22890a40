//! Pure: how often each of many numbers occurs. What was put in lately is a list; from time to time it is sorted into
//! runs, so that the size is bounded by the different numbers, and nothing is hashed.

/// A bag of numbers of values.
#[derive(Debug, Clone, Default)]
pub struct Bag {
    fresh: Vec<u32>,
    /// A number and how often, ascending.
    runs: Vec<(u32, u64)>,
    len: u64,
}

/// The list that is sorted into the runs is at least so long.
const FRESH: usize = 1 << 20;

impl Bag {
    pub fn push(&mut self, value: u32) {
        self.len += 1;
        self.fresh.push(value);
        self.settle_some();
    }

    pub fn merge(&mut self, other: Bag) {
        self.len += other.len;
        self.fresh.extend(other.fresh);
        if other.runs.is_empty() {
            self.settle_some();
        } else {
            self.settle();
            self.runs = merged(&self.runs, other.runs.into_iter());
        }
    }

    /// How many were put in.
    pub fn len(&self) -> u64 {
        self.len
    }

    pub fn memory(&self) -> usize {
        self.fresh.capacity() * size_of::<u32>() + self.runs.capacity() * size_of::<(u32, u64)>()
    }

    /// Each number once, ascending, and how often it is there.
    pub fn into_runs(mut self) -> Vec<(u32, u64)> {
        self.settle();
        self.runs
    }

    fn settle_some(&mut self) {
        if self.fresh.len() >= FRESH.max(self.runs.len()) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.fresh.sort_unstable();
        let runs = self.fresh.chunk_by(|one, next| one == next).map(|run| (run[0], run.len() as u64));
        self.runs = merged(&self.runs, runs);
        self.fresh.clear();
    }
}

/// Both ascending.
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
        fn counts_what_was_put_in(parts in prop::collection::vec(prop::collection::vec(1u32..30, 0..60), 1..6)) {
            let mut bag = Bag::default();
            let mut naive: BTreeMap<u32, u64> = BTreeMap::new();
            for (n, part) in parts.iter().enumerate() {
                let mut other = Bag::default();
                for value in part {
                    *naive.entry(*value).or_default() += 1;
                    if n % 2 == 0 { bag.push(*value) } else { other.push(*value) }
                }
                bag.merge(other);
            }
            prop_assert_eq!(bag.len(), parts.iter().map(Vec::len).sum::<usize>() as u64);
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
