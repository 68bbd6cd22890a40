//! Pictures of KPIs: SQL gathers the answers, the crate telemetry-pictures reads and draws them.

use pgrx::prelude::*;

extension_sql_file!("../sql/pictures/answers.sql", requires = ["dashboards", "kpi_details", "visibility"]);
