//! The SQL files that make what exists in the database, in load order. A file that names another requires it.

use pgrx::prelude::*;

extension_sql_file!("../sql/bootstrap.sql", bootstrap);
extension_sql_file!("../sql/types.sql");
extension_sql_file!(
    "../sql/log/taxonomy.sql",
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
extension_sql_file!("../sql/log/aliases.sql", requires = ["taxonomy"]);
extension_sql_file!(
    "../sql/log/packs.sql",
    requires = ["taxonomy", "classes", pack_file, pack_aliases, pack_catalog, pack_retention_classes]
);
extension_sql_file!("../sql/log/compatibility_views.sql", requires = ["packs", pack_views]);
extension_sql_file!(
    "../sql/log/partitions.sql",
    requires = ["types", setting, partition_list, partition_covering, partition_end]
);
extension_sql_file!("../sql/log/immutability.sql", requires = [refuse_change, guard_statement, refuse_strangers]);
extension_sql_file!("../sql/log/correlation.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/log/own_tables.sql", requires = ["immutability"]);
extension_sql_file!("../sql/access/tenancy.sql", requires = [current_tenant, current_user_id, as_id]);
extension_sql_file!("../sql/log/redaction.sql", requires = ["taxonomy", "tenancy", redact_payload, redaction_rules]);
extension_sql_file!("../sql/log/ownership.sql", requires = ["taxonomy"]);
extension_sql_file!("../sql/log/sampling.sql", requires = ["taxonomy", "tenancy", budget_rate]);
extension_sql_file!("../sql/log/tenants.sql", requires = ["tenancy", "sampling", tenants_changed]);
extension_sql_file!(
    "../sql/log/events.sql",
    requires = ["tenancy", "partitions", "immutability", "correlation", log_event, try_log_event]
);
extension_sql_file!("../sql/log/idempotency.sql", requires = ["types"]);
extension_sql_file!("../sql/log/rejections.sql", requires = ["tenancy", "immutability", replay]);
extension_sql_file!("../sql/log/batches.sql", requires = ["events", import_events]);
extension_sql_file!("../sql/log/demo_events.sql", requires = ["packs", "batches", demo_batches]);
extension_sql_file!("../sql/calendar.sql");
extension_sql_file!("../sql/log/accounting.sql", requires = ["tenancy", "calendar"]);
extension_sql_file!("../sql/log/ingestion_stats.sql", requires = ["accounting", "rejections", "events", "calendar"]);
extension_sql_file!("../sql/log/ingestion_alerts.sql", requires = ["ingestion_stats"]);
extension_sql_file!("../sql/log/sequence_gaps.sql", requires = ["events", "calendar"]);
extension_sql_file!(
    "../sql/log/drift_report.sql",
    requires = ["taxonomy", "rejections", "events", "calendar", "payload_keys"]
);
extension_sql_file!("../sql/access/visibility.sql", requires = ["tenancy", log_visibility]);
extension_sql_file!("../sql/derived/cursor.sql", requires = ["events", writers_are_done, setting]);
extension_sql_file!("../sql/log/late_arrivals.sql", requires = ["cursor"]);
extension_sql_file!(
    "../sql/source/hourly_counts.sql",
    requires = ["visibility", "late_arrivals", add_hourly_counts, add_hours, fits_at_once]
);
extension_sql_file!("../sql/derived/timeline.sql", requires = ["visibility", "cursor", add_to_timeline]);
extension_sql_file!("../sql/source/source.sql", requires = [explain_kpi, explain_kpi_reads]);
extension_sql_file!(
    "../sql/derived/verify_derived.sql",
    requires = ["hourly_counts", "timeline", verify_timeline, verify_hourly_counts]
);
extension_sql_file!("../sql/derived/rebuild_derived.sql", requires = ["hourly_counts", "timeline", put_back]);
extension_sql_file!(
    "../sql/derived/provenance.sql",
    requires = ["cursor", "partitions", announce_altered_partition, derived_doubt, derived_identity]
);
extension_sql_file!(
    "../sql/derived/settling.sql",
    requires = ["provenance", "late_arrivals", "rebuild_derived", drawn_id]
);
extension_sql_file!("../sql/derived/partition_changes.sql", requires = ["settling"]);
extension_sql_file!("../sql/derived/tick.sql", requires = ["settling", "sealing", may_commit, write_removed]);
extension_sql_file!("../sql/derived/tick_schedule.sql", requires = ["tick", start_tick_launcher, refuse_strangers]);
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
extension_sql_file!("../sql/source/application_tables.sql", requires = ["calendar", trusted_relation]);
extension_sql_file!("../sql/source/actor_names.sql", requires = ["visibility", "tenancy", relation_if_trusted]);
extension_sql_file!("../sql/health/structure.sql", requires = ["own_tables", "init"]);
extension_sql_file!(
    "../sql/health/running.sql",
    requires = ["structure", "provenance", "tick_schedule", library_version]
);
extension_sql_file!("../sql/health/outbound.sql", requires = ["exports"]);
extension_sql_file!("../sql/health.sql", requires = ["running", "outbound", "expiry_health"]);
extension_sql_file!(
    "../sql/metrics.sql",
    requires = ["ingestion_alerts", "event_volume", "kpi_samples", "health", "expiry_health", exposition]
);
extension_sql_file!("../sql/help/topics.sql", requires = ["bootstrap"]);
extension_sql_file!("../sql/help.sql", requires = ["common_arguments", "kpi_kinds", "topics", help, reference]);
extension_sql_file!("../sql/access/access.sql", requires = ["types", "tenancy", "visibility"]);
extension_sql_file!("../sql/changes/changes.sql", requires = ["immutability", "tenancy", "visibility"]);
extension_sql_file!("../sql/access/supabase.sql", requires = ["access", setting]);
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
        "dashboards",
        "kpi_history",
        "keep_kpi_history",
        "alerts",
        "notifications",
        "reapply_erasures",
        "changes",
        "verify_seals",
        "keeping",
        "sealing"
    ]
);
extension_sql_file!("../sql/finalize.sql", finalize);
