//! generate_demo_events() makes up what the users of an application might have done. Twin: sql/log/demo_events.sql,
//! which imports it. The data in `packs/demo/*.json` say who does what; the same arguments give the same events on
//! every machine.

mod chance;
mod playing;
mod scenario;

use crate::error::Error;
use crate::log::packs::pack_named;
use crate::time::DAY;
use pgrx::JsonB;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use playing::Play;
use scenario::Scenario;
use serde_json::Value;

const SCENARIOS: [(&str, &str); 5] = [
    ("tutoring", include_str!("../../packs/demo/tutoring.json")),
    ("coaching", include_str!("../../packs/demo/coaching.json")),
    ("exam_prep", include_str!("../../packs/demo/exam_prep.json")),
    ("support_chat", include_str!("../../packs/demo/support_chat.json")),
    ("learning", include_str!("../../packs/demo/learning.json")),
];

/// One call of import_events() gets so many events.
const BATCH: usize = 5_000;

/// Returns arrays for import_events(), day by day. Contract of the arguments: see the COMMENT in
/// sql/log/demo_events.sql.
#[pg_extern(stable)]
fn demo_batches(
    pack: Option<&str>,
    users: Option<i32>,
    days: Option<i32>,
    seed: Option<i32>,
    until: Option<TimestampWithTimeZone>,
) -> Result<SetOfIterator<'static, JsonB>, ErrorReport> {
    let users = within("users", users.unwrap_or(100), 1, 100_000)?;
    let days = within("days", days.unwrap_or(28), 1, 3_660)?;
    let until = match until.map(i64::from) {
        Some(i64::MIN | i64::MAX) => Err(Error::InfiniteTime { argument: "until" })?,
        Some(until) => until,
        None => {
            let now = crate::db::session::clock();
            now - now.rem_euclid(DAY)
        }
    };
    let scenario = scenario_of(pack)?;
    let play =
        Play { pack: pack.unwrap_or_default().to_string(), scenario, users, days, seed: seed.unwrap_or(1), until };
    let mut day = 0;
    let mut waiting: Vec<Value> = Vec::new();
    Ok(SetOfIterator::new(std::iter::from_fn(move || {
        while waiting.len() < BATCH && day < days {
            waiting.extend(play.day(day));
            day += 1;
            pgrx::check_for_interrupts!();
        }
        let rest = waiting.split_off(waiting.len().min(BATCH));
        let batch = std::mem::replace(&mut waiting, rest);
        (!batch.is_empty()).then_some(JsonB(Value::Array(batch)))
    })))
}

fn scenario_of(pack: Option<&str>) -> Result<Scenario, Error> {
    let (name, _) = pack_named(pack)?;
    let broken = |problem: String| Error::BrokenPack { name: name.to_string(), problem };
    let (_, text) = SCENARIOS.iter().find(|(known, _)| known == name).ok_or_else(|| broken("no scenario".into()))?;
    serde_json::from_str(text).map_err(|problem| broken(problem.to_string()))
}

fn within(argument: &'static str, value: i32, least: i32, most: i32) -> Result<i32, Error> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Error::BadArgument {
        problem: format!("{argument} must be between {least} and {most}"),
        hint: "For example: telemetry.generate_demo_events('tutoring', users => 100, days => 28).".into(),
    })
}

#[cfg(test)]
mod tests;
