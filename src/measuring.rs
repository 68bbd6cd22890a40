//! What payloads say in numbers, by bucket and by the value of another key: a reader for every KPI that computes with a
//! payload key.
//!
//! Where the timeline keeps the keys, it answers. For a breakdown it is read twice: for the sizes of the groups, then for
//! the numbers. Otherwise the rows are read one by one.

pub mod asked;

mod bag;
mod groups;
mod number;
mod pairs;
mod reading;
mod sum;

use crate::calendar::{Bucket, Calendar, edges};
use crate::error::Error;
use crate::source::question::{IS_DECIMAL, Question};
use crate::source::{self, Memory, Source};
use asked::Asked;
use bag::Bag;
use std::collections::{BTreeMap, HashMap};

pub use groups::{Groups, OTHER};
pub use number::Number;
pub use pairs::{Pairs, Second};
pub use reading::{EachValue, Seen};
pub use sum::Sum;

/// What is made of the values of a bucket and group.
pub trait Collect: Default + Clone {
    /// A number that occurs so many times, in events that were kept with this rate; none: a value that is no number.
    fn add(&mut self, number: Option<&Number>, times: u64, rate: f32);

    fn merge(&mut self, other: Self);

    /// Bytes that it holds, about.
    fn memory(&self) -> usize;

    /// Takes less room, where it can.
    fn shrink(&mut self) {}
}

/// What was made of the values, by bucket and group.
pub struct Measured<C> {
    pub buckets: Vec<Bucket>,
    pub groups: Vec<Option<String>>,
    /// Bucket after bucket, the groups of each.
    cells: Vec<C>,
}

impl<C> Measured<C> {
    /// Each bucket and group with what was made of its values.
    pub fn into_cells(self) -> impl Iterator<Item = (Bucket, Option<String>, C)> {
        let Measured { buckets, groups, cells } = self;
        let width = groups.len();
        cells
            .into_iter()
            .enumerate()
            .map(move |(place, cell)| (buckets[place / width], groups[place % width].clone(), cell))
    }
}

/// Reads the values. Errors: 53200 more than fit into telemetry.kpi_memory; those of the calendar.
pub fn measure<C: Collect>(asked: &Asked, calendar: &Calendar) -> Result<Measured<C>, Error> {
    let class = asked.scope.class(asked.names.clone());
    let question = Question {
        touches: Some(asked.key.clone()),
        groups_by: asked.breakdown.clone(),
        takes_decimals: true,
        ..asked.scope.events(vec![class])
    };
    if source::is_in_timeline(&question)? { from_source(asked, calendar, question) } else { from_rows(asked, calendar) }
}

fn from_source<C: Collect>(asked: &Asked, calendar: &Calendar, question: Question) -> Result<Measured<C>, Error> {
    let (mut source, buckets) = asked.scope.open(question, calendar)?;
    let groups = groups(asked, &mut source, edges(&buckets))?;
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

/// The groups of the breakdown by their events, whether these have a number or not.
fn groups(asked: &Asked, source: &mut Source, edges: Vec<i64>) -> Result<Groups, Error> {
    let mut sizes = vec![0_u64];
    if asked.breakdown.is_none() {
        return Ok(Groups::largest(&sizes, &[], asked.most_groups));
    }
    source.visit_without_values(&mut EachValue::new(edges, |seen: Seen| {
        let group = seen.group as usize;
        if group >= sizes.len() {
            sizes.resize(group + 1, 0);
        }
        sizes[group] += 1;
        Ok(())
    }))?;
    let mut texts = Vec::new();
    while let Some(text) = source.value(texts.len() as u32 + 1) {
        texts.push(text.to_string());
    }
    // Raw rows have numbered the values of the other key as well.
    sizes.resize(texts.len() + 1, 0);
    Ok(Groups::largest(&sizes, &texts, asked.most_groups))
}

/// The numbers of values of one bucket and group.
#[derive(Clone, Default)]
struct Values {
    /// Of events that were all kept.
    whole: Bag,
    /// By the bits of the rate.
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

fn from_rows<C: Collect>(asked: &Asked, calendar: &Calendar) -> Result<Measured<C>, Error> {
    let pairs = Pairs {
        scope: &asked.scope,
        names: asked.names.as_deref(),
        key: Some(&asked.key),
        second: asked.breakdown.as_deref().map_or(Second::Nothing, Second::Key),
    };
    let memory = Memory::of_call();
    let mut collected: HashMap<(usize, u32), C> = HashMap::new();
    let mut sizes = vec![0_u64];
    let (mut events, mut held) = (0_usize, 0);
    let read = pairs.read(calendar, &memory, |row| {
        sizes.resize(sizes.len().max(row.second as usize + 1), 0);
        sizes[row.second as usize] += 1;
        if let Some(text) = row.value {
            events += 1;
            collected.entry((row.bucket, row.second)).or_default().add(Number::parse(text).as_ref(), 1, row.rate);
            if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) {
                held = held_by(&collected);
                if held > memory.left() / 2 {
                    collected.values_mut().for_each(C::shrink);
                    held = held_by(&collected);
                }
            }
        }
        Ok(held)
    })?;
    let groups = Groups::largest(&sizes, &read.seconds, asked.most_groups);
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

/// Between two looks at the memory.
const EVENTS_BETWEEN_CHECKS: usize = 1 << 17;

/// What a place in the map of cells takes beside the cell, about.
const CELL: usize = 50;
