//! The cases that are hard to draw: one bucket, a thousand values, long, hostile and right-to-left labels, NULL beside 0.

use super::*;

pub(super) const HOSTILE: &str =
    "</script></svg><img src=x onerror=alert(1)>\"'&amp;\u{202e}gnp.exe\u{0000}\u{001b}[31m";

pub(super) fn pictures() -> Vec<Picture> {
    let long =
        "A label of three hundred characters which goes on and on ".repeat(6).chars().take(300).collect::<String>();
    let rtl = "كم عدد الأشخاص الذين حجزوا هذا الأسبوع؟";
    let few = |label: &str, value| bar(label, value);
    let ranking = |bars| Chart::Ranking(Ranking { measure: people(), bars, targets: Vec::new() });
    let trend = |measure, series| Chart::Trend(trend_of(measure, series, Vec::new()));
    let mut left_out = table(&["Value", "People"], &[&["Value 0", "1,000"]]);
    left_out.left_out = 999;
    vec![
        picture(
            "one_bucket",
            "What if there is one bucket?",
            "5 so far.",
            trend(people(), vec![series(None, &[Some(5.0)])]),
            table(&["Week of", "People"], &[&["31 Oct", "5"]]),
        ),
        picture("no_bucket", "What if there is none?", "No value.", trend(people(), Vec::new()), Table::default()),
        picture(
            "all_null",
            "What if all are NULL?",
            "No value.",
            trend(Measure::Share, vec![series(None, &[None; 4])]),
            Table::default(),
        ),
        picture(
            "all_zero",
            "What if all are 0?",
            "None.",
            trend(people(), vec![series(None, &[Some(0.0); 4])]),
            Table::default(),
        ),
        picture(
            "null_beside_zero",
            "What is between NULL and 0?",
            "0 is a value, NULL is none.",
            trend(Measure::Share, vec![series(None, &[Some(0.0), None, Some(0.5), None, None, Some(1.0), None])]),
            Table::default(),
        ),
        picture(
            "thousand_buckets",
            "What if there are 1,000 buckets?",
            "Up and down.",
            trend(people(), vec![series(None, &(0..1000).map(|i| Some(f64::from(i % 97) * 13.0)).collect::<Vec<_>>())]),
            Table::default(),
        ),
        picture(
            "thousand_values",
            "What if there are 1,000 values?",
            "Value 0 leads.",
            ranking((0..1000).map(|i| few(&format!("Value {i}"), Some(f64::from(1000 - i)))).collect()),
            left_out,
        ),
        picture(
            "negative",
            "What if it is below 0?",
            "−4 at least.",
            trend(Measure::Amount("EUR".to_owned()), vec![series(None, &[-4.0, 3.0, -0.5, 12.25].map(Some))]),
            Table::default(),
        ),
        picture(
            "negative_bars",
            "What if bars go both ways?",
            "−4 at least.",
            ranking(vec![few("Up", Some(3.0)), few("Nothing", None), few("Zero", Some(0.0)), few("Down", Some(-4.0))]),
            Table::default(),
        ),
        picture(
            "not_a_number",
            "What if it is no number?",
            "No number.",
            trend(people(), vec![series(None, &[Some(f64::NAN), Some(f64::INFINITY), Some(1e308), Some(-1e308)])]),
            Table::default(),
        ),
        picture(
            "long",
            &long,
            &long,
            ranking(vec![few(&long, Some(3.0)), few("short", Some(1.0))]),
            table(&[&long, "n"], &[&[&long, "3"]]),
        ),
        picture(
            "rtl",
            rtl,
            rtl,
            ranking(vec![few(rtl, Some(3.0)), few("שלום עולם", Some(1.0))]),
            table(&[rtl, "n"], &[&[rtl, "3"]]),
        ),
        hostile(),
        picture(
            "many_series",
            "What if lines lie close?",
            "All are equal.",
            trend(
                people(),
                ["One", "Two", "Three", "Four", "Five"]
                    .iter()
                    .map(|label| series(Some(label), &[Some(5.0), Some(5.0), Some(5.01)]))
                    .collect(),
            ),
            Table::default(),
        ),
        picture(
            "no_cohorts",
            "What if nobody joined?",
            "No cohort.",
            Chart::Triangle(Triangle { periods: Vec::new(), cohorts: Vec::new() }),
            Table::default(),
        ),
        picture("many_cohorts", "What if there are 60 cohorts?", "All came back.", many_cohorts(), Table::default()),
        picture(
            "quiet_week",
            "What if nothing happened?",
            "Nothing.",
            Chart::HeatMap(HeatMap { measure: people(), hours: Box::new([[None; 24]; 7]) }),
            Table::default(),
        ),
        picture("one_bin", "What if all took as long?", "5 took 0 s.", one_bin(), Table::default()),
        picture("groups", "What if there are several funnels?", "Twice the same.", groups(), Table::default()),
        picture(
            "wide_interval",
            "What if nothing is known?",
            "Anything may be.",
            Chart::Intervals(Intervals {
                measure: Measure::Share,
                variants: vec![
                    variant("control", None, None, None),
                    variant("b", Some(0.0), Some(f64::NEG_INFINITY), Some(f64::INFINITY)),
                    variant("c", None, None, None),
                ],
            }),
            Table::default(),
        ),
    ]
}

fn hostile() -> Picture {
    let mut picture = picture(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        Chart::Ranking(Ranking {
            measure: Measure::Amount(HOSTILE.to_owned()),
            bars: vec![bar(HOSTILE, Some(3.0)), bar("", Some(1.0)), bar("\n", Some(1.0))],
            targets: vec![Target { value: 2.0, is: None, label: HOSTILE.to_owned() }],
        }),
        table(&[HOSTILE, HOSTILE], &[&[HOSTILE, HOSTILE]]),
    );
    picture.headline = Some(tile(HOSTILE, HOSTILE, HOSTILE, Mood::Bad, &[1.0, f64::NAN, 3.0]));
    picture.definition = HOSTILE.to_owned();
    picture
}

fn many_cohorts() -> Chart {
    let periods = (0..30).map(|period| format!("day {period}")).collect();
    let cohorts = (0..60)
        .map(|number| Cohort {
            label: format!("cohort {number}"),
            size: (number > 0).then_some(f64::from(number)),
            cells: (0..30)
                .map(|period| {
                    (number + period < 60)
                        .then(|| Cell { value: 1.0 / f64::from(period + 1), is_complete: number + period < 59 })
                })
                .collect(),
        })
        .collect();
    Chart::Triangle(Triangle { periods, cohorts })
}

fn one_bin() -> Chart {
    let bins = vec![Bin { from: Some(0.0), until: Some(0.0), count: 5.0 }];
    Chart::Histogram(Histogram {
        measure: Measure::Duration,
        groups: vec![BinGroup { label: None, bins }],
        counted: "people".to_owned(),
    })
}

fn groups() -> Chart {
    let group = |label: &str, last: f64| StepGroup {
        label: Some(label.to_owned()),
        steps: vec![
            Step {
                label: "Came".to_owned(),
                count: 10.0,
                share: Some(1.0),
                lost: None,
                lost_share: None,
                median_seconds: None,
            },
            Step {
                label: "Stayed".to_owned(),
                count: last,
                share: Some(last / 10.0),
                lost: Some(10.0 - last),
                lost_share: Some(1.0 - last / 10.0),
                median_seconds: None,
            },
        ],
    };
    let nobody = StepGroup {
        label: Some("Nobody".to_owned()),
        steps: vec![Step {
            label: "Came".to_owned(),
            count: 0.0,
            share: None,
            lost: None,
            lost_share: None,
            median_seconds: None,
        }],
    };
    Chart::Steps(Steps { groups: vec![group("Web", 10.0), group("App", 0.0), nobody] })
}
