//! Tenants: what one may log is nothing while it is suspended, and otherwise so many events a day, with payloads so
//! large. Twin: sql/log/tenants.sql.
//!
//! The limits are read once per backend and tenant, and again after telemetry.tenants has changed; a tenant without a
//! row costs a look into a map. The day's events are counted as those of a sampling budget are (sampling.rs), under the
//! empty name.

use crate::db::{self, Access, Statement, Value, session, watch};
use crate::error::Error;
use crate::log::instant;
use crate::log::sampling;
use crate::violation::{Reason, Violation};
use foldhash::{HashMap, HashMapExt};
use pgrx::prelude::*;
use std::cell::RefCell;
use uuid::Uuid;

/// The name under which all events of a limited tenant are counted; no event has it.
const ALL_EVENTS: &str = "";

#[derive(Clone, Copy, Default)]
pub struct TenantLimits {
    is_suspended: bool,
    events_per_day: Option<i64>,
    payload_limit: Option<usize>,
}

#[derive(Default)]
struct Known {
    generation: u64,
    limits: HashMap<Uuid, TenantLimits>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// More tenants than one backend serves between two changes are forgotten and read again.
const MOST_TENANTS: usize = 100_000;

/// A tenant without a row has no limits.
pub fn limits_of(tenant_id: Uuid) -> Result<TenantLimits, Error> {
    // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
    let generation = watch::tenants_generation();
    let known = KNOWN
        .with_borrow(|known| if known.generation == generation { known.limits.get(&tenant_id).copied() } else { None });
    if let Some(limits) = known {
        return Ok(limits);
    }
    let rows = db::run(Statement::TenantLimits, &[Value::Uuid(&tenant_id)], Access::ReadLatest, |row| TenantLimits {
        is_suspended: row.get::<bool>(1).unwrap_or(false),
        events_per_day: row.get::<i32>(2).map(i64::from),
        payload_limit: row.get::<i32>(3).map(|bytes| bytes as usize),
    })?;
    let limits = rows.into_iter().next().unwrap_or_default();
    KNOWN.with_borrow_mut(|known| {
        if known.generation != generation || known.limits.len() >= MOST_TENANTS {
            *known = Known { generation, limits: HashMap::new() };
        }
        known.limits.insert(tenant_id, limits);
    });
    Ok(limits)
}

impl TenantLimits {
    /// Returns what can be said of an event before it is checked. `payload` is its size, as the rules count it.
    pub fn violation(&self, event_name: &str, payload: usize) -> Option<Violation> {
        if self.is_suspended {
            return Some(Violation::new(Reason::TenantSuspended, "the tenant is suspended: it logs no events"));
        }
        let limit = self.payload_limit.filter(|limit| payload > *limit)?;
        let message = format!("event \"{event_name}\": payload has {payload} bytes, the tenant's limit is {limit}");
        Some(
            Violation::new(Reason::PayloadTooLarge, message)
                .with_advice("Send references instead of content, or raise payload_limit with telemetry.set_tenant()."),
        )
    }

    /// Returns the most that a payload may count.
    pub fn payload_limit(&self) -> usize {
        self.payload_limit.unwrap_or(usize::MAX)
    }

    /// `admitted` counts events of the tenant that the present call is about to store and that are not counted yet.
    pub fn violation_of_the_day(&self, tenant_id: Uuid, admitted: i64) -> Result<Option<Violation>, Error> {
        let Some(limit) = self.events_per_day else { return Ok(None) };
        if sampling::kept_today(limit, ALL_EVENTS, tenant_id, session::clock())? + admitted < limit {
            return Ok(None);
        }
        let message = format!("the tenant has logged its {limit} events of the day");
        Ok(Some(Violation::new(Reason::DailyLimit, message)))
    }

    pub fn are_counted(&self) -> bool {
        self.events_per_day.is_some()
    }

    /// Counts an event that is stored, on the day of its arrival.
    pub fn count(&self, tenant_id: &Uuid) -> Result<(), Error> {
        let Some(limit) = self.events_per_day else { return Ok(()) };
        let now = session::clock();
        sampling::count(limit, ALL_EVENTS, tenant_id, now, &instant::uuid_at(now))
    }
}

/// Tells every backend at commit that the limits are others.
#[pg_trigger]
fn tenants_changed<'a>(
    _trigger: &'a PgTrigger<'a>,
) -> Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, PgTriggerError> {
    watch::announce_tenants_change();
    Ok(None)
}
