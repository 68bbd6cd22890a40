//! Pure: ranges of time, and how they are cut so that each part touches only so many partitions.

use std::ops::Range;

/// All time.
pub const ALWAYS: Range<i64> = i64::MIN..i64::MAX;

/// Returns ranges in order, without empty ones and without overlaps.
pub fn merged(mut ranges: Vec<Range<i64>>) -> Vec<Range<i64>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<i64>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Returns the parts of the ranges that lie within another one.
pub fn within(ranges: &[Range<i64>], bounds: &Range<i64>) -> Vec<Range<i64>> {
    let cut = |range: &Range<i64>| range.start.max(bounds.start)..range.end.min(bounds.end);
    ranges.iter().map(cut).filter(|range| range.start < range.end).collect()
}

/// Cuts merged ranges into lists of which each touches at most `most` of the partitions, which are sorted by time.
/// There is one list where the ranges do not touch more, and none without ranges.
pub fn cut(ranges: Vec<Range<i64>>, partitions: &[Range<i64>], most: usize) -> Vec<Vec<Range<i64>>> {
    let mut cuts = vec![i64::MIN];
    let mut touched = 0;
    let mut following = 0;
    for partition in partitions {
        while ranges.get(following).is_some_and(|range| range.end <= partition.start) {
            following += 1;
        }
        if ranges.get(following).is_some_and(|range| range.start < partition.end) {
            if touched == most {
                cuts.push(partition.start);
                touched = 0;
            }
            touched += 1;
        }
    }
    cuts.push(i64::MAX);
    let windows = cuts.windows(2).map(|edges| within(&ranges, &(edges[0]..edges[1])));
    windows.filter(|window| !window.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged() {
        assert_eq!(merged(vec![5..7, 0..2, 2..3, 6..6, 6..9]), vec![0..3, 5..9]);
        assert_eq!(within(&[0..3, 5..9], &(2..6)), vec![2..3, 5..6]);
        assert_eq!(within(&[0..3], &(3..6)), Vec::<Range<i64>>::new());
    }

    #[test]
    fn few_partitions_are_one_window() {
        let days: Vec<Range<i64>> = (0..10).map(|day| day * 10..day * 10 + 10).collect();
        assert_eq!(cut(vec![ALWAYS], &days, 10), vec![vec![ALWAYS]]);
        assert_eq!(cut(vec![95..i64::MAX], &days, 1), vec![vec![95..i64::MAX]]);
        assert_eq!(cut(vec![], &days, 10), Vec::<Vec<Range<i64>>>::new());
        assert_eq!(cut(vec![ALWAYS], &[], 10), vec![vec![ALWAYS]]);
    }

    #[test]
    fn many_are_cut_where_a_partition_begins() {
        let days: Vec<Range<i64>> = (0..10).map(|day| day * 10..day * 10 + 10).collect();
        assert_eq!(cut(vec![ALWAYS], &days, 4), vec![vec![i64::MIN..40], vec![40..80], vec![80..i64::MAX]]);
        // Days 0, 3, 4 and 9 are touched.
        assert_eq!(
            cut(vec![5..6, 35..45, 90..i64::MAX], &days, 2),
            vec![vec![5..6, 35..40], vec![40..45, 90..i64::MAX]]
        );
        // What lies between partitions goes along.
        assert_eq!(cut(vec![0..100], &[0..10, 50..60], 1), vec![vec![0..50], vec![50..100]]);
    }

    #[test]
    fn windows_hold_all_and_nothing_twice() {
        let days: Vec<Range<i64>> = (0..50).filter(|day| day % 7 != 3).map(|day| day * 10..day * 10 + 10).collect();
        for most in 1..20 {
            let ranges = vec![3..17, 40..41, 77..300, 310..499];
            let pieces: Vec<Range<i64>> = cut(ranges.clone(), &days, most).into_iter().flatten().collect();
            assert_eq!(merged(pieces), ranges);
            for window in cut(ranges.clone(), &days, most) {
                let touches =
                    |day: &&Range<i64>| window.iter().any(|range| range.start < day.end && day.start < range.end);
                assert!(days.iter().filter(touches).count() <= most);
            }
        }
    }
}
