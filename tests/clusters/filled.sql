-- A database in use: a pack, an edited definition, events in several partitions, rejections, a replay, ids, policies,
-- checks, budgets, what a user adds, and seals over events of which some were erased, anonymised and expired.
create extension telemetry;
select telemetry.install_pack('tutoring') \g /dev/null
select telemetry.update_event('assignment_view', '{"enforcement": "quarantine"}') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object(
    'event_name', 'assignment_save', 'event_ts', timestamptz '2024-01-01 00:00Z' + n * interval '7 hours',
    'user_id', telemetry.as_id((n % 50)::text), 'payload', jsonb_build_object('surface', 'website'))))
  from generate_series(1, 1000) n \g /dev/null
call telemetry.tick();
select telemetry.log_event('assignment_view', '{"surface": "website"}', seq => n) from generate_series(1, 20) n \g /dev/null
set client_min_messages = error;
select telemetry.log_event('assignment_view', '{"surface": "moon"}') \g /dev/null
select telemetry.update_event('assignment_save', '{"daily_budget": 5}') \g /dev/null
select telemetry.log_events('[
    {"event_type": "assignment_save", "meta": {"surface": "website"}, "event_id": "00000000-0000-4000-8000-000000000001"},
    {"event_type": "assignment_view", "meta": {"surface": "moon"}}, {"event_type": "late_arrival", "meta": {"to": "joe@example.org"}}, 7]') \g /dev/null
select telemetry.register_event('late_arrival') \g /dev/null
select telemetry.replay_rejections('{"event_name": "late_arrival"}') \g /dev/null
select telemetry.add_alias('trackName', 'event_name') \g /dev/null
select telemetry.set_redaction('{"keys": {"seat": "drop"}}', tenant_id => '00000000-0000-4000-8000-00000000000a') \g /dev/null
select telemetry.register_kpi('tutoring_apply_rate', '{"target": 0.3}') \g /dev/null
select telemetry.register_dashboard('mine', '{tutoring_apply_rate}') \g /dev/null
select telemetry.create_compatibility_views('tutoring') \g /dev/null
create schema app;
create function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language sql as 'select session_id is not null';
select telemetry.add_ownership_check('owns', 'app.owns', '{late_arrival}') \g /dev/null
create index users_own_index on telemetry.events ((payload->>'surface'));
create policy users_own_policy on telemetry.events for select to pg_monitor using (source = 'web');
do $$ begin create role shop_analyst; exception when duplicate_object then null; end $$;
do $$ begin create role shop_writer; exception when duplicate_object then null; end $$;
select telemetry.grant_access('shop_analyst', 'analyst') \g /dev/null
select telemetry.grant_access('shop_writer', 'writer') \g /dev/null
do $$ begin create role shop_user; exception when duplicate_object then null; end $$;
do $$ begin create role shop_auditor; exception when duplicate_object then null; end $$;
select telemetry.grant_access('shop_user', 'own_events') \g /dev/null
select telemetry.grant_access('shop_auditor', 'auditor') \g /dev/null
select telemetry.set_tenant('00000000-0000-4000-8000-00000000000a', status => 'suspended', events_per_day => 7) \g /dev/null
select telemetry.register_retention_class('application_log', '30 days', 'Log records.') \g /dev/null
select telemetry.register_event('line_written', '{"retention_class": "application_log"}') \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'line_written', 'event_ts', timestamptz '2024-03-01 00:00Z' + n * interval '7 minutes')))
  from generate_series(1, 200) n \g /dev/null
alter database :"DBNAME" set telemetry.seals = on;
set telemetry.seals = on;
call telemetry.tick();
select telemetry.erase_user(user_id => telemetry.as_id('13'), reason => 'asked for it') \g /dev/null
select telemetry.anonymize_user(user_id => telemetry.as_id('17'), reason => 'asked for it') \g /dev/null
call telemetry.expire_events();
call telemetry.tick();
