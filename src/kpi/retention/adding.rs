//! Adds up the cohorts of several logs. A cohort goes by the start of its period: where the logs begin at different times, its
//! number is another one in each.

use super::Asked;
use super::engine::{CohortCounts, Kind};
use crate::error::Error;
use crate::readers::adding::{self, Gathered};
use crate::readers::breakdown::{Group, Groups, by_actors};

/// Hands over the counts of each group, and gives those that rows are made of, see [`adding::exchange`].
pub fn exchange(
    asked: &Asked,
    groups: Groups,
    cohorts: Vec<CohortCounts>,
) -> Result<(Vec<Group>, Vec<CohortCounts>), Error> {
    // Who starts with two values in one period is in two cohorts of it; the first start of all has one value, but with `match` there is
    // a first one of each object.
    let are_actors = asked.definition.kind == Kind::Recurring || asked.source.is_matching();
    let mut by_group: Vec<_> = cohorts.into_iter().map(|cohorts| cohorts.into_actors().into_iter()).collect();
    let periods = asked.buckets.len();
    let cells =
        (0..periods).flat_map(|_| by_group.iter_mut().map(|of| of.next().unwrap_or_default()).collect::<Vec<_>>());
    let gathered = Gathered::of_actors(groups, cells.collect());
    let cut = by_actors(asked.breakdown.as_ref(), are_actors);
    let (groups, cells) = adding::exchange("cohorts", &asked.buckets, gathered, &cut)?;
    let mut by_group = vec![Vec::with_capacity(periods); groups.len()];
    for (place, actors) in cells.into_iter().enumerate() {
        by_group[place % groups.len()].push(actors);
    }
    let cohorts = by_group.into_iter().map(|actors| CohortCounts::of(asked.definition.clone(), actors)).collect();
    Ok((groups, cohorts))
}
