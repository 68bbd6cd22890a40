//! Every kind of kpi_kinds() becomes the chart that fits it, with a finding out of its numbers.

use serde_json::Value;

use super::*;

/// The kinds, as sql/kpi/kpi_kinds.sql lists them.
pub fn all() -> Vec<&'static str> {
    let sql = include_str!("../../../../sql/kpi/kpi_kinds.sql");
    let list = sql.split("from (values").nth(1).and_then(|rest| rest.split(") k;").next()).expect("a list of kinds");
    list.lines().filter_map(|line| line.trim().strip_prefix("('")?.split('\'').next()).collect()
}

/// kind, chart, finding, and the answer.
fn samples() -> Vec<(String, String, String, Value)> {
    let text = include_str!("kinds.jsonl");
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let sample: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let text = |key: &str| sample[key].as_str().unwrap_or_default().to_owned();
            (text("kind"), text("chart"), text("finding"), sample["answer"].clone())
        })
        .collect()
}

#[test]
fn every_kind_has_a_sample() {
    let samples = samples();
    let missing: Vec<&str> =
        all().into_iter().filter(|kind| !samples.iter().any(|(known, ..)| known == kind)).collect();
    assert!(all().len() >= 40 && missing.is_empty(), "{missing:?}");
}

#[test]
fn every_kind_is_read_as_what_it_is() {
    let mut wrong = Vec::new();
    for (kind, chart, finding, own) in samples() {
        let picture = picture(&answer_of(&kind, &own));
        if chart_of(&picture) != chart || picture.finding != finding {
            wrong.push(format!("{kind}: {} | {}", chart_of(&picture), picture.finding));
        }
        assert!(picture.table.rows.iter().all(|row| row.len() == picture.table.columns.len()), "{kind}");
        assert!(!picture.table.rows.is_empty(), "{kind}");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
