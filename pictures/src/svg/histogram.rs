//! How many are in each range: a column a bin, all as wide, since the bounds below say what the bin is. Groups stand one below the
//! other on the same scale.

use maud::{Markup, html};

use super::{
    drawing::{Axis, Drawing, Sheet, below, block, finite, label_step, left_out, said, words},
    width::{self, Type},
};
use crate::{
    number,
    picture::{Bin, BinGroup, Histogram, Measure},
};

const MOST_BINS: usize = 60;
const MOST_GROUPS: usize = 4;
/// So many columns are wide enough to have their number above.
const WITH_NUMBERS: usize = 12;

pub fn draw(chart: &Histogram, sheet: Sheet) -> Drawing {
    if chart.groups.iter().all(|group| group.bins.is_empty()) {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let groups: Vec<(&BinGroup, Vec<Bin>)> =
        chart.groups.iter().take(MOST_GROUPS).map(|group| (group, joined(&group.bins))).collect();
    let height = if groups.len() > 1 { 84.0 } else { 132.0 };
    let counted = Measure::Count(chart.counted.clone());
    let counts = || groups.iter().flat_map(|(_, bins)| bins).map(|bin| bin.count).chain([0.0]);
    let widest = counts().map(|count| width::of(&said(count, &counted), Type::Bold)).fold(0.0, f64::max);
    let room = (sheet.width - 48.0) / groups.iter().map(|(_, bins)| bins.len()).max().unwrap_or(1).max(1) as f64;
    let has_numbers = groups.iter().all(|(_, bins)| bins.len() <= WITH_NUMBERS) && widest < room;
    let mut y = 0.0;
    let mut body = Vec::new();
    for (group, bins) in &groups {
        let label =
            group.label.as_ref().map_or(String::new(), |label| width::fit(label, sheet.width / 2.0, Type::Bold));
        let said = width::fit(&chart.counted, sheet.width / 2.0 - 10.0, Type::Small);
        let right = if label.is_empty() { 0.0 } else { width::of(&label, Type::Bold) + 8.0 };
        if !label.is_empty() {
            body.push(words(0.0, y + 14.0, "num", &label));
        }
        body.push(words(right, y + 14.0, "dim small", &said));
        y += 20.0;
        let axis = Axis::over(counts(), &counted, y + height, y + 16.0, 4);
        let columns = Columns::new(bins, &axis, has_numbers, sheet);
        body.push(columns.draw(&axis, &counted));
        body.push(columns.bounds(&chart.measure, y + height + 18.0));
        y += height + 34.0;
    }
    if chart.groups.len() > MOST_GROUPS {
        body.push(left_out(y, chart.groups.len() - MOST_GROUPS, "more"));
        y += 10.0;
    }
    Drawing { height: y - 10.0, body: html! { @for part in &body { (part) } } }
}

/// So few bins that a column is wide enough to be seen; several become one that holds all of them.
fn joined(bins: &[Bin]) -> Vec<Bin> {
    bins.chunks(bins.len().div_ceil(MOST_BINS).max(1))
        .map(|bins| Bin {
            from: bins[0].from,
            until: bins[bins.len() - 1].until,
            count: bins.iter().filter_map(|bin| finite(Some(bin.count))).sum(),
        })
        .collect()
}

struct Columns<'a> {
    bins: &'a [Bin],
    left: f64,
    column: f64,
    has_numbers: bool,
    sheet: Sheet,
}

impl<'a> Columns<'a> {
    fn new(bins: &'a [Bin], axis: &Axis, has_numbers: bool, sheet: Sheet) -> Self {
        let left = if has_numbers { 24.0 } else { axis.words_width() + 10.0 };
        let room = sheet.width - left - 24.0;
        Columns { bins, left, column: (room / bins.len().max(1) as f64).min(96.0), has_numbers, sheet }
    }

    fn draw(&self, axis: &Axis, counted: &Measure) -> Markup {
        let right = self.left + self.column * self.bins.len() as f64;
        html! {
            @if self.has_numbers { (super::drawing::across("zero", self.left, right, axis.from)) }
            @else { (axis.lines(self.left, right)) }
            @for (index, bin) in self.bins.iter().enumerate() {
                @let x = self.left + self.column * index as f64;
                @let top = axis.at(bin.count);
                @if bin.count > 0.0 { (block("bar", x + 1.0, top, self.column - 2.0, axis.from - top)) }
                @if self.has_numbers {
                    (words(x + self.column / 2.0, top - 5.0, "small num mid", &said(bin.count, counted)))
                }
            }
        }
    }

    /// Each edge between two columns has its number; an end that is open says so.
    fn bounds(&self, measure: &Measure, y: f64) -> Markup {
        let edge = |value: Option<f64>, open: &str| match finite(value) {
            Some(value) => width::fit(&number::say(value, measure), 90.0, Type::Small),
            None => open.to_owned(),
        };
        let (Some(first), Some(last)) = (self.bins.first(), self.bins.last()) else { return html! {} };
        let mut labels: Vec<String> = self.bins.iter().map(|bin| edge(bin.from, "more")).collect();
        labels[0] = edge(first.from, "less");
        labels.push(edge(last.until, "more"));
        if first.from == last.until {
            return below(self.sheet, self.left + self.column / 2.0, y, "dim", &labels[0]);
        }
        let step = label_step(&labels, self.column);
        html! {
            @for (index, label) in labels.iter().enumerate() {
                // The last is always said; what comes too near to it is not.
                @let is_last = index + 1 == labels.len();
                @if is_last || (index % step == 0 && labels.len() - 1 - index >= step) {
                    (below(self.sheet, self.left + self.column * index as f64, y, "dim", label))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bins_are_joined_and_nobody_is_lost() {
        let bins: Vec<Bin> =
            (0..1000).map(|i| Bin { from: Some(f64::from(i)), until: Some(f64::from(i + 1)), count: 2.0 }).collect();
        let joined = joined(&bins);
        assert!(joined.len() <= MOST_BINS);
        assert_eq!(joined.iter().map(|bin| bin.count).sum::<f64>(), 2000.0);
        assert_eq!((joined[0].from, joined[joined.len() - 1].until), (Some(0.0), Some(1000.0)));
    }
}
