//! Which partition is known to be there, so that logging asks the catalog only when it changes. Twin:
//! sql/partitions.sql, which makes partitions.

use crate::db::{self, Access, Statement, Value};
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use std::cell::RefCell;

/// The ranges of time that are known to have a partition, as of a generation of the parent's relation cache entry.
/// Several, because an import jumps between them: with one alone, the demo's log took four times as long.
struct Covered {
    generation: u64,
    /// Since (inclusive) and until, sorted, never overlapping; bounded by the number of partitions.
    ranges: Vec<(i64, i64)>,
}

thread_local! {
    static COVERED: RefCell<Covered> = const { RefCell::new(Covered { generation: 0, ranges: Vec::new() }) };
}

/// Makes sure that a partition covers `event_ts` (microseconds since 2000-01-01 UTC).
pub fn ensure(event_ts: i64) -> Result<(), Error> {
    let generation = db::events_generation();
    let is_covered = COVERED.with_borrow_mut(|covered| {
        if covered.generation != generation {
            *covered = Covered { generation, ranges: Vec::new() };
        }
        let following = covered.ranges.partition_point(|(since, _)| *since <= event_ts);
        following > 0 && event_ts < covered.ranges[following - 1].1
    });
    if is_covered {
        return Ok(());
    }
    let made = db::run(Statement::PartitionRange, &[Value::Time(event_ts)], Access::Write, |row| {
        (row.get::<TimestampWithTimeZone>(1), row.get::<TimestampWithTimeZone>(2))
    })?;
    // None: another session made it after this transaction's snapshot; it is there, but its bounds cannot be read yet.
    if let Some((Some(since), Some(until))) = made.into_iter().next() {
        COVERED.with_borrow_mut(|covered| {
            covered.ranges.push((since.into(), until.into()));
            covered.ranges.sort_unstable();
        });
    }
    Ok(())
}
