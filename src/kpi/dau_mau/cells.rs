//! Pure: lays two calendars on one line of time. It is cut into cells that each lie in one bucket of both, so that the
//! sets of actors are made once.

use crate::calendar::bucket::Bucket;
use crate::calendar::edges::Edges;
use std::ops::Range;

pub struct Cells {
    pub edges: Edges,
    /// Whether each cell is averaged over.
    averaged: Vec<bool>,
    /// Which cells each bucket has that is shown.
    of_bucket: Vec<Range<usize>>,
}

impl Cells {
    /// Makes the cells of two calendars. `shown` are the buckets of the rows; `averaged` are finer ones, and those of
    /// them that are complete and lie as a whole in one of `shown` are averaged over.
    pub fn between(shown: &[Bucket], averaged: &[Bucket]) -> Cells {
        let mut edges: Vec<i64> = shown.iter().chain(averaged).flat_map(|bucket| [bucket.start, bucket.next]).collect();
        edges.sort_unstable();
        edges.dedup();
        let place = |time: i64| edges.partition_point(|edge| *edge < time);
        let of_bucket: Vec<Range<usize>> = shown.iter().map(|bucket| place(bucket.start)..place(bucket.next)).collect();
        let mut is_averaged = vec![false; edges.len().saturating_sub(1)];
        for bucket in averaged.iter().filter(|bucket| bucket.is_complete) {
            let cell = place(bucket.start);
            // One that crosses an edge of what is shown is cut there.
            is_averaged[cell] = edges[cell + 1] == bucket.next;
        }
        Cells { edges: Edges::new(edges), averaged: is_averaged, of_bucket }
    }

    /// Gives the cells of a bucket that is shown.
    pub fn of(&self, bucket: usize) -> Range<usize> {
        self.of_bucket[bucket].clone()
    }

    pub fn is_averaged(&self, cell: usize) -> bool {
        self.averaged[cell]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(edges: &[i64]) -> Vec<Bucket> {
        edges.windows(2).map(|edge| Bucket { start: edge[0], next: edge[1], is_complete: edge[1] < 90 }).collect()
    }

    fn told(cells: &Cells, shown: usize) -> Vec<(Range<usize>, Vec<bool>)> {
        (0..shown)
            .map(|bucket| (cells.of(bucket), cells.of(bucket).map(|cell| cells.is_averaged(cell)).collect()))
            .collect()
    }

    #[test]
    fn days_of_months() {
        let cells = Cells::between(&buckets(&[0, 30, 60]), &buckets(&[0, 10, 20, 30, 40, 50, 60]));
        assert_eq!(told(&cells, 2), [(0..3, vec![true; 3]), (3..6, vec![true; 3])]);
    }

    #[test]
    fn a_week_in_two_months_is_averaged_in_neither() {
        let cells = Cells::between(&buckets(&[0, 31, 59]), &buckets(&[-3, 4, 11, 18, 25, 32, 39, 46, 53, 60]));
        assert_eq!(cells.edges.times(), [-3, 0, 4, 11, 18, 25, 31, 32, 39, 46, 53, 59, 60]);
        let (yes, no) = (true, false);
        assert_eq!(told(&cells, 2), [(1..6, vec![no, yes, yes, yes, no]), (6..11, vec![no, yes, yes, yes, no])]);
    }

    #[test]
    fn what_is_not_over_is_not_averaged() {
        let cells = Cells::between(&buckets(&[60, 90, 120]), &buckets(&[60, 70, 80, 90, 100]));
        assert_eq!(told(&cells, 2), [(0..3, vec![true, true, false]), (3..5, vec![false, false])]);
        assert_eq!(told(&Cells::between(&[], &[]), 0), []);
    }
}
