//! Late arrivals: where events above a cursor can lie. Twin: sql/log/late_arrivals.sql, which tells the invariant.

use crate::db::plans::Planning;
use crate::db::stream::{Row, Snapshot, array_of, stream, stream_planned};
use crate::db::{self, Access, Statement, Value, catalog, session, watch};
use crate::error::Error;
use crate::log::partitions::windows::{ALWAYS, merged};
use crate::log::partitions::{Partition, bounds};
use crate::time::{DAY, HOUR};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys::{INT8OID, TEXTOID, TIMESTAMPTZOID};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

thread_local! {
    /// The latest time that this backend knows of, by its clock, which may be set back, or by the cursors.
    static LATEST: Cell<i64> = const { Cell::new(i64::MIN) };
    /// The time at which it last asked the cursors.
    static ASKED_AT: Cell<i64> = const { Cell::new(i64::MIN) };
}

/// What a call that stores events notes of them.
pub struct Noting {
    /// An event that is older than this is late.
    on_time_since: i64,
    /// The partitions that get late events, from when until when.
    partitions: BTreeMap<i64, i64>,
    first_id: i64,
}

impl Noting {
    /// The caller holds the lock of a writer.
    pub fn begin() -> Result<Noting, Error> {
        let now = session::clock();
        let asked_at = ASKED_AT.get();
        let mut latest = LATEST.get().max(now);
        // Logging goes on without derived data.
        if (now < asked_at || now.saturating_sub(asked_at) >= HOUR) && watch::is_there(c"cursor_positions") {
            let complete_at = db::run(Statement::CompleteAt, &[], Access::ReadLatest, |row| {
                row.get::<TimestampWithTimeZone>(1).map(i64::from)
            })?;
            latest = complete_at.into_iter().flatten().fold(latest, i64::max);
            ASKED_AT.set(now);
        }
        LATEST.set(latest);
        Ok(Noting { on_time_since: latest.saturating_sub(DAY), partitions: BTreeMap::new(), first_id: 0 })
    }

    /// This is called before an event gets its id.
    pub fn note(&mut self, event_ts: i64, partition: Option<Partition>) {
        if event_ts >= self.on_time_since {
            return;
        }
        if self.partitions.is_empty() {
            self.first_id = last_drawn_id() + 1;
        }
        let (since, until) = partition.map_or((i64::MIN, i64::MAX), |partition| (partition.since, partition.until));
        self.partitions.insert(since, until);
    }

    /// This is called after all events have their ids.
    pub fn end(self) -> Result<(), Error> {
        if self.partitions.is_empty() {
            return Ok(());
        }
        let times = |times: &mut dyn Iterator<Item = i64>| array_of(TIMESTAMPTZOID, times.map(Value::Time));
        // Where ids come from elsewhere, nobody knows them.
        let last_id = Some(last_drawn_id()).filter(|last_id| *last_id >= self.first_id).unwrap_or(i64::MAX);
        let arguments = [
            times(&mut self.partitions.keys().copied()),
            times(&mut self.partitions.values().copied()),
            Value::Big(self.first_id),
            Value::Big(last_id),
        ];
        db::execute(Statement::LateArrival, &arguments)?;
        Ok(())
    }
}

/// Returns where the events above a consumer's position lie, as the calling statement sees them.
pub fn of_tail(consumer: &'static str, position: i64) -> Result<Vec<Range<i64>>, Error> {
    ranges(consumer, position, i64::MAX, Snapshot::OfStatement)
}

/// Returns where the next events of a consumer lie, those of (after_id, last_id]. The caller owns the consumer's lock.
pub fn of_unit(consumer: &'static str, after_id: i64, last_id: i64) -> Result<Vec<Range<i64>>, Error> {
    ranges(consumer, after_id, last_id, Snapshot::Latest)
}

fn ranges(consumer: &'static str, after_id: i64, last_id: i64, snapshot: Snapshot) -> Result<Vec<Range<i64>>, Error> {
    let (mut drawn_since, mut ranges) = (None, Vec::new());
    let sql = "select case when c.position operator(pg_catalog.=) c.safe_until then c.complete_at else c.drawn_since end, l.since, l.until \
         from telemetry.cursor_positions c \
         left join telemetry.late_arrivals l on l.last_id operator(pg_catalog.>) $2 and l.first_id operator(pg_catalog.<=) $3 \
        where c.consumer operator(pg_catalog.=) $1";
    let arguments = [(TEXTOID, Value::Text(consumer)), (INT8OID, Value::Big(after_id)), (INT8OID, Value::Big(last_id))];
    let each = |row: &Row<'_>| {
        drawn_since = row.big(0);
        if let (Some(since), Some(until)) = (row.big(1), row.big(2)) {
            ranges.push(since..until);
        }
        Ok(())
    };
    match snapshot {
        Snapshot::OfStatement => stream_planned(sql, &arguments, Planning::Once, each)?,
        Snapshot::Latest => stream(sql, &arguments, snapshot, each)?,
    }
    // Before the first tick there may be events of any time; and where the clock was set back, events may have been logged
    // that seem old to it.
    match drawn_since.filter(|drawn_since| after_id > 0 && *drawn_since <= session::clock() + HOUR) {
        Some(drawn_since) => {
            // Whole partitions: a trigger of the application may move an event within its own.
            let since = drawn_since.saturating_sub(2 * DAY);
            ranges.push(bounds::covering(since).map_or(since, |partition| partition.since)..i64::MAX);
            Ok(merged(ranges))
        }
        None => Ok(vec![ALWAYS]),
    }
}

/// Returns the last ingest_id that any session has drawn, 0 before the first.
pub fn last_drawn_id() -> i64 {
    catalog::relation(c"telemetry_private", c"ingest_id").map_or(0, catalog::last_value)
}
