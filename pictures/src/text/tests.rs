mod arbitrary;

use proptest::prelude::*;

use super::*;
use crate::{
    answer::Bound,
    picture::{Measure, Series, Table, Target},
    samples,
};

const PERIOD: &str = "31 Oct to 28 Nov 2026, Europe/Berlin";

fn is_held(lines: &[String], options: &Options) -> Result<(), String> {
    for line in lines {
        let is_plain = |c: char| if options.ascii { matches!(c, ' '..='~') } else { !c.is_control() };
        if width(line) > options.width || line.ends_with(' ') || !line.chars().all(is_plain) {
            return Err(format!("{line:?}"));
        }
        // What clean::label() would take out or change, but for runs of spaces.
        let visible = |text: &str| text.split(' ').collect::<String>();
        if visible(&crate::clean::label(line, usize::MAX)) != visible(line) {
            return Err(format!("not clean: {line:?}"));
        }
    }
    Ok(())
}

/// What the common samples do not have: many buckets, of every kind.
fn plots() -> Vec<Picture> {
    let wave = |index: u32| 60.0 + f64::from(index * 2) + 25.0 * f64::from(index % 7).sin();
    let values = (0..29).map(|index| Some(wave(index).round())).collect::<Vec<_>>();
    let target = Target { value: 100.0, is: Some(Bound::AtLeast), label: "target 100".to_owned() };
    let mut unusual = samples::series(None, &values);
    unusual.marks[9] = true;
    let days = |series: Vec<Series>, targets: Vec<Target>, measure: Measure| {
        let mut trend = samples::trend_of(measure, series, targets);
        trend.buckets = samples::buckets(29, 1);
        Chart::Trend(trend)
    };
    let rates = values.iter().map(|value| value.map(|value| value / 140.0)).collect::<Vec<_>>();
    let gaps = rates.iter().enumerate().map(|(index, value)| value.filter(|_| index % 5 != 3)).collect::<Vec<_>>();
    let mut expected = samples::series(None, &rates);
    expected.band = Some(rates.iter().map(|value| value.map(|value| (value - 0.1, value + 0.15))).collect());
    let several = ["Web", "App", "API"].iter().zip([1.0, 0.5, 0.2]).map(|(label, part)| {
        samples::series(Some(label), &values.iter().map(|value| value.map(|value| value * part)).collect::<Vec<_>>())
    });
    let rate = Target { value: 0.85, is: Some(Bound::AtLeast), label: "target 85 %".to_owned() };
    [
        ("days", days(vec![unusual], vec![target], samples::people())),
        ("rates", days(vec![samples::series(None, &gaps)], vec![rate.clone()], Measure::Share)),
        ("expected", days(vec![expected], Vec::new(), Measure::Share)),
        ("apart", days(several.collect(), Vec::new(), samples::people())),
    ]
    .map(|(name, chart)| samples::picture(name, "How many are there?", "As many as that.", chart, Table::default()))
    .into()
}

#[test]
fn samples_keep_to_their_width_and_are_plain() {
    for columns in [0, 60, 61, 72, 80, 100, 133, 200, 1000] {
        for ascii in [false, true] {
            let options = Options::new(columns, ascii);
            let pictures = samples::pictures().into_iter().chain(plots()).collect::<Vec<_>>();
            for picture in &pictures {
                let lines = kpi(picture, PERIOD, &options);
                assert_eq!(is_held(&lines, &options), Ok(()), "{} in {columns}", picture.name);
                assert!(lines.len() < 60, "{} has {} rows", picture.name, lines.len());
            }
            for each in samples::boards() {
                assert_eq!(is_held(&board(&each, &pictures, &options), &options), Ok(()));
                assert_eq!(is_held(&board(&each, &[], &options), &options), Ok(()));
                assert_eq!(is_held(&board_with_charts(&each, &pictures, &options), &options), Ok(()));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_picture_keeps_to_its_width(picture in arbitrary::picture(), columns in 50_usize..220, ascii: bool) {
        let options = Options::new(columns, ascii);
        let lines = kpi(&picture, PERIOD, &options);
        prop_assert_eq!(is_held(&lines, &options), Ok(()));
        prop_assert_eq!(&lines, &kpi(&picture, PERIOD, &options));
        let overview = board(&samples::boards()[0], &[picture.clone(), picture], &options);
        prop_assert_eq!(is_held(&overview, &options), Ok(()));
    }
}

/// To look at: WIDTH=80 cargo test -p telemetry-pictures look -- --nocapture --ignored
#[test]
#[ignore = "prints"]
fn look() {
    let columns = std::env::var("WIDTH").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100);
    let options = Options::new(columns, std::env::var("ASCII_ONLY").is_ok());
    let pictures = plots().into_iter().chain(samples::pictures()).collect::<Vec<_>>();
    for picture in &pictures {
        println!("{}\n", chart(picture, PERIOD, &options).join("\n"));
    }
    println!("{}\n", board(&samples::boards()[0], &pictures, &options).join("\n"));
}
