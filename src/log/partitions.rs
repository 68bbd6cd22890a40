//! Partitions: which ones there are, and how many are read at a time. Logging asks the relation cache only when it
//! changes; whoever reads many partitions does so a window at a time. Twin: sql/log/partitions.sql, which makes
//! partitions.

pub mod bounds;
pub mod windows;

use crate::calendar::timestamp;
use crate::db::{self, Access, Statement, Value, session, watch};
use crate::error::Error;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

/// One statement opens at most so many partitions. Each takes a lock for itself and one for each of its five indexes,
/// out of some 8,000 that all transactions of a server share at its defaults.
const MOST_AT_ONCE: usize = 256;

/// A backend that looked for so many partitions one by one asks for all of them.
const MOST_BY_NAME: usize = 8;

/// A partition that is known to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    pub oid: pg_sys::Oid,
    /// The begin, inclusive, in microseconds since 2000-01-01 UTC; i64::MIN is -infinity.
    pub since: i64,
    /// The end, exclusive; i64::MAX is infinity.
    pub until: i64,
}

impl Partition {
    pub fn covers(&self, event_ts: i64) -> bool {
        self.since <= event_ts && event_ts < self.until
    }
}

/// The partitions that are known, as of a generation of the parent's relation cache entry. There are several, because
/// an import jumps between them: with one alone, the demo's log took four times as long.
struct Known {
    generation: u64,
    /// They are sorted by time and never overlap.
    partitions: Vec<Partition>,
}

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { generation: 0, partitions: Vec::new() }) };
}

/// Makes sure that a partition covers `event_ts` (microseconds since 2000-01-01 UTC). Returns None where the log is not
/// partitioned by ranges of time: the INSERT will say where the row belongs.
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
    let looked_up = KNOWN.with_borrow(|known| known.partitions.len());
    // Once for each backend, and whenever partitions come or go: ids that the cursors have passed must not be drawn.
    if looked_up == 0 {
        db::run(Statement::MendSequence, &[], Access::Write, |_| ())?;
    }
    let mut found = if looked_up < MOST_BY_NAME { named(event_ts)? } else { None };
    if found.is_none() {
        found = bounds::covering(event_ts);
    }
    if found.is_none() {
        db::run(Statement::EnsurePartition, &[Value::Time(event_ts)], Access::Write, |_| ())?;
        found = bounds::covering(event_ts);
    }
    if let Some(partition) = found {
        KNOWN.with_borrow_mut(|known| {
            let following = known.partitions.partition_point(|known| known.since <= partition.since);
            known.partitions.insert(following, partition);
        });
    }
    Ok(found)
}

/// Finds a partition by the name that was given to it, without reading the bounds of all others.
fn named(event_ts: i64) -> Result<Option<Partition>, Error> {
    let found = db::run(Statement::PartitionNamed, &[Value::Time(event_ts)], Access::ReadLatest, |row| {
        let bound = |column| row.get::<TimestampWithTimeZone>(column).map(i64::from);
        Some(Partition { oid: row.get(1)?, since: bound(2)?, until: bound(3)? })
    })?;
    Ok(found.into_iter().flatten().next())
}

/// Hands merged ranges of time to `read`, all at once or, where they touch many partitions, one window after the other.
/// Then each window is read in a subtransaction that is taken back, and its locks with it. So `read` must not write.
pub fn each_window(
    ranges: Vec<Range<i64>>,
    mut read: impl FnMut(&[Range<i64>]) -> Result<(), Error>,
) -> Result<(), Error> {
    match windows_of(ranges, MOST_AT_ONCE).as_slice() {
        [window] => read(window),
        windows => windows.iter().try_for_each(|window| session::in_discarded_subtransaction(|| read(window))),
    }
}

/// Cuts ranges into windows that touch at most so many partitions each.
pub fn windows_of(ranges: Vec<Range<i64>>, most: usize) -> Vec<Vec<Range<i64>>> {
    let partitions: Vec<Range<i64>> = bounds::all().iter().map(|partition| partition.since..partition.until).collect();
    windows::cut(ranges, &partitions, most)
}

/// Returns the condition (" and (...)") by which a query of the log reads only these ranges, and appends to the query's
/// arguments.
pub fn condition(ranges: &[Range<i64>], arguments: &mut Vec<(pg_sys::Oid, Value<'_>)>) -> String {
    let mut time = |operator: &str, time: i64| {
        arguments.push((pg_sys::TIMESTAMPTZOID, Value::Time(time)));
        format!("e.event_ts operator(pg_catalog.{operator}) ${}", arguments.len())
    };
    let ranges = ranges.iter().map(|range| match (range.start, range.end) {
        (i64::MIN, i64::MAX) => "true".into(),
        (since, i64::MAX) => time(">=", since),
        (i64::MIN, until) => time("<", until),
        (since, until) => format!("({} and {})", time(">=", since), time("<", until)),
    });
    format!(" and ({})", ranges.collect::<Vec<String>>().join(" or "))
}

/// Returns every partition with its bounds, oldest first; a bound that is not there is -infinity or infinity.
#[pg_extern(stable)]
fn partition_list() -> Result<
    TableIterator<
        'static,
        (name!(partition, pg_sys::Oid), name!(since, TimestampWithTimeZone), name!(until, TimestampWithTimeZone)),
    >,
    ErrorReport,
> {
    let mut rows = Vec::new();
    for partition in bounds::all() {
        rows.push((partition.oid, timestamp(partition.since)?, timestamp(partition.until)?));
    }
    Ok(TableIterator::new(rows))
}

/// Returns the partition that covers a time, NULL where none does.
#[pg_extern(stable)]
fn partition_covering(at_time: TimestampWithTimeZone) -> Option<pg_sys::Oid> {
    bounds::covering(i64::from(at_time)).map(|partition| partition.oid)
}

/// Returns where the partition that covers a time ends, NULL where none does.
#[pg_extern(stable)]
fn partition_end(at_time: TimestampWithTimeZone) -> Result<Option<TimestampWithTimeZone>, ErrorReport> {
    let end = bounds::covering(i64::from(at_time)).map(|partition| timestamp(partition.until));
    Ok(end.transpose()?)
}

/// Says whether one statement may read the partitions of [since, until).
#[pg_extern(stable)]
fn fits_at_once(since: TimestampWithTimeZone, until: TimestampWithTimeZone) -> bool {
    windows_of(windows::merged(vec![i64::from(since)..i64::from(until)]), MOST_AT_ONCE).len() <= 1
}
