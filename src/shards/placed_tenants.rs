//! What a shard says of a caller to its router. Twin: sql/shards/placed_tenants.sql.

use crate::access::tenancy;
use crate::access::visibility::Visibility;
use crate::error::Error;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use uuid::Uuid;

/// Contract: see the COMMENT in sql/shards/placed_tenants.sql.
#[pg_extern(stable, parallel_safe)]
pub fn reads_only(tenant: Option<pgrx::Uuid>) -> Result<bool, ErrorReport> {
    let asked = tenant.map(|tenant| Uuid::from_bytes(*tenant.as_bytes()));
    if Visibility::of_caller()? == Visibility::Everything {
        return Err(Error::EveryTenant.into());
    }
    match tenancy::readers_tenant() {
        Some(own) if asked != Some(own) => Err(Error::AnotherTenant.into()),
        _ => Ok(true),
    }
}
