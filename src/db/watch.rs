//! Notices changes of the relations that backends keep something of: PostgreSQL tells every backend of a change at its
//! commit.

use super::catalog;
use crate::error::Error;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::ffi::CStr;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

static TAXONOMY: Watched = Watched::new();
static EVENTS: Watched = Watched::new();
static TENANTS: Watched = Watched::new();
static DERIVED: [Watched; DERIVED_NAMES.len()] = [const { Watched::new() }; DERIVED_NAMES.len()];
/// The tables that ticks write: derived data, cursors, the partitions that it knows of, and late arrivals.
pub const DERIVED_NAMES: [&CStr; 7] = [
    c"hourly_counts",
    c"timeline_tenants",
    c"timeline_actors",
    c"timeline_chunks",
    c"cursor_positions",
    c"derived_partitions",
    c"late_arrivals",
];

struct Watched {
    relation: AtomicU32,
    generation: AtomicU64,
}

impl Watched {
    const fn new() -> Watched {
        Watched { relation: AtomicU32::new(0), generation: AtomicU64::new(1) }
    }

    fn bump(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// The present generation of the relation; whatever was made from it under another one is stale.
    fn generation(&self, name: &CStr) -> u64 {
        self.relation(name);
        self.generation.load(Ordering::Relaxed)
    }

    /// The relation, which is looked up once and again when it changes; 0 where it is not there.
    fn relation(&self, name: &CStr) -> pg_sys::Oid {
        if self.relation.load(Ordering::Relaxed) == 0 {
            let relation = catalog::relation(c"telemetry", name).unwrap_or(pg_sys::InvalidOid);
            self.relation.store(relation.to_u32(), Ordering::Relaxed);
            self.bump();
        }
        self.relation.load(Ordering::Relaxed).into()
    }
}

/// Grows with every change of telemetry.event_types that this backend can see. What other sessions have committed
/// meanwhile is taken in first, so that a long transaction sees it too.
pub fn taxonomy_generation() -> u64 {
    // SAFETY: within a transaction, as every call from SQL is.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    TAXONOMY.generation(c"event_types")
}

/// Locks telemetry.events as every INSERT does, and takes in what other sessions have committed meanwhile.
pub fn lock_events() {
    let lock = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
    let mut relation = EVENTS.relation(c"events");
    loop {
        // SAFETY: a lock within a transaction, released at its end.
        unsafe { pg_sys::LockRelationOid(relation, lock) };
        // Whoever waited for the lock may find another table under the name.
        let present = EVENTS.relation(c"events");
        if present == relation {
            return;
        }
        relation = present;
    }
}

/// Whether a table of the API exists: after a restore of only some of them one may be missing.
pub fn is_there(table: &CStr) -> bool {
    // SAFETY: plain look-ups within a transaction.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), true);
        pg_sys::get_relname_relid(table.as_ptr(), schema) != pg_sys::InvalidOid
    }
}

/// Grows when partitions of telemetry.events come or go.
pub fn events_generation() -> u64 {
    EVENTS.generation(c"events")
}

/// Grows with every change of telemetry.tenants, as [`taxonomy_generation`] does with the taxonomy's.
pub fn tenants_generation() -> u64 {
    // SAFETY: within a transaction, as every call from SQL is.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    TENANTS.generation(c"tenants")
}

/// Grows with whatever decides what a role may see of the log: owners, row-level security and policies of the log and
/// of what is derived from it, roles and their memberships.
pub fn visibility_generation() -> u64 {
    // SAFETY: within a transaction, as every call from SQL is.
    unsafe { pg_sys::AcceptInvalidationMessages() };
    let derived = DERIVED.iter().zip(DERIVED_NAMES).map(|(watched, name)| watched.generation(name));
    derived.sum::<u64>() + EVENTS.generation(c"events") + schemas_generation()
}

static RELATIONS: AtomicU64 = AtomicU64::new(1);

/// Grows when any relation of the database changes: its columns, indexes, triggers, or that it comes or goes.
pub fn relations_generation() -> u64 {
    RELATIONS.load(Ordering::Relaxed)
}

static SCHEMAS: AtomicU64 = AtomicU64::new(1);

/// Grows when a schema, a role or a membership changes anywhere in the database.
pub fn schemas_generation() -> u64 {
    SCHEMAS.load(Ordering::Relaxed)
}

/// Begins to watch relations, schemas and roles. It is called once, when the library is loaded.
pub fn watch_relations() {
    // SAFETY: the callback is a guarded C function that only flips counters.
    unsafe {
        pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::from(0));
        use pg_sys::SysCacheIdentifier::{AUTHMEMROLEMEM, AUTHOID, NAMESPACEOID};
        for cache in [NAMESPACEOID, AUTHOID, AUTHMEMROLEMEM] {
            pg_sys::CacheRegisterSyscacheCallback(cache as i32, Some(schema_changed), pg_sys::Datum::from(0));
        }
    };
}

#[pg_guard]
extern "C-unwind" fn schema_changed(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    SCHEMAS.fetch_add(1, Ordering::Relaxed);
}

#[pg_guard]
extern "C-unwind" fn relation_changed(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    RELATIONS.fetch_add(1, Ordering::Relaxed);
    for watched in [&TAXONOMY, &EVENTS, &TENANTS].into_iter().chain(&DERIVED) {
        let known = watched.relation.load(Ordering::Relaxed);
        if known != 0 && (relation.to_u32() == known || relation == pg_sys::InvalidOid) {
            // The table may have been dropped and made anew: look its oid up again.
            watched.relation.store(0, Ordering::Relaxed);
            watched.bump();
        }
    }
}

/// Tells every backend, at commit, that the taxonomy changed; this backend learns it at once, also when it rolls back.
/// The notice is given of event_types, whichever table of the taxonomy changed.
pub fn announce_taxonomy_change() {
    announce_change(c"event_types");
}

/// Tells every backend that the tenants' limits changed, as [`announce_taxonomy_change`] does of the taxonomy.
pub fn announce_tenants_change() {
    announce_change(c"tenants");
}

/// Tells every backend that the log's partitions changed, as [`announce_taxonomy_change`] does of the taxonomy.
pub fn announce_events_change() {
    announce_change(c"events");
}

fn announce_change(table: &CStr) {
    // SAFETY: plain look-ups within a transaction; a relation that is not there is left alone.
    unsafe {
        let schema = pg_sys::get_namespace_oid(c"telemetry".as_ptr(), true);
        let relation = pg_sys::get_relname_relid(table.as_ptr(), schema);
        if relation != pg_sys::InvalidOid {
            pg_sys::CacheInvalidateRelcacheByRelid(relation);
        }
    }
}

/// A value that is read from the tables of the taxonomy, and read again after they change.
pub struct Derived<T> {
    kept: RefCell<(u64, Option<Rc<T>>)>,
}

impl<T> Derived<T> {
    pub const fn new() -> Derived<T> {
        Derived { kept: RefCell::new((0, None)) }
    }

    pub fn get(&self, load: impl FnOnce() -> Result<T, Error>) -> Result<Rc<T>, Error> {
        // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
        let generation = taxonomy_generation();
        if let (known, Some(value)) = &*self.kept.borrow()
            && *known == generation
        {
            return Ok(Rc::clone(value));
        }
        let value = Rc::new(load()?);
        *self.kept.borrow_mut() = (generation, Some(Rc::clone(&value)));
        Ok(value)
    }
}
