//! KPI history: values of buckets that outlive the events behind them. All of it is SQL; its files are loaded here.

use pgrx::prelude::*;

extension_sql_file!("../sql/history/kpi_history.sql", requires = ["immutability", "visibility"]);
extension_sql_file!("../sql/history/keepable.sql", requires = ["kpi_kinds"]);
extension_sql_file!("../sql/history/answering.sql", requires = ["keepable", "kpi_statement", "visibility"]);
extension_sql_file!("../sql/history/keep_kpi_history.sql", requires = ["kpi", "cursor"]);
