//! Adds up the objects of several logs, by value and bucket. An object belongs to one tenant, so it is in one log.

use super::table::Cell;
use crate::calendar::{Bucket, edges};
use crate::error::Error;
use crate::memory::Memory;
use crate::parts;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::measuring::Group;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The lines of a ratio, and what they have.
#[derive(Default)]
pub struct Tallied {
    /// The first and the last time at which an object of the range counts.
    pub span: Option<(i64, i64)>,
    pub lines: Vec<Group>,
    /// Of each line the bucket before the range, and each bucket.
    pub cells: Vec<Vec<Cell>>,
}

/// The cells of a log by value and by the start of their bucket; None: the bucket before the range.
#[derive(Default, Serialize, Deserialize)]
struct ByValue {
    span: Option<(i64, i64)>,
    values: BTreeMap<Option<String>, BTreeMap<Option<i64>, Cell>>,
}

impl Additive for ByValue {
    fn add_up(&mut self, other: ByValue) -> Result<(), Damaged> {
        self.span = parts::wider(self.span, other.span);
        self.values.add_up(other.values)
    }

    fn is_nothing(&self) -> bool {
        self.span.is_none() && self.values.is_empty()
    }
}

/// Hands over the lines of all values, and gives those that rows are made of, see [`parts::exchange`].
pub fn exchange(tallied: Tallied, buckets: &[Bucket], most: usize) -> Result<Tallied, Error> {
    let Some(all) = parts::exchange("objects", || by_value(&tallied, buckets))? else { return Ok(tallied) };
    let is_in_range = |(start, _): &(&Option<i64>, &Cell)| start.is_some();
    // Of the values that have an object in the range: how many count.
    let mut ranked: Vec<(Option<&String>, i64)> = all
        .values
        .iter()
        .filter(|(_, cells)| cells.iter().any(|cell| is_in_range(&cell)))
        .map(|(value, cells)| (value.as_ref(), cells.iter().filter(is_in_range).map(|(_, cell)| cell.objects).sum()))
        .collect();
    let has_none = ranked.is_empty() || ranked.iter().any(|(value, _)| value.is_none());
    ranked.retain(|(value, _)| value.is_some());
    ranked.sort_unstable_by_key(|(value, objects)| (Reverse(*objects), *value));
    let has_others = ranked.len() > most;
    let mut lines: Vec<Group> =
        ranked.iter().take(most).map(|(value, _)| Group::of(value.map(String::as_str))).collect();
    lines.extend(has_others.then(Group::other));
    lines.extend(has_none.then(|| Group::of(None)));
    lines.sort_unstable();
    Memory::of_call().check(lines.len().saturating_mul((buckets.len() + 1) * size_of::<Cell>()))?;
    let mut cells = vec![vec![Cell::default(); buckets.len() + 1]; lines.len()];
    let edges = edges(buckets);
    for (value, of_value) in &all.values {
        let own = lines.binary_search(&Group::of(value.as_deref()));
        let others = value.as_ref().map_or(Err(0), |_| lines.binary_search(&Group::other()));
        let Ok(line) = own.or(others) else { continue };
        for (start, cell) in of_value {
            let place = start.map_or(Some(0), |start| edges.bucket_of(start).map(|bucket| bucket + 1));
            if let Some(into) = place.and_then(|place| cells[line].get_mut(place)) {
                into.add_up(*cell).map_err(|Damaged| Error::DamagedPart { place: 0 })?;
            }
        }
    }
    Ok(Tallied { span: all.span, lines, cells })
}

fn by_value(Tallied { span, lines, cells }: &Tallied, buckets: &[Bucket]) -> ByValue {
    let mut all = ByValue { span: *span, ..ByValue::default() };
    for (line, cells) in lines.iter().zip(cells) {
        let starts = std::iter::once(None).chain(buckets.iter().map(|bucket| Some(bucket.start)));
        let had_any = starts.zip(cells).filter(|(_, cell)| !cell.is_nothing());
        let of_value: BTreeMap<Option<i64>, Cell> = had_any.map(|(start, cell)| (start, *cell)).collect();
        if !of_value.is_empty() {
            all.values.insert(line.text.clone(), of_value);
        }
    }
    all
}
