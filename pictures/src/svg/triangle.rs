//! Retention: a row a cohort, a column a period. The amount is the tint; what is not over has a dashed edge.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    drawing::{Drawing, Sheet, finite, left_out, percent, said, words},
    path::{Path, px},
    width::{self, Type},
};
use crate::picture::{Cell, Cohort, Measure, Triangle};

const MOST_COHORTS: usize = 24;
/// Where each cell has its number, many of them are read by nobody.
const MOST_COHORTS_WITH_NUMBERS: usize = 16;
const MOST_PERIODS: usize = 60;
/// A column has at least this for its number.
const NARROWEST: f64 = 26.0;
/// At most so wide are the names of cohorts.
const NAMES: f64 = 130.0;
const TOP: f64 = 21.0;
/// A cell of everybody. White is read on it; on every lesser tint, ink is: `contrast.rs` computes both.
const FULL: f64 = 1.0;
pub(super) const STRONGEST_WITH_INK: f64 = 0.65;
pub(super) const WEAKEST: f64 = 0.1;

pub fn draw(chart: &Triangle, sheet: Sheet) -> Drawing {
    if chart.cohorts.is_empty() {
        return super::plain::nothing("Nobody joined in this time.", sheet);
    }
    let columns = chart.cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or(0).clamp(1, MOST_PERIODS);
    let most = if columns > 10 && columns < 20 { MOST_COHORTS_WITH_NUMBERS } else { MOST_COHORTS };
    // The newest are the last.
    let older = chart.cohorts.len().saturating_sub(most);
    let cohorts = &chart.cohorts[older..];
    let names = widest(cohorts.iter().map(|cohort| width::fit(&cohort.label, sheet.names(NAMES), Type::Plain))) + 10.0;
    let sizes = widest(cohorts.iter().filter_map(|cohort| Some(said(finite(cohort.size)?, &COUNT)))).max(24.0);
    let left = names + sizes + 14.0;
    let grid = Grid {
        sheet,
        names,
        sizes: names + sizes,
        left,
        column: (sheet.width + 2.0 - left) / columns as f64,
        row: if cohorts.len() <= 10 { 30.0 } else { 24.0 },
        strongest: strongest(cohorts),
    };
    let height = TOP + grid.row * cohorts.len() as f64;
    let body = html! {
        (grid.heading(&chart.periods, columns))
        @for (index, cohort) in cohorts.iter().enumerate() {
            (grid.cohort(cohort, TOP + grid.row * index as f64))
        }
        @if grid.column < NARROWEST { (grid.tints(cohorts)) }
        @if older > 0 { (left_out(height + 14.0, older, "of the older cohorts")) }
    };
    Drawing { height: height + if older > 0 { 20.0 } else { 0.0 }, body }
}

const COUNT: Measure = Measure::Count(String::new());

struct Grid {
    sheet: Sheet,
    /// Where names end, where sizes end, where cells begin.
    names: f64,
    sizes: f64,
    left: f64,
    column: f64,
    row: f64,
    /// The largest share that is not everybody.
    strongest: f64,
}

impl Grid {
    fn heading(&self, periods: &[String], columns: usize) -> Markup {
        let labels: Vec<_> = periods.iter().take(columns).map(|period| width::fit(period, 90.0, Type::Small)).collect();
        let step = super::drawing::label_step(&labels, self.column);
        html! {
            @for (index, label) in labels.iter().enumerate().step_by(step) {
                @let x = self.left + self.column * (index as f64 + 0.5) - 1.0;
                (words(x.min(self.sheet.width - width::of(label, Type::Small) / 2.0), 12.0, "dim small mid", label))
            }
        }
    }

    fn cohort(&self, cohort: &Cohort, y: f64) -> Markup {
        let base = y + (self.row - 2.0) / 2.0 + 4.5;
        html! {
            (words(self.names - 10.0, base, "end", &width::fit(&cohort.label, self.sheet.names(NAMES), Type::Plain)))
            @if let Some(size) = finite(cohort.size) { (words(self.sizes, base, "dim end", &said(size, &COUNT))) }
            @if self.column >= NARROWEST {
                @for (index, cell) in cohort.cells.iter().take(MOST_PERIODS).enumerate() {
                    @if let Some(cell) = cell.as_ref().filter(|cell| cell.value.is_finite()) {
                        (self.cell(cell, self.left + self.column * index as f64, y, base))
                    }
                }
            }
        }
    }

    fn cell(&self, cell: &Cell, x: f64, y: f64, base: f64) -> Markup {
        let tint = tint(cell.value, self.strongest);
        let class = match cell.is_complete {
            true => "cell said",
            false if tint == FULL => "cell said open full",
            false => "cell said open",
        };
        // A dashed edge is drawn on the inside.
        let inset = if cell.is_complete { 0.0 } else { 0.5 };
        let sign = if self.column >= 46.0 { " %" } else { "" };
        html! {
            rect class=(class) fill-opacity=(format!("{tint:.2}")) x=(px(x + inset)) y=(px(y + inset))
                width=(px(self.column - 2.0 - 2.0 * inset)) height=(px(self.row - 2.0 - 2.0 * inset)) rx="3" {}
            (words(x + self.column / 2.0 - 1.0, base, if tint == FULL { "on mid" } else { "mid" },
                &format!("{}{sign}", percent(cell.value))))
        }
    }

    /// Cells without numbers, all of one tint in one path.
    fn tints(&self, cohorts: &[Cohort]) -> Markup {
        let mut paths: BTreeMap<(bool, u32), Path> = BTreeMap::new();
        for (row, cohort) in cohorts.iter().enumerate() {
            for (index, cell) in cohort.cells.iter().take(MOST_PERIODS).enumerate() {
                let Some(cell) = cell.as_ref().filter(|cell| cell.value.is_finite()) else { continue };
                let level = (tint(cell.value, self.strongest) * 20.0).round() as u32;
                let inset = if cell.is_complete { 0.0 } else { 0.5 };
                let (x, y) = (self.left + self.column * index as f64 + inset, TOP + self.row * row as f64 + inset);
                let (right, bottom) = (x + self.column - 2.0 - 2.0 * inset, y + self.row - 2.0 - 2.0 * inset);
                let path = paths.entry((cell.is_complete, level)).or_default();
                path.line(&[(x, y), (right, y), (right, bottom), (x, bottom)]);
                path.close();
            }
        }
        html! {
            @for ((is_complete, level), path) in paths {
                path class=(if is_complete { "cell" } else { "cell open" })
                    fill-opacity=(format!("{:.2}", f64::from(level) / 20.0)) d=(path.into_d()) {}
            }
        }
    }
}

fn widest(texts: impl Iterator<Item = String>) -> f64 {
    texts.map(|text| width::of(&text, Type::Plain)).fold(0.0, f64::max)
}

fn strongest(cohorts: &[Cohort]) -> f64 {
    let shares = cohorts.iter().flat_map(|cohort| &cohort.cells).flatten().map(|cell| cell.value);
    // Where hardly anybody came back, that is not drawn as if it were many.
    shares.filter(|share| *share < 0.995).fold(0.2, f64::max)
}

/// How strong a cell is: everybody is full, and between nobody and the largest share of others the tint is in proportion.
fn tint(share: f64, strongest: f64) -> f64 {
    if share >= 0.995 {
        return FULL;
    }
    WEAKEST + (STRONGEST_WITH_INK - WEAKEST) * (share / strongest).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tints_are_in_order_and_leave_out_where_nothing_is_read() {
        let tints: Vec<f64> = (0..=100).map(|share| tint(f64::from(share) / 100.0, 0.6)).collect();
        assert!(tints.is_sorted());
        assert!(tints.iter().all(|tint| (WEAKEST..=STRONGEST_WITH_INK).contains(tint) || *tint == FULL));
    }
}
