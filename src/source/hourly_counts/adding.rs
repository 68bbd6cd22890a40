//! Counts events into telemetry.hourly_counts, where they lie in partitions so many that not all can be locked at once.

use crate::db::clauses::Clauses;
use crate::db::stream::{Row, Snapshot, array, array_of, stream_latest_rows, uuids};
use crate::db::{Statement, Value, execute, session};
use crate::error::Error;
use crate::ids::TenantId;
use crate::log::late_arrivals;
use crate::log::partitions::{self, windows::merged};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{FLOAT4OID, INT8OID, TIMESTAMPTZOID};
use pgrx::prelude::*;

/// The number of partitions whose counts are held in memory together.
const MOST_COUNTED_AT_ONCE: usize = 8;

/// The counts of some events, side by side.
#[derive(Default)]
struct Counts {
    tenants: Vec<TenantId>,
    hours: Vec<i64>,
    names: Vec<String>,
    sources: Vec<String>,
    rates: Vec<f32>,
    events: Vec<i64>,
}

/// Adds the events of (after_id, last_id] to their counts. The caller owns the consumer's lock and moves its cursor in
/// the same transaction.
#[pg_extern(volatile)]
fn add_hourly_counts(after_id: i64, last_id: i64) -> Result<(), ErrorReport> {
    let mut counts = Counts::default();
    partitions::each_window(late_arrivals::of_unit("hourly_counts", after_id, last_id)?, |window| {
        let mut rows = Clauses::after("true");
        rows.compare("e.ingest_id", ">", INT8OID, Value::Big(after_id));
        rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(last_id));
        rows.sql += &partitions::condition(window, &mut rows.arguments);
        counts.read(&rows)
    })?;
    counts.store()?;
    Ok(())
}

/// Counts the events of [since, until), whole hours that have no counts yet, up to the cursor's position.
#[pg_extern(volatile)]
fn add_hours(
    tenant: Option<pgrx::Uuid>,
    since: TimestampWithTimeZone,
    until: TimestampWithTimeZone,
) -> Result<(), ErrorReport> {
    let position = crate::derived::provenance::standing("hourly_counts")?.position;
    for window in partitions::windows_of(merged(vec![i64::from(since)..i64::from(until)]), MOST_COUNTED_AT_ONCE) {
        let mut counts = Counts::default();
        session::in_discarded_subtransaction(|| {
            let window = &window;
            let mut rows = Clauses::after("true");
            rows.compare("e.ingest_id", "<=", INT8OID, Value::Big(position));
            rows.sql += &partitions::condition(window, &mut rows.arguments);
            rows.tenant("e", tenant.map(|tenant| TenantId::new(*tenant.as_bytes())));
            counts.read(&rows)
        })?;
        counts.store()?;
    }
    Ok(())
}

impl Counts {
    /// Counts the rows that meet a condition.
    fn read(&mut self, rows: &Clauses<'_>) -> Result<(), Error> {
        let sql = format!(
            "select e.tenant_id, pg_catalog.date_trunc('hour', e.event_ts, 'UTC'), e.event_name, coalesce(e.source, ''), \
                    coalesce(e.sample_rate, 1), pg_catalog.count(*) \
               from telemetry.events e where {} group by 1, 2, 3, 4, 5",
            rows.sql
        );
        stream_latest_rows(&sql, &rows.arguments, Snapshot::Latest, |row: &Row<'_>| {
            self.tenants.push(row.uuid(0).unwrap_or_default());
            self.hours.push(row.big(1).unwrap_or_default());
            self.names.push(row.text(2).unwrap_or_default().to_string());
            self.sources.push(row.text(3).unwrap_or_default().to_string());
            self.rates.push(row.real(4).unwrap_or(1.0));
            self.events.push(row.big(5).unwrap_or_default());
            Ok(())
        })
    }

    fn store(self) -> Result<(), Error> {
        if self.events.is_empty() {
            return Ok(());
        }
        let times = self.hours.iter().map(|hour| Value::Time(*hour));
        let rates = self.rates.iter().map(|rate| Value::Real(*rate));
        let events = self.events.iter().map(|events| Value::Big(*events));
        let arguments = [
            uuids(&self.tenants),
            array_of(TIMESTAMPTZOID, times),
            array(self.names),
            array(self.sources),
            array_of(FLOAT4OID, rates),
            array_of(INT8OID, events),
        ];
        execute(Statement::AddHours, &arguments)?;
        Ok(())
    }
}
