//! The timeline holds the events as columns, per tenant and band of actors. It is written here; src/source/chunks.rs
//! reads it. Twin: sql/derived/timeline.sql.

pub mod scalar;

pub mod leaving;

mod building;
mod storing;
mod verifying;

use crate::access::visibility::Visibility;
use crate::calendar::finite_range;
use crate::db::Value;
use crate::db::clauses::Clauses;
use crate::db::stream::{self, Snapshot, stream_latest_rows};
use crate::derived::provenance;
use crate::error::Error;
use crate::ids::{Band, TenantId};
use crate::log::late_arrivals;
use crate::log::partitions::{self, windows::merged};
use crate::memory::Memory;
use building::Building;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{INT8OID, UUIDOID};
use pgrx::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// Makes a query of the rows with ids in (after_id, last_id] that lie in these ranges of time.
fn rows_among(after_id: i64, last_id: i64, window: &[Range<i64>]) -> Clauses<'static> {
    let mut rows = Clauses::after(building::rows_where("true"));
    rows.compare("e.ingest_id", ">", INT8OID, Value::Big(after_id));
    rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(last_id));
    rows.sql += &partitions::condition(window, &mut rows.arguments);
    rows
}

/// Adds the events with an ingest_id in (after_id, last_id] to the timeline; returns how many. The caller owns the
/// consumer's lock and moves its cursor in the same transaction.
#[pg_extern(volatile)]
fn add_to_timeline(after_id: i64, last_id: i64) -> Result<i64, ErrorReport> {
    let mut building = Building::begin()?;
    partitions::each_window(late_arrivals::of_unit("timeline", after_id, last_id)?, |window| {
        let rows = rows_among(after_id, last_id, window);
        stream_latest_rows(&rows.sql, &rows.arguments, Snapshot::Latest, |row| {
            building.push(row);
            Ok(())
        })
    })?;
    Ok(building.finish(true, |_, _, _| true)?)
}

/// Puts back into the timeline those of the events in (after_id, last_id] that rebuild_timeline() took out: the events
/// of a tenant (NULL: of all) in the range of time of their band, or of `since` and `until` where their band is not in
/// the list. Returns how many.
#[allow(clippy::too_many_arguments)]
#[pg_extern(volatile)]
fn put_back(
    tenant: Option<pgrx::Uuid>,
    after_id: i64,
    last_id: i64,
    since: TimestampWithTimeZone,
    until: TimestampWithTimeZone,
    tenants: Vec<pgrx::Uuid>,
    bands: Vec<i32>,
    sinces: Vec<TimestampWithTimeZone>,
    untils: Vec<TimestampWithTimeZone>,
) -> Result<i64, ErrorReport> {
    let (since, until) = (i64::from(since), i64::from(until));
    let mut ranges = HashMap::new();
    for (place, band) in bands.iter().enumerate() {
        ranges.insert(
            (TenantId::new(*tenants[place].as_bytes()), Band::new(*band)),
            (i64::from(sinces[place]), i64::from(untils[place])),
        );
    }
    let earliest = ranges.values().map(|range| range.0).chain([since]).min().unwrap_or(since);
    let latest = ranges.values().map(|range| range.1).chain([until]).max().unwrap_or(until);
    let mut building = Building::begin()?;
    partitions::each_window(merged(vec![earliest..latest]), |window| {
        let mut rows = rows_among(after_id, last_id, window);
        rows.tenant("e", tenant.map(|tenant| TenantId::new(*tenant.as_bytes())));
        stream_latest_rows(&rows.sql, &rows.arguments, Snapshot::Latest, |row| {
            building.push(row);
            Ok(())
        })
    })?;
    Ok(building.finish(false, |tenant, band, time| {
        let (since, until) = ranges.get(&(tenant, band)).copied().unwrap_or((since, until));
        since <= time && time < until
    })?)
}

/// Puts the events of a user of whom the timeline has none into it, as the log has them: those up to its position. Returns how many.
/// The caller owns the consumer's lock.
#[pg_extern(volatile)]
fn put_back_user(tenant: pgrx::Uuid, user_id: pgrx::Uuid) -> Result<i64, ErrorReport> {
    let position = provenance::standing("timeline")?.position;
    let mut rows = Clauses::after(building::rows_where("true"));
    rows.tenant("e", Some(TenantId::new(*tenant.as_bytes())));
    rows.compare("e.user_id", "=", UUIDOID, stream::uuid(*user_id.as_bytes()));
    rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(position));
    let mut building = Building::begin()?;
    stream_latest_rows(&rows.sql, &rows.arguments, Snapshot::Latest, |row| {
        building.push(row);
        Ok(())
    })?;
    Ok(building.finish(true, |_, _, _| true)?)
}

/// Compares the timeline with the rows, as the COMMENT on verify_derived() in sql/derived/verify_derived.sql promises.
#[pg_extern(stable, parallel_restricted)]
fn verify_timeline(
    tenant: Option<pgrx::Uuid>,
    since: Option<TimestampWithTimeZone>,
    until: Option<TimestampWithTimeZone>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(tenant_id, pgrx::Uuid),
            name!(expected, i64),
            name!(found, i64),
            name!(is_equal, bool),
            name!(problem, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let (since, until) = finite_range(since.map(i64::from), until.map(i64::from))?;
    // Not of telemetry.kpi_source: that is what KPIs read, this is whether what they could read is right.
    if Visibility::of_caller()? == Visibility::Rows {
        Err(Error::PartlyVisible)?;
    }
    let section = verifying::Section {
        tenant: tenant.map(|tenant| TenantId::new(*tenant.as_bytes())),
        range: since.unwrap_or(i64::MIN)..until.unwrap_or(i64::MAX),
    };
    let verified = verifying::verify(&section, &mut Memory::of_call())?;
    let (none, mut rows) = (verifying::Digest::default(), Vec::new());
    let tenants: BTreeSet<&TenantId> =
        verified.rows.keys().chain(verified.timeline.keys()).chain(verified.problems.keys()).collect();
    for tenant in tenants {
        let expected = verified.rows.get(tenant).unwrap_or(&none);
        let found = verified.timeline.get(tenant).unwrap_or(&none);
        let problem = verified.problems.get(tenant).cloned();
        let differs = (expected != found).then(|| "the timeline holds other events than the log".to_string());
        let is_equal = problem.is_none() && expected == found;
        rows.push((
            pgrx::Uuid::from_bytes(*tenant.as_bytes()),
            expected.events,
            found.events,
            is_equal,
            problem.or(differs),
        ));
    }
    Ok(TableIterator::new(rows))
}
