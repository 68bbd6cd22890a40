//! A picture as SVG: inline in a page, or a document of its own. Every colour is a custom property, so that the page, its dark
//! scheme, print and forced colours decide; every text is escaped by the macro that writes it and cleaned where it is shortened.
//!
//! ```text
//! svg/drawing    the sheet, words at a place, axes
//! svg/width      how wide a text gets
//! svg/path       lines, written short; a thousand points thinned
//! svg/steps, trend, triangle, heat_map, histogram, ranking, intervals, plain: one chart each
//! svg/spark      the line beside a number
//! ```

mod drawing;
mod heat_map;
mod histogram;
mod intervals;
mod path;
mod plain;
mod ranking;
mod spark;
mod steps;
#[cfg(test)]
mod tests;
mod trend;
mod triangle;
mod width;

use maud::{Markup, PreEscaped, html};

use crate::{
    clean,
    picture::{Chart, Picture, Tile},
};
use drawing::{Drawing, Sheet, words};
use path::px;
use width::Type;

/// How charts look: rules below `.chart`, in the colours of `PALETTE` or of the page's own properties of the same names.
pub const STYLE: &str = include_str!("svg/style.css");

/// The colours, light and dark: `--card` is what charts stand on, `--accent` what they are drawn in. Their contrasts are tested.
pub const PALETTE: &str = include_str!("svg/palette.css");

/// As it stands in a page, whose style holds STYLE. `id` is the page's name for it, and begins those of its title and its words.
pub fn chart(picture: &Picture, id: &str) -> Markup {
    let id = id_of(id);
    let Drawing { height, body } = drawing(picture, Sheet::WIDE);
    html! {
        svg class="chart" viewBox=(view(Sheet::WIDE, height)) role="img" aria-labelledby=(format!("{id}-t {id}-d")) {
            (title_and_words(picture, &id))
            (body)
        }
    }
}

/// The same for a phone, to stand behind `chart()` of the same id, whose words it has: STYLE shows one of the two.
pub fn narrow(picture: &Picture, id: &str) -> Markup {
    let id = id_of(id);
    let Drawing { height, body } = drawing(picture, Sheet::NARROW);
    html! {
        svg class="chart narrow" viewBox=(view(Sheet::NARROW, height)) role="img" aria-labelledby=(format!("{id}-t {id}-d")) { (body) }
    }
}

fn view(sheet: Sheet, height: f64) -> String {
    format!("0 0 {} {}", px(sheet.width), px(height))
}

fn id_of(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

/// A file of its own: the question and the finding above the chart, with the style in it.
pub fn document(picture: &Picture) -> String {
    const EDGE: f64 = 20.0;
    let sheet = Sheet::WIDE;
    let question = width::wrap(&picture.question, sheet.width, Type::Bold, 2);
    let finding = width::wrap(&picture.finding, sheet.width, Type::Plain, 4);
    let top = EDGE + 20.0 * (question.len() + finding.len()) as f64 + 12.0;
    // What is to do next is the finding already.
    let drawing = match &picture.chart {
        Chart::Nothing(next) if *next == picture.finding => Drawing { height: 0.0, body: html! {} },
        _ => drawing(picture, sheet),
    };
    let (width, height) = (sheet.width + 2.0 * EDGE, top + drawing.height + EDGE);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="chart document" width=(width) height=(px(height))
            viewBox=(format!("0 0 {width} {}", px(height))) role="img" aria-labelledby="chart-t chart-d" {
            (title_and_words(picture, "chart"))
            style { (PreEscaped(PALETTE)) (PreEscaped(STYLE)) (PreEscaped(DOCUMENT)) }
            rect class="sheet" width="100%" height="100%" {}
            g transform=(format!("translate({EDGE} {EDGE})")) {
                @for (line, number) in question.iter().zip(0..) {
                    (words(0.0, 14.0 + 20.0 * f64::from(number), "question", line))
                }
                @for (line, number) in finding.iter().zip(question.len()..) {
                    (words(0.0, 14.0 + 20.0 * number as f64, "dim", line))
                }
            }
            g transform=(format!("translate({EDGE} {})", px(top))) { (drawing.body) }
        }
    }
    .into_string()
}

/// The line beside a number; nothing where there are no two values.
pub fn spark(tile: &Tile) -> Markup {
    spark::draw(tile)
}

/// What only a file of its own needs: the page's family of type, and the sheet.
const DOCUMENT: &str = "
.document{font-family:system-ui,-apple-system,\"Segoe UI\",Inter,Roboto,\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;\
max-width:100%}
.chart .question{font-size:15px;font-weight:600}
.document .sheet{fill:var(--card)}
";

/// What a screen reader says: the question and the finding.
fn title_and_words(picture: &Picture, id: &str) -> Markup {
    const MOST: usize = 600;
    html! {
        title id=(format!("{id}-t")) { (clean::label(&picture.question, MOST)) }
        desc id=(format!("{id}-d")) { (clean::label(&picture.finding, MOST)) }
    }
}

fn drawing(picture: &Picture, sheet: Sheet) -> Drawing {
    match &picture.chart {
        Chart::Steps(chart) => steps::draw(chart, sheet),
        Chart::Trend(chart) => trend::draw(chart, sheet),
        Chart::Triangle(chart) => triangle::draw(chart, sheet),
        Chart::HeatMap(chart) => heat_map::draw(chart, sheet),
        Chart::Histogram(chart) => histogram::draw(chart, sheet),
        Chart::Ranking(chart) => ranking::draw(chart, sheet),
        Chart::Intervals(chart) => intervals::draw(chart, sheet),
        Chart::Number => plain::number(picture.headline.as_ref(), sheet),
        Chart::Nothing(next) => plain::nothing(next, sheet),
    }
}
