//! Pure: what was found where the log and its seals were compared.

use foldhash::HashMap;
use std::collections::BTreeMap;
use telemetry_seals::checkpoint;
use telemetry_seals::hash::Hash;
use telemetry_seals::sketch::Fingerprint;

/// A difference, or what accounts for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub what: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// The first and the last id that it is about.
    pub ids: Option<(i64, i64)>,
    pub events: i64,
    pub receipt: Option<[u8; 16]>,
    pub detail: Option<String>,
}

impl Finding {
    /// One event differs.
    pub fn of_event(what: &'static str, id: i64, detail: &str) -> Finding {
        Finding { what, ok: false, ids: Some((id, id)), events: 1, receipt: None, detail: Some(detail.into()) }
    }

    /// Somebody changed what is kept of the tree.
    pub fn of_seals(detail: String) -> Finding {
        Finding { what: "seals", ok: false, ids: None, events: 0, receipt: None, detail: Some(detail) }
    }

    pub fn of_head(detail: String) -> Finding {
        Finding { what: "head", ..Finding::of_seals(detail) }
    }

    pub fn of_checkpoint(ok: bool, size: u64, detail: String) -> Finding {
        Finding { what: "checkpoint", ok, ids: None, events: size as i64, receipt: None, detail: Some(detail) }
    }
}

/// An event that differs, by what it was when it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspect {
    pub id: i64,
    /// NONE: no event of this id was sealed.
    pub sealed: Fingerprint,
    pub is_there: bool,
    finding: usize,
}

/// How many events a receipt accounts for, and between which ids.
#[derive(Debug, Clone, Copy)]
struct Accounted {
    ids: (i64, i64),
    events: i64,
}

pub struct Findings {
    /// None where another finding says the same better.
    found: Vec<Option<Finding>>,
    suspects: Vec<Suspect>,
    accounted: BTreeMap<[u8; 16], Accounted>,
    kinds: HashMap<[u8; 16], String>,
}

impl Findings {
    /// `kinds` says of each receipt what was done.
    pub fn new(kinds: HashMap<[u8; 16], String>) -> Findings {
        Findings { found: Vec::new(), suspects: Vec::new(), accounted: BTreeMap::new(), kinds }
    }

    pub fn add(&mut self, finding: Finding) {
        self.found.push(Some(finding));
    }

    /// Adds an event that differs; `sealed` is what it was.
    pub fn suspect(&mut self, what: &'static str, id: i64, sealed: Fingerprint, detail: &str) {
        let is_there = what != "missing";
        self.suspects.push(Suspect { id, sealed, is_there, finding: self.found.len() });
        self.add(Finding::of_event(what, id, detail));
    }

    pub fn suspects(&self) -> impl Iterator<Item = &Suspect> {
        self.suspects.iter()
    }

    /// A receipt says why events between two ids are not what was sealed.
    pub fn account(&mut self, receipt: [u8; 16], ids: (i64, i64), events: i64) {
        let sum = self.accounted.entry(receipt).or_insert(Accounted { ids, events: 0 });
        sum.ids = (sum.ids.0.min(ids.0), sum.ids.1.max(ids.1));
        sum.events += events;
    }

    /// The event that is there as `id` was sealed as another one.
    pub fn out_of_order(&mut self, id: i64, sealed_as: i64) {
        let of = |id: i64, is_there: bool| {
            self.suspects.iter().find(move |suspect| suspect.id == id && suspect.is_there == is_there)
        };
        let gone = of(sealed_as, false).map(|suspect| suspect.finding);
        if let Some(finding) = of(id, true).and_then(|suspect| self.found[suspect.finding].as_mut()) {
            finding.what = "out_of_order";
            finding.detail = Some(format!("it was sealed as {sealed_as}"));
        }
        if let Some(gone) = gone {
            self.found[gone] = None;
        }
    }

    /// Gives everything that was found, what is wrong first, and at last how many events were sealed.
    pub fn finish(self, size: u64, root: &Hash, position: i64) -> Vec<Finding> {
        let Findings { found, accounted, kinds, .. } = self;
        let mut all: Vec<Finding> = found.into_iter().flatten().collect();
        for (receipt, Accounted { ids, events }) in accounted {
            let (what, detail) = match kinds.get(&receipt).map(String::as_str) {
                Some("expire_events") => ("expired", None),
                Some("anonymize_user" | "scrub_payload") => ("altered", None),
                Some(_) => ("erased", None),
                None => ("missing", Some("telemetry.erasures has no such receipt".to_string())),
            };
            all.push(Finding { what, ok: detail.is_none(), ids: Some(ids), events, receipt: Some(receipt), detail });
        }
        all.sort_by_key(|finding| (finding.ok, finding.ids.is_none(), finding.ids));
        let ok = all.iter().all(|finding| finding.ok);
        let detail = Some(format!("the root is {}", checkpoint::encode(root)));
        let ids = (size > 0).then_some((1, position));
        all.push(Finding { what: "sealed", ok, ids, events: size as i64, receipt: None, detail });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(findings: Findings) -> Vec<(&'static str, bool, i64)> {
        findings
            .finish(10, &[0; 32], 12)
            .into_iter()
            .map(|finding| (finding.what, finding.ok, finding.events))
            .collect()
    }

    #[test]
    fn what_a_receipt_says_is_no_error() {
        let kinds =
            [([1; 16], "erase_user".to_string()), ([2; 16], "expire_events".into()), ([3; 16], "scrub_payload".into())];
        let mut findings = Findings::new(kinds.into_iter().collect());
        for receipt in [1, 2, 3, 1] {
            findings.account([receipt; 16], (i64::from(receipt), 7), 2);
        }
        assert_eq!(
            whats(findings),
            [("erased", true, 4), ("expired", true, 2), ("altered", true, 2), ("sealed", true, 10)]
        );
    }

    #[test]
    fn a_receipt_that_nobody_wrote_accounts_for_nothing() {
        let mut findings = Findings::new(HashMap::default());
        findings.account([1; 16], (3, 3), 1);
        assert_eq!(whats(findings), [("missing", false, 1), ("sealed", false, 10)]);
    }

    #[test]
    fn an_event_that_was_moved_is_told_once() {
        let mut findings = Findings::new(HashMap::default());
        findings.suspect("missing", 5, Fingerprint::of(&[5; 32]), "");
        findings.suspect("added", 9, Fingerprint::NONE, "");
        findings.out_of_order(9, 5);
        assert_eq!(whats(findings), [("out_of_order", false, 1), ("sealed", false, 10)]);
    }
}
