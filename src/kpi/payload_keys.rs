//! Tells which keys payloads have, by the paths that KPIs take. Twin: sql/kpi/payload_keys.sql.

use crate::jsonb::Sent;
use crate::jsonb::container::{Item, elements, members};
use crate::jsonb::key_path::{Reached, reached};
use crate::readers::arguments::bad;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/payload_keys.sql.
#[pg_extern(immutable, parallel_safe)]
fn payload_keys(
    payload: Option<Sent>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(payload_key, String),
            name!(parent_key, Option<String>),
            name!(json_type, &'static str),
            name!(value, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let container = payload.map(|Sent(payload)| payload.container());
    if container.is_some_and(|container| members(container).is_none()) {
        Err(bad("payload must be a JSON object", "PostgREST takes an object in the body of a POST only."))?;
    }
    let row = |Reached { path, within, item }| {
        let (json_type, value) = match item {
            Item::Null => ("null", None),
            Item::Boolean(value) => ("boolean", Some(value.to_string())),
            Item::Number(number) => ("number", Some(number.text())),
            Item::Text(text) => ("string", Some(text.to_string())),
            Item::Container(container) if elements(container).is_some() => ("array", None),
            Item::Container(_) => ("object", None),
        };
        (path, within, json_type, value)
    };
    Ok(TableIterator::new(container.map(reached).into_iter().flatten().map(row).collect::<Vec<_>>()))
}
