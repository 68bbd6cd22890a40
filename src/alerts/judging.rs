//! Judges series of numbers by an alert's rule, and makes the numbers of sliding ranges. Twin: sql/alerts/judging.sql.

use super::engine::{Cause, Point, Rule, State, Status, Stored};
use super::windows::{How, Minute, slide};
use crate::calendar::timestamp;
use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::jsonb;
use crate::readers::arguments::bad;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use serde::de::DeserializeOwned;

/// A row: a transition, or, without a time and at the end, the state that is left where it is another one than before.
type Judged = (
    Option<TimestampWithTimeZone>,
    Option<String>,
    Option<String>,
    Option<f64>,
    Option<f64>,
    Option<String>,
    Option<bool>,
    Option<JsonB>,
);

/// Contract: see sql/alerts/judging.sql.
#[pg_extern(sql = false)]
fn judge_alert(call: Call<'_>) -> Answer<Judged> {
    let rule: Rule = read(&call, "rule")?.ok_or_else(|| bad("there is no rule", "See telemetry.alerts."))?;
    let stored: Stored = read(&call, "state")?.unwrap_or_default();
    let before = State::from_stored(&stored)
        .ok_or_else(|| bad("a state has a time that is none", "See telemetry.alert_states."))?;
    let times = times(&call, "at")?;
    let (values, counts) = (numbers(&call, "numbers", times.len())?, numbers(&call, "counts", times.len())?);
    let present = call.flags("present")?;
    let mut state = before.clone();
    let mut rows: Vec<Judged> = Vec::new();
    for (place, at) in times.into_iter().enumerate() {
        let is_there = present.as_ref().is_none_or(|present| present.get(place).copied().flatten().unwrap_or(true));
        let point = Point { at, value: values[place], n: counts[place], is_there };
        if let Some(made) = rule.judge(&mut state, &point) {
            rows.push((
                Some(timestamp(made.at)?),
                Some(word(made.from).into()),
                Some(word(made.to).into()),
                made.value,
                made.n,
                Some(cause(made.cause).into()),
                Some(made.notifies),
                None,
            ));
        }
    }
    if state != before {
        let left =
            serde_json::to_value(state.to_stored()).map_err(|problem| bad(&problem.to_string(), "Report it."))?;
        rows.push((None, None, None, None, None, None, None, Some(JsonB(left))));
    }
    call.rows(rows)
}

/// Contract: see sql/alerts/judging.sql.
#[pg_extern(sql = false)]
fn sliding_numbers(call: Call<'_>) -> Answer<(Vec<Option<f64>>, Vec<Option<f64>>)> {
    let starts = times(&call, "starts")?;
    let (values, counts) = (numbers(&call, "numbers", starts.len())?, numbers(&call, "counts", starts.len())?);
    let ends = times(&call, "ends")?;
    let how = call.text("how")?.unwrap_or_default();
    let how: How = serde_json::from_value(how.into())
        .map_err(|problem| bad(&problem.to_string(), "See sql/alerts/judging.sql."))?;
    let length = call.integer("seconds")?.unwrap_or_default();
    let minutes: Vec<Minute> = starts
        .into_iter()
        .enumerate()
        .map(|(place, start)| Minute { start, value: values[place], n: counts[place].unwrap_or(0.0) })
        .collect();
    let numbers = slide(&minutes, &ends, i64::from(length) * crate::time::SECOND, how);
    call.rows([numbers.into_iter().map(|(value, n)| (value, Some(n))).unzip()])
}

fn read<T: DeserializeOwned>(call: &Call<'_>, argument: &str) -> Result<Option<T>, Error> {
    let Some(given) = call.jsonb(argument)? else { return Ok(None) };
    let text = jsonb::text(given.container());
    serde_json::from_str(&text).map(Some).map_err(|problem| bad(&problem.to_string(), "See sql/alerts/judging.sql."))
}

fn times(call: &Call<'_>, argument: &str) -> Result<Vec<i64>, Error> {
    Ok(call.times(argument)?.unwrap_or_default().into_iter().flatten().map(i64::from).collect())
}

/// Reads numbers, as many as there are times; where there are none, they are not known.
fn numbers(call: &Call<'_>, argument: &str, places: usize) -> Result<Vec<Option<f64>>, Error> {
    let mut numbers = call.numbers(argument)?.unwrap_or_default();
    numbers.resize(places, None);
    Ok(numbers)
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Quiet => "quiet",
        Status::Pending => "pending",
        Status::Firing => "firing",
    }
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Threshold => "threshold",
        Cause::NoData => "no_data",
        Cause::Event => "event",
    }
}
