//! Which partition is known to be there, so that logging asks the catalog only when it changes. Twin:
//! sql/partitions.sql, which makes partitions.

use crate::db::{self, Access, Statement, Value, watch};
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use std::cell::RefCell;

/// A partition that is known to be there.
#[derive(Clone, Copy)]
pub struct Partition {
    pub oid: pg_sys::Oid,
    /// Inclusive, in microseconds since 2000-01-01 UTC.
    since: i64,
    /// Exclusive.
    until: i64,
}

impl Partition {
    pub fn covers(&self, event_ts: i64) -> bool {
        self.since <= event_ts && event_ts < self.until
    }
}

/// The partitions that are known, as of a generation of the parent's relation cache entry. Several, because an import
/// jumps between them: with one alone, the demo's log took four times as long.
struct Known {
    generation: u64,
    /// Sorted by time, never overlapping.
    partitions: Vec<Partition>,
}

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { generation: 0, partitions: Vec::new() }) };
}

/// Makes sure that a partition covers `event_ts` (microseconds since 2000-01-01 UTC). None: another session made it
/// after this transaction's snapshot; it is there, but cannot be seen yet.
pub fn ensure(event_ts: i64) -> Result<Option<Partition>, Error> {
    let generation = watch::events_generation();
    let known = KNOWN.with_borrow_mut(|known| {
        if known.generation != generation {
            *known = Known { generation, partitions: Vec::new() };
        }
        let following = known.partitions.partition_point(|partition| partition.since <= event_ts);
        let candidate = known.partitions[..following].last().copied();
        candidate.filter(|partition| partition.covers(event_ts))
    });
    if known.is_some() {
        return Ok(known);
    }
    // Once for each backend, and whenever partitions come or go: ids that the cursors have passed must not be drawn.
    db::run(Statement::MendSequence, &[], Access::Write, |_| ())?;
    let made = db::run(Statement::PartitionRange, &[Value::Time(event_ts)], Access::Write, |row| {
        let (oid, since, until) =
            (row.get(1), row.get::<TimestampWithTimeZone>(2), row.get::<TimestampWithTimeZone>(3));
        Some(Partition { oid: oid?, since: since?.into(), until: until?.into() })
    })?;
    let made = made.into_iter().flatten().next();
    if let Some(partition) = made {
        KNOWN.with_borrow_mut(|known| {
            known.partitions.push(partition);
            known.partitions.sort_unstable_by_key(|partition| partition.since);
        });
    }
    Ok(made)
}
