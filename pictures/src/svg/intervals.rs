//! An experiment: how far each variant is from the control, as a point in the interval where the truth lies. An interval that holds
//! zero is hollow: chance explains it.

use maud::{Markup, html};

use super::{
    drawing::{Axis, Drawing, Sheet, below, finite, left_out, said, stroke, upright, words},
    path::{Path, px},
    width::{self, Type},
};
use crate::{
    number,
    picture::{Intervals, Measure, Variant},
};

const MOST: usize = 16;
const PITCH: f64 = 44.0;
const TOP: f64 = 20.0;
const NAMES: f64 = 190.0;

pub fn draw(chart: &Intervals, sheet: Sheet) -> Drawing {
    if chart.variants.is_empty() {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let variants = &chart.variants[..chart.variants.len().min(MOST)];
    let names = variants
        .iter()
        .map(|variant| {
            width::of(&name(variant, sheet), Type::Plain)
                .max(width::of(&sample(variant, &chart.measure, sheet), Type::Small))
        })
        .fold(0.0, f64::max);
    let numbers = variants
        .iter()
        .map(|variant| {
            width::of(&difference(variant, &chart.measure), Type::Bold).max(width::of(&chance(variant), Type::Small))
        })
        .fold(width::of("compared with", Type::Small), f64::max);
    let (left, right) = (names + 18.0, sheet.width - numbers - 18.0);
    let ends = variants.iter().flat_map(|variant| [variant.low, variant.high, variant.value]).flatten();
    // Each tick has its number below.
    let most_ticks = ((right - left) / 50.0).clamp(2.0, 7.0) as usize;
    // An end without end needs room on its side.
    let most = variants.iter().flat_map(|variant| [variant.low, variant.high, variant.value]).filter_map(finite);
    let most = most.fold(0.0, |most, end| end.abs().max(most));
    let endless =
        variants.iter().flat_map(|variant| [variant.low, variant.high]).flatten().filter(|end| end.is_infinite());
    let endless: Vec<f64> = endless.map(|end| end.signum() * if most > 0.0 { most } else { 1.0 }).collect();
    let axis = Axis::over(ends.chain(endless).chain([0.0]), &chart.measure, left, right, most_ticks);
    let bottom = TOP + PITCH * variants.len() as f64;
    let body = html! {
        @for (tick, label) in &axis.ticks {
            @if *tick != 0.0 { (upright("grid", axis.at(*tick), TOP, bottom)) }
            (below(sheet, axis.at(*tick), bottom + 16.0, "dim", &signed(*tick, label.clone())))
        }
        (upright("zero", axis.at(0.0), TOP - 4.0, bottom))
        (below(sheet, axis.at(0.0), 11.0, "dim", "no difference"))
        @for (index, variant) in variants.iter().enumerate() {
            @let y = TOP + PITCH * (index as f64 + 0.5);
            (words(0.0, y - 1.0, "", &name(variant, sheet)))
            (words(0.0, y + 14.0, "dim small", &sample(variant, &chart.measure, sheet)))
            @if finite(variant.value).is_some() {
                (interval(variant, &axis, y))
                (words(sheet.width, y - 1.0, "num end", &difference(variant, &chart.measure)))
                (words(sheet.width, y + 14.0, "dim small end", &chance(variant)))
            } @else {
                circle class="ring unclear" cx=(px(axis.at(0.0))) cy=(px(y)) r="5" {}
                @if index == 0 { (words(sheet.width, y + 4.0, "dim small end", "compared with")) }
            }
        }
        @if chart.variants.len() > MOST { (left_out(bottom + 36.0, chart.variants.len() - MOST, "more")) }
    };
    Drawing { height: bottom + if chart.variants.len() > MOST { 42.0 } else { 22.0 }, body }
}

fn interval(variant: &Variant, axis: &Axis, y: f64) -> Markup {
    // An end that is unknown or endless is that of the axis, without a bar across.
    let low = variant.low.map_or(axis.from, |low| if low == f64::NEG_INFINITY { axis.from } else { axis.at(low) });
    let high = variant.high.map_or(axis.to, |high| if high == f64::INFINITY { axis.to } else { axis.at(high) });
    let mut path = Path::through(&[(low, y), (high, y)]);
    for (x, _) in [(low, variant.low), (high, variant.high)].iter().filter(|(_, end)| finite(*end).is_some()) {
        path.line(&[(*x, y - 5.0), (*x, y + 5.0)]);
    }
    let is_clear = variant.low.is_some_and(|low| low > 0.0) || variant.high.is_some_and(|high| high < 0.0);
    html! {
        (stroke(if is_clear { "line" } else { "line unclear" }, path))
        circle class=(if is_clear { "dot" } else { "ring unclear" }) cx=(px(axis.at(variant.value.unwrap_or(0.0)))) cy=(px(y)) r="5" {}
    }
}

fn name(variant: &Variant, sheet: Sheet) -> String {
    let name = width::fit(&variant.label, sheet.names(NAMES), Type::Plain);
    if name.is_empty() { "(empty)".to_owned() } else { name }
}

/// "500, mean 0.1": how many there are of it.
fn sample(variant: &Variant, measure: &Measure, sheet: Sheet) -> String {
    let n = finite(variant.n).map(|n| format!("n = {}", number::say(n, &Measure::Count(String::new()))));
    let mean = finite(variant.mean).map(|mean| said(mean, measure));
    width::fit(&[mean, n].into_iter().flatten().collect::<Vec<_>>().join(", "), sheet.names(NAMES), Type::Small)
}

fn difference(variant: &Variant, measure: &Measure) -> String {
    finite(variant.value).map_or(String::new(), |value| signed(value, said(value, measure)))
}

fn signed(value: f64, said: String) -> String {
    if value > 0.0 { format!("+{said}") } else { said }
}

fn chance(variant: &Variant) -> String {
    match finite(variant.p_value) {
        Some(p) if p < 0.001 => "p < 0.001".to_owned(),
        Some(p) => format!("p = {}", number::decimal(p, 3)),
        None => String::new(),
    }
}
