//! The bounds of telemetry.events' partitions, as PostgreSQL's relation cache keeps them, sorted by time: one is found
//! by halving, and no expression is parsed.

use crate::log::partitions::Partition;
use pgrx::pg_sys;

/// Returns the partition that covers a time (microseconds since 2000-01-01 UTC), None where no partition does, or the
/// log is not partitioned by ranges of time. A DEFAULT partition covers nothing.
pub fn covering(event_ts: i64) -> Option<Partition> {
    with_bounds(|bounds| {
        let following = bounds.partition_point(event_ts);
        bounds.partition_below(following).filter(|partition| partition.covers(event_ts))
    })
    .flatten()
}

/// Returns all partitions, oldest first; one that is being detached is not among them.
pub fn all() -> Vec<Partition> {
    let list = |bounds: &Bounds| (0..bounds.count).filter_map(|place| bounds.partition_below(place)).collect();
    with_bounds(list).unwrap_or_default()
}

/// Sorted times, at each of which a partition, a gap or nothing ends.
struct Bounds {
    datums: *mut *mut pg_sys::Datum,
    kinds: *mut *mut pg_sys::PartitionRangeDatumKind::Type,
    /// The partition that ends at each time, as a place in `partitions`; -1 where none does.
    ending: *mut i32,
    partitions: *mut pg_sys::Oid,
    count: usize,
}

impl Bounds {
    /// Returns a time; MINVALUE and MAXVALUE are the infinities of timestamptz.
    fn time(&self, place: usize) -> i64 {
        // SAFETY: `place` lies below `count`; each bound has a datum and a kind for each column of the key, one at least.
        unsafe {
            match **self.kinds.add(place) {
                pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE => i64::MIN,
                pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MAXVALUE => i64::MAX,
                _ => (**self.datums.add(place)).value() as i64,
            }
        }
    }

    /// Returns how many times are not later than this one.
    fn partition_point(&self, event_ts: i64) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) <= event_ts { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Returns the partition that ends at the time of that place.
    fn partition_below(&self, place: usize) -> Option<Partition> {
        if place == 0 || place >= self.count {
            return None;
        }
        // SAFETY: `place` lies below `count`; what is not negative is a place among the partitions.
        let oid = unsafe {
            let partition = usize::try_from(*self.ending.add(place)).ok()?;
            *self.partitions.add(partition)
        };
        Some(Partition { oid, since: self.time(place - 1), until: self.time(place) })
    }
}

/// Returns None where there is no log, or it is not partitioned by ranges.
fn with_bounds<T>(read: impl FnOnce(&Bounds) -> T) -> Option<T> {
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: the relation is open, so its cached partitions stay where they are; a range is what the strategy says, and
    // then datums, kinds and places are as many as the bounds. The lock is kept, as any query of the log would.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), true);
        let oid = pg_sys::get_relname_relid(c"events".as_ptr(), schema);
        let relation = if oid == pg_sys::InvalidOid { std::ptr::null_mut() } else { pg_sys::try_table_open(oid, lock) };
        if relation.is_null() {
            return None;
        }
        let mut answer = None;
        if (*(*relation).rd_rel).relkind as u8 == pg_sys::RELKIND_PARTITIONED_TABLE {
            let description = pg_sys::RelationGetPartitionDesc(relation, true);
            if let Some(info) = (*description).boundinfo.as_ref().filter(|info| info.strategy as u8 == b'r') {
                answer = Some(read(&Bounds {
                    datums: info.datums,
                    kinds: info.kind,
                    ending: info.indexes,
                    partitions: (*description).oids,
                    count: info.ndatums as usize,
                }));
            }
        }
        pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        answer
    }
}
