//! Pure: a message as an incoming webhook of Slack takes it: a text for notifications and, above it, blocks.
//!
//! Slack refuses a whole message where one limit is passed: 50 blocks, 3,000 characters of a section, 150 of a header. What came
//! from clients is escaped, so that `<!channel>` calls nobody, and `verbatim` keeps Slack from finding names and links in it.

use super::story::{Item, Part, Story, Tone, utc};
use crate::time::EPOCH;
use serde_json::{Value, json};

const MOST_BLOCKS: usize = 50;
const MOST_OF_A_SECTION: usize = 3000;
const MOST_OF_A_HEADER: usize = 150;
/// Slack cuts a text at 40,000 and advises 4,000.
const MOST_OF_A_TEXT: usize = 4000;

pub fn body(story: &Story) -> String {
    let mut blocks =
        vec![json!({"type": "header", "text": {"type": "plain_text", "text": header(story), "emoji": true}})];
    blocks.push(section(&escaped(&story.title)));
    blocks.extend(story.description.as_deref().map(|text| section(&escaped(text))));
    blocks.extend(story.items.iter().map(|item| section(&line(item))));
    // What stands behind the items: their rest, a runbook, advice, the origin.
    blocks.truncate(MOST_BLOCKS - 4);
    blocks.extend(story.rest.as_deref().map(|rest| section(&escaped(rest))));
    blocks.extend(story.runbook.as_deref().map(|runbook| section(&linked(runbook))));
    blocks.extend(story.advice.first().map(|call| section(&format!("`{}`", escaped(call).replace('`', "'")))));
    if !story.origin.is_empty() {
        blocks.push(json!({"type": "context", "elements": [mrkdwn(&escaped(&story.origin.join(" · ")))]}));
    }
    let text = cut(&format!("{} {}", mark(story.tone), escaped(&story.title)), MOST_OF_A_TEXT);
    json!({"text": text, "blocks": blocks, "unfurl_links": false, "unfurl_media": false}).to_string()
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Firing => ":red_circle:",
        Tone::Recovered => ":large_green_circle:",
        Tone::Notice => ":large_blue_circle:",
    }
}

fn header(story: &Story) -> String {
    cut(&format!("{} {}", mark(story.tone), escaped(&story.label)), MOST_OF_A_HEADER)
}

fn line(item: &Item) -> String {
    let name = if item.name.is_empty() { String::new() } else { format!("*{}*: ", escaped(&item.name)) };
    let parts: String = item
        .parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => escaped(text),
            Part::Time(time) => {
                format!(
                    "<!date^{}^{{date_short_pretty}} {{time}}|{}>",
                    (time + EPOCH).div_euclid(1_000_000),
                    utc(*time)
                )
            }
        })
        .collect();
    // A section without a character is refused.
    if name.is_empty() && parts.is_empty() { "–".to_owned() } else { name + &parts }
}

/// An address as a link, anything else as it is.
fn linked(runbook: &str) -> String {
    let is_address =
        (runbook.starts_with("https://") || runbook.starts_with("http://")) && !runbook.contains(['|', '<', '>', ' ']);
    if is_address { format!("<{}|Runbook>", escaped(runbook)) } else { format!("Runbook: {}", escaped(runbook)) }
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text)})
}

fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": cut(text, MOST_OF_A_SECTION), "verbatim": true})
}

/// As Slack's documentation has it: these three, and no others.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most so many characters, and no half of an escape or of a link at the end.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    let open = kept.rfind(['&', '<']).filter(|at| !kept[*at..].contains([';', '>']));
    format!("{}…", &kept[..open.unwrap_or(kept.len())])
}

#[cfg(test)]
mod tests {
    use super::super::story::told;
    use super::*;
    use proptest::prelude::*;

    fn sent(message: Value) -> Value {
        serde_json::from_str(&body(&told(&serde_json::from_value(message).unwrap()))).unwrap()
    }

    /// Every text of a message.
    fn texts(value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| match value {
                Value::String(text) if key == "text" => all.push(text.clone()),
                other => texts(other, all),
            }),
            Value::Array(elements) => elements.iter().for_each(|element| texts(element, all)),
            _ => {}
        }
    }

    fn firing(name: &str, instances: usize) -> Value {
        let one = json!({"breakdown_value": name, "value": 0.2, "n": 90, "since": "2026-03-01T10:05:00Z", "fingerprint": name});
        json!({"type": "alert.firing", "data": {"title": name, "severity": name, "alert": name, "description": name, "runbook": name, "database": name, "more": 1, "instances": vec![one; instances]}})
    }

    #[test]
    fn a_name_calls_nobody() {
        let message = sent(firing("<!channel> <@U1> & <https://evil|x>", 1));
        let mut all = Vec::new();
        texts(&message, &mut all);
        assert!(all.iter().any(|text| text.contains("&lt;!channel&gt; &lt;@U1&gt; &amp;")), "{all:?}");
        assert!(
            all.iter().all(|text| !text.replace("<!date^", "").contains("<!")
                && !text.contains("<@")
                && !text.contains("<h")),
            "{all:?}"
        );
    }

    #[test]
    fn a_time_is_shown_in_the_readers_zone() {
        let message = sent(firing("web", 1));
        assert_eq!(
            message["blocks"][3]["text"]["text"],
            "*web*: 0.2 of 90, since <!date^1772359500^{date_short_pretty} {time}|2026-03-01 10:05 UTC>"
        );
    }

    #[test]
    fn a_runbook_is_a_link_where_it_is_an_address() {
        assert_eq!(linked("https://example.com/?a=1&b=2"), "<https://example.com/?a=1&amp;b=2|Runbook>");
        assert_eq!(linked("javascript:alert(1)"), "Runbook: javascript:alert(1)");
        assert_eq!(linked("https://example.com/|x"), "Runbook: https://example.com/|x");
    }

    proptest! {
        /// Slack's limits hold, whatever names there are and however many instances.
        #[test]
        fn never_too_long(name in "[a-z<>&!@|`*\n\u{1F600}]{0,400}", instances in 0..120_usize) {
            let message = sent(firing(&name, instances));
            let blocks = message["blocks"].as_array().unwrap();
            prop_assert!(blocks.len() <= 50);
            for block in blocks {
                let mut all = Vec::new();
                texts(block, &mut all);
                let most = if block["type"] == "header" { 150 } else { 3000 };
                for text in all {
                    prop_assert!((1..=most).contains(&text.chars().count()), "{}", text);
                }
            }
        }

        #[test]
        fn a_cut_text_ends_with_no_half_escape(text in "[a&<>]{0,60}", most in 2..40_usize) {
            let cut = cut(&escaped(&text), most);
            prop_assert!(cut.chars().count() <= most);
            let whole = cut.trim_end_matches('…').replace("&amp;", "").replace("&lt;", "").replace("&gt;", "");
            prop_assert!(!whole.contains('&'), "{}", cut);
        }
    }
}
