//! Rows of telemetry.changes and telemetry.erasures as leaves, each log with a tree of its own. Twin:
//! sql/seals/sealing.sql.

use crate::error::Error;
use crate::jsonb::Sent;
use crate::seals::{canonical, nodes};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use telemetry_seals::checkpoint;
use telemetry_seals::frontier::Frontier;
use telemetry_seals::hash::{Hash, leaf_hash};
use telemetry_seals::proof;

/// The first byte of the leaf of a row: another encoding would begin with another one. Those of events begin with 1.
const VERSION: u8 = 2;

/// Gives the leaf of a row, as jsonb. A column that is NULL does not count.
#[pg_extern(immutable, parallel_safe)]
fn record_leaf(log: &str, record: Sent<'_>) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&(log.len() as u32).to_be_bytes());
    bytes.extend_from_slice(log.as_bytes());
    canonical::write_record(record.0.container(), &mut bytes);
    leaf_hash(&bytes).to_vec()
}

/// Gives the roots of the trees of the first leaves, which lie one behind the other, by their sizes, which grow.
#[pg_extern(immutable)]
fn roots_of(leaves: &[u8], sizes: Vec<i64>) -> Result<Vec<Vec<u8>>, ErrorReport> {
    let mut frontier = Frontier::default();
    let mut leaves = leaves.chunks(32);
    let mut roots = Vec::with_capacity(sizes.len());
    for size in sizes {
        while frontier.size() < size.max(0) as u64 {
            let Some(leaf) = leaves.next() else { break };
            frontier.push(nodes::hash_of(leaf)?);
        }
        roots.push(frontier.root().to_vec());
    }
    Ok(roots)
}

/// Gives the proof that the tree of the first leaves is how that of more of them begins, in base64.
#[pg_extern(immutable)]
fn consistency_of(leaves: &[u8], old_size: i64, new_size: i64) -> Result<Vec<String>, ErrorReport> {
    let leaves: Vec<Hash> = leaves.chunks(32).map(nodes::hash_of).collect::<Result<_, Error>>()?;
    let mut node = |level: u32, index: u64| {
        let since = (index << level) as usize;
        let subtree = leaves.get(since..since + (1 << level)).ok_or_else(nodes::unreadable)?;
        let mut frontier = Frontier::default();
        subtree.iter().for_each(|leaf| frontier.push(*leaf));
        Ok::<Hash, Error>(frontier.root())
    };
    let path = proof::consistency(old_size.max(0) as u64, new_size.max(0) as u64, &mut node)?;
    Ok(path.iter().map(checkpoint::encode).collect())
}
