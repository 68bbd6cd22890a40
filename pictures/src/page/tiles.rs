//! The numbers on top: one tile a KPI that has a headline, those with a target first.

use maud::{Markup, html};

use super::{Kpi, MOST_TITLE, card};
use crate::{
    clean,
    picture::{Mood, Picture, Tile},
    svg,
};

const MOST_TILES: usize = 6;

pub fn tiles(kpis: &[Kpi]) -> Markup {
    let chosen = chosen(kpis);
    html! {
        @if !chosen.is_empty() {
            ul.tiles {
                @for (picture, tile) in chosen {
                    li.tile.(class_of(tile.mood)) {
                        p.what { a href={ "#" (card::id(picture)) } { (clean::label(&tile.label, MOST_TITLE)) } }
                        div.figure { p.big { (clean::label(&tile.value, 20)) } (svg::spark(tile)) }
                        (note(tile))
                    }
                }
            }
        }
    }
}

/// At most six, in the dashboard's order; where there are more, those with a target stay.
fn chosen<'a>(kpis: &[Kpi<'a>]) -> Vec<(&'a Picture, &'a Tile)> {
    let mut found: Vec<_> = kpis
        .iter()
        .filter_map(|(answer, picture)| {
            picture.headline.as_ref().map(|tile| (answer.is_none_or(|kpi| kpi.target.is_none()), *picture, tile))
        })
        .collect();
    found.sort_by_key(|(is_without_target, ..)| *is_without_target);
    found.truncate(MOST_TILES);
    found.into_iter().map(|(_, picture, tile)| (picture, tile)).collect()
}

/// The comparison, told by a sign as well as by its colour.
pub fn note(tile: &Tile) -> Markup {
    let text = clean::label(&tile.note, MOST_TITLE);
    // A comparison brings its own sign.
    let sign = match tile.mood {
        _ if !text.starts_with(char::is_alphanumeric) => None,
        Mood::Plain => None,
        Mood::Good => Some("✓"),
        Mood::Missed | Mood::Bad => Some("✗"),
    };
    html! {
        @if !text.is_empty() {
            p.sub { @if let Some(sign) = sign { span aria-hidden="true" { (sign) } " " } (text) }
        }
    }
}

pub fn class_of(mood: Mood) -> &'static str {
    match mood {
        Mood::Plain => "plain",
        Mood::Good => "ok",
        Mood::Missed => "warn",
        Mood::Bad => "bad",
    }
}
