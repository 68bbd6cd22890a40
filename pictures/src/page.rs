//! Several pictures as one HTML page: tiles, cards, and a form that asks for another period. No script, no request to anywhere;
//! everything that is text passes through maud, which escapes it, and through `clean`.

mod advice;
mod budget;
mod card;
mod head;
mod query;
#[cfg(test)]
mod tests;
mod tiles;

pub use query::Asked;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use crate::{
    answer::{Answer, Board},
    clean,
    picture::Picture,
    reading, svg,
};

/// What a browser may do with the page: show it, styled by what stands in it, and send its form to where it came from.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'";

/// How a page looks, in the colours of `svg::PALETTE`.
pub const STYLE: &str = include_str!("page/style.css");
/// In columns: of a heading, of a sentence.
const MOST_TITLE: usize = 120;
const MOST_TEXT: usize = 600;

/// How a page is wanted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Options {
    /// What was asked, so that the links of the page ask the same of another dashboard.
    pub asked: Asked,
    /// The page fetches itself anew after so many seconds, and shows figures only: for a screen on the wall.
    pub refresh_seconds: Option<u32>,
    /// The page is stored in a file beside those of the other dashboards: links lead to NAME.html, and there is no form.
    pub as_file: bool,
}

/// A picture, with the answer that it was made of.
type Kpi<'a> = (Option<&'a Answer>, &'a Picture);

/// The page of a dashboard. `pictures` are those of the board's KPIs, in their order.
pub fn page(board: &Board, pictures: &[Picture], options: &Options) -> String {
    let title = title_of(&board.name);
    let kpis: Vec<Kpi> = pictures.iter().enumerate().map(|(place, picture)| (board.kpis.get(place), picture)).collect();
    let charts: Vec<Markup> = kpis.iter().map(|kpi| card::chart(*kpi)).collect();
    let rows = budget::of_rows(pictures, charts.iter().map(|chart| chart.0.len()).sum());
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                @if let Some(seconds) = options.refresh_seconds {
                    meta http-equiv="refresh" content=(seconds);
                }
                title { (title) " · telemetry" }
                style { (PreEscaped(svg::PALETTE)) (PreEscaped(STYLE)) (PreEscaped(svg::STYLE)) }
            }
            body {
                a.skip href="#charts" { "Skip to the charts" }
                (head::heading(board, pictures, &title, options))
                main #charts tabindex="-1" {
                    @if let Some(advice) = advice::of_nothing(board) { (advice) }
                    (tiles::tiles(&kpis))
                    div.cards {
                        @for ((kpi, chart), rows) in kpis.iter().zip(&charts).zip(rows) { (card::card(*kpi, chart, rows)) }
                    }
                }
                (foot(board, options))
            }
        }
    }
    .into_string()
}

fn foot(board: &Board, options: &Options) -> Markup {
    let now = board.range.now.format("%-d %b %Y, %H:%M");
    html! {
        footer.foot {
            p {
                "Computed in the database on " (now) ", under the rights of whoever asked."
                @if let Some(tenant) = &board.tenant { " Only what belongs to the tenant " (clean::label(tenant, MOST_TITLE)) "." }
                @if let Some(seconds) = options.refresh_seconds {
                    " Renewed every " (seconds) " s. "
                    @if !options.as_file { a href=(options.asked.link(&board.name, None)) { "Stop and show the form" } "." }
                }
            }
        }
    }
}

/// A name in snake_case as a heading: "Coaching activation".
fn title_of(name: &str) -> String {
    clean::label(&reading::humanised(name), MOST_TITLE)
}
