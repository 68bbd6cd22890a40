//! The head of a page: what it is about, the form that asks for another period, links to the other dashboards.

use chrono::{NaiveDate, TimeDelta};
use maud::{Markup, html};

use super::{MOST_TEXT, MOST_TITLE, Options, title_of};
use crate::{
    answer::{Board, Link, Range},
    clean,
    picture::{Chart, Picture},
    reading,
};

const LENGTHS: [&str; 4] = ["7 days", "30 days", "90 days", "12 months"];
const GRAINS: [&str; 6] = ["hour", "day", "week", "month", "quarter", "year"];

pub fn heading(board: &Board, pictures: &[Picture], title: &str, options: &Options) -> Markup {
    // A screen on the wall has nobody who would fill in a form.
    let is_wall = options.refresh_seconds.is_some();
    html! {
        header.head {
            div.about {
                h1 { (title) }
                p {
                    @if let Some(description) = &board.description { (clean::label(description, MOST_TEXT)) br; }
                    (clean::label(&reading::period(&board.range), MOST_TITLE)) "."
                    @if pictures.iter().any(has_open) { " What is not over is dashed." }
                }
            }
            @if !is_wall && !options.as_file { (form(board, options)) }
        }
        @if !is_wall && board.dashboards.len() > 1 { (dashboards(board, options)) }
    }
}

fn form(board: &Board, options: &Options) -> Markup {
    let (first, last) = days(&board.range);
    let grain = board.grain.as_deref();
    let known = |word: &str| GRAINS.contains(&word) || word == "range";
    html! {
        div.ask {
            form method="get" {
                input type="hidden" name="name" value=(clean::label(&board.name, 63));
                @for (name, value) in options.asked.hidden() {
                    @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
                }
                label { "From" input type="date" name="first_day" value=[first]; }
                label { "Until" input type="date" name="last_day" value=(last); }
                label {
                    "By"
                    select name="grain" {
                        option value="" selected[grain.is_none()] { "its own" }
                        @for word in GRAINS { option value=(word) selected[grain == Some(word)] { (word) } }
                        @if let Some(own) = grain.filter(|word| !known(word)) { option value=(own) selected { (own) } }
                        option value="range" selected[grain == Some("range")] { "one number" }
                    }
                }
                label { "Time zone" input type="text" name="tz" value=(clean::label(&board.range.tz, 63)) size="14" autocomplete="off" spellcheck="false"; }
                button { "Show" }
            }
            nav.lengths aria-label="Periods" {
                span { "Last" }
                @for length in LENGTHS {
                    a href=(options.asked.link_to_last(&board.name, length))
                        aria-current=[(board.range.last.as_deref() == Some(length)).then_some("true")] { (length) }
                }
            }
        }
    }
}

/// The first and the last day of the range, both within it.
fn days(range: &Range) -> (Option<NaiveDate>, NaiveDate) {
    let until = range.until.unwrap_or(range.now);
    (range.since.map(|since| since.date()), (until - TimeDelta::microseconds(1)).date())
}

fn dashboards(board: &Board, options: &Options) -> Markup {
    let shared = shared_prefix(&board.dashboards);
    html! {
        nav.dashboards aria-label="Dashboards" {
            @for Link { name, description } in &board.dashboards {
                a href=(href(name, options)) title=[description.as_deref().map(|text| clean::label(text, MOST_TITLE))]
                    aria-current=[(*name == board.name).then_some("page")] { (title_of(&name[shared..])) }
            }
        }
    }
}

fn href(name: &str, options: &Options) -> String {
    if options.as_file { format!("{name}.html") } else { options.asked.link(name, None) }
}

/// How much of the front of every name is the same word, which tells nothing apart: "coaching_".
fn shared_prefix(links: &[Link]) -> usize {
    let Some(word) = links.first().and_then(|link| link.name.find('_').map(|end| &link.name[..=end])) else { return 0 };
    if links.iter().all(|link| link.name.len() > word.len() && link.name.starts_with(word)) { word.len() } else { 0 }
}

fn has_open(picture: &Picture) -> bool {
    match &picture.chart {
        Chart::Trend(trend) => trend.buckets.iter().any(|bucket| !bucket.is_complete),
        Chart::Triangle(triangle) => {
            triangle.cohorts.iter().flat_map(|cohort| cohort.cells.iter().flatten()).any(|cell| !cell.is_complete)
        }
        _ => false,
    }
}
