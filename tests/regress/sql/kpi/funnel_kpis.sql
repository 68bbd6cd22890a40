-- A funnel as a KPI, by bucket and for a range: who entered there, with conversions that come later; and what a change of a
-- definition's parameters leaves, and how a pack's definition comes back. `:both` asks rows and timeline, see both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.unknown_events = 'empty';
\set ON_ERROR_ROLLBACK on
begin;
set local telemetry.enforcement = 'accept';
-- 140 users sign up at 6 in the evening of the first and pay 20 hours later; 60 more sign up the day after and never pay.
select telemetry.import_events(jsonb_agg(e)) from (
    select jsonb_build_object('event_name', 'signed_up', 'event_ts', timestamptz '2024-03-01 18:00Z' + n / 140 * interval '1 day', 'user_id', telemetry.as_id(n::text)) from generate_series(0, 199) n
     union all
    select jsonb_build_object('event_name', 'paid', 'event_ts', '2024-03-02T14:00:00Z', 'user_id', telemetry.as_id(n::text)) from generate_series(0, 139) n) v (e) \g /dev/null
select telemetry.register_kpi('paying', '{"kind": "funnel", "parameters": {"steps": ["signed_up", "paid"], "within": "2 days"}}') as is_new;
select * from telemetry.kpi('paying', '2024-03-01', '2024-03-03', 'day') where breakdown_value = '2 / paid' :both
select * from telemetry.kpi('paying', '2024-03-01', '2024-03-02') where breakdown_value = '2 / paid' :both
select * from telemetry.kpi('paying', null, '2024-03-02') where breakdown_value = '2 / paid' :both
select * from telemetry.kpi('paying', '2024-03-01', '2024-03-02', 'range') where breakdown_value = '2 / paid' :both
select * from telemetry.kpi('paying') where breakdown_value = '2 / paid' :both
-- Of the step before: what a drop-off is made of.
select telemetry.register_kpi('paying', '{"value_column": "rate_from_previous"}') as is_new;
select bucket, breakdown_value, value from telemetry.kpi('paying', '2024-03-01', '2024-03-03', 'day') :both
-- Seconds are those of a range.
select telemetry.register_kpi('paying', '{"value_column": "median_seconds"}') as is_new;
select * from telemetry.kpi('paying', '2024-03-01', '2024-03-03', 'day');
select breakdown_value, value from telemetry.kpi('paying', '2024-03-01', '2024-03-03') :both
-- A dashboard of days: what is asked of the day is answered, with the day before.
select telemetry.register_kpi('paying', '{"value_column": null}') as is_new;
select telemetry.register_dashboard('money', '{paying}') as is_new;
select kpi, bucket, breakdown_value, value, previous_value, is_complete, error from telemetry.dashboard('money', '2024-03-01', '2024-03-03', 'day') :both
-- A bucket is complete when the window of who entered at its end is over.
select bool_and(is_complete = (bucket < date_trunc('day', now()) - interval '2 days')) as as_the_window_says
  from telemetry.kpi('paying', date_trunc('day', now()) - interval '9 days', date_trunc('day', now()), 'day');
select days, bool_or(is_complete) as is_complete from unnest('{0,1,2,3}'::integer[]) days, telemetry.kpi('paying', now() - interval '9 days', now() - make_interval(days => days)) group by 1 order by 1;

-- Other kinds whose answers would be cut at a bucket's end are not asked by bucket; a dashboard asks them for the range.
select kind from telemetry.kpi_kinds() where bucket_kind is null;
select telemetry.register_kpi('times', '{"kind": "funnel_times", "parameters": {"steps": ["signed_up", "paid"], "bins": 1}}') as is_new;
select * from telemetry.kpi('times', '2024-03-01', '2024-03-03', 'day');
select value from telemetry.kpi('times', '2024-03-01', '2024-03-03') :both
select telemetry.register_dashboard('money', '{times}') as is_new;
select kpi, bucket, breakdown_value, value, error from telemetry.dashboard('money', '2024-03-01', '2024-03-03', 'day');

-- Parameters are merged one by one, null removes one, of another kind none stays.
select telemetry.install_pack('coaching') > 0 as installed;
select telemetry.register_kpi('coaching_show_rate', '{"parameters": {"within": "14 days", "breakdown": "trainer_id"}}') as is_new;
select kind, parameters, is_complement, pack from telemetry.kpis where name = 'coaching_show_rate';
select telemetry.register_kpi('coaching_show_rate', '{"parameters": {"breakdown": null, "grain": null}}') as is_new;
select parameters from telemetry.kpis where name = 'coaching_show_rate';
select telemetry.register_kpi('coaching_show_rate', '{"kind": "event_volume", "value_column": null, "parameters": {"events": ["no_show"]}}') as is_new;
select kind, parameters, pack from telemetry.kpis where name = 'coaching_show_rate';
select telemetry.register_kpi('coaching_show_rate', '{"parameters": null}') as is_new;
select kind, parameters from telemetry.kpis where name = 'coaching_show_rate';
-- A pack's definition comes back: after a change, after a drop.
create temp table shipped as select k.* from telemetry.kpis k where false;
select telemetry.restore_kpi('coaching_show_rate');
insert into shipped select * from telemetry.kpis where name = 'coaching_show_rate';
select kind, parameters, is_complement, pack from shipped;
select telemetry.register_kpi('coaching_show_rate', '{"target": 0.9, "unit": "percent", "description": "Mine."}') as is_new;
select telemetry.restore_kpi('coaching_show_rate');
select count(*) = 0 as is_as_shipped from (select to_jsonb(s) - 'created_at' - 'updated_at' from shipped s except select to_jsonb(k) - 'created_at' - 'updated_at' from telemetry.kpis k) x;
delete from telemetry.dashboards where 'coaching_show_rate' = any (kpis);
select telemetry.drop_alert('coaching_show_rate_drop');
select telemetry.drop_kpi('coaching_show_rate');
select telemetry.restore_kpi('coaching_show_rate');
select count(*) from telemetry.kpis where name = 'coaching_show_rate' and pack = 'coaching';
select telemetry.restore_kpi('paying');
select telemetry.restore_kpi('tutoring_apply_rate');
select telemetry.restore_kpi(null);
-- Neither is a ratio of everything to everything a question, nor an empty list, nor a number an interval, nor an offset a zone.
select telemetry.register_kpi('x', '{"kind": "event_ratio"}');
select telemetry.register_kpi('x', '{"kind": "actor_ratio", "parameters": {"grain": "week"}}');
select telemetry.register_kpi('x', '{"kind": "object_ratio", "parameters": {"within": "7 days"}}');
select * from telemetry.event_ratio();
select * from telemetry.actor_ratio();
select * from telemetry.object_ratio();
select telemetry.register_kpi('x', '{"kind": "active_users", "parameters": {"events": []}}');
select telemetry.register_kpi('x', '{"kind": "funnel", "parameters": {"steps": ["signed_up", "paid"], "within": 7}}');
select telemetry.register_kpi('x', '{"kind": "funnel", "parameters": {"steps": ["signed_up", "paid"], "within": "7"}}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"tz": "UTC+2"}}');
select telemetry.register_kpi('x', '{"kind": "event_volume", "parameters": {"grain": "fortnight"}}');
rollback;
begin;
-- What packs ship: of the requests of an endpoint those that failed, whatever of 5xx they were answered with; and who is lost on
-- the way from signup to a booking, not who goes on.
select telemetry.install_pack(pack) > 0 as installed from unnest('{learning,coaching}'::text[]) pack;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'api_request_completed', 'event_ts', timestamptz '2024-03-01Z' + n * interval '1 minute',
         'payload', jsonb_build_object('endpoint', '/api/lessons/*', 'method', 'GET', 'duration_ms', 5, 'status', case when n % 24 = 0 then 500 when n % 24 = 1 then 503 when n % 24 = 2 then 404 else 200 end)))) from generate_series(0, 95) n \g /dev/null
select breakdown_value, value, is_met from telemetry.kpi('learning_error_rate', '2024-03-01', '2024-03-02') :both
select value from telemetry.kpi('learning_server_errors', '2024-03-01', '2024-03-02') :both
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', timestamptz '2024-03-01 22:00Z' + e.later, 'user_id', telemetry.as_id(n::text), 'payload', e.payload)))
  from generate_series(1, 10) n, (values ('user_registered', interval '0', 10, '{"role": "client"}'::jsonb), ('user_logged_in', interval '4 hours', 6, '{"role": "client"}'), ('client_onboarded', interval '5 hours', 3, '{}')) e (name, later, most, payload)
 where n <= most \g /dev/null
select breakdown_value, value from telemetry.kpi('coaching_drop_off', '2024-03-01', '2024-03-02', 'day') :both
rollback;
