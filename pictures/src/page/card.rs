//! The card of a KPI: the question, the finding, the chart, and what can be read in its place.

use maud::{Markup, html};

use super::{Kpi, MOST_TEXT, MOST_TITLE, tiles};
use crate::{
    clean,
    picture::{Chart, Picture, Table},
    svg,
};

const MOST_CELL: usize = 120;

pub fn card((answer, picture): Kpi) -> Markup {
    let error = answer.and_then(|answer| answer.error.as_deref());
    let question = clean::label(&picture.question, MOST_TITLE);
    let finding = clean::label(&picture.finding, MOST_TEXT);
    html! {
        section.card.failed[error.is_some()] #(id(picture)) {
            header {
                h2 { (question) }
                @if let Some(error) = error {
                    p.error { strong { "It could not be answered. " } (clean::label(error, MOST_TEXT)) }
                } @else if !finding.is_empty() {
                    p { (finding) }
                }
            }
            @if error.is_none() { (chart(picture, &finding)) }
            footer { (details(picture, &question)) }
        }
    }
}

/// Where a tile leads to. Names of KPIs are in snake_case; whatever else comes is left out.
pub fn id(picture: &Picture) -> String {
    format!("kpi-{}", picture.name.replace(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_', ""))
}

fn chart(picture: &Picture, finding: &str) -> Markup {
    match &picture.chart {
        // The finding says it already, where it is the same.
        Chart::Nothing(why) => {
            let why = clean::label(why, MOST_TEXT);
            html! { @if why != finding { p.nothing { (why) } } }
        }
        Chart::Number => html! {
            @if let Some(tile) = &picture.headline {
                div.number.(tiles::class_of(tile.mood)) {
                    p.big { (clean::label(&tile.value, 20)) }
                    (tiles::note(tile))
                }
            }
        },
        _ => svg::chart(picture, &id(picture)),
    }
}

fn details(picture: &Picture, question: &str) -> Markup {
    let has_table = !picture.table.rows.is_empty();
    html! {
        details {
            summary { @if has_table { "Table and definition" } @else { "Definition" } span.unseen { ": " (question) } }
            @if has_table { (table(&picture.table, question)) }
            @if !picture.definition.is_empty() { p { (clean::label(&picture.definition, 4 * MOST_TEXT)) } }
            p.name { code { (clean::label(&picture.name, 63)) } }
        }
    }
}

fn table(table: &Table, question: &str) -> Markup {
    html! {
        // Reached by keyboard, since it may be wider than its card.
        div.scroll tabindex="0" role="region" aria-label={ "Table: " (question) } {
            table {
                thead { tr { @for column in &table.columns { th scope="col" { (clean::label(column, MOST_CELL)) } } } }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (clean::label(cell, MOST_CELL)) } }
                                @else { td { (clean::label(cell, MOST_CELL)) } }
                            }
                        }
                    }
                }
            }
        }
        @if table.left_out > 0 { p { (table.left_out) " more rows are not shown here." } }
    }
}
