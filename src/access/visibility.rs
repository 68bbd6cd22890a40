//! Visibility: how much of the log the caller sees. It is remembered, because each KPI and each policy of a derived
//! table asks for it. Twin: sql/access/visibility.sql, which decides.
//!
//! Invariant: what is remembered was found out under a snapshot no older than the generation that it is kept for.

use crate::db::{distribution, session, watch};
use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;

/// How much of the log the caller sees, as telemetry.log_visibility() says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Everything,
    Tenant,
    Rows,
}

impl Visibility {
    /// A word that is not known counts as rows, which is the careful side: then every row is asked for.
    fn named(name: Option<&str>) -> Visibility {
        match name {
            Some("everything") => Visibility::Everything,
            Some("tenant") => Visibility::Tenant,
            _ => Visibility::Rows,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Visibility::Everything => "everything",
            Visibility::Tenant => "tenant",
            Visibility::Rows => "rows",
        }
    }

    pub fn of_caller() -> Result<Visibility, Error> {
        distribution::refuse_filtered_reader()?;
        // Taken before anything is read: a change that comes in meanwhile makes what was read stale, not current.
        let generation = watch::visibility_generation();
        let role = session::role();
        let known = KNOWN.with_borrow_mut(|known| {
            if known.generation != generation {
                *known = Known { generation, by_role: HashMap::new() };
            }
            known.by_role.get(&role).copied()
        });
        if let Some(visibility) = known {
            return Ok(visibility);
        }
        let (name, is_latest) = session::with_latest_snapshot(|| session::call_private(c"visibility_by_policies"))?;
        let visibility = Visibility::named(name.as_deref());
        if is_latest {
            KNOWN.with_borrow_mut(|known| {
                if known.generation == generation {
                    known.by_role.insert(role, visibility);
                }
            });
        }
        Ok(visibility)
    }
}

/// What was found out under one state of policies and roles.
#[derive(Default)]
struct Known {
    generation: u64,
    by_role: HashMap<pg_sys::Oid, Visibility>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Contract: see the COMMENT in sql/access/visibility.sql.
#[pg_extern(stable, parallel_safe)]
fn log_visibility() -> Result<&'static str, ErrorReport> {
    Ok(Visibility::of_caller()?.name())
}
