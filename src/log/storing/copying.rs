//! Stores rows in their partition as COPY does: the heap in bulk, then the indexes.
//!
//! An index gets its entries one index after the other, and where it is by an id in the order of that id, so that what
//! it reads stays in the processor's caches.

use super::layout::{Index, Key, Kind, Layout, layout_of};
use super::{COLUMNS, EventRow, INGEST_ID, order};
use crate::db::{Value, scopes};
use crate::error::Error;
use crate::log::correlation;
use pgrx::pg_sys::{self, Datum, HeapTuple, ItemPointerData, Oid, Relation};
use pgrx::prelude::*;
use std::ffi::c_void;

/// So many rows are on their way at once: they fit into the processor's cache, and are a few pages of the heap.
const CHUNK: usize = 256;

const ALL_COLUMNS: usize = COLUMNS + 1;

/// Stores rows in their partition. Where it returns false nothing is done: INSERT would do more for the table.
///
/// # Safety
/// It is called within a transaction that has locked the log as a writer, and the rows belong into the partition.
pub unsafe fn copy_into(partition: Oid, rows: &[EventRow<'_>]) -> Result<bool, Error> {
    // SAFETY: the relation is opened here and closed here; where PostgreSQL raises an error in between, the abort of the
    // transaction releases it.
    unsafe {
        let table = pg_sys::try_table_open(partition, pg_sys::RowExclusiveLock as pg_sys::LOCKMODE);
        if table.is_null() {
            return Ok(false);
        }
        let layout = layout_of(table);
        if let Some(layout) = &layout {
            store(table, layout, rows)?;
        }
        pg_sys::table_close(table, pg_sys::NoLock as pg_sys::LOCKMODE);
        if layout.is_some() {
            pg_sys::CommandCounterIncrement();
        }
        Ok(layout.is_some())
    }
}

/// # Safety
/// As [`copy_into`]; the table is open and has this layout.
unsafe fn store(table: Relation, layout: &Layout, rows: &[EventRow<'_>]) -> Result<(), Error> {
    // SAFETY: as the caller says; the state of the bulk insert is freed here.
    unsafe {
        let command = pg_sys::GetCurrentCommandId(true);
        if rows.len() == 1 {
            return store_chunk(table, layout, rows, command, std::ptr::null_mut());
        }
        let bulk = pg_sys::GetBulkInsertState();
        for chunk in rows.chunks(CHUNK) {
            check_for_interrupts!();
            scopes::in_own_memory(|| store_chunk(table, layout, chunk, command, bulk))?;
        }
        pg_sys::FreeBulkInsertState(bulk);
        Ok(())
    }
}

/// # Safety
/// As [`store`]. What is allocated stays until the present memory goes.
unsafe fn store_chunk(
    table: Relation,
    layout: &Layout,
    rows: &[EventRow<'_>],
    command: pg_sys::CommandId,
    bulk: pg_sys::BulkInsertState,
) -> Result<(), Error> {
    // SAFETY: as the caller says; tuples are copies of the values, which borrow from the rows.
    unsafe {
        let mut values = values_of(rows, layout.ids);
        let form = |Values { values, nulls }: &mut Values| {
            pg_sys::heap_form_tuple((*table).rd_att, values.as_mut_ptr(), nulls.as_mut_ptr())
        };
        let tuples: Vec<HeapTuple> = values.iter_mut().map(form).collect();
        let mut places = put_into_heap(table, &tuples, command, bulk);
        match &layout.indexes {
            Some(indexes) => {
                for index in indexes {
                    add_entries(table, index, rows, &values, &mut places);
                }
            }
            None => add_entries_by_executor(table, &tuples, &places),
        }
    }
    Ok(())
}

/// The columns of a row as PostgreSQL takes them.
struct Values {
    values: [Datum; ALL_COLUMNS],
    nulls: [bool; ALL_COLUMNS],
}

/// Gives each row its ingest_id, in their order. Ids are borrowed from the rows, texts and payloads are copies.
///
/// # Safety
/// The oid is a sequence's.
unsafe fn values_of(rows: &[EventRow<'_>], ids: Oid) -> Vec<Values> {
    // SAFETY: the call has room for its one argument; nextval() takes a regclass and returns a bigint, never NULL.
    unsafe {
        let mut texts = Texts::with_room_for(rows);
        let size = size_of::<pg_sys::FunctionCallInfoBaseData>() + size_of::<pg_sys::NullableDatum>();
        let next_id = pg_sys::palloc0(size).cast::<pg_sys::FunctionCallInfoBaseData>();
        (*next_id).nargs = 1;
        (*next_id).args.as_mut_slice(1)[0].value = ids.into();
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let mut of_row = Values { values: [Datum::from(0); ALL_COLUMNS], nulls: [false; ALL_COLUMNS] };
            for (column, value) in row.values().into_iter().enumerate() {
                let column = if column < INGEST_ID { column } else { column + 1 };
                let datum = match value {
                    Value::Text(text) => Some(texts.put(text.as_bytes())),
                    Value::Container(bytes) => Some(texts.put(bytes)),
                    value => value.datum(),
                };
                of_row.nulls[column] = datum.is_none();
                of_row.values[column] = datum.unwrap_or(Datum::from(0));
            }
            of_row.values[INGEST_ID] = pg_sys::nextval_oid(next_id);
            all.push(of_row);
        }
        all
    }
}

/// Texts and payloads of rows behind their varlena headers, in one piece of the present memory.
struct Texts {
    memory: *mut u8,
    size: usize,
    used: usize,
}

impl Texts {
    fn with_room_for(rows: &[EventRow<'_>]) -> Texts {
        let of_row = |row: &EventRow<'_>| {
            let texts = [row.event_name.as_bytes(), row.source.unwrap_or_default().as_bytes(), &row.payload];
            texts.into_iter().map(Texts::size_of).sum::<usize>()
        };
        let size = rows.iter().map(of_row).sum();
        // SAFETY: an allocation, aligned as any of palloc's; it raises an error where there is no such memory.
        let memory = unsafe { pg_sys::MemoryContextAllocHuge(pg_sys::CurrentMemoryContext, size) }.cast();
        Texts { memory, size, used: 0 }
    }

    /// With its header, up to where the next one may begin.
    fn size_of(bytes: &[u8]) -> usize {
        (bytes.len() + pg_sys::VARHDRSZ).next_multiple_of(8)
    }

    fn put(&mut self, bytes: &[u8]) -> Datum {
        let size = Texts::size_of(bytes);
        assert!(size <= self.size - self.used, "more text than there is room for");
        // SAFETY: the room that is left is large enough, and its begin is aligned.
        unsafe {
            let text = self.memory.add(self.used);
            pgrx::set_varsize_4b(text.cast(), (bytes.len() + pg_sys::VARHDRSZ) as i32);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), text.add(pg_sys::VARHDRSZ), bytes.len());
            self.used += size;
            Datum::from(text.cast::<c_void>())
        }
    }
}

/// Returns where each tuple went.
///
/// # Safety
/// The table is open and the tuples are of its columns.
unsafe fn put_into_heap(
    table: Relation,
    tuples: &[HeapTuple],
    command: pg_sys::CommandId,
    bulk: pg_sys::BulkInsertState,
) -> Vec<ItemPointerData> {
    // SAFETY: as the caller says. A slot that owns its tuple is what PostgreSQL calls materialized: heap_multi_insert()
    // takes the tuple as it is, and writes where it went into the slot.
    unsafe {
        if let [tuple] = tuples {
            pg_sys::heap_insert(table, *tuple, command, 0, bulk);
            return vec![(**tuple).t_self];
        }
        let slot = |tuple: &HeapTuple| pg_sys::HeapTupleTableSlot {
            base: pg_sys::TupleTableSlot {
                type_: pg_sys::NodeTag::T_TupleTableSlot,
                tts_flags: pg_sys::TTS_FLAG_SHOULDFREE as u16,
                tts_ops: &raw const pg_sys::TTSOpsHeapTuple,
                tts_tupleDescriptor: (*table).rd_att,
                ..Default::default()
            },
            tuple: *tuple,
            ..Default::default()
        };
        let mut slots: Vec<pg_sys::HeapTupleTableSlot> = tuples.iter().map(slot).collect();
        let mut pointers: Vec<*mut pg_sys::TupleTableSlot> =
            slots.iter_mut().map(|slot| (&raw mut *slot).cast()).collect();
        pg_sys::heap_multi_insert(table, pointers.as_mut_ptr(), pointers.len() as i32, command, 0, bulk);
        pointers.iter().map(|slot| (**slot).tts_tid).collect()
    }
}

/// Adds the entries of rows to an index.
///
/// # Safety
/// The table is open, the index is one of its own, and the rows went to these places.
unsafe fn add_entries(
    table: Relation,
    index: &Index,
    rows: &[EventRow<'_>],
    values: &[Values],
    places: &mut [ItemPointerData],
) {
    let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let uniqueness = match index.kind {
        Kind::Tree { is_unique: true } => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_YES,
        _ => pg_sys::IndexUniqueCheck::UNIQUE_CHECK_NO,
    };
    // All that a method looks at here is where it may keep something from one entry to the next.
    let mut info = pg_sys::IndexInfo {
        type_: pg_sys::NodeTag::T_IndexInfo,
        // SAFETY: reads which memory is the present one; it outlives this call.
        ii_Context: unsafe { pg_sys::CurrentMemoryContext },
        ..Default::default()
    };
    let mut keys = [Datum::from(0); pg_sys::INDEX_MAX_KEYS as usize];
    let mut nulls = [false; pg_sys::INDEX_MAX_KEYS as usize];
    let mut relation: Relation = std::ptr::null_mut();
    for n in turns_of(index, rows, places) {
        let key = |key: Key| match key {
            Key::Column(column) => (!values[n].nulls[column]).then_some(values[n].values[column]),
            Key::Correlation => correlation::in_payload(&rows[n].payload).and_then(IntoDatum::into_datum),
        };
        if index.required.is_some_and(|required| key(required).is_none()) {
            continue;
        }
        for (place, part) in index.keys.iter().enumerate() {
            let part = key(*part);
            nulls[place] = part.is_none();
            keys[place] = part.unwrap_or(Datum::from(0));
        }
        // SAFETY: as the caller says: as many keys as the index has. It is opened for its first entry.
        unsafe {
            if relation.is_null() {
                relation = pg_sys::index_open(index.oid, lock);
            }
            let (keys, nulls, place) = (keys.as_mut_ptr(), nulls.as_mut_ptr(), &raw mut places[n]);
            pg_sys::index_insert(relation, keys, nulls, place, table, uniqueness, false, &raw mut info);
        }
    }
    if !relation.is_null() {
        // SAFETY: it was opened above.
        unsafe {
            #[cfg(not(any(feature = "pg15", feature = "pg16")))]
            pg_sys::index_insert_cleanup(relation, &raw mut info);
            pg_sys::index_close(relation, lock);
        }
    }
}

/// The rows to enter, in the order of their turns.
fn turns_of(index: &Index, rows: &[EventRow<'_>], places: &[ItemPointerData]) -> Vec<usize> {
    match (index.kind, index.keys.first()) {
        (Kind::Ranges, _) => {
            let page =
                |place: &ItemPointerData| u32::from(place.ip_blkid.bi_hi) << 16 | u32::from(place.ip_blkid.bi_lo);
            order::ends_of_pages(&places.iter().map(page).collect::<Vec<u32>>())
        }
        (Kind::Tree { .. }, Some(Key::Column(column))) => order::by_id(rows.iter().map(|row| row.id_at(*column))),
        (Kind::Tree { .. }, _) => (0..rows.len()).collect(),
    }
}

/// Adds the entries of rows to all indexes, whatever these are.
///
/// # Safety
/// The table is open, and the tuples are in it at these places.
unsafe fn add_entries_by_executor(table: Relation, tuples: &[HeapTuple], places: &[ItemPointerData]) {
    // SAFETY: executor state and slot are made here and freed here; where PostgreSQL raises an error in between, they go
    // with the memory of the call.
    unsafe {
        let estate = pg_sys::CreateExecutorState();
        let target = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
        (*target).type_ = pg_sys::NodeTag::T_ResultRelInfo;
        pg_sys::InitResultRelInfo(target, table, 0, std::ptr::null_mut(), 0);
        pg_sys::ExecOpenIndices(target, false);
        let context = pg_sys::MakePerTupleExprContext(estate);
        let slot = pg_sys::MakeSingleTupleTableSlot((*table).rd_att, &raw const pg_sys::TTSOpsHeapTuple);
        for (tuple, place) in tuples.iter().zip(places) {
            pg_sys::ExecStoreHeapTuple(*tuple, slot, false);
            (*slot).tts_tid = *place;
            (*slot).tts_tableOid = (*table).rd_id;
            insert_index_entries(target, slot, estate);
            pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
        }
        pg_sys::ExecDropSingleTupleTableSlot(slot);
        pg_sys::ExecCloseIndices(target);
        pg_sys::FreeExecutorState(estate);
    }
}

/// # Safety
/// The slot holds a stored tuple of the target, whose indexes are open.
unsafe fn insert_index_entries(
    target: *mut pg_sys::ResultRelInfo,
    slot: *mut pg_sys::TupleTableSlot,
    estate: *mut pg_sys::EState,
) {
    let none = std::ptr::null_mut();
    // SAFETY: as the caller says. No index is deferrable: is_plain() saw no trigger that would check it later.
    unsafe {
        #[cfg(feature = "pg15")]
        pg_sys::ExecInsertIndexTuples(target, slot, estate, false, false, none, std::ptr::null_mut());
        #[cfg(not(feature = "pg15"))]
        pg_sys::ExecInsertIndexTuples(target, slot, estate, false, false, none, std::ptr::null_mut(), false);
    }
}
