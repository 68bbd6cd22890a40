//! Proofs as RFC 6962 2.1 and RFC 9162 2.1.3 and 2.1.4 have them. An inclusion proof shows that a leaf is in the tree of a
//! root; a consistency proof, that the tree of an older root is how that of a newer one begins.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};
use std::fmt;

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The leaf is not in a tree of that size, or the older tree is the larger one.
    Size,
    /// The proof has too few hashes, or too many.
    Length,
    /// The leaf or the older tree is not what the root is of.
    Root,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Size => "no tree of this size has what is to be proved",
            Refused::Length => "the proof has another number of hashes than its sizes need",
            Refused::Root => "the hashes do not lead to the root",
        })
    }
}

/// Gives the inclusion proof of a leaf. `node` gives the root of the complete subtree of 2^level leaves that begins at leaf
/// index * 2^level. The leaf must be in the tree.
pub fn inclusion<E>(index: u64, size: u64, node: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let (mut since, mut until) = (0, size);
    let mut path = Vec::new();
    while until - since > 1 {
        let middle = since + split(until - since);
        if index < middle {
            path.push(subtree(middle, until, node)?);
            until = middle;
        } else {
            path.push(subtree(since, middle, node)?);
            since = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Gives the proof that the tree of old_size leaves is how the tree of new_size begins. It is empty where they are equal, or
/// the older one is. The older tree must not be the larger one.
pub fn consistency<E>(
    old_size: u64,
    new_size: u64,
    node: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut since, mut until) = (0, new_size);
    let mut path = Vec::new();
    if old_size == 0 || old_size == new_size {
        return Ok(path);
    }
    while old_size < until {
        let middle = since + split(until - since);
        if old_size <= middle {
            path.push(subtree(middle, until, node)?);
            until = middle;
        } else {
            path.push(subtree(since, middle, node)?);
            since = middle;
        }
    }
    // The verifier has the root of the older tree, where that is a subtree of the newer one.
    if since > 0 {
        path.push(subtree(since, until, node)?);
    }
    path.reverse();
    Ok(path)
}

/// Gives the root of the tree of the first `size` leaves.
pub fn root<E>(size: u64, node: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(EMPTY_ROOT) } else { subtree(0, size, node) }
}

/// The largest power of two below a size, which is at least 2.
fn split(size: u64) -> u64 {
    size.next_power_of_two() / 2
}

fn subtree<E>(since: u64, until: u64, node: &mut impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    let size = until - since;
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return node(level, since >> level);
    }
    let middle = since + split(size);
    let left = subtree(since, middle, node)?;
    Ok(node_hash(&left, &subtree(middle, until, node)?))
}

/// Verifies that a leaf, by its hash, is the one of that index in the tree of a root (RFC 9162 2.1.3.2).
pub fn verify_inclusion(index: u64, leaf: &Hash, size: u64, root: &Hash, path: &[Hash]) -> Result<(), Refused> {
    if index >= size {
        return Err(Refused::Size);
    }
    let (mut place, mut last) = (index, size - 1);
    let mut found = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(Refused::Length);
        }
        if place & 1 == 1 || place == last {
            found = node_hash(sibling, &found);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            found = node_hash(&found, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    match (last, found == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(Refused::Root),
        _ => Err(Refused::Length),
    }
}

/// Verifies that the tree of the older root is how the tree of the newer one begins (RFC 9162 2.1.4.2).
pub fn verify_consistency(
    (old_size, old_root): (u64, &Hash),
    (new_size, new_root): (u64, &Hash),
    path: &[Hash],
) -> Result<(), Refused> {
    if old_size > new_size {
        return Err(Refused::Size);
    }
    if old_size == 0 || old_size == new_size {
        let expected = if old_size == 0 { &EMPTY_ROOT } else { new_root };
        return match (path.is_empty(), old_root == expected) {
            (false, _) => Err(Refused::Length),
            (true, false) => Err(Refused::Root),
            (true, true) => Ok(()),
        };
    }
    let (mut place, mut last) = (old_size - 1, new_size - 1);
    while place & 1 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let mut rest = path.iter();
    let seed = if old_size.is_power_of_two() { old_root } else { rest.next().ok_or(Refused::Length)? };
    let (mut old, mut new) = (*seed, *seed);
    for sibling in rest {
        if last == 0 {
            return Err(Refused::Length);
        }
        if place & 1 == 1 || place == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    match (last, old == *old_root && new == *new_root) {
        (0, true) => Ok(()),
        (0, false) => Err(Refused::Root),
        _ => Err(Refused::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::tests::{ROOTS, hash, leaves};
    use crate::hash::{leaf_hash, root_of};
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use std::convert::Infallible;

    /// The complete subtrees of a tree that is all there.
    fn nodes(leaves: &[Hash]) -> impl FnMut(u32, u64) -> Result<Hash, Infallible> {
        |level, index| {
            let since = (index << level) as usize;
            Ok(root_of(&leaves[since..since + (1 << level)]))
        }
    }

    fn included(index: u64, leaves: &[Hash]) -> Vec<Hash> {
        let Ok(path) = inclusion(index, leaves.len() as u64, &mut nodes(leaves));
        path
    }

    fn consistent(old_size: u64, leaves: &[Hash]) -> Vec<Hash> {
        let Ok(path) = consistency(old_size, leaves.len() as u64, &mut nodes(leaves));
        path
    }

    fn of(count: usize) -> Vec<Hash> {
        (0..count as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn paths_are_those_of_certificate_transparency() {
        let leaves = leaves();
        for (index, size, path) in [
            (0, 1, vec![]),
            (
                0,
                8,
                vec![
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                vec![
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (2, 3, vec!["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        ] {
            let path: Vec<Hash> = path.into_iter().map(hash).collect();
            assert_eq!(included(index, &leaves[..size]), path, "leaf {index} of {size}");
        }
        for (old, new, path) in [
            (1, 1, vec![]),
            (
                1,
                8,
                vec![
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                6,
                8,
                vec![
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
        ] {
            let path: Vec<Hash> = path.into_iter().map(hash).collect();
            assert_eq!(consistent(old, &leaves[..new]), path, "{old} to {new}");
            let (old_root, new_root) = (hash(ROOTS[old as usize - 1]), hash(ROOTS[new - 1]));
            assert_eq!(verify_consistency((old, &old_root), (new as u64, &new_root), &path), Ok(()));
        }
    }

    #[test]
    fn every_proof_of_small_trees_is_accepted() {
        for count in 1..70_u64 {
            let leaves = of(count as usize);
            let root = root_of(&leaves);
            for index in 0..count {
                let path = included(index, &leaves);
                assert_eq!(verify_inclusion(index, &leaves[index as usize], count, &root, &path), Ok(()));
            }
            for old in 0..=count {
                let (path, old_root) = (consistent(old, &leaves), root_of(&leaves[..old as usize]));
                assert_eq!(verify_consistency((old, &old_root), (count, &root), &path), Ok(()), "{old} to {count}");
            }
        }
    }

    #[test]
    fn an_independent_tree_gives_the_same_root_and_proofs() {
        let mut theirs = MemoryBackedTree::<sha2::Sha256, [u8; 8]>::new();
        for count in 1..40_u64 {
            theirs.push((count - 1).to_be_bytes());
            let leaves = of(count as usize);
            assert_eq!(theirs.root().as_bytes().as_slice(), root_of(&leaves));
            for index in 0..count {
                assert_eq!(theirs.prove_inclusion(index as usize).as_bytes(), included(index, &leaves).concat());
            }
            for old in 1..count {
                let added = (count - old) as usize;
                assert_eq!(theirs.prove_consistency(added).as_bytes(), consistent(old, &leaves).concat());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_other_leaf_place_or_path_is_accepted(count in 1u64..300, at: prop::sample::Index, other: prop::sample::Index, bit in 0usize..256) {
            let leaves = of(count as usize);
            let (root, index) = (root_of(&leaves), at.index(count as usize));
            let path = included(index as u64, &leaves);
            let flipped = |mut hash: Hash| { hash[bit / 8] ^= 1 << (bit % 8); hash };
            let verify = |index: usize, leaf: Hash, root: &Hash, path: &[Hash]| verify_inclusion(index as u64, &leaf, count, root, path);
            prop_assert_eq!(verify(index, leaves[index], &root, &path), Ok(()));
            prop_assert!(verify(index, flipped(leaves[index]), &root, &path).is_err());
            prop_assert!(verify(index, leaves[index], &flipped(root), &path).is_err());
            let another = other.index(count as usize);
            prop_assert_eq!(verify(another, leaves[index], &root, &path).is_ok(), another == index);
            for place in 0..path.len() {
                let mut changed = path.clone();
                changed[place] = flipped(changed[place]);
                prop_assert!(verify(index, leaves[index], &root, &changed).is_err());
            }
            prop_assert!(verify(index, leaves[index], &root, &[path.as_slice(), &[root]].concat()).is_err());
            prop_assert!(path.is_empty() || verify(index, leaves[index], &root, &path[1..]).is_err());
        }

        #[test]
        fn a_tree_that_was_rewritten_is_not_consistent(count in 2u64..300, old: prop::sample::Index, at: prop::sample::Index) {
            let leaves = of(count as usize);
            let old = old.index(count as usize - 1) + 1;
            let old_root = root_of(&leaves[..old]);
            let mut rewritten = leaves.clone();
            rewritten[at.index(old)] = leaf_hash(b"another");
            let path = consistent(old as u64, &rewritten);
            let new_root = root_of(&rewritten);
            prop_assert!(verify_consistency((old as u64, &old_root), (count, &new_root), &path).is_err());
        }
    }
}
