//! Holds: no partition goes that a destination still has to read. Twin: sql/outbox/holds.sql, which says what holds it.
//!
//! PostgreSQL tells an event trigger which command is about to run, but SQL sees nothing of it but its tag. What the command names is
//! read here, and it is nothing to us unless it is a partition of the log.

use crate::db::stream::{Snapshot, stream};
use crate::db::{Value, rights};
use crate::log::partitions::bounds;
use crate::settings;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{PgList, pg_sys};

/// Refuses DROP TABLE and ALTER TABLE ... DETACH PARTITION of a partition that is held. Error: 55006.
#[pg_extern(
    sql = "create function telemetry_private.hold_partitions() returns event_trigger language c as '@MODULE_PATHNAME@', '@FUNCTION_NAME@';"
)]
fn hold_partitions(fcinfo: pg_sys::FunctionCallInfo) -> Result<(), ErrorReport> {
    if !settings::HOLD_PARTITIONS.get() {
        return Ok(());
    }
    // SAFETY: PostgreSQL called us with this fcinfo.
    let named = unsafe { named_tables(fcinfo) };
    for table in named.into_iter().filter(|table| is_own_partition(*table)) {
        rights::as_function_owner(fcinfo, || {
            let sql = "select telemetry_private.refuse_held_partition($1)";
            stream(sql, &[(pg_sys::OIDOID, Value::Oid(table))], Snapshot::Latest, |_| Ok(()))
        })?;
    }
    Ok(())
}

/// The tables that the command is about to drop or detach; none where it does neither.
///
/// # Safety
/// The fcinfo is that of the present call.
unsafe fn named_tables(fcinfo: pg_sys::FunctionCallInfo) -> Vec<pg_sys::Oid> {
    // SAFETY: the context of an event trigger's call holds the command's tree; each node is read as what its tag says that it is.
    // Looking a name up takes no lock, and answers none where there is no such table.
    unsafe {
        let context = (*fcinfo).context.cast::<pg_sys::Node>();
        if context.is_null() || (*context).type_ != pg_sys::NodeTag::T_EventTriggerData {
            return Vec::new();
        }
        let tree = (*context.cast::<pg_sys::EventTriggerData>()).parsetree;
        let names: Vec<*mut pg_sys::RangeVar> = match (*tree).type_ {
            pg_sys::NodeTag::T_DropStmt => {
                let command = &*tree.cast::<pg_sys::DropStmt>();
                if command.removeType != pg_sys::ObjectType::OBJECT_TABLE {
                    return Vec::new();
                }
                let objects = PgList::<pg_sys::List>::from_pg(command.objects);
                objects.iter_ptr().map(|object| pg_sys::makeRangeVarFromNameList(object)).collect()
            }
            pg_sys::NodeTag::T_AlterTableStmt => {
                let commands = PgList::<pg_sys::AlterTableCmd>::from_pg((*tree.cast::<pg_sys::AlterTableStmt>()).cmds);
                let detached = commands
                    .iter_ptr()
                    .filter(|command| (**command).subtype == pg_sys::AlterTableType::AT_DetachPartition);
                detached.map(|command| (*(*command).def.cast::<pg_sys::PartitionCmd>()).name).collect()
            }
            _ => Vec::new(),
        };
        let look_up = |name: *mut pg_sys::RangeVar| {
            let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
            pg_sys::RangeVarGetRelidExtended(name, pg_sys::NoLock as i32, missing_ok, None, std::ptr::null_mut())
        };
        names.into_iter().map(look_up).filter(|table| *table != pg_sys::InvalidOid).collect()
    }
}

/// Whether a table is a partition of the log that the present role may drop. Others' commands PostgreSQL refuses itself.
fn is_own_partition(table: pg_sys::Oid) -> bool {
    // SAFETY: a look-up in the catalogs. Whoever drops another table takes no lock of ours.
    if !unsafe { pg_sys::get_rel_relispartition(table) }
        || !bounds::all().iter().any(|partition| partition.oid == table)
    {
        return false;
    }
    // SAFETY: a look-up in the catalogs; the tuple is released after its last use.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as i32, table.into());
        if tuple.is_null() {
            return false;
        }
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>()).relowner;
        pg_sys::ReleaseSysCache(tuple);
        pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner)
    }
}
