//! A picture as data: what is said and drawn of one KPI, in numbers and labels, not in pixels. Text, SVG and HTML are made of it
//! and of nothing else, so that they say the same. Labels are as they came: each form of output escapes and shortens for itself.

use chrono::NaiveDateTime;

use crate::answer::Bound;

#[derive(Debug, Clone)]
pub struct Picture {
    /// The KPI's name.
    pub name: String,
    /// "How far do new people get?"
    pub question: String,
    /// The answer in words, out of the numbers: "Of 303 who registered, 42 % booked within 30 days."
    pub finding: String,
    pub headline: Option<Tile>,
    pub chart: Chart,
    pub table: Table,
    /// How it is counted: description, kind, what its n is.
    pub definition: String,
}

/// One number on top of a page.
#[derive(Debug, Clone)]
pub struct Tile {
    /// What the number is: "Show rate", "Active, last 7 days".
    pub label: String,
    /// As people say it: "84 %", "1.2 d".
    pub value: String,
    /// The comparison or the target: "target 85 %, 120 of 143".
    pub note: String,
    pub mood: Mood,
    /// A value a bucket, in order; None: no value there.
    pub spark: Vec<Option<f64>>,
    /// Whether the last bucket of `spark` is not over.
    pub is_open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Plain,
    /// The target is met, or there is more of it.
    Good,
    /// The target is missed.
    Missed,
    /// The target is missed by far: by more than a tenth of itself.
    Bad,
}

#[derive(Debug, Clone)]
pub enum Chart {
    Steps(Steps),
    Trend(Trend),
    Triangle(Triangle),
    HeatMap(HeatMap),
    Histogram(Histogram),
    Ranking(Ranking),
    Intervals(Intervals),
    /// One number, the headline, is all there is.
    Number,
    /// Nothing to draw: no events yet, or the KPI could not be answered. What to do next.
    Nothing(String),
}

/// How a number is said.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// 1,234; what is counted: "people", "events".
    Count(String),
    /// 0.42 as 42 %.
    Share,
    /// Seconds as 1.2 d, 20 min, 1.38 s.
    Duration,
    /// Any other number, with its unit behind it: "12.5 MB".
    Amount(String),
}

/// How far they get: one bar a step, the first is the whole. Several groups: one after the other.
#[derive(Debug, Clone)]
pub struct Steps {
    pub groups: Vec<StepGroup>,
}

#[derive(Debug, Clone)]
pub struct StepGroup {
    pub label: Option<String>,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub label: String,
    pub count: f64,
    /// Of the first step.
    pub share: Option<f64>,
    /// Lost between the step before and this one; of the first step None.
    pub lost: Option<f64>,
    pub lost_share: Option<f64>,
    pub median_seconds: Option<f64>,
}

/// Values over time, one line a series.
#[derive(Debug, Clone)]
pub struct Trend {
    pub measure: Measure,
    /// The labels of the buckets, in order: "31 Oct", "14:00".
    pub buckets: Vec<Bucket>,
    pub series: Vec<Series>,
    pub targets: Vec<Target>,
    /// Whether the area from zero is part of what is said: counts and sums, not rates.
    pub from_zero: bool,
    /// In which buckets an alert fired: from the first to the last of them.
    pub incidents: Vec<(usize, usize)>,
}

#[derive(Debug, Clone)]
pub struct Bucket {
    pub label: String,
    pub start: NaiveDateTime,
    /// Whether it is over; what is not is dashed, and "so far".
    pub is_complete: bool,
}

#[derive(Debug, Clone)]
pub struct Series {
    /// None: the only one.
    pub label: Option<String>,
    /// One a bucket; None: no value, a gap.
    pub values: Vec<Option<f64>>,
    /// What each value is of.
    pub n: Vec<Option<f64>>,
    /// From and to, one a bucket: of a forecast the range in which the value is expected.
    pub band: Option<Vec<Option<(f64, f64)>>>,
    /// Whether a bucket is marked: of anomalies, those that are unusual.
    pub marks: Vec<bool>,
    pub is_other: bool,
}

#[derive(Debug, Clone)]
pub struct Target {
    pub value: f64,
    pub is: Option<Bound>,
    /// "target 85 %"
    pub label: String,
}

/// Who came back: a row a cohort, a column a period after it.
#[derive(Debug, Clone)]
pub struct Triangle {
    /// "joined", "week 1", "week 2"
    pub periods: Vec<String>,
    pub cohorts: Vec<Cohort>,
}

#[derive(Debug, Clone)]
pub struct Cohort {
    pub label: String,
    pub size: Option<f64>,
    pub cells: Vec<Option<Cell>>,
}

#[derive(Debug, Clone)]
pub struct Cell {
    pub value: f64,
    pub is_complete: bool,
}

/// Seven rows of 24 hours, Monday first.
#[derive(Debug, Clone)]
pub struct HeatMap {
    pub measure: Measure,
    pub hours: Box<[[Option<f64>; 24]; 7]>,
}

/// How many are in each range of a value.
#[derive(Debug, Clone)]
pub struct Histogram {
    /// Of the bins' bounds.
    pub measure: Measure,
    pub groups: Vec<BinGroup>,
    /// What is counted: "people".
    pub counted: String,
}

#[derive(Debug, Clone)]
pub struct BinGroup {
    pub label: Option<String>,
    pub bins: Vec<Bin>,
}

#[derive(Debug, Clone)]
pub struct Bin {
    pub from: Option<f64>,
    /// None: without an end.
    pub until: Option<f64>,
    pub count: f64,
}

/// A bar a value, the largest first, `$other` last.
#[derive(Debug, Clone)]
pub struct Ranking {
    pub measure: Measure,
    pub bars: Vec<Bar>,
    pub targets: Vec<Target>,
}

#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub is_met: Option<bool>,
    pub is_other: bool,
}

/// What variants of an experiment differ by: a point with the interval in which the truth lies, the control at zero.
#[derive(Debug, Clone)]
pub struct Intervals {
    pub measure: Measure,
    pub variants: Vec<Variant>,
}

#[derive(Debug, Clone)]
pub struct Variant {
    pub label: String,
    /// None: the control.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub n: Option<f64>,
    pub mean: Option<f64>,
    pub p_value: Option<f64>,
}

/// The rows that are drawn, as they can be read.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The first column is the heading of each row.
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// How many rows are left out, where there are too many to read.
    pub left_out: usize,
}
