-- A value that is spelled $other is a value: the rest has is_other. Of every breakdown: how many rows are the rest's, and
-- what the value has. `:both` asks rows and timeline, see the book both_sources.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set ON_ERROR_ROLLBACK on
begin;
set local telemetry.enforcement = 'accept';
-- Of kind $other 6 users, of a 3, of b 2, of c 1; every second one fails; each is worth its number, and the first of a kind pays.
select telemetry.register_event(name, '{"promoted_properties": ["kind", "worth"]}') from unnest('{came,failed,paid}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', e.name, 'event_ts', timestamptz '2024-03-01Z' + n * interval '1 hour' + e.later, 'user_id', telemetry.as_id(n::text), 'subject_id', telemetry.as_id('s' || n),
         'payload', jsonb_build_object('kind', k.kind, 'worth', n))))
  from (select row_number() over () as n, kind, row_number() over (partition by kind) as place from unnest('{$other,$other,$other,$other,$other,$other,a,a,a,b,b,c}'::text[]) kind) k,
       lateral (values ('came', interval '0', true), ('failed', interval '1 minute', n % 2 = 0), ('paid', interval '2 minutes', place = 1)) e (name, later, is_done)
 where is_done \g /dev/null

select breakdown_value, is_other, step, actors from telemetry.funnel('["came", "paid"]', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, step, actors from telemetry.funnel_trend('["came", "paid"]', since => '2024-03-01', until => '2024-03-02', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, actors from telemetry.funnel_times('["came", "paid"]', bins => 1, breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, count(*) from telemetry.funnel_actors('["came", "paid"]', breakdown => 'kind', top_n => 2) group by 1, 2 order by 2, 1 :both
select breakdown_value, is_other, count(*) from telemetry.funnel_trend_actors('["came", "paid"]', breakdown => 'kind', top_n => 2) group by 1, 2 order by 2, 1 :both
select breakdown_value, is_other, count(*) from telemetry.funnel_times_actors('["came", "paid"]', breakdown => 'kind', top_n => 2) group by 1, 2 order by 2, 1 :both
select breakdown_value, is_other, value, events from telemetry.sum_of('worth', grain => 'month', since => '2024-03-01', until => '2024-04-01', events => '{came}', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, value, events from telemetry.avg_of('worth', grain => 'month', since => '2024-03-01', until => '2024-04-01', events => '{came}', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, value, events from telemetry.percentiles('worth', '{0.5}', grain => 'month', since => '2024-03-01', until => '2024-04-01', events => '{came}', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, round(value), events from telemetry.percentiles_sketched('worth', '{0.5}', grain => 'month', since => '2024-03-01', until => '2024-04-01', events => '{came}', breakdown => 'kind', top_n => 2) :both
select breakdown_value, is_other, errors, events from telemetry.rate_of_errors('{failed}', '{came}', grain => 'month', since => '2024-03-01', until => '2024-04-01', breakdown => 'kind', top_n => 2) :both
select breakdown_value = telemetry.as_id('2')::text as is_second, is_other, errors, events from telemetry.rate_of_errors('{failed}', '{came}', grain => 'month', since => '2024-03-01', until => '2024-04-01', by_user => true, top_n => 2) :both
select breakdown_value, is_other, in_numerator, in_denominator from telemetry.object_ratio('paid', 'came', '2024-03-01', '2024-04-01', 'month', breakdown => 'kind', top_n => 2) :both
select rank, value, is_other, events, actors from telemetry.top_values('kind', events => '{came}', top_n => 2) :both
select rank, value, is_other, count(*) from telemetry.top_values_actors('kind', events => '{came}', top_n => 2) group by 1, 2, 3 order by 1 :both
-- As a KPI, and on a dashboard, whose value before is that of the same line.
select telemetry.register_kpi('worth_by_kind', '{"kind": "sum_of", "parameters": {"payload_key": "worth", "events": ["came"], "breakdown": "kind", "top_n": 2, "grain": "hour"}}') as is_new;
select telemetry.register_dashboard('worth', '{worth_by_kind}') as is_new;
select breakdown_value, is_other, sum(value) from telemetry.kpi('worth_by_kind', '2024-03-01', '2024-03-02') group by 1, 2 order by 2, 1 :both
select bucket, breakdown_value, is_other, value, previous_value from telemetry.dashboard('worth', '2024-03-01 06:00', '2024-03-01 13:00') where breakdown_value = '$other' order by 3, 1 :both
rollback;
