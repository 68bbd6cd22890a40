//! Pictures of KPIs and dashboards. The crate `pictures` draws them; here the database hands in what it found.

use pgrx::prelude::*;

pub mod grafana;

extension_sql_file!("../sql/pictures/grafana.sql", requires = ["dashboards", grafana_json]);
