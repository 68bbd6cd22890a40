//! Pure: the rows of an export against what was sealed, 256 in a row at a time. The groups that the database handed out are believed
//! because their tree has the root that was signed.

use std::collections::BTreeMap;

use telemetry_seals::checkpoint::Checkpoint;
use telemetry_seals::frontier::Frontier;
use telemetry_seals::groups::{Group, LEAVES, LEVEL};
use telemetry_seals::hash::{Hash, root_of};
use telemetry_seals::sketch::Sketch;

use super::handed::Handed;

/// The leaf of a row, by its ingest_id; none where the secret of its person is not there.
pub type Rows = BTreeMap<i64, Option<Hash>>;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Rows that have the leaf that was sealed.
    pub proved: u64,
    /// Entries that are not in the export, and whose leaves the database kept.
    pub gone: u64,
    /// Rows that the database says were erased or changed: what was sealed is not what they are, or cannot be computed any more.
    pub unproved: Vec<i64>,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
}

/// Compares as many entries as the checkpoint has. An error is what cannot be compared.
pub fn compare(rows: &Rows, handed: &Handed, head: &Checkpoint) -> Result<Found, String> {
    let full = usize::try_from(head.size / LEAVES).map_err(|_| "the log is too large for this machine".to_owned())?;
    let rest = usize::try_from(head.size % LEAVES).unwrap_or_default();
    if handed.groups.len() < full || handed.size() < head.size {
        return Err(format!(
            "what was handed out is of a log of {} entries, before the checkpoint: ask for it again",
            handed.size()
        ));
    }
    let mut found = Found::default();
    let mut tree = Frontier::default();
    for (at, group) in handed.groups[..full].iter().enumerate() {
        tree.push_subtree(LEVEL, group.root);
        let from = if at == 0 { i64::MIN } else { group.first_id };
        let entries = entries(rows, handed, from, handed.first_id(at + 1));
        if entries.is_empty() && handed.gone.iter().any(|gone| gone.contains(&at)) {
            // It expired before it was exported.
            found.gone += LEAVES;
            continue;
        }
        if handed.leaves.get(&at).is_some_and(|leaves| compare_leaves(group, &entries, leaves, &mut found)) {
            continue;
        }
        compare_group(group, &entries, handed.first_id(at + 1), &mut found);
    }
    if rest > 0 {
        let from = if full == 0 { Some(i64::MIN) } else { handed.first_id(full) };
        let last = entries(rows, handed, from.unwrap_or(i64::MAX), handed.first_id(full + 1));
        compare_last(&last, rest, head, &mut tree, &mut found)?;
    }
    if tree.root() != head.root {
        found.faults.push(if rest == 0 {
            "what was handed out is not of the log that was signed".to_owned()
        } else {
            format!("the last {rest} entries, or what was handed out, are not what was signed")
        });
    }
    Ok(found)
}

/// A row that was taken out from the end of a group is looked for in so many ids.
const WIDEST_GAP: i64 = 100_000;

/// An entry of the log: its row in the export, and its leaf that the database kept.
struct Entry {
    id: i64,
    row: Option<Option<Hash>>,
    kept: Option<Hash>,
}

impl Entry {
    /// What was sealed, as far as can be told.
    fn leaf(&self) -> Option<Hash> {
        self.kept.or(self.row.flatten())
    }

    fn count(&self, found: &mut Found) {
        match (self.row, self.kept) {
            (None, _) => found.gone += 1,
            (Some(row), Some(kept)) if row != Some(kept) => found.unproved.push(self.id),
            (Some(_), _) => found.proved += 1,
        }
    }
}

fn entries(rows: &Rows, handed: &Handed, from: i64, to: Option<i64>) -> Vec<Entry> {
    let mut ids: Vec<i64> = match to {
        Some(to) if from < to => {
            rows.range(from..to).map(|(id, _)| *id).chain(handed.kept.range(from..to).map(|(id, _)| *id)).collect()
        }
        Some(_) => Vec::new(),
        None => rows.range(from..).map(|(id, _)| *id).chain(handed.kept.range(from..).map(|(id, _)| *id)).collect(),
    };
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| Entry { id, row: rows.get(&id).copied(), kept: handed.kept.get(&id).copied() }).collect()
}

/// Whether the rows are some of the leaves of their group, in their order: then the others expired. The leaves are believed because the
/// group has their root.
fn compare_leaves(group: &Group, entries: &[Entry], leaves: &[Hash], found: &mut Found) -> bool {
    if root_of(leaves) != group.root {
        return false;
    }
    let mut sealed = leaves.iter();
    let is_in_order = entries.iter().all(|entry| entry.leaf().is_some_and(|leaf| sealed.any(|one| *one == leaf)));
    if is_in_order {
        entries.iter().for_each(|entry| entry.count(found));
        found.gone += leaves.len().saturating_sub(entries.len()) as u64;
    }
    is_in_order
}

/// `next`: the first id of what follows. Where nothing follows that is sealed, more rows may stand behind the group.
fn compare_group(group: &Group, entries: &[Entry], next: Option<i64>, found: &mut Found) {
    let entries = if next.is_none() { &entries[..entries.len().min(LEAVES as usize)] } else { entries };
    let mut tree = Frontier::default();
    let mut sketch = Sketch::default();
    let mut hidden = Vec::new();
    for entry in entries {
        match entry.leaf() {
            Some(leaf) => {
                tree.push(leaf);
                sketch.add(entry.id, &leaf);
            }
            None => hidden.push(entry.id),
        }
    }
    if !hidden.is_empty() {
        found.faults.push(format!(
            "{} rows have no secret, so that their leaves cannot be computed: {}",
            hidden.len(),
            named(&hidden)
        ));
        return;
    }
    if tree.size() == LEAVES && tree.root() == group.root {
        entries.iter().for_each(|entry| entry.count(found));
        return;
    }
    let last = entries.last().map_or(group.first_id, |entry| entry.id);
    let last = next.map_or(last, |next| last.max(next.saturating_sub(1).min(last.saturating_add(WIDEST_GAP))));
    let first = entries.first().map_or(group.first_id, |entry| entry.id.min(group.first_id));
    found.faults.push(match sketch.differences(&group.sketch, first..=last) {
        Some(differing) if !differing.is_empty() => {
            let ids: Vec<i64> = differing.iter().map(|difference| difference.id).collect();
            format!("changed, added or taken out: {}", named(&ids))
        }
        _ => format!("more than a few changed, added or taken out: ingest_id {first} to {last}"),
    });
}

/// The entries after the last full group of the checkpoint.
fn compare_last(
    entries: &[Entry],
    rest: usize,
    head: &Checkpoint,
    tree: &mut Frontier,
    found: &mut Found,
) -> Result<(), String> {
    if entries.len() < rest {
        return Err(format!(
            "the export holds {} of the last {rest} of the {} entries of the checkpoint: take an earlier checkpoint, or export further",
            entries.len(),
            head.size
        ));
    }
    for entry in &entries[..rest] {
        match entry.leaf() {
            Some(leaf) => {
                tree.push(leaf);
                entry.count(found);
            }
            None => {
                tree.push([0; 32]);
                found
                    .faults
                    .push(format!("a row has no secret, so that its leaf cannot be computed: {}", named(&[entry.id])));
            }
        }
    }
    Ok(())
}

/// So many ids are named; the others are counted.
const NAMED: usize = 10;

pub fn named(ids: &[i64]) -> String {
    let first: Vec<String> = ids.iter().take(NAMED).map(i64::to_string).collect();
    let more = ids.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("ingest_id {}{more}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use telemetry_seals::groups::Tail;
    use telemetry_seals::hash::leaf_hash;

    use super::*;

    fn leaf(id: i64) -> Hash {
        leaf_hash(&id.to_be_bytes())
    }

    /// Ids have gaps, as those of transactions that were given up.
    fn id(index: u64) -> i64 {
        i64::try_from(index * 3 + 7).unwrap()
    }

    /// A log of so many entries, sealed and exported, and its checkpoint at an earlier size.
    fn log(entries: u64, signed: u64) -> (Rows, Handed, Checkpoint) {
        let mut tail = Tail::default();
        let mut handed = Handed::default();
        let mut rows = Rows::new();
        let mut root = tail.root();
        for index in 0..entries {
            if let Some(page) = tail.push(id(index), &leaf(id(index))) {
                handed.groups.extend(page.groups);
            }
            rows.insert(id(index), Some(leaf(id(index))));
            if index + 1 == signed {
                root = tail.root();
            }
        }
        handed.groups.extend(tail.groups());
        handed.rest = tail.rest().map(|group| (group.first_id, entries % LEAVES));
        (rows, handed, Checkpoint { origin: "example.com/log".to_owned(), size: signed, root, extensions: vec![] })
    }

    #[test]
    fn what_was_signed() {
        for (entries, signed) in
            [(1, 1), (255, 200), (256, 256), (256, 255), (300, 256), (6000, 5001), (6000, 6000), (512, 512)]
        {
            let (rows, handed, head) = log(entries, signed);
            let found = compare(&rows, &handed, &head).unwrap();
            assert_eq!(found, Found { proved: signed, ..Found::default() }, "{entries} {signed}");
        }
    }

    #[test]
    fn what_is_gone_with_a_leaf_kept() {
        let (mut rows, mut handed, head) = log(1000, 900);
        for index in [3, 700, 899] {
            rows.remove(&id(index));
            handed.kept.insert(id(index), leaf(id(index)));
        }
        // These were exported before: the one has its secret still, the other has none.
        handed.kept.insert(id(10), leaf(id(10)));
        handed.kept.insert(id(20), leaf(id(20)));
        rows.insert(id(20), None);
        let found = compare(&rows, &handed, &head).unwrap();
        assert_eq!((found.proved, found.gone, found.unproved, found.faults), (896, 3, vec![id(20)], vec![]));
        // A whole group.
        rows.retain(|row, _| *row < id(256) || *row >= id(512));
        assert_eq!(compare(&rows, &handed, &head).unwrap().faults.len(), 1);
        handed.gone.push(1..=1);
        let found = compare(&rows, &handed, &head).unwrap();
        assert_eq!((found.gone, found.faults.len()), (259, 0));
        // Of the next one a part.
        rows.retain(|row, _| *row < id(256) || *row >= id(600));
        assert_eq!(compare(&rows, &handed, &head).unwrap().faults.len(), 1);
        handed.leaves.insert(2, (512..768).map(|index| leaf(id(index))).collect());
        let found = compare(&rows, &handed, &head).unwrap();
        assert_eq!((found.gone, found.faults.len()), (259 + 88, 0));
    }

    #[test]
    fn what_cannot_be_compared() {
        let (mut rows, handed, head) = log(1000, 900);
        rows.retain(|row, _| *row < id(850));
        assert!(compare(&rows, &handed, &head).unwrap_err().contains("export further"));
        let (rows, _, later) = log(1000, 1000);
        let (_, handed, _) = log(900, 900);
        assert!(compare(&rows, &handed, &later).unwrap_err().contains("ask for it again"));
    }

    proptest! {
        /// Whatever is done to rows that were signed is found, and named where it is one.
        #[test]
        fn a_change_is_found(entries in 2_u64..1500, at in 0.0..1.0, kind in 0..4) {
            let (mut rows, handed, head) = log(entries, entries - 1);
            let index = ((entries - 1) as f64 * at) as u64;
            let row = match kind {
                0 => { rows.insert(id(index), Some(leaf(-1))); id(index) }
                1 => { rows.remove(&id(index)); id(index) }
                // Before the row, as what comes behind the last one was not signed.
                2 => { rows.insert(id(index) - 1, Some(leaf(-1))); id(index) - 1 }
                _ => { rows.insert(id(index), None); id(index) }
            };
            let found = compare(&rows, &handed, &head);
            let faults = found.map_or_else(|error| vec![error], |found| found.faults);
            prop_assert!(!faults.is_empty());
            let is_in_a_group = index / LEAVES < (entries - 1) / LEAVES;
            prop_assert!(!is_in_a_group || faults.iter().any(|fault| fault.contains(&row.to_string())), "{row}: {faults:?}");
        }

        /// What is handed out cannot be made to fit other rows.
        #[test]
        fn a_forged_group_is_found(entries in 600_u64..1500, group in 0..2_usize) {
            let (rows, mut handed, head) = log(entries, entries);
            handed.groups[group].root = leaf(-1);
            prop_assert!(!compare(&rows, &handed, &head).unwrap().faults.is_empty());
        }
    }
}
