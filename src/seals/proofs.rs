//! Checkpoints and proofs of the log. Twin: sql/seals/checkpoints.sql.

use crate::error::Error;
use crate::seals::nodes::{self, Nodes};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use telemetry_seals::checkpoint::{self, Checkpoint};
use telemetry_seals::proof;

/// Writes a checkpoint.
#[pg_extern(immutable)]
fn checkpoint_text(origin: &str, size: i64, root: &[u8]) -> Result<String, ErrorReport> {
    let root = nodes::hash_of(root)?;
    Ok(Checkpoint { origin: origin.into(), size: size.max(0) as u64, root, extensions: Vec::new() }.text())
}

/// Reads a checkpoint, or a signed note of one. Error: 22023 it is none.
#[pg_extern(immutable)]
#[allow(clippy::type_complexity)]
fn checkpoint_parts(
    checkpoint: &str,
) -> Result<TableIterator<'static, (name!(origin, String), name!(size, i64), name!(root, Vec<u8>))>, ErrorReport> {
    let none = |problem: String| {
        Error::BadArgument {
        problem: format!("this is no checkpoint: {problem}"),
        hint: "A checkpoint is the text of telemetry.checkpoint(), or a signed note of it: give it whole, with its line ends.".into(),
    }
    };
    let Checkpoint { origin, size, root, .. } =
        Checkpoint::parse(checkpoint).map_err(|problem| none(problem.to_string()))?;
    let size = i64::try_from(size).map_err(|_| none("its size is larger than that of any log".into()))?;
    Ok(TableIterator::once((origin, size, root.to_vec())))
}

/// Gives the proof that the tree over the events was how a newer one begins, in base64.
#[pg_extern(stable)]
fn proof_of_consistency(old_size: i64, new_size: i64) -> Result<Vec<String>, ErrorReport> {
    let mut nodes = Nodes::read()?;
    let path = proof::consistency(old_size.max(0) as u64, new_size.max(0) as u64, &mut |level, index| {
        nodes.node(level, index)
    })?;
    Ok(path.iter().map(checkpoint::encode).collect())
}

/// Gives the proof that the event of an id is in the tree of a size: its index, its leaf and the path, in base64. Nothing
/// where it was not sealed by then.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn proof_of_inclusion(
    ingest_id: i64,
    size: i64,
) -> Result<TableIterator<'static, (name!(leaf_index, i64), name!(leaf, String), name!(path, Vec<String>))>, ErrorReport>
{
    let mut nodes = Nodes::read()?;
    let size = size.max(0) as u64;
    let Some((index, leaf)) = nodes.find(ingest_id)?.filter(|(index, _)| *index < size) else {
        return Ok(TableIterator::new(std::iter::empty()));
    };
    let path = proof::inclusion(index, size, &mut |level, index| nodes.node(level, index))?;
    let row = (index as i64, checkpoint::encode(&leaf), path.iter().map(checkpoint::encode).collect());
    Ok(TableIterator::once(row))
}
