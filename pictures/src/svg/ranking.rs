//! A bar a value, the largest first. Bars go left where a value is below zero; what is left over is grey.

use maud::{Markup, html};

use super::{
    drawing::{Axis, Drawing, Sheet, block, finite, left_out, said, upright, words},
    width::{self, Type},
};
use crate::picture::{Bar, Measure, Ranking, Target};

const MOST: usize = 16;
const NAMES: f64 = 190.0;

pub fn draw(chart: &Ranking, sheet: Sheet) -> Drawing {
    if chart.bars.is_empty() {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let (bars, hidden) = shown(&chart.bars);
    // Many bars are thinner.
    let (pitch, thick) = if bars.len() > 8 { (24.0, 18.0) } else { (30.0, 22.0) };
    let values = || bars.iter().filter_map(|bar| finite(bar.value));
    let names = bars.iter().map(|bar| width::of(&name(bar, sheet), Type::Plain)).fold(0.0, f64::max) + 10.0;
    let numbers = bars.iter().map(|bar| width::of(&value_of(bar, chart), Type::Bold)).fold(30.0, f64::max);
    // A count is its own n, and a phone has no room for it.
    let has_n = !sheet.is_narrow
        && !matches!(chart.measure, Measure::Count(_))
        && bars.iter().any(|bar| finite(bar.n).is_some());
    let all_n =
        if has_n { bars.iter().map(|bar| width::of(&n_of(bar), Type::Small)).fold(0.0, f64::max) + 12.0 } else { 0.0 };
    let right = sheet.width - numbers - all_n - 12.0;
    let highest = values().chain(chart.targets.iter().map(|target| target.value)).filter(|value| value.is_finite());
    let mut axis = Axis::over(highest.chain([0.0]), &chart.measure, names, right, 4);
    axis.end_at_values(values().chain(chart.targets.iter().map(|target| target.value)));
    let top = if chart.targets.is_empty() { 4.0 } else { 22.0 };
    let height = top + pitch * bars.len() as f64 - (pitch - thick);
    let body = html! {
        @for (index, bar) in bars.iter().enumerate() {
            @let y = top + pitch * index as f64;
            (words(names - 10.0, y + thick / 2.0 + 4.5, "end", &name(bar, sheet)))
            (block("track", names, y, right - names, thick))
            @if let Some(value) = finite(bar.value) { (drawn(bar, &axis, value, (y, thick))) }
            (words(sheet.width - all_n, y + thick / 2.0 + 4.5, if bar.value.is_none() { "dim end" } else if bar.is_met == Some(false) { "num missed end" } else { "num end" }, &value_of(bar, chart)))
            @if has_n { (words(sheet.width, y + thick / 2.0 + 4.5, "dim small end", &n_of(bar))) }
        }
        @if axis.has_below_zero() { (upright("zero", axis.at(0.0), top - 2.0, height + 2.0)) }
        @for target in chart.targets.iter().filter(|target| target.value.is_finite()) { (line(target, &axis, sheet, (top, height))) }
        @if hidden > 0 { (left_out(height + 20.0, hidden, "more")) }
    };
    Drawing { height: height.max(thick) + if hidden > 0 { 26.0 } else { 4.0 }, body }
}

/// The first so many, and what is left over.
fn shown(bars: &[Bar]) -> (Vec<&Bar>, usize) {
    let shown: Vec<&Bar> = bars
        .iter()
        .filter(|bar| !bar.is_other)
        .take(MOST)
        .chain(bars.iter().filter(|bar| bar.is_other).take(1))
        .collect();
    let hidden = bars.len() - shown.len();
    (shown, hidden)
}

fn drawn(bar: &Bar, axis: &Axis, value: f64, (y, thick): (f64, f64)) -> Markup {
    let (zero, end) = (axis.at(0.0), axis.at(value));
    let class = match bar.is_met {
        _ if bar.is_other => "other",
        Some(false) => "bar missed",
        _ => "bar",
    };
    html! { @if value != 0.0 { (block(class, zero.min(end), y, (zero - end).abs().max(1.5), thick)) } }
}

fn line(target: &Target, axis: &Axis, sheet: Sheet, (top, bottom): (f64, f64)) -> Markup {
    let label = width::fit(&target.label, 240.0, Type::Small);
    let x = axis.at(target.value);
    let half = width::of(&label, Type::Small) / 2.0;
    html! {
        (upright("under", x, top - 6.0, bottom + 4.0))
        (upright("target", x, top - 6.0, bottom + 4.0))
        (words(x.min(sheet.width - half).max(half), top - 10.0, "dim small mid", &label))
    }
}

fn name(bar: &Bar, sheet: Sheet) -> String {
    let name = width::fit(&bar.label, sheet.names(NAMES), Type::Plain);
    if name.is_empty() { "(empty)".to_owned() } else { name }
}

fn value_of(bar: &Bar, chart: &Ranking) -> String {
    match finite(bar.value) {
        Some(value) if bar.is_met == Some(false) => format!("{}, missed", said(value, &chart.measure)),
        Some(value) => said(value, &chart.measure),
        None => "no value".to_owned(),
    }
}

fn n_of(bar: &Bar) -> String {
    finite(bar.n).map_or(String::new(), |n| format!("n = {}", said(n, &Measure::Count(String::new()))))
}
