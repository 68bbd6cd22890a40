//! Commands that are about to run, as an event trigger is told of them.

use pgrx::{PgList, pg_sys};
use std::ffi::CString;

/// The tables that the command is about to drop or detach; none where it does neither. The fcinfo is that of the present call.
pub fn going_tables(fcinfo: pg_sys::FunctionCallInfo) -> Vec<pg_sys::Oid> {
    // SAFETY: the fcinfo is that of the present call, which PostgreSQL made. The context of an event trigger's call holds the
    // command's tree; each node is read as what its tag says that it is. Looking a name up takes no lock, and answers none where
    // there is no such table.
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

/// Whether a table is a partition that the present role may drop. Others' commands PostgreSQL refuses itself.
pub fn is_own_partition(table: pg_sys::Oid) -> bool {
    // SAFETY: look-ups in the catalogs; the tuple is released after its last use. Whoever drops another table takes no lock of ours.
    unsafe {
        if !pg_sys::get_rel_relispartition(table) {
            return false;
        }
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::RELOID as i32, table.into());
        if tuple.is_null() {
            return false;
        }
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>()).relowner;
        pg_sys::ReleaseSysCache(tuple);
        pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner)
    }
}

/// Whether a text is one expression of SQL. PostgreSQL raises its own error where it is no SQL at all.
pub fn is_expression(text: &str) -> bool {
    // Neither with parentheses around it nor without: "true) or (true" is one expression with them alone.
    [format!("select (\n{text}\n)"), format!("select\n{text}\n")].into_iter().all(selects_one)
}

/// Whether a statement is a SELECT of one expression and nothing else.
fn selects_one(sql: String) -> bool {
    let Ok(sql) = CString::new(sql) else { return false };
    // SAFETY: the parser reads a C string and returns a list of statements, whose nodes are read as what their tags say.
    unsafe {
        let statements = PgList::<pg_sys::RawStmt>::from_pg(pg_sys::raw_parser(
            sql.as_ptr(),
            pg_sys::RawParseMode::RAW_PARSE_DEFAULT,
        ));
        let Some(statement) = statements.get_ptr(0).filter(|_| statements.len() == 1) else { return false };
        let statement = (*statement).stmt;
        if (*statement).type_ != pg_sys::NodeTag::T_SelectStmt {
            return false;
        }
        let select = &*statement.cast::<pg_sys::SelectStmt>();
        select.op == pg_sys::SetOperation::SETOP_NONE
            && PgList::<pg_sys::Node>::from_pg(select.targetList).len() == 1
            && select.fromClause.is_null()
            && select.whereClause.is_null()
            && select.groupClause.is_null()
            && select.havingClause.is_null()
            && select.windowClause.is_null()
            && select.sortClause.is_null()
            && select.limitOffset.is_null()
            && select.limitCount.is_null()
            && select.lockingClause.is_null()
            && select.intoClause.is_null()
            && select.distinctClause.is_null()
    }
}
