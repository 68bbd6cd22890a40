//! The filter of a destination, read once, when it is registered. Twin: sql/outbox/destinations.sql, whose
//! payload_passes() asks it of each payload.

use crate::error::Error;
use crate::jsonb::{Jsonb, JsonbArg, text};
use crate::source;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::{Value, json};

/// Makes of a filter what payload_passes() takes: the object that a payload contains, the values at paths, a jsonpath.
/// Error: 22023 no filter, or one that names cohorts.
#[pg_extern(immutable)]
fn compiled_filter(filter: JsonbArg) -> Result<Option<Jsonb>, ErrorReport> {
    let condition = source::condition(filter.container())?;
    if !condition.cohorts.is_empty() {
        Err(Error::BadArgument {
            problem: "the filter of what leaves the database cannot name cohorts".into(),
            hint: "Who is in a cohort changes, and what leaves must be the same at every attempt: filter by keys of the payload.".into(),
        })?;
    }
    let parsed = |container: &[u8]| serde_json::from_str::<Value>(&text(container)).unwrap_or(Value::Null);
    let at: Vec<Value> = condition
        .contained_at
        .iter()
        .map(|at| json!([at.key.as_str(), parsed(&at.as_key), parsed(&at.as_path)]))
        .collect();
    let compiled = json!({ "contains": parsed(&condition.container), "at": at, "path": condition.path });
    Ok(Jsonb::parse(&compiled.to_string()))
}
