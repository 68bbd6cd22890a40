//! What the tree needs of a partition that is removed whole. Twin: sql/seals/keeping.sql.

use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{Snapshot, stream, stream_latest_rows};
use crate::error::Error;
use crate::seals::leaves::{self, Leaves, events_of};
use crate::seals::nodes::{self, Kept};
use pgrx::pg_sys::INT8OID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use telemetry_seals::groups::{Group, LEAVES};

/// Where so many groups of a million events need their leaves, all of these are read at once.
const MANY: usize = 64;
const GROUPS_AT_ONCE: usize = 4_096;

/// Tells which groups are gone once the events of a partition are: runs of them, and single ones with their leaves, where a
/// seal ends among these. `ids` are the sealed events of the partition in other groups, whose leaves are to be kept.
#[pg_extern(volatile)]
#[allow(clippy::type_complexity)]
fn sealed_ids(
    partition: &str,
) -> Result<
    TableIterator<
        'static,
        (
            name!(first_groups, Vec<i64>),
            name!(last_groups, Vec<i64>),
            name!(leaves, Vec<Vec<u8>>),
            name!(ids, Vec<i64>),
        ),
    >,
    ErrorReport,
> {
    let end = nodes::end()?;
    let mut groups: Vec<Group> = Vec::new();
    nodes::each_page(0, i64::MAX as u64, |page| {
        groups.extend(page.groups);
        Ok(())
    })?;
    groups.extend(end.tail.groups());
    let complete = groups.len();
    groups.extend(end.tail.rest());
    let mut own = ids_of(partition, end.position)?;
    own.sort_unstable();
    let (Some(first), Some(last)) = (own.first(), own.last()) else {
        return Ok(TableIterator::once(Default::default()));
    };
    let kept = nodes::kept(*first - 1, *last)?;
    let ends_inside = ends_inside()?;
    let (mut whole, mut ids) = (Vec::new(), Vec::new());
    let mut rest = own.as_slice();
    let begin = groups.partition_point(|group| group.first_id <= *first).saturating_sub(1);
    for number in begin..groups.len() {
        if rest.is_empty() {
            break;
        }
        let next_id = groups.get(number + 1).map_or(i64::MAX, |next| next.first_id);
        let (inside, behind) = rest.split_at(rest.partition_point(|id| *id < next_id));
        rest = behind;
        if number < complete && is_whole(inside, groups[number].first_id..next_id, &kept) {
            whole.push(number);
        } else {
            ids.extend_from_slice(inside);
        }
    }
    let with_leaves: Vec<usize> =
        whole.iter().copied().filter(|number| ends_inside.contains(&(*number as u64))).collect();
    let mut leaves = leaves_of(partition, &groups, &with_leaves, end.position, &kept)?;
    let (mut first_groups, mut last_groups, mut bytes): (Vec<i64>, Vec<i64>, Vec<Vec<u8>>) = Default::default();
    let mut last_has_leaves = true;
    for number in whole {
        let own = leaves.remove(&number);
        let (number, has_leaves) = (number as i64, own.is_some());
        match last_groups.last_mut() {
            Some(last) if *last + 1 == number && !has_leaves && !last_has_leaves => *last = number,
            _ => {
                first_groups.push(number);
                last_groups.push(number);
                bytes.push(own.unwrap_or_default());
            }
        }
        last_has_leaves = has_leaves;
    }
    Ok(TableIterator::once((first_groups, last_groups, bytes, ids)))
}

/// Whether these events and those that are gone already are all of a group.
fn is_whole(inside: &[i64], ids: std::ops::Range<i64>, kept: &BTreeMap<i64, Kept>) -> bool {
    if inside.len() as u64 == LEAVES {
        return true;
    }
    let gone = kept.range(ids).filter(|(_, kept)| kept.present.is_none()).count();
    (inside.len() + gone) as u64 == LEAVES
}

fn ids_of(partition: &str, position: i64) -> Result<Vec<i64>, Error> {
    let mut ids = Vec::new();
    let sql = format!("select e.ingest_id from {partition} e where e.ingest_id operator(pg_catalog.<=) $1");
    stream(&sql, &[(INT8OID, Value::Big(position))], Snapshot::Latest, |row| {
        ids.extend(row.big(0));
        Ok(())
    })?;
    Ok(ids)
}

/// The groups in which a seal ends.
fn ends_inside() -> Result<BTreeSet<u64>, Error> {
    let mut groups = BTreeSet::new();
    let sql = "select s.size from telemetry.seals s where s.log operator(pg_catalog.=) 'events'";
    stream(sql, &[], Snapshot::OfStatement, |row| {
        let size = row.big(0).unwrap_or_default() as u64;
        groups.extend((!size.is_multiple_of(LEAVES)).then_some(size / LEAVES));
        Ok(())
    })?;
    Ok(groups)
}

/// The leaves of some groups, each one behind the other.
fn leaves_of(
    partition: &str,
    groups: &[Group],
    wanted: &[usize],
    position: i64,
    kept: &BTreeMap<i64, Kept>,
) -> Result<BTreeMap<usize, Vec<u8>>, Error> {
    let mut leaves: BTreeMap<usize, BTreeMap<i64, [u8; 32]>> = BTreeMap::new();
    let last_id = |number: usize| groups.get(number + 1).map_or(position, |next| next.first_id.saturating_sub(1));
    let mut maker = Leaves::default();
    for near in wanted.chunk_by(|one, other| one / GROUPS_AT_ONCE == other / GROUPS_AT_ONCE) {
        let ranges: Vec<(usize, usize)> = match near {
            [first, .., last] if near.len() > MANY => vec![(*first, *last)],
            _ => near.iter().map(|number| (*number, *number)).collect(),
        };
        for (first, last) in ranges {
            let mut rows = Clauses::after(events_of(partition, "true"));
            rows.compare("e.ingest_id", ">=", INT8OID, Value::Big(groups[first].first_id));
            rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(last_id(last)));
            stream_latest_rows(&rows.sql, &rows.arguments, Snapshot::Latest, |row| {
                let Some(secret) = leaves::secret(row) else { return Ok(()) };
                let leaf = maker.leaf(row, &secret);
                let number = groups.partition_point(|group| group.first_id <= leaf.id).saturating_sub(1);
                leaves.entry(number).or_default().insert(leaf.id, leaf.hash);
                Ok(())
            })?;
        }
    }
    let mut written = BTreeMap::new();
    for number in wanted {
        let mut own = leaves.remove(number).unwrap_or_default();
        own.extend(kept.range(groups[*number].first_id..=last_id(*number)).map(|(id, kept)| (*id, kept.sealed)));
        written.insert(*number, own.into_values().flatten().collect());
    }
    Ok(written)
}
