//! When something happens: seven weekdays of 24 hours.

use super::{Reading, parameters, tables, tiles};
use crate::{answer::Answer, number, picture::*};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// By bucket: events are added up over them; of people, who may come in several, the last bucket is told.
pub fn read(answer: &Answer) -> Reading {
    let measure = parameters::measure(answer);
    let adds_up = answer.value_column == "events";
    let last =
        answer.rows.iter().filter(|row| row.value.is_some_and(|value| value > 0.0)).filter_map(|row| row.bucket).max();
    let mut hours = Box::new([[None; 24]; 7]);
    for row in answer.rows.iter().filter(|row| adds_up || row.bucket == last) {
        if let (Some(weekday), Some(hour), Some(value)) = (row.number("weekday"), row.number("hour"), row.value)
            && (1.0..=7.0).contains(&weekday)
            && (0.0..24.0).contains(&hour)
        {
            let cell: &mut Option<f64> = &mut hours[weekday as usize - 1][hour as usize];
            *cell = Some(cell.unwrap_or(0.0) + value);
        }
    }
    let mut found: Vec<(usize, usize, f64)> = hours
        .iter()
        .enumerate()
        .flat_map(|(weekday, row)| {
            row.iter().enumerate().filter_map(move |(hour, value)| Some((weekday, hour, (*value)?)))
        })
        .collect();
    let rows = (0..7)
        .map(|weekday: usize| {
            std::iter::once(WEEKDAYS[weekday].to_owned())
                .chain(hours[weekday].iter().map(|value| tables::plain(value.map(f64::round))))
                .collect()
        })
        .collect();
    let table = Table {
        columns: std::iter::once("Weekday".to_owned()).chain((0..24).map(|hour| format!("{hour:02}"))).collect(),
        rows,
        left_out: 0,
    };
    found.sort_by(|left, right| right.2.total_cmp(&left.2));
    let Some((weekday, hour, most)) = found.first().copied().filter(|(_, _, most)| *most > 0.0) else {
        return Reading {
            finding: "Nothing happened in the range.".to_owned(),
            tile: None,
            chart: Chart::HeatMap(HeatMap { measure, hours }),
            table,
        };
    };
    let mut finding = format!(
        "Busiest on {}s at {hour:02}:00, with {}.",
        WEEKDAYS[weekday],
        number::with_noun(most.round(), &measure)
    );
    let sum: f64 = found.iter().map(|(_, _, value)| value).sum();
    let days = hours.each_ref().map(|row| row.iter().flatten().sum::<f64>());
    if adds_up && let Some((weekday, of_day)) = days.iter().enumerate().max_by(|left, right| left.1.total_cmp(right.1))
    {
        finding += &format!(
            " {}s have most of all, {} of {}.",
            WEEKDAYS[weekday],
            number::say(of_day / sum, &Measure::Share),
            number::with_noun(sum.round(), &measure)
        );
    }
    let tile = adds_up.then(|| tiles::of_range(answer, None, sum.round(), None, None, &measure));
    Reading { finding, tile, chart: Chart::HeatMap(HeatMap { measure, hours }), table }
}
