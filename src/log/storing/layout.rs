//! What a partition is to whoever stores rows: nothing but a heap and its indexes, or a table for which only INSERT does
//! all that is due (triggers, constraints, another access method, other columns).
//!
//! What was read of a partition is kept until PostgreSQL tells that any relation has changed: reading it takes as long
//! as storing an event.

use super::{INGEST_ID, SHAPE};
use crate::db::{catalog, watch};
use foldhash::HashMap;
use pgrx::PgList;
use pgrx::pg_sys::{self, Oid, Relation};
use std::cell::RefCell;
use std::ffi::CStr;
use std::rc::Rc;

/// A partition in which storing a row is nothing but the heap and its indexes.
pub struct Layout {
    /// The sequence that gives each event its ingest_id.
    pub ids: Oid,
    /// The indexes, where this library can make the entries of each; None where PostgreSQL's executor has to.
    pub indexes: Option<Vec<Index>>,
}

/// An index over the log.
pub struct Index {
    pub oid: Oid,
    pub kind: Kind,
    pub keys: Vec<Key>,
    /// A row of which this is NULL has no entry.
    pub required: Option<Key>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A B-tree.
    Tree { is_unique: bool },
    /// BRIN over the ingest_id: of ranges of pages it keeps the least and the greatest one.
    Ranges,
}

/// The family of operators of a BRIN that keeps the least and the greatest integer, integer_minmax_ops.
const INTEGER_MINMAX: u32 = 4054;

/// What an index is by.
#[derive(Clone, Copy)]
pub enum Key {
    /// A column, counted from 0.
    Column(usize),
    /// The correlation_id of the payload, which is the last column.
    Correlation,
}

#[derive(Default)]
struct Known {
    /// As of which changes of relations and of roles.
    generations: (u64, u64),
    /// With whose rights rows are stored.
    user: Oid,
    /// None where a partition is not plain.
    layouts: HashMap<Oid, Option<Rc<Layout>>>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Returns the layout of a table; None where storing a row is more than the heap and its indexes.
///
/// # Safety
/// The relation is open.
pub unsafe fn layout_of(table: Relation) -> Option<Rc<Layout>> {
    // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
    let generations = (watch::relations_generation(), watch::schemas_generation());
    // SAFETY: as the caller says.
    let (oid, user) = unsafe { ((*table).rd_id, pg_sys::GetUserId()) };
    let is_current = |known: &Known| known.generations == generations && known.user == user;
    let known = KNOWN.with_borrow(|known| if is_current(known) { known.layouts.get(&oid).cloned() } else { None });
    if let Some(layout) = known {
        return layout;
    }
    // SAFETY: as the caller says.
    let layout = unsafe { read(table) }.map(Rc::new);
    KNOWN.with_borrow_mut(|known| {
        if !is_current(known) {
            *known = Known { generations, user, ..Known::default() };
        }
        known.layouts.insert(oid, layout.clone());
    });
    layout
}

/// # Safety
/// The relation is open.
unsafe fn read(table: Relation) -> Option<Layout> {
    let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let events = catalog::relation(c"telemetry", c"events")?;
    let ids = catalog::relation(c"telemetry_private", c"ingest_id")?;
    // SAFETY: the log is opened here and closed here; the table is open.
    unsafe {
        let parent = pg_sys::table_open(events, lock);
        let is_plain = is_plain(parent, table);
        pg_sys::table_close(parent, pg_sys::NoLock as pg_sys::LOCKMODE);
        is_plain.then(|| Layout { ids, indexes: indexes_of(table) })
    }
}

/// Says whether storing a row in the partition is nothing but the heap and its indexes.
///
/// # Safety
/// Both relations are open.
unsafe fn is_plain(parent: Relation, table: Relation) -> bool {
    // SAFETY: fields of open relations, as the relation cache keeps them.
    unsafe {
        let description = (*table).rd_att;
        let columns = pgrx::PgTupleDesc::from_pg_unchecked(description);
        let has_our_columns = columns.len() == SHAPE.len()
            && SHAPE.iter().enumerate().all(|(n, (name, kind, is_required))| {
                columns.get(n).is_some_and(|column| {
                    CStr::from_ptr(column.attname.data.as_ptr()) == *name
                        && column.atttypid == *kind
                        && column.atttypmod == -1
                        && column.attnotnull == *is_required
                        && !column.attisdropped
                })
            });
        let constraints = (*description).constr.as_ref();
        let is_unconstrained =
            constraints.is_none_or(|constraints| constraints.num_check == 0 && !constraints.has_generated_stored);
        let triggers = (*table).trigdesc.as_ref();
        let has_no_row_trigger = triggers.is_none_or(|triggers| {
            !triggers.trig_insert_before_row && !triggers.trig_insert_after_row && !triggers.trig_insert_new_table
        });
        (*(*table).rd_rel).relispartition
            && (*(*table).rd_rel).relkind == pg_sys::RELKIND_RELATION as std::ffi::c_char
            && (*table).rd_tableam == pg_sys::GetHeapamTableAmRoutine()
            && has_our_columns
            && is_unconstrained
            && has_no_row_trigger
            && (*parent).rd_rules.is_null()
            && has_only_our_insert_triggers(parent)
            && may_insert_any_row(parent)
    }
}

/// Says whether an INSERT of the present user is neither refused nor held to policies. Its owner may withhold that from
/// itself.
///
/// # Safety
/// The relation is open.
unsafe fn may_insert_any_row(parent: Relation) -> bool {
    // SAFETY: look-ups within a transaction.
    unsafe {
        let oid = (*parent).rd_id;
        let may_insert = pg_sys::pg_class_aclcheck(oid, pg_sys::GetUserId(), pg_sys::ACL_INSERT as pg_sys::AclMode);
        may_insert == pg_sys::AclResult::ACLCHECK_OK
            && pg_sys::check_enable_rls(oid, pg_sys::InvalidOid, true)
                != pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
    }
}

/// # Safety
/// The relation is open.
unsafe fn has_only_our_insert_triggers(parent: Relation) -> bool {
    const INSERT: i16 = 1 << 2; // TRIGGER_TYPE_INSERT
    // SAFETY: as many triggers as the description says.
    unsafe {
        let Some(description) = (*parent).trigdesc.as_ref() else { return true };
        let triggers = std::slice::from_raw_parts(description.triggers, description.numtriggers as usize);
        triggers
            .iter()
            .all(|trigger| trigger.tgtype & INSERT == 0 || CStr::from_ptr(trigger.tgname) == c"append_only_statement")
    }
}

/// Returns the indexes that take entries; None where one of them is of no [`Kind`] or not by [`Key`]s.
///
/// # Safety
/// The relation is open, and is_plain() saw no trigger of a deferred constraint.
unsafe fn indexes_of(table: Relation) -> Option<Vec<Index>> {
    let correlation_of = catalog::function(c"telemetry", c"correlation_of", &[pg_sys::JSONBOID]);
    let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let mut known = Vec::new();
    // SAFETY: each index of an open table is opened here and closed here; its description is a copy.
    unsafe {
        let indexes = PgList::<Oid>::from_pg(pg_sys::RelationGetIndexList(table));
        for oid in indexes.iter_oid() {
            let index = pg_sys::index_open(oid, lock);
            let info = &*pg_sys::BuildIndexInfo(index);
            let is_immediate = (*(*index).rd_index).indimmediate;
            let method = (*(*index).rd_rel).relam;
            let family = *(*index).rd_opfamily;
            pg_sys::index_close(index, lock);
            if !info.ii_ReadyForInserts {
                continue;
            }
            let keys = keys_of(info, correlation_of)?;
            let required = required_by(info, correlation_of)?;
            let kind = match (method, keys.as_slice()) {
                (pg_sys::BTREE_AM_OID, _) if is_immediate && info.ii_ExclusionOps.is_null() => {
                    Kind::Tree { is_unique: info.ii_Unique }
                }
                // Of all rows: where some have no entry, the ends of a page say nothing of those between them.
                (pg_sys::BRIN_AM_OID, [Key::Column(INGEST_ID)])
                    if family.to_u32() == INTEGER_MINMAX && required.is_none() =>
                {
                    Kind::Ranges
                }
                _ => return None,
            };
            known.push(Index { oid, kind, keys, required });
        }
    }
    Some(known)
}

/// # Safety
/// The description is of an index over the log.
unsafe fn keys_of(info: &pg_sys::IndexInfo, correlation_of: Option<Oid>) -> Option<Vec<Key>> {
    // SAFETY: a list of expressions, as many as attributes have the number 0.
    unsafe {
        let expressions = PgList::<pg_sys::Node>::from_pg(info.ii_Expressions);
        let mut expressions = expressions.iter_ptr();
        let attributes = &info.ii_IndexAttrNumbers[..info.ii_NumIndexAttrs as usize];
        let key = |attribute: &i16| match usize::try_from(*attribute) {
            Ok(0) => key_of(expressions.next()?, correlation_of),
            Ok(number) => Some(Key::Column(number - 1)),
            Err(_) => None,
        };
        attributes.iter().map(key).collect()
    }
}

/// Returns what an entry needs, if anything; None where that is more than one thing that is not NULL.
///
/// # Safety
/// The description is of an index over the log.
unsafe fn required_by(info: &pg_sys::IndexInfo, correlation_of: Option<Oid>) -> Option<Option<Key>> {
    // SAFETY: a list of conditions, each read as its tag says.
    unsafe {
        let conditions = PgList::<pg_sys::Node>::from_pg(info.ii_Predicate);
        let mut conditions = conditions.iter_ptr();
        let Some(condition) = conditions.next() else { return Some(None) };
        if conditions.next().is_some() || (*condition).type_ != pg_sys::NodeTag::T_NullTest {
            return None;
        }
        let test = &*condition.cast::<pg_sys::NullTest>();
        let is_plain = test.nulltesttype == pg_sys::NullTestType::IS_NOT_NULL && !test.argisrow;
        if is_plain { key_of(test.arg.cast(), correlation_of).map(Some) } else { None }
    }
}

/// # Safety
/// The expression is one over the columns of the log.
unsafe fn key_of(expression: *mut pg_sys::Node, correlation_of: Option<Oid>) -> Option<Key> {
    // SAFETY: as the caller says; each node is read as its tag says.
    unsafe {
        match (*expression).type_ {
            pg_sys::NodeTag::T_Var => {
                let number = usize::try_from((*expression.cast::<pg_sys::Var>()).varattno).ok()?;
                number.checked_sub(1).map(Key::Column)
            }
            pg_sys::NodeTag::T_FuncExpr => {
                let call = &*expression.cast::<pg_sys::FuncExpr>();
                let arguments = PgList::<pg_sys::Node>::from_pg(call.args);
                let argument = arguments.iter_ptr().next()?;
                let is_of_payload = matches!(key_of(argument, None), Some(Key::Column(n)) if n == SHAPE.len() - 1);
                (Some(call.funcid) == correlation_of && is_of_payload).then_some(Key::Correlation)
            }
            _ => None,
        }
    }
}
