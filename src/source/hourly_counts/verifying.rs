//! Verifies that the hourly counts are what the log says, one window of time after the other.

use super::HOUR;
use crate::db::Value;
use crate::db::stream::{self, Snapshot, stream};
use crate::error::Error;
use crate::ids::TenantId;
use crate::log::partitions::{self, windows::merged};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{TIMESTAMPTZOID, UUIDOID};
use pgrx::prelude::*;
use std::collections::BTreeMap;

/// The result of comparing a tenant's counts with the log.
#[derive(Default)]
struct Found {
    expected: i64,
    found: i64,
    differing: i64,
    first: Option<String>,
}

/// Compares the hourly counts with the rows, as the COMMENT on verify_derived() in sql/derived/verify_derived.sql
/// promises.
#[pg_extern(stable)]
#[search_path(pg_catalog, pg_temp)]
fn verify_hourly_counts(
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
    // Hours that lie in the range whole.
    let finite = |time: &i64| !matches!(*time, i64::MIN | i64::MAX);
    let since = since.map(i64::from).unwrap_or(i64::MIN);
    let until = until.map(i64::from).unwrap_or(i64::MAX);
    let first_hour = if finite(&since) { hour_of(since + HOUR - 1) } else { since };
    let end_hour = if finite(&until) { hour_of(until) } else { until };
    let mut tenants: BTreeMap<TenantId, Found> = BTreeMap::new();
    partitions::each_window(merged(vec![first_hour..end_hour]), |window| {
        for range in window {
            // A partition may begin within an hour: that is the later window's whole.
            let edge = |time: i64| if finite(&time) { hour_of(time) } else { time };
            compare(tenant, edge(range.start), edge(range.end), &mut tenants)?;
        }
        Ok(())
    })?;
    let rows = tenants.into_iter().map(|(tenant, found)| {
        let problem =
            found.first.map(|hour| format!("{} counts differ, the first of the hour {hour}", found.differing));
        (pgrx::Uuid::from_bytes(tenant.into()), found.expected, found.found, found.differing == 0, problem)
    });
    Ok(TableIterator::new(rows.collect::<Vec<_>>()))
}

fn hour_of(time: i64) -> i64 {
    time - time.rem_euclid(HOUR)
}

fn compare(
    tenant: Option<pgrx::Uuid>,
    since: i64,
    until: i64,
    tenants: &mut BTreeMap<TenantId, Found>,
) -> Result<(), Error> {
    let sql = "with expected as ( \
            select e.tenant_id, pg_catalog.date_trunc('hour', e.event_ts, 'UTC') as hour, e.event_name, coalesce(e.source, '') as source, \
                   coalesce(e.sample_rate, 1) as sample_rate, pg_catalog.count(*) as events \
              from telemetry.events e \
             where e.event_ts operator(pg_catalog.>=) $2 and e.event_ts operator(pg_catalog.<) $3 \
               and ($1 is null or e.tenant_id operator(pg_catalog.=) $1) \
               and e.ingest_id operator(pg_catalog.<=) (select c.position from telemetry.cursor_positions c where c.consumer operator(pg_catalog.=) 'hourly_counts') \
             group by 1, 2, 3, 4, 5), \
        found as ( \
            select c.* from telemetry.hourly_counts c \
             where c.hour operator(pg_catalog.>=) $2 and c.hour operator(pg_catalog.<) $3 and ($1 is null or c.tenant_id operator(pg_catalog.=) $1)) \
        select tenant_id, coalesce(pg_catalog.sum(e.events), 0)::pg_catalog.int8, coalesce(pg_catalog.sum(f.events), 0)::pg_catalog.int8, \
               pg_catalog.count(*) filter (where e.events is distinct from f.events), \
               pg_catalog.min(hour) filter (where e.events is distinct from f.events)::pg_catalog.text \
          from expected e full join found f using (tenant_id, hour, event_name, source, sample_rate) \
         group by tenant_id";
    let tenant = tenant.map_or(Value::Null, |tenant| stream::uuid(*tenant.as_bytes()));
    let arguments = [(UUIDOID, tenant), (TIMESTAMPTZOID, Value::Time(since)), (TIMESTAMPTZOID, Value::Time(until))];
    stream(sql, &arguments, Snapshot::OfStatement, |row| {
        let of_tenant = tenants.entry(row.uuid(0).unwrap_or_default()).or_default();
        of_tenant.expected += row.big(1).unwrap_or_default();
        of_tenant.found += row.big(2).unwrap_or_default();
        of_tenant.differing += row.big(3).unwrap_or_default();
        if of_tenant.first.is_none() {
            of_tenant.first = row.text(4).map(str::to_string);
        }
        Ok(())
    })
}
