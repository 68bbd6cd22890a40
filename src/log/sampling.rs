//! Sampling keeps a share of an event's rows: its own rate, and less once a tenant has used up the event's budget of
//! the day. Twin: sql/log/sampling.sql, where the counts are and can be seen.

pub mod budget;
pub mod share;

use crate::db::{self, Access, Statement, Value};
use crate::error::Error;
use crate::log::instant;
use crate::log::storing::EventRow;
use crate::log::taxonomy::Accepted;
use crate::time::{DAY, SECOND};
use pgrx::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use uuid::Uuid;

/// What this backend knows of one event's budget.
struct Known {
    day: i64,
    /// The events kept as of `read_at`, and those that this backend kept since.
    kept: i64,
    read_at: i64,
    kept_since: i64,
}

thread_local! {
    static KNOWN: RefCell<HashMap<Uuid, HashMap<String, Known>>> = RefCell::default();
}

/// More tenants than one backend serves in a day are forgotten and read again.
const MOST_TENANTS: usize = 10_000;

/// Returns the probability with which an event is kept now.
pub fn rate(accepted: &Accepted, event_name: &str, tenant_id: Uuid, event_ts: i64) -> Result<f32, Error> {
    let Some(budget) = accepted.daily_budget.map(i64::from) else { return Ok(accepted.sampling_rate) };
    let kept = kept_today(budget, event_name, tenant_id, event_ts)?;
    Ok(accepted.sampling_rate * budget::rate(kept, budget))
}

/// Returns how many events of a name were kept on the day of `event_ts`; those of other sessions count as of the last
/// second.
pub fn kept_today(budget: i64, event_name: &str, tenant_id: Uuid, event_ts: i64) -> Result<i64, Error> {
    let day = event_ts.div_euclid(DAY);
    let known = KNOWN.with_borrow(|known| {
        let known = known.get(&tenant_id)?.get(event_name)?;
        let is_fresh = known.day == day
            && (event_ts - known.read_at).abs() < SECOND
            && known.kept_since < budget::step(budget).max(budget / 20);
        is_fresh.then_some(known.kept + known.kept_since)
    });
    known.map_or_else(|| read_kept(event_name, tenant_id, event_ts), Ok)
}

fn read_kept(event_name: &str, tenant_id: Uuid, event_ts: i64) -> Result<i64, Error> {
    let arguments = [Value::Uuid(&tenant_id), Value::Text(event_name), Value::Time(event_ts)];
    let kept = db::run(Statement::KeptToday, &arguments, Access::ReadLatest, |row| row.get::<i64>(1))?;
    let kept = kept.into_iter().flatten().next().unwrap_or(0);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MOST_TENANTS {
            known.clear();
        }
        let fresh = Known { day: event_ts.div_euclid(DAY), kept, read_at: event_ts, kept_since: 0 };
        known.entry(tenant_id).or_default().insert(event_name.to_string(), fresh);
    });
    Ok(kept)
}

/// Counts an event that is kept, where it has a budget. One in `step` leaves a row that counts for `step`, so that
/// sessions share no counter and none waits for another.
pub fn count_kept(daily_budget: Option<i32>, row: &EventRow<'_>) -> Result<(), Error> {
    let Some(budget) = daily_budget.map(i64::from) else { return Ok(()) };
    count(budget, row.event_name, &row.tenant_id, row.event_ts, &row.event_id)
}

/// Counts one event of a name on the day of `event_ts`; `row_id` tells the rows of the count apart.
pub fn count(budget: i64, event_name: &str, tenant_id: &Uuid, event_ts: i64, row_id: &Uuid) -> Result<(), Error> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.get_mut(tenant_id).and_then(|events| events.get_mut(event_name)) {
            known.kept_since += 1;
        }
    });
    let step = budget::step(budget);
    // Random bits of our own: a caller could choose ids that are never counted.
    if budget::is_counted(&instant::uuid_at(event_ts), step) {
        let step = i32::try_from(step).unwrap_or(i32::MAX);
        let row = [
            Value::Uuid(tenant_id),
            Value::Text(event_name),
            Value::Time(event_ts),
            Value::Uuid(row_id),
            Value::Integer(step),
        ];
        db::run(Statement::CountKept, &row, Access::Write, |_| ())?;
    }
    Ok(())
}

/// Contract: see sql/log/sampling.sql, which shows the present rates.
#[pg_extern(immutable, parallel_safe)]
fn budget_rate(kept: Option<i64>, daily_budget: Option<i32>) -> Option<f32> {
    daily_budget.map(|daily_budget| budget::rate(kept.unwrap_or(0), i64::from(daily_budget)))
}
