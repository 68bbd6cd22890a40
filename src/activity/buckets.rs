//! Pure: which events of a sorted piece lie in which bucket.

use std::ops::Range;

/// Cuts sorted times at the edges of the buckets, which are the starts of all of them and the end of the last, sorted:
/// bucket b is [`edges[b]`, `edges[b + 1]`). Calls the visitor with each bucket that has events and where they are, in
/// order; times outside all buckets are left out. Without two edges, or without times, there is nothing to visit.
///
/// O(log) for each bucket with events; those without cost nothing.
pub fn split(edges: &[i64], times: &[i64], mut visitor: impl FnMut(usize, Range<usize>)) {
    let mut begin = before(edges, times);
    let mut bucket = 0;
    while let Some(time) = times.get(begin) {
        // Edges up to the time: the bucket's own is one of them.
        bucket += edges[bucket..].partition_point(|edge| edge <= time);
        let Some(edge) = edges.get(bucket) else { return };
        let end = match times.last() {
            Some(last) if last < edge => times.len(),
            _ => begin + 1 + times[begin + 1..].partition_point(|time| time < edge),
        };
        visitor(bucket - 1, begin..end);
        begin = end;
    }
}

/// How many of the sorted times lie before the first bucket; none where there is no edge.
pub fn before(edges: &[i64], times: &[i64]) -> usize {
    match (edges.first(), times.first()) {
        (Some(edge), Some(time)) if time < edge => times.partition_point(|time| time < edge),
        _ => 0,
    }
}
