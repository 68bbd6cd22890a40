//! Pictures of KPIs: SQL gathers the answers, the crate telemetry-pictures reads and draws them.

mod grafana;
mod page;
mod prometheus_rules;
mod show;

use pgrx::prelude::*;

extension_sql_file!("../sql/pictures/answers.sql", requires = ["dashboards", "kpi_details", "visibility"]);
extension_sql_file!("../sql/pictures/show.sql", requires = ["answers", show::what_is_shown, show::drawn_text]);
extension_sql_file!(
    "../sql/pictures/page.sql",
    requires = ["answers", "metrics", page::drawn_page, page::drawn_chart, page::page_policy]
);
extension_sql_file!("../sql/pictures/grafana.sql", requires = ["dashboards", grafana::grafana_json]);
extension_sql_file!("../sql/pictures/prometheus_rules.sql", requires = ["metrics", prometheus_rules::rules_yaml]);
