//! Pictures and boards made by hand: every chart, and the cases that are hard to draw. Tests draw them, and eyes look at them.

mod compared;
mod daily;
mod hard;

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::{
    answer::{Board, Bound, Link, Range},
    picture::*,
};

/// Every chart once as it usually is, then the hard cases.
pub fn pictures() -> Vec<Picture> {
    let mut pictures = vec![
        steps(),
        triangle(),
        trend(),
        several(),
        heat_map(),
        histogram(),
        ranking(),
        intervals(),
        forecast(),
        number(),
        nothing(),
    ];
    pictures.extend(daily::pictures());
    pictures.extend(compared::pictures());
    pictures.extend(hard::pictures());
    pictures
}

/// Boards around them: one as usual, one empty, one with a hostile name.
pub fn boards() -> Vec<Board> {
    vec![
        board("activation", Some("Activation and engagement")),
        board("empty", None),
        board(hard::HOSTILE, Some(hard::HOSTILE)),
    ]
}

fn board(name: &str, description: Option<&str>) -> Board {
    Board {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        range: Range {
            since: Some(day(0)),
            until: Some(day(28)),
            tz: "Europe/Berlin".to_owned(),
            now: day(27) + chrono::TimeDelta::hours(15),
            last: None,
        },
        grain: Some("week".to_owned()),
        dashboards: ["activation", "engagement", "errors", name]
            .iter()
            .map(|name| Link { name: (*name).to_owned(), description: None })
            .collect(),
        kpis: Vec::new(),
        tenant: None,
    }
}

pub(crate) fn day(number: u64) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 10, 31).unwrap_or_default().and_hms_opt(0, 0, 0).unwrap_or_default()
        + Days::new(number)
}

pub(crate) fn people() -> Measure {
    Measure::Count("people".to_owned())
}

pub(crate) fn picture(name: &str, question: &str, finding: &str, chart: Chart, table: Table) -> Picture {
    Picture {
        name: name.to_owned(),
        question: question.to_owned(),
        finding: finding.to_owned(),
        headline: None,
        chart,
        table,
        definition: "A sample, made by hand.".to_owned(),
    }
}

pub(crate) fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
    let owned = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    Table { columns: owned(columns), rows: rows.iter().map(|row| owned(row)).collect(), left_out: 0 }
}

pub(crate) fn tile(label: &str, value: &str, note: &str, mood: Mood, spark: &[f64]) -> Tile {
    Tile {
        label: label.to_owned(),
        value: value.to_owned(),
        note: note.to_owned(),
        mood,
        spark: spark.iter().map(|value| Some(*value)).collect(),
        is_open: true,
    }
}

fn steps() -> Picture {
    let counted = [
        ("Registered", 303.0, None),
        ("Searched the directory", 188.0, Some(259_200.0)),
        ("Viewed a trainer", 172.0, Some(10.0)),
        ("Booked", 127.0, Some(1_188.0)),
        ("Got an insight", 16.0, Some(311_040.0)),
    ];
    let mut before = None;
    let steps = counted
        .iter()
        .map(|(label, count, median_seconds)| {
            let lost = before.map(|before: f64| before - count);
            let step = Step {
                label: (*label).to_owned(),
                count: *count,
                share: Some(count / 303.0),
                lost,
                lost_share: before.zip(lost).map(|(before, lost)| lost / before),
                median_seconds: *median_seconds,
            };
            before = Some(*count);
            step
        })
        .collect();
    let mut picture = picture(
        "activation",
        "How far do new people get?",
        "Of 303 who registered, 42 % booked and 5.3 % got an insight. The largest loss is before the insight.",
        Chart::Steps(Steps { groups: vec![StepGroup { label: None, steps }] }),
        table(
            &["Step", "People", "Of the first", "Median time"],
            &[
                &["Registered", "303", "100 %", "–"],
                &["Searched the directory", "188", "62.0 %", "3 d"],
                &["Viewed a trainer", "172", "56.8 %", "10 s"],
                &["Booked", "127", "41.9 %", "19.8 min"],
                &["Got an insight", "16", "5.3 %", "3.6 d"],
            ],
        ),
    );
    picture.headline = Some(tile("Got an insight", "5.3 %", "16 of 303", Mood::Plain, &[0.04, 0.06, 0.05, 0.053]));
    picture
}

fn triangle() -> Picture {
    let rates: [&[f64]; 5] =
        [&[1.0, 0.44, 0.48, 0.56, 0.26], &[1.0, 0.56, 0.52, 0.39], &[1.0, 0.5, 0.45], &[1.0, 0.4], &[1.0]];
    let cohorts = rates
        .iter()
        .zip([("26 Oct", 27.0), ("2 Nov", 75.0), ("9 Nov", 76.0), ("16 Nov", 72.0), ("23 Nov", 53.0)])
        .map(|(row, (label, size))| Cohort {
            label: label.to_owned(),
            size: Some(size),
            cells: (0..5)
                .map(|period| row.get(period).map(|value| Cell { value: *value, is_complete: period + 1 < row.len() }))
                .collect(),
        })
        .collect();
    let periods = ["joined", "week 1", "week 2", "week 3", "week 4"].map(str::to_owned).to_vec();
    picture(
        "retention",
        "Do they come back?",
        "48 % of those who joined came back in week 1, 50 % in week 2.",
        Chart::Triangle(Triangle { periods, cohorts }),
        table(
            &["Cohort", "Size", "Joined", "Week 1"],
            &[&["26 Oct", "27", "100 %", "44 %"], &["2 Nov", "75", "100 %", "56 %"]],
        ),
    )
}

pub(crate) fn buckets(count: u64, days: u64) -> Vec<Bucket> {
    (0..count)
        .map(|number| Bucket {
            label: day(number * days).format("%-d %b").to_string(),
            start: day(number * days),
            is_complete: number + 1 < count,
        })
        .collect()
}

pub(crate) fn series(label: Option<&str>, values: &[Option<f64>]) -> Series {
    Series {
        label: label.map(str::to_owned),
        n: values.iter().map(|value| value.map(|_| 143.0)).collect(),
        marks: vec![false; values.len()],
        values: values.to_vec(),
        band: None,
        is_other: false,
    }
}

pub(crate) fn trend_of(measure: Measure, series: Vec<Series>, targets: Vec<Target>) -> Trend {
    let count = series.first().map_or(0, |series| series.values.len()) as u64;
    let from_zero = matches!(measure, Measure::Count(_));
    Trend { measure, buckets: buckets(count, 7), series, targets, from_zero, incidents: Vec::new() }
}

fn trend() -> Picture {
    let values = [0.759, 0.865, 0.833, 0.839, 0.906].map(Some);
    let targets = vec![Target { value: 0.85, is: Some(Bound::AtLeast), label: "target 85 %".to_owned() }];
    let mut picture = picture(
        "show_rate",
        "Do booked sessions take place?",
        "84 % in the week of 21 Nov (120 of 143), below the target of 85 %.",
        Chart::Trend(trend_of(Measure::Share, vec![series(None, &values)], targets)),
        table(&["Week of", "Show rate", "n"], &[&["31 Oct", "75.9 %", "54"], &["7 Nov", "86.5 %", "104"]]),
    );
    picture.headline =
        Some(tile("Show rate", "84 %", "target 85 %, 120 of 143", Mood::Missed, &[0.759, 0.865, 0.833, 0.839, 0.906]));
    picture
}

fn several() -> Picture {
    let mut other = series(Some("Other (12 more)"), &[3.0, 4.0, 5.0, 4.0, 2.0].map(Some));
    other.is_other = true;
    let all = vec![
        series(Some("New"), &[75.0, 76.0, 72.0, 80.0, 53.0].map(Some)),
        series(Some("Returned"), &[12.0, 30.0, 41.0, 44.0, 20.0].map(Some)),
        series(Some("Gone"), &[0.0, -20.0, -31.0, -35.0, -12.0].map(Some)),
        other,
    ];
    picture(
        "lifecycle",
        "Do we grow?",
        "80 new and 44 returned in the week of 21 Nov, 35 gone.",
        Chart::Trend(trend_of(people(), all, Vec::new())),
        table(&["Week of", "Status", "People"], &[&["31 Oct", "New", "75"], &["31 Oct", "Gone", "0"]]),
    )
}

fn heat_map() -> Picture {
    let mut hours = Box::new([[None; 24]; 7]);
    for (weekday, row) in hours.iter_mut().enumerate() {
        for (hour, cell) in row.iter_mut().enumerate() {
            *cell = (hour > 5).then(|| {
                ((hour as f64 - 6.0) * (18.0 - (hour as f64 - 19.0).abs()) + weekday as f64 * 3.0).max(0.0).round()
            });
        }
    }
    picture(
        "activity",
        "When are people active?",
        "Busiest on Sundays at 22:00, with 258 events.",
        Chart::HeatMap(HeatMap { measure: Measure::Count("events".to_owned()), hours }),
        table(&["Weekday", "Hour", "Events"], &[&["Sunday", "22:00", "258"]]),
    )
}

fn histogram() -> Picture {
    let bounds = [0.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];
    let counts = [12.0, 30.0, 44.0, 20.0, 8.0, 3.0, 10.0];
    let bins = bounds
        .iter()
        .zip(counts)
        .enumerate()
        .map(|(index, (from, count))| Bin { from: Some(*from), until: bounds.get(index + 1).copied(), count })
        .collect();
    picture(
        "time_to_booking",
        "How long does it take to book?",
        "Half of 127 took less than 15 min; 10 took longer than 1 d.",
        Chart::Histogram(Histogram {
            measure: Measure::Duration,
            groups: vec![BinGroup { label: None, bins }],
            counted: "people".to_owned(),
        }),
        table(&["Time", "People"], &[&["under 1 min", "12"], &["1 min to 5 min", "30"]]),
    )
}

pub(crate) fn bar(label: &str, value: Option<f64>) -> Bar {
    Bar { label: label.to_owned(), value, n: value, is_met: None, is_other: false }
}

fn ranking() -> Picture {
    let mut bars = vec![bar("Search", Some(812.0)), bar("Profile", Some(411.0)), bar("Calendar", Some(127.0))];
    bars.push(Bar { is_other: true, ..bar("Other", Some(98.0)) });
    picture(
        "top_pages",
        "Which pages are used most?",
        "Search leads with 812 of 1,448 events (56 %).",
        Chart::Ranking(Ranking { measure: Measure::Count("events".to_owned()), bars, targets: Vec::new() }),
        table(&["Page", "Events"], &[&["Search", "812"], &["Profile", "411"], &["Calendar", "127"], &["Other", "98"]]),
    )
}

pub(crate) fn variant(label: &str, value: Option<f64>, low: Option<f64>, high: Option<f64>) -> Variant {
    Variant { label: label.to_owned(), value, low, high, n: Some(500.0), mean: Some(0.1), p_value: value.map(|_| 0.03) }
}

fn intervals() -> Picture {
    let variants = vec![
        variant("Control", None, None, None),
        variant("Green button", Some(0.12), Some(0.02), Some(0.22)),
        variant("Long text", Some(-0.05), Some(-0.16), Some(0.06)),
    ];
    picture(
        "button_experiment",
        "Does the green button book more?",
        "Green button: 12 % more than control (2 % to 22 %), which chance hardly explains.",
        Chart::Intervals(Intervals { measure: Measure::Share, variants }),
        table(
            &["Variant", "Difference", "From", "To", "n"],
            &[&["Control", "–", "–", "–", "500"], &["Green button", "12 %", "2 %", "22 %", "500"]],
        ),
    )
}

fn forecast() -> Picture {
    let mut line = series(None, &[120.0, 124.0, 127.0, 131.0].map(Some));
    line.band = Some(vec![Some((110.0, 130.0)), Some((108.0, 140.0)), Some((104.0, 150.0)), Some((99.0, 163.0))]);
    line.marks[2] = true;
    picture(
        "forecast",
        "How many bookings will there be?",
        "127 are expected in the week of 14 Nov, between 104 and 150.",
        Chart::Trend(trend_of(Measure::Count("events".to_owned()), vec![line], Vec::new())),
        table(&["Week of", "Expected", "From", "To"], &[&["31 Oct", "120", "110", "130"]]),
    )
}

fn number() -> Picture {
    let mut picture = picture(
        "queue",
        "How many wait?",
        "1 item waits, for 20 min.",
        Chart::Number,
        table(&["Open items", "Oldest"], &[&["1", "20 min"]]),
    );
    picture.headline = Some(tile("Open items", "1", "oldest 20 min", Mood::Plain, &[]));
    picture
}

fn nothing() -> Picture {
    let next = "No events yet: log one with telemetry.log_event('booking_scheduled', ...).";
    picture("empty", "How many book?", next, Chart::Nothing(next.to_owned()), Table::default())
}
