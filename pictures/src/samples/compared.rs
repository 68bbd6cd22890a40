//! Values beside a target, and groups beside each other.

use super::*;

pub(super) fn pictures() -> Vec<Picture> {
    let rated =
        |label: &str, value: f64, n: f64| Bar { n: Some(n), is_met: Some(value >= 0.85), ..bar(label, Some(value)) };
    let bars = vec![
        rated("Anna", 0.97, 33.0),
        rated("Maximilian-Alexander", 0.88, 120.0),
        rated("Ben", 0.79, 28.0),
        Bar { is_other: true, is_met: None, n: Some(54.0), ..bar("Other", Some(0.9)) },
    ];
    let targets = vec![Target { value: 0.85, is: Some(Bound::AtLeast), label: "target at least 85 %".to_owned() }];
    vec![
        picture(
            "show_rate_by_trainer",
            "With which trainer do clients show up?",
            "Anna leads with 97 % (32 of 33); Ben misses the target of 85 % with 79 %.",
            Chart::Ranking(Ranking { measure: Measure::Share, bars, targets }),
            table(&["Trainer", "Show rate", "n"], &[&["Anna", "97.0 %", "33"], &["Ben", "78.6 %", "28"]]),
        ),
        picture(
            "session_times",
            "How long are sessions, on which device?",
            "Half of 812 on the web took longer than 8 min, of 644 in the app 4 min.",
            Chart::Histogram(Histogram {
                measure: Measure::Duration,
                groups: vec![bins("Web", 16.0, 8.0), bins("App", 13.0, 4.0)],
                counted: "sessions".to_owned(),
            }),
            table(&["Time", "Web", "App"], &[&["0 s to 1 min", "9", "31"]]),
        ),
    ]
}

/// One a minute, most around the middle.
fn bins(label: &str, most: f64, middle: f64) -> BinGroup {
    let bin = |minute: u32| {
        let away = (f64::from(minute) - middle) / 4.0;
        Bin {
            from: Some(f64::from(minute) * 60.0),
            until: (minute < 23).then(|| f64::from(minute + 1) * 60.0),
            count: (most * 6.0 * (-away * away).exp()).round() + 1.0,
        }
    };
    BinGroup { label: Some(label.to_owned()), bins: (0..24).map(bin).collect() }
}
