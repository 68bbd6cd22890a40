//! Words around numbers: names of events and KPIs as people read them, buckets, ranges, lists.

use chrono::{Datelike, NaiveDateTime, NaiveTime, TimeDelta};

use crate::answer::{Answer, Range};

/// `booking_scheduled` as "Booking scheduled".
pub fn humanised(name: &str) -> String {
    let text = lower(name);
    capital(if text.is_empty() { name } else { &text })
}

/// Words that people write in capital letters.
const ABBREVIATIONS: &[&str] = &[
    "ai", "api", "b2b", "cpu", "csv", "dau", "db", "dlq", "faq", "gpu", "html", "http", "id", "io", "ip", "json",
    "llm", "mau", "mfa", "ocr", "os", "pdf", "qa", "ram", "sdk", "seo", "sla", "sms", "sql", "sso", "tls", "ui", "url",
    "utc", "ux", "wau", "xml",
];

/// `booking_scheduled` and `BOOKING_SCHEDULED` as "booking scheduled", within a sentence.
pub fn lower(name: &str) -> String {
    let is_shouted = name.len() > 4 && !name.chars().any(char::is_lowercase);
    let word = |word: &str| {
        let lower = word.to_lowercase();
        match ABBREVIATIONS.contains(&lower.as_str()) {
            true => lower.to_uppercase(),
            false if is_shouted => lower,
            false => word.to_owned(),
        }
    };
    name.split(['_', '.', '-', ' ']).filter(|part| !part.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

/// A value of a breakdown: of several keys it is a list as JSON; of an id the first part is enough.
pub fn value(text: &str) -> String {
    match serde_json::from_str::<Vec<serde_json::Value>>(text) {
        Ok(several) if !several.is_empty() => several
            .iter()
            .map(|one| {
                one.as_str().map_or_else(|| if one.is_null() { "None".to_owned() } else { one.to_string() }, short_id)
            })
            .collect::<Vec<_>>()
            .join(", "),
        _ => short_id(text),
    }
}

/// Of a uuid its first part: a person compares it, and does not read it.
pub fn short_id(id: &str) -> String {
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(place, byte)| {
            if matches!(place, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        });
    if is_uuid { format!("{}…", &id[..8]) } else { id.to_owned() }
}

/// "1 more is", "2 more are".
pub fn more(count: usize) -> String {
    format!("{} more {}", crate::number::decimal(count as f64, 0), if count == 1 { "is" } else { "are" })
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// The name of a KPI without that of its pack: `coaching_show_rate` as "Show rate".
pub fn label_of(answer: &Answer) -> String {
    let own = answer.pack.as_deref().and_then(|pack| answer.name.strip_prefix(pack)?.strip_prefix('_'));
    humanised(own.filter(|own| !own.is_empty()).unwrap_or(&answer.name))
}

/// "a, b and c"; of more than `most` the rest is counted.
pub fn list(items: &[String], most: usize) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        _ if items.len() > most.max(1) => {
            format!("{} and {} more", items[..most.max(1)].join(", "), items.len() - most.max(1))
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "day" of "15 minutes" or "day": what one bucket is called.
pub fn bucket_noun(grain: &str) -> &str {
    match grain {
        "5 minutes" | "10 minutes" | "15 minutes" => grain,
        "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year" => grain,
        _ => "bucket",
    }
}

pub fn adverb(grain: &str) -> Option<&'static str> {
    Some(match grain {
        "hour" => "Hourly",
        "day" => "Daily",
        "week" => "Weekly",
        "month" => "Monthly",
        "quarter" => "Quarterly",
        "year" => "Yearly",
        _ => return None,
    })
}

/// The heading of a column of buckets.
pub fn bucket_heading(grain: &str) -> String {
    if grain == "week" {
        "Week of".to_owned()
    } else {
        capital(if grain.ends_with("minutes") { "time" } else { bucket_noun(grain) })
    }
}

/// "31 Oct", "Nov 2026", "31 Oct 14:00".
pub fn bucket(start: NaiveDateTime, grain: &str, range: &Range) -> String {
    let has_years =
        range.since.is_some_and(|since| since.year() != range.now.year()) || start.year() != range.now.year();
    match grain {
        "year" => start.format("%Y").to_string(),
        "quarter" => format!("Q{} {}", start.month0() / 3 + 1, start.year()),
        "month" => start.format("%b %Y").to_string(),
        "day" | "week" if has_years => start.format("%-d %b %Y").to_string(),
        "day" | "week" => start.format("%-d %b").to_string(),
        _ if is_one_day(range) => start.format("%H:%M").to_string(),
        _ => start.format("%-d %b %H:%M").to_string(),
    }
}

/// "in the week of 16 Nov", "on 27 Nov".
pub fn in_bucket(start: NaiveDateTime, grain: &str, range: &Range) -> String {
    let said = bucket(start, grain, range);
    match grain {
        "day" => format!("on {said}"),
        "week" => format!("in the week of {said}"),
        "month" | "quarter" | "year" => format!("in {said}"),
        "hour" => format!("in the hour of {said}"),
        _ => format!("from {said}"),
    }
}

fn is_one_day(range: &Range) -> bool {
    let until = range.until.unwrap_or(range.now);
    range.since.is_some_and(|since| until - since <= TimeDelta::hours(36))
}

/// "31 Oct to 28 Nov 2026, Europe/Berlin": the last day is said, not the one after it.
pub fn period(range: &Range) -> String {
    format!("{}, {}", days(range), range.tz)
}

fn days(range: &Range) -> String {
    let Some(since) = range.since else {
        return range
            .until
            .map_or_else(|| "All time".to_owned(), |until| format!("Until {}", until.format("%-d %b %Y, %H:%M")));
    };
    let end = range.until.unwrap_or(range.now);
    let (from, to) = if is_midnight(since) && range.until.is_none_or(is_midnight) {
        // The last day that is in the range.
        let last = match range.until {
            Some(until) => until.checked_sub_signed(TimeDelta::days(1)).unwrap_or(until).max(since),
            None => end,
        };
        if since.date() == last.date() {
            return since.format("%-d %b %Y").to_string();
        }
        (if since.year() == last.year() { "%-d %b" } else { "%-d %b %Y" }, last.format("%-d %b %Y").to_string())
    } else if since.date() == end.date() {
        ("%-d %b %Y, %H:%M", end.format("%H:%M").to_string())
    } else {
        (
            if since.year() == end.year() { "%-d %b, %H:%M" } else { "%-d %b %Y, %H:%M" },
            end.format("%-d %b %Y, %H:%M").to_string(),
        )
    };
    format!("{} to {to}", since.format(from))
}

fn is_midnight(moment: NaiveDateTime) -> bool {
    moment.time() == NaiveTime::MIN
}
