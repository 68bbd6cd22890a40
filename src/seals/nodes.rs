//! The tree over the log, as it is kept: its end in telemetry_private.seal_states, pages of 16 groups in
//! telemetry.seal_pages, and what is below a group in the rows themselves, or, where they are gone, in telemetry.kept_leaves
//! and telemetry.kept_groups.

use crate::db::Value;
use crate::db::stream::{Snapshot, stream};
use crate::error::Error;
use crate::log::partitions::windows::ALWAYS;
use crate::seals::leaves::{self, Leaves, each_event};
use pgrx::pg_sys::INT8OID;
use std::collections::BTreeMap;
use telemetry_seals::frontier::Frontier;
use telemetry_seals::groups::{GROUPS, Group, LEAVES, LEVEL, PAGE_LEVEL, Tail};
use telemetry_seals::hash::{Hash, node_hash, root_of};

/// What is kept of an event that was changed or removed with a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The leaf as it was sealed.
    pub sealed: Hash,
    /// The leaf of what the event was changed to; None where it is gone.
    pub present: Option<Hash>,
    pub receipt: [u8; 16],
}

/// Reads what is kept of events with ids in (after_id, last_id]: of each what it was first, and what it is to be now.
pub fn kept(after_id: i64, last_id: i64) -> Result<BTreeMap<i64, Kept>, Error> {
    let sql = "select k.ingest_id, k.receipt_id, k.leaf, k.stays from telemetry.kept_leaves k \
                where k.ingest_id operator(pg_catalog.>) $1 and k.ingest_id operator(pg_catalog.<=) $2 \
                order by k.ingest_id, k.kept_id";
    let arguments = [(INT8OID, Value::Big(after_id)), (INT8OID, Value::Big(last_id))];
    let mut kept: BTreeMap<i64, Kept> = BTreeMap::new();
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        let leaf = hash_of(row.bytes(2).unwrap_or_default())?;
        let receipt = row.uuid(1).unwrap_or_default();
        let stays = row.flag(3);
        kept.entry(row.big(0).unwrap_or_default())
            .and_modify(|kept| *kept = Kept { sealed: kept.sealed, present: stays.then_some(leaf), receipt })
            .or_insert(Kept { sealed: leaf, present: None, receipt });
        Ok(())
    })?;
    Ok(kept)
}

/// Groups all of whose events are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    pub until: u64,
    pub receipt: [u8; 16],
    /// Their leaves, where a seal ends among them.
    pub leaves: Vec<Hash>,
}

/// Reads which of the groups in [since, until) are gone, by the first of each row.
pub fn gone(since: u64, until: u64) -> Result<BTreeMap<u64, Gone>, Error> {
    let sql = "select g.first_group, g.last_group, g.receipt_id, g.leaves from telemetry.kept_groups g \
                where g.last_group operator(pg_catalog.>=) $1 and g.first_group operator(pg_catalog.<) $2";
    let arguments = [(INT8OID, Value::Big(since as i64)), (INT8OID, Value::Big(until as i64))];
    let mut gone = BTreeMap::new();
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        let leaves = row.bytes(3).unwrap_or_default().chunks(32).map(hash_of).collect::<Result<_, _>>()?;
        let until = row.big(1).unwrap_or_default() as u64 + 1;
        gone.insert(
            row.big(0).unwrap_or_default() as u64,
            Gone { until, receipt: row.uuid(2).unwrap_or_default(), leaves },
        );
        Ok(())
    })?;
    Ok(gone)
}

/// A page as it is stored.
pub struct StoredPage {
    pub number: u64,
    pub root: Hash,
    pub groups: Vec<Group>,
}

/// Hands the pages with numbers in [since, until) on, in order.
pub fn each_page(since: u64, until: u64, mut each: impl FnMut(StoredPage) -> Result<(), Error>) -> Result<(), Error> {
    let sql = "select p.page, p.root, p.groups from telemetry.seal_pages p \
                where p.page operator(pg_catalog.>=) $1 and p.page operator(pg_catalog.<) $2 order by p.page";
    let arguments = [(INT8OID, Value::Big(since as i64)), (INT8OID, Value::Big(until as i64))];
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        let groups = Group::all_from_bytes(row.bytes(2).unwrap_or_default())
            .filter(|groups| groups.len() as u64 == GROUPS)
            .ok_or_else(unreadable)?;
        let root = hash_of(row.bytes(1).unwrap_or_default())?;
        each(StoredPage { number: row.big(0).unwrap_or_default() as u64, root, groups })
    })
}

/// The end of the log's tree, and up to which id it goes.
pub struct End {
    pub tail: Tail,
    pub position: i64,
}

/// Reads the end of the tree over the events.
pub fn end() -> Result<End, Error> {
    let sql =
        "select s.tail, s.position from telemetry_private.seal_states s where s.log operator(pg_catalog.=) 'events'";
    let mut end = None;
    stream(sql, &[], Snapshot::OfStatement, |row| {
        let tail = tail_of(row.bytes(0).unwrap_or_default())?;
        end = Some(End { tail, position: row.big(1).unwrap_or_default() });
        Ok(())
    })?;
    end.ok_or_else(unreadable)
}

/// The nodes of the tree, read where they are asked for.
pub struct Nodes {
    pub end: End,
    /// The roots of the pages.
    pages: Vec<Hash>,
    /// The page that was asked for last, and the leaves of the group that was.
    page: Option<(u64, Vec<Group>)>,
    leaves: Option<(u64, Vec<(i64, Hash)>)>,
}

impl Nodes {
    pub fn read() -> Result<Nodes, Error> {
        let end = end()?;
        let count = end.tail.size() >> PAGE_LEVEL;
        let mut pages = Vec::new();
        stream("select p.root from telemetry.seal_pages p order by p.page", &[], Snapshot::OfStatement, |row| {
            pages.push(hash_of(row.bytes(0).unwrap_or_default())?);
            Ok(())
        })?;
        if (pages.len() as u64) < count {
            return Err(unreadable());
        }
        Ok(Nodes { end, pages, page: None, leaves: None })
    }

    /// The root of the subtree of 2^level leaves that begins at leaf index * 2^level. Error: 55000 its leaves are gone.
    pub fn node(&mut self, level: u32, index: u64) -> Result<Hash, Error> {
        if level >= PAGE_LEVEL {
            let span = 1 << (level - PAGE_LEVEL);
            let since = (index << (level - PAGE_LEVEL)) as usize;
            let pages = self.pages.get(since..since + span).ok_or_else(unreadable)?;
            return Ok(complete(pages));
        }
        if level >= LEVEL {
            let span = 1 << (level - LEVEL);
            let roots = (index << (level - LEVEL)..).take(span).map(|group| Ok(self.group(group)?.root));
            return Ok(complete(&roots.collect::<Result<Vec<Hash>, Error>>()?));
        }
        let since = index << level;
        let place = (since % LEAVES) as usize;
        let leaves = self.leaves_of(since >> LEVEL)?;
        let leaves = leaves.get(place..place + (1 << level)).ok_or_else(unreadable)?;
        Ok(root_of(&leaves.iter().map(|(_, hash)| *hash).collect::<Vec<Hash>>()))
    }

    /// Finds a leaf by the id of its event: its index and hash. None where no event of that id was sealed.
    pub fn find(&mut self, id: i64) -> Result<Option<(u64, Hash)>, Error> {
        if id > self.end.position || self.end.tail.size() == 0 {
            return Ok(None);
        }
        let groups = self.end.tail.size().div_ceil(LEAVES);
        let (mut low, mut high) = (0, groups);
        while high - low > 1 {
            let middle = low.midpoint(high);
            if self.group(middle)?.first_id <= id { low = middle } else { high = middle }
        }
        let leaves = self.leaves_of(low)?;
        let place = leaves.iter().position(|(leaf, _)| *leaf == id);
        Ok(place.map(|place| (low * LEAVES + place as u64, leaves[place].1)))
    }

    fn group(&mut self, number: u64) -> Result<Group, Error> {
        let page = number / GROUPS;
        let place = (number % GROUPS) as usize;
        if page >= self.end.tail.size() >> PAGE_LEVEL {
            let groups = self.end.tail.groups();
            let group = groups.get(place).copied().or_else(|| self.end.tail.rest().filter(|_| place == groups.len()));
            return group.ok_or_else(unreadable);
        }
        if self.page.as_ref().is_none_or(|(number, _)| *number != page) {
            each_page(page, page + 1, |stored| {
                self.page = Some((page, stored.groups));
                Ok(())
            })?;
        }
        let groups = self.page.as_ref().filter(|(number, _)| *number == page).map(|(_, groups)| groups);
        groups.and_then(|groups| groups.get(place)).copied().ok_or_else(unreadable)
    }

    /// The leaves of a group with their ids, in order. Those of a group that is gone have no ids of their own.
    fn leaves_of(&mut self, number: u64) -> Result<&[(i64, Hash)], Error> {
        if self.leaves.as_ref().is_none_or(|(known, _)| *known != number) {
            let leaves = self.read_leaves(number)?;
            self.leaves = Some((number, leaves));
        }
        Ok(self.leaves.as_ref().map_or(&[], |(_, leaves)| leaves))
    }

    fn read_leaves(&mut self, number: u64) -> Result<Vec<(i64, Hash)>, Error> {
        let group = self.group(number)?;
        let is_last = (number + 1) * LEAVES >= self.end.tail.size();
        let last_id = if is_last { self.end.position } else { self.group(number + 1)?.first_id.saturating_sub(1) };
        let mut leaves: BTreeMap<i64, Hash> = BTreeMap::new();
        if let Some((_, gone)) = gone(number, number + 1)?.into_iter().next() {
            if gone.leaves.is_empty() {
                return Err(Error::Unprovable {
                    problem: "the events that are asked for expired, and of their leaves only the root of 256 is kept"
                        .into(),
                    hint: "Ask for a size at which telemetry.seals has a seal.".into(),
                });
            }
            leaves.extend(gone.leaves.into_iter().enumerate().map(|(place, hash)| (i64::MIN + place as i64, hash)));
        } else {
            let range = (group.first_id.saturating_sub(1), last_id);
            let mut maker = Leaves::default();
            each_event(vec![ALWAYS], range, Snapshot::OfStatement, |row| {
                leaves.extend(
                    leaves::secret(row).map(|secret| maker.leaf(row, &secret)).map(|leaf| (leaf.id, leaf.hash)),
                );
                Ok(())
            })?;
            leaves.extend(kept(range.0, range.1)?.into_iter().map(|(id, kept)| (id, kept.sealed)));
        }
        let leaves: Vec<(i64, Hash)> = leaves.into_iter().collect();
        let hashes: Vec<Hash> = leaves.iter().map(|(_, hash)| *hash).collect();
        if root_of(&hashes) == group.root { Ok(leaves) } else { Err(changed()) }
    }
}

/// The root of a complete subtree by the roots of equal parts of it.
fn complete(parts: &[Hash]) -> Hash {
    match parts {
        [part] => *part,
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            node_hash(&complete(left), &complete(right))
        }
    }
}

pub fn tail_of(bytes: &[u8]) -> Result<Tail, Error> {
    if bytes.is_empty() { Ok(Tail::default()) } else { Tail::from_bytes(bytes).ok_or_else(unreadable) }
}

pub fn hash_of(bytes: &[u8]) -> Result<Hash, Error> {
    bytes.try_into().map_err(|_| unreadable())
}

/// The roots at some sizes of a tree that begins with what a frontier has.
pub fn root_with(frontier: &Frontier, leaves: &[Hash]) -> Hash {
    let mut rest = Frontier::default();
    leaves.iter().for_each(|leaf| rest.push(*leaf));
    frontier.root_with(&rest)
}

/// Somebody changed what is kept of the tree.
pub fn unreadable() -> Error {
    Error::Unprovable {
        problem: "what telemetry keeps of its seals is not whole".into(),
        hint: "Call telemetry.verify_seals(): it says what differs.".into(),
    }
}

fn changed() -> Error {
    Error::Unprovable {
        problem: "the log is not as it was sealed".into(),
        hint: "Call telemetry.verify_seals(): it says what differs.".into(),
    }
}
