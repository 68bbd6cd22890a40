//! Pictures of whatever may come: every float, every character, uneven lengths.

use proptest::prelude::*;

use crate::{answer::Bound, picture::*, samples};

pub(super) fn picture() -> impl Strategy<Value = Picture> {
    (chart(), text(), text(), tile()).prop_map(|(chart, question, finding, headline)| Picture {
        headline,
        question,
        finding,
        ..samples::picture("any", "", "", chart, Table::default())
    })
}

fn chart() -> impl Strategy<Value = Chart> {
    prop_oneof![
        prop::collection::vec((label(), prop::collection::vec(step(), 0..40)), 0..9).prop_map(|groups| Chart::Steps(
            Steps { groups: groups.into_iter().map(|(label, steps)| StepGroup { label, steps }).collect() }
        )),
        trend().prop_map(Chart::Trend),
        triangle().prop_map(Chart::Triangle),
        (measure(), prop::collection::vec(value(), 168)).prop_map(|(measure, values)| {
            let mut hours = Box::new([[None; 24]; 7]);
            for (cell, value) in hours.iter_mut().flatten().zip(values) {
                *cell = value;
            }
            Chart::HeatMap(HeatMap { measure, hours })
        }),
        (measure(), text(), prop::collection::vec((label(), bins()), 0..7)).prop_map(|(measure, counted, groups)| {
            let groups = groups.into_iter().map(|(label, bins)| BinGroup { label, bins }).collect();
            Chart::Histogram(Histogram { measure, groups, counted })
        }),
        (measure(), prop::collection::vec(bar(), 0..40), targets())
            .prop_map(|(measure, bars, targets)| Chart::Ranking(Ranking { measure, bars, targets })),
        (measure(), prop::collection::vec(variant(), 0..20))
            .prop_map(|(measure, variants)| Chart::Intervals(Intervals { measure, variants })),
        Just(Chart::Number),
        text().prop_map(Chart::Nothing),
    ]
}

fn trend() -> impl Strategy<Value = Trend> {
    let series =
        (label(), values(), prop::option::of(values()), any::<bool>(), prop::collection::vec(any::<bool>(), 0..50));
    let incidents = prop::collection::vec((0_usize..1500, 0_usize..1500), 0..5);
    (measure(), 0_u64..1500, prop::collection::vec(series, 0..20), targets(), any::<bool>(), any::<u8>(), incidents)
        .prop_map(|(measure, count, series, targets, from_zero, open, incidents)| {
            let mut buckets = samples::buckets(count, 1);
            buckets
                .iter_mut()
                .zip(0_u64..)
                .for_each(|(bucket, index)| bucket.is_complete = index % 256 != u64::from(open));
            let series = series
                .into_iter()
                .map(|(label, values, band, is_other, marks)| Series {
                    label,
                    n: Vec::new(),
                    marks,
                    band: band.map(|band| band.iter().zip(&values).map(|(a, b)| Some(((*a)?, (*b)?))).collect()),
                    values,
                    is_other,
                })
                .collect();
            let incidents = incidents.into_iter().map(|(first, more)| (first, first + more)).collect();
            Trend { measure, buckets, series, targets, from_zero, incidents }
        })
}

fn triangle() -> impl Strategy<Value = Triangle> {
    let cell =
        prop::option::of((float(), any::<bool>()).prop_map(|(value, is_complete)| Cell { value, is_complete })).boxed();
    let cohort = (text(), value(), 0_usize..70).prop_flat_map(move |(label, size, count)| {
        prop::collection::vec(cell.clone(), count).prop_map(move |cells| Cohort { label: label.clone(), size, cells })
    });
    (prop::collection::vec(text(), 0..40), prop::collection::vec(cohort, 0..40))
        .prop_map(|(periods, cohorts)| Triangle { periods, cohorts })
}

fn step() -> impl Strategy<Value = Step> {
    (text(), float(), value(), value(), value(), value()).prop_map(
        |(label, count, share, lost, lost_share, median_seconds)| Step {
            label,
            count,
            share,
            lost,
            lost_share,
            median_seconds,
        },
    )
}

fn bins() -> impl Strategy<Value = Vec<Bin>> {
    prop::collection::vec(
        (value(), value(), float()).prop_map(|(from, until, count)| Bin { from, until, count }),
        0..150,
    )
}

fn bar() -> impl Strategy<Value = Bar> {
    (text(), value(), value(), any::<Option<bool>>(), any::<bool>())
        .prop_map(|(label, value, n, is_met, is_other)| Bar { label, value, n, is_met, is_other })
}

fn variant() -> impl Strategy<Value = Variant> {
    (text(), value(), value(), value(), value(), value(), value())
        .prop_map(|(label, value, low, high, n, mean, p_value)| Variant { label, value, low, high, n, mean, p_value })
}

fn targets() -> impl Strategy<Value = Vec<Target>> {
    let bound = prop_oneof![Just(None), Just(Some(Bound::AtLeast)), Just(Some(Bound::AtMost))];
    let target = (float(), bound, text()).prop_map(|(value, is, label)| Target { value, is, label });
    prop::collection::vec(target, 0..4)
}

fn tile() -> impl Strategy<Value = Option<Tile>> {
    let tile = (text(), text(), values(), any::<bool>()).prop_map(|(value, note, spark, is_open)| Tile {
        label: note.clone(),
        value,
        note,
        mood: Mood::Bad,
        spark,
        is_open,
    });
    prop::option::of(tile)
}

fn measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        text().prop_map(Measure::Count),
        Just(Measure::Share),
        Just(Measure::Duration),
        text().prop_map(Measure::Amount)
    ]
}

/// Of usual lengths, and of a thousand.
fn values() -> impl Strategy<Value = Vec<Option<f64>>> {
    prop_oneof![6 => prop::collection::vec(value(), 0..40), 1 => prop::collection::vec(value(), 1000..1500)]
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![1 => Just(None), 6 => float().prop_map(Some)]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 0.0..1e3, 2 => -1e3..1e3, 1 => any::<f64>(), 1 => Just(0.0), 1 => Just(f64::INFINITY), 1 => Just(f64::NAN)]
}

fn label() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,30}",
        "(?s).{0,40}",
        "[א-ת ]{0,60}",
        "[一-十 ]{0,60}",
        "[<>&\"'\u{202e}\u{0}\u{1b}\\]/-]{0,30}"
    ]
}
