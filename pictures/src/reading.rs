//! An answer becomes a picture: the question, the finding in words out of the numbers, the chart, the table, the tile.

mod words;

use crate::{
    answer::{Answer, Range},
    picture::*,
};

/// What is drawn and said of an answer. Any answer has a picture, also one that failed.
pub fn picture(answer: &Answer) -> Picture {
    let nothing = answer.error.clone().unwrap_or_else(|| "No events yet.".to_owned());
    Picture {
        name: answer.name.clone(),
        question: answer.question.clone().unwrap_or_else(|| words::humanised(&answer.name)),
        finding: nothing.clone(),
        headline: None,
        chart: Chart::Nothing(nothing),
        table: Table::default(),
        definition: answer.description.clone().unwrap_or_default(),
    }
}

/// The asked range as people say it: "31 Oct to 28 Nov 2026, Europe/Berlin".
pub fn period(range: &Range) -> String {
    words::period(range)
}
