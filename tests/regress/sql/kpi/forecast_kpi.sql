-- forecast_kpi(): how any KPI goes on, and when it reaches a number. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC'; set extra_float_digits = -3;
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.register_event('measured', '{"promoted_properties": ["cpu", "instance"]}') \g /dev/null
select telemetry.register_event(name) from unnest('{seen,paid}'::text[]) name \g /dev/null
-- The load of two machines, measured twice a day for three weeks: a fills up, b is idle; c is new.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'measured', 'event_ts', day + hour, 'payload', jsonb_build_object('instance', instance, 'cpu', cpu))))
  from generate_series(timestamptz '2020-01-06', '2020-01-26', '1 day') with ordinality d (day, n), unnest('{2 hours,14 hours}'::interval[]) hour,
       lateral (values ('a', 0.30 + 0.02 * n + case when n % 3 = 0 then 0.01 else 0 end), ('b', 0.10 + case when n % 2 = 0 then 0.02 else 0 end), ('c', case when n > 18 then 0.5 end)) v (instance, cpu)
 where cpu is not null \g /dev/null
select telemetry.register_kpi('cpu', '{"kind": "avg_of", "parameters": {"payload_key": "cpu", "events": ["measured"], "breakdown": "instance"}, "unit": "share"}') \g /dev/null
select * from telemetry.forecast_kpi('cpu', '2020-01-06', '2020-01-27', horizon => 2, reaches => 0.9, seasonality => 'none') :both
-- With weekly seasons; in weeks; without a number to reach.
select bucket::date, breakdown_value, expected, reaches_at::date, reaches_earliest::date, reaches_latest::date from telemetry.forecast_kpi('cpu', '2020-01-06', '2020-01-27', horizon => 1, reaches => 0.9) where breakdown_value = 'a' :both
select bucket::date, breakdown_value, expected, reaches_at, reason from telemetry.forecast_kpi('cpu', '2020-01-06', '2020-01-27', grain => 'week', horizon => 1) :both

-- A ratio of events, whose definition fixes the grain and has a target: that is what it may reach.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when k <= 10 then 'seen' else 'paid' end, 'event_ts', day + k * interval '1 hour', 'user_id', telemetry.as_id(k::text))))
  from generate_series(timestamptz '2020-02-03', '2020-03-15', '7 days') with ordinality d (day, n), generate_series(1, 10 + n) k \g /dev/null
select telemetry.register_kpi('paid_per_view', '{"kind": "event_ratio", "parameters": {"numerator": "paid", "denominator": "seen", "grain": "week"}, "target": 1}') \g /dev/null
select bucket::date, expected, target, reaches_at::date, reaches_latest::date from telemetry.forecast_kpi('paid_per_view', '2020-02-03', '2020-03-16', horizon => 2) :both
-- A count as forecast() tells it.
select telemetry.register_kpi('views', '{"kind": "event_volume", "parameters": {"events": ["seen"]}}') \g /dev/null
select count(*) as rows, count(*) filter (where k.expected is distinct from f.expected or k.upper is distinct from f.upper) as differences
  from telemetry.forecast_kpi('views', '2020-02-03', '2020-03-16') k join telemetry.forecast('seen', '2020-02-03', '2020-03-16') f using (bucket) :both

-- Nothing is known: no row, or one that says why.
select * from telemetry.forecast_kpi('cpu', '2019-01-01', '2019-01-03') :both
select breakdown_value, expected, reason from telemetry.forecast_kpi('views', '2020-02-03', '2020-02-05') :both
select * from telemetry.forecast_kpi(null);
select * from telemetry.forecast_kpi('cpus');
select * from telemetry.forecast_kpi('views', '2020-02-03', '2020-03-16', horizon => 0);
select * from telemetry.forecast_kpi('paid_per_view', '2020-02-03', '2020-03-16', seasonality => 'weekly');
rollback;
