//! Pure: which rows of one destination go one after the other. Rows with the same key form a chain; a row without one is a chain of
//! its own. Chains may be under way at the same time.

use std::collections::HashMap;

/// Each chain holds the places of its rows, in order; chains stand in the order of their first rows.
pub fn chains<'a>(keys: impl Iterator<Item = Option<&'a str>>) -> Vec<Vec<usize>> {
    let mut chains: Vec<Vec<usize>> = Vec::new();
    let mut by_key: HashMap<&str, usize> = HashMap::new();
    for (row, key) in keys.enumerate() {
        match key.and_then(|key| by_key.get(key)) {
            Some(&chain) => chains[chain].push(row),
            None => {
                if let Some(key) = key {
                    by_key.insert(key, chains.len());
                }
                chains.push(vec![row]);
            }
        }
    }
    chains
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_key() {
        let keys = [Some("a"), Some("b"), None, Some("a"), None, Some("b")];
        assert_eq!(chains(keys.into_iter()), [vec![0, 3], vec![1, 5], vec![2], vec![4]]);
        assert!(chains(std::iter::empty()).is_empty());
    }

    proptest! {
        /// Every row is in one chain; rows of a key are in one chain, in order.
        #[test]
        fn every_row_once(keys in proptest::collection::vec(proptest::option::of("[a-d]"), 0..60)) {
            let chains = chains(keys.iter().map(Option::as_deref));
            let mut rows: Vec<usize> = chains.iter().flatten().copied().collect();
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..keys.len()).collect::<Vec<_>>());
            for chain in &chains {
                prop_assert!(chain.is_sorted());
                prop_assert!(chain.len() == 1 || chain.iter().all(|&row| keys[row].is_some() && keys[row] == keys[chain[0]]));
            }
            let with_key: std::collections::HashSet<_> = keys.iter().flatten().collect();
            prop_assert_eq!(chains.len(), with_key.len() + keys.iter().filter(|key| key.is_none()).count());
        }
    }
}
