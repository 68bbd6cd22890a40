//! Reads PostgreSQL's catalogs about the extension's tables without SQL, since whoever calls may have no rights on
//! them.

use foldhash::fast::FixedState;
use pgrx::PgTupleDesc;
use pgrx::prelude::*;
use std::ffi::CStr;
use std::hash::{BuildHasher, Hasher};

/// A relation by its name; none where it is not there.
pub fn relation(schema: &CStr, name: &CStr) -> Option<pg_sys::Oid> {
    // SAFETY: plain look-ups within a transaction.
    let oid = unsafe { pg_sys::get_relname_relid(name.as_ptr(), pg_sys::get_namespace_oid(schema.as_ptr(), true)) };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// A function by its name and the types of its arguments; none where it is not there.
pub fn function(schema: &CStr, name: &CStr, types: &[pg_sys::Oid]) -> Option<pg_sys::Oid> {
    // SAFETY: plain look-ups within a transaction; the vector is a copy of as many types as said.
    let oid = unsafe {
        pg_sys::GetSysCacheOid(
            pg_sys::SysCacheIdentifier::PROCNAMEARGSNSP as i32,
            pg_sys::Anum_pg_proc_oid as pg_sys::AttrNumber,
            name.as_ptr().into(),
            pg_sys::buildoidvector(types.as_ptr(), types.len() as i32).into(),
            pg_sys::get_namespace_oid(schema.as_ptr(), true).into(),
            pg_sys::Datum::from(0),
        )
    };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// The oid of the relation that a trigger runs for.
pub fn relation_of(trigger: &pg_sys::TriggerData) -> pg_sys::Oid {
    // SAFETY: the firing statement holds the relation open.
    unsafe { (*trigger.tg_relation).rd_id }
}

/// Whether that relation is partitioned: then an UPDATE may move a row from one partition to another.
pub fn is_partitioned(trigger: &pg_sys::TriggerData) -> bool {
    // SAFETY: the firing statement holds the relation open.
    unsafe { (*(*trigger.tg_relation).rd_rel).relkind as u8 == pg_sys::RELKIND_PARTITIONED_TABLE }
}

/// A digest of the columns of the relation that a trigger runs for: another one after ALTER TABLE changed one of them.
pub fn shape_of(trigger: &pg_sys::TriggerData) -> u64 {
    let mut shape = FixedState::default().build_hasher();
    // SAFETY: the firing statement holds the relation open, whose description has as many columns as it says; a name ends with a NUL.
    unsafe {
        let columns = PgTupleDesc::from_pg_copy((*trigger.tg_relation).rd_att);
        for column in columns.iter() {
            shape.write(CStr::from_ptr(column.attname.data.as_ptr()).to_bytes_with_nul());
            shape.write_u32(column.atttypid.to_u32());
            shape.write(&[u8::from(column.attisdropped), column.attgenerated as u8]);
        }
    }
    shape.finish()
}

/// Returns the number that tells clusters apart: initdb draws it, a physical copy keeps it, pg_upgrade does not.
pub fn system_identifier() -> u64 {
    // SAFETY: reads what does not change while the server runs.
    unsafe { pg_sys::GetSystemIdentifier() }
}

/// Whether and when a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// It is enabled whatever session_replication_role says, as the extension's own triggers are.
    Always,
    /// It is enabled, but not always.
    Sometimes,
    Disabled,
    Missing,
}

/// Says how the trigger of that name is switched on a table; Missing where there is no such trigger or no such table.
pub fn trigger_of(table: pg_sys::Oid, name: &CStr) -> Switch {
    // SAFETY: the relation is open while its triggers, as many as the description says, are read.
    unsafe {
        let relation = pg_sys::try_relation_open(table, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        if relation.is_null() {
            return Switch::Missing;
        }
        let triggers = (*relation).trigdesc.as_ref().map_or(&[][..], |description| {
            std::slice::from_raw_parts(description.triggers, description.numtriggers as usize)
        });
        let found = triggers.iter().find(|trigger| CStr::from_ptr(trigger.tgname) == name);
        let switch = match found.map(|trigger| trigger.tgenabled as u8) {
            None => Switch::Missing,
            Some(b'A') => Switch::Always,
            Some(b'D') => Switch::Disabled,
            Some(_) => Switch::Sometimes,
        };
        pg_sys::relation_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        switch
    }
}

/// The last value that a sequence gave, 0 where it gave none yet. On a standby, and after a crash, it may be up to 32
/// higher.
pub fn last_value(sequence: pg_sys::Oid) -> i64 {
    // SAFETY: a sequence is a heap of one row: last_value, log_cnt, is_called, none of them NULL. nextval() changes
    // them in place, each in one aligned store, so what is read of each is one of its values.
    unsafe {
        let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
        let relation = pg_sys::try_relation_open(sequence, lock);
        if relation.is_null() {
            return 0;
        }
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::InvalidOid,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let tuple = pg_sys::systable_getnext(scan);
        let value = tuple.as_ref().map_or(0, |tuple| {
            let row = tuple.t_data.cast::<u8>().add((*tuple.t_data).t_hoff as usize);
            let is_called = row.add(16).read_volatile() != 0;
            row.cast::<i64>().read_volatile() - i64::from(!is_called)
        });
        pg_sys::systable_endscan(scan);
        pg_sys::relation_close(relation, lock);
        value
    }
}

/// Whether the present role may select from a table, from all of its columns.
pub fn may_read(table: pg_sys::Oid) -> bool {
    // SAFETY: look-ups within a transaction; a table that is gone in the meantime is none that may be read.
    unsafe {
        let mut is_missing = false;
        let rights = pg_sys::pg_class_aclcheck_ext(
            table,
            pg_sys::GetUserId(),
            pg_sys::ACL_SELECT as pg_sys::AclMode,
            &mut is_missing,
        );
        rights == pg_sys::AclResult::ACLCHECK_OK && !is_missing
    }
}

/// Locks a table as a SELECT does, until the end of the transaction: its partitions neither come nor go meanwhile.
pub fn lock_for_reading(table: pg_sys::Oid) {
    // SAFETY: a lock within a transaction.
    unsafe { pg_sys::LockRelationOid(table, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
}
