//! Finds the groups of a breakdown and the cells of each, from a source. Where the values are few, the events are read once, and what
//! was collected of each value is put together at the end; else they are read for the sizes of the groups first.

use super::cells::{Cells, EVENTS_BETWEEN_CHECKS};
use super::{Asked, Collect, EachValue, Groups, Number, Rank, Seen, Size, held_for_sizes, size_at, sizes_of};
use crate::calendar::{Bucket, edges};
use crate::error::Error;
use crate::memory::Memory;
use crate::source::Source;
use crate::source::question::IS_DECIMAL;
use std::collections::HashMap;

/// What was collected: the groups, the cells bucket after bucket with the groups of each, and the size of each value.
pub type Collected<C, R> = (Groups, Vec<C>, Vec<Size<R>>);

/// Collects the values of all events. Error: 53200 more than fit into telemetry.kpi_memory.
pub fn collect<C: Collect, R: Rank>(
    asked: &Asked,
    source: &mut Source,
    buckets: &[Bucket],
) -> Result<Collected<C, R>, Error> {
    let Some(breakdown) = &asked.breakdown else {
        let groups = Groups::largest(&[0], &[], 1);
        return Ok((groups, cells_of(source, buckets, 1, |_| 0)?, Vec::new()));
    };
    if let Some(collected) = at_once(source, buckets, breakdown.most)? {
        return Ok(collected);
    }
    let sizes = sizes(source, buckets)?;
    let groups = Groups::largest(&sizes_of(&sizes), &texts_of(source), breakdown.most);
    let cells = cells_of(source, buckets, groups.names.len(), |value| groups.group_of(value))?;
    Ok((groups, cells, sizes))
}

/// Collects the values by each value of the breakdown, and then by its groups. None: these are too many for a part of the memory.
fn at_once<C: Collect, R: Rank>(
    source: &mut Source,
    buckets: &[Bucket],
    most: usize,
) -> Result<Option<Collected<C, R>>, Error> {
    const NONE: u32 = u32::MAX;
    let room = source.memory.left() / 4;
    let mut cells = Cells::<C>::new(room);
    let mut sizes: Vec<Size<R>> = vec![Size::default()];
    // The row of cells of each value, by its number; and the value of each row.
    let (mut rows, mut values): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut events = 0_usize;
    let visited = source.visit(&mut EachValue::new(edges(buckets), |seen: Seen| {
        let group = seen.group as usize;
        let size = size_at(&mut sizes, group);
        size.events += 1;
        events += 1;
        if events.is_multiple_of(EVENTS_BETWEEN_CHECKS) && held_for_sizes(&sizes, &HashMap::new()) > room {
            return Err(Memory::exceeded());
        }
        match seen.value {
            0 => return Ok(()),
            IS_DECIMAL => sizes[group].rank.add(&Number::Short(seen.decimal), 1, seen.rate),
            _ => {}
        }
        if group >= rows.len() {
            rows.resize(group + 1, NONE);
        }
        if rows[group] == NONE {
            rows[group] = values.len() as u32;
            values.push(group);
            cells.make(values.len() * buckets.len())?;
        }
        cells.add(rows[group] as usize * buckets.len() + seen.bucket, &seen)
    }));
    match visited {
        Err(Error::OutOfKpiMemory { .. }) => return Ok(None),
        visited => visited?,
    }
    let collected = cells.filled(&numbers_of(source), |cell, number, times, rate| {
        if let Some(number) = number {
            sizes[values[cell / buckets.len()]].rank.add(number, times, rate);
        }
    });
    let texts = texts_of(source);
    sizes.resize(texts.len() + 1, Size::default());
    let groups = Groups::largest(&sizes_of(&sizes), &texts, most);
    let width = groups.names.len();
    source.memory.check(room + buckets.len() * width * size_of::<C>())?;
    let mut by_group = vec![C::default(); buckets.len() * width];
    for (cell, of_value) in collected.into_iter().enumerate() {
        let group = groups.group_of(values[cell / buckets.len()]);
        by_group[cell % buckets.len() * width + group].merge(of_value);
    }
    Ok(Some((groups, by_group, sizes)))
}

/// Collects the values by groups that are known.
fn cells_of<C: Collect>(
    source: &mut Source,
    buckets: &[Bucket],
    width: usize,
    group_of: impl Fn(usize) -> usize,
) -> Result<Vec<C>, Error> {
    let mut cells = Cells::<C>::new(source.memory.left());
    cells.make(buckets.len() * width)?;
    source.visit(&mut EachValue::new(edges(buckets), |seen: Seen| match seen.value {
        0 => Ok(()),
        _ => cells.add(seen.bucket * width + group_of(seen.group as usize), &seen),
    }))?;
    Ok(cells.filled(&numbers_of(source), |_, _, _, _| ()))
}

/// Finds the size of each value of the breakdown.
fn sizes<R: Rank>(source: &mut Source, buckets: &[Bucket]) -> Result<Vec<Size<R>>, Error> {
    let mut sizes: Vec<Size<R>> = vec![Size::default()];
    // By group, number of the value and bits of the rate: values that are no short numbers.
    let mut long: HashMap<(u32, u32, u32), u64> = HashMap::new();
    let (mut events, left) = (0_usize, source.memory.left());
    source.visit(&mut EachValue::new(edges(buckets), |seen: Seen| {
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
    // Raw rows have numbered the values of the other key as well.
    sizes.resize(texts_of(source).len() + 1, Size::default());
    Ok(sizes)
}

/// The texts of a source, from number 1.
fn texts_of(source: &Source) -> Vec<String> {
    (1..).map_while(|number| source.value(number)).map(str::to_string).collect()
}

/// What each text of a source says, from number 1.
fn numbers_of(source: &Source) -> Vec<Option<Number>> {
    (1..).map_while(|number| source.value(number)).map(Number::parse).collect()
}
