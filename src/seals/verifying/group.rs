//! Pure: up to 256 events against what was sealed of them.

use crate::seals::leaves::Leaf;
use crate::seals::nodes::{Gone, Kept};
use crate::seals::verifying::findings::{Finding, Findings};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use telemetry_seals::groups::Group;
use telemetry_seals::hash::{Hash, root_of};
use telemetry_seals::sketch::{Fingerprint, Sketch};

/// Between two events of a group there are not more ids than this that no event has; else a missing one is not named.
const MOST_IDS: i64 = 4_000_000;

/// What was sealed of a group.
pub struct Sealed {
    pub group: Group,
    /// How many events it had.
    pub count: u64,
    /// The last id that belongs to it.
    pub last_id: i64,
}

impl Sealed {
    /// Compares a group whose events are all gone with rows that are there all the same; gives its leaves where they are
    /// kept.
    pub fn gone(&self, rows: &[Leaf], gone: &Gone, findings: &mut Findings) -> Option<Vec<Hash>> {
        findings.account(gone.receipt, (self.group.first_id, self.last_id), self.count as i64);
        for row in rows {
            findings.suspect(
                "added",
                row.id,
                Fingerprint::NONE,
                "all events between these ids were removed with a receipt",
            );
        }
        if gone.leaves.is_empty() {
            return None;
        }
        if root_of(&gone.leaves) != self.group.root {
            let first = self.group.first_id;
            findings.add(Finding::of_seals(format!(
                "the leaves of a group in telemetry.kept_groups are not those of the events from {first} on"
            )));
            return None;
        }
        Some(gone.leaves.clone())
    }

    /// Compares a group with its rows, in order of id, and with what is kept of those that were changed or removed with a
    /// receipt. Gives its leaves where they are what was sealed.
    pub fn compare<'a>(
        &self,
        rows: &[Leaf],
        kept: impl Iterator<Item = (&'a i64, &'a Kept)>,
        findings: &mut Findings,
    ) -> Option<Vec<Hash>> {
        let mut leaves: BTreeMap<i64, Hash> = BTreeMap::new();
        let mut doubles: Vec<Leaf> = Vec::new();
        for row in rows {
            match leaves.entry(row.id) {
                Entry::Occupied(_) => doubles.push(*row),
                Entry::Vacant(place) => {
                    place.insert(row.hash);
                }
            }
        }
        for (id, kept) in kept {
            let present = leaves.insert(*id, kept.sealed);
            findings.account(kept.receipt, (*id, *id), 1);
            match (present, kept.present) {
                (Some(present), Some(expected)) if present == expected => (),
                (None, None) => (),
                (Some(_), Some(_)) => {
                    findings.add(Finding::of_event(
                        "changed",
                        *id,
                        "it was changed with a receipt, and once more without one",
                    ));
                }
                (Some(_), None) => {
                    findings.add(Finding::of_event("added", *id, "it was removed with a receipt, and is there again"));
                }
                (None, Some(_)) => {
                    findings.add(Finding::of_event(
                        "missing",
                        *id,
                        "it was changed with a receipt, and removed without one",
                    ));
                }
            }
        }
        let hashes: Vec<Hash> = leaves.values().copied().collect();
        if hashes.len() as u64 == self.count && root_of(&hashes) == self.group.root {
            for double in doubles {
                findings.add(Finding::of_event("added", double.id, "another event has this id"));
            }
            let first = leaves.keys().next().copied().unwrap_or_default();
            if first != self.group.first_id || sketch_of(&leaves) != self.group.sketch {
                findings.add(Finding::of_seals(format!(
                    "the first id or the sketch of the events from {first} on was changed"
                )));
            }
            return Some(hashes);
        }
        self.name(&leaves, &doubles, findings);
        None
    }

    /// Names the events that differ, where they are few enough; else the range in which they are.
    fn name(&self, leaves: &BTreeMap<i64, Hash>, doubles: &[Leaf], findings: &mut Findings) {
        let sketch = sketch_of(leaves);
        let first = leaves.keys().next().copied().unwrap_or(self.group.first_id).min(self.group.first_id);
        let every = first..=self.last_id.max(first);
        let located = if self.last_id.saturating_sub(first) <= MOST_IDS {
            sketch.differences(&self.group.sketch, every)
        } else {
            sketch.differences(&self.group.sketch, leaves.keys().copied())
        };
        let differences = located.filter(|differences| !differences.is_empty()).unwrap_or_default();
        let mut named: Vec<(&'static str, i64, Fingerprint, &'static str)> = Vec::new();
        let mut count = leaves.len() as u64;
        for difference in &differences {
            let present = leaves.get(&difference.id).map(Fingerprint::of);
            let sealed = difference.other(present.unwrap_or(Fingerprint::NONE));
            named.push(match present {
                None => {
                    count += 1;
                    ("missing", difference.id, sealed, "it was sealed, and is not there")
                }
                Some(_) if sealed == Fingerprint::NONE => {
                    count -= 1;
                    ("added", difference.id, sealed, "it was not sealed, and stands among events that were")
                }
                Some(_)
                    if doubles
                        .iter()
                        .any(|double| double.id == difference.id && Fingerprint::of(&double.hash) == sealed) =>
                {
                    continue;
                }
                Some(_) => ("changed", difference.id, sealed, "it is not what was sealed"),
            });
        }
        for double in doubles {
            findings.add(Finding::of_event("added", double.id, "another event has this id"));
        }
        if differences.is_empty() || count != self.count {
            let detail = format!(
                "{} events are there and {} were sealed; so many differ that none is named",
                leaves.len() + doubles.len(),
                self.count
            );
            findings.add(Finding {
                ids: Some((first, self.last_id)),
                events: self.count as i64,
                ..Finding::of_event("changed", first, &detail)
            });
            return;
        }
        for (what, id, sealed, detail) in named {
            findings.suspect(what, id, sealed, detail);
        }
    }
}

fn sketch_of(leaves: &BTreeMap<i64, Hash>) -> Sketch {
    let mut sketch = Sketch::default();
    leaves.iter().for_each(|(id, leaf)| sketch.add(*id, leaf));
    sketch
}

#[cfg(test)]
mod tests {
    use super::*;
    use foldhash::HashMap;
    use telemetry_seals::hash::leaf_hash;

    fn leaf(id: i64, version: u8) -> Leaf {
        Leaf { id, hash: leaf_hash(&[id.to_be_bytes().as_slice(), &[version]].concat()) }
    }

    /// Events of every second id, and what was sealed of them.
    fn sealed() -> (Vec<Leaf>, Sealed) {
        let rows: Vec<Leaf> = (0..256).map(|n| leaf(100 + 2 * n, 0)).collect();
        let mut sketch = Sketch::default();
        rows.iter().for_each(|row| sketch.add(row.id, &row.hash));
        let root = root_of(&rows.iter().map(|row| row.hash).collect::<Vec<Hash>>());
        (rows, Sealed { group: Group { first_id: 100, root, sketch }, count: 256, last_id: 700 })
    }

    fn found(sealed: &Sealed, rows: &[Leaf], kept: &BTreeMap<i64, Kept>) -> Vec<(&'static str, Option<(i64, i64)>)> {
        let mut findings = Findings::new(HashMap::default());
        sealed.compare(rows, kept.iter(), &mut findings);
        let all = findings.finish(256, &[0; 32], 700);
        all.into_iter()
            .filter(|finding| !finding.ok && finding.what != "sealed")
            .map(|finding| (finding.what, finding.ids))
            .collect()
    }

    fn one(id: i64) -> Option<(i64, i64)> {
        Some((id, id))
    }

    #[test]
    fn what_is_as_it_was_has_no_difference() {
        let (rows, sealed) = sealed();
        assert_eq!(found(&sealed, &rows, &BTreeMap::new()), []);
    }

    #[test]
    fn what_differs_is_named() {
        let (rows, sealed) = sealed();
        let none = BTreeMap::new();
        let with = |change: fn(&mut Vec<Leaf>)| {
            let mut rows = rows.clone();
            change(&mut rows);
            rows.sort_by_key(|row| row.id);
            found(&sealed, &rows, &none)
        };
        assert_eq!(with(|rows| rows[7] = leaf(114, 1)), [("changed", one(114))]);
        assert_eq!(with(|rows| _ = rows.remove(7)), [("missing", one(114))]);
        assert_eq!(with(|rows| _ = rows.remove(0)), [("missing", one(100))]);
        assert_eq!(with(|rows| rows.push(leaf(115, 0))), [("added", one(115))]);
        assert_eq!(with(|rows| rows.push(leaf(50, 0))), [("added", one(50))]);
        assert_eq!(with(|rows| rows.push(leaf(114, 1))), [("added", one(114))]);
        assert_eq!(
            with(|rows| {
                rows.remove(3);
                rows[7] = leaf(116, 1);
                rows.push(leaf(301, 0));
            }),
            [("missing", one(106)), ("changed", one(116)), ("added", one(301))]
        );
        assert_eq!(with(|rows| rows.truncate(250)), [("changed", Some((100, 700)))]);
    }

    #[test]
    fn what_a_receipt_accounts_for_is_no_difference_but_its_return_is() {
        let (rows, sealed) = sealed();
        let kept = |present| BTreeMap::from([(114, Kept { sealed: leaf(114, 0).hash, present, receipt: [1; 16] })]);
        // The receipt is not there in this test, which is a difference of its own.
        let mut less = rows.clone();
        less.remove(7);
        assert_eq!(found(&sealed, &less, &kept(None)), [("missing", one(114))]);
        assert_eq!(found(&sealed, &rows, &kept(None)), [("added", one(114)), ("missing", one(114))]);
        let mut other = rows.clone();
        other[7] = leaf(114, 1);
        let now = Some(leaf(114, 1).hash);
        assert_eq!(found(&sealed, &other, &kept(now)), [("missing", one(114))]);
        assert_eq!(found(&sealed, &rows, &kept(now)), [("changed", one(114)), ("missing", one(114))]);
        assert_eq!(found(&sealed, &less, &kept(now)), [("missing", one(114)), ("missing", one(114))]);
    }
}
