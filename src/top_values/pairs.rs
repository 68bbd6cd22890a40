//! Pure: how many distinct actors each value has, of any number of values: pairs of both, sorted now and then. A set of
//! actors for each value would take 8 KiB for one that a single actor has.

/// Pairs that are sorted together at least.
const LEAST: usize = 1 << 18;

const ACTOR_BITS: u32 = 16;

/// More pairs than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

/// The pairs of one band at a time.
#[derive(Debug)]
pub struct Pairs {
    pairs: Vec<u64>,
    /// So many pairs are sorted, and those that are there twice dropped.
    room: usize,
    /// The most pairs that may be held.
    most: usize,
}

impl Pairs {
    /// `limit`: bytes that may be held.
    pub fn new(limit: usize) -> Pairs {
        let most = limit / size_of::<u64>();
        Pairs { pairs: Vec::new(), room: LEAST.min(most), most }
    }

    pub fn add(&mut self, value: u32, actor: u16) -> Result<(), Full> {
        let pair = u64::from(value) << ACTOR_BITS | u64::from(actor);
        // An actor's events of one value often come together.
        if self.pairs.last() == Some(&pair) {
            return Ok(());
        }
        if self.pairs.len() >= self.room {
            self.compact();
            let room = (2 * self.pairs.len()).max(LEAST);
            self.room = room.min(self.most);
            if self.pairs.len() >= self.room {
                return Err(Full);
            }
            self.pairs.reserve_exact(self.room - self.pairs.len());
        }
        self.pairs.push(pair);
        Ok(())
    }

    /// Calls the visitor with each value that has actors, ascending, and their number; then forgets all.
    pub fn end_band(&mut self, mut visitor: impl FnMut(u32, i64)) {
        self.compact();
        for of_value in self.pairs.chunk_by(|one, other| one >> ACTOR_BITS == other >> ACTOR_BITS) {
            visitor((of_value[0] >> ACTOR_BITS) as u32, of_value.len() as i64);
        }
        self.pairs.clear();
    }

    fn compact(&mut self) {
        self.pairs.sort_unstable();
        self.pairs.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn counted(pairs: &mut Pairs) -> BTreeMap<u32, i64> {
        let mut counts = BTreeMap::new();
        pairs.end_band(|value, actors| assert_eq!(counts.insert(value, actors), None));
        counts
    }

    #[test]
    fn what_is_there_many_times_takes_no_room() {
        let mut pairs = Pairs::new(8 * 1000);
        for _ in 0..10 {
            for actor in 0..900 {
                assert_eq!(pairs.add(u32::MAX, actor), Ok(()));
            }
        }
        assert_eq!(counted(&mut pairs), [(u32::MAX, 900)].into());
        assert_eq!(counted(&mut pairs), [].into());
        let taken = (0..2000).take_while(|actor| pairs.add(1, *actor) == Ok(())).count();
        assert_eq!(taken, 1000);
        assert_eq!(Pairs::new(0).add(1, 1), Err(Full));
    }

    proptest! {
        #[test]
        fn actors_are_counted_once(added in prop::collection::vec((0u32..5, 0u16..40), 0..300), limit in 200usize..400) {
            let mut pairs = Pairs::new(8 * limit);
            let mut naive: BTreeMap<u32, BTreeSet<u16>> = BTreeMap::new();
            for (value, actor) in added {
                prop_assert_eq!(pairs.add(value, actor), Ok(()));
                naive.entry(value).or_default().insert(actor);
            }
            let naive: BTreeMap<u32, i64> = naive.into_iter().map(|(value, actors)| (value, actors.len() as i64)).collect();
            prop_assert_eq!(counted(&mut pairs), naive);
        }
    }
}
