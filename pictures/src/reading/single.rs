//! One number is all there is: how many wait, what the range as a whole comes to.

use super::{Reading, definition, findings, parameters, tables, tiles, words};
use crate::{answer::Answer, number, picture::*};

pub fn read(answer: &Answer) -> Reading {
    let Some(row) = answer.rows.first() else { return super::nothing(definition::next_step(answer)) };
    let measure = parameters::measure(answer);
    let table = tables::of_rows(answer, "Range", vec![(words::period(&answer.range), row)], &measure);
    let Some(value) = row.value.filter(|value| value.is_finite()) else {
        let finding = if answer.kind == "queue_state" { "Nothing waits." } else { "There is no value in the range." };
        return Reading { finding: finding.to_owned(), tile: None, chart: Chart::Number, table };
    };
    let before = tiles::previous(answer, row);
    let mut sentences = Vec::new();
    if answer.kind == "queue_state" {
        let open = row.number("open_items").unwrap_or_default();
        let noun = answer.unit.as_deref().filter(|_| answer.value_column == "open_items").unwrap_or("items");
        let times = match (row.number("oldest_seconds"), row.number("median_seconds")) {
            (Some(oldest), Some(median)) => format!(
                ", the oldest for {}, half of them for more than {}",
                number::say(oldest, &Measure::Duration),
                number::say(median, &Measure::Duration)
            ),
            (Some(oldest), None) => format!(", the oldest for {}", number::say(oldest, &Measure::Duration)),
            _ => String::new(),
        };
        sentences.push(if open == 0.0 {
            "Nothing waits.".to_owned()
        } else {
            format!(
                "{} {}{times}.",
                number::with_noun(open, &Measure::Count(noun.to_owned())),
                if open == 1.0 { "waits" } else { "wait" }
            )
        });
    } else {
        let of = findings::part_of(answer, &measure, row).map(|of| format!(" ({of})")).unwrap_or_default();
        sentences.push(format!("{}{of} in the whole range.", number::with_noun(value, &measure)));
    }
    if let Some(target) = definition::target(answer, row.target) {
        sentences.push(format!(
            "{}: {}.",
            words::capital(&target),
            if row.is_met == Some(true) { "met" } else { "missed" }
        ));
    }
    if let Some(before) = before {
        sentences.push(format!(
            "{}.",
            words::capital(&findings::change(value, before, &measure, "period").replace("bucket", "period"))
        ));
    }
    let tile = tiles::of_range(answer, None, value, Some(row), before, &measure);
    Reading { finding: sentences.join(" "), tile: Some(tile), chart: Chart::Number, table }
}
