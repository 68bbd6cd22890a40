//! Copies rows of a table into a new one of the same columns, as CLUSTER would: they are frozen, so that every snapshot sees them,
//! also one that was taken before.

use pgrx::prelude::*;
use pgrx::{PgMemoryContexts, check_for_interrupts};
use std::ffi::CStr;

/// So many rows are written at once, as COPY does.
const BATCH: usize = 1_000;

/// HEAP_INSERT_SKIP_FSM and HEAP_INSERT_FROZEN: the new table is filled from its end, and nobody else sees it yet.
const OPTIONS: i32 = 0x0002 | 0x0004;

/// Copies the rows of which the column of that number, a bigint, is not above `last`; returns how many. None where the columns of the
/// tables differ, or one of them is no heap: then nothing is done. The caller owns both tables, has made the new one in this
/// transaction without an index, and sees to it that none of these rows goes meanwhile.
pub fn copy_rows(from: pg_sys::Oid, to: pg_sys::Oid, column: usize, last: i64) -> Option<i64> {
    // SAFETY: relations, slots and scan are opened here and closed here; where PostgreSQL raises an error in between, the abort of
    // the transaction releases them all. A tuple is copied before the scan goes on, and each slot owns its copy.
    unsafe {
        let source = pg_sys::table_open(from, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let target = pg_sys::table_open(to, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
        let is_possible = have_same_columns(source, target);
        let copied = is_possible.then(|| copy(source, target, column, last));
        pg_sys::table_close(target, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::table_close(source, pg_sys::NoLock as pg_sys::LOCKMODE);
        pg_sys::CommandCounterIncrement();
        copied
    }
}

/// # Safety
/// Both relations are open heaps of the same columns, of which that one is a bigint and never NULL.
unsafe fn copy(source: pg_sys::Relation, target: pg_sys::Relation, column: usize, last: i64) -> i64 {
    // SAFETY: as copy_rows() says.
    unsafe {
        let flags = pg_sys::ScanOptions::SO_TYPE_SEQSCAN
            | pg_sys::ScanOptions::SO_ALLOW_STRAT
            | pg_sys::ScanOptions::SO_ALLOW_PAGEMODE;
        let scan = pg_sys::heap_beginscan(
            source,
            pg_sys::GetActiveSnapshot(),
            0,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            flags,
        );
        let bulk = pg_sys::GetBulkInsertState();
        let command = pg_sys::GetCurrentCommandId(true);
        let columns = pg_sys::CreateTupleDescCopyConstr((*target).rd_att);
        let new_slot = |_| pg_sys::MakeSingleTupleTableSlot(columns, &raw const pg_sys::TTSOpsHeapTuple);
        let mut slots: Vec<*mut pg_sys::TupleTableSlot> = (0..BATCH).map(new_slot).collect();
        let mut memory = PgMemoryContexts::new("rows that are copied");
        let (mut filled, mut copied) = (0, 0);
        let mut flush = |slots: &mut [*mut pg_sys::TupleTableSlot]| {
            memory.switch_to(|_| {
                pg_sys::heap_multi_insert(target, slots.as_mut_ptr(), slots.len() as i32, command, OPTIONS, bulk)
            });
            memory.reset();
            for slot in slots {
                clear(*slot);
            }
            check_for_interrupts!();
        };
        loop {
            let tuple = pg_sys::heap_getnext(scan, pg_sys::ScanDirection::ForwardScanDirection);
            if tuple.is_null() {
                break;
            }
            let slot = slots[filled];
            pg_sys::ExecStoreHeapTuple(pg_sys::heap_copytuple(tuple), slot, true);
            pg_sys::slot_getsomeattrs_int(slot, column as i32);
            let number = (*(*slot).tts_values.add(column - 1)).value() as i64;
            if number > last {
                clear(slot);
                continue;
            }
            filled += 1;
            copied += 1;
            if filled == BATCH {
                flush(&mut slots);
                filled = 0;
            }
        }
        if filled > 0 {
            flush(&mut slots[..filled]);
        }
        for slot in slots {
            pg_sys::ExecDropSingleTupleTableSlot(slot);
        }
        pg_sys::FreeBulkInsertState(bulk);
        pg_sys::heap_endscan(scan);
        copied
    }
}

/// # Safety
/// The slot is one that MakeSingleTupleTableSlot() made.
unsafe fn clear(slot: *mut pg_sys::TupleTableSlot) {
    // SAFETY: every kind of slot has this operation.
    unsafe {
        if let Some(clear) = (*(*slot).tts_ops).clear {
            clear(slot);
        }
    }
}

/// Says whether a tuple of one table can be stored in the other as it is.
///
/// # Safety
/// Both relations are open.
unsafe fn have_same_columns(source: pg_sys::Relation, target: pg_sys::Relation) -> bool {
    // SAFETY: fields of open relations, as the relation cache keeps them.
    unsafe {
        let heap = pg_sys::GetHeapamTableAmRoutine();
        let of_source = pgrx::PgTupleDesc::from_pg_unchecked((*source).rd_att);
        let of_target = pgrx::PgTupleDesc::from_pg_unchecked((*target).rd_att);
        (*source).rd_tableam == heap
            && (*target).rd_tableam == heap
            && of_source.len() == of_target.len()
            && (0..of_source.len()).all(|place| match (of_source.get(place), of_target.get(place)) {
                (Some(old), Some(new)) => {
                    CStr::from_ptr(old.attname.data.as_ptr()) == CStr::from_ptr(new.attname.data.as_ptr())
                        && old.atttypid == new.atttypid
                        && !old.attisdropped
                        && !new.attisdropped
                        && !old.atthasmissing
                }
                _ => false,
            })
    }
}
