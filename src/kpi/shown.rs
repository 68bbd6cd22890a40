//! shown(): a number as people read it. Twin: sql/kpi/shown.sql; the forms: src/kpi/shown/readable.rs.

mod readable;

use pgrx::prelude::*;

/// Contract: see the COMMENT in sql/kpi/shown.sql.
#[pg_extern(immutable, parallel_safe)]
fn shown(value: Option<f64>, unit: Option<&str>, n: Option<f64>) -> Option<String> {
    if n == Some(0.0) {
        return Some(readable::NOTHING.into());
    }
    Some(readable::shown(value?, unit))
}
