//! Who came back: a row a cohort, a column a period after it. The mean of all cohorts alone is a line over the periods.

use chrono::{Months, NaiveDateTime, TimeDelta};

use super::{Reading, parameters, rankings, tables, tiles, words};
use crate::{
    answer::{Answer, Row},
    number,
    picture::*,
};

pub fn read(answer: &Answer) -> Reading {
    let rows: Vec<&Row> = answer.rows.iter().filter(|row| row.number("period").is_some()).collect();
    if rows.is_empty() {
        // The range as one number: a row a period, without the function's own.
        return rankings::read(answer);
    }
    let is_mean = |row: &Row| row.details.get("cohort").is_none_or(serde_json::Value::is_null);
    let grain = answer.grain.as_deref().unwrap_or("day");
    let means = overall(&rows, &is_mean);
    let finding = finding(answer, &means, grain);
    let tile = tile(answer, &means, grain);
    let last_period = rows.iter().filter_map(|row| row.number("period")).fold(0.0, f64::max).min(1_000.0) as usize;
    let periods: Vec<String> = (0..=last_period).map(|period| period_label(answer, period, grain)).collect();
    let mut cohorts: Vec<(Option<NaiveDateTime>, Option<&str>, bool, Cohort)> = Vec::new();
    for row in &rows {
        let start = row.bucket.filter(|_| !is_mean(row));
        let value = row.text("breakdown_value");
        let place = cohorts
            .iter()
            .position(|(known, of, is_other, _)| *known == start && *of == value && *is_other == row.is_other)
            .unwrap_or_else(|| {
                let label = label(answer, start, value, row.is_other, grain);
                cohorts.push((
                    start,
                    value,
                    row.is_other,
                    Cohort { label, size: row.number("cohort_size"), cells: vec![None; last_period + 1] },
                ));
                cohorts.len() - 1
            });
        let period = row.number("period").unwrap_or_default() as usize;
        if let (Some(rate), Some(cell)) = (rate(answer, row), cohorts[place].3.cells.get_mut(period)) {
            *cell = Some(Cell { value: rate, is_complete: row.is_complete.unwrap_or(false) });
        }
    }
    let mut cohorts: Vec<Cohort> = cohorts.into_iter().map(|(_, _, _, cohort)| cohort).collect();
    let table = table(&periods, &cohorts);
    // Periods of which no cohort has a cell are not drawn.
    let drawn = cohorts
        .iter()
        .filter_map(|cohort| cohort.cells.iter().rposition(Option::is_some))
        .max()
        .map_or(1, |last| last + 1);
    for cohort in &mut cohorts {
        cohort.cells.truncate(drawn);
    }
    let periods = periods.into_iter().take(drawn).collect();
    let chart = match &cohorts[..] {
        [only] if rows.iter().all(|row| is_mean(row)) => Chart::Trend(mean_trend(answer, only, periods, grain)),
        _ => Chart::Triangle(Triangle { periods, cohorts }),
    };
    Reading { finding, tile, chart, table }
}

fn rate(answer: &Answer, row: &Row) -> Option<f64> {
    row.number("rate").map(|rate| if answer.is_complement && answer.value_column == "rate" { 1.0 - rate } else { rate })
}

fn label(answer: &Answer, start: Option<NaiveDateTime>, value: Option<&str>, is_other: bool, grain: &str) -> String {
    let when = start.map_or_else(|| "All cohorts".to_owned(), |start| words::bucket(start, grain, &answer.range));
    match value {
        _ if is_other => format!("{when}, other"),
        Some(value) => format!("{when}, {value}"),
        None => when,
    }
}

/// "joined", "week 1"; of brackets the number of the bracket.
fn period_label(answer: &Answer, period: usize, grain: &str) -> String {
    match period {
        0 => "joined".to_owned(),
        _ if parameters::text(answer, "mode").is_some_and(|mode| mode.starts_with("brackets")) => {
            format!("bracket {period}")
        }
        _ => format!("{} {period}", words::bucket_noun(grain)),
    }
}

/// Of all who could come back in a period: how many there are and how many did. Only cells that are over count.
fn overall(rows: &[&Row], is_mean: &dyn Fn(&Row) -> bool) -> Vec<(usize, f64, f64)> {
    let mut found: Vec<(usize, f64, f64)> = Vec::new();
    let only_means = rows.iter().all(|row| is_mean(row));
    for row in rows.iter().filter(|row| is_mean(row) == only_means && (row.is_complete == Some(true) || only_means)) {
        if let (Some(period), Some(size), Some(actors)) =
            (row.number("period"), row.number("cohort_size"), row.number("actors"))
        {
            let period = period as usize;
            match found.iter_mut().find(|(known, _, _)| *known == period) {
                Some((_, sizes, returned)) => (*sizes, *returned) = (*sizes + size, *returned + actors),
                None => found.push((period, size, actors)),
            }
        }
    }
    found.retain(|(_, size, _)| *size > 0.0);
    found.sort_by_key(|(period, _, _)| *period);
    found
}

/// "48 % of 250 came back in week 1 and 50 % of 178 in week 2."
fn finding(answer: &Answer, means: &[(usize, f64, f64)], grain: &str) -> String {
    let stays_away = answer.is_complement && answer.value_column == "rate";
    let said = |(period, size, actors): &(usize, f64, f64), is_first: bool| {
        let share = if stays_away { 1.0 - actors / size } else { actors / size };
        let who = if is_first {
            number::with_noun(*size, &Measure::Count(parameters::actors(answer)))
        } else {
            number::decimal(*size, 0)
        };
        let verb = if is_first { if stays_away { " did not come back" } else { " came back" } } else { "" };
        format!("{} of {who}{verb} in {}", number::say(share, &Measure::Share), period_label(answer, *period, grain))
    };
    let later: Vec<&(usize, f64, f64)> = means.iter().filter(|(period, _, _)| *period > 0).collect();
    match &later[..] {
        [] => "No cohort is old enough yet to tell who comes back.".to_owned(),
        [only] => format!("{}.", said(only, true)),
        // The last period of which enough are old enough.
        [first, rest @ ..] => match rest.iter().rfind(|(_, size, _)| *size * 4.0 >= first.1) {
            Some(last) => format!("{} and {}.", said(first, true), said(last, false)),
            None => format!("{}.", said(first, true)),
        },
    }
}

fn tile(answer: &Answer, means: &[(usize, f64, f64)], grain: &str) -> Option<Tile> {
    let (period, size, actors) = means.iter().find(|(period, _, _)| *period == 1)?;
    let share = actors / size;
    let share = if answer.is_complement && answer.value_column == "rate" { 1.0 - share } else { share };
    let mut tile =
        tiles::of_range(answer, Some(&period_label(answer, *period, grain)), share, None, None, &Measure::Share);
    tile.note = format!("{} of {}", number::decimal(*actors, 0), number::decimal(*size, 0));
    if let (Some(target), Some(said)) =
        (answer.target.filter(|_| answer.value_column == "rate"), super::definition::target(answer, answer.target))
    {
        tile.mood = tiles::mood_of(share, target, answer.target_is);
        tile.note = format!("{said}, {}", tile.note);
    }
    Some(tile)
}

fn table(periods: &[String], cohorts: &[Cohort]) -> Table {
    let mut columns = vec!["Cohort".to_owned(), "Size".to_owned()];
    columns.extend(periods.iter().map(|period| words::capital(period)));
    let first = cohorts.len().saturating_sub(tables::MOST_ROWS);
    let cell = |cell: &Option<Cell>| match cell {
        Some(cell) => format!(
            "{}{}",
            number::exact(Some(cell.value), &Measure::Share),
            if cell.is_complete { "" } else { " (so far)" }
        ),
        None => String::new(),
    };
    let rows = cohorts[first..]
        .iter()
        .map(|cohort| {
            [cohort.label.clone(), tables::plain(cohort.size)]
                .into_iter()
                .chain(cohort.cells.iter().map(cell))
                .collect()
        })
        .collect();
    Table { columns, rows, left_out: first }
}

/// The mean of all cohorts, as a line over the periods: each stands where it began for the first cohort.
fn mean_trend(answer: &Answer, cohort: &Cohort, periods: Vec<String>, grain: &str) -> Trend {
    let begin = answer.range.since.unwrap_or(answer.range.now);
    let start = |period: usize| {
        let months = |each: u32| begin.checked_add_months(Months::new(each.saturating_mul(period as u32)));
        let moment = match grain {
            "month" => months(1),
            "quarter" => months(3),
            "year" => months(12),
            "week" => begin.checked_add_signed(TimeDelta::weeks(period as i64)),
            "hour" => begin.checked_add_signed(TimeDelta::hours(period as i64)),
            _ => begin.checked_add_signed(TimeDelta::days(period as i64)),
        };
        moment.unwrap_or(begin)
    };
    let is_complete =
        |period: usize| cohort.cells.get(period).and_then(Option::as_ref).is_some_and(|cell| cell.is_complete);
    let buckets: Vec<Bucket> = periods
        .into_iter()
        .enumerate()
        .map(|(period, label)| Bucket { label, start: start(period), is_complete: is_complete(period) })
        .collect();
    let count = buckets.len();
    let values = cohort.cells.iter().map(|cell| cell.as_ref().map(|cell| cell.value)).collect();
    let series = Series {
        label: None,
        values,
        n: vec![cohort.size; count],
        band: None,
        marks: vec![false; count],
        is_other: false,
    };
    Trend {
        measure: Measure::Share,
        buckets,
        series: vec![series],
        targets: super::trends::targets(answer),
        from_zero: true,
        incidents: Vec::new(),
    }
}
