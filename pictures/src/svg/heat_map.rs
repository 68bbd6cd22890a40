//! The hours of a week: a row a weekday, a column an hour. The more, the stronger; each cell says its number to the mouse.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    drawing::{Drawing, Sheet, finite, said, said_with_noun, stroke, words},
    path::{Path, px},
    width::{self, Type},
};
use crate::picture::HeatMap;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LEFT: f64 = 46.0;
const ROW: f64 = 22.0;
const TOP: f64 = 19.0;
const WEAKEST: f64 = 0.08;

pub fn draw(chart: &HeatMap, sheet: Sheet) -> Drawing {
    let values = || chart.hours.iter().flatten().filter_map(|value| finite(*value));
    if values().next().is_none() {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let lowest = values().fold(0.0, f64::min);
    let highest = values().fold(lowest, f64::max);
    let tint = |value: f64| {
        let share = (value / 2.0 - lowest / 2.0) / (highest / 2.0 - lowest / 2.0);
        WEAKEST + (1.0 - WEAKEST) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    };
    let grid = Grid { chart, sheet, column: (sheet.width + 2.0 - LEFT) / 24.0 };
    let bottom = TOP + ROW * 7.0;
    let body = html! {
        @for hour in (0..24).step_by(if sheet.is_narrow { 6 } else { 3 }) {
            (words(grid.x(hour) + grid.column / 2.0 - 1.0, 12.0, "dim small mid", &format!("{hour:02}:00")))
        }
        @for (weekday, number) in WEEKDAYS.iter().zip(0..) {
            (words(LEFT - 10.0, TOP + ROW * f64::from(number) + 14.5, "small end", weekday))
        }
        @if sheet.is_narrow { (grid.tints(&tint)) } @else { (grid.cells(&tint)) }
        (stroke("none", grid.nothing()))
        (grid.scale(
            &width::fit(&said(lowest, &chart.measure), 90.0, Type::Small),
            &width::fit(&said_with_noun(highest, &chart.measure), sheet.names(260.0), Type::Small),
            bottom,
        ))
    };
    Drawing { height: bottom + 22.0, body }
}

struct Grid<'a> {
    chart: &'a HeatMap,
    sheet: Sheet,
    column: f64,
}

impl Grid<'_> {
    fn x(&self, hour: usize) -> f64 {
        LEFT + self.column * hour as f64
    }

    /// Each cell with what it says to the mouse.
    fn cells(&self, tint: &impl Fn(f64) -> f64) -> Markup {
        let (width, height) = (px(self.column - 2.0), px(ROW - 2.0));
        html! {
            @for ((weekday, row), number) in WEEKDAYS.iter().zip(self.chart.hours.iter()).zip(0..) {
                @let y = px(TOP + ROW * f64::from(number));
                @for (hour, value) in row.iter().enumerate() {
                    @if let Some(value) = finite(*value) {
                        rect class="heat" fill-opacity=(format!("{:.2}", tint(value))) x=(px(self.x(hour))) y=(y)
                            width=(width) height=(height) rx="2" {
                            title { (weekday) " " (format!("{hour:02}:00")) ", " (said_with_noun(value, &self.chart.measure)) }
                        }
                    }
                }
            }
        }
    }

    /// Where there is no mouse, all cells of one tint are one path.
    fn tints(&self, tint: &impl Fn(f64) -> f64) -> Markup {
        let mut paths: BTreeMap<u32, Path> = BTreeMap::new();
        for (row, number) in self.chart.hours.iter().zip(0..) {
            for (hour, value) in row.iter().enumerate() {
                let Some(value) = finite(*value) else { continue };
                let (x, y) = (self.x(hour), TOP + ROW * f64::from(number));
                let (right, bottom) = (x + self.column - 2.0, y + ROW - 2.0);
                let path = paths.entry((tint(value) * 20.0).round() as u32).or_default();
                path.line(&[(x, y), (right, y), (right, bottom), (x, bottom)]);
                path.close();
            }
        }
        html! {
            @for (level, path) in paths {
                path class="heat" fill-opacity=(format!("{:.2}", f64::from(level) / 20.0)) d=(path.into_d()) {}
            }
        }
    }

    /// NULL is not 0: a point instead of a cell.
    fn nothing(&self) -> Path {
        let mut points = Path::default();
        for (row, number) in self.chart.hours.iter().zip(0..) {
            for (hour, value) in row.iter().enumerate() {
                if finite(*value).is_none() {
                    let (x, y) = (self.x(hour) + self.column / 2.0 - 2.0, TOP + ROW * (f64::from(number) + 0.5) - 1.0);
                    points.line(&[(x, y), (x + 2.0, y)]);
                }
            }
        }
        points
    }

    /// What the weakest and the strongest tint mean.
    fn scale(&self, lowest: &str, highest: &str, y: f64) -> Markup {
        let right = self.sheet.width;
        let left = right - width::of(highest, Type::Small) - 8.0 - 5.0 * 16.0;
        html! {
            (words(left - 8.0, y + 16.0, "dim small end", lowest))
            @for step in 0..5 {
                @let tint = WEAKEST + (1.0 - WEAKEST) * f64::from(step) / 4.0;
                rect class="heat" fill-opacity=(format!("{tint:.2}")) x=(px(left + 16.0 * f64::from(step))) y=(px(y + 7.0))
                    width="14" height="10" rx="2" {}
            }
            (words(right, y + 16.0, "dim small end", highest))
        }
    }
}
