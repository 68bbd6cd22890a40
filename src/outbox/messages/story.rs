//! Pure: what a message says to people, in parts. Slack and mail put the same parts into their own form.
//!
//! Names and values come from clients: here they are one line of plain text each; who writes a form still has to escape them.

use super::message::{Data, Digested, Instance, Message};
use crate::time::of_rfc3339;
use telemetry_pictures::clean::label;
use telemetry_pictures::number::say;
use telemetry_pictures::picture::Measure;

/// How many columns a title, a name and a text have at most.
const TITLE: usize = 200;
const NAME: usize = 100;
const TEXT: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Firing,
    Recovered,
    /// A digest, a test, an error of a rule.
    Notice,
}

#[derive(Debug, Clone)]
pub struct Story {
    pub tone: Tone,
    /// What it is, of which alert: "Firing: sev1 checkout_failures".
    pub label: String,
    /// One sentence that says it all.
    pub title: String,
    pub description: Option<String>,
    pub items: Vec<Item>,
    /// What is not listed, and where it is.
    pub rest: Option<String>,
    /// A link, or a word where to look.
    pub runbook: Option<String>,
    /// What a reader may call.
    pub advice: Vec<String>,
    /// Where it comes from: severity, alert, database.
    pub origin: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Item {
    pub name: String,
    pub parts: Vec<Part>,
}

/// A piece of a sentence. A time is in microseconds since 2000-01-01 UTC: Slack shows it in the reader's time zone.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(String),
    Time(i64),
}

pub fn told(message: &Message) -> Story {
    let data = &message.data;
    let tone = match message.kind.as_str() {
        "alert.firing" | "alert.repeated" | "destination.down" | "export.behind" => Tone::Firing,
        "alert.recovered" | "destination.recovered" | "export.recovered" => Tone::Recovered,
        _ => Tone::Notice,
    };
    let measure = measure(data.unit.as_deref());
    let items: Vec<Item> = if !data.alerts.is_empty() {
        data.alerts.iter().map(digested).collect()
    } else if message.kind.starts_with("destination.") {
        failing(data).into_iter().collect()
    } else {
        data.instances.iter().map(|instance| instance_of(instance, data, &measure)).collect()
    };
    Story {
        tone,
        label: label_of(message),
        title: data
            .title
            .as_deref()
            .map(|title| label(title, TITLE))
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| message.kind.clone()),
        description: data.description.as_deref().map(|text| label(text, TEXT)).filter(|text| !text.is_empty()),
        rest: data
            .more
            .filter(|more| *more > 0)
            .map(|more| format!("And {} more: select * from telemetry.alert_status()", count(more as f64))),
        runbook: data.runbook.as_deref().map(|text| label(text, TEXT)).filter(|text| !text.is_empty()),
        advice: advice(message, &items),
        origin: origin(data),
        items,
    }
}

fn count(number: f64) -> String {
    say(number, &Measure::Count(String::new()))
}

/// A time as it is written where the reader's time zone is not known.
pub fn utc(time: i64) -> String {
    match crate::time::to_rfc3339(time) {
        Some(text) => format!("{} {} UTC", &text[..10], &text[11..16]),
        None => "–".to_owned(),
    }
}

fn measure(unit: Option<&str>) -> Measure {
    match unit.unwrap_or_default() {
        "ratio" | "share" | "relative difference" => Measure::Share,
        "seconds" => Measure::Duration,
        "score" => Measure::Amount(String::new()),
        unit => Measure::Amount(label(unit, 30)),
    }
}

/// What is said of an instance of an alert, with the alert's name and without times.
pub fn sentence(alert: &str, instance: &Instance, unit: Option<&str>, fires: Option<&str>) -> String {
    let name = name_of(Some(alert), instance.breakdown_value.as_deref(), instance.tenant_id.as_deref());
    match &number_of(instance, fires, &measure(unit)).0[..] {
        [Part::Text(text)] => format!("{name}: {text}"),
        _ => name,
    }
}

fn instance_of(instance: &Instance, data: &Data, measure: &Measure) -> Item {
    let mut parts = number_of(instance, data.fires.as_deref(), measure);
    if let Some(since) = instance.since.as_deref().and_then(of_rfc3339) {
        parts.comma(if is_over(instance) { "fired from " } else { "since " });
        parts.0.push(Part::Time(since));
        if let Some(until) = instance.until.as_deref().and_then(of_rfc3339) {
            parts.text(" to ");
            parts.0.push(Part::Time(until));
        }
    }
    Item { name: name_of(None, instance.breakdown_value.as_deref(), instance.tenant_id.as_deref()), parts: parts.0 }
}

fn number_of(instance: &Instance, fires: Option<&str>, measure: &Measure) -> Parts {
    let mut parts = Parts::default();
    match (instance.cause.as_deref(), instance.value) {
        (Some("no_data"), _) => parts.text("there are no data"),
        (Some("dropped"), _) => parts.text("the rule was dropped"),
        (Some("error"), _) => parts.text("the rule cannot be answered"),
        (Some("event"), Some(1.0)) => parts.text("1 event"),
        (Some("event"), Some(value)) => parts.text(&format!("{} events", count(value))),
        (_, Some(value)) => {
            parts.text(&say(value, measure));
            if let Some(n) = instance.n {
                parts.text(&format!(" of {}", count(n)));
            }
            if let (Some(threshold), Some(fires)) = (instance.threshold, fires) {
                let side = if is_over(instance) { "limit" } else { fires };
                parts.text(&format!(", {} {}", label(side, NAME), say(threshold, measure)));
            }
        }
        (_, None) => {}
    }
    parts
}

fn is_over(instance: &Instance) -> bool {
    matches!(instance.status.as_deref(), Some("quiet" | "recovered"))
}

fn digested(alert: &Digested) -> Item {
    let measure = measure(alert.unit.as_deref());
    let mut parts = Parts::default();
    match alert.firings {
        Some(1) => parts.text("fired once"),
        Some(times) => parts.text(&format!("fired {} times", count(times as f64))),
        None => {}
    }
    let times = [&alert.first_at, &alert.last_at].map(|time| time.as_deref().and_then(of_rfc3339));
    if let Some(first) = times[0] {
        parts.comma(if alert.firings == Some(1) { "at " } else { "first at " });
        parts.0.push(Part::Time(first));
    }
    if let (Some(last), true) = (times[1], times[0] != times[1]) {
        parts.comma("last at ");
        parts.0.push(Part::Time(last));
    }
    if let Some(worst) = alert.worst_value {
        parts.comma(&format!("at worst {}", say(worst, &measure)));
        if let Some(threshold) = alert.threshold {
            parts.comma(&format!("limit {}", say(threshold, &measure)));
        }
    }
    if alert.is_firing == Some(true) {
        parts.comma("and still fires");
    }
    let name = [alert.severity.as_deref(), alert.alert.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    Item { name: name_of(Some(&name), alert.breakdown_value.as_deref(), alert.tenant_id.as_deref()), parts: parts.0 }
}

fn failing(data: &Data) -> Option<Item> {
    let mut parts = Parts::default();
    match (data.last_status_code, data.last_error.as_deref()) {
        (Some(code), _) => parts.text(&format!("it answered {code}")),
        (None, Some(error)) => parts.text(&format!("the last attempt ended with {}", label(error, NAME))),
        (None, None) => {}
    }
    if let Some(since) = data.failing_since.as_deref().and_then(of_rfc3339) {
        parts.comma("it has failed since ");
        parts.0.push(Part::Time(since));
    }
    (!parts.0.is_empty())
        .then(|| Item { name: label(data.destination.as_deref().unwrap_or_default(), NAME), parts: parts.0 })
}

/// Whose number it is. The nil UUID is all tenants together.
fn name_of(alert: Option<&str>, breakdown: Option<&str>, tenant: Option<&str>) -> String {
    let tenant = tenant
        .filter(|tenant| !tenant.bytes().all(|byte| matches!(byte, b'0' | b'-')))
        .map(|tenant| format!("tenant {tenant}"));
    let names: Vec<String> = [alert, breakdown, tenant.as_deref()]
        .into_iter()
        .flatten()
        .map(|name| label(name, NAME))
        .filter(|name| !name.is_empty())
        .collect();
    names.join(", ")
}

fn label_of(message: &Message) -> String {
    let what = match message.kind.as_str() {
        "alert.firing" => "Firing",
        "alert.repeated" => "Still firing",
        "alert.recovered" => "Recovered",
        "alert.digest" => "Digest",
        "alert.error" => "A rule cannot be answered",
        "destination.down" => "A destination is down",
        "destination.recovered" => "A destination is back",
        "export.behind" => "An export is behind",
        "export.recovered" => "An export has caught up",
        "test" => "Test",
        _ => "Notice",
    };
    let of: Vec<&str> =
        [message.data.severity.as_deref(), message.data.alert.as_deref()].into_iter().flatten().collect();
    if of.is_empty() { what.to_owned() } else { format!("{what}: {}", label(&of.join(" "), NAME)) }
}

fn advice(message: &Message, items: &[Item]) -> Vec<String> {
    match message.kind.as_str() {
        "alert.firing" | "alert.repeated" => match (&message.data.instances[..], items.len()) {
            ([Instance { fingerprint: Some(fingerprint), .. }], 1) => {
                vec![format!("select telemetry.acknowledge_alert('{}')", label(fingerprint, NAME).replace('\'', "''"))]
            }
            _ => vec!["select * from telemetry.alert_status()".to_owned()],
        },
        "alert.digest" => vec!["select * from telemetry.alert_history()".to_owned()],
        "destination.down" => vec!["select * from telemetry.destination_status()".to_owned()],
        "export.behind" => vec!["select * from telemetry.export_status()".to_owned()],
        _ => Vec::new(),
    }
}

fn origin(data: &Data) -> Vec<String> {
    let named =
        |what: &str, value: &Option<String>| value.as_deref().map(|value| label(&format!("{what}{value}"), NAME));
    [
        named("", &data.severity),
        named("", &data.alert),
        named("database ", &data.database),
        (data.is_flapping == Some(true)).then(|| "flaps".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A sentence that is being put together.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    /// Goes on behind a comma, where something stands before it.
    fn comma(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.text(", ");
        }
        self.text(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(item: &Item) -> String {
        let parts: String = item
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Time(time) => utc(*time),
            })
            .collect();
        format!("{}: {parts}", item.name)
    }

    fn story(message: serde_json::Value) -> Story {
        told(&serde_json::from_value(message).unwrap())
    }

    #[test]
    fn an_instance_says_how_much_of_how_many_since_when() {
        let story = story(
            json!({"type": "alert.firing", "data": {"title": "t", "unit": "ratio", "fires": "above", "more": 3, "severity": "sev1", "alert": "failures", "instances": [
            {"breakdown_value": "web", "tenant_id": "00000000-0000-0000-0000-000000000000", "status": "firing", "value": 0.2, "n": 90, "threshold": 0.05, "since": "2026-03-01T10:05:00.000000Z", "fingerprint": "f"}]}}),
        );
        assert_eq!(line(&story.items[0]), "web: 20 % of 90, above 5 %, since 2026-03-01 10:05 UTC");
        assert_eq!(story.rest.as_deref(), Some("And 3 more: select * from telemetry.alert_status()"));
        assert_eq!(story.advice, ["select telemetry.acknowledge_alert('f')"]);
        assert_eq!(story.origin, ["sev1", "failures"]);
    }

    #[test]
    fn a_digest_says_how_often_and_how_bad() {
        let story = story(json!({"type": "alert.digest", "data": {"title": "t", "alerts": [
            {"alert": "slow", "severity": "sev3", "firings": 2, "first_at": "2026-03-01T10:05:00Z", "last_at": "2026-03-01T12:00:00Z", "worst_value": 3.0, "threshold": 1.0, "unit": "seconds", "is_firing": true}]}}));
        assert_eq!(
            line(&story.items[0]),
            "sev3 slow: fired 2 times, first at 2026-03-01 10:05 UTC, last at 2026-03-01 12:00 UTC, at worst 3 s, limit 1 s, and still fires"
        );
    }

    #[test]
    fn a_destination_says_what_it_answers() {
        let story = story(
            json!({"type": "destination.down", "data": {"title": "t", "destination": "crm", "kind": "webhook", "last_status_code": 503, "failing_since": "2026-03-01T10:05:00Z"}}),
        );
        assert_eq!(line(&story.items[0]), "crm: it answered 503, it has failed since 2026-03-01 10:05 UTC");
    }

    #[test]
    fn names_are_one_line_without_controls() {
        let story = story(
            json!({"type": "alert.firing", "data": {"title": "a\r\nBcc: x\u{202e}", "instances": [{"breakdown_value": "b\nc"}]}}),
        );
        assert_eq!((story.title.as_str(), story.items[0].name.as_str()), ("a Bcc: x", "b c"));
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let story = story(json!({"type": "test", "data": {}}));
        assert_eq!((story.title.as_str(), story.items.len()), ("test", 0));
    }
}
