//! Pure: a calendar bucket, as KPIs are given it.

/// From its start to the start of the next, in microseconds since 2000-01-01 UTC.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    pub start: i64,
    pub next: i64,
    /// It is over, and not cut by the range.
    pub is_complete: bool,
}

/// The starts of buckets, and the end of the last.
pub fn edges(buckets: &[Bucket]) -> Vec<i64> {
    buckets.iter().map(|bucket| bucket.start).chain(buckets.last().map(|bucket| bucket.next)).collect()
}
