//! What payloads say in numbers, by bucket and by the value of another key: a reader for every KPI that computes with a
//! payload key.
//!
//! Where the timeline keeps the keys, it answers. It hands out one key of an event at a time: for a breakdown it is read
//! twice, and what belongs together is told by the arrivals. Otherwise the rows are read one by one.

pub mod asked;

mod bag;
mod groups;
mod kept;
mod number;
mod pairs;
mod reading;
mod sum;

use crate::calendar::{Bucket, Calendar, edges};
use crate::error::Error;
use crate::source::question::{Actor, Class, Labels, Question};
use crate::source::{Memory, Source};
use asked::Asked;
use std::collections::BTreeMap;

pub use bag::Bag;
pub use groups::Groups;
pub use kept::timeline_keeps;
pub use number::Number;
pub use pairs::{Pairs, Second};
pub use reading::{EachValue, Seen};
pub use sum::Sum;

/// The values of the key, by bucket and group.
pub struct Measured {
    pub buckets: Vec<Bucket>,
    pub groups: Vec<Option<String>>,
    /// By number of the value, from 1; none where it is not a number.
    numbers: Vec<Option<Number>>,
    cells: BTreeMap<(usize, usize), Cell>,
}

/// Values of one bucket and group, by the bits of the rate with which their events were kept.
pub type Cell = BTreeMap<u32, Bag>;

impl Measured {
    /// The values of a bucket and group.
    pub fn cell(&mut self, bucket: usize, group: usize) -> Cell {
        self.cells.remove(&(bucket, group)).unwrap_or_default()
    }

    /// None: it is not a number.
    pub fn number(&self, value: u32) -> Option<&Number> {
        self.numbers.get((value as usize).checked_sub(1)?)?.as_ref()
    }
}

/// Reads the values. Errors: 53200 more than fit into telemetry.kpi_memory; those of the calendar.
pub fn measure(asked: &Asked, calendar: &Calendar) -> Result<Measured, Error> {
    if !timeline_keeps(&question(asked, &asked.key, false), asked.breakdown.as_deref())? {
        return from_rows(asked, calendar);
    }
    match &asked.breakdown {
        None => from_source(asked, calendar, &Grouping::none()),
        Some(breakdown) => match grouping(asked, breakdown, calendar)? {
            Some(grouping) => from_source(asked, calendar, &grouping),
            // More events than can be told apart in memory.
            None => from_rows(asked, calendar),
        },
    }
}

fn question(asked: &Asked, touches: &str, needs_arrivals: bool) -> Question {
    let class = Class { names: asked.names.clone(), conditions: (0..asked.conditions.len()).collect() };
    Question {
        range: asked.since.unwrap_or(i64::MIN)..asked.until.unwrap_or(i64::MAX),
        tenant: asked.tenant,
        actor: Actor::User,
        needs_actors: false,
        needs_arrivals,
        needs_rates: true,
        labels: Labels::Classes { classes: vec![class], keeps_others: false },
        conditions: asked.conditions.clone(),
        touches: Some(touches.to_string()),
    }
}

fn open(asked: &Asked, calendar: &Calendar, question: Question) -> Result<(Source, Vec<Bucket>), Error> {
    let mut source = Source::open(question)?;
    let span = if asked.since.is_none() || asked.until.is_none() { source.span()? } else { None };
    let buckets = calendar.buckets(asked.since, asked.until, span.map(|span| span.0), span.map(|span| span.1))?;
    Ok((source, buckets))
}

/// Which event is in which group.
struct Grouping {
    names: Vec<Option<String>>,
    /// Of the events in the order they were read; empty where there is one group.
    arrivals: Vec<i64>,
    groups: Vec<u16>,
}

impl Grouping {
    fn none() -> Grouping {
        Grouping { names: vec![None], arrivals: Vec::new(), groups: Vec::new() }
    }

    fn memory(&self) -> usize {
        self.arrivals.capacity() * size_of::<i64>() + self.groups.capacity() * size_of::<u16>()
    }
}

/// The groups of events by a key that the timeline keeps; none where it is more than half of the memory.
fn grouping(asked: &Asked, breakdown: &str, calendar: &Calendar) -> Result<Option<Grouping>, Error> {
    let (mut source, buckets) = open(asked, calendar, question(asked, breakdown, true))?;
    let most = source.memory.left() / 2 / (size_of::<i64>() + size_of::<u32>());
    let (mut arrivals, mut values, mut sizes) = (Vec::new(), Vec::new(), vec![0_u64]);
    source.visit(&mut EachValue::new(edges(&buckets), |seen: Seen| {
        if arrivals.len() < most {
            arrivals.push(seen.arrival);
            values.push(seen.value);
        }
        sizes.resize(sizes.len().max(seen.value as usize + 1), 0);
        sizes[seen.value as usize] += 1;
        Ok(())
    }))?;
    if sizes.iter().sum::<u64>() > arrivals.len() as u64 {
        return Ok(None);
    }
    let text = |value: usize| source.value(value as u32).unwrap_or_default().to_string();
    let texts: Vec<String> = (1..sizes.len()).map(text).collect();
    let groups = Groups::largest(&sizes, &texts, asked.most_groups);
    let of_events = values.into_iter().map(|value| groups.group_of(value as usize) as u16).collect();
    Ok(Some(Grouping { names: groups.names, arrivals, groups: of_events }))
}

fn from_source(asked: &Asked, calendar: &Calendar, grouping: &Grouping) -> Result<Measured, Error> {
    let (mut source, buckets) = open(asked, calendar, question(asked, &asked.key, !grouping.groups.is_empty()))?;
    let width = grouping.names.len();
    let left = source.memory.left().saturating_sub(grouping.memory());
    if buckets.len() * width * CELL > left {
        return Err(Memory::exceeded());
    }
    let mut cells = vec![Cell::new(); buckets.len() * width];
    let mut events = 0_usize;
    let mut sorted: Vec<(i64, u16)> = Vec::new();
    source.visit(&mut EachValue::new(edges(&buckets), |seen: Seen| {
        let group = if grouping.groups.is_empty() {
            0
        } else if grouping.arrivals.get(events) == Some(&seen.arrival) {
            grouping.groups[events]
        } else {
            // Rows may come in another order the second time.
            if sorted.is_empty() {
                sorted = grouping.arrivals.iter().copied().zip(grouping.groups.iter().copied()).collect();
                sorted.sort_unstable();
            }
            let place = sorted.binary_search_by_key(&seen.arrival, |(arrival, _)| *arrival);
            place.map_or(0, |place| sorted[place].1)
        };
        events += 1;
        if seen.value != 0 {
            let cell = &mut cells[seen.bucket * width + usize::from(group)];
            cell.entry(seen.rate.to_bits()).or_default().push(seen.value);
            if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) && memory_of(cells.iter()) > left {
                return Err(Memory::exceeded());
            }
        }
        Ok(())
    }))?;
    let mut numbers = Vec::new();
    while let Some(text) = source.value(numbers.len() as u32 + 1) {
        numbers.push(Number::parse(text));
    }
    let cells = cells.into_iter().enumerate().map(|(place, cell)| ((place / width, place % width), cell)).collect();
    Ok(Measured { buckets, groups: grouping.names.clone(), numbers, cells })
}

fn from_rows(asked: &Asked, calendar: &Calendar) -> Result<Measured, Error> {
    let pairs = Pairs {
        since: asked.since,
        until: asked.until,
        tenant: asked.tenant,
        names: asked.names.as_deref(),
        conditions: &asked.conditions,
        key: Some(&asked.key),
        second: asked.breakdown.as_deref().map_or(Second::Nothing, Second::Key),
    };
    let memory = Memory::of_call();
    let mut collected: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    let mut sizes = vec![0_u64];
    let mut events = 0_usize;
    let read = pairs.read(calendar, |row| {
        sizes.resize(sizes.len().max(row.second as usize + 1), 0);
        sizes[row.second as usize] += 1;
        events += 1;
        if row.value != 0 {
            let cell = collected.entry((row.bucket, row.second as usize)).or_default();
            cell.entry(row.rate.to_bits()).or_default().push(row.value);
            if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) {
                memory.check(memory_of(collected.values()))?;
            }
        }
        Ok(())
    })?;
    let groups = Groups::largest(&sizes, &read.seconds, asked.most_groups);
    let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    for ((bucket, value), cell) in collected {
        let into = cells.entry((bucket, groups.group_of(value))).or_default();
        for (rate, bag) in cell {
            into.entry(rate).or_default().merge(bag);
        }
    }
    let numbers = read.values.iter().map(|text| Number::parse(text)).collect();
    Ok(Measured { buckets: read.buckets, groups: groups.names, numbers, cells })
}

/// Between two looks at the memory.
const EVENTS_BETWEEN_CHECKS: usize = 1 << 17;

/// What a cell takes beside its bags, about.
const CELL: usize = 200;

fn memory_of<'a>(cells: impl Iterator<Item = &'a Cell>) -> usize {
    cells.map(|cell| CELL + cell.values().map(Bag::memory).sum::<usize>()).sum()
}
