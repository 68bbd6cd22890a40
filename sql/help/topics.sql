-- Which functions answer what together, in the order of help() and of the pages in docs/functions: behind the KPIs, whose topics
-- stand in sql/kpi/kpi_kinds.sql. A list that is there as x_actors() stands behind x() by itself. The book `reference` lists
-- functions that stand in no topic.

create function telemetry_private.function_topics()
returns table (page text, topic text, functions text[])
language sql
immutable
begin atomic
    select t.column1, t.column2, t.column3::text[]
      from (values
        ('dashboards', 'KPIs and dashboards by name', '{kpi,kpi_details,kpi_status,register_kpi,drop_kpi,restore_kpi,kpi_kinds,dashboard,dashboard_page,kpi_chart,show,register_dashboard,drop_dashboard,grafana_dashboard}'),
        ('alerts', 'What is wrong, and since when', '{register_alert,drop_alert,backtest_alert,alert_status,alert_value,alert_history,notification_history,silence_alert,end_silence,acknowledge_alert,evaluate_alerts}'),
        ('cohorts', 'The same, for a group of users', '{register_cohort,cohort_actors,drop_cohort}'),
        ('asking', 'Help for who asks', '{help,explain_kpi,kpi_parts,kpi_of_parts,payload_keys,shown,actor_name,actor_names,register_actor_names,drop_actor_names,time_buckets,period}'),
        ('aggregates', 'Aggregates for SQL of one''s own', '{window_funnel,window_funnel_strict_order,window_funnel_strict_increase,window_funnel_of,sequence_match,sequence_match_of,sequence_count,sequence_count_of,sequence_state,sequence_next_node,sequence_next_node_of,sequence_next_node_state,retention_flags,retention_flags_of,retention_flags_state,uniq,uniq_of,uniq_state,uniq_exact,uniq_exact_of,uniq_exact_state,merge_states}'),
        ('logging', 'Logging', '{log_event,try_log_event,log_events,import_events,as_id,rejection_summary,replay_rejections,sampling_rates,budget_rate,generate_demo_events}'),
        ('taxonomy', 'Which events there are', '{event_catalog,client_types,register_event,update_event,deprecate_event,add_alias,drift_report,pack_catalog,install_pack,uninstall_pack,create_compatibility_views,drop_compatibility_views}'),
        ('expiry', 'How long events are kept', '{register_retention_class,drop_retention_class,expiry_report,expire_events}'),
        ('privacy', 'What must not be stored', '{redact,redaction_rules,set_redaction,add_ownership_check,drop_ownership_check}'),
        ('erasure', 'What is forgotten, and what is held', '{erase_user,anonymize_user,was_erased,erase_tenant,erase_events,scrub_payload,hold_events,release_hold,erasure_receipts,reapply_erasures}'),
        ('access', 'Tenants, and who may do what', '{grant_access,revoke_access,enable_supabase,disable_supabase,set_tenant,tenant_usage,current_tenant,current_user_id}'),
        ('operations', 'Running it', '{health,health_summary,ingestion_stats,ingestion_alerts,sequence_gaps,metrics,metric_samples,prometheus_rules,tick,schedule_tick,unschedule_tick,create_partitions,forget_expired,verify_derived,rebuild_derived,init}'),
        ('seals', 'Proving that nobody changed the log', '{checkpoint,consistency_proof,inclusion_proof,verify_seals,audit_secrets}'),
        ('shards', 'One API over several servers', '{routing_script,admit_router,placed_tenants,registry_digest}'),
        ('exports', 'The log in files', '{register_export,drop_export,export_status,export_manifest,verify_export,claim_export,export_rows,commit_export}'),
        ('outbox', 'Sending events out of the database', '{register_destination,drop_destination,pause_destination,resume_destination,test_destination,destination_status,requeue_deliveries,replay_deliveries,enqueue,claim_deliveries,settle_delivery,settle_deliveries}'),
        ('archive', 'Handing data out, and reading it back', '{user_data,tenant_data,import_export,import_table,import_progress,track_table,untrack_table,tracked_tables}'),
        ('machinery', 'What other functions call', '{correlation_of,log_visibility,reads_only,may_commit,tick_unit,import_table_part,log_table_changes,expire_unit}')
      ) t;
end;
