-- What pictures are drawn of: definitions and answers of KPIs as jsonb, in local times of the zone that was asked for.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{viewed,bought}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'bought' else 'viewed' end, 'event_ts', timestamptz '2024-03-01Z' + n * interval '7 hours', 'user_id', telemetry.as_id((n % 5)::text),
           'tenant_id', case when n % 5 < 2 then '00000000-0000-4000-8000-00000000000a' else '00000000-0000-4000-8000-00000000000b' end)))
  from generate_series(0, 39) n;
select telemetry.register_kpi('volume', '{"kind": "event_volume", "parameters": {"events": ["viewed", "bought"]}, "unit": "events", "target": 3, "question": "How much happens?"}') as is_new;
select telemetry.register_kpi('weekly', '{"kind": "active_users", "parameters": {"grain": "week"}, "unit": "actors"}') as is_new;
select telemetry.register_kpi('way', '{"kind": "funnel", "parameters": {"steps": ["viewed", "bought"], "within": "2 days"}, "unit": "ratio"}') as is_new;
select telemetry.register_kpi('gone', '{"kind": "market_supply", "parameters": {"table_name": "no.such_table"}}') as is_new;
select telemetry.register_kpi('odd', '{"kind": "avg_of", "parameters": {"payload_key": "nothing", "events": ["viewed"]}}') as is_new;
select telemetry.register_dashboard('shop', '{volume,weekly,way,gone,odd}', 'The shop.') as is_new;
select telemetry.register_dashboard('other', '{volume}') as is_new;
create function pg_temp.board(since text default '2024-03-01', until text default '2024-03-12', grain text default null, tz text default null, tenant uuid default null) returns jsonb
language sql as $$ select telemetry_private.board('shop', since::timestamptz, until::timestamptz, grain, tz, null, tenant, null) $$;

-- The board, and each KPI in its order.
select b - '{kpis,range}'::text[] as board, (b -> 'range') - 'now'::text as range from pg_temp.board() b;
select k ->> 'name' as name, k ->> 'question' as question, k ->> 'kind' as kind, k ->> 'value_column' as value_column, k ->> 'grain' as grain, k -> 'range' ->> 'since' as since, jsonb_array_length(k -> 'rows') as rows, k ->> 'left_out' as left_out, k ->> 'error' as error
  from pg_temp.board() b, jsonb_array_elements(b -> 'kpis') k;
-- A row is one of kpi(), in local times.
select r from pg_temp.board(tz => 'America/New_York') b, jsonb_array_elements(b #> '{kpis,0,rows}') r limit 2;
select count(*) as different
  from pg_temp.board() b, jsonb_array_elements(b -> 'kpis') k, jsonb_to_recordset(k -> 'rows') as r (bucket timestamptz, breakdown_value text, value double precision, n double precision, target double precision, is_met boolean, is_complete boolean, is_other boolean)
 where k ->> 'name' <> 'gone'
   and not exists (select from telemetry.kpi(k ->> 'name', '2024-03-01', '2024-03-12') a
                    where (a.bucket, a.breakdown_value, a.value, a.n, a.target, a.is_met, a.is_complete, a.is_other) is not distinct from (r.bucket, r.breakdown_value, r.value, r.n, r.target, r.is_met, r.is_complete, r.is_other));
-- A grain is for what is drawn over time and has none of its own; a range is for all, beside the one before.
select k ->> 'name' as name, k ->> 'grain' as grain, jsonb_array_length(k -> 'rows') as rows from pg_temp.board('2024-03-04', '2024-03-12', 'week') b, jsonb_array_elements(b -> 'kpis') k;
select k ->> 'name' as name, k ->> 'grain' as grain, jsonb_array_length(k -> 'rows') as rows, jsonb_path_query_array(k, '$.previous[*].value') as before from pg_temp.board('2024-03-06', '2024-03-12', 'range') b, jsonb_array_elements(b -> 'kpis') k;
-- One KPI is asked as kpi() is: its funnel by week is a trend.
select jsonb_path_query_array(telemetry_private.answer('way', '2024-03-04', '2024-03-12', 'week', null, null, null, null), '$.rows[*].value');
-- Of a range that is not over a funnel tells its times, and what kpi() tells.
select r ->> 'breakdown_value' as step, r -> 'value' as value, r #>> '{details,median_seconds}' as seconds
  from jsonb_array_elements(telemetry_private.answer('way', '2024-03-01', now() + interval '1 day', null, null, null, null, null) -> 'rows') r;
select breakdown_value, value from telemetry.kpi('way', '2024-03-01', now() + interval '1 day');
-- Of one tenant.
select b ->> 'tenant' as tenant, jsonb_path_query_array(b, '$.kpis[2].rows[*].n') as entered from pg_temp.board(tenant => '00000000-0000-4000-8000-00000000000a') b;
-- Many rows: the latest come along, the others are counted.
select jsonb_array_length(a -> 'rows') as rows, a -> 'left_out' as left_out, a #>> '{rows,-1,bucket}' as last
  from telemetry_private.answer('volume', '2024-03-01', '2024-03-12', 'minute', null, null, null, null) a;
-- When alerts about a KPI fired, in local times: what began before and what still fires too.
select telemetry.register_alert('too_many', '{"kpi": "volume", "grain": "day", "fires": "above", "threshold": 2}') as is_new;
insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, breakdown_value, from_status, to_status, cause, severity)
select at, telemetry.as_id(value), 'too_many', '00000000-0000-0000-0000-000000000000', value, from_status, to_status, 'threshold', 'sev2'
  from (values (timestamptz '2024-02-28 12:00Z', 'viewed', 'quiet', 'firing'), ('2024-02-28 14:00Z', 'viewed', 'firing', 'quiet'),
               ('2024-02-29 12:00Z', 'viewed', 'quiet', 'firing'), ('2024-03-01 10:00Z', 'viewed', 'firing', 'quiet'),
               ('2024-03-05 01:30Z', 'bought', 'quiet', 'pending'), ('2024-03-05 02:00Z', 'bought', 'pending', 'firing')) t (at, value, from_status, to_status);
select i from telemetry_private.answer('volume', '2024-03-01', '2024-03-12', null, 'America/New_York', null, null, null) a, jsonb_array_elements(a -> 'incidents') i;
select line from telemetry.show('volume', '2024-03-01', '2024-03-12') with ordinality l (line, place) where line ~ 'alert' or place in (select place + 1 from telemetry.show('volume', '2024-03-01', '2024-03-12') with ordinality m (line, place) where line ~ 'alert');
select m[1] as bar_width from regexp_matches(convert_from(telemetry.kpi_chart('volume', '2024-03-01', '2024-03-12'), 'UTF8'), '<rect class="alert"[^>]* width="([0-9.]+)"', 'g') m;
-- Names of people, where it was said where they stand.
create table public.customers (id uuid primary key, name text);
insert into public.customers select telemetry.as_id('1', '00000000-0000-4000-8000-00000000000a'), 'Ann';
insert into public.customers select telemetry.as_id('1'), 'Ann';
select telemetry.register_kpi('keen', '{"kind": "user_engagement", "unit": "score"}') as is_new;
select telemetry.register_actor_names('public.customers', 'id', 'name') as is_new;
select jsonb_array_length(a -> 'rows') as rows, (select array_agg(v order by v) from jsonb_each_text(a -> 'names') n (k, v)) as names from telemetry_private.answer('keen', '2024-03-01', '2024-03-12', null, null, null, null, null) a;
-- What is wrong with the question is raised.
select telemetry_private.board('nothing', null, null, null, null, null, null, null);
select pg_temp.board(grain => 'fortnight');
select pg_temp.board(tz => 'Moon/Sea');
select pg_temp.board('2024-03-12', '2024-03-01');
select telemetry_private.answer('nobodys', null, null, null, null, null, null, null);
select telemetry_private.answer(null, null, null, null, null, null, null, null);
rollback;
