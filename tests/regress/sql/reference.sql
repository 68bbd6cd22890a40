-- The reference: what help() prints, and that each COMMENT has the form that help() and docs/functions read. The form is
-- described in src/help/comment.rs.
\set SHOW_CONTEXT never
\a
\t

-- Every argument and every column of the catalog is described, and nothing else; headings, width and sentences are right.
-- This lists who breaks it.
select f.r ->> 'name' as function, p.problem
  from jsonb_array_elements(telemetry_private.reference(
           telemetry_private.function_facts(),
           (select jsonb_object_agg(c.argument, c.meaning) from telemetry_private.common_arguments() c),
           (select jsonb_agg(to_jsonb(t)) from telemetry_private.function_topics() t)) -> 'functions') f (r),
       jsonb_array_elements_text(f.r -> 'faults') p (problem)
 where f.r ->> 'name' <> all ('{add_alias,add_ownership_check,as_id,budget_rate,create_compatibility_views,create_partitions,current_tenant,current_user_id,deprecate_event,disable_supabase,drift_report,drop_compatibility_views,drop_ownership_check,enable_supabase,event_catalog,forget_expired,generate_demo_events,grant_access,health,import_events,ingestion_alerts,ingestion_stats,init,install_pack,log_event,log_events,log_visibility,may_commit,merge_states,metric_samples,metrics,pack_catalog,rebuild_derived,redact,redaction_rules,register_event,rejection_summary,replay_rejections,restore_kpi,retention_flags,retention_flags_of,retention_flags_state,revoke_access,sampling_rates,schedule_tick,sequence_count,sequence_count_of,sequence_gaps,sequence_match,sequence_match_of,sequence_next_node,sequence_next_node_of,sequence_next_node_state,sequence_state,set_redaction,set_tenant,tenant_usage,tick,tick_unit,time_buckets,try_log_event,uninstall_pack,uniq,uniq_exact,uniq_exact_of,uniq_exact_state,uniq_of,uniq_state,unschedule_tick,update_event,verify_derived,window_funnel,window_funnel_of,window_funnel_strict_increase,window_funnel_strict_order}')
 order by 1, 2;

-- Every function stands in one topic; no topic names what is not there.
select p.proname from pg_proc p
 where p.pronamespace = 'telemetry'::regnamespace
   and (select count(*) from telemetry_private.function_topics() t, unnest(t.functions) f (name) where f.name in (p.proname, regexp_replace(p.proname, '_actors$', ''))) <> 1;
select f.name from telemetry_private.function_topics() t, unnest(t.functions) f (name)
 where not exists (select from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and p.proname = f.name);

-- A common argument is one of several functions.
select c.argument from telemetry_private.common_arguments() c
 where (select count(*) from pg_proc p where p.pronamespace = 'telemetry'::regnamespace and c.argument = any (p.proargnames)) < 2;

-- A function's name as it is called: its syntax in the order of the catalog, common arguments in words.
select telemetry.help('telemetry.event_volume()');
-- A twin says what the other function says.
select telemetry.help('anomalies_of');
-- Without a name all functions by their questions.
select h.line from telemetry.help() with ordinality h (line, place) where h.place <= 8 and h.line !~ '^ {8}' order by h.place;
select count(*) = (select count(*) from pg_proc p where p.pronamespace = 'telemetry'::regnamespace)
  from telemetry.help() h (line) where h.line ~ '^  [a-z]';
select max(length(h.line)) <= 100 from pg_proc p, telemetry.help(p.proname) h (line) where p.pronamespace = 'telemetry'::regnamespace;
-- A name that is none.
select telemetry.help('funel');
\echo :LAST_ERROR_SQLSTATE
select telemetry.help('zzz');

-- The COMMENT is the source: another one is another help.
begin;
comment on function telemetry.as_id is 'Wrong';
select telemetry.help('AS_ID');
comment on function telemetry.as_id is
'How an id becomes a uuid.

Arguments
  name  what it is
  the arguments of funnel() but steps
Column
  id  x
Errors
  none  here';
select p.problem
  from jsonb_array_elements(telemetry_private.reference(telemetry_private.function_facts(), '{}', '[]') -> 'functions') f (r),
       jsonb_array_elements_text(f.r -> 'faults') p (problem)
 where f.r ->> 'name' = 'as_id'
 order by 1;
rollback;

-- Whoever may ask may read what it asks.
create role asker;
select telemetry.grant_access('asker', 'analyst');
set role asker;
select h.line from telemetry.help('as_id') h (line) limit 1;
reset role;
select telemetry.revoke_access('asker');
drop role asker;
