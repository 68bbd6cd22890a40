//! Pictures of any numbers and any labels.

use proptest::{collection::vec, option, prelude::*};

use crate::{
    answer::Bound,
    picture::*,
    samples::{self, day},
};

pub fn picture() -> impl Strategy<Value = Picture> {
    (label(), label(), option::of(tile()), chart()).prop_map(|(name, words, headline, chart)| Picture {
        headline,
        definition: words.clone(),
        ..samples::picture(&name, &words, &words, chart, Table::default())
    })
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z ]{0,20}",
        1 => "(?s).{0,40}",
        1 => vec("\u{1b}|\\[|m|31|\u{202e}|\n|日本|é|\u{301}|x{30}", 0..12).prop_map(|parts| parts.concat()),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..1000.0,
        2 => 0.0..1.0,
        1 => any::<f64>(),
        1 => prop_oneof![Just(0.0), Just(f64::NAN), Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(f64::MIN)],
    ]
}

fn value() -> impl Strategy<Value = Option<f64>> {
    option::weighted(0.9, number())
}

fn measure() -> impl Strategy<Value = Measure> {
    prop_oneof![
        label().prop_map(Measure::Count),
        Just(Measure::Share),
        Just(Measure::Duration),
        label().prop_map(Measure::Amount)
    ]
}

fn tile() -> impl Strategy<Value = Tile> {
    (label(), label(), label(), vec(value(), 0..40), any::<bool>()).prop_map(|(label, value, note, spark, is_open)| {
        Tile { label, value, note, mood: Mood::Missed, spark, is_open }
    })
}

fn targets() -> impl Strategy<Value = Vec<Target>> {
    let target = (number(), label()).prop_map(|(value, label)| Target { value, is: Some(Bound::AtLeast), label });
    vec(target, 0..3)
}

fn chart() -> impl Strategy<Value = Chart> {
    prop_oneof![
        steps(),
        trend(),
        triangle(),
        heat_map(),
        histogram(),
        ranking(),
        intervals(),
        Just(Chart::Number),
        label().prop_map(Chart::Nothing)
    ]
}

fn steps() -> impl Strategy<Value = Chart> {
    let step =
        (label(), number(), value(), value(), value()).prop_map(|(label, count, share, lost, median_seconds)| Step {
            label,
            count,
            share,
            lost,
            lost_share: share,
            median_seconds,
        });
    let group = (option::of(label()), vec(step, 0..12)).prop_map(|(label, steps)| StepGroup { label, steps });
    vec(group, 0..8).prop_map(|groups| Chart::Steps(Steps { groups }))
}

fn trend() -> impl Strategy<Value = Chart> {
    let count = prop_oneof![0_usize..20, 0_usize..400];
    (count, 0_usize..7, any::<bool>(), any::<bool>()).prop_flat_map(|(count, series, from_zero, has_bands)| {
        let bucket =
            (label(), any::<bool>()).prop_map(|(label, is_complete)| Bucket { label, start: day(0), is_complete });
        let band = vec(option::of((number(), number())), count);
        let one = (option::of(label()), vec(value(), count), vec(any::<bool>(), count), band);
        let one = one.prop_map(move |(label, values, marks, band)| Series {
            label,
            n: values.clone(),
            values,
            band: has_bands.then_some(band),
            marks,
            is_other: false,
        });
        (vec(bucket, count), vec(one, series), targets(), measure()).prop_map(
            move |(buckets, series, targets, measure)| {
                Chart::Trend(Trend { measure, buckets, series, targets, from_zero, incidents: Vec::new() })
            },
        )
    })
}

fn triangle() -> impl Strategy<Value = Chart> {
    let cell = (number(), any::<bool>()).prop_map(|(value, is_complete)| Cell { value, is_complete });
    let cohort =
        (label(), value(), vec(option::of(cell), 0..40)).prop_map(|(label, size, cells)| Cohort { label, size, cells });
    (vec(label(), 0..40), vec(cohort, 0..40))
        .prop_map(|(periods, cohorts)| Chart::Triangle(Triangle { periods, cohorts }))
}

fn heat_map() -> impl Strategy<Value = Chart> {
    (measure(), vec(value(), 168)).prop_map(|(measure, values)| {
        let mut hours = Box::new([[None; 24]; 7]);
        for (cell, value) in hours.iter_mut().flatten().zip(values) {
            *cell = value;
        }
        Chart::HeatMap(HeatMap { measure, hours })
    })
}

fn histogram() -> impl Strategy<Value = Chart> {
    let bin = (value(), value(), number()).prop_map(|(from, until, count)| Bin { from, until, count });
    let group = (option::of(label()), vec(bin, 0..60)).prop_map(|(label, bins)| BinGroup { label, bins });
    (measure(), vec(group, 0..4), label())
        .prop_map(|(measure, groups, counted)| Chart::Histogram(Histogram { measure, groups, counted }))
}

fn ranking() -> impl Strategy<Value = Chart> {
    let bar = (label(), value(), value(), option::of(any::<bool>()), any::<bool>())
        .prop_map(|(label, value, n, is_met, is_other)| Bar { label, value, n, is_met, is_other });
    (measure(), vec(bar, 0..50), targets())
        .prop_map(|(measure, bars, targets)| Chart::Ranking(Ranking { measure, bars, targets }))
}

fn intervals() -> impl Strategy<Value = Chart> {
    let variant = (label(), value(), value(), value(), value()).prop_map(|(label, value, low, high, n)| Variant {
        label,
        value,
        low,
        high,
        n,
        mean: n,
        p_value: low,
    });
    (measure(), vec(variant, 0..40)).prop_map(|(measure, variants)| Chart::Intervals(Intervals { measure, variants }))
}
