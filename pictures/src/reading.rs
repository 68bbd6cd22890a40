//! An answer becomes a picture: the question, the finding in words out of the numbers, the chart, the table, the tile.
//!
//! ```text
//! question, definition   what is asked, and how it is counted
//! parameters             events, groups and measures of a definition
//! trends                 values over time; series, their order and names
//! findings               what is said of a trend
//! funnels, cohorts, hours, bins, rankings, experiments, single: the other charts
//! incidents              when alerts fired
//! tiles                  one number, beside its target or the one before
//! tables                 the rows as they can be read
//! ```

mod bins;
mod cohorts;
mod definition;
mod experiments;
mod findings;
mod funnels;
mod hours;
mod incidents;
mod parameters;
mod question;
mod rankings;
mod single;
mod tables;
mod tiles;
mod trends;
mod words;

use crate::{
    answer::{Answer, Range},
    picture::*,
};

/// The KPI's name as people say it, without that of its pack: "Show rate".
pub fn label(answer: &Answer) -> String {
    words::label_of(answer)
}

/// `weekly_active_users` as "Weekly active users", `api_errors` as "API errors".
pub fn humanised(name: &str) -> String {
    words::humanised(name)
}

/// What is asked: the question of the definition, or one made of it.
pub fn question(answer: &Answer) -> String {
    question::question(answer)
}

/// How the value is said: as a share, a time, a count.
pub fn measure(answer: &Answer) -> Measure {
    parameters::measure(answer)
}

/// What an answer is read as, before the words that every picture has.
struct Reading {
    finding: String,
    tile: Option<Tile>,
    chart: Chart,
    table: Table,
}

/// What is drawn and said of an answer. Any answer has a picture, also one that failed.
pub fn picture(answer: &Answer) -> Picture {
    let reading = read(answer);
    let mut table = reading.table;
    if !table.rows.is_empty() {
        table.left_out += answer.left_out;
    }
    Picture {
        name: answer.name.clone(),
        question: question::question(answer),
        finding: with_incidents(answer, with_left_out(answer, reading.finding), &reading.chart),
        headline: reading.tile,
        chart: reading.chart,
        table,
        definition: definition::definition(answer),
    }
}

/// The asked range as people say it: "31 Oct to 28 Nov 2026, Europe/Berlin".
pub fn period(range: &Range) -> String {
    words::period(range)
}

fn read(answer: &Answer) -> Reading {
    if let Some(error) = &answer.error {
        return nothing(format!("This could not be answered: {error}"));
    }
    if is_empty(answer) {
        return nothing(definition::next_step(answer));
    }
    match answer.kind.as_str() {
        "activity_heatmap" => hours::read(answer),
        "retention" => cohorts::read(answer),
        _ if answer.grain.is_some() => trends::read(answer),
        "funnel" | "funnel_trend" => funnels::read(answer),
        "funnel_times" => bins::read(answer),
        "ingestion_alerts" if answer.target_for.is_some() => single::read(&the_one_with_a_target(answer)),
        "experiment_results" => experiments::read(answer),
        _ if answer.rows.len() == 1 && !is_ranking(answer) => single::read(answer),
        _ => rankings::read(answer),
    }
}

/// Of measures that have nothing to do with each other, the one that the KPI is about.
fn the_one_with_a_target(answer: &Answer) -> Answer {
    let rows = answer.rows.iter().filter(|row| row.target.is_some()).cloned().collect();
    Answer { rows, ..answer.clone() }
}

fn is_ranking(answer: &Answer) -> bool {
    matches!(
        answer.kind.as_str(),
        "top_values"
            | "next_events"
            | "paths"
            | "user_engagement"
            | "item_statistics"
            | "student_report"
            | "stickiness"
    )
}

fn nothing(what: String) -> Reading {
    Reading { finding: what.clone(), tile: None, chart: Chart::Nothing(what), table: Table::default() }
}

/// Whether nothing happened that the KPI tells of: what counts open items tells of none as well.
fn is_empty(answer: &Answer) -> bool {
    let counts_open = matches!(answer.kind.as_str(), "backlog" | "queue_state");
    answer.rows.iter().all(|row| match (row.value, row.n) {
        (None, _) => row.n.unwrap_or(0.0) == 0.0,
        (Some(_), Some(n)) => n == 0.0 && !counts_open,
        (Some(value), None) => value == 0.0 && !counts_open && answer.kind != "anomalies",
    })
}

/// Where nothing is drawn, the finding is what to do next.
fn with_incidents(answer: &Answer, finding: String, chart: &Chart) -> String {
    match incidents::sentence(answer).filter(|_| !matches!(chart, Chart::Nothing(_))) {
        Some(sentence) => format!("{finding} {sentence}").trim_start().to_owned(),
        None => finding,
    }
}

fn with_left_out(answer: &Answer, finding: String) -> String {
    match answer.left_out {
        0 => finding,
        count => format!(
            "{finding} Drawn are {} rows; {} {} are left out.",
            crate::number::decimal(answer.rows.len() as f64, 0),
            crate::number::decimal(count as f64, 0),
            if answer.grain.is_some() { "earlier ones" } else { "others" }
        ),
    }
}

#[cfg(test)]
mod tests;
