//! Compares with NumPy's least squares on dummy variables, SciPy 1.17.1's t distribution and its linregress.

use super::*;

/// The values of days from 0; the season is the day modulo 7.
const VALUES: [f64; 31] = [
    50.1, 61.2, 65.5, 58.4, 55.0, 31.9, 32.1, 55.4, 64.4, 58.8, 72.3, 61.4, 42.3, 34.9, 59.7, 68.9, 75.1, 70.8, 66.8,
    47.9, 37.5, 60.7, 74.2, 74.7, 69.5, 69.7, 48.9, 41.8, 66.4, 78.3, 86.6,
];

/// The expected forecasts: place, confidence, what is expected, how far it may be off.
const FORECASTS: [[f64; 4]; 6] = [
    [31.0, 0.8, 78.99, 5.189763685129388],
    [31.0, 0.95, 78.99, 8.136542367517736],
    [34.0, 0.8, 47.814999999999955, 5.189763685129388],
    [34.0, 0.95, 47.814999999999955, 8.136542367517736],
    [60.0, 0.8, 92.44899999999993, 6.406019367619622],
    [60.0, 0.95, 92.44899999999993, 10.043395259234572],
];

/// The expected slope and intercept without seasons.
const PLAIN: [f64; 2] = [0.5701612903225806, 50.84112903225807];

fn points(seasons: i64) -> Vec<Point> {
    let point =
        |(place, value): (usize, &f64)| Point { place: place as f64, season: place as i64 % seasons, value: *value };
    VALUES.iter().enumerate().map(point).collect()
}

#[test]
fn as_scipy_says() {
    let line = Line::fit(&points(7)).expect("there are enough values");
    for [place, confidence, expected, reach] in FORECASTS {
        let season = place as i64 % 7;
        assert!((line.at(place, season).expect("a season") / expected - 1.0).abs() < 1e-9);
        assert!((line.errors(confidence) * line.error(place, season).expect("a season") / reach - 1.0).abs() < 1e-9);
    }
    let plain = Line::fit(&points(1)).expect("there are enough values");
    assert!((plain.slope / PLAIN[0] - 1.0).abs() < 1e-9);
    assert!((plain.at(0.0, 0).expect("a season") / PLAIN[1] - 1.0).abs() < 1e-9);
}

#[test]
fn a_line_takes_enough_values() {
    let given = points(7);
    assert_eq!(Line::fit(&given[..8]).err(), Some(TooFew { values: 8 }));
    assert!(Line::fit(&given[..9]).is_ok());
    assert_eq!(Line::fit(&points(1)[..2]).err(), Some(TooFew { values: 2 }));
    assert_eq!(Line::fit(&[]).err(), Some(TooFew { values: 0 }));
    let same = Point { place: 1.0, season: 0, value: 2.0 };
    assert_eq!(Line::fit(&[same, same, same]).err(), Some(TooFew { values: 3 }));
    assert_eq!(Line::fit(&given).expect("enough").at(99.0, 7), None);
}
