//! The hours of a week: a row a weekday, a column an hour. The more, the stronger; each cell says its number to the mouse.

use maud::{Markup, html};

use super::{
    drawing::{Drawing, WIDTH, finite, said, said_with_noun, stroke, words},
    path::{Path, px},
    width::{self, Type},
};
use crate::picture::HeatMap;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LEFT: f64 = 46.0;
const COLUMN: f64 = (WIDTH + 2.0 - LEFT) / 24.0;
const ROW: f64 = 22.0;
const TOP: f64 = 19.0;
const WEAKEST: f64 = 0.08;

pub fn draw(chart: &HeatMap) -> Drawing {
    let values = || chart.hours.iter().flatten().filter_map(|value| finite(*value));
    if values().next().is_none() {
        return super::plain::nothing(super::plain::NO_VALUE);
    }
    let lowest = values().fold(0.0, f64::min);
    let highest = values().fold(lowest, f64::max);
    let tint = |value: f64| {
        let share = (value / 2.0 - lowest / 2.0) / (highest / 2.0 - lowest / 2.0);
        WEAKEST + (1.0 - WEAKEST) * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    };
    let bottom = TOP + ROW * 7.0;
    let body = html! {
        @for hour in (0..24).step_by(3) {
            (words(LEFT + COLUMN * (f64::from(hour) + 0.5) - 1.0, 12.0, "dim small mid", &format!("{hour:02}:00")))
        }
        @for ((weekday, row), number) in WEEKDAYS.iter().zip(chart.hours.iter()).zip(0..) {
            @let y = TOP + ROW * f64::from(number);
            (words(LEFT - 10.0, y + 14.5, "small end", weekday))
            @for (hour, value) in row.iter().enumerate() {
                (cell(chart, (weekday, hour), finite(*value), y, &tint))
            }
        }
        (stroke("none", nothing(chart)))
        (scale(&said(lowest, &chart.measure), &said_with_noun(highest, &chart.measure), bottom))
    };
    Drawing { height: bottom + 22.0, body }
}

fn cell(
    chart: &HeatMap,
    (weekday, hour): (&str, usize),
    value: Option<f64>,
    y: f64,
    tint: &impl Fn(f64) -> f64,
) -> Markup {
    let x = px(LEFT + COLUMN * hour as f64);
    html! {
        @if let Some(value) = value {
            rect class="heat" fill-opacity=(format!("{:.2}", tint(value))) x=(x) y=(px(y)) width=(px(COLUMN - 2.0)) height=(px(ROW - 2.0)) rx="2" {
                title { (weekday) " " (format!("{hour:02}:00")) ", " (said_with_noun(value, &chart.measure)) }
            }
        }
    }
}

/// NULL is not 0: a point instead of a cell.
fn nothing(chart: &HeatMap) -> Path {
    let mut points = Path::default();
    for (row, y) in chart.hours.iter().zip(0..) {
        for (value, x) in row.iter().zip(0..) {
            if finite(*value).is_none() {
                let (x, y) = (LEFT + COLUMN * (f64::from(x) + 0.5) - 2.0, TOP + ROW * (f64::from(y) + 0.5) - 1.0);
                points.line(&[(x, y), (x + 2.0, y)]);
            }
        }
    }
    points
}

/// What the weakest and the strongest tint mean.
fn scale(lowest: &str, highest: &str, y: f64) -> Markup {
    let most = width::of(highest, Type::Small);
    let left = WIDTH - most - 8.0 - 5.0 * 16.0;
    html! {
        (words(left - 8.0, y + 16.0, "dim small end", lowest))
        @for step in 0..5 {
            @let tint = WEAKEST + (1.0 - WEAKEST) * f64::from(step) / 4.0;
            rect class="heat" fill-opacity=(format!("{tint:.2}")) x=(px(left + 16.0 * f64::from(step))) y=(px(y + 7.0)) width="14" height="10" rx="2" {}
        }
        (words(WIDTH, y + 16.0, "dim small end", highest))
    }
}
