//! telemetry: an append-only product-analytics and audit-event log inside PostgreSQL.
//!
//! This file is the map. Read in this order; each module's twin of the same name in `sql/` says what exists in the
//! database, the module says what is computed, `tests/regress/sql/` says what a user gets.
//!
//! Invariants, each greppable:
//! * `SPI_` is named only in `db.rs`; read paths take no transaction id.
//! * `unsafe` only in `db.rs` and its children, `jsonb.rs`, `ownership/time_limit.rs`, `immutability.rs` and
//!   `calendar.rs`, each block with its SAFETY line; `tick.rs` and its children export the symbols of their workers.
//! * Pure leaves (their header begins with "Pure:") import neither pgrx nor what does.
//! * Every Rust function is created in telemetry_private (the search_path that bootstrap.sql leaves); what may be
//!   called from outside is declared in `sql/`.
//! * Every SQL string in Rust is qualified down to its operators: it may run under any search_path.
//! * A C symbol that was released is never removed: old install scripts refer to it.

// pgrx's ErrorReport is large, and an error is rare.
#![allow(clippy::result_large_err)]
// A list of ranges of time with one range in it is just that.
#![allow(clippy::single_range_in_vec_init)]

use pgrx::prelude::*;

::pgrx::pg_module_magic!();

mod settings; // every GUC
mod violation; // why an event is refused
mod error; // every error: message, SQLSTATE, hint
mod db; // the only place that speaks SPI
mod jsonb; // a jsonb argument, read where it lies
mod tenancy; // who calls: tenant, user, client or server
mod tenants; // what a tenant may log
mod taxonomy; // the rules of events, compiled once per backend
mod packs; // the five taxonomies as data
mod redaction; // what must not be stored
mod ownership; // the application's own functions on who may refer to what
mod sampling; // which share is kept
mod admission; // from what a caller sent to what may be stored
mod partitions; // which partitions there are
mod late_arrivals; // where events above a cursor can lie
mod idempotency; // a retry is harmless
mod rejections; // what was refused is kept
mod accounting; // what ingestion leaves about itself
mod events; // log_event, try_log_event
mod batches; // log_events, import_events, replay_rejections
mod immutability; // the triggers that refuse
mod demo_events; // what an application of a pack might have logged
mod calendar; // buckets in a time zone, what KPIs group by
mod cursor; // how far what is derived has come
mod tick; // a worker that keeps it going
mod timeline; // events as columns
mod provenance; // whether what is derived belongs to this log
mod visibility; // who sees what of the log
mod source; // where a KPI's events come from
mod explaining; // what a KPI would read
mod hourly_counts; // events counted by the hour
mod unknown_events; // what a KPI does not take for an event
mod payload_keys; // what payloads hold, by path
mod arguments; // what several KPIs are asked
mod scope; // which part of the log that is about
mod trust; // whose relations KPIs and cohorts read
mod cohorts; // groups of users, by definition
mod activity; // sets of actors, bucket by bucket
mod marking; // who was active in which bucket
mod in_order; // a band's events, actor by actor, in order of time
mod by_actor; // each actor's events, in order of time
mod each_actor; // hands them to a KPI, actor by actor
mod each_event; // a piece's events, one by one
mod counting; // how many events there were
mod occurrences; // who had so many events in which bucket
mod periods; // in how many buckets somebody was active
mod measuring; // what payloads say in numbers
mod durations; // averages and percentiles of times
mod series; // numbers by bucket, with their seasons
mod distributions; // of p-values and intervals
mod confidence; // the argument of intervals
mod listing; // the actors behind a number
mod event_volume; // KPIs, each the twin of its file in sql/kpi/
mod active_users;
mod event_ratio;
mod retention;
mod funnel; // how far actors get, step by step
mod funnel_trend;
mod funnel_times;
mod lifecycle; // new, returning, resurrecting, dormant
mod stickiness;
mod dau_mau;
mod feature_adoption;
mod activity_heatmap;
mod top_values;
mod user_engagement;
mod paths; // what actors do after what
mod next_events;
mod time_to_first;
mod sessions;
mod percentiles;
mod sum_of;
mod rate_of_errors;
mod object_ratio; // of what events are about
mod experiment;
mod anomalies;
mod forecast;
mod health; // what is wrong with the installation
mod metrics; // for monitoring
mod aggregates; // ClickHouse's aggregates, over any table: what they have in common
mod window_funnel; // each the twin of its file in sql/aggregates/
mod sequence_match;
mod sequence_next_node;
mod retention_flags;
mod uniq;
#[cfg(test)]
mod properties; // what holds of any event and payload; fuzz/ calls it as well

// What exists in the database, in load order.
extension_sql_file!("../sql/bootstrap.sql", bootstrap);
extension_sql_file!("../sql/types.sql");
extension_sql_file!(
    "../sql/taxonomy.sql",
    requires = [
        "types",
        taxonomy_changed,
        check_definition,
        check_definition_size,
        check_redaction,
        check_payload_keys,
        setting
    ]
);
extension_sql_file!("../sql/packs.sql", requires = ["taxonomy", pack_file, pack_aliases, pack_catalog]);
extension_sql_file!("../sql/compatibility_views.sql", requires = ["packs", pack_views]);
extension_sql_file!(
    "../sql/partitions.sql",
    requires = ["types", setting, partition_list, partition_covering, partition_end]
);
extension_sql_file!("../sql/immutability.sql", requires = [refuse_change, guard_statement, refuse_strangers]);
extension_sql_file!("../sql/own_tables.sql", requires = ["immutability"]);
extension_sql_file!("../sql/tenancy.sql", requires = [current_tenant, current_user_id, as_id]);
extension_sql_file!("../sql/redaction.sql", requires = ["taxonomy", "tenancy", redact_payload, redaction_rules]);
extension_sql_file!("../sql/ownership.sql", requires = ["taxonomy"]);
extension_sql_file!("../sql/sampling.sql", requires = ["taxonomy", "tenancy", budget_rate]);
extension_sql_file!("../sql/tenants.sql", requires = ["tenancy", "sampling", tenants_changed]);
extension_sql_file!(
    "../sql/events.sql",
    requires = ["tenancy", "partitions", "immutability", log_event, try_log_event]
);
extension_sql_file!("../sql/idempotency.sql", requires = ["types"]);
extension_sql_file!("../sql/rejections.sql", requires = ["tenancy", "immutability", replay]);
extension_sql_file!("../sql/batches.sql", requires = ["events", log_events, import_events]);
extension_sql_file!("../sql/demo_events.sql", requires = ["packs", "batches", demo_batches]);
extension_sql_file!("../sql/calendar.sql", requires = [time_buckets]);
extension_sql_file!("../sql/accounting.sql", requires = ["tenancy", "calendar"]);
extension_sql_file!("../sql/ingestion_stats.sql", requires = ["accounting", "rejections", "events", "calendar"]);
extension_sql_file!("../sql/ingestion_alerts.sql", requires = ["ingestion_stats"]);
extension_sql_file!("../sql/sequence_gaps.sql", requires = ["events", "calendar"]);
extension_sql_file!("../sql/payload_keys.sql", requires = [payload_keys]);
extension_sql_file!(
    "../sql/drift_report.sql",
    requires = ["taxonomy", "rejections", "events", "calendar", "payload_keys"]
);
extension_sql_file!("../sql/visibility.sql", requires = ["tenancy", log_visibility]);
extension_sql_file!("../sql/cursor.sql", requires = ["events", writers_are_done, setting]);
extension_sql_file!("../sql/late_arrivals.sql", requires = ["cursor"]);
extension_sql_file!(
    "../sql/hourly_counts.sql",
    requires = ["visibility", "late_arrivals", add_hourly_counts, add_hours, fits_at_once]
);
extension_sql_file!("../sql/timeline.sql", requires = ["visibility", "cursor", add_to_timeline]);
extension_sql_file!("../sql/source.sql", requires = [explain_kpi]);
extension_sql_file!("../sql/cohorts.sql", requires = ["visibility", check_cohort, cohort_actors]);
extension_sql_file!(
    "../sql/verify_derived.sql",
    requires = ["hourly_counts", "timeline", verify_timeline, verify_hourly_counts]
);
extension_sql_file!("../sql/rebuild_derived.sql", requires = ["hourly_counts", "timeline", put_back]);
extension_sql_file!(
    "../sql/provenance.sql",
    requires = ["cursor", "partitions", announce_altered_partition, derived_doubt, derived_identity]
);
extension_sql_file!("../sql/settling.sql", requires = ["provenance", "late_arrivals", "rebuild_derived", drawn_id]);
extension_sql_file!("../sql/partition_changes.sql", requires = ["settling"]);
extension_sql_file!("../sql/tick.sql", requires = ["settling", may_commit, start_tick_launcher, refuse_strangers]);
extension_sql_file!("../sql/kpi/event_volume.sql", requires = ["visibility", event_volume]);
extension_sql_file!("../sql/kpi/active_users.sql", requires = ["visibility", active_users, active_users_actors]);
extension_sql_file!(
    "../sql/kpi/event_ratio.sql",
    requires = ["visibility", event_ratio, actor_ratio, actor_ratio_actors]
);
extension_sql_file!("../sql/kpi/retention.sql", requires = ["visibility", retention, retention_actors]);
extension_sql_file!("../sql/kpi/funnel.sql", requires = ["visibility", funnel, funnel_actors]);
extension_sql_file!("../sql/kpi/lifecycle.sql", requires = ["visibility", lifecycle, lifecycle_actors]);
extension_sql_file!("../sql/kpi/stickiness.sql", requires = ["visibility", stickiness, stickiness_actors]);
extension_sql_file!("../sql/kpi/dau_mau.sql", requires = ["visibility", dau_mau, dau_mau_actors]);
extension_sql_file!(
    "../sql/kpi/feature_adoption.sql",
    requires = ["visibility", feature_adoption, feature_adoption_actors]
);
extension_sql_file!(
    "../sql/kpi/activity_heatmap.sql",
    requires = ["visibility", activity_heatmap, activity_heatmap_actors]
);
extension_sql_file!("../sql/kpi/top_values.sql", requires = ["visibility", top_values, top_values_actors]);
extension_sql_file!("../sql/kpi/user_engagement.sql", requires = ["visibility", user_engagement]);
extension_sql_file!("../sql/kpi/funnel_trend.sql", requires = ["visibility", funnel_trend, funnel_trend_actors]);
extension_sql_file!("../sql/kpi/funnel_times.sql", requires = ["visibility", funnel_times, funnel_times_actors]);
extension_sql_file!("../sql/kpi/paths.sql", requires = ["visibility", paths, paths_actors]);
extension_sql_file!("../sql/kpi/next_events.sql", requires = ["visibility", next_events, next_events_actors]);
extension_sql_file!(
    "../sql/kpi/time_to_first.sql",
    requires = ["visibility", time_to_first, time_to_first_actors, time_between, time_between_actors]
);
extension_sql_file!("../sql/kpi/sessions.sql", requires = ["visibility", user_sessions, session_stats]);
extension_sql_file!("../sql/aggregates.sql", requires = [combine_states, finish_state]);
extension_sql_file!(
    "../sql/aggregates/window_funnel.sql",
    requires = [
        combine_states,
        window_funnel_step,
        window_funnel_strict_order_step,
        window_funnel_finish,
        window_funnel_strict_increase_finish,
        window_funnel_strict_order_finish,
        window_funnel_of
    ]
);
extension_sql_file!(
    "../sql/aggregates/sequence_match.sql",
    requires = [
        combine_states,
        finish_state,
        sequence_match_step,
        sequence_state_step,
        sequence_match_finish,
        sequence_count_finish,
        sequence_match_of,
        sequence_count_of
    ]
);
extension_sql_file!(
    "../sql/aggregates/sequence_next_node.sql",
    requires = [
        combine_states,
        finish_state,
        sequence_next_node_step,
        sequence_next_node_state_step,
        sequence_next_node_finish,
        sequence_next_node_of
    ]
);
extension_sql_file!(
    "../sql/aggregates/retention_flags.sql",
    requires = [combine_states, finish_state, retention_flags_step, retention_flags_of]
);
extension_sql_file!(
    "../sql/aggregates/uniq.sql",
    requires = [combine_states, finish_state, uniq_step, uniq_exact_step, uniq_of, uniq_exact_of]
);
extension_sql_file!("../sql/kpi/backlog.sql", requires = ["event_volume"]);
extension_sql_file!("../sql/application_tables.sql", requires = ["calendar", trusted_relation]);
extension_sql_file!("../sql/kpi/market_supply.sql", requires = ["application_tables"]);
extension_sql_file!("../sql/kpi/time_to_fill.sql", requires = ["application_tables", known_event]);
extension_sql_file!("../sql/kpi/extraction_outcomes.sql", requires = ["application_tables"]);
extension_sql_file!("../sql/kpi/ingestion_run_errors.sql", requires = ["application_tables"]);
extension_sql_file!("../sql/kpi/item_statistics.sql", requires = ["application_tables"]);
extension_sql_file!("../sql/kpi/session_timeline.sql", requires = ["events"]);
extension_sql_file!("../sql/kpi/click_through.sql", requires = ["application_tables"]);
extension_sql_file!("../sql/kpi_kinds.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/kpis.sql", requires = ["calendar", "packs", "kpi_kinds", pack_kpis]);
extension_sql_file!("../sql/dashboards.sql", requires = ["kpis", pack_dashboards]);
extension_sql_file!("../sql/kpi/percentiles.sql", requires = ["visibility", percentiles, percentiles_sketched]);
extension_sql_file!("../sql/kpi/sum_of.sql", requires = ["visibility", sum_of, avg_of]);
extension_sql_file!("../sql/kpi/rate_of_errors.sql", requires = ["visibility", rate_of_errors]);
extension_sql_file!("../sql/kpi/experiment.sql", requires = ["visibility", experiment_results, experiment_actors]);
extension_sql_file!("../sql/kpi/anomalies.sql", requires = ["event_volume", series_anomalies]);
extension_sql_file!("../sql/kpi/forecast.sql", requires = ["event_volume", series_forecast]);
extension_sql_file!("../sql/kpi/object_ratio.sql", requires = ["visibility", object_ratio, object_ratio_objects]);
extension_sql_file!("../sql/health/structure.sql", requires = ["own_tables", "init"]);
extension_sql_file!("../sql/health/running.sql", requires = ["structure", "provenance", "tick", library_version]);
extension_sql_file!("../sql/health.sql", requires = ["running"]);
extension_sql_file!("../sql/metrics.sql", requires = ["ingestion_alerts", "event_volume", "health", exposition]);
extension_sql_file!("../sql/access.sql", requires = ["types", "tenancy", "visibility"]);
extension_sql_file!("../sql/supabase.sql", requires = ["access", setting]);
extension_sql_file!(
    "../sql/init.sql",
    requires = [
        is_citus_worker,
        "own_tables",
        "taxonomy",
        "events",
        "rejections",
        "redaction",
        "ownership",
        "sampling",
        "tenants",
        "idempotency",
        "accounting",
        "tick",
        "cohorts",
        "dashboards"
    ]
);
extension_sql_file!("../sql/finalize.sql", finalize);

#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    if db::session::is_preloading() {
        settings::register_preloaded();
        tick::launching::register();
        tick::resuming::register();
    }
    settings::register();
    db::watch::watch_relations();
}
