//! A line of a row's height: `▁▂▃▅▇`. It shows the course, not the size: it begins at zero where values differ by much, and lower
//! than the lowest where they are close to each other.

use super::{Options, bars::bounded};

pub(super) fn draw(values: &[Option<f64>], is_open: bool, most: usize, options: &Options) -> String {
    let values = thinned(values, most.saturating_sub(1).max(1));
    let known = || values.iter().flatten().copied();
    if known().count() < 2 {
        return String::new();
    }
    let (low, high) = (known().fold(f64::MAX, f64::min), known().fold(f64::MIN, f64::max));
    let low = if low >= 0.0 { (low - (high - low)).max(0.0) } else { low };
    let line = shape(&values, low, high, options);
    let mark = if is_open { options.signs().so_far } else { "" };
    format!("{}{mark}", line.trim_end())
}

/// One character a value, between the given bounds.
pub(super) fn shape(values: &[Option<f64>], low: f64, high: f64, options: &Options) -> String {
    let columns = options.signs().columns;
    let of = |value: f64| {
        let level = if high > low { (value - low) / (high - low) } else { 0.5 };
        columns[((level * (columns.len() - 1) as f64).round() as usize).min(columns.len() - 1)]
    };
    values.iter().map(|value| value.map_or(' ', of)).collect()
}

/// At most so many values, each the mean of those that it stands for.
pub(super) fn thinned(values: &[Option<f64>], most: usize) -> Vec<Option<f64>> {
    let count = values.len();
    (0..count.min(most))
        .map(|index| {
            let part = if count <= most { index..index + 1 } else { index * count / most..(index + 1) * count / most };
            let known = values[part].iter().flatten().filter(|value| value.is_finite()).map(|value| bounded(*value));
            let known = known.collect::<Vec<_>>();
            (!known.is_empty()).then(|| known.iter().map(|value| value / known.len() as f64).sum())
        })
        .collect()
}
