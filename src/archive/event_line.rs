//! Pure: one event of the log as a line of an archive. Keys stand in a fixed order and times are UTC with microseconds, so that the
//! same events are the same bytes under any setting. What is NULL is left out.

use crate::time::to_rfc3339;
use std::io::Write;
use uuid::Uuid;

/// An event as it lies in the log; `payload` is the text of its JSON object.
pub struct EventLine<'a> {
    pub event_ts: i64,
    pub ingest_id: i64,
    pub event_id: Uuid,
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub client_ts: Option<i64>,
    pub seq: Option<i32>,
    pub event_version: i32,
    pub event_name: &'a str,
    pub source: Option<&'a str>,
    pub sample_rate: Option<f32>,
    pub payload: &'a str,
}

impl EventLine<'_> {
    /// Writes the event and a line feed behind what is there.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"line\":\"event\"");
        time(out, "event_ts", Some(self.event_ts));
        raw(out, "ingest_id", Some(self.ingest_id));
        id(out, "event_id", Some(self.event_id));
        id(out, "tenant_id", Some(self.tenant_id));
        id(out, "user_id", self.user_id);
        id(out, "session_id", self.session_id);
        id(out, "subject_id", self.subject_id);
        time(out, "client_ts", self.client_ts);
        raw(out, "seq", self.seq);
        text(out, "event_name", Some(self.event_name));
        raw(out, "event_version", Some(self.event_version));
        text(out, "source", self.source);
        // Rust writes the shortest digits that are read back as this number.
        raw(out, "sample_rate", self.sample_rate);
        raw(out, "payload", Some(self.payload));
        out.extend_from_slice(b"}\n");
    }
}

/// Writes a member whose value reads as JSON the way that it prints. Keys are names without anything to escape, and writing to
/// memory does not fail.
fn raw(out: &mut Vec<u8>, key: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        let _ = write!(out, ",\"{key}\":{value}");
    }
}

fn id(out: &mut Vec<u8>, key: &str, id: Option<Uuid>) {
    if let Some(id) = id {
        let mut buffer = Uuid::encode_buffer();
        let id = id.hyphenated().encode_lower(&mut buffer);
        for part in [",\"", key, "\":\"", id, "\""] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

fn time(out: &mut Vec<u8>, key: &str, time: Option<i64>) {
    if let Some(time) = time.and_then(to_rfc3339) {
        let _ = write!(out, ",\"{key}\":\"{time}\"");
    }
}

fn text(out: &mut Vec<u8>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        let _ = write!(out, ",\"{key}\":");
        let _ = serde_json::to_writer(out, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_line_is_json_without_what_is_not_there() {
        let mut out = Vec::new();
        EventLine {
            event_ts: 1,
            ingest_id: 7,
            event_id: Uuid::from_u128(1),
            tenant_id: Uuid::nil(),
            user_id: None,
            session_id: Some(Uuid::from_u128(2)),
            subject_id: None,
            client_ts: None,
            seq: Some(-1),
            event_version: 2,
            event_name: "page_viewed",
            source: Some("a \"quoted\"\nword"),
            sample_rate: Some(0.1),
            payload: "{\"n\": 1.50}",
        }
        .write(&mut out);
        let text = String::from_utf8(out).expect("a text");
        assert!(text.ends_with(",\"payload\":{\"n\": 1.50}}\n"), "the payload keeps its digits");
        let line: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            line,
            json!({
                "line": "event", "event_ts": "2000-01-01T00:00:00.000001Z", "ingest_id": 7,
                "event_id": "00000000-0000-0000-0000-000000000001", "tenant_id": "00000000-0000-0000-0000-000000000000",
                "session_id": "00000000-0000-0000-0000-000000000002", "seq": -1, "event_name": "page_viewed", "event_version": 2,
                "source": "a \"quoted\"\nword", "sample_rate": 0.1, "payload": {"n": 1.50}
            })
        );
    }
}
