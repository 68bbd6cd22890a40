//! The `d` of a path, written short: tenths of a pixel, relative to the point before.

use std::fmt::Write;

#[derive(Debug, Default)]
pub struct Path {
    d: String,
    at: (i64, i64),
}

impl Path {
    pub fn move_to(&mut self, (x, y): (f64, f64)) {
        self.at = (tenths(x), tenths(y));
        self.write('M', self.at);
    }

    pub fn line_to(&mut self, (x, y): (f64, f64)) {
        let to = (tenths(x), tenths(y));
        if to != self.at {
            self.write('l', (to.0 - self.at.0, to.1 - self.at.1));
            self.at = to;
        }
    }

    pub fn close(&mut self) {
        self.d.push('z');
    }

    pub fn through(points: &[(f64, f64)]) -> Path {
        let mut path = Path::default();
        path.line(points);
        path
    }

    pub fn line(&mut self, points: &[(f64, f64)]) {
        let Some((&first, rest)) = points.split_first() else { return };
        self.move_to(first);
        for &point in rest {
            self.line_to(point);
        }
    }

    /// A point of its own, as large as the stroke is wide.
    pub fn dot(&mut self, point: (f64, f64)) {
        self.move_to(point);
        self.write('l', (0, 0));
    }

    pub fn is_empty(&self) -> bool {
        self.d.is_empty()
    }

    pub fn into_d(self) -> String {
        self.d
    }

    fn write(&mut self, command: char, (x, y): (i64, i64)) {
        self.d.push(command);
        short(&mut self.d, x);
        if y >= 0 {
            self.d.push(' ');
        }
        short(&mut self.d, y);
    }
}

/// A coordinate as an attribute: at most one decimal, never what is no number.
pub fn px(value: f64) -> String {
    let mut text = String::new();
    short(&mut text, tenths(value));
    text
}

fn tenths(value: f64) -> i64 {
    (value.clamp(-1e6, 1e6) * 10.0).round() as i64
}

fn short(text: &mut String, tenths: i64) {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    // Writing into a String cannot fail.
    let _ = match (whole, rest) {
        (_, 0) => write!(text, "{sign}{whole}"),
        (0, _) => write!(text, "{sign}.{rest}"),
        _ => write!(text, "{sign}{whole}.{rest}"),
    };
}

/// The points, at most a few in each column of so many pixels: its lowest and its highest stay, and of all the first and the last,
/// so that no peak is lost. They come in order of x.
pub fn thinned(points: &[(f64, f64)], column: f64) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for column in points.chunk_by(|a, b| (a.0 / column).floor() == (b.0 / column).floor()) {
        if column.len() <= 2 {
            kept.extend(column);
            continue;
        }
        let lowest = extreme(column, |a, b| a < b);
        let highest = extreme(column, |a, b| a > b);
        kept.push(column[lowest.min(highest)]);
        if lowest != highest {
            kept.push(column[lowest.max(highest)]);
        }
    }
    if points.len() > 1 {
        let (first, last) = (points[0], points[points.len() - 1]);
        if kept.first() != Some(&first) {
            kept.insert(0, first);
        }
        if kept.last() != Some(&last) {
            kept.push(last);
        }
    }
    kept
}

fn extreme(points: &[(f64, f64)], is_more: impl Fn(f64, f64) -> bool) -> usize {
    (1..points.len()).fold(0, |most, index| if is_more(points[index].1, points[most].1) { index } else { most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_short() {
        let path = Path::through(&[(40.0, 115.5), (59.11, 107.0), (59.5, 107.0), (59.5, 107.0)]);
        assert_eq!(path.into_d(), "M40 115.5l19.1-8.5l.4 0");
        assert_eq!(px(f64::NAN), "0");
        assert_eq!(px(-0.04), "0");
        assert_eq!(px(-0.5), "-.5");
    }

    proptest! {
        #[test]
        fn thinning_keeps_extremes_and_ends(values in prop::collection::vec(-1e3_f64..1e3, 1..5000)) {
            let step = 500.0 / values.len() as f64;
            let points: Vec<_> = values.iter().enumerate().map(|(i, &y)| (i as f64 * step, y)).collect();
            let kept = thinned(&points, 2.0);
            let most = |points: &[(f64, f64)], sign: f64| points.iter().fold(f64::MIN, |most, p| most.max(p.1 * sign));
            prop_assert_eq!(most(&points, 1.0), most(&kept, 1.0));
            prop_assert_eq!(most(&points, -1.0), most(&kept, -1.0));
            prop_assert_eq!((points.first(), points.last()), (kept.first(), kept.last()));
            prop_assert!(kept.len() <= 506 && kept.is_sorted_by(|a, b| a.0 <= b.0));
        }
    }
}
