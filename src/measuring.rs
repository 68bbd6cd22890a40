//! What payloads say in numbers, by bucket and by the value of another key: a reader for every KPI that computes with a
//! payload key.
//!
//! Without a breakdown the timeline may answer. With one, two keys of each event are wanted, which the timeline does not
//! hand out together: the rows are read one by one.

pub mod asked;

mod bag;
mod groups;
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
    match &asked.breakdown {
        None => from_source(asked, calendar),
        Some(breakdown) => from_rows(asked, breakdown, calendar),
    }
}

fn from_source(asked: &Asked, calendar: &Calendar) -> Result<Measured, Error> {
    let class = Class { names: asked.names.clone(), conditions: (0..asked.conditions.len()).collect() };
    let mut source = Source::open(Question {
        range: asked.since.unwrap_or(i64::MIN)..asked.until.unwrap_or(i64::MAX),
        tenant: asked.tenant,
        actor: Actor::User,
        needs_actors: false,
        needs_arrivals: false,
        needs_rates: true,
        labels: Labels::Classes { classes: vec![class], keeps_others: false },
        conditions: asked.conditions.clone(),
        touches: Some(asked.key.clone()),
    })?;
    let span = if asked.since.is_none() || asked.until.is_none() { source.span()? } else { None };
    let buckets = calendar.buckets(asked.since, asked.until, span.map(|span| span.0), span.map(|span| span.1))?;
    let mut collected = Collected::new();
    source.visit(&mut EachValue::new(edges(&buckets), |seen: Seen| {
        collected.add(seen.bucket, 0, seen.value, seen.rate)
    }))?;
    let mut numbers = Vec::new();
    while let Some(text) = source.value(numbers.len() as u32 + 1) {
        numbers.push(Number::parse(text));
    }
    Ok(Measured { buckets, groups: vec![None], numbers, cells: collected.cells })
}

fn from_rows(asked: &Asked, breakdown: &str, calendar: &Calendar) -> Result<Measured, Error> {
    let pairs = Pairs {
        since: asked.since,
        until: asked.until,
        tenant: asked.tenant,
        names: asked.names.as_deref(),
        conditions: &asked.conditions,
        key: Some(&asked.key),
        second: Second::Key(breakdown),
    };
    let mut collected = Collected::new();
    let read = pairs.read(calendar, |row| collected.add(row.bucket, row.second as usize, row.value, row.rate))?;
    let mut sizes = vec![0; read.seconds.len() + 1];
    for ((_, value), cell) in &collected.cells {
        sizes[*value] += cell.values().map(Bag::len).sum::<u64>();
    }
    let groups = Groups::largest(&sizes, &read.seconds, asked.most_groups);
    let mut cells: BTreeMap<(usize, usize), Cell> = BTreeMap::new();
    for ((bucket, value), cell) in collected.cells {
        let into = cells.entry((bucket, groups.group_of(value))).or_default();
        for (rate, bag) in cell {
            into.entry(rate).or_default().merge(bag);
        }
    }
    let numbers = read.values.iter().map(|text| Number::parse(text)).collect();
    Ok(Measured { buckets: read.buckets, groups: groups.names, numbers, cells })
}

/// Values by bucket and value of the breakdown.
struct Collected {
    memory: Memory,
    cells: BTreeMap<(usize, usize), Cell>,
    values: usize,
}

/// Between two looks at the memory.
const VALUES_BETWEEN_CHECKS: usize = 1 << 17;

/// What a cell takes beside its bags, about.
const CELL: usize = 200;

impl Collected {
    fn new() -> Collected {
        Collected { memory: Memory::of_call(), cells: BTreeMap::new(), values: 0 }
    }

    fn add(&mut self, bucket: usize, group: usize, value: u32, rate: f32) -> Result<(), Error> {
        if value == 0 {
            return Ok(());
        }
        self.cells.entry((bucket, group)).or_default().entry(rate.to_bits()).or_default().push(value);
        self.values += 1;
        if self.values % VALUES_BETWEEN_CHECKS == 0 {
            let bags: usize = self.cells.values().flat_map(BTreeMap::values).map(Bag::memory).sum();
            self.memory.check(bags + self.cells.len() * CELL)?;
        }
        Ok(())
    }
}
