//! Whatever the database answers, there is a picture, and its numbers are possible.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const COLUMNS: [&str; 30] = [
    "step",
    "event_name",
    "actors",
    "rate_from_first",
    "rate_from_previous",
    "median_seconds",
    "breakdown_value",
    "cohort",
    "cohort_size",
    "period",
    "rate",
    "weekday",
    "hour",
    "events",
    "fraction",
    "value",
    "expected",
    "lower",
    "upper",
    "is_anomaly",
    "bin",
    "from_seconds",
    "until_seconds",
    "variant",
    "is_control",
    "relative_difference",
    "interval_low",
    "interval_high",
    "p_value",
    "share",
];

fn scalar() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        (-5..40i64).prop_map(Value::from),
        (0.0..1.0f64).prop_map(Value::from),
        "[a-z_]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("NaN")),
        Just(json!([1, "two", null])),
        Just(json!({"event": "viewed", "where": {"a": 1}})),
    ]
    .boxed()
}

fn row() -> BoxedStrategy<Value> {
    let bucket =
        proptest::option::of((0..400u64).prop_map(|day| {
            format!("{}", (crate::samples::day(0) + chrono::Days::new(day)).format("%Y-%m-%dT%H:%M:%S"))
        }));
    let breakdown = proptest::option::of(prop_oneof!["[a-c]{1}", any::<String>()]);
    let number = || proptest::option::of(prop_oneof![any::<f64>(), (0..50i32).prop_map(f64::from), 0.0..1.0f64]);
    let details = proptest::collection::btree_map(proptest::sample::select(&COLUMNS[..]), scalar(), 0..12);
    (bucket, breakdown, number(), number(), number(), proptest::option::of(any::<bool>()), any::<bool>(), details)
        .prop_map(|(bucket, breakdown, value, n, target, truth, is_other, details)| json!({"bucket": bucket, "breakdown_value": breakdown, "value": value, "n": n, "target": target, "is_met": truth, "is_complete": truth, "is_other": is_other, "details": details})).boxed()
}

fn any_answer() -> BoxedStrategy<Answer> {
    let kind = proptest::sample::select(kinds::all());
    let column = prop_oneof![
        Just("rate"),
        Just("ratio"),
        Just("actors"),
        Just("events"),
        Just("value"),
        Just("score"),
        Just("rate_from_previous"),
        Just("difference"),
        Just("seconds")
    ];
    let unit = proptest::option::of(prop_oneof![
        Just("ratio"),
        Just("actors"),
        Just("seconds"),
        Just("milliseconds"),
        Just("bytes"),
        Just("EUR"),
        Just("units of the currency"),
        Just("")
    ]);
    let grain = proptest::option::of(prop_oneof![
        Just("minute"),
        Just("15 minutes"),
        Just("hour"),
        Just("day"),
        Just("week"),
        Just("month"),
        Just("quarter"),
        Just("year"),
        Just("fortnight")
    ]);
    let parameters = proptest::collection::btree_map(
        prop_oneof![
            Just("steps"),
            Just("events"),
            Just("breakdown"),
            Just("show"),
            Just("mode"),
            Just("count"),
            Just("actor"),
            Just("grain"),
            Just("experiment"),
            Just("payload_key")
        ],
        scalar(),
        0..5,
    );
    let rows = proptest::collection::vec(row(), 0..40);
    let target_for = proptest::option::of(Just("b / 0.95"));
    (kind, column, unit, grain, parameters, rows, any::<bool>(), target_for, proptest::option::of(prop_oneof![Just("at_least"), Just("at_most")])).prop_map(|(kind, column, unit, grain, parameters, rows, is_complement, target_for, target_is)| {
        let previous: Vec<&Value> = rows.iter().take(2).collect();
        answer_of(kind, &json!({"value_column": column, "unit": unit, "grain": grain, "parameters": parameters, "rows": rows, "previous": previous, "is_complement": is_complement, "target": 0.5, "target_for": target_for, "target_is": target_is}))
    })
    .boxed()
}

fn is_share(value: Option<f64>) -> bool {
    value.is_none_or(|share| (0.0..=1.0).contains(&share))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_answer_is_a_picture(answer in any_answer()) {
        let picture = picture(&answer);
        prop_assert!(!picture.finding.is_empty() && !picture.question.is_empty() && !picture.definition.is_empty());
        prop_assert!(picture.table.rows.len() <= 200);
        for row in &picture.table.rows {
            prop_assert_eq!(row.len(), picture.table.columns.len());
        }
        match &picture.chart {
            Chart::Steps(steps) => {
                prop_assert!(steps.groups.len() <= 5);
                for step in steps.groups.iter().flat_map(|group| &group.steps) {
                    prop_assert!(step.count >= 0.0 && is_share(step.lost_share), "{:?}", step);
                }
            }
            Chart::Trend(trend) => {
                prop_assert!(trend.series.len() <= 6);
                prop_assert!(trend.buckets.windows(2).all(|pair| pair[0].start <= pair[1].start));
                for series in &trend.series {
                    let count = trend.buckets.len();
                    prop_assert!(series.values.len() == count && series.n.len() == count && series.marks.len() == count);
                    prop_assert!(series.band.as_ref().is_none_or(|band| band.len() == count));
                    prop_assert!(series.values.iter().flatten().all(|value| value.is_finite()));
                }
            }
            Chart::Triangle(triangle) => prop_assert!(triangle.cohorts.iter().all(|cohort| cohort.cells.len() == triangle.periods.len())),
            Chart::Ranking(ranking) => prop_assert!(ranking.bars.iter().filter(|bar| !bar.is_other).count() <= 12),
            _ => {}
        }
    }
}
