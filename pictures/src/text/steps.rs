//! How far they get: a bar a step, with how many came so far, their share of the first, how many were lost, and how long it took.

use super::{
    MOST_ROWS, Options,
    bars::{self, BarRow},
    matrix::{self, MatrixRow},
    ranking::clean_or,
};
use crate::{
    number::{self, NONE},
    picture::{Measure, Step, StepGroup, Steps},
};

/// More groups than that are compared by a row each.
const FEW_GROUPS: usize = 4;
const HEADINGS: [&str; 4] = ["reached", "share", "lost", "median"];

pub(super) fn draw(steps: &Steps, options: &Options) -> Vec<String> {
    match &steps.groups[..] {
        [] => vec!["  No step was reached.".to_owned()],
        groups if groups.len() <= FEW_GROUPS => bars_of(groups, options),
        groups => compared(groups, options),
    }
}

/// The steps of each group, below its label. A bar is a share of the group's first step, so that groups can be compared.
fn bars_of(groups: &[StepGroup], options: &Options) -> Vec<String> {
    let rows = groups.iter().flat_map(|group| {
        let label = group.label.as_ref().map(|label| BarRow { label: clean_or(label, "(empty)"), ..BarRow::default() });
        let first = group.steps.first().map_or(0.0, |step| step.count);
        let indent = if label.is_some() { "  " } else { "" };
        label.into_iter().chain(group.steps.iter().map(move |step| row(step, first, indent, options)))
    });
    bars::draw(&rows.take(MOST_ROWS).collect::<Vec<_>>(), Some(&HEADINGS), &[], Some(1.0), options)
}

fn row(step: &Step, first: f64, indent: &str, options: &Options) -> BarRow {
    let count = |value| number::say(value, &Measure::Count(String::new()));
    let lost = step.lost.map_or(String::new(), |lost| {
        if lost > 0.0 { format!("{}{}", options.signs().minus, count(lost)) } else { count(lost) }
    });
    let share = step.share.map_or(NONE.to_owned(), |share| number::say(share, &Measure::Share));
    let median = step.median_seconds.map_or(String::new(), |seconds| number::say(seconds, &Measure::Duration));
    BarRow {
        label: format!("{indent}{}", clean_or(&step.label, "(empty)")),
        value: Some(if first > 0.0 { step.count / first } else { 0.0 }),
        numbers: vec![count(step.count), share, lost, median],
        ..BarRow::default()
    }
}

/// A row a group: how many came to the first step, and which share to each of the others.
fn compared(groups: &[StepGroup], options: &Options) -> Vec<String> {
    let longest = groups.iter().max_by_key(|group| group.steps.len());
    let columns = longest.map_or(Vec::new(), |group| group.steps.iter().map(|step| step.label.clone()).collect());
    let rows = groups
        .iter()
        .take(MOST_ROWS)
        .map(|group| MatrixRow {
            label: group.label.clone().unwrap_or_default(),
            cells: (0..columns.len())
                .map(|index| match group.steps.get(index) {
                    Some(step) if index == 0 => number::say(step.count, &Measure::Count(String::new())),
                    Some(Step { share: Some(share), .. }) => number::say(*share, &Measure::Share),
                    _ => NONE.to_owned(),
                })
                .collect(),
            tail: String::new(),
        })
        .collect::<Vec<_>>();
    let mut lines = matrix::draw(&columns, &rows, options);
    lines.extend(options.left_out(groups.len().saturating_sub(MOST_ROWS), "groups"));
    lines
}
