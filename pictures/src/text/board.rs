//! A dashboard in one screen: a row a KPI, with its value, its course, whether the target is met, and what there is to say.

use super::{
    Options, chart, spark,
    terminal::{left, right, widest},
};
use crate::{
    answer::{Answer, Board},
    clean::{self, width},
    picture::{Chart, Mood, Picture, Tile},
    reading,
};

/// How wide a course is, of the columns of the whole.
const SPARK: usize = 6;

/// The overview, and how to see more. `pictures` are those of the board's KPIs, in the same order.
pub fn board(board: &Board, pictures: &[Picture], options: &Options) -> Vec<String> {
    let mut lines = overview(board, pictures, options);
    // The name of a dashboard shows that dashboard.
    let is_board = |picture: &&Picture| board.dashboards.iter().any(|other| other.name == picture.name);
    if !pictures.is_empty() {
        let name = |name: &str| clean::label(name, 63).replace('\'', "''");
        let one = pictures.iter().find(|picture| !is_board(picture));
        let one = one.map_or_else(String::new, |one| format!("; of one: show('{}')", name(&one.name)));
        lines.push(String::new());
        let more = format!("Charts: show('{}', charts => true){one}", name(&board.name));
        lines.extend(options.wrap(&more, 0));
    }
    options.finish(lines)
}

/// The overview, and below it each chart.
pub fn board_with_charts(board: &Board, pictures: &[Picture], options: &Options) -> Vec<String> {
    let charts = pictures.iter().flat_map(|picture| std::iter::once(String::new()).chain(chart(picture, "", options)));
    overview(board, pictures, options).into_iter().chain(charts).collect()
}

fn overview(board: &Board, pictures: &[Picture], options: &Options) -> Vec<String> {
    let mut lines = options.spread(&reading::humanised(&board.name), &reading::period(&board.range));
    if let Some(description) = board.description.as_deref().filter(|text| !text.trim().is_empty()) {
        lines.extend(options.wrap(description, 0));
    }
    if pictures.is_empty() {
        lines.push("  This dashboard shows no KPI.".to_owned());
        return options.finish(lines);
    }
    let rows = pictures.iter().enumerate().map(|(index, picture)| Row::of(picture, board.kpis.get(index), options));
    let rows = rows.collect::<Vec<_>>();
    let numbers = || rows.iter().filter_map(|row| row.number.as_ref());
    let label = widest(rows.iter().map(|row| &row.label));
    let value = widest(numbers().map(|number| &number.value));
    let spark = widest(numbers().map(|number| &number.spark));
    lines.push(String::new());
    for row in &rows {
        let mut line = format!("  {}  ", left(&row.label, label));
        if let Some(Number { value: said, spark: course, mark }) = &row.number {
            line.push_str(&format!("{}  {}  {} ", right(said, value), left(course, spark), left(mark, 1)));
        }
        let room = options.width.saturating_sub(width(&line));
        let is_long = width(&options.say(&row.note, usize::MAX)) > room;
        // What it is compared with, a bucket or a period, goes first where the row is full.
        let note = row.note.split_once(" than the ").filter(|_| is_long).map_or(row.note.as_str(), |(note, _)| note);
        lines.push(format!("{line}{}", options.say(note, room)));
    }
    options.finish(lines)
}

struct Row {
    label: String,
    number: Option<Number>,
    note: String,
}

struct Number {
    value: String,
    spark: String,
    mark: &'static str,
}

impl Row {
    fn of(picture: &Picture, answer: Option<&Answer>, options: &Options) -> Self {
        let name = answer.map_or_else(|| picture.name.clone(), reading::label);
        let label = options.say(&name, options.width * 3 / 10);
        let Some(tile) = &picture.headline else {
            let note = if let Chart::Nothing(next) = &picture.chart { next } else { &picture.finding };
            return Self { label, number: None, note: note.clone() };
        };
        // "Show rate, week of 21 Nov": what is behind the name is said with the rest.
        let which = tile.label.strip_prefix(&name).unwrap_or(&tile.label).trim_start_matches([',', ' ']);
        let parts = [which, &tile.note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let number = Number {
            value: options.say(&tile.value, options.width / 6),
            spark: spark::draw(&tile.spark, tile.is_open, (options.width / SPARK).min(20), options),
            mark: mark(tile, answer, options),
        };
        Self { label, number: Some(number), note: parts.join(": ") }
    }
}

/// Whether the target is met, where there is one.
fn mark(tile: &Tile, answer: Option<&Answer>, options: &Options) -> &'static str {
    let has_target =
        answer.is_some_and(|answer| answer.target.is_some() || answer.rows.iter().any(|row| row.target.is_some()));
    match tile.mood {
        Mood::Missed | Mood::Bad => options.signs().missed,
        Mood::Good if has_target => options.signs().met,
        _ => "",
    }
}
