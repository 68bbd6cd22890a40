//! Pure: a message as a mail: who it is from and to, one line of subject, a text and the same as HTML. The courier makes a mail
//! of it, with the id of the notification and the date of the attempt.

use super::story::{Item, Part, Story, Tone, utc};
use maud::{DOCTYPE, Markup, html};
use serde_json::json;

pub fn body(story: &Story, sender: &str, recipients: &[String]) -> String {
    // Keys in the order of their names, as serde_json writes them: the same bytes at every attempt.
    json!({
        "from": sender,
        "to": recipients,
        "subject": story.title,
        "text": text(story),
        "html": page(story).into_string(),
    })
    .to_string()
}

fn text(story: &Story) -> String {
    let mut lines = vec![story.title.clone()];
    if let Some(description) = &story.description {
        lines.extend([String::new(), description.clone()]);
    }
    if !story.items.is_empty() {
        lines.push(String::new());
        lines.extend(story.items.iter().map(|item| format!("- {}{}", named(item), said(item))));
    }
    lines.extend(story.rest.iter().map(|rest| format!("- {rest}")));
    lines.push(String::new());
    lines.extend(story.runbook.iter().map(|runbook| format!("Runbook: {runbook}")));
    lines.extend(story.advice.iter().cloned());
    if !story.origin.is_empty() {
        lines.extend(["-- ".to_owned(), story.origin.join(", ")]);
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// Without a picture, a script or a request to anywhere. maud escapes every text.
fn page(story: &Story) -> Markup {
    let colour = match story.tone {
        Tone::Firing => "#b42318",
        Tone::Recovered => "#1a7f37",
        Tone::Notice => "#0a5bb5",
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="color-scheme" content="light dark";
                title { (story.title) }
            }
            body style="font: 16px/1.5 system-ui, sans-serif; max-width: 40em" {
                h1 style={ "font-size: 1.2em; border-left: .3em solid " (colour) "; padding-left: .6em" } { (story.title) }
                @if let Some(description) = &story.description { p { (description) } }
                @if !story.items.is_empty() {
                    ul {
                        @for item in &story.items {
                            li { @if !item.name.is_empty() { strong { (item.name) } ": " } (said(item)) }
                        }
                        @if let Some(rest) = &story.rest { li { (rest) } }
                    }
                }
                @if let Some(runbook) = &story.runbook {
                    p { @if is_address(runbook) { a href=(runbook) { "Runbook" } } @else { "Runbook: " (runbook) } }
                }
                @for call in &story.advice { p { code { (call) } } }
                @if !story.origin.is_empty() { p style="font-size: .85em" { (story.origin.join(" · ")) } }
            }
        }
    }
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn named(item: &Item) -> String {
    if item.name.is_empty() { String::new() } else { format!("{}: ", item.name) }
}

fn said(item: &Item) -> String {
    item.parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Time(time) => utc(*time),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::story::told;
    use super::*;
    use serde_json::Value;

    fn mail(message: Value) -> Value {
        let story = told(&serde_json::from_value(message).unwrap());
        serde_json::from_str(&body(&story, "telemetry <t@example.com>", &["ops@example.com".to_owned()])).unwrap()
    }

    #[test]
    fn it_says_all_twice() {
        let mail = mail(
            json!({"type": "alert.firing", "data": {"title": "failures is 20 %", "severity": "sev1", "alert": "failures", "runbook": "https://example.com/r", "unit": "ratio",
            "fires": "above", "instances": [{"breakdown_value": "web", "value": 0.2, "n": 90, "threshold": 0.05, "since": "2026-03-01T10:05:00Z", "fingerprint": "f"}]}}),
        );
        assert_eq!(mail["subject"], "failures is 20 %");
        assert_eq!(
            mail["text"],
            "failures is 20 %\n\n- web: 20 % of 90, above 5 %, since 2026-03-01 10:05 UTC\n\nRunbook: https://example.com/r\nselect telemetry.acknowledge_alert('f')\n-- \nsev1, failures\n"
        );
        assert!(
            mail["html"]
                .as_str()
                .unwrap()
                .contains("<strong>web</strong>: 20 % of 90, above 5 %, since 2026-03-01 10:05 UTC")
        );
    }

    #[test]
    fn a_name_is_no_markup_and_a_title_no_header() {
        let mail = mail(
            json!({"type": "alert.firing", "data": {"title": "<b>\r\nBcc: evil@example.com", "runbook": "javascript:alert(1)", "instances": [{"breakdown_value": "<script>alert(1)</script>"}]}}),
        );
        let html = mail["html"].as_str().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("href"), "{html}");
        assert!(!mail["subject"].as_str().unwrap().contains(['\r', '\n']));
    }
}
