-- explain_kpi(): every KPI says what it would read, from where and why.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
set local telemetry.unknown_events = 'empty';
select telemetry.register_event(name, '{"promoted_properties": ["plan", "price"]}') from unnest('{seen,paid,failed,experiment_exposed}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2020-01-06' + n * interval '1 hour', 'user_id', telemetry.as_id(n::text), 'subject_id', telemetry.as_id('s' || n), 'payload', jsonb_build_object('plan', 'p' || n % 3, 'price', n, 'note', n))))
  from generate_series(1, 40) n, unnest('{seen,paid}'::text[]) name \g /dev/null
call telemetry.tick();
select telemetry.register_kpi('seen', '{"kind": "event_volume", "parameters": {"events": ["seen"]}}') \g /dev/null
select telemetry.register_dashboard('seen', '{seen}') \g /dev/null
select telemetry.register_cohort('payers', '{"event": "paid"}') \g /dev/null

-- Every function of the library that computes something from events or tables, asked with arguments by their names: whoever adds
-- one, adds an argument of a new name to the list, or the function to those that compute nothing.
create temp table argument_values as select * from (values
    ('steps', '["seen", "paid"]'::jsonb), ('feature_event', '"paid"'), ('payload_key', '"price"'), ('sequence', '["seen"]'), ('anchor', '"seen"'),
    ('target', '"paid"'), ('first_event', '"seen"'), ('next_event', '"paid"'), ('experiment', '"x"'), ('metric_event', '"paid"'),
    ('numerator', '"paid"'), ('denominator', '"seen"'), ('session', '"00000000-0000-4000-8000-000000000001"'), ('opened', '"seen"'),
    ('closed', '"paid"'), ('error_events', '["failed"]'), ('event_name', '"seen"'), ('cohort', '"payers"'), ('name', '"seen"'), ('correlation_id', '"r-1"'),
    ('opened_events', '["seen"]'), ('closed_events', '["paid"]'), ('at', '"2020-01-07"'), ('width', '"1 day"')) v (argument, value);
create temp table asked as
select p.proname::text as kpi,
       (select jsonb_object_agg(v.argument, v.value) from argument_values v where v.argument = any (p.proargnames[:p.pronargs]))
       || case when p.proname = 'dashboard' then '{"since": "2020-01-06", "until": "2020-01-08"}' else '{}' end::jsonb as arguments
  from pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace and p.proretset and p.prokind = 'f'
   and p.proname <> all ('{alert_history,notification_history,alert_status,alert_value,anomalies_of,backtest_alert,claim_deliveries,claim_export,export_rows,export_manifest,export_status,import_progress,tracked_tables,verify_export,inclusion_proof,verify_seals,audit_secrets,placed_tenants,erasure_receipts,reapply_erasures,destination_status,forecast_of,experiment_sample_size,experiment_power,health,health_summary,expiry_report,help,create_compatibility_views,drop_compatibility_views,drift_report,kpi_of_parts,payload_keys,enable_supabase,tenant_usage,event_catalog,explain_kpi,ingestion_alerts,ingestion_stats,kpi_kinds,log_events,metric_samples,pack_catalog,redact,redaction_rules,rejection_summary,replay_rejections,sampling_rates,sequence_gaps,settle_deliveries,show,time_buckets,period,kpi_status,actor_names,verify_derived}');
create function pg_temp.explained(kpi text, arguments jsonb) returns text language plpgsql as $$
begin
    return (select string_agg(concat_ws(' ', e.source, e.derived_events, e.raw_events), '; ') from telemetry.explain_kpi(kpi, arguments) e);
exception when others then
    return sqlerrm;
end $$;
select kpi, pg_temp.explained(kpi, arguments) from asked order by kpi;
-- Of each kind that a KPI may be defined by.
select kind from telemetry.kpi_kinds() where kind not in (select kpi from asked) and kind <> 'ingestion_alerts';

-- Why not the timeline.
select source, reason, raw_events from telemetry.explain_kpi('sum_of', '{"payload_key": "note"}');
select source, reason, raw_events from telemetry.explain_kpi('rate_of_errors', '{"error_events": ["paid"], "by_user": true, "since": "2020-01-07"}');
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "paid", "denominator": "seen", "since": "2020-01-07", "until": "2020-01-08"}');
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"denominator": "seen"}');
select source, reason, raw_events from telemetry.explain_kpi('market_supply');
select source, derived_events, raw_events from telemetry.explain_kpi('forecast', '{"event_name": "seen", "horizon": 3, "since": "2020-01-07"}');
select * from telemetry.explain_kpi('forecast', '{"horizons": 3}');
select * from telemetry.explain_kpi('object_ratio', '{"since": "yesterdayish"}');
rollback;
