//! The questions. Each is the twin of its file in sql/kpi/.

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
pub mod rate_of_errors;
pub mod object_ratio; // of what events are about
pub mod experiment;
pub mod anomalies;
pub mod forecast;
pub mod cohorts; // groups of users, by definition
pub mod explaining; // what a KPI would read
pub mod payload_keys; // what payloads hold, by path
