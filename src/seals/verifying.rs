//! The log against its seals: every leaf is made anew from its row, and what differs is named. Twin:
//! sql/seals/verify_seals.sql.
//!
//! Of each 256 events the root of their subtree is kept, and a sketch by which up to three of them that differ are told
//! apart. So what is kept names the event, and the roots alone prove that it was kept as it was.

mod findings;
mod group;

use crate::db::stream::{Snapshot, array, stream};
use crate::error::Error;
use crate::log::partitions::windows::ALWAYS;
use crate::seals::leaves::{self, Leaf, Leaves, each_event};
use crate::seals::nodes::{self, End};
use findings::{Finding, Findings, Suspect};
use foldhash::HashMap;
use pgrx::pg_sys::INT8ARRAYOID;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use telemetry_seals::frontier::Frontier;
use telemetry_seals::groups::{GROUPS, Group, LEAVES, LEVEL, PAGE_LEVEL, page_root};
use telemetry_seals::hash::Hash;
use telemetry_seals::sketch::Fingerprint;

/// So many groups are compared at a time: a million events, in some 50 MB.
const GROUPS_AT_ONCE: usize = 4_096;

/// Whether an event stands where another one was sealed is looked for among so many that differ.
const MOST_SUSPECTS: usize = 500;

/// What the root of a size must be, and who says so.
struct Expected {
    size: u64,
    root: Hash,
    by: Witness,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Witness {
    Head,
    End,
    Checkpoint,
}

/// Compares the events with their seals, and these with a checkpoint that was kept elsewhere.
#[pg_extern(stable)]
#[allow(clippy::type_complexity)]
fn verify_events(
    checkpoint_size: Option<i64>,
    checkpoint_root: Option<&[u8]>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(what, String),
            name!(ok, bool),
            name!(first_id, Option<i64>),
            name!(last_id, Option<i64>),
            name!(events, i64),
            name!(receipt_id, Option<pgrx::Uuid>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let checkpoint = match (checkpoint_size, checkpoint_root) {
        (Some(size), Some(root)) => {
            Some(Expected { size: size.max(0) as u64, root: nodes::hash_of(root)?, by: Witness::Checkpoint })
        }
        _ => None,
    };
    let findings = match Verifying::begin(checkpoint).and_then(Verifying::run) {
        Err(Error::Unprovable { problem, .. }) => vec![Finding::of_seals(problem)],
        findings => findings?,
    };
    let row = |finding: Finding| {
        let Finding { what, ok, ids, events, receipt, detail } = finding;
        let receipt = receipt.map(pgrx::Uuid::from_bytes);
        (what.to_string(), ok, ids.map(|ids| ids.0), ids.map(|ids| ids.1), events, receipt, detail)
    };
    Ok(TableIterator::new(findings.into_iter().map(row)))
}

struct Verifying {
    end: End,
    /// The complete groups, then the one that is not, where there is one.
    groups: Vec<Group>,
    /// In order of size.
    expected: std::iter::Peekable<std::vec::IntoIter<Expected>>,
    /// The tree so far, by the roots that are kept.
    frontier: Frontier,
    findings: Findings,
}

impl Verifying {
    fn begin(checkpoint: Option<Expected>) -> Result<Verifying, Error> {
        let end = nodes::end()?;
        let mut findings = Findings::new(kinds_of_receipts()?);
        let mut expected = heads()?;
        expected.push(Expected { size: end.tail.size(), root: end.tail.root(), by: Witness::End });
        expected.extend(checkpoint);
        expected.sort_by_key(|expected| expected.size);
        let mut groups: Vec<Group> = Vec::new();
        let pages = end.tail.size() >> PAGE_LEVEL;
        nodes::each_page(0, i64::MAX as u64, |page| {
            let (is_next, is_whole) =
                (page.number == groups.len() as u64 / GROUPS, page_root(&page.groups) == page.root);
            if page.number >= pages || !is_next {
                findings.add(Finding::of_seals(format!(
                    "page {} of telemetry.seal_pages is not the next one",
                    page.number
                )));
                return Ok(());
            }
            if !is_whole {
                findings
                    .add(Finding::of_seals(format!("page {} of telemetry.seal_pages has another root", page.number)));
            }
            groups.extend(page.groups);
            Ok(())
        })?;
        if (groups.len() as u64) < pages * GROUPS {
            let missing = pages - groups.len() as u64 / GROUPS;
            findings.add(Finding::of_seals(format!(
                "{missing} pages of telemetry.seal_pages are missing: what they are of cannot be compared"
            )));
            groups.clear();
        } else {
            groups.extend(end.tail.groups());
            groups.extend(end.tail.rest());
        }
        Ok(Verifying {
            end,
            groups,
            expected: expected.into_iter().peekable(),
            frontier: Frontier::default(),
            findings,
        })
    }

    fn run(mut self) -> Result<Vec<Finding>, Error> {
        self.settle_roots(&[]);
        for since in (0..self.groups.len()).step_by(GROUPS_AT_ONCE) {
            self.compare(since, (since + GROUPS_AT_ONCE).min(self.groups.len()))?;
        }
        self.put_in_order()?;
        self.unsettled();
        let (size, root) = (self.end.tail.size(), self.end.tail.root());
        Ok(self.findings.finish(size, &root, self.end.position))
    }

    /// Compares the groups in [since, until).
    fn compare(&mut self, since: usize, until: usize) -> Result<(), Error> {
        let after_id = if since == 0 { i64::MIN } else { self.groups[since].first_id.saturating_sub(1) };
        let last_id = self.last_id(until - 1);
        let mut rows: Vec<Leaf> = Vec::new();
        let mut maker = Leaves::default();
        each_event(vec![ALWAYS], (after_id, last_id), Snapshot::OfStatement, |row| {
            // Without its secret an event cannot be what was sealed.
            let leaf = leaves::secret(row).map(|secret| maker.leaf(row, &secret));
            rows.push(leaf.unwrap_or(Leaf { id: row.big(0).unwrap_or_default(), hash: [0; 32] }));
            Ok(())
        })?;
        rows.sort_unstable_by_key(|leaf| leaf.id);
        let kept = nodes::kept(after_id, last_id)?;
        let gone = nodes::gone(since as u64, until as u64)?;
        let mut rows = rows.as_slice();
        for number in since..until {
            let last_id = self.last_id(number);
            let (own, rest) = rows.split_at(rows.partition_point(|leaf| leaf.id <= last_id));
            rows = rest;
            let first_id = if number == 0 { i64::MIN } else { self.groups[number].first_id };
            let sealed = group::Sealed { group: self.groups[number], count: self.count(number), last_id };
            let gone = gone.range(..=number as u64).next_back().filter(|(_, gone)| (number as u64) < gone.until);
            let leaves = match gone {
                Some((_, gone)) => sealed.gone(own, gone, &mut self.findings),
                None if first_id <= last_id => sealed.compare(own, kept.range(first_id..=last_id), &mut self.findings),
                None => None,
            };
            self.settle_inner(number, leaves.as_deref());
            if sealed.count == LEAVES {
                self.frontier.push_subtree(LEVEL, sealed.group.root);
                self.settle_roots(&[]);
            }
        }
        Ok(())
    }

    fn count(&self, number: usize) -> u64 {
        (self.end.tail.size() - number as u64 * LEAVES).min(LEAVES)
    }

    fn last_id(&self, number: usize) -> i64 {
        self.groups.get(number + 1).map_or(self.end.position, |next| next.first_id.saturating_sub(1))
    }

    /// Looks at the seals that end within a group, whose leaves are known or not.
    fn settle_inner(&mut self, number: usize, leaves: Option<&[Hash]>) {
        let since = number as u64 * LEAVES;
        let until = since + self.count(number);
        while let Some(expected) =
            self.expected.next_if(|expected| expected.size < since + LEAVES && expected.size <= until)
        {
            let root = leaves.and_then(|leaves| leaves.get(..(expected.size - since) as usize));
            self.settle(&expected, root.map(|leaves| nodes::root_with(&self.frontier, leaves)));
        }
    }

    /// Looks at the seals that end where the tree ends so far.
    fn settle_roots(&mut self, leaves: &[Hash]) {
        let size = self.frontier.size() + leaves.len() as u64;
        while let Some(expected) = self.expected.next_if(|expected| expected.size == size) {
            self.settle(&expected, Some(nodes::root_with(&self.frontier, leaves)));
        }
    }

    fn settle(&mut self, expected: &Expected, root: Option<Hash>) {
        let size = expected.size;
        let is_right = root.map(|root| root == expected.root);
        match (expected.by, is_right) {
            (Witness::Head | Witness::End, Some(true)) => (),
            // What is different within the group is told already.
            (Witness::Head | Witness::End, None) => (),
            (Witness::Head, Some(false)) => {
                self.findings
                    .add(Finding::of_head(format!("the seal of {size} events in telemetry.seals has another root")));
            }
            (Witness::End, Some(false)) => {
                self.findings.add(Finding::of_seals(
                    "the end of the tree in telemetry_private.seal_states has another root".into(),
                ));
            }
            (Witness::Checkpoint, Some(true)) => {
                self.findings.add(Finding::of_checkpoint(true, size, "it is of this log".into()))
            }
            (Witness::Checkpoint, Some(false)) => {
                let detail = "the first events of this log have another root: the log and its seals were rewritten, or this checkpoint was never its own";
                self.findings.add(Finding::of_checkpoint(false, size, detail.into()));
            }
            (Witness::Checkpoint, None) => {
                let detail = "it cannot be compared: some of the last 256 events below it differ from what was sealed, or are gone";
                self.findings.add(Finding::of_checkpoint(false, size, detail.into()));
            }
        }
    }

    /// Tells of seals that the walk did not come to.
    fn unsettled(&mut self) {
        while let Some(expected) = self.expected.next() {
            let size = expected.size;
            match expected.by {
                Witness::Head => self.findings.add(Finding::of_head(format!(
                    "the seal of {size} events in telemetry.seals is of more events than the tree has"
                ))),
                Witness::End => (),
                Witness::Checkpoint => self.settle(&expected, None),
            }
        }
    }

    /// Finds events that stand where another one was sealed: with the other id they would have its leaf.
    fn put_in_order(&mut self) -> Result<(), Error> {
        let suspects: Vec<Suspect> = self.findings.suspects().take(MOST_SUSPECTS).copied().collect();
        let ids: Vec<i64> = suspects.iter().filter(|suspect| suspect.is_there).map(|suspect| suspect.id).collect();
        if ids.is_empty() || suspects.iter().all(|suspect| suspect.sealed == Fingerprint::NONE) {
            return Ok(());
        }
        let mut moved = Vec::new();
        let mut maker = Leaves::default();
        let sql = leaves::events_where("e.ingest_id operator(pg_catalog.=) any ($1)");
        let arguments = [(INT8ARRAYOID, array(ids))];
        stream(&sql, &arguments, Snapshot::OfStatement, |row| {
            let (Some(id), Some(secret)) = (row.big(0), leaves::secret(row)) else { return Ok(()) };
            for other in suspects.iter().filter(|other| other.id != id && other.sealed != Fingerprint::NONE) {
                if Fingerprint::of(&maker.leaf_as(row, other.id, &secret)) == other.sealed {
                    moved.push((id, other.id));
                }
            }
            Ok(())
        })?;
        for (id, sealed_as) in moved {
            self.findings.out_of_order(id, sealed_as);
        }
        Ok(())
    }
}

fn heads() -> Result<Vec<Expected>, Error> {
    let mut heads = Vec::new();
    let sql = "select s.size, s.root from telemetry.seals s where s.log operator(pg_catalog.=) 'events'";
    stream(sql, &[], Snapshot::OfStatement, |row| {
        let root = nodes::hash_of(row.bytes(1).unwrap_or_default())?;
        heads.push(Expected { size: row.big(0).unwrap_or_default() as u64, root, by: Witness::Head });
        Ok(())
    })?;
    Ok(heads)
}

/// What the receipts say that was done.
fn kinds_of_receipts() -> Result<HashMap<[u8; 16], String>, Error> {
    let mut kinds = HashMap::default();
    stream("select r.receipt_id, r.kind from telemetry.erasures r", &[], Snapshot::OfStatement, |row| {
        kinds.insert(row.uuid(0).unwrap_or_default(), row.text(1).unwrap_or_default().into());
        Ok(())
    })?;
    Ok(kinds)
}
