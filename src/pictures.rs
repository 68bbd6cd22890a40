//! Pictures of KPIs: SQL gathers the answers, the crate telemetry-pictures reads and draws them.

mod page;
mod show;

use pgrx::prelude::*;

extension_sql_file!("../sql/pictures/answers.sql", requires = ["dashboards", "kpi_details", "visibility"]);
extension_sql_file!("../sql/pictures/show.sql", requires = ["answers", show::what_is_shown, show::drawn_text]);
extension_sql_file!("../sql/pictures/page.sql", requires = ["answers", "metrics", page::drawn_page, page::drawn_chart, page::page_policy]);
