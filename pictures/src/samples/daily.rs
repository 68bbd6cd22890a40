//! Days of the drawing that the page was made after: a count, and three percentiles against a target of one of them.

use super::*;

const PEOPLE: [f64; 28] = [
    36.0, 46.0, 71.0, 66.0, 65.0, 83.0, 80.0, 66.0, 78.0, 90.0, 98.0, 98.0, 113.0, 110.0, 87.0, 81.0, 111.0, 121.0,
    102.0, 102.0, 117.0, 85.0, 76.0, 99.0, 116.0, 125.0, 124.0, 139.0,
];
const MILLISECONDS: [[f64; 28]; 3] = [
    [
        84.0, 347.0, 132.0, 206.0, 168.0, 214.0, 360.0, 249.0, 100.0, 196.0, 492.0, 331.0, 400.0, 154.0, 156.0, 392.0,
        416.0, 287.0, 60.0, 321.0, 99.0, 394.0, 395.0, 261.0, 220.0, 196.0, 399.0, 263.0,
    ],
    [
        1680.0, 1577.0, 1646.0, 1618.0, 1409.0, 1597.0, 1687.0, 1370.0, 1020.0, 1701.0, 1482.0, 1682.0, 1549.0, 1541.0,
        1395.0, 1589.0, 1494.0, 1358.0, 1345.0, 1453.0, 1029.0, 1736.0, 1474.0, 1577.0, 1483.0, 1535.0, 1728.0, 1376.0,
    ],
    [
        1755.0, 1734.0, 1740.0, 1718.0, 1618.0, 1720.0, 1779.0, 1555.0, 1679.0, 1775.0, 1579.0, 1787.0, 1619.0, 1666.0,
        1705.0, 1685.0, 1778.0, 1665.0, 1748.0, 1556.0, 1496.0, 1785.0, 1689.0, 1761.0, 1728.0, 1635.0, 1791.0, 1691.0,
    ],
];

pub(super) fn pictures() -> Vec<Picture> {
    let over = |measure, series, targets| {
        let mut trend = trend_of(measure, series, targets);
        trend.buckets = buckets(28, 1);
        trend.buckets.iter_mut().for_each(|bucket| bucket.is_complete = true);
        Chart::Trend(trend)
    };
    let percentiles = ["p50", "p95", "p99"]
        .iter()
        .zip(MILLISECONDS)
        .map(|(label, values)| series(Some(label), &values.map(|value| Some(value / 1000.0))))
        .collect();
    let target = Target { value: 1.0, is: Some(Bound::AtMost), label: "p95 at most 1 s".to_owned() };
    vec![
        picture(
            "daily_people",
            "How many use it each day?",
            "139 people on 27 Nov, 36 four weeks before.",
            over(people(), vec![series(None, &PEOPLE.map(Some))], Vec::new()),
            table(&["Day", "People"], &[&["26 Nov", "124"], &["27 Nov", "139"]]),
        ),
        picture(
            "api_time",
            "How fast is the API?",
            "The slowest 5 % take more than 1 s on every day.",
            over(Measure::Duration, percentiles, vec![target]),
            table(&["Day", "p50", "p95", "p99"], &[&["27 Nov", "263 ms", "1.38 s", "1.69 s"]]),
        ),
    ]
}
