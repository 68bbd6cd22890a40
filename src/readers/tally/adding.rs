//! Adds up the tallies of several logs. A label that is the number of a name is another one in each log: there the name goes
//! along.

use super::Tally;
use crate::error::Error;
use crate::readers::adding::{Cut, Gathered, exchange};
use crate::source::count::Count;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What tells events of a bucket and value apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Label {
    Name(String),
    Classes(u64),
}

type Counts = BTreeMap<Label, Count>;

impl Tally {
    /// Hands over the counts, and gives those that rows are made of, see [`exchange`]. `are_names`: labels are the numbers
    /// of names. `size` ranks a value by its counts of all labels.
    pub(super) fn exchange<S: Ord + Copy + Default>(
        self,
        are_names: bool,
        most: usize,
        size: impl Fn(&[(u64, &Count)]) -> S,
    ) -> Result<Tally, Error> {
        let Tally { buckets, groups, names, by_label } = self;
        if !crate::parts::is_giving() && !crate::parts::is_finishing() {
            return Ok(Tally { buckets, groups, names, by_label });
        }
        let mut cells = vec![Counts::new(); buckets.len() * groups.len()];
        for (label, counts) in by_label {
            let label = match are_names {
                true => Label::Name(names.get(label as usize).cloned().unwrap_or_default()),
                false => Label::Classes(label),
            };
            for (cell, count) in cells.iter_mut().zip(counts).filter(|(_, count)| count.rank() > 0) {
                cell.insert(label.clone(), count);
            }
        }
        let size = |(): &(), counts: &Counts| {
            let of = |label: &Label| if let Label::Classes(bits) = label { *bits } else { 0 };
            let counts: Vec<(u64, &Count)> = counts.iter().map(|(label, count)| (of(label), count)).collect();
            size(&counts)
        };
        let gathered = Gathered { groups, totals: Vec::new(), cells };
        let (groups, cells) = exchange("tally", &buckets, gathered, &Cut { most, size, are_actors: false })?;
        let mut labels: Vec<Label> = cells.iter().flat_map(|cell| cell.keys().cloned()).collect();
        labels.sort_unstable();
        labels.dedup();
        let mut names = Vec::new();
        let mut by_label = Vec::new();
        for label in labels {
            let counts = cells.iter().map(|cell| cell.get(&label).cloned().unwrap_or_default()).collect();
            let number = match label {
                Label::Classes(bits) => bits,
                Label::Name(name) => {
                    names.push(name);
                    names.len() as u64 - 1
                }
            };
            by_label.push((number, counts));
        }
        Ok(Tally { buckets, groups, names, by_label })
    }
}
