//! What the charts share: the sheet that they are drawn on, its width, words at a place, and axes.

use maud::{Markup, html};

use super::{
    path::{Path, px},
    width::{self, Type},
};
use crate::{clean, number, picture::Measure};

/// What a chart is drawn on, in its own units; it grows and shrinks with the page.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    pub width: f64,
    /// For a phone: nothing to point with, and names stand above what they name.
    pub is_narrow: bool,
}

impl Sheet {
    pub const WIDE: Sheet = Sheet { width: 640.0, is_narrow: false };
    pub const NARROW: Sheet = Sheet { width: 340.0, is_narrow: true };

    /// How much of it names at a side may take, of which they take `most` on a wide one.
    pub fn names(self, most: f64) -> f64 {
        if self.is_narrow { most * 0.55 } else { most }
    }
}

/// A chart without its frame: how high it is, and what is in it.
pub struct Drawing {
    pub height: f64,
    pub body: Markup,
}

/// Words whose left end is at x; `class` says more: "end", "mid", "dim", "small", "num".
pub fn words(x: f64, y: f64, class: &str, text: &str) -> Markup {
    html! { text x=(px(x)) y=(px(y)) class=[(!class.is_empty()).then_some(class)] { (text) } }
}

/// A rectangle without corners that stick out.
pub fn block(class: &str, x: f64, y: f64, width: f64, height: f64) -> Markup {
    html! { rect class=(class) x=(px(x)) y=(px(y)) width=(px(width.max(0.0))) height=(px(height.max(0.0))) rx="3" {} }
}

pub fn stroke(class: &str, path: Path) -> Markup {
    html! { @if !path.is_empty() { path class=(class) d=(path.into_d()) {} } }
}

pub fn across(class: &str, from: f64, to: f64, y: f64) -> Markup {
    stroke(class, Path::through(&[(from, y), (to, y)]))
}

pub fn upright(class: &str, x: f64, from: f64, to: f64) -> Markup {
    stroke(class, Path::through(&[(x, from), (x, to)]))
}

/// "12 older cohorts are not drawn": what is left out is said.
pub fn left_out(y: f64, count: usize, what: &str) -> Markup {
    let is = if count == 1 { "is" } else { "are" };
    let count = number::say(count as f64, &Measure::Count(String::new()));
    words(0.0, y, "dim small", &format!("{count} {what} {is} not drawn"))
}

/// A number as people say it. Its unit may come from outside, so that it is cleaned and short.
pub fn said(value: f64, measure: &Measure) -> String {
    width::fit(&number::say(value, measure), 120.0, Type::Plain)
}

/// With what is counted behind it.
pub fn said_with_noun(value: f64, measure: &Measure) -> String {
    clean::label(&number::with_noun(value, measure), 60)
}

/// A share in whole percent, as cells have room for.
pub fn percent(share: f64) -> String {
    let size = share.abs() * 100.0;
    match size {
        _ if size > 0.0 && size < 0.5 => "<1".to_owned(),
        // No share of a whole, and no room for it.
        _ if size >= 10_000.0 => "…".to_owned(),
        _ => number::decimal(share * 100.0, 0),
    }
}

/// What is a number; the rest counts as no value.
pub fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Where values lie on a line of pixels, `from` the lowest, `to` the highest.
#[derive(Debug, Clone)]
pub struct Axis {
    low: f64,
    high: f64,
    pub from: f64,
    pub to: f64,
    /// Nice values, to draw lines at.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From the lowest to the highest of the values, ended by nice numbers. None of them: from 0 to 1.
    pub fn over(
        values: impl IntoIterator<Item = f64>,
        measure: &Measure,
        from: f64,
        to: f64,
        most_ticks: usize,
    ) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let mut ticks = number::ticks_for(low, high, most_ticks, measure);
        if matches!(measure, Measure::Count(_)) {
            // Half a person is none.
            ticks.retain(|tick| tick.fract() == 0.0);
        }
        low = ticks.iter().fold(low, |low, tick| low.min(*tick));
        high = ticks.iter().fold(high, |high, tick| high.max(*tick));
        let ticks = ticks.into_iter().map(|tick| (tick, width::fit(&tick_words(tick, measure), 70.0, Type::Small)));
        let mut axis = Axis { low, high, from, to, ticks: Vec::new() };
        for (tick, words) in ticks {
            // Numbers beyond all measure may come to lie on each other.
            if axis.ticks.last().is_none_or(|(before, _)| (axis.at(*before) - axis.at(tick)).abs() > 12.0) {
                axis.ticks.push((tick, words));
            }
        }
        axis
    }

    /// Without the space up to the next nice numbers: where there are bars and no lines.
    pub fn end_at_values(&mut self, values: impl Iterator<Item = f64>) {
        let (low, high) = values
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        if low < high {
            (self.low, self.high) = (low, high);
        }
    }

    /// Never outside of the axis.
    pub fn at(&self, value: f64) -> f64 {
        // Halves, since the difference of two large numbers may be none.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.from + share * (self.to - self.from)
    }

    pub fn has_below_zero(&self) -> bool {
        self.low < 0.0
    }

    pub fn words_width(&self) -> f64 {
        self.ticks.iter().map(|(_, words)| width::of(words, Type::Small)).fold(0.0, f64::max)
    }

    /// Lines from left to right with their numbers at the left; that of 0 is stronger where there are values below.
    pub fn lines(&self, left: f64, right: f64) -> Markup {
        html! {
            @for (tick, words_of) in &self.ticks {
                @let y = self.at(*tick);
                (across(if *tick == 0.0 && self.has_below_zero() { "zero" } else { "grid" }, left, right, y))
                (words(left - 6.0, y + 4.0, "dim small end", words_of))
            }
        }
    }
}

/// Nothing is nothing in whatever unit.
fn tick_words(tick: f64, measure: &Measure) -> String {
    match measure {
        Measure::Amount(_) if tick == 0.0 => "0".to_owned(),
        _ => number::compact(tick, measure),
    }
}

/// Of labels at even places between `left` and `right`, which are written so that none touches another: each so many'th.
pub fn label_step(labels: &[String], spacing: f64) -> usize {
    let widest = labels.iter().map(|label| width::of(label, Type::Small)).fold(0.0, f64::max) + 14.0;
    [1, 2, 3, 4, 5, 6, 7, 10, 12, 14, 20, 28, 30, 50, 100]
        .into_iter()
        .find(|step| *step as f64 * spacing >= widest)
        .unwrap_or_else(|| ((widest / spacing.max(0.001)).ceil() as usize).max(1))
}

/// Words in the middle below x, moved so that they stay on the sheet.
pub fn below(sheet: Sheet, x: f64, y: f64, class: &str, text: &str) -> Markup {
    let half = width::of(text, Type::Small) / 2.0;
    let x = x.min(sheet.width - half).max(half);
    words(x, y, &format!("{class} small mid"), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_what_is_large() {
        let axis = Axis::over([-1e308, 1e308], &Measure::Share, 100.0, 0.0, 4);
        assert!((axis.at(0.0) - 50.0).abs() < 1e-6);
        assert_eq!((axis.at(-1e308), axis.at(f64::INFINITY)), (100.0, 0.0_f64.max(100.0)));
        assert_eq!(Axis::over([], &Measure::Share, 100.0, 0.0, 4).at(f64::NAN), 100.0);
    }

    #[test]
    fn percent_has_no_false_zero() {
        assert_eq!([percent(0.0), percent(0.001), percent(0.444), percent(1.0)], ["0", "<1", "44", "100"]);
    }

    #[test]
    fn labels_keep_their_distance() {
        let labels = vec!["31 Oct".to_owned(); 28];
        assert_eq!(label_step(&labels, 18.4), 3);
        assert_eq!(label_step(&labels, 100.0), 1);
        assert!(label_step(&[], 0.0) >= 1);
    }
}
