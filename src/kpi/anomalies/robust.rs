//! Pure: finds which values of a series are far from what their season makes one expect. It does so by medians, so that
//! what is looked for does not move the yardstick.

use std::collections::BTreeMap;

/// A season needs at least this many values: a median of fewer says little.
const FEWEST_IN_SEASON: usize = 3;

/// For normal values the median absolute deviation times this is the standard deviation.
const MEDIAN_TO_DEVIATION: f64 = 1.482602218505602;
/// For normal values the mean absolute deviation times this, sqrt(pi / 2), is the standard deviation too.
const MEAN_TO_DEVIATION: f64 = 1.2533141373155003;

/// A value of the series.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Values of one season are expected to be alike.
    pub season: i64,
    pub value: f64,
    /// Whether the value says what is usual, and is judged; it does both or neither.
    pub is_judged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The median of the season; none where it has too few values.
    pub expected: Option<f64>,
    /// How many deviations the value is above; none where that is unknown, or where every value is as expected.
    pub score: Option<f64>,
}

pub fn judge(points: &[Point]) -> Vec<Judged> {
    let mut seasons: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.is_judged) {
        seasons.entry(point.season).or_default().push(point.value);
    }
    let expected: BTreeMap<i64, f64> = seasons
        .into_iter()
        .filter(|(_, values)| values.len() >= FEWEST_IN_SEASON)
        .map(|(season, mut values)| (season, median(&mut values)))
        .collect();
    let deviation_of = |point: &Point| expected.get(&point.season).map(|expected| point.value - expected);
    let mut distances: Vec<f64> =
        points.iter().filter(|point| point.is_judged).filter_map(deviation_of).map(f64::abs).collect();
    let deviation = deviation(&mut distances);
    let judged = |point: &Point| Judged {
        expected: expected.get(&point.season).copied(),
        score: deviation_of(point).filter(|_| point.is_judged && deviation > 0.0).map(|by| by / deviation),
    };
    points.iter().map(judged).collect()
}

/// Estimates the standard deviation from distances to what was expected.
fn deviation(distances: &mut [f64]) -> f64 {
    if distances.is_empty() {
        return 0.0;
    }
    let by_median = median(distances) * MEDIAN_TO_DEVIATION;
    if by_median > 0.0 {
        return by_median;
    }
    // More than half of the values are as expected.
    distances.iter().sum::<f64>() / distances.len() as f64 * MEAN_TO_DEVIATION
}

/// Gives the median of at least one value.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        values[middle - 1] + (values[middle] - values[middle - 1]) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(i64, f64)]) -> Vec<Point> {
        values.iter().map(|(season, value)| Point { season: *season, value: *value, is_judged: true }).collect()
    }

    #[test]
    fn a_value_is_judged_by_its_season() {
        // Mondays about 100, Sundays about 10; one Sunday like a Monday.
        let values = [(1, 99.0), (7, 10.0), (1, 101.0), (7, 12.0), (1, 100.0), (7, 100.0), (1, 102.0), (7, 8.0)];
        let judged = judge(&points(&values));
        assert_eq!(judged[0].expected, Some(100.5));
        assert_eq!(judged[5].expected, Some(11.0));
        // Distances 1.5, 1, 0.5, 1, 0.5, 89, 1.5, 3: their median is 1.25.
        let deviation = 1.25 * 1.482602218505602;
        assert!((judged[5].score.expect("it has a score") - 89.0 / deviation).abs() < 1e-9);
        assert!(judged.iter().filter(|one| one.score.expect("all have").abs() > 3.5).count() == 1);
    }

    #[test]
    fn where_most_are_as_expected_the_mean_distance_decides() {
        let judged = judge(&points(&[(0, 5.0), (0, 5.0), (0, 5.0), (0, 5.0), (0, 9.0)]));
        let deviation = 4.0 / 5.0 * 1.2533141373155003;
        assert!((judged[4].score.expect("it has a score") - 4.0 / deviation).abs() < 1e-9);
        assert_eq!(judged[0].score, Some(0.0));
        let judged = judge(&points(&[(0, 5.0), (0, 5.0), (0, 5.0)]));
        assert_eq!(judged[0], Judged { expected: Some(5.0), score: None });
    }

    #[test]
    fn what_is_not_over_neither_judges_nor_is_judged() {
        let mut given = points(&[(0, 1.0), (0, 2.0), (0, 3.0), (0, 1000.0), (1, 1.0)]);
        given[3].is_judged = false;
        let judged = judge(&given);
        assert_eq!(judged[3], Judged { expected: Some(2.0), score: None });
        assert_eq!(judged[4], Judged { expected: None, score: None });
        assert_eq!(judge(&[]), []);
    }
}
