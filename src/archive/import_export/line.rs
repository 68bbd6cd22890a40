//! Pure: one line of what is imported. It is a row of the log as JSON, or a line of an archive, which says of what it is.

use crate::log::instant;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use uuid::Uuid;

/// A line that was read.
#[derive(Debug)]
pub enum Line<'a> {
    /// A line without anything.
    Nothing,
    /// The first line of an archive, with the format that it names.
    About(String),
    Event(Box<ReadEvent<'a>>),
    /// The last line of an archive, with the sha256 that it claims.
    End(String),
    /// A definition or a rejection, which no log takes.
    Other,
}

/// An event as its line gives it. `payload` is the text of its JSON object.
#[derive(Debug)]
pub struct ReadEvent<'a> {
    pub event_ts: i64,
    pub event_id: Uuid,
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub client_ts: Option<i64>,
    pub seq: Option<i32>,
    pub event_version: i16,
    pub event_name: Cow<'a, str>,
    pub source: Option<Cow<'a, str>>,
    pub sample_rate: Option<f32>,
    pub payload: &'a str,
}

/// Why a line cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem(pub String);

/// A row of the log as JSON. A key that is not there counts as NULL, and another key is an error: it would be lost in silence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow, default)]
    line: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event_ts: Option<Cow<'a, str>>,
    /// The number of arrival in the other log, which gives way to one of this log's.
    #[serde(default, rename = "ingest_id")]
    _ingest_id: Option<i64>,
    #[serde(borrow)]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tenant_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    session_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    subject_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    client_ts: Option<Cow<'a, str>>,
    #[serde(default)]
    seq: Option<i32>,
    #[serde(default)]
    event_version: Option<i16>,
    #[serde(borrow)]
    event_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    source: Option<Cow<'a, str>>,
    #[serde(default)]
    sample_rate: Option<f32>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// A line of an archive that is no event's. Which keys it has depends on what it is.
#[derive(Deserialize)]
struct Marked {
    line: String,
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    sha256: Option<String>,
}

impl<'a> Line<'a> {
    pub fn read(text: &'a str) -> Result<Line<'a>, Problem> {
        if text.is_empty() {
            return Ok(Line::Nothing);
        }
        if text.starts_with("{\"line\":\"") && !text.starts_with("{\"line\":\"event\"") {
            let marked: Marked = serde_json::from_str(text).map_err(not_json)?;
            return Ok(match marked.line.as_str() {
                "about" => Line::About(marked.format.unwrap_or_default()),
                "end" => Line::End(marked.sha256.unwrap_or_default()),
                _ => Line::Other,
            });
        }
        let row: Row<'a> = serde_json::from_str(text).map_err(not_json)?;
        Ok(Line::Event(Box::new(row.event()?)))
    }
}

impl<'a> Row<'a> {
    fn event(self) -> Result<ReadEvent<'a>, Problem> {
        if self.line.is_some_and(|line| line != "event") {
            return Err(Problem("\"line\" is \"event\" where it stands in a row of the log".into()));
        }
        let payload = self.payload.map_or("{}", RawValue::get);
        if !payload.starts_with('{') {
            return Err(Problem("payload is no JSON object".into()));
        }
        if self.sample_rate.is_some_and(|rate| !(rate > 0.0 && rate <= 1.0)) {
            return Err(Problem("sample_rate is not above 0 and at most 1".into()));
        }
        let event_version = self.event_version.unwrap_or(1);
        if event_version < 1 {
            return Err(Problem("event_version is below 1".into()));
        }
        Ok(ReadEvent {
            event_ts: required("event_ts", time("event_ts", self.event_ts)?)?,
            event_id: required("event_id", id("event_id", self.event_id)?)?,
            tenant_id: required("tenant_id", id("tenant_id", self.tenant_id)?)?,
            user_id: id("user_id", self.user_id)?,
            session_id: id("session_id", self.session_id)?,
            subject_id: id("subject_id", self.subject_id)?,
            client_ts: time("client_ts", self.client_ts)?,
            seq: self.seq,
            event_version,
            event_name: required("event_name", self.event_name.filter(|name| !name.is_empty()))?,
            source: self.source,
            sample_rate: self.sample_rate,
            payload,
        })
    }
}

fn required<T>(name: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem(format!("{name} is missing")))
}

fn id(name: &str, text: Option<Cow<'_, str>>) -> Result<Option<Uuid>, Problem> {
    let unreadable = || Problem(format!("{name} is no uuid"));
    text.map(|text| Uuid::try_parse(&text).map_err(|_| unreadable())).transpose()
}

fn time(name: &str, text: Option<Cow<'_, str>>) -> Result<Option<i64>, Problem> {
    let unreadable = || Problem(format!("{name} is no time with a date and an offset"));
    text.map(|text| instant::parse(&text).ok_or_else(unreadable)).transpose()
}

/// What serde says names keys and kinds of values; it would also quote a wrong one, which is left out.
fn not_json(error: serde_json::Error) -> Problem {
    let said = error.to_string();
    let named = ["unknown field", "duplicate field"].iter().find(|said_first| said.starts_with(**said_first));
    Problem(match named {
        Some(_) => said
            .split(", expected")
            .next()
            .unwrap_or_default()
            .split(" at line")
            .next()
            .unwrap_or_default()
            .replace('`', "\""),
        None if error.is_data() => "a key has a value of another type than its column".into(),
        None => "it is no JSON object".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"event_ts":"2026-11-01T10:00:00.5+00:00","event_id":"00000000-0000-0000-0000-000000000001","tenant_id":"00000000-0000-0000-0000-000000000000","event_name":"a","payload":{"n": 1.50}}"#;

    fn event(text: &str) -> ReadEvent<'_> {
        match Line::read(text) {
            Ok(Line::Event(event)) => *event,
            other => panic!("no event: {other:?}"),
        }
    }

    fn problem(text: &str) -> String {
        Line::read(text).expect_err("a problem").0
    }

    #[test]
    fn a_row_of_an_export_and_a_line_of_an_archive_are_events() {
        let read = event(ROW);
        assert_eq!((read.event_name.as_ref(), read.payload, read.event_version), ("a", "{\"n\": 1.50}", 1));
        assert_eq!(read.event_id, Uuid::from_u128(1));
        let marked = ROW.replacen('{', "{\"line\":\"event\",\"ingest_id\":7,\"user_id\":null,", 1);
        assert_eq!(event(&marked).event_ts, read.event_ts);
    }

    #[test]
    fn the_other_lines_of_an_archive_are_told_apart() {
        assert!(matches!(Line::read(""), Ok(Line::Nothing)));
        assert!(
            matches!(Line::read(r#"{"line":"about","format":"x","events":{}}"#), Ok(Line::About(format)) if format == "x")
        );
        assert!(
            matches!(Line::read(r#"{"line":"end","events":1,"sha256":"ab"}"#), Ok(Line::End(sha256)) if sha256 == "ab")
        );
        assert!(matches!(Line::read(r#"{"line":"rejection", "event": {}}"#), Ok(Line::Other)));
    }

    #[test]
    fn a_problem_names_the_key_and_never_the_value() {
        assert_eq!(problem("secret"), "it is no JSON object");
        assert_eq!(problem(&ROW.replacen('{', "{\"colour\":\"secret\",", 1)), "unknown field \"colour\"");
        assert_eq!(
            problem(&ROW.replacen('{', "{\"seq\":\"secret\",", 1)),
            "a key has a value of another type than its column"
        );
        assert_eq!(
            problem(&ROW.replace("2026-11-01T10:00:00.5+00:00", "secret")),
            "event_ts is no time with a date and an offset"
        );
        assert_eq!(problem(&ROW.replace("\"00000000-0000-0000-0000-000000000001\"", "null")), "event_id is missing");
        assert_eq!(problem(&ROW.replace("{\"n\": 1.50}", "[1]")), "payload is no JSON object");
        assert_eq!(problem(&ROW.replacen('{', "{\"sample_rate\":0,", 1)), "sample_rate is not above 0 and at most 1");
        assert_eq!(problem(&ROW.replacen('{', "{\"event_version\":0,", 1)), "event_version is below 1");
    }
}
