//! Pure: finds who came back, for a band of actors at once, from the sets of actors that are active in each period.
//!
//! A cell (cohort, k) is an intersection: the cohort's members and those who returned in the periods that k stands
//! for. The counts are those of `engine`, which reads actor by actor and answers the rest, see
//! `Definition::fits_matrix`.

use crate::kpi::retention::engine::{CohortCounts, Kind, Mode, Retention};
use crate::readers::activity::{Activity, sets};
use std::convert::Infallible;

/// What is known of the actors of a band. The buckets of both activities are the periods of the definition; they may
/// be the same one.
#[derive(Clone, Copy)]
pub struct Band<'a> {
    /// The actors who have a start event, by period.
    pub starts: &'a Activity,
    /// The actors who have a start event before the range, as far back as history goes. Read for [`Kind::FirstTime`]
    /// only.
    pub before: &'a [u64],
    /// The actors who have a return event, by period.
    pub returns: &'a Activity,
}

/// Counts the actors of a band. Panics unless the definition of the cohorts fits: any count would be wrong.
pub fn add(cohorts: &mut CohortCounts, band: &Band<'_>) {
    let (retention, actors) = cohorts.parts();
    let Ok(()) = visit_cells(
        retention,
        band,
        |_, _| true,
        |cohort, k, members, returned| {
            actors[cohort][k] += sets::count_both(members, returned);
            Ok::<(), Infallible>(())
        },
    );
}

/// Calls the visitor with (cohort, k, user) for each actor of the wanted cells. A cell's users come in order, cohorts
/// ascending, k descending. It panics as [`add`] does.
pub fn visit<E>(
    retention: &Retention,
    band: &Band<'_>,
    wanted: impl Fn(usize, usize) -> bool,
    mut visitor: impl FnMut(usize, usize, u16) -> Result<(), E>,
) -> Result<(), E> {
    visit_cells(retention, band, wanted, |cohort, k, members, returned| {
        sets::users_of_both(members, returned).try_for_each(|user| visitor(cohort, k, user))
    })
}

/// Calls the visitor with (cohort, k, members, returned) for the wanted cells of cohorts that have members.
fn visit_cells<E>(
    retention: &Retention,
    band: &Band<'_>,
    wanted: impl Fn(usize, usize) -> bool,
    mut visitor: impl FnMut(usize, usize, &[u64], &[u64]) -> Result<(), E>,
) -> Result<(), E> {
    let definition = retention.definition();
    assert!(definition.fits_matrix(), "sets of actors do not answer {definition:?}");
    assert!(band.starts.buckets() == definition.periods && band.returns.buckets() == definition.periods);
    let mut union = Vec::new();
    let mut visit_cohort = |cohort: usize, members: &[u64]| {
        if members.iter().all(|word| *word == 0) {
            return Ok(());
        }
        union.clear();
        for k in (0..retention.columns(cohort)).rev() {
            let returned = if k == 0 { members } else { returned(retention, band.returns, cohort, k, &mut union) };
            if wanted(cohort, k) {
                visitor(cohort, k, members, returned)?;
            }
        }
        Ok(())
    };
    match definition.kind {
        Kind::Recurring => (0..definition.periods).try_for_each(|cohort| visit_cohort(cohort, band.starts.set(cohort))),
        Kind::FirstTime | Kind::FirstEver => band.starts.visit_first_times(band.before, visit_cohort),
    }
}

/// Gives the actors who returned in what k, at least 1, stands for. The union is the caller's for a cohort whose k
/// descend, empty at first. So on or after adds a period at a time, and the brackets of a cohort read together what
/// `on` reads: no mode costs much more than `on`, and none has to keep a second set for each period.
fn returned<'a>(
    retention: &Retention,
    returns: &'a Activity,
    cohort: usize,
    k: usize,
    union: &'a mut Vec<u64>,
) -> &'a [u64] {
    match retention.definition().mode {
        Mode::On => return returns.set(cohort + k),
        Mode::OnOrAfter => sets::unite(union, returns.set(cohort + k)),
        Mode::Brackets(_) => {
            union.clear();
            let distances = retention.bracket(k);
            let periods = distances.start + cohort..distances.end.saturating_add(cohort).min(returns.buckets());
            periods.for_each(|period| sets::unite(union, returns.set(period)));
        }
    }
    union
}

#[cfg(test)]
mod tests;
