//! The script that makes a database a router. Twin: sql/shards/routing_script.sql, which reads the catalog.

mod functions;
#[cfg(test)]
mod tests;

use crate::access::tenancy;
use crate::error::Error;
use crate::settings;
use functions::{Function, Type};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::BTreeMap;
use std::ffi::CString;

/// How the tenant of a caller is found, which the router has to do as its shards do.
pub struct Tenancy {
    /// The paths in the claims at which a tenant may stand.
    pub claim_paths: Vec<Vec<String>>,
    pub server_roles: Vec<String>,
    pub is_multi_tenant: bool,
    /// The keys under which an event of a batch may name its tenant, its user, its session and itself.
    pub keys: BTreeMap<String, Vec<String>>,
}

impl Tenancy {
    fn keys_of(&self, argument: &str) -> &[String] {
        self.keys.get(argument).map_or(&[], Vec::as_slice)
    }
}

/// Gives the script. `functions` and `types` are what the SQL of this name reads, each as the text of a JSON array, and
/// `keys` those of Tenancy, as the text of a JSON object.
#[pg_extern(stable)]
pub fn written_router(functions: &str, types: &str, keys: &str) -> Result<String, ErrorReport> {
    let functions: Vec<Function> = serde_json::from_str(functions).map_err(|_| unreadable())?;
    let types: Vec<Type> = serde_json::from_str(types).map_err(|_| unreadable())?;
    let keys = serde_json::from_str(keys).map_err(|_| unreadable())?;
    let tenancy = Tenancy {
        claim_paths: tenancy::claim_paths(&text_of(settings::TENANT_CLAIM.get())),
        server_roles: text_of(settings::SERVER_ROLES.get())
            .split(',')
            .map(|role| role.trim().to_string())
            .filter(|role| !role.is_empty())
            .collect(),
        is_multi_tenant: settings::MULTI_TENANT.get(),
        keys,
    };
    Ok(functions::script(&functions, &types, &tenancy, env!("CARGO_PKG_VERSION")))
}

fn text_of(setting: Option<CString>) -> String {
    setting.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

fn unreadable() -> Error {
    Error::BadArgument {
        problem: "the functions are not those of the catalog".into(),
        hint: "Call telemetry.routing_script().".into(),
    }
}
