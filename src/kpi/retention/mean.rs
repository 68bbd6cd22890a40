//! Pure: the mean of all cohorts for each k, weighted by their sizes: of those who could have come back by now, the
//! share that did.

use crate::kpi::retention::engine::CohortCounts;
use std::ops::Range;

/// The mean of one k, over the cells that are over (see `Retention::is_over`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mean {
    /// The sum of the sizes of their cohorts.
    pub cohort_size: i64,
    /// The sum of their actors. None: no cell is over.
    pub actors: Option<i64>,
    /// Whether no other cell will be over, however late it is asked.
    pub is_complete: bool,
}

impl Mean {
    /// The share of those who came back; None where there is nobody who could.
    pub fn rate(&self) -> Option<f64> {
        self.actors.filter(|_| self.cohort_size > 0).map(|actors| actors as f64 / self.cohort_size as f64)
    }
}

/// Returns the means by k, up to the largest k that a cohort has. `bounds` are the starts of the periods and the end of
/// the last one, `seen` is [since, until or now, whichever is earlier), `asked` is [since, until).
pub fn means(cohorts: &CohortCounts, bounds: &[i64], seen: &Range<i64>, asked: &Range<i64>) -> Vec<Mean> {
    let mut means: Vec<Mean> = Vec::new();
    for cell in cohorts.cells() {
        if means.len() <= cell.k {
            means.resize(cell.k + 1, Mean { is_complete: true, ..Mean::default() });
        }
        let (mean, of) = (&mut means[cell.k], cohorts.retention());
        if of.is_over(bounds, cell.cohort, cell.k, seen) {
            mean.cohort_size += cell.cohort_size;
            *mean.actors.get_or_insert(0) += cell.actors;
        } else if of.is_over(bounds, cell.cohort, cell.k, asked) {
            mean.is_complete = false;
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::retention::engine::{Event, Kind, Mode, Start};
    use crate::kpi::retention::known_answers::definition;

    /// Three days of ten, thirty and no actors, of whom five and three come back on the day after.
    fn cohorts() -> CohortCounts {
        let mut cohorts = CohortCounts::new(definition(Kind::FirstTime, Mode::On, 4));
        for (day, actors, back) in [(0, 10, 5), (1, 30, 3)] {
            for actor in 0..actors {
                let start = Event { time: day, period: day as i32, start: Start::Yes, is_return: true };
                let again = Event { time: day + 1, period: day as i32 + 1, ..start };
                cohorts.add(&[start, again][..if actor < back { 2 } else { 1 }]);
            }
        }
        cohorts
    }

    fn counted(seen: Range<i64>, asked: Range<i64>) -> Vec<(i64, Option<i64>, bool)> {
        let means = means(&cohorts(), &[0, 1, 2, 3, 4], &seen, &asked);
        means.iter().map(|mean| (mean.cohort_size, mean.actors, mean.is_complete)).collect()
    }

    /// The case TE-12 of docs/semantics/retention.md.
    #[test]
    fn cohorts_weigh_by_their_size() {
        let all = means(&cohorts(), &[0, 1, 2, 3, 4], &(0..4), &(0..4));
        assert_eq!(all[1].rate(), Some(0.2), "8 of 40, not the plain mean of a half and a tenth");
        assert_eq!(
            counted(0..4, 0..4),
            [(40, Some(40), true), (40, Some(8), true), (40, Some(0), true), (10, Some(0), true)]
        );
    }

    #[test]
    fn a_period_that_is_not_over_does_not_lower_the_mean() {
        assert_eq!(
            counted(0..2, 0..4),
            [(40, Some(40), false), (10, Some(5), false), (0, None, false), (0, None, false)]
        );
        assert_eq!(means(&cohorts(), &[0, 1, 2, 3, 4], &(0..2), &(0..4))[2].rate(), None);
    }

    #[test]
    fn what_the_range_cuts_never_counts_and_is_not_waited_for() {
        assert_eq!(counted(1..3, 1..3), [(30, Some(30), true), (30, Some(3), true), (0, None, true), (0, None, true)]);
    }

    #[test]
    fn there_is_no_mean_without_cohorts() {
        let nobody = CohortCounts::new(definition(Kind::Recurring, Mode::On, 0));
        assert_eq!(means(&nobody, &[], &(0..4), &(0..4)), []);
        let empty = CohortCounts::new(definition(Kind::Recurring, Mode::On, 1));
        assert_eq!(means(&empty, &[0, 1], &(0..4), &(0..4))[0].rate(), None);
    }
}
