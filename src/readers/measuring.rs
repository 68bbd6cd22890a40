//! Measures what payloads say in numbers, by bucket and by the value of another key: a reader for every KPI that
//! computes with a payload key.
//!
//! Where the timeline keeps the keys, it answers (by_value.rs). Otherwise the rows are read one by one.

mod asked;
mod bag;
mod by_value;
mod cells;
mod extremes;
pub mod groups;
mod number;
mod pairs;
mod reading;
mod sum;
mod weighed;

use crate::calendar::{Bucket, Calendar};
use crate::error::Error;
use crate::memory::Memory;
use crate::parts;
use crate::parts::additive::Additive;
use crate::parts::format::Damaged;
use crate::readers::adding::{Cut, Gathered, exchange};
use crate::source;
use crate::source::question::Question;
use cells::EVENTS_BETWEEN_CHECKS;
use std::collections::HashMap;

pub use asked::Asked;
pub use extremes::{ByHighest, ByLowest, Extremes};
pub use groups::{Group, Groups, OTHER};
pub use number::Number;
pub use pairs::{Pairs, Second};
pub use reading::{EachValue, Seen};
pub use weighed::{ByNumbers, BySum, Weighed};

/// Collects the values of one bucket and group, for instance into their sum.
pub trait Collect: Additive + Clone {
    /// Adds a number that occurs so many times, in events that were kept with this rate; None is a value that is no
    /// number.
    fn add(&mut self, number: Option<&Number>, times: u64, rate: f32);

    fn merge(&mut self, other: Self);

    /// The bytes that it holds, about.
    fn memory(&self) -> usize;

    /// Takes less room, where it can.
    fn shrink(&mut self) {}
}

/// Ranks a value of the breakdown by how much it has of what a question measures, which decides whether it is shown
/// apart.
pub trait Rank: Additive + Clone {
    fn add(&mut self, number: &Number, times: u64, rate: f32);

    /// The bytes that it holds, about.
    fn memory(&self) -> usize;

    /// The rank: the higher, the sooner the value is shown.
    fn rank(&self) -> u64;
}

/// The collected values of all buckets and groups.
pub struct Measured<C> {
    pub buckets: Vec<Bucket>,
    pub groups: Vec<Group>,
    /// The cells bucket after bucket, with the groups of each.
    cells: Vec<C>,
}

impl<C> Measured<C> {
    /// Lists each bucket and group with what was collected there.
    pub fn into_cells(self) -> impl Iterator<Item = (Bucket, Group, C)> {
        let Measured { buckets, groups, cells } = self;
        let width = groups.len();
        cells
            .into_iter()
            .enumerate()
            .map(move |(place, cell)| (buckets[place / width], groups[place % width].clone(), cell))
    }
}

/// Reads the values that are asked for. Errors: 53200 more than fit into telemetry.kpi_memory; those of the calendar.
pub fn measure<C: Collect, R: Rank>(asked: &Asked, calendar: &Calendar) -> Result<Measured<C>, Error> {
    let class = asked.scope.class(asked.names.clone());
    let question = Question {
        touches: Some(asked.key.clone().into()),
        groups_by: asked.breakdown.as_ref().map(|breakdown| breakdown.keys.clone()),
        takes_decimals: true,
        ..asked.scope.events(vec![class])
    };
    let (measured, sizes) = if source::is_in_timeline(&question)? {
        from_source::<C, R>(asked, calendar, question)?
    } else {
        from_rows::<C, R>(asked, calendar)?
    };
    let Measured { buckets, groups, cells } = measured;
    let most = asked.breakdown.as_ref().map_or(1, |breakdown| breakdown.most);
    let size = |(rank, events): &(R, i64), _: &C| (rank.rank(), *events as u64);
    let gathered = Gathered { groups, totals: sizes, cells };
    let (groups, cells) = exchange("numbers", &buckets, gathered, &Cut { most, size, are_actors: false })?;
    Ok(Measured { buckets, groups, cells })
}

/// What was measured, and the size of each group.
type Sized<C, R> = (Measured<C>, Vec<(R, i64)>);

/// Adds up the sizes of the values of each group; of which none is asked unless they become a part.
fn sizes_by_group<R: Rank>(groups: &Groups, sizes: Vec<Size<R>>) -> Result<Vec<(R, i64)>, Error> {
    if !parts::is_giving() {
        return Ok(Vec::new());
    }
    let mut by_group = vec![<(R, i64)>::default(); groups.names.len()];
    for (value, Size { rank, events }) in sizes.into_iter().enumerate() {
        if let Some(into) = by_group.get_mut(groups.group_of(value)) {
            into.add_up((rank, events as i64)).map_err(|Damaged| Error::SumTooLarge)?;
        }
    }
    Ok(by_group)
}

fn from_source<C: Collect, R: Rank>(
    asked: &Asked,
    calendar: &Calendar,
    question: Question,
) -> Result<Sized<C, R>, Error> {
    let (mut source, buckets) = asked.scope.open(question, calendar)?;
    let (groups, cells, sizes) = by_value::collect::<C, R>(asked, &mut source, &buckets)?;
    let sizes = sizes_by_group(&groups, sizes)?;
    Ok((Measured { buckets, groups: groups.names, cells }, sizes))
}

/// The size of a value of the breakdown: how much it has of what is measured, and how many events at all: a value whose
/// events have no number is shown where there is room.
#[derive(Clone, Default)]
struct Size<R> {
    rank: R,
    events: u64,
}

fn sizes_of<R: Rank>(sizes: &[Size<R>]) -> Vec<(u64, u64)> {
    sizes.iter().map(|size| (size.rank.rank(), size.events)).collect()
}

fn size_at<R: Rank>(sizes: &mut Vec<Size<R>>, value: usize) -> &mut Size<R> {
    if value >= sizes.len() {
        sizes.resize(value + 1, Size::default());
    }
    &mut sizes[value]
}

fn held_for_sizes<R: Rank>(sizes: &[Size<R>], long: &HashMap<(u32, u32, u32), u64>) -> usize {
    sizes.iter().map(|size| size_of::<u64>() + size.rank.memory()).sum::<usize>() + long.capacity() * 21
}

fn from_rows<C: Collect, R: Rank>(asked: &Asked, calendar: &Calendar) -> Result<Sized<C, R>, Error> {
    let pairs = Pairs {
        scope: &asked.scope,
        names: asked.names.as_deref(),
        key: Some(&asked.key),
        second: asked.breakdown.as_ref().map_or(Second::Nothing, |breakdown| Second::Keys(&breakdown.keys)),
    };
    let (memory, has_groups) = (Memory::of_call(), asked.breakdown.is_some());
    let mut collected: HashMap<(usize, u32), C> = HashMap::new();
    let mut sizes: Vec<Size<R>> = vec![Size::default()];
    let (mut events, mut held) = (0_usize, 0);
    let read = pairs.read(calendar, &memory, |row| {
        let size = size_at(&mut sizes, row.second as usize);
        size.events += 1;
        if let Some(text) = row.value {
            events += 1;
            let number = Number::parse(text);
            if has_groups && let Some(number) = &number {
                size.rank.add(number, 1, row.rate);
            }
            collected.entry((row.bucket, row.second)).or_default().add(number.as_ref(), 1, row.rate);
            if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) {
                held = held_by(&collected) + held_for_sizes(&sizes, &HashMap::new());
                if held > memory.left() / 2 {
                    collected.values_mut().for_each(C::shrink);
                    held = held_by(&collected);
                }
            }
        }
        Ok(held)
    })?;
    let most = asked.breakdown.as_ref().map_or(1, |breakdown| breakdown.most);
    let groups = Groups::largest(&sizes_of(&sizes), &read.seconds, most);
    let width = groups.names.len();
    memory.check(read.held + held_by(&collected) + read.buckets.len() * width * size_of::<C>())?;
    let mut cells = vec![C::default(); read.buckets.len() * width];
    for ((bucket, value), cell) in collected {
        cells[bucket * width + groups.group_of(value as usize)].merge(cell);
    }
    let sizes = sizes_by_group(&groups, sizes)?;
    Ok((Measured { buckets: read.buckets, groups: groups.names, cells }, sizes))
}

fn held_by<C: Collect>(collected: &HashMap<(usize, u32), C>) -> usize {
    collected.values().map(|cell| CELL + cell.memory()).sum()
}

/// The bytes that a place in the map of cells takes beside the cell, about.
const CELL: usize = 50;
