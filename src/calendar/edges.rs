//! Pure: finds the bucket that a time lies in.

use super::bucket::Bucket;
use std::ops::Range;

/// The starts of buckets that follow one another, and the end of the last.
///
/// A time has a place among them: 0 before the first bucket, 1 in the first, one more than there are buckets behind the
/// last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edges(Vec<i64>);

/// Makes the edges of a calendar's buckets.
pub fn edges(buckets: &[Bucket]) -> Edges {
    Edges(buckets.iter().map(|bucket| bucket.start).chain(buckets.last().map(|bucket| bucket.next)).collect())
}

impl Edges {
    /// Makes edges of times, which must ascend.
    pub fn new(times: Vec<i64>) -> Edges {
        Edges(times)
    }

    pub fn times(&self) -> &[i64] {
        &self.0
    }

    /// Tells how many buckets there are.
    pub fn buckets(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    #[inline]
    pub fn place_of(&self, time: i64) -> usize {
        self.0.partition_point(|edge| *edge <= time)
    }

    /// Gives the bucket in a place; there is none before the first and behind the last.
    #[inline]
    pub fn bucket_in(&self, place: usize) -> Option<usize> {
        place.checked_sub(1).filter(|_| place < self.0.len())
    }

    /// Gives the bucket that a time lies in; there is none before the first and behind the last.
    #[inline]
    pub fn bucket_of(&self, time: i64) -> Option<usize> {
        self.bucket_in(self.place_of(time))
    }

    /// Gives the time at which a bucket starts and the one at which it ends.
    pub fn span_of(&self, bucket: usize) -> Range<i64> {
        self.0[bucket]..self.0[bucket + 1]
    }

    /// Tells whether a time lies in a place. Most times lie in the place of the one before them, so this is asked
    /// first.
    #[inline]
    pub fn is_in(&self, place: usize, time: i64) -> bool {
        place.checked_sub(1).is_none_or(|before| self.0[before] <= time)
            && self.0.get(place).is_none_or(|next| time < *next)
    }

    /// Tells whether two times have different places.
    pub fn part(&self, first: i64, last: i64) -> bool {
        self.place_of(first) != self.place_of(last)
    }

    /// Lets the first bucket begin no earlier than at `since`. Where a range cuts that bucket, what precedes the range
    /// then lies before it.
    pub fn cut_at(mut self, since: Option<i64>) -> Edges {
        if let (Some(first), Some(since)) = (self.0.first_mut(), since) {
            *first = since.max(*first);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(times: &[i64]) -> Edges {
        Edges::new(times.to_vec())
    }

    #[test]
    fn a_time_lies_before_in_or_behind() {
        let edges = of(&[10, 20, 30]);
        assert_eq!([9, 10, 19, 20, 29, 30].map(|time| edges.place_of(time)), [0, 1, 1, 2, 2, 3]);
        assert_eq!(
            [9, 10, 19, 20, 29, 30].map(|time| edges.bucket_of(time)),
            [None, Some(0), Some(0), Some(1), Some(1), None]
        );
        assert_eq!((edges.buckets(), edges.span_of(1)), (2, 20..30));
        assert!(edges.part(19, 20) && !edges.part(10, 19) && edges.part(9, 10));
        for (place, time) in [(0, 9), (1, 10), (2, 29), (3, 30), (3, i64::MAX), (0, i64::MIN)] {
            assert!(edges.is_in(place, time) && !edges.is_in(place.saturating_sub(1) + usize::from(place == 0), time));
        }
    }

    #[test]
    fn no_buckets_hold_no_time() {
        assert_eq!((of(&[]).bucket_of(5), of(&[]).buckets(), of(&[]).cut_at(Some(3))), (None, 0, of(&[])));
    }

    #[test]
    fn a_range_cuts_the_first_bucket() {
        assert_eq!(of(&[10, 20]).cut_at(Some(15)), of(&[15, 20]));
        assert_eq!(of(&[10, 20]).cut_at(Some(5)), of(&[10, 20]));
        assert_eq!(of(&[10, 20]).cut_at(None), of(&[10, 20]));
    }
}
