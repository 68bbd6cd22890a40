//! prometheus_rules(): alerting rules as Prometheus reads them. Twin: sql/pictures/prometheus_rules.sql, which lists them.

use crate::error::Error;
use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use telemetry_pictures::prometheus_rules::{Listed, yaml};

/// Gives the YAML of rules, which are the rows of prometheus_rule_list() as an array.
#[pg_extern(immutable, parallel_safe)]
fn rules_yaml(rules: JsonB) -> Result<String, ErrorReport> {
    let rules: Vec<Listed> = serde_json::from_value(rules.0).map_err(|_| unreadable())?;
    Ok(yaml(rules).map_err(|_| unreadable())?)
}

fn unreadable() -> Error {
    Error::BadArgument { problem: "rules cannot be read".into(), hint: "Call telemetry.prometheus_rules().".into() }
}
