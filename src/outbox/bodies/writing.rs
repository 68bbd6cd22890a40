//! Pure: writes an event as JSON, for webhooks, for PostHog and for Segment. Keys stand in a fixed order, times are UTC with
//! microseconds.

use crate::time::to_rfc3339;
use std::fmt::Write;
use uuid::Uuid;

/// In which form an event is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Webhook,
    /// A webhook that says which event there is, and not what is in it.
    Thin,
    PostHog,
    Segment,
}

impl Form {
    pub fn named(name: &str) -> Option<Form> {
        Some(match name {
            "webhook" => Form::Webhook,
            "thin" => Form::Thin,
            "posthog" => Form::PostHog,
            "segment" => Form::Segment,
            _ => return None,
        })
    }
}

/// An event as it lies in the log. `payload` is the text of its JSON object, and `keys` are that object's own.
pub struct Event<'a> {
    pub event_ts: i64,
    pub ingest_id: i64,
    pub event_id: Uuid,
    pub tenant_id: Uuid,
    pub user_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    pub subject_id: Option<Uuid>,
    pub client_ts: Option<i64>,
    pub seq: Option<i32>,
    pub event_version: i16,
    pub event_name: &'a str,
    pub source: Option<&'a str>,
    pub sample_rate: Option<f32>,
    pub payload: &'a str,
    pub keys: Vec<&'a str>,
}

impl Event<'_> {
    pub fn written(&self, form: Form) -> String {
        match form {
            Form::Webhook => self.webhook(),
            Form::Thin => self.thin(),
            Form::PostHog => self.posthog(),
            Form::Segment => self.segment(),
        }
    }

    fn webhook(&self) -> String {
        let mut object = Object::with_capacity(512 + self.payload.len());
        object.text("type", "telemetry.event");
        object.time("timestamp", Some(self.event_ts));
        let mut data = Object::with_capacity(384 + self.payload.len());
        data.id("event_id", Some(self.event_id));
        data.text("event_name", self.event_name);
        data.raw("event_version", &self.event_version.to_string());
        data.raw("ingest_id", &self.ingest_id.to_string());
        data.id("tenant_id", Some(self.tenant_id));
        data.id("user_id", self.user_id);
        data.id("session_id", self.session_id);
        data.id("subject_id", self.subject_id);
        data.time("client_ts", self.client_ts);
        data.raw("seq", &or_null(self.seq));
        data.optional("source", self.source);
        // Rust writes the shortest digits that are read back as this number.
        data.raw("sample_rate", &or_null(self.sample_rate));
        data.raw("payload", self.payload);
        object.raw("data", &data.end());
        object.end()
    }

    fn thin(&self) -> String {
        let mut object = Object::with_capacity(256);
        object.text("type", "telemetry.event");
        object.time("timestamp", Some(self.event_ts));
        let mut data = Object::with_capacity(192);
        data.id("event_id", Some(self.event_id));
        data.text("event_name", self.event_name);
        data.raw("ingest_id", &self.ingest_id.to_string());
        data.id("tenant_id", Some(self.tenant_id));
        object.raw("data", &data.end());
        object.end()
    }

    fn posthog(&self) -> String {
        let mut object = Object::with_capacity(384 + self.payload.len());
        object.id("uuid", Some(self.event_id));
        object.text("event", self.event_name);
        object.id("distinct_id", self.user_id.or(self.session_id).or(Some(self.event_id)));
        object.time("timestamp", Some(self.event_ts));
        let mut properties = Object::with_capacity(192 + self.payload.len());
        properties.there("$session_id", self.session_id, &self.keys);
        self.context(&mut properties, &self.keys);
        properties.members(self.payload);
        object.raw("properties", &properties.end());
        object.end()
    }

    fn segment(&self) -> String {
        let mut object = Object::with_capacity(384 + self.payload.len());
        object.text("type", "track");
        object.id("messageId", Some(self.event_id));
        object.there("userId", self.user_id, &[]);
        if self.user_id.is_none() {
            object.id("anonymousId", self.session_id.or(Some(self.event_id)));
        }
        object.text("event", self.event_name);
        object.time("timestamp", Some(self.event_ts));
        object.raw("properties", self.payload);
        let mut context = Object::with_capacity(192);
        self.context(&mut context, &[]);
        context.there("session_id", self.session_id, &[]);
        object.raw("context", &context.end());
        object.end()
    }

    /// What an event has beside its payload, but for the keys that the payload has itself.
    fn context(&self, object: &mut Object, taken: &[&str]) {
        object.there("tenant_id", Some(self.tenant_id), taken);
        object.there("subject_id", self.subject_id, taken);
        if let Some(source) = self.source
            && !taken.contains(&"source")
        {
            object.text("source", source);
        }
        if !taken.contains(&"event_version") {
            object.raw("event_version", &self.event_version.to_string());
        }
    }
}

/// A JSON object that is being written.
struct Object(String);

impl Object {
    fn with_capacity(bytes: usize) -> Object {
        let mut text = String::with_capacity(bytes);
        text.push('{');
        Object(text)
    }

    /// Writes a member whose value is JSON already.
    fn raw(&mut self, key: &str, json: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        // Keys here are names without anything to escape. Writing to a String does not fail.
        let _ = write!(self.0, "\"{key}\":{json}");
    }

    fn text(&mut self, key: &str, value: &str) {
        self.raw(key, &serde_json::Value::from(value).to_string());
    }

    fn optional(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    fn id(&mut self, key: &str, id: Option<Uuid>) {
        self.raw(key, &id.map_or("null".into(), |id| format!("\"{id}\"")));
    }

    /// Writes an id where there is one, and where the key is not taken.
    fn there(&mut self, key: &str, id: Option<Uuid>, taken: &[&str]) {
        if id.is_some() && !taken.contains(&key) {
            self.id(key, id);
        }
    }

    fn time(&mut self, key: &str, time: Option<i64>) {
        let time = time.and_then(to_rfc3339);
        self.raw(key, &time.map_or("null".into(), |time| format!("\"{time}\"")));
    }

    /// Adds the members of an object that is JSON already.
    fn members(&mut self, object: &str) {
        let inner = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        if !inner.is_empty() {
            if self.0.len() > 1 {
                self.0.push(',');
            }
            self.0.push_str(inner);
        }
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn or_null(number: Option<impl ToString>) -> String {
    number.map_or("null".into(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(payload: &'static str, keys: Vec<&'static str>) -> Event<'static> {
        Event {
            event_ts: 1,
            ingest_id: 7,
            event_id: Uuid::from_u128(1),
            tenant_id: Uuid::nil(),
            user_id: None,
            session_id: Some(Uuid::from_u128(3)),
            subject_id: None,
            client_ts: None,
            seq: Some(-2),
            event_version: 1,
            event_name: "seen \"<b>\"",
            source: Some("web"),
            sample_rate: Some(0.1),
            payload,
            keys,
        }
    }

    #[test]
    fn every_form_is_json_in_a_fixed_order() {
        for form in ["webhook", "thin", "posthog", "segment"].map(|name| Form::named(name).unwrap()) {
            let text = event(r#"{"a": 1}"#, vec!["a"]).written(form);
            let value: Value = serde_json::from_str(&text).unwrap();
            assert!(value.is_object(), "{text}");
        }
        assert_eq!(
            event("{}", vec![]).written(Form::Webhook),
            r#"{"type":"telemetry.event","timestamp":"2000-01-01T00:00:00.000001Z","data":{"event_id":"00000000-0000-0000-0000-000000000001","event_name":"seen \"<b>\"","event_version":1,"ingest_id":7,"tenant_id":"00000000-0000-0000-0000-000000000000","user_id":null,"session_id":"00000000-0000-0000-0000-000000000003","subject_id":null,"client_ts":null,"seq":-2,"source":"web","sample_rate":0.1,"payload":{}}}"#
        );
    }

    #[test]
    fn a_payload_key_comes_before_what_is_added() {
        let text = event(r#"{"source": "x", "$session_id": 1}"#, vec!["source", "$session_id"]).written(Form::PostHog);
        assert_eq!(text.matches("\"source\"").count(), 1, "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["properties"]["source"], json!("x"));
        assert_eq!(value["distinct_id"], json!("00000000-0000-0000-0000-000000000003"));
    }

    #[test]
    fn a_time_out_of_range_is_null() {
        let mut event = event("{}", vec![]);
        event.event_ts = i64::MAX;
        assert!(event.written(Form::Thin).contains(r#""timestamp":null"#));
    }
}
