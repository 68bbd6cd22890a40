//! Pure: a percentile as PostgreSQL's percentile_cont: of n values in order, at place fraction * (n - 1) counted from 0,
//! between two of them by the straight line.

/// `values`: ascending, each with how many times it occurs; at least one.
pub fn percentile(values: &[(f64, u64)], fraction: f64) -> f64 {
    let count: u64 = values.iter().map(|(_, times)| times).sum();
    let place = fraction * (count.saturating_sub(1)) as f64;
    let low = at(values, place.floor() as u64);
    let between = place - place.floor();
    if between > 0.0 { low + between * (at(values, place.ceil() as u64) - low) } else { low }
}

fn at(values: &[(f64, u64)], place: u64) -> f64 {
    let mut passed = 0;
    for (value, times) in values {
        passed += times;
        if place < passed {
            return *value;
        }
    }
    values.last().map_or(f64::NAN, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_values_by_the_straight_line() {
        let values = [(1.0, 1), (2.0, 1), (10.0, 2)];
        let found: Vec<f64> =
            [0.0, 0.25, 0.5, 0.75, 1.0].iter().map(|fraction| percentile(&values, *fraction)).collect();
        assert_eq!(found, [1.0, 1.75, 6.0, 10.0, 10.0]);
        assert_eq!(percentile(&[(7.0, 1)], 0.99), 7.0);
    }
}
