//! Measures what payloads say in numbers, by bucket and by the value of another key: a reader for every KPI that
//! computes with a payload key.
//!
//! Where the timeline keeps the keys, it answers. For a breakdown it is read twice: for the sizes of the groups, then
//! for the numbers. Otherwise the rows are read one by one.

mod asked;
mod bag;
mod extremes;
mod groups;
mod number;
mod pairs;
mod reading;
mod sum;
mod weighed;

use crate::calendar::{Bucket, Calendar, Edges, edges};
use crate::error::Error;
use crate::memory::Memory;
use crate::source::question::{IS_DECIMAL, Question};
use crate::source::{self, Source};
use bag::Bag;
use std::collections::{BTreeMap, HashMap};

pub use asked::Asked;
pub use extremes::{ByHighest, ByLowest, Extremes};
pub use groups::{Group, Groups, OTHER};
pub use number::Number;
pub use pairs::{Pairs, Second};
pub use reading::{EachValue, Seen};
pub use weighed::{ByNumbers, BySum, Weighed};

/// Collects the values of one bucket and group, for instance into their sum.
pub trait Collect: Default + Clone {
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
pub trait Rank: Default + Clone {
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
    if source::is_in_timeline(&question)? {
        from_source::<C, R>(asked, calendar, question)
    } else {
        from_rows::<C, R>(asked, calendar)
    }
}

fn from_source<C: Collect, R: Rank>(
    asked: &Asked,
    calendar: &Calendar,
    question: Question,
) -> Result<Measured<C>, Error> {
    let (mut source, buckets) = asked.scope.open(question, calendar)?;
    let groups = groups::<R>(asked, &mut source, edges(&buckets))?;
    let width = groups.names.len();
    let left = source.memory.left();
    if buckets.len() * width * (size_of::<Values>() + size_of::<C>()) > left {
        return Err(Memory::exceeded());
    }
    let mut values = vec![Values::default(); buckets.len() * width];
    let mut cells = vec![C::default(); buckets.len() * width];
    let mut events = 0_usize;
    source.visit(&mut EachValue::new(edges(&buckets), |seen: Seen| {
        if seen.value == 0 {
            return Ok(());
        }
        let place = seen.bucket * width + groups.group_of(seen.group as usize);
        if seen.value == IS_DECIMAL {
            cells[place].add(Some(&Number::Short(seen.decimal)), 1, seen.rate);
        } else {
            values[place].push(seen.value, seen.rate);
        }
        events += 1;
        if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) && held(&values, &cells) > left {
            values.iter_mut().for_each(Values::shrink);
            cells.iter_mut().for_each(C::shrink);
            if held(&values, &cells) > left {
                return Err(Memory::exceeded());
            }
        }
        Ok(())
    }))?;
    // Each text is read once.
    let mut numbers = Vec::new();
    while let Some(text) = source.value(numbers.len() as u32 + 1) {
        numbers.push(Number::parse(text));
    }
    for (cell, values) in cells.iter_mut().zip(values) {
        for (rate, bag) in values.into_bags() {
            for (value, times) in bag.into_runs() {
                cell.add(numbers[value as usize - 1].as_ref(), times, rate);
            }
        }
    }
    Ok(Measured { buckets, groups: groups.names, cells })
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

/// Finds the groups of the breakdown: the largest of its values.
fn groups<R: Rank>(asked: &Asked, source: &mut Source, edges: Edges) -> Result<Groups, Error> {
    let Some(breakdown) = &asked.breakdown else { return Ok(Groups::largest(&[0], &[], 1)) };
    let mut sizes: Vec<Size<R>> = vec![Size::default()];
    // By group, number of the value and bits of the rate: values that are no short numbers.
    let mut long: HashMap<(u32, u32, u32), u64> = HashMap::new();
    let (mut events, left) = (0_usize, source.memory.left());
    source.visit(&mut EachValue::new(edges, |seen: Seen| {
        let size = size_at(&mut sizes, seen.group as usize);
        size.events += 1;
        match seen.value {
            0 => {}
            IS_DECIMAL => size.rank.add(&Number::Short(seen.decimal), 1, seen.rate),
            value => *long.entry((seen.group, value, seen.rate.to_bits())).or_default() += 1,
        }
        events += 1;
        if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) && held_for_sizes(&sizes, &long) > left {
            return Err(Memory::exceeded());
        }
        Ok(())
    }))?;
    source.memory.check(held_for_sizes(&sizes, &long))?;
    for ((group, value, rate), times) in long {
        if let Some(number) = source.value(value).and_then(Number::parse) {
            sizes[group as usize].rank.add(&number, times, f32::from_bits(rate));
        }
    }
    let mut texts = Vec::new();
    while let Some(text) = source.value(texts.len() as u32 + 1) {
        texts.push(text.to_string());
    }
    // Raw rows have numbered the values of the other key as well.
    sizes.resize(texts.len() + 1, Size::default());
    Ok(Groups::largest(&sizes_of(&sizes), &texts, breakdown.most))
}

fn held_for_sizes<R: Rank>(sizes: &[Size<R>], long: &HashMap<(u32, u32, u32), u64>) -> usize {
    sizes.iter().map(|size| size_of::<u64>() + size.rank.memory()).sum::<usize>() + long.capacity() * 21
}

/// The numbers of values of one bucket and group.
#[derive(Clone, Default)]
struct Values {
    /// The values of events that were all kept.
    whole: Bag,
    /// The values of sampled events, by the bits of the rate.
    sampled: BTreeMap<u32, Bag>,
}

impl Values {
    fn push(&mut self, value: u32, rate: f32) {
        if rate == 1.0 {
            self.whole.push(value);
        } else {
            self.sampled.entry(rate.to_bits()).or_default().push(value);
        }
    }

    fn into_bags(self) -> impl Iterator<Item = (f32, Bag)> {
        let sampled = self.sampled.into_iter().map(|(bits, bag)| (f32::from_bits(bits), bag));
        [(1.0, self.whole)].into_iter().chain(sampled)
    }

    fn shrink(&mut self) {
        self.whole.shrink();
        self.sampled.values_mut().for_each(Bag::shrink);
    }

    fn memory(&self) -> usize {
        size_of::<Values>() + self.whole.memory() + self.sampled.values().map(Bag::memory).sum::<usize>()
    }
}

fn held<C: Collect>(values: &[Values], cells: &[C]) -> usize {
    values.iter().map(Values::memory).sum::<usize>() + cells.iter().map(C::memory).sum::<usize>()
}

fn from_rows<C: Collect, R: Rank>(asked: &Asked, calendar: &Calendar) -> Result<Measured<C>, Error> {
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
    Ok(Measured { buckets: read.buckets, groups: groups.names, cells })
}

fn held_by<C: Collect>(collected: &HashMap<(usize, u32), C>) -> usize {
    collected.values().map(|cell| CELL + cell.memory()).sum()
}

/// The number of events between two looks at the memory.
const EVENTS_BETWEEN_CHECKS: usize = 1 << 17;

/// The bytes that a place in the map of cells takes beside the cell, about.
const CELL: usize = 50;
