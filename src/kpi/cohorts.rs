//! Cohorts are groups of users, by definition. Who is in one is found when it is asked for, by src/source/cohorts.rs.
//! Twin: sql/kpi/cohorts.sql.

use crate::db::call::{Answer, Call};
use crate::error::Error;
use crate::jsonb::JsonbArg;
use crate::memory::Memory;
use crate::readers::listing::uuid;
use crate::readers::scope::asked_tenant;
use crate::source::cohorts::definition::Definition;
use crate::source::cohorts::registered::{range_of, read};
use crate::source::unknown_events::refuse_unknown;
use crate::source::{self, Members};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Raises an error where a definition cannot be used, and gives the relation that it reads. Contract: see the COMMENT
/// of register_cohort() in sql/kpi/cohorts.sql.
#[pg_extern(stable)]
fn check_cohort(cohort: &str, definition: JsonbArg) -> Result<Option<String>, ErrorReport> {
    match read(cohort, definition.container())? {
        Definition::Events(events) => {
            refuse_unknown(events.names.iter().flatten())?;
            range_of(&events)?;
            events.filter.as_deref().map(source::condition).transpose()?;
            Ok(None)
        }
        Definition::Relation(relation) => Ok(Some(source::relation_of(cohort, &relation)?)),
    }
}

/// Contract: see the COMMENT in sql/kpi/cohorts.sql.
#[pg_extern(sql = false)]
fn cohort_actors(call: Call<'_>) -> Answer<(Option<pgrx::Uuid>, pgrx::Uuid)> {
    let cohort = call.text("cohort")?.ok_or(Error::NullArgument {
        argument: "cohort",
        hint: "Those that are: select cohort, description from telemetry.cohorts.",
    })?;
    let tenant = asked_tenant(&call)?;
    let mut memory = Memory::of_call();
    let Members { tenants, everywhere, .. } = source::listed(cohort, tenant, &mut memory)?;
    let mut rows: Vec<_> = everywhere.iter().map(|id| (tenant, *id)).collect();
    for (tenant, of) in tenants {
        rows.extend(of.ids.iter().map(|id| (Some(tenant), *id)));
    }
    memory.check(rows.len() * 64)?;
    // Hash tables have another order each time.
    rows.sort_unstable();
    call.rows(rows.into_iter().map(|(tenant, id)| (tenant.map(uuid), uuid(id))))
}
