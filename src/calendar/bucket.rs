//! Pure: a calendar bucket, as KPIs get it.

/// A bucket goes from its start to the start of the next one, in microseconds since 2000-01-01 UTC.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    pub start: i64,
    pub next: i64,
    /// Whether the bucket is over, and not cut by the range.
    pub is_complete: bool,
}
