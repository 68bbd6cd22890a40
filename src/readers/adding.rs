//! Adds up cells of buckets and groups over several logs: in a part each bucket goes by its start and each group by its
//! value. Which values are shown apart is decided when all parts are there, as one log would.

use crate::calendar::{Bucket, edges};
use crate::error::Error;
use crate::memory::Memory;
use crate::parts;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::measuring::groups::{Group, Groups};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a KPI gathered, of which every value is a group.
pub struct Gathered<T, C> {
    pub groups: Vec<Group>,
    /// What decides about each group beside its cells; it may end early where nothing does.
    pub totals: Vec<T>,
    /// Bucket after bucket, with the groups of each.
    pub cells: Vec<C>,
}

impl<C> Gathered<i64, C> {
    /// Takes over what was gathered by groups that actors made.
    pub fn of_actors(groups: Groups, cells: Vec<C>) -> Gathered<i64, C> {
        Gathered { groups: groups.names, totals: groups.actors, cells }
    }
}

/// Which values are shown apart, and whether the others can be one.
pub struct Cut<F> {
    pub most: usize,
    /// The size of a group, of its total and the sum of its cells.
    pub size: F,
    /// Cells count actors, of whom one may have several values: those of several values do not add up to all of them.
    pub are_actors: bool,
}

/// All time, as the one bucket of a KPI that has none.
pub const ALL_TIME: [Bucket; 1] = [Bucket { start: i64::MIN, next: i64::MAX, is_complete: false }];

/// The cells of a log by value and by the start of their bucket.
#[derive(Serialize, Deserialize)]
struct Grid<T, C> {
    values: BTreeMap<Option<String>, (T, BTreeMap<i64, C>)>,
}

impl<T, C> Default for Grid<T, C> {
    fn default() -> Self {
        Grid { values: BTreeMap::new() }
    }
}

impl<T: Additive, C: Additive> Additive for Grid<T, C> {
    fn add_up(&mut self, other: Self) -> Result<(), Damaged> {
        self.values.add_up(other.values)
    }

    fn is_nothing(&self) -> bool {
        self.values.is_empty()
    }
}

/// Hands over what was gathered, see [`parts::exchange`]. Gives the groups that are shown and their cells: those of the sum
/// of parts, or those that were gathered. Errors: those of parts, 53200 the cells do not fit, 0A000 actors of values that
/// are not shown apart.
pub fn exchange<T, C, S>(
    what: &str,
    buckets: &[Bucket],
    gathered: Gathered<T, C>,
    cut: &Cut<impl Fn(&T, &C) -> S>,
) -> Result<(Vec<Group>, Vec<C>), Error>
where
    T: Additive + Clone,
    C: Additive + Clone,
    S: Ord + Copy + Default,
{
    let Some(Grid { values }) = parts::exchange(what, || grid(buckets, &gathered))? else {
        return Ok((gathered.groups, gathered.cells));
    };
    // Number 0 are the events without a value, whether there are any or not.
    let mut sizes = vec![S::default()];
    let mut texts: Vec<String> = Vec::new();
    for (text, (total, cells)) in &values {
        let mut sum = C::default();
        for cell in cells.values() {
            sum.add_up(cell.clone()).map_err(|Damaged| Error::DamagedPart { place: 0 })?;
        }
        let size = (cut.size)(total, &sum);
        match text {
            None => sizes[0] = size,
            Some(text) => {
                texts.push(text.clone());
                sizes.push(size);
            }
        }
    }
    let groups = Groups::largest(&sizes, &texts, cut.most);
    if cut.are_actors && groups.names.last().is_some_and(|group| group.is_other) {
        return Err(too_few_shown(texts.len()));
    }
    let (edges, width) = (edges(buckets), groups.names.len());
    Memory::of_call().check(buckets.len().saturating_mul(width).saturating_mul(size_of::<C>()))?;
    let mut cells = vec![C::default(); buckets.len() * width];
    let mut number = 0;
    for (text, (_, of_value)) in values {
        number += usize::from(text.is_some());
        let group = groups.group_of(if text.is_some() { number } else { 0 });
        if group >= width {
            continue;
        }
        for (start, cell) in of_value {
            // What began after the moment of the earliest part is not in all parts.
            if edges.times().last().is_none_or(|end| start >= *end) {
                continue;
            }
            let bucket = edges.bucket_of(start).ok_or(Error::UnlikePart { place: 0 })?;
            cells[bucket * width + group].add_up(cell).map_err(|Damaged| Error::DamagedPart { place: 0 })?;
        }
    }
    Ok((groups.names, cells))
}

/// Hands over cells of buckets, without a breakdown, and gives those that rows are made of.
pub fn exchange_cells<C: Additive + Clone>(what: &str, buckets: &[Bucket], cells: Vec<C>) -> Result<Vec<C>, Error> {
    let gathered = Gathered { groups: vec![Group::of(None)], totals: Vec::<()>::new(), cells };
    let cut = Cut { most: 1, size: |(): &(), _: &C| 0_u64, are_actors: false };
    Ok(exchange(what, buckets, gathered, &cut)?.1)
}

fn grid<T: Additive + Clone, C: Additive + Clone>(buckets: &[Bucket], gathered: &Gathered<T, C>) -> Grid<T, C> {
    let width = gathered.groups.len();
    let mut grid = Grid::default();
    for (place, group) in gathered.groups.iter().enumerate() {
        let of_group = gathered.cells.iter().skip(place).step_by(width);
        let cells: BTreeMap<i64, C> = buckets
            .iter()
            .zip(of_group)
            .filter(|(_, cell)| !cell.is_nothing())
            .map(|(bucket, cell)| (bucket.start, cell.clone()))
            .collect();
        let total = gathered.totals.get(place).cloned().unwrap_or_default();
        if !cells.is_empty() || !total.is_nothing() {
            grid.values.insert(group.text.clone(), (total, cells));
        }
    }
    grid
}

/// Makes the error of actors of values that are not shown apart.
fn too_few_shown(values: usize) -> Error {
    Error::NotAdditive {
        kpi: "kpi_of_parts".into(),
        problem: "cannot tell how many actors the values have that are not shown apart".into(),
        hint: format!("One actor may have several of them. Show all {values}: give all calls top_n => {values}."),
    }
}
