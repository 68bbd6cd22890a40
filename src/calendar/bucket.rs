//! Pure: a calendar bucket, as KPIs are given it.

/// From its start to the start of the next, in microseconds since 2000-01-01 UTC.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    pub start: i64,
    pub next: i64,
    /// It is over, and not cut by the range.
    pub is_complete: bool,
}
