//! Keeps the plans of the queries that KPIs run, for the session: by the text of a query, the types of its arguments and
//! the role that asks. Of a small tenant's KPI more than half of the time went into planning.
//!
//! PostgreSQL itself finds that a kept plan is stale, and makes it anew: where a table, an index, a policy, a function or
//! the search_path changed, and where row-level security would read otherwise (src/backend/utils/cache/plancache.c).

mod shelf;

use super::scopes::Connection;
use super::{Value, check, session};
use crate::error::Error;
use pgrx::prelude::*;
use shelf::{Name, Shelf};
use std::cell::RefCell;
use std::ffi::CString;
use twox_hash::XxHash3_64;

/// A session keeps at most so many plans, of so many bytes in all. A KPI needs three to five.
const MOST_PLANS: usize = 64;
const MOST_BYTES: usize = 2 << 20;

/// How a query is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planning {
    /// It is parsed and planned at each call, and nothing is kept.
    Anew,
    /// One plan serves all arguments. It is for queries that find their rows by the same index for whomever they ask.
    Once,
    /// The query is kept as it was parsed and rewritten. The plan is made at each call for its arguments: they decide
    /// which partitions are opened and which index is read.
    ByArguments,
}

impl Planning {
    fn options(self) -> i32 {
        let own = match self {
            Planning::Anew => 0,
            Planning::Once => pg_sys::CURSOR_OPT_GENERIC_PLAN,
            Planning::ByArguments => pg_sys::CURSOR_OPT_CUSTOM_PLAN,
        };
        (own | pg_sys::CURSOR_OPT_PARALLEL_OK) as i32
    }
}

/// What a plan is kept by.
struct Key {
    /// A hash of the rest, which is compared first.
    hash: u64,
    sql: CString,
    types: Vec<pg_sys::Oid>,
    options: i32,
    /// PostgreSQL would make the plan anew at each change of the role.
    role: pg_sys::Oid,
}

thread_local! {
    static PLANS: RefCell<Shelf<Key, pg_sys::SPIPlanPtr>> = const { RefCell::new(Shelf::new(MOST_PLANS, MOST_BYTES)) };
}

/// A plan that is in use, so that nobody frees it.
#[must_use]
pub(super) struct Plan {
    plan: pg_sys::SPIPlanPtr,
    name: Name,
}

impl Plan {
    /// Finds the plan of a query, or makes it.
    pub fn of(
        sql: &CString,
        arguments: &[(pg_sys::Oid, Value<'_>)],
        planning: Planning,
        _connection: &Connection,
    ) -> Result<Plan, Error> {
        let (options, role) = (planning.options(), session::role());
        let hash = XxHash3_64::oneshot(sql.as_bytes()) ^ u64::from(role.to_u32());
        let is_key = |key: &Key| {
            key.hash == hash
                && key.role == role
                && key.options == options
                && key.sql == *sql
                && key.types.iter().eq(arguments.iter().map(|(kind, _)| kind))
        };
        if let Some((name, plan)) = PLANS.with_borrow_mut(|plans| plans.lend(is_key)) {
            return Ok(Plan { plan, name });
        }
        let mut types: Vec<pg_sys::Oid> = arguments.iter().map(|(kind, _)| *kind).collect();
        // SAFETY: within an open connection; the text is a C string and the types are as many as said. PostgreSQL copies
        // both. A plan that could not be kept goes with the connection.
        let plan = unsafe {
            let plan = pg_sys::SPI_prepare_cursor(sql.as_ptr(), types.len() as i32, types.as_mut_ptr(), options);
            if plan.is_null() {
                let status = pg_sys::SPI_result;
                return Err(Error::Spi(format!("SPI_prepare: {status}")));
            }
            check(pg_sys::SPI_keepplan(plan))?;
            plan
        };
        let key = Key { hash, sql: sql.clone(), types, options, role };
        let name = PLANS.with_borrow_mut(|plans| plans.add(key, plan));
        Ok(Plan { plan, name })
    }

    pub fn pointer(&self) -> pg_sys::SPIPlanPtr {
        self.plan
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        // While an error unwinds, no call into PostgreSQL: the next use weighs the plan and makes room.
        if std::thread::panicking() {
            return PLANS.with_borrow_mut(|plans| plans.give_back(self.name));
        }
        // SAFETY: the plan is kept and in use until it is given back below.
        let bytes = unsafe { bytes_of(self.plan) };
        PLANS.with_borrow_mut(|plans| {
            plans.weigh(self.name, bytes);
            plans.give_back(self.name);
        });
        while let Some(surplus) = PLANS.with_borrow_mut(Shelf::take_surplus) {
            // SAFETY: a kept plan that nobody uses and that is not on the shelf any more.
            unsafe { pg_sys::SPI_freeplan(surplus) };
        }
    }
}

/// The bytes that a kept plan takes: the query as it was parsed and rewritten, and the plan for all arguments where
/// there is one.
///
/// # Safety
/// The plan is one of SPI's and is not being freed.
unsafe fn bytes_of(plan: pg_sys::SPIPlanPtr) -> usize {
    /// The memory of SPI's own part of a plan, which it does not show: one block.
    const OWN: usize = 1024;
    // SAFETY: as the caller says. The list holds the sources of the plan, one for each statement; the contexts of a source
    // and of its general plan live as long as it.
    unsafe {
        let sources = pg_sys::SPI_plan_get_plan_sources(plan);
        let Some(sources) = sources.as_ref() else { return OWN };
        let cells = std::slice::from_raw_parts(sources.elements, sources.length as usize);
        let bytes = cells.iter().map(|cell| {
            let source = &*cell.ptr_value.cast::<pg_sys::CachedPlanSource>();
            let general =
                source.gplan.as_ref().map_or(0, |general| pg_sys::MemoryContextMemAllocated(general.context, true));
            pg_sys::MemoryContextMemAllocated(source.context, true) + general
        });
        OWN + bytes.sum::<usize>()
    }
}
