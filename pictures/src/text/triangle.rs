//! Who came back: a row a cohort, a column a period, each cell shaded by its share. Where the columns do not fit, the numbers go and
//! the shades stay.

use super::{
    MOST_ROWS, Options,
    terminal::{left, right, widest},
};
use crate::{
    number::{self, NONE},
    picture::{Cell, Measure, Triangle},
};

pub(super) fn draw(triangle: &Triangle, options: &Options) -> Vec<String> {
    if triangle.cohorts.is_empty() {
        return vec!["  No cohort began in this range.".to_owned()];
    }
    let left_out = triangle.cohorts.len().saturating_sub(MOST_ROWS);
    let cohorts = &triangle.cohorts[left_out..];
    let sizes = cohorts
        .iter()
        .map(|cohort| cohort.size.map_or(NONE.to_owned(), |size| number::say(size, &Measure::Count(String::new()))));
    let sizes = sizes.collect::<Vec<_>>();
    let size = widest(&sizes).max(4);
    let label = widest(cohorts.iter().map(|cohort| &cohort.label)).min(options.width / 4);
    let room = options.width - 4 - label - 2 - size;
    let reached = cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or(0);
    let shape = Shape::of(triangle.periods.len().max(reached), room);
    let shades = Shades::of(cohorts.iter().flat_map(|cohort| cohort.cells.iter().skip(1)).flatten());
    let mut lines = options.left_out(left_out, "cohorts, which are earlier").into_iter().collect::<Vec<_>>();
    lines.push(format!(
        "  {}  {}{}",
        " ".repeat(label),
        right("size", size),
        shape.heading(&triangle.periods, options)
    ));
    for (cohort, size_said) in cohorts.iter().zip(&sizes) {
        let gap = if shape.number == 0 { "  " } else { "" };
        let cells = (0..shape.count)
            .map(|index| shape.cell(cohort.cells.get(index).and_then(Option::as_ref), &shades, options))
            .collect::<String>();
        let said = left(&options.say(&cohort.label, label), label);
        lines.push(format!("  {said}  {}{gap}{cells}", right(size_said, size)));
    }
    let is_open = cohorts.iter().flat_map(|cohort| &cohort.cells).flatten().any(|cell| !cell.is_complete);
    let left_out = options.left_out(triangle.periods.len().saturating_sub(shape.count), "periods");
    lines.extend(shades.legend(is_open && shape.number > 0, options));
    lines.extend(left_out);
    lines
}

/// How a cell is drawn: so many columns of shade, so many of number.
struct Shape {
    shade: usize,
    number: usize,
    gap: usize,
    count: usize,
}

impl Shape {
    fn of(periods: usize, room: usize) -> Self {
        let shapes = [(3, 5, 2), (2, 5, 2), (1, 4, 2), (1, 4, 1), (2, 0, 0), (1, 0, 0)];
        let fits = |(shade, number, gap): &(usize, usize, usize)| periods * (shade + number + gap) < room;
        let (shade, number, gap) = shapes.into_iter().find(fits).unwrap_or((1, 0, 0));
        Self { shade, number, gap, count: periods.min(room.saturating_sub(1) / (shade + number + gap)) }
    }

    fn heading(&self, periods: &[String], options: &Options) -> String {
        let columns = self.shade + self.number + self.gap;
        if self.number > 0 {
            let longest = widest(periods);
            return periods
                .iter()
                .take(self.count)
                .enumerate()
                // "week 3" is "3" where there is room for the number alone.
                .map(|(index, period)| if longest + 1 >= columns { index.to_string() } else { period.clone() })
                .map(|period| format!("{} ", right(&options.say(&period, columns - 1), columns - 1)))
                .collect();
        }
        let every = if self.count > 20 { 10 } else { 5 };
        let step = columns * every;
        let marks = (0..self.count).step_by(every).map(|index| left(&index.to_string(), step)).collect::<String>();
        format!("  {marks}")
    }

    fn cell(&self, cell: Option<&Cell>, shades: &Shades, options: &Options) -> String {
        let start = if self.number == 0 { "" } else { &"  "[..self.gap] };
        let Some(cell) = cell else {
            return " ".repeat(self.gap + self.shade + self.number);
        };
        let shade = shades.of_value(cell.value, options).to_string().repeat(self.shade);
        if self.number == 0 {
            return shade;
        }
        let percent = (cell.value * 100.0).clamp(-999.0, 999.0);
        let percent = if cell.value.is_finite() { format!("{percent:.0}") } else { NONE.to_owned() };
        let mark = if cell.is_complete { " " } else { options.signs().so_far };
        format!("{start}{shade}{}{mark}", right(&percent, self.number - 1))
    }
}

/// Four tints between the lowest and the highest share after the first period, which is all of them. Shares that are close to each
/// other stay close: the tints begin at half of the highest at most.
struct Shades {
    low: f64,
    high: f64,
}

impl Shades {
    fn of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Self {
        let known = cells.filter(|cell| cell.value.is_finite() && cell.value > 0.0 && cell.is_complete);
        let (low, high) =
            known.fold((f64::MAX, 0.0_f64), |(low, high), cell| (low.min(cell.value), high.max(cell.value)));
        if high > 0.0 { Self { low: low.min(high / 2.0), high } } else { Self { low: 0.0, high: 1.0 } }
    }

    fn of_value(&self, value: f64, options: &Options) -> char {
        let signs = options.signs();
        if value.is_nan() || value <= 0.0 {
            return signs.zero;
        }
        let level = (value.min(self.high) - self.low) / (self.high - self.low);
        signs.shades[((level * 4.0).ceil() as usize).clamp(1, 4)]
    }

    fn legend(&self, is_open: bool, options: &Options) -> Vec<String> {
        let shades = options.signs().shades;
        let tints = (1..=4).map(|tint| {
            let until = self.low + (self.high - self.low) * tint as f64 / 4.0;
            format!("{} {}{}", shades[tint], if tint == 1 { "up to " } else { "" }, number::say(until, &Measure::Share))
        });
        let so_far = is_open.then(|| format!("{} so far", options.signs().so_far));
        options.beside(std::iter::once("% of the cohort".to_owned()).chain(tints).chain(so_far))
    }
}
