//! Values over time: one line a series, told apart by dash and by the name at its end. What is not over is dashed, NULL is a gap,
//! a range of expected values is a band, what is unusual has a ring around it.

mod place;

use maud::{Markup, html};

use super::{
    drawing::{Axis, Drawing, Sheet, across, below, finite, label_step, left_out, said, said_with_noun, stroke, words},
    path::{Path, px, thinned},
    width::{self, Type},
};
use crate::{
    answer::Bound,
    picture::{Series, Target, Trend},
};

const TOP: f64 = 20.0;
/// Below the lines: the names of buckets.
const FOOT: f64 = 24.0;
/// So many lines have a look of their own and their name; the rest is grey.
const MOST_NAMED: usize = 6;
const MOST_LINES: usize = 12;
/// So many buckets are wide enough to be pointed at.
const MOST_HINTS: usize = 62;
const MOST_MARKS: usize = 40;
/// At most so wide are the names at the ends of lines.
const NAMES: f64 = 150.0;

pub fn draw(chart: &Trend, sheet: Sheet) -> Drawing {
    let lines = lines(chart);
    if lines.iter().all(|line| line.runs.is_empty()) {
        return super::plain::nothing(super::plain::NO_VALUE, sheet);
    }
    let plot = Plot::new(chart, &lines, sheet);
    let unnamed =
        lines.iter().filter(|line| line.look == UNNAMED).count() + chart.series.len().saturating_sub(MOST_LINES);
    let body = html! {
        (plot.axis.lines(plot.left, plot.right))
        @for line in &lines { (plot.band(line)) }
        @if let [line] = &lines[..] { @if chart.from_zero && line.series.band.is_none() { (plot.area(line)) } }
        @let mut taken = plot.drawn_points(&lines);
        (plot.targets(&mut taken))
        // A dashed line on a solid one shows both.
        @for line in lines.iter().filter(|line| line.is_grey()) { (plot.line(line)) }
        @for line in lines.iter().filter(|line| !line.is_grey()) { (plot.line(line)) }
        @for line in &lines { (plot.marks(line)) }
        @for line in lines.iter().rev() { (plot.end(line)) }
        @let () = plot.take_targets(&mut taken);
        @if let [line] = &lines[..] { (plot.last_complete(line, &taken)) }
        (plot.names(&lines))
        (plot.incidents())
        (plot.buckets(&lines))
        (plot.hints(&lines))
        @if unnamed > 0 { (left_out(plot.height + 12.0, unnamed, "more lines, grey or left out,")) }
    };
    Drawing { height: plot.height + if unnamed > 0 { 18.0 } else { 0.0 }, body }
}

/// How a line looks: its number in the style sheet. 0 is grey.
type Look = usize;
const UNNAMED: Look = usize::MAX;

struct Line<'a> {
    series: &'a Series,
    look: Look,
    /// Values without a gap between them, with their buckets.
    runs: Vec<Vec<(usize, f64)>>,
}

impl Line<'_> {
    fn last(&self) -> Option<(usize, f64)> {
        self.runs.last()?.last().copied()
    }

    fn is_grey(&self) -> bool {
        matches!(self.look, 0 | UNNAMED)
    }

    fn class(&self, kind: char) -> String {
        if self.look == UNNAMED { format!("{kind}0") } else { format!("{kind}{}", self.look) }
    }
}

fn lines<'a>(chart: &'a Trend) -> Vec<Line<'a>> {
    let mut looks = 1..=MOST_NAMED;
    let line = |series: &'a Series| {
        let values: Vec<(usize, Option<f64>)> =
            series.values.iter().take(chart.buckets.len()).map(|value| finite(*value)).enumerate().collect();
        let runs = values
            .split(|(_, value)| value.is_none())
            .map(|run| run.iter().filter_map(|(index, value)| Some((*index, (*value)?))).collect::<Vec<_>>())
            .filter(|run| !run.is_empty())
            .collect();
        let look = if series.is_other { 0 } else { looks.next().unwrap_or(UNNAMED) };
        Line { series, look, runs }
    };
    chart.series.iter().take(MOST_LINES).map(line).collect()
}

struct Plot<'a> {
    chart: &'a Trend,
    sheet: Sheet,
    axis: Axis,
    left: f64,
    right: f64,
    height: f64,
    is_single: bool,
    /// How many pixels share a highest and a lowest point: the more lines, the more, so that a chart's size is bounded.
    column: f64,
}

impl<'a> Plot<'a> {
    fn new(chart: &'a Trend, lines: &[Line], sheet: Sheet) -> Self {
        let height = if lines.len() > 4 { 214.0 } else { 184.0 };
        let values = lines.iter().flat_map(|line| line.runs.iter().flatten()).map(|(_, value)| *value);
        let bands = chart.series.iter().filter_map(|series| series.band.as_ref()).flatten().flatten();
        let targets = chart.targets.iter().map(|target| target.value);
        let zero = chart.from_zero.then_some(0.0);
        let all = values.chain(bands.flat_map(|(low, high)| [*low, *high])).chain(targets).chain(zero);
        let axis = Axis::over(all, &chart.measure, height - FOOT, TOP, 4);
        let left = axis.words_width() + 8.0;
        let is_single = lines.len() == 1 && lines[0].series.label.is_none();
        let mut plot = Plot {
            chart,
            sheet,
            axis,
            left,
            right: sheet.width,
            height,
            is_single,
            column: (lines.len() as f64 / 1.5).max(2.0),
        };
        let names = lines.iter().filter_map(|line| plot.name(line)).map(|name| name.width).fold(12.0, f64::max);
        plot.right = sheet.width - names - 14.0;
        plot
    }

    fn x(&self, bucket: usize) -> f64 {
        match self.chart.buckets.len() {
            0 | 1 => (self.left + self.right) / 2.0,
            count => self.left + (self.right - self.left) * bucket as f64 / (count - 1) as f64,
        }
    }

    fn point(&self, (bucket, value): (usize, f64)) -> (f64, f64) {
        (self.x(bucket), self.axis.at(value))
    }

    fn points(&self, run: &[(usize, f64)]) -> Vec<(f64, f64)> {
        thinned(&run.iter().map(|value| self.point(*value)).collect::<Vec<_>>(), self.column)
    }

    fn is_running(&self, bucket: usize) -> bool {
        self.chart.buckets.get(bucket).is_some_and(|bucket| !bucket.is_complete)
    }

    /// What is expected is not sure either.
    fn is_open(&self, line: &Line, bucket: usize) -> bool {
        self.is_running(bucket) || is_expected(line, bucket)
    }

    /// Whole where both ends are over, dashed where one is not; a value between two gaps is a dot.
    fn line(&self, line: &Line) -> Markup {
        let (mut whole, mut open) = (Path::default(), Path::default());
        let mut alone = Vec::new();
        for run in &self.runs(line) {
            if let [value] = run[..] {
                alone.push(value);
            }
            let is_open = |pair: &[(usize, f64)]| pair.iter().any(|(bucket, _)| self.is_open(line, *bucket));
            let pairs: Vec<_> = run.windows(2).collect();
            for pairs in pairs.chunk_by(|a, b| is_open(a) == is_open(b)) {
                let (first, last) = (pairs[0], pairs[pairs.len() - 1]);
                let part: Vec<_> = pairs.iter().map(|pair| pair[0]).chain([last[1]]).collect();
                if is_open(first) { &mut open } else { &mut whole }.line(&self.points(&part));
            }
        }
        let look = line.class('c');
        html! {
            (stroke(&format!("line {look}"), whole))
            (stroke(&format!("line {look} open"), open))
            (self.alone(line, &alone))
        }
    }

    /// Values between two gaps: few are dots, hollow where their bucket is not over, and many are points in one path.
    fn alone(&self, line: &Line, values: &[(usize, f64)]) -> Markup {
        let mut points = Path::default();
        if values.len() > MOST_MARKS {
            self.points(values).into_iter().for_each(|point| points.dot(point));
        }
        html! {
            (stroke(&format!("line {} alone", line.class('c')), points))
            @for value in values.iter().filter(|_| values.len() <= MOST_MARKS) {
                @let (x, y) = self.point(*value);
                circle class=(dot_class(line, self.is_open(line, value.0))) cx=(px(x)) cy=(px(y)) r="3" {}
            }
        }
    }

    /// A gap that is narrower than a line is none.
    fn runs(&self, line: &Line) -> Vec<Vec<(usize, f64)>> {
        let mut runs: Vec<Vec<(usize, f64)>> = Vec::with_capacity(line.runs.len());
        for run in &line.runs {
            let last = runs.last_mut().filter(|last| {
                let ends = last.last().zip(run.first());
                ends.is_some_and(|(end, start)| self.x(start.0) - self.x(end.0) < self.column)
            });
            match last {
                Some(last) => last.extend(run),
                None => runs.push(run.clone()),
            }
        }
        runs
    }

    fn area(&self, line: &Line) -> Markup {
        let zero = self.axis.at(0.0);
        let mut path = Path::default();
        for run in self.runs(line) {
            // What is not over is no area yet.
            let over = run.iter().rposition(|(bucket, _)| !self.is_running(*bucket)).map_or(0, |last| last + 1);
            let points = self.points(&run[..over]);
            if points.len() < 2 {
                continue;
            }
            path.move_to((points[0].0, zero));
            points.iter().for_each(|point| path.line_to(*point));
            path.line_to((points[points.len() - 1].0, zero));
            path.close();
        }
        stroke("soft", path)
    }

    fn band(&self, line: &Line) -> Markup {
        let Some(band) = &line.series.band else { return html! {} };
        let (mut inside, mut edges) = (Path::default(), Path::default());
        let ends: Vec<_> = band.iter().take(self.chart.buckets.len()).copied().enumerate().collect();
        for run in ends.split(|(_, ends)| ends.is_none_or(|(low, high)| low.is_nan() || high.is_nan())) {
            let edge = |of: fn((f64, f64)) -> f64| {
                thinned(
                    &run.iter()
                        .filter_map(|(bucket, ends)| Some((self.x(*bucket), self.axis.at(endless(of((*ends)?))))))
                        .collect::<Vec<_>>(),
                    self.column,
                )
            };
            let (low, high) = (edge(|ends| ends.0), edge(|ends| ends.1));
            if low.len() > 1 {
                inside.line(&high);
                low.iter().rev().for_each(|point| inside.line_to(*point));
                inside.close();
            }
            edges.line(&low);
            edges.line(&high);
        }
        html! { (stroke("soft", inside)) (stroke("edge", edges)) }
    }

    fn marks(&self, line: &Line) -> Markup {
        let marked = line.runs.iter().flatten().filter(|(bucket, _)| line.series.marks.get(*bucket) == Some(&true));
        let points: Vec<_> = marked.map(|value| self.point(*value)).collect();
        let points = &points[points.len().saturating_sub(MOST_MARKS)..];
        html! {
            @for (x, y) in points { circle class="mark" cx=(px(*x)) cy=(px(*y)) r="6" {} }
            @if let Some((x, y)) = points.last() {
                @let y = if *y < TOP + 24.0 { y + 21.0 } else { y - 11.0 };
                (words(x.min(self.right - 24.0).max(self.left + 24.0), y, "dim small mid halo", "unusual"))
            }
        }
    }

    /// The dot at the last value: hollow where its bucket is not over.
    fn end(&self, line: &Line) -> Markup {
        let Some(last) = line.last().filter(|_| line.look != UNNAMED) else { return html! {} };
        let (x, y) = self.point(last);
        let class = dot_class(line, self.is_open(line, last.0));
        let class = if self.is_missed(line) { format!("{class} missed") } else { class };
        let named = self.named(line).filter(|named| named.0 != last.0).map(|named| self.point(named));
        html! {
            circle class=(class) cx=(px(x)) cy=(px(y)) r="3.5" {}
            @if let Some((x, y)) = named { circle class=(dot_class(line, false)) cx=(px(x)) cy=(px(y)) r="3" {} }
        }
    }

    /// Whether the only line's last value misses the only target. What is not over misses nothing yet.
    fn is_missed(&self, line: &Line) -> bool {
        self.is_single && line.last().is_some_and(|(bucket, last)| !self.is_open(line, bucket) && self.misses(last))
    }

    fn misses(&self, value: f64) -> bool {
        match &self.chart.targets[..] {
            [Target { value: target, is: Some(Bound::AtLeast), .. }] => value < *target,
            [Target { value: target, is: Some(Bound::AtMost), .. }] => value > *target,
            _ => false,
        }
    }

    fn buckets(&self, lines: &[Line]) -> Markup {
        let count = self.chart.buckets.len();
        let spacing = (self.right - self.left) / count.saturating_sub(1).max(1) as f64;
        // A thousand times may have a thousand labels: those of the first hundred say how wide they are.
        let measured: Vec<_> = self.chart.buckets.iter().take(100).map(|bucket| short(&bucket.label)).collect();
        let step = label_step(&measured, spacing);
        let so_far = self.chart.buckets.last().filter(|last| {
            !self.is_single
                && !last.is_complete
                && lines
                    .iter()
                    .any(|line| line.last().is_some_and(|(index, _)| index + 1 == count) && line.series.band.is_none())
        });
        let last = so_far.map(|bucket| format!("{}, so far", short(&bucket.label)));
        let until = last.as_ref().map_or(self.sheet.width, |last| self.right - width::of(last, Type::Small) - 6.0);
        html! {
            @for (index, bucket) in self.chart.buckets.iter().enumerate().step_by(step) {
                @let label = short(&bucket.label);
                @if self.x(index) + width::of(&label, Type::Small) / 2.0 <= until {
                    (below(self.sheet, self.x(index), self.height - 6.0, "dim", &label))
                }
            }
            @if let Some(last) = last { (words(self.right + 6.0, self.height - 6.0, "dim small end", &last)) }
        }
    }

    /// When an alert fired: a bar below the lines.
    fn incidents(&self) -> Markup {
        const HEIGHT: f64 = 4.0;
        const LEAST: f64 = 6.0;
        html! {
            @for (first, last) in self.chart.incidents.iter().filter(|(first, _)| *first < self.chart.buckets.len()) {
                @let (from, until) = (self.x(*first), self.x((*last).min(self.chart.buckets.len() - 1)));
                rect class="alert" x=(px(from - LEAST / 2.0)) y=(px(self.height - FOOT)) width=(px(until - from + LEAST)) height=(px(HEIGHT)) rx="2" {}
            }
        }
    }

    /// What the mouse is told of each bucket.
    fn hints(&self, lines: &[Line]) -> Markup {
        let count = self.chart.buckets.len();
        if count > MOST_HINTS || self.sheet.is_narrow {
            return html! {};
        }
        let width = (self.right - self.left) / count.max(2).saturating_sub(1) as f64;
        html! {
            @for (index, bucket) in self.chart.buckets.iter().enumerate() {
                @let from = (self.x(index) - width / 2.0).max(self.left);
                @let until = (self.x(index) + width / 2.0).min(self.right);
                rect class="hit" x=(px(from)) y=(px(TOP)) width=(px(until - from)) height=(px(self.height - FOOT - TOP)) {
                    title {
                        (short(&bucket.label)) ": " (self.hint(lines, index))
                        @if !bucket.is_complete { " so far" }
                        @if self.chart.incidents.iter().any(|(first, last)| (*first..=*last).contains(&index)) { ", alert" }
                    }
                }
            }
        }
    }

    fn hint(&self, lines: &[Line], bucket: usize) -> String {
        let said: Vec<String> = lines
            .iter()
            .take(MOST_NAMED)
            .map(|line| {
                let name = line
                    .series
                    .label
                    .as_ref()
                    .map_or(String::new(), |label| format!("{} ", width::fit(label, NAMES, Type::Small)));
                let value = match finite(line.series.values.get(bucket).copied().flatten()) {
                    Some(value) if lines.len() == 1 => said_with_noun(value, &self.chart.measure),
                    Some(value) => said(value, &self.chart.measure),
                    None => "no value".to_owned(),
                };
                let unusual = if line.series.marks.get(bucket) == Some(&true) { ", unusual" } else { "" };
                format!("{name}{value}{unusual}")
            })
            .collect();
        said.join(", ")
    }

    fn targets(&self, taken: &mut Vec<(f64, f64)>) -> Markup {
        html! {
            @for target in self.chart.targets.iter().filter(|target| target.value.is_finite()).take(6) {
                @let y = self.axis.at(target.value);
                @let label = width::fit(&target.label, 240.0, Type::Small);
                @let (x, base) = self.target_words(width::of(&label, Type::Small), y, taken);
                (across("target", self.left, self.right, y))
                (words(x, base, "dim small halo", &label))
            }
        }
    }
}

fn is_expected(line: &Line, bucket: usize) -> bool {
    line.series.band.as_ref().is_some_and(|band| band.get(bucket).is_some_and(Option::is_some))
}

fn dot_class(line: &Line, is_open: bool) -> String {
    format!("{} {}", if is_open { "ring" } else { "dot" }, line.class('f'))
}

fn short(label: &str) -> String {
    width::fit(label, 90.0, Type::Small)
}

/// Without an end is far away: the axis ends there.
fn endless(value: f64) -> f64 {
    value.clamp(-1e300, 1e300)
}
