//! Alerts say when a KPI passed its limit, and when that was over. Each file is the twin of the file of its name in sql/alerts/.

use pgrx::prelude::*;

mod counting; // the numbers of many KPIs over many ranges
mod engine; // what a rule makes of a series of numbers
mod judging;
mod windows; // the numbers of sliding ranges

extension_sql_file!("../sql/alerts/alerts.sql", requires = ["immutability", "kpis", as_id]);
extension_sql_file!("../sql/alerts/judging.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/alerts/counting.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/alerts/rules.sql", requires = ["kpi", "alerts"]);
extension_sql_file!("../sql/alerts/windows.sql", requires = ["rules", "judging", "counting", "percentiles"]);
extension_sql_file!(
    "../sql/alerts/registering.sql",
    name = "alert_registering",
    requires = ["rules", "kpi", pack_alerts]
);
extension_sql_file!("../sql/alerts/changing.sql", requires = ["windows"]);
extension_sql_file!("../sql/alerts/evaluation.sql", requires = ["changing"]);
extension_sql_file!(
    "../sql/alerts/reading.sql",
    name = "alert_reading",
    requires = ["evaluation", "alert_registering"]
);
extension_sql_file!("../sql/alerts/silences.sql", requires = ["alert_reading"]);
