//! Words around numbers: names of events and KPIs as people read them, dates, ranges.

use chrono::{Datelike, NaiveDateTime, TimeDelta};

use crate::answer::Range;

/// `booking_scheduled` as "Booking scheduled".
pub fn humanised(name: &str) -> String {
    let text = name.replace(['_', '.', '-'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().collect::<String>() + letters.as_str(),
        None => name.to_owned(),
    }
}

/// "31 Oct to 28 Nov 2026, Europe/Berlin": the last day is said, not the one after it.
pub fn period(range: &Range) -> String {
    let text = match (range.since, range.until) {
        (Some(since), until) => {
            let last = until.unwrap_or(range.now);
            let is_days = is_midnight(since) && (until.is_none() || is_midnight(last));
            if is_days {
                let last = if until.is_some() {
                    last.checked_sub_signed(TimeDelta::days(1)).unwrap_or(last).max(since)
                } else {
                    last
                };
                if since.date() == last.date() {
                    since.format("%-d %b %Y").to_string()
                } else if since.year() == last.year() {
                    format!("{} to {}", since.format("%-d %b"), last.format("%-d %b %Y"))
                } else {
                    format!("{} to {}", since.format("%-d %b %Y"), last.format("%-d %b %Y"))
                }
            } else if since.date() == last.date() {
                format!("{} to {}", since.format("%-d %b %Y, %H:%M"), last.format("%H:%M"))
            } else if since.year() == last.year() {
                format!("{} to {}", since.format("%-d %b, %H:%M"), last.format("%-d %b %Y, %H:%M"))
            } else {
                format!("{} to {}", since.format("%-d %b %Y, %H:%M"), last.format("%-d %b %Y, %H:%M"))
            }
        }
        (None, Some(until)) => format!("until {}", until.format("%-d %b %Y, %H:%M")),
        (None, None) => "all time".to_owned(),
    };
    format!("{text}, {}", range.tz)
}

fn is_midnight(moment: NaiveDateTime) -> bool {
    moment.time() == chrono::NaiveTime::MIN
}
