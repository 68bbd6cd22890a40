//! Pure: a message in one sentence: what, how much, out of how many, since when.

use super::content::{Alert, Destination, Digest, Export, Instance, Test};
use telemetry_pictures::clean;
use telemetry_pictures::number::{decimal, say};
use telemetry_pictures::picture::Measure;

/// Of a digest so many alerts are named; of a name or value so many characters are shown.
const MOST_NAMED: usize = 5;
const MOST_SHOWN: usize = 60;

/// The sentence of a message about an alert; its time is that of the message.
pub fn of_alert(kind: &str, now: &str, message: &Alert) -> String {
    let count = message.instances.len() as u64 + message.more;
    let first = message.instances.first();
    let alert = message.alert.as_deref().map_or("An alert", |alert| alert);
    let is_error = first.is_some_and(|first| first.cause.as_deref() == Some("error"));
    let sentence = match (kind, first) {
        ("alert.error", Some(first)) if message.alert.is_none() => {
            format!(
                "Alerts were not evaluated for a while, which was noticed at {}",
                clock(first.since.as_deref(), now)
            )
        }
        ("alert.error", first) => {
            format!(
                "Alert {alert} cannot be evaluated, since {}",
                clock(first.and_then(|first| first.since.as_deref()), now)
            )
        }
        (_, None) => format!("{alert} changed"),
        ("alert.recovered", Some(_)) if is_error => format!("Alert {alert} is evaluated again"),
        ("alert.recovered", Some(first)) if count == 1 => over(message, first, now),
        ("alert.recovered", Some(_)) => format!("{}: {count} instances are over", subject(message, None)),
        (_, Some(first)) => {
            let over = message.instances.iter().filter(|one| one.status != "firing").count() as u64;
            let firing = count - over;
            let also = match over {
                0 => String::new(),
                1 => "; 1 other is over".to_owned(),
                over => format!("; {over} others are over"),
            };
            if firing == 1 {
                beyond(kind, message, first, now) + &also
            } else {
                let verb = if kind == "alert.repeated" { "still fire" } else { "fire" };
                let worst = worst(message).unwrap_or(first);
                let number = number(message, worst).map(|number| format!(", the worst {number}")).unwrap_or_default();
                let at =
                    label(worst).filter(|_| !number.is_empty()).map(|label| format!(" ({label})")).unwrap_or_default();
                format!("{}: {firing} instances {verb}{number}{at}{also}", subject(message, None))
            }
        }
    };
    if message.is_flapping { format!("{sentence}; it goes to and fro, so it is told once an hour") } else { sentence }
}

pub fn of_digest(digest: &Digest) -> String {
    let mut named: Vec<(&str, u64)> = Vec::new();
    for fired in &digest.alerts {
        match named.iter_mut().find(|(name, _)| *name == fired.alert) {
            Some((_, times)) => *times += fired.firings,
            None => named.push((&fired.alert, fired.firings)),
        }
    }
    let more = named.len().saturating_sub(MOST_NAMED) as u64 + digest.more;
    let mut listed: Vec<String> =
        named.iter().take(MOST_NAMED).map(|(name, times)| format!("{name} {}", often(*times))).collect();
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    format!("Alerts of {} ({}): {}", digest.local_date, digest.tz, listed.join(", "))
}

pub fn of_destination(kind: &str, now: &str, destination: &Destination) -> String {
    let name = &destination.destination;
    if kind == "destination.recovered" {
        return format!("Destination {name} takes messages again");
    }
    let why = match (destination.last_error.as_deref(), destination.last_status_code) {
        (None | Some("status"), Some(code)) => format!(": it answers {code}"),
        (Some(error), _) => format!(": {}", clean::label(&error.replace('_', " "), MOST_SHOWN)),
        (None, None) => String::new(),
    };
    let since = destination
        .failing_since
        .as_deref()
        .map(|since| format!(", since {}", clock(Some(since), now)))
        .unwrap_or_default();
    format!("Destination {name} is down{since}{why}")
}

pub fn of_export(kind: &str, now: &str, export: &Export) -> String {
    let name = &export.export;
    if kind == "export.recovered" {
        return format!("Export {name} has caught up");
    }
    let since = export
        .behind_since
        .as_deref()
        .map(|since| format!(": its oldest event that is in no file is of {}", clock(Some(since), now)))
        .unwrap_or_default();
    format!("Export {name} is behind{since}")
}

pub fn of_test(test: &Test) -> String {
    format!("This is a test of the destination {}", test.destination)
}

fn often(times: u64) -> String {
    match times {
        0 => "from the day before on".to_owned(),
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

/// An instance that fires.
fn beyond(kind: &str, message: &Alert, instance: &Instance, now: &str) -> String {
    let since = clock(instance.since.as_deref(), now);
    let subject = subject(message, Some(instance));
    if instance.cause.as_deref() == Some("too_many") {
        return format!("{subject}: more instances fire than are told one by one, since {since}");
    }
    match (kind, number(message, instance)) {
        (_, None) if instance.cause.as_deref() == Some("no_data") => format!("{subject} has no value, since {since}"),
        (_, None) => format!("{subject} fires, since {since}"),
        ("alert.repeated", Some(number)) => format!("{subject} still fires: {number}, since {since}"),
        (_, Some(number)) if instance.cause.as_deref() == Some("event") => {
            format!("{subject}: {number}, since {since}")
        }
        (_, Some(number)) if message.compare_with.is_some() => format!("{subject} changed by {number}, since {since}"),
        (_, Some(number)) => format!("{subject} is {number}, since {since}"),
    }
}

/// An instance that is over.
fn over(message: &Alert, instance: &Instance, now: &str) -> String {
    let subject = subject(message, Some(instance));
    let fired = match (instance.since.as_deref(), instance.until.as_deref()) {
        (Some(since), Some(until)) => {
            format!("it fired from {} to {}", clock_alone(since, now), clock(Some(until), now))
        }
        _ => "it fired".to_owned(),
    };
    if instance.cause.as_deref() == Some("dropped") {
        return format!("{subject} is over, since its rule was dropped; {fired}");
    }
    let value = instance.value.as_ref().and_then(|value| value.as_f64());
    match value {
        Some(value) if instance.cause.as_deref() == Some("threshold") => {
            format!("{subject} is over: {}{}; {fired}", said(message, value), of_how_many(message, instance))
        }
        _ => format!("{subject} is over; {fired}"),
    }
}

/// What is beyond what: "20 % of 90, above 5 %".
fn number(message: &Alert, instance: &Instance) -> Option<String> {
    let value = instance.value.as_ref().and_then(|value| value.as_f64())?;
    if instance.cause.as_deref() == Some("event") {
        return Some(if value == 1.0 { "1 event".to_owned() } else { format!("{} events", decimal(value, 0)) });
    }
    let against = message.compare_with.as_deref().map(|ago| format!(" against {ago} before")).unwrap_or_default();
    let side = message.fires.as_deref().unwrap_or("beyond");
    let limit = instance.threshold.as_ref().and_then(|limit| limit.as_f64());
    let limit = limit.map(|limit| format!(", {side} {}", said(message, limit))).unwrap_or_default();
    Some(format!("{}{}{against}{limit}", said(message, value), of_how_many(message, instance)))
}

fn of_how_many(message: &Alert, instance: &Instance) -> String {
    let value = instance.value.as_ref().and_then(|value| value.as_f64());
    match instance.n.as_ref().and_then(|n| n.as_f64()) {
        Some(n) if Some(n) != value && !matches!(measure(message), Measure::Count(_)) => {
            format!(" of {}", decimal(n, 0))
        }
        _ => String::new(),
    }
}

fn said(message: &Alert, value: f64) -> String {
    say(value, &measure(message))
}

fn measure(message: &Alert) -> Measure {
    match message.unit.as_deref().unwrap_or_default() {
        "ratio" | "share" | "relative difference" => Measure::Share,
        "seconds" => Measure::Duration,
        unit @ ("milliseconds" | "minutes" | "hours" | "days" | "bytes" | "points" | "units of the currency") => {
            Measure::Amount(unit.to_owned())
        }
        "" | "score" => Measure::Amount(String::new()),
        unit => Measure::Count(unit.to_owned()),
    }
}

/// What the message is about: the KPI, or the alert; of one instance with the value that it is of.
fn subject(message: &Alert, instance: Option<&Instance>) -> String {
    let name = message.kpi.as_deref().or(message.alert.as_deref()).unwrap_or("alerts");
    match instance.and_then(label) {
        Some(label) => format!("{name} ({label})"),
        None => name.to_owned(),
    }
}

fn label(instance: &Instance) -> Option<String> {
    let value = instance.breakdown_value.as_deref().filter(|value| !value.starts_with('$'));
    let value = value.map(|value| clean::label(value, MOST_SHOWN));
    let tenant = instance.tenant_id.as_deref().map(|tenant| format!("tenant {tenant}"));
    match (value, tenant) {
        (Some(value), Some(tenant)) => Some(format!("{value}, {tenant}")),
        (value, tenant) => value.or(tenant),
    }
}

/// The instance whose number is furthest beyond.
fn worst(message: &Alert) -> Option<&Instance> {
    let number = |instance: &Instance| instance.value.as_ref().and_then(|value| value.as_f64());
    let firing = message.instances.iter().filter(|one| one.status == "firing" && number(one).is_some());
    let is_below = message.fires.as_deref() == Some("below");
    firing.max_by(|a, b| {
        let order = number(a).partial_cmp(&number(b)).unwrap_or(std::cmp::Ordering::Equal);
        if is_below { order.reverse() } else { order }
    })
}

/// A time as people say it, with its day where that is another one than that of the message.
fn clock(time: Option<&str>, now: &str) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), |time| format!("{} UTC", clock_alone(time, now)))
}

fn clock_alone(time: &str, now: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(minute)) if now.get(..10) == Some(day) => minute.to_owned(),
        (Some(day), Some(minute)) => format!("{day} {minute}"),
        _ => clean::label(time, MOST_SHOWN),
    }
}

#[cfg(test)]
mod tests;
