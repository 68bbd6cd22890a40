//! A tree that grows at its end. It keeps the roots of the complete subtrees of which it consists, the largest first: as
//! many as its size has bits that are set, so that a tree of a billion leaves takes less than a kilobyte.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    subtrees: Vec<Hash>,
}

impl Frontier {
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_subtree(0, leaf);
    }

    /// Adds a complete subtree of 2^level leaves, by its root.
    ///
    /// # Panics
    /// Where the size is no multiple of 2^level: the subtree would begin within another one.
    pub fn push_subtree(&mut self, level: u32, root: Hash) {
        assert!(self.size.is_multiple_of(1 << level), "a subtree begins within another one");
        let mut root = root;
        let mut size = self.size >> level;
        while size & 1 == 1 {
            let Some(left) = self.subtrees.pop() else { break };
            root = node_hash(&left, &root);
            size >>= 1;
        }
        self.subtrees.push(root);
        self.size += 1 << level;
    }

    pub fn root(&self) -> Hash {
        self.root_with(&Frontier::default())
    }

    /// Gives the root of the tree that has the leaves of another one behind its own. That one is smaller than each of the
    /// subtrees here.
    pub fn root_with(&self, rest: &Frontier) -> Hash {
        let subtrees = rest.subtrees.iter().rev().chain(self.subtrees.iter().rev());
        subtrees.copied().reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }

    /// Writes it: the size, then the subtrees.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.subtrees.iter().flatten());
        bytes
    }

    /// Reads it; None where the bytes are not those of a frontier.
    pub fn from_bytes(bytes: &[u8]) -> Option<Frontier> {
        let (size, subtrees) = bytes.split_first_chunk()?;
        let size = u64::from_be_bytes(*size);
        let (subtrees, []) = subtrees.as_chunks() else { return None };
        (subtrees.len() == size.count_ones() as usize).then(|| Frontier { size, subtrees: subtrees.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::tests::{ROOTS, hash, leaves};
    use crate::hash::{leaf_hash, root_of};
    use proptest::prelude::*;

    #[test]
    fn it_grows_as_certificate_transparency_does() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), EMPTY_ROOT);
        for (leaf, root) in leaves().into_iter().zip(ROOTS) {
            frontier.push(leaf);
            assert_eq!(frontier.root(), hash(root));
        }
    }

    proptest! {
        #[test]
        fn it_is_the_tree_of_all_its_leaves(count in 0usize..600, level in 0u32..5) {
            let leaves: Vec<Hash> = (0..count as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            let mut frontier = Frontier::default();
            let (subtrees, rest) = leaves.split_at(count >> level << level);
            subtrees.chunks(1 << level).for_each(|subtree| frontier.push_subtree(level, root_of(subtree)));
            rest.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(frontier.size(), count as u64);
            prop_assert_eq!(frontier.root(), root_of(&leaves));
            prop_assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Some(frontier));
        }
    }
}
