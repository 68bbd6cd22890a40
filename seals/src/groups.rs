//! What is kept of the leaves: for each group of 256 in a row the root of their subtree, the id of the first one and a
//! sketch. 16 groups are a page, which is a row of a table. A log is sealed from what is kept of its end alone.

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::sketch::{self, Sketch};

/// A group is the subtree of this level: it has 2^LEVEL leaves.
pub const LEVEL: u32 = 8;
pub const LEAVES: u64 = 1 << LEVEL;

/// A page is the subtree of this level: it has 16 groups.
pub const PAGE_LEVEL: u32 = 12;
pub const GROUPS: u64 = 1 << (PAGE_LEVEL - LEVEL);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// The id of its first leaf.
    pub first_id: i64,
    pub root: Hash,
    pub sketch: Sketch,
}

impl Group {
    pub const BYTES: usize = 8 + 32 + sketch::BYTES;

    pub fn to_bytes(self) -> [u8; Group::BYTES] {
        let mut bytes = [0; Group::BYTES];
        bytes[..8].copy_from_slice(&self.first_id.to_be_bytes());
        bytes[8..40].copy_from_slice(&self.root);
        bytes[40..].copy_from_slice(&self.sketch.to_bytes());
        bytes
    }

    pub fn from_bytes(bytes: &[u8; Group::BYTES]) -> Group {
        let (first_id, rest) = bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
        let (root, rest) = rest.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let sketch = rest.first_chunk().map(Sketch::from_bytes).unwrap_or_default();
        Group { first_id: i64::from_be_bytes(*first_id), root: *root, sketch }
    }

    /// Reads groups that lie one behind the other; None where the bytes are not those of groups.
    pub fn all_from_bytes(bytes: &[u8]) -> Option<Vec<Group>> {
        let (groups, []) = bytes.as_chunks() else { return None };
        Some(groups.iter().map(Group::from_bytes).collect())
    }
}

/// A page that is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub number: u64,
    /// The root of the subtree of all its leaves.
    pub root: Hash,
    pub groups: Vec<Group>,
}

/// The end of a log that is sealed: what is to be known of it to seal more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tail {
    /// The complete groups of the whole log.
    complete: Frontier,
    /// The leaves after them.
    rest: Frontier,
    /// The first id and the sketch of the rest.
    first_id: i64,
    sketch: Sketch,
    /// The complete groups after the last complete page.
    groups: Vec<Group>,
}

impl Tail {
    /// How many leaves the log has.
    pub fn size(&self) -> u64 {
        self.complete.size() + self.rest.size()
    }

    pub fn root(&self) -> Hash {
        self.complete.root_with(&self.rest)
    }

    /// The groups after the last complete page.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The leaves after the last complete group, as a group that is not complete; None where there are none.
    pub fn rest(&self) -> Option<Group> {
        (self.rest.size() > 0).then(|| Group { first_id: self.first_id, root: self.rest.root(), sketch: self.sketch })
    }

    /// Adds a leaf; gives the page that it completes.
    pub fn push(&mut self, id: i64, leaf: &Hash) -> Option<Page> {
        if self.rest.size() == 0 {
            self.first_id = id;
        }
        self.sketch.add(id, leaf);
        self.rest.push(*leaf);
        if self.rest.size() < LEAVES {
            return None;
        }
        let root = std::mem::take(&mut self.rest).root();
        self.groups.push(Group { first_id: self.first_id, root, sketch: std::mem::take(&mut self.sketch) });
        self.complete.push_subtree(LEVEL, root);
        if (self.groups.len() as u64) < GROUPS {
            return None;
        }
        let groups = std::mem::take(&mut self.groups);
        let number = (self.complete.size() >> PAGE_LEVEL) - 1;
        Some(Page { number, root: page_root(&groups), groups })
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frontier in [&self.complete, &self.rest] {
            let written = frontier.to_bytes();
            bytes.extend((written.len() as u32).to_be_bytes());
            bytes.extend(written);
        }
        bytes.extend(self.first_id.to_be_bytes());
        bytes.extend(self.sketch.to_bytes());
        bytes.extend(self.groups.iter().flat_map(|group| group.to_bytes()));
        bytes
    }

    /// Reads it; None where the bytes are not those of a tail.
    pub fn from_bytes(bytes: &[u8]) -> Option<Tail> {
        let (complete, bytes) = frontier_of(bytes)?;
        let (rest, bytes) = frontier_of(bytes)?;
        let (first_id, bytes) = bytes.split_first_chunk()?;
        let (sketch, bytes) = bytes.split_first_chunk()?;
        let groups = Group::all_from_bytes(bytes)?;
        let is_whole = complete.size().is_multiple_of(LEAVES) && rest.size() < LEAVES;
        let fits = groups.len() as u64 == (complete.size() >> LEVEL) % GROUPS;
        (is_whole && fits).then(|| Tail {
            complete,
            rest,
            first_id: i64::from_be_bytes(*first_id),
            sketch: Sketch::from_bytes(sketch),
            groups,
        })
    }
}

fn frontier_of(bytes: &[u8]) -> Option<(Frontier, &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let (frontier, rest) = bytes.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    Some((Frontier::from_bytes(frontier)?, rest))
}

/// The root of the subtree of a page, by its groups.
pub fn page_root(groups: &[Group]) -> Hash {
    let mut frontier = Frontier::default();
    groups.iter().for_each(|group| frontier.push_subtree(LEVEL, group.root));
    frontier.root()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{leaf_hash, root_of};
    use proptest::prelude::*;

    #[test]
    fn what_is_kept_takes_less_than_half_a_byte_a_leaf() {
        // A row of a page has a header of 24 bytes, a pointer of 4, its number and its root of 32 + 4 bytes.
        let row = 24 + 4 + 8 + 36 + 4 + GROUPS as usize * Group::BYTES;
        let rows = (8192 - 24) / row.next_multiple_of(8);
        assert!(8192.0 / rows as f64 / (1 << PAGE_LEVEL) as f64 <= 0.42, "{rows} rows of {row} bytes in a block");
    }

    /// As 0.1.0 stores it beside a log of 257 leaves: one group that is complete, and a leaf behind it.
    #[test]
    fn a_tail_of_the_first_release_is_read() {
        let stored = crate::hash::tests::bytes(concat!(
            "00000028000000000000010081460f8d0ec5ff6497911f8e1073cbb4fae7b3b05ba542ed7e04932e47acbf7a00000028",
            "0000000000000001bd87b2cda99df5b642ac9c0a97d3bc76f9921e2cce16058faa44bc954dbb065f0000000000000101",
            "1d87b2cda99df5bb053a80774793b1a81fbaf7bedb4559d11ab2b69a209f2bcf0d6950babfcafba516ba0b7a8ac6a110",
            "000000000000000181460f8d0ec5ff6497911f8e1073cbb4fae7b3b05ba542ed7e04932e47acbf7a076e146756cb51c1",
            "0f20b08193d5034d0a2ccb54785efe011afe72a987d2a4d40d8b3df1efe43197005099cbe781a326",
        ));
        let mut tail = Tail::default();
        (1..=257_i64).for_each(|id| {
            tail.push(id, &leaf_hash(&id.to_be_bytes()));
        });
        assert_eq!(Tail::from_bytes(&stored), Some(tail));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_log_is_sealed_in_steps(steps in prop::collection::vec(0usize..3_000, 1..6)) {
            let (mut tail, mut leaves, mut pages) = (Tail::default(), Vec::new(), Vec::new());
            for step in steps {
                for _ in 0..step {
                    let id = 3 * leaves.len() as i64 + 1;
                    let leaf = leaf_hash(&id.to_be_bytes());
                    leaves.push(leaf);
                    pages.extend(tail.push(id, &leaf));
                }
                tail = Tail::from_bytes(&tail.to_bytes()).expect("its own bytes");
                prop_assert_eq!(tail.size(), leaves.len() as u64);
                prop_assert_eq!(tail.root(), root_of(&leaves));
            }
            let groups: Vec<Group> = pages.iter().flat_map(|page| &page.groups).chain(tail.groups()).copied().collect();
            for (n, group) in groups.iter().enumerate() {
                let since = n * LEAVES as usize;
                prop_assert_eq!(group.first_id, 3 * since as i64 + 1);
                prop_assert_eq!(group.root, root_of(&leaves[since..since + LEAVES as usize]));
            }
            for (n, page) in pages.iter().enumerate() {
                prop_assert_eq!(page.number, n as u64);
                let since = n << PAGE_LEVEL;
                prop_assert_eq!(page.root, root_of(&leaves[since..since + (1 << PAGE_LEVEL)]));
            }
            let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_bytes()).collect();
            prop_assert_eq!(Group::all_from_bytes(&bytes), Some(groups));
        }

        #[test]
        fn other_bytes_are_no_tail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            // They may be one by chance, but never panic.
            let _ = Tail::from_bytes(&bytes);
        }
    }
}
