//! The card of a KPI: the question, the finding, the chart, and what can be read in its place.

use maud::{Markup, html};

use super::{Kpi, MOST_TEXT, MOST_TITLE, budget, tiles};
use crate::{
    clean,
    picture::{Chart, Picture},
    svg,
};

const MOST_CELL: usize = 120;

/// `rows`: how many of its table are shown.
pub fn card((answer, picture): Kpi, chart: &Markup, rows: usize) -> Markup {
    let error = answer.and_then(|answer| answer.error.as_deref());
    let question = clean::label(&picture.question, MOST_TITLE);
    html! {
        section.card.failed[error.is_some()] #(id(picture)) {
            header {
                h2 { (question) }
                @if let Some(error) = error {
                    p.error { strong { "It could not be answered. " } (clean::label(error, MOST_TEXT)) }
                } @else if !picture.finding.is_empty() {
                    p { (clean::label(&picture.finding, MOST_TEXT)) }
                }
            }
            (chart)
            footer { (details(picture, &question, rows)) }
        }
    }
}

/// Where a tile leads to. Names of KPIs are in snake_case; whatever else comes is left out.
pub fn id(picture: &Picture) -> String {
    format!("kpi-{}", picture.name.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_', ""))
}

/// What is drawn; of what could not be answered nothing.
pub fn chart((answer, picture): Kpi) -> Markup {
    if answer.is_some_and(|answer| answer.error.is_some()) {
        return html! {};
    }
    match &picture.chart {
        // The finding says it already, where it is the same.
        Chart::Nothing(why) => html! { @if *why != picture.finding { p.nothing { (clean::label(why, MOST_TEXT)) } } },
        Chart::Number => html! {
            @if let Some(tile) = &picture.headline {
                div.number.(tiles::class_of(tile.mood)) {
                    p.big { (clean::label(&tile.value, 20)) }
                    (tiles::note(tile))
                }
            }
        },
        // On a phone it keeps a size at which it can be read, and is moved sideways.
        _ => html! { div.plot { (svg::chart(picture, &id(picture))) } },
    }
}

fn details(picture: &Picture, question: &str, rows: usize) -> Markup {
    let has_table = !picture.table.rows.is_empty();
    html! {
        details {
            summary { @if has_table { "Table and definition" } @else { "Definition" } span.unseen { ": " (question) } }
            @if has_table { (table(picture, question, rows)) }
            @if !picture.definition.is_empty() { p { (clean::label(&picture.definition, 4 * MOST_TEXT)) } }
            p.name { code { (clean::label(&picture.name, 63)) } }
        }
    }
}

fn table(picture: &Picture, question: &str, rows: usize) -> Markup {
    let shown = budget::shown(picture, rows);
    let left_out = picture.table.left_out + picture.table.rows.len() - shown.len();
    html! {
        // Reached by keyboard, since it may be wider than its card.
        div.scroll tabindex="0" role="group" aria-label={ "Table: " (question) } {
            table {
                thead { tr { @for column in &picture.table.columns { th scope="col" { (clean::label(column, MOST_CELL)) } } } }
                tbody {
                    @for row in shown {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (heading(cell)) } }
                                @else { td { (clean::label(cell, MOST_CELL)) } }
                            }
                        }
                    }
                }
            }
        }
        @if left_out > 0 { p { (left_out) " more rows are not shown here." } }
    }
}

/// The name of a row; a value that is blank still has one.
fn heading(cell: &str) -> String {
    Some(clean::label(cell, MOST_CELL)).filter(|name| !name.is_empty()).unwrap_or_else(|| "(blank)".to_owned())
}
