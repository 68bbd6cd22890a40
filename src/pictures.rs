//! Pictures of KPIs and dashboards. The crate `pictures` draws them; here the database hands in what it found.

use pgrx::prelude::*;

pub mod grafana;
pub mod prometheus_rules;

extension_sql_file!("../sql/pictures/grafana.sql", requires = ["dashboards", grafana_json]);
extension_sql_file!("../sql/pictures/prometheus_rules.sql", requires = ["metrics", rules_yaml]);
