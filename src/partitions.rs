//! Which partition is known to be there, so that logging asks the catalog only when it changes. Twin:
//! sql/partitions.sql, which makes partitions.

use crate::db::{self, Access, Statement, Value};
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use std::cell::Cell;

/// A range of time that one partition covers, as of a generation of the parent's relation cache entry.
#[derive(Clone, Copy)]
struct Covered {
    generation: u64,
    since: i64,
    until: i64,
}

thread_local! {
    static LAST: Cell<Covered> = const { Cell::new(Covered { generation: 0, since: 0, until: 0 }) };
}

/// Makes sure that a partition covers `event_ts` (microseconds since 2000-01-01 UTC).
pub fn ensure(event_ts: i64) -> Result<(), Error> {
    let last = LAST.get();
    if last.since <= event_ts && event_ts < last.until && last.generation == db::events_generation() {
        return Ok(());
    }
    let generation = db::events_generation();
    let ranges = db::run(Statement::PartitionRange, &[Value::Time(event_ts)], Access::Write, |row| {
        (row.get::<TimestampWithTimeZone>(1), row.get::<TimestampWithTimeZone>(2))
    })?;
    // None: another session made it after this transaction's snapshot; it is there, but its bounds cannot be read yet.
    if let Some((Some(since), Some(until))) = ranges.into_iter().next() {
        LAST.set(Covered { generation, since: since.into(), until: until.into() });
    }
    Ok(())
}
