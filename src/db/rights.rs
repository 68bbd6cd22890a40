//! Decides with whose rights something runs, and under which search_path.
//!
//! Whatever runs with other rights than the caller's must not meet the caller's objects: not in our statements, which
//! are qualified down to their operators, and not in what they fire (triggers, index expressions and checks of the
//! application, ownership checks). So the search_path is fixed wherever the caller's could hold anything of a stranger.

use super::watch;
use super::{Access, Statement, run};
use crate::db::session::{self, Setting};
use crate::error::Error;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use uuid::Uuid;

/// The search_path of schemas that strangers cannot put anything into.
const FIXED_SEARCH_PATH: Setting = (c"search_path", c"pg_catalog, pg_temp");

/// Runs `work` with the rights of the owner of the present function, as SECURITY DEFINER would.
pub fn as_function_owner<T>(
    fcinfo: pg_sys::FunctionCallInfo,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    // SAFETY: PostgreSQL called us with this fcinfo.
    as_owner_of(unsafe { (*(*fcinfo).flinfo).fn_oid }, work)
}

/// Runs `work` under a search_path in which only PostgreSQL's own objects are found without their schema.
pub fn with_fixed_search_path<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    session::with_settings(&[FIXED_SEARCH_PATH], work)
}

/// Runs `work` with the rights of the owner of a function that runs at present.
pub fn as_owner_of<T>(function: pg_sys::Oid, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: the function runs, so it exists.
    let owner = unsafe { owner_of(function) };
    let is_safe = is_search_path_safe()?;
    // SAFETY: where `work` raises an error, the abort of the (sub)transaction restores user, context and settings, as
    // it does for SECURITY DEFINER.
    unsafe {
        let (mut user, mut context) = (pg_sys::InvalidOid, 0);
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        pg_sys::SetUserIdAndSecContext(owner, context | pg_sys::SECURITY_LOCAL_USERID_CHANGE as i32);
        let result = if is_safe { work() } else { session::with_settings(&[FIXED_SEARCH_PATH], work) };
        pg_sys::SetUserIdAndSecContext(user, context);
        result
    }
}

/// Calls a function of four uuids that returns boolean, with the rights of its owner, and takes back what it sets. It
/// can neither leave deferred triggers behind nor make temporary tables. None stands for NULL. The caller has opened a
/// subtransaction.
pub fn ask_as_owner(function: pg_sys::Oid, arguments: &[Option<Uuid>; 4]) -> Option<bool> {
    // SAFETY: the function was found by this signature; the call info is as large as its arguments, which outlive the
    // call. User, context and settings come back here, or with the abort of the subtransaction.
    unsafe {
        let lookup = pg_sys::palloc0(size_of::<pg_sys::FmgrInfo>()).cast::<pg_sys::FmgrInfo>();
        pg_sys::fmgr_info(function, lookup);
        let size = size_of::<pg_sys::FunctionCallInfoBaseData>() + 4 * size_of::<pg_sys::NullableDatum>();
        let call = pg_sys::palloc0(size).cast::<pg_sys::FunctionCallInfoBaseData>();
        (*call).flinfo = lookup;
        (*call).nargs = 4;
        for (slot, argument) in (*call).args.as_mut_slice(4).iter_mut().zip(arguments) {
            slot.isnull = argument.is_none();
            slot.value = argument.as_ref().map_or(pg_sys::Datum::from(0), |id| id.as_bytes().as_ptr().into());
        }
        let function_address = (*lookup).fn_addr?;
        let (mut user, mut context) = (pg_sys::InvalidOid, 0);
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        let restricted = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
        pg_sys::SetUserIdAndSecContext(owner_of(function), context | restricted as i32);
        let level = session::change_settings(&[FIXED_SEARCH_PATH]);
        let answer = pg_sys::ffi::pg_guard_ffi_boundary(|| function_address(call));
        pg_sys::AtEOXact_GUC(false, level);
        pg_sys::SetUserIdAndSecContext(user, context);
        (!(*call).isnull).then(|| answer.value() != 0)
    }
}

/// # Safety
/// The function exists.
unsafe fn owner_of(function: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: as the caller says; the tuple is released after its last use.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(pg_sys::SysCacheIdentifier::PROCOID as i32, function.into());
        let owner = (*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_proc>()).proowner;
        pg_sys::ReleaseSysCache(tuple);
        owner
    }
}

/// Whether a search_path was found to be safe for a user, as of a generation of schemas and roles.
struct Known {
    path: CString,
    user: pg_sys::Oid,
    generation: u64,
    is_safe: bool,
}

thread_local! {
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// Whether the caller's search_path holds only schemas that superusers or the database's owner, a superuser, own and
/// nobody else may create in, and no temporary ones. Setting the path costs every call about what its validation does,
/// so it is set only where it has to be.
fn is_search_path_safe() -> Result<bool, Error> {
    // SAFETY: reads of the session's state; the path is a C string as long as nobody sets it.
    let (path, user, has_temporary) = unsafe {
        let (mut temporary, mut toast) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
        pg_sys::GetTempNamespaceState(&mut temporary, &mut toast);
        (CStr::from_ptr(pg_sys::namespace_search_path), pg_sys::GetUserId(), temporary != pg_sys::InvalidOid)
    };
    if has_temporary {
        return Ok(false);
    }
    let generation = watch::schemas_generation();
    let known = KNOWN.with_borrow(|known| {
        let known = known.as_ref()?;
        let is_same = known.generation == generation && known.user == user && known.path.as_c_str() == path;
        is_same.then_some(known.is_safe)
    });
    if let Some(is_safe) = known {
        return Ok(is_safe);
    }
    let path = path.to_owned();
    let is_safe = run(Statement::SearchPathIsSafe, &[], Access::ReadLatest, |row| row.get::<bool>(1))?;
    let is_safe = is_safe.into_iter().flatten().next().unwrap_or(false);
    KNOWN.with_borrow_mut(|known| *known = Some(Known { path, user, generation, is_safe }));
    Ok(is_safe)
}
