//! Where words go in a trend so that they lie neither on each other nor on a line: the names at the ends, the words of targets.

use maud::{Markup, html};

use super::{FOOT, Line, NAMES, Plot, TOP, UNNAMED, is_expected};
use crate::svg::{
    drawing::{said, stroke, words},
    path::{Path, px},
    width::{self, Type},
};

/// What stands at the end of a line.
pub(super) struct Name {
    text: String,
    class: String,
    pub width: f64,
}

const LINE_HEIGHT: f64 = 15.0;

impl Plot<'_> {
    /// The value, and the name of the series where there are several.
    pub(super) fn name(&self, line: &Line) -> Option<Name> {
        let (bucket, value) = self.named(line).filter(|_| line.look != UNNAMED)?;
        let value = said(value, &self.chart.measure);
        if self.is_single && self.is_open(line, bucket) {
            let text = format!("{value} {}", if is_expected(line, bucket) { "expected" } else { "so far" });
            return Some(Name { width: width::of(&text, Type::Plain), text, class: "dim halo".to_owned() });
        }
        let text = match &line.series.label {
            Some(label) => format!("{} {value}", width::fit(label, self.sheet.names(NAMES), Type::Small)),
            None => value,
        };
        let (class, size) = match (self.is_single, self.is_missed(line)) {
            (true, true) => ("num missed halo".to_owned(), 1.0),
            (true, false) => ("num halo".to_owned(), 1.0),
            (false, _) => (format!("num small {}", line.class('f')), 0.115 / 0.13),
        };
        Some(Name { width: width::of(&text, Type::Bold) * size, text, class })
    }

    /// The value that is said at the end: the last. Where several lines just began the running bucket, which is often near zero in
    /// all of them, it is the one before.
    pub(super) fn named(&self, line: &Line) -> Option<(usize, f64)> {
        const NEAR: f64 = 40.0;
        let last = line.last()?;
        let run = line.runs.last()?;
        let before = run.iter().rev().find(|(bucket, _)| !self.is_open(line, *bucket));
        let is_near = |before: &&(usize, f64)| {
            !self.is_single && self.is_running(last.0) && self.x(last.0) - self.x(before.0) < NEAR
        };
        Some(before.filter(is_near).copied().unwrap_or(last))
    }

    /// The names, moved apart where lines end close to each other; then a thin line leads from the end to its name.
    pub(super) fn names(&self, lines: &[Line]) -> Markup {
        let mut named: Vec<(&Line, Name, (f64, f64))> =
            lines.iter().filter_map(|line| Some((line, self.name(line)?, self.point(self.named(line)?)))).collect();
        named.sort_by(|a, b| a.2.1.total_cmp(&b.2.1));
        let wanted: Vec<f64> = named.iter().map(|(.., end)| end.1).collect();
        let places = apart(&wanted, TOP - 8.0, self.height - FOOT - 2.0);
        let left = self.right + 10.0;
        html! {
            @for ((_, name, (x, y)), place) in named.iter().zip(places) {
                @let left = if self.is_single { (x + 9.0).min(self.sheet.width - name.width) } else { left };
                @if (y - place).abs() > 5.0 || left - x > 14.0 && !self.is_single {
                    (stroke("lead", Path::through(&[(*x + 4.0, *y), (left - 2.0, place)])))
                }
                (words(left, place + 4.0, &name.class, &name.text))
            }
        }
    }

    /// Where the last bucket is not over, the last that is has its dot and its number: it is what the finding speaks of.
    pub(super) fn last_complete(&self, line: &Line, taken: &[(f64, f64)]) -> Markup {
        let is_over = |(bucket, _): &&(usize, f64)| !self.is_open(line, *bucket);
        let last = line.last().filter(|last| self.is_single && self.is_open(line, last.0));
        // Where both are nearly at one place, the one at the end is all that can be read.
        let is_far = |complete: &&(usize, f64)| last.is_some_and(|last| self.x(last.0) - self.x(complete.0) > 12.0);
        let complete = line.runs.iter().flatten().rev().find(is_over).filter(is_far);
        let Some(complete) = complete else { return html! {} };
        let ((x, y), text) = (self.point(*complete), said(complete.1, &self.chart.measure));
        let half = width::of(&text, Type::Bold) / 2.0;
        let middle = x.min(self.right - half - 8.0).max(self.left + half);
        let is_in = |base: f64, point: &&(f64, f64)| {
            (middle - half - 2.0..middle + half + 2.0).contains(&point.0)
                && (base - 13.0..base + 5.0).contains(&point.1)
        };
        let bases = [y - 8.0, y + 19.0, y - 20.0, y + 30.0];
        let base = bases
            .into_iter()
            .filter(|base| *base > 10.0 && *base < self.height - FOOT)
            .min_by_key(|base| taken.iter().filter(|point| is_in(*base, point)).count());
        let is_missed = self.misses(complete.1);
        html! {
            circle class="dot f1" cx=(px(x)) cy=(px(y)) r="3.5" {}
            @if let Some(base) = base {
                (words(middle, base, if is_missed { "num missed mid halo" } else { "num mid halo" }, &text))
            }
        }
    }

    /// Points on all lines, close enough to each other that no word fits between two.
    pub(super) fn drawn_points(&self, lines: &[Line]) -> Vec<(f64, f64)> {
        const APART: f64 = 6.0;
        let mut points = Vec::new();
        for run in lines.iter().flat_map(|line| self.runs(line)) {
            let run = self.points(&run);
            points.extend(run.first());
            for pair in run.windows(2) {
                let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
                let count = ((x2 - x1) / APART).ceil().clamp(1.0, 200.0);
                points.extend((1..=count as usize).map(|step| {
                    let share = step as f64 / count;
                    (x1 + (x2 - x1) * share, y1 + (y2 - y1) * share)
                }));
            }
        }
        points
    }

    /// The lines of targets are no place for words either.
    pub(super) fn take_targets(&self, taken: &mut Vec<(f64, f64)>) {
        for target in &self.chart.targets {
            let y = self.axis.at(target.value);
            taken
                .extend((0..=((self.right - self.left) / 8.0) as usize).map(|step| (self.left + step as f64 * 8.0, y)));
        }
    }

    /// Where a target's words lie on the fewest points: above its line at the left by preference. The place is taken afterwards.
    pub(super) fn target_words(&self, width: f64, y: f64, taken: &mut Vec<(f64, f64)>) -> (f64, f64) {
        let (left, right) = (self.left + 4.0, (self.right - width - 6.0).max(self.left));
        let mut places = Vec::new();
        for base in [y - 5.0, y + 13.0] {
            for x in [left, right, (left + right) / 2.0, left + (right - left) / 4.0, left + (right - left) * 0.75] {
                // Outside of the sheet nothing is read.
                if base > 10.0 && base < self.height - FOOT + 2.0 {
                    places.push((x, base));
                }
            }
        }
        let is_in = |(x, base): (f64, f64), point: &(f64, f64)| {
            (x - 3.0..x + width + 3.0).contains(&point.0) && (base - 12.0..base + 5.0).contains(&point.1)
        };
        let best = places
            .into_iter()
            .min_by_key(|place| taken.iter().filter(|point| is_in(*place, point)).count())
            .unwrap_or((left, y - 5.0));
        let columns = (width / 6.0).ceil() as usize;
        taken.extend((0..=columns).map(|column| (best.0 + column as f64 * 6.0, best.1 - 4.0)));
        best
    }
}

/// Sorted places moved so far that each has a line's height, within top and bottom if they fit at all.
fn apart(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::with_capacity(wanted.len());
    for &y in wanted {
        places.push(places.last().map_or(y.max(top), |before| y.max(before + LINE_HEIGHT)));
    }
    let mut limit = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(limit);
        limit = *place - LINE_HEIGHT;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_are_apart_stay() {
        assert_eq!(apart(&[20.0, 60.0], 10.0, 150.0), [20.0, 60.0]);
        assert_eq!(apart(&[50.0, 50.0, 50.0], 10.0, 150.0), [50.0, 65.0, 80.0]);
        assert_eq!(apart(&[149.0, 150.0], 10.0, 150.0), [135.0, 150.0]);
    }

    proptest! {
        #[test]
        fn no_name_lies_on_another(mut wanted in prop::collection::vec(0.0_f64..200.0, 0..8)) {
            wanted.sort_by(f64::total_cmp);
            let places = apart(&wanted, 10.0, 180.0);
            prop_assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= LINE_HEIGHT - 1e-9));
            prop_assert!(places.iter().all(|place| *place <= 180.0));
        }
    }
}
