//! The KPIs. Each file is the twin of the file of its name in sql/kpi/; what is declared there is loaded here.

use pgrx::prelude::*;

pub mod event_volume;
pub mod active_users;
pub mod event_ratio;
pub mod retention;
pub mod funnel; // how far actors get, step by step
pub mod funnel_trend;
pub mod funnel_times;
pub mod lifecycle; // new, returning, resurrecting, dormant
pub mod stickiness;
pub mod dau_mau;
pub mod feature_adoption;
pub mod activity_heatmap;
pub mod top_values;
pub mod user_engagement;
pub mod paths; // what actors do after what
pub mod next_events;
pub mod time_to_first;
pub mod sessions;
pub mod percentiles;
pub mod sum_of;
pub mod max_of;
pub mod rate_of_errors;
pub mod student_report;
pub mod object_ratio; // of what events are about
pub mod experiment;
pub mod experiment_sample_size;
pub mod anomalies;
pub mod forecast;
pub mod forecast_kpi;
pub mod compare_periods;
pub mod cohorts; // groups of users, by definition
mod calling; // of a KPI, with arguments as JSON
pub mod explaining; // what a KPI would read
pub mod kpi_parts; // its answer over several logs
pub mod payload_keys; // what payloads hold, by path
mod shown; // numbers as people read them

extension_sql_file!("../sql/kpi/payload_keys.sql", requires = [payload_keys]);
extension_sql_file!("../sql/kpi/kpi_parts.sql", requires = [kpi_parts, kpi_of_parts]);
extension_sql_file!("../sql/kpi/shown.sql", requires = [shown]);
extension_sql_file!("../sql/kpi/cohorts.sql", requires = ["visibility", check_cohort]);
extension_sql_file!("../sql/kpi/event_volume.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/active_users.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/event_ratio.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/retention.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/funnel.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/lifecycle.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/stickiness.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/dau_mau.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/feature_adoption.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/activity_heatmap.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/top_values.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/user_engagement.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/funnel_trend.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/funnel_times.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/paths.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/next_events.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/time_to_first.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/sessions.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/backlog.sql", requires = ["event_volume", "calendar"]);
extension_sql_file!("../sql/kpi/market_supply.sql", requires = ["application_tables", "calendar"]);
extension_sql_file!("../sql/kpi/time_to_fill.sql", requires = ["application_tables", "calendar", known_event]);
extension_sql_file!("../sql/kpi/extraction_outcomes.sql", requires = ["application_tables", "calendar"]);
extension_sql_file!("../sql/kpi/ingestion_run_errors.sql", requires = ["application_tables", "calendar"]);
extension_sql_file!("../sql/kpi/item_statistics.sql", requires = ["application_tables", "calendar"]);
extension_sql_file!("../sql/kpi/student_report.sql", requires = ["application_tables", "tenancy", "calendar"]);
extension_sql_file!("../sql/kpi/session_timeline.sql", requires = ["events"]);
extension_sql_file!("../sql/kpi/request_timeline.sql", requires = ["events"]);
extension_sql_file!(
    "../sql/kpi/open_items.sql",
    requires = ["payload_keys", "calendar", known_event, check_payload_keys]
);
extension_sql_file!("../sql/kpi/click_through.sql", requires = ["application_tables", "calendar"]);
extension_sql_file!("../sql/kpi/kpi_kinds.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/kpi/kpis.sql", requires = ["calendar", "packs", "kpi_kinds", pack_kpis]);
extension_sql_file!("../sql/kpi/kpi_statement.sql", requires = ["kpis"]);
extension_sql_file!(
    "../sql/kpi/kpi.sql",
    requires = ["kpi_statement", "answering", asks_history, begin_question, moment]
);
extension_sql_file!("../sql/kpi/kpi_details.sql", requires = ["kpi"]);
extension_sql_file!("../sql/kpi/kpi_status.sql", requires = ["kpi", gives_part]);
extension_sql_file!("../sql/kpi/kpi_samples.sql", requires = ["kpi"]);
extension_sql_file!("../sql/kpi/dashboards.sql", requires = ["kpi", pack_dashboards]);
extension_sql_file!("../sql/kpi/percentiles.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/sum_of.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/max_of.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/rate_of_errors.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/experiment.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/experiment_sample_size.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/anomalies.sql", requires = ["event_volume"]);
extension_sql_file!("../sql/kpi/forecast.sql", requires = ["event_volume"]);
extension_sql_file!("../sql/kpi/forecast_kpi.sql", requires = ["kpi"]);
extension_sql_file!("../sql/kpi/compare_periods.sql", requires = ["kpi"]);
extension_sql_file!("../sql/kpi/object_ratio.sql", requires = ["visibility"]);
extension_sql_file!("../sql/kpi/common_arguments.sql", requires = ["bootstrap"]);
