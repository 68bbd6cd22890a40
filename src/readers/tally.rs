//! Counts events by bucket, label and value of a breakdown: the way of every KPI that counts events. The timeline is
//! read twice, for how many events each value has and for those of the values that are shown; where it keeps no key
//! that is asked for, rows are read one by one.

mod adding;
mod cells;
mod passes;

use crate::calendar::{Bucket, Calendar, edges};
use crate::error::Error;
use crate::memory::Memory;
use crate::readers::breakdown::{Breakdown, Group, Groups};
use crate::readers::measuring::{Pairs, Second};
use crate::readers::scope::Scope;
use crate::source::count::Count;
use crate::source::is_partly_in_timeline;
use crate::source::question::{Labels, Question};
use foldhash::HashMap;
use passes::{ByLabel, Grouping, Sizing};

/// How many events there were of each label, in each bucket and group.
pub struct Tally {
    pub buckets: Vec<Bucket>,
    pub groups: Vec<Group>,
    /// The names of events by their label, where labels are names.
    pub names: Vec<String>,
    /// The labels that events have, each with its counts: bucket after bucket, with the groups of each.
    pub by_label: Vec<(u64, Vec<Count>)>,
}

impl Tally {
    /// The place of the count of a bucket and group.
    pub fn place(&self, bucket: usize, group: usize) -> usize {
        bucket * self.groups.len() + group
    }
}

/// The bytes that a place in a map of counts takes, about.
const CELL: usize = 2 * size_of::<((u32, u32, u32), Count)>();

/// Counts the events of a question, of which nothing is asked but labels and rates. `is_one_filter`: every event that is
/// read meets the same conditions, so that rows may be read one by one. `size` ranks a value by its counts of all labels.
/// Errors: 53200 more values than telemetry.kpi_memory holds; those of the calendar.
pub fn tally<S: Ord + Copy + Default>(
    question: Question,
    (scope, calendar): (&Scope, &Calendar),
    breakdown: &Breakdown,
    is_one_filter: bool,
    size: impl Fn(&[(u64, &Count)]) -> S,
) -> Result<Tally, Error> {
    let question = Question { touches: Some(breakdown.keys.clone()), ..question };
    let are_names = matches!(question.labels, Labels::Names { .. });
    let tally = if is_one_filter && !is_partly_in_timeline(&question)? {
        by_rows(&question, scope, calendar, breakdown, &size)?
    } else {
        by_source(question, scope, calendar, breakdown, &size)?
    };
    tally.exchange(are_names, breakdown.most, size)
}

fn by_source<S: Ord + Copy + Default>(
    question: Question,
    scope: &Scope,
    calendar: &Calendar,
    breakdown: &Breakdown,
    size: impl Fn(&[(u64, &Count)]) -> S,
) -> Result<Tally, Error> {
    let (mut source, buckets) = scope.open(question, calendar)?;
    let mut sizing = Sizing::new(source.memory.left());
    source.visit(&mut sizing)?;
    let texts: Vec<String> = (1..).map_while(|number| source.value(number)).map(str::to_string).collect();
    let groups = groups_of(&sizing.by_value, &texts, breakdown, size, &source.memory)?;
    drop(sizing);
    let width = groups.names.len();
    let mut grouping = Grouping::new(edges(&buckets), groups.of_values(), width, source.memory.left());
    source.visit(&mut grouping)?;
    let names = source.names().to_vec();
    finish(buckets, groups, names, grouping.by_cell, &source.memory)
}

fn by_rows<S: Ord + Copy + Default>(
    question: &Question,
    scope: &Scope,
    calendar: &Calendar,
    breakdown: &Breakdown,
    size: impl Fn(&[(u64, &Count)]) -> S,
) -> Result<Tally, Error> {
    let names: Option<Vec<String>> = question.names().map(|names| names.into_iter().map(str::to_string).collect());
    let second = Second::Keys(&breakdown.keys);
    let pairs = Pairs { scope, names: names.as_deref(), key: None, second };
    let (holding, is_named) = ((1 << question.conditions.len()) - 1, matches!(question.labels, Labels::Names { .. }));
    let memory = Memory::of_call();
    let mut names: Vec<String> = Vec::new();
    let mut labels: HashMap<String, u64> = HashMap::default();
    let mut counts: HashMap<(u64, u32, u32), Count> = HashMap::default();
    let read = pairs.read(calendar, &memory, |row| {
        let label = match labels.get(row.name) {
            Some(label) => *label,
            None => {
                let label = if is_named {
                    names.push(row.name.to_string());
                    names.len() as u64 - 1
                } else {
                    question.tests_of(row.name).label(holding).unwrap_or(0)
                };
                labels.insert(row.name.to_string(), label);
                label
            }
        };
        counts.entry((label, row.bucket as u32, row.second)).or_default().add(1, row.rate);
        Ok(counts.len() * CELL)
    })?;
    let (mut by_value, mut by_cell) = (ByLabel::default(), ByLabel::default());
    for ((label, _, value), count) in &counts {
        let place = by_value.place_of(*label);
        by_value.cells[place].merge(*value as usize, count);
    }
    memory.check(read.held + counts.len() * CELL + by_value.memory())?;
    let groups = groups_of(&by_value, &read.seconds, breakdown, size, &memory)?;
    let width = groups.names.len();
    for ((label, bucket, value), count) in &counts {
        let (place, group) = (by_cell.place_of(*label), groups.group_of(*value as usize));
        if group < width {
            by_cell.cells[place].merge(*bucket as usize * width + group, count);
        }
    }
    finish(read.buckets, groups, names, by_cell, &memory)
}

/// Finds the groups: the largest values, `size` being what ranks them.
fn groups_of<S: Ord + Copy + Default>(
    by_value: &ByLabel,
    texts: &[String],
    breakdown: &Breakdown,
    size: impl Fn(&[(u64, &Count)]) -> S,
    memory: &Memory,
) -> Result<Groups, Error> {
    let values = texts.len() + 1;
    memory.check(by_value.memory() + values * (by_value.cells.len() * size_of::<Count>() + size_of::<(S, usize)>()))?;
    let counts: Vec<Vec<Count>> = by_value.cells.iter().map(|cells| cells.counts(values)).collect();
    let mut of_value: Vec<(u64, &Count)> = Vec::new();
    let sizes: Vec<S> = (0..values)
        .map(|value| {
            of_value.clear();
            of_value.extend(by_value.labels.iter().zip(&counts).map(|(label, counts)| (*label, &counts[value])));
            size(&of_value)
        })
        .collect();
    Ok(Groups::largest(&sizes, texts, breakdown.most))
}

fn finish(
    buckets: Vec<Bucket>,
    groups: Groups,
    names: Vec<String>,
    by_cell: ByLabel,
    memory: &Memory,
) -> Result<Tally, Error> {
    let cells = buckets.len() * groups.names.len();
    memory.check(by_cell.memory() + by_cell.labels.len() * cells * size_of::<Count>())?;
    let counts = by_cell.cells.iter().map(|of_label| of_label.counts(cells));
    let by_label = by_cell.labels.iter().copied().zip(counts).collect();
    Ok(Tally { buckets, groups: groups.names, names, by_label })
}
