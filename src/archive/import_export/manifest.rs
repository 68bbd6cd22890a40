//! Pure: a row of an export's manifest, and the text of it that its chain is made of.

use crate::log::instant;
use crate::time::to_rfc3339;
use serde::Deserialize;

/// A row of telemetry.export_manifest(), as JSON.
#[derive(Deserialize)]
pub struct ManifestRow {
    number: i64,
    part: i64,
    after_id: i64,
    until_id: i64,
    first_id: i64,
    last_id: i64,
    rows: i64,
    bytes: i64,
    sha256: String,
    path: String,
    min_event_ts: String,
    max_event_ts: String,
    schema_version: i64,
}

impl ManifestRow {
    /// The row as its chain takes it: docs/operations.md has the form.
    pub fn line(&self, export: &str) -> String {
        let time = |text: &str| instant::parse(text).and_then(to_rfc3339).unwrap_or_default();
        let numbers = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join("|");
        [
            export.to_string(),
            numbers(&[
                self.number,
                self.part,
                self.after_id,
                self.until_id,
                self.first_id,
                self.last_id,
                self.rows,
                self.bytes,
            ]),
            self.sha256.clone(),
            time(&self.min_event_ts),
            time(&self.max_event_ts),
            self.schema_version.to_string(),
            self.path.clone(),
        ]
        .join("|")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_same_text_however_its_times_are_written() {
        let row = |time: &str| {
            let json = format!(
                r#"{{"number":2,"part":1,"after_id":10,"until_id":20,"first_id":11,"last_id":19,"rows":9,"bytes":99,"sha256":"ab","path":"a.jsonl","min_event_ts":"{time}","max_event_ts":"{time}","schema_version":1,"committed_at":"x"}}"#
            );
            serde_json::from_str::<ManifestRow>(&json).expect("a row").line("log")
        };
        assert_eq!(row("2026-11-01T11:00:00+01:00"), row("2026-11-01T10:00:00.000000Z"));
        assert_eq!(
            row("2026-11-01T10:00:00Z"),
            "log|2|1|10|20|11|19|9|99|ab|2026-11-01T10:00:00.000000Z|2026-11-01T10:00:00.000000Z|1|a.jsonl"
        );
    }
}
