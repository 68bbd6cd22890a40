-- A dashboard in Grafana: a panel a KPI, each with a statement that answers.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
set client_min_messages = warning;
select telemetry.register_event(name) from unnest('{viewed,bought}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'bought' else 'viewed' end, 'event_ts', timestamptz '2026-02-02Z' + n * interval '2 hours',
           'user_id', telemetry.as_id((n % 7)::text), 'payload', jsonb_build_object('page', '$other', 'ms', n)))) from generate_series(0, 300) n \g /dev/null
select telemetry.register_kpi('shop_buying', '{"kind": "event_ratio", "parameters": {"numerator": "bought", "denominator": "viewed", "grain": "week"}, "description": "Of those who look, those who buy.", "unit": "ratio", "target": 0.3}') as is_new;
select telemetry.register_dashboard('shop', '{shop_buying}', 'How the shop does.') as is_new;
-- As it is imported.
\pset format unaligned
select jsonb_pretty(telemetry.grafana_dashboard('shop', 'pg-1') - '{links,templating}'::text[]);
\pset format aligned
select v ->> 'name' as variable, v ->> 'type' as type, v -> 'current' ->> 'value' as value from jsonb_array_elements(telemetry.grafana_dashboard('shop') #> '{templating,list}') v;

-- What Grafana makes of a statement: constants in the place of macros and variables.
create function pg_temp.expanded(statement text, since text, until text, grain text default 'own', tz text default '', tenant text default '') returns text language sql as $$
    select replace(replace(replace(replace(replace(statement, '$__timeFrom()', quote_literal(since)), '$__timeTo()', quote_literal(until)),
        '${grain:sqlstring}', quote_literal(grain)), '${tz:sqlstring}', quote_literal(tz)), '${tenant:sqlstring}', quote_literal(tenant))
$$;
create function pg_temp.asked(statement text, out rows bigint, out error text) language plpgsql as $$
begin
    execute 'select count(*) from (' || statement || ') q' into rows;
exception when others then error := sqlerrm;
end $$;
create function pg_temp.panels(board text) returns table (title text, type text, statement text, panel jsonb) language sql as $$
    select p ->> 'title', p ->> 'type', p #>> '{targets,0,rawSql}', p from jsonb_array_elements(telemetry.grafana_dashboard(board) -> 'panels') p
$$;
select pg_temp.expanded(statement, '2026-02-02T00:00:00Z', '2026-02-18T00:00:00Z') as statement from pg_temp.panels('shop') \gset
:statement;

-- When alerts about its KPIs fired: a mark on every panel.
select telemetry.register_alert('few_buy', '{"kpi": "shop_buying", "within": "1 day"}') as is_new;
insert into telemetry.alert_transitions (at, fingerprint, alert, tenant_id, from_status, to_status, cause, severity)
select at, telemetry.as_id('few_buy'), 'few_buy', '00000000-0000-0000-0000-000000000000', from_status, to_status, 'threshold', 'sev2'
  from (values (timestamptz '2026-02-05 10:00Z', 'quiet', 'firing'), ('2026-02-05 11:30Z', 'firing', 'quiet')) t (at, from_status, to_status);
select pg_temp.expanded(telemetry.grafana_dashboard('shop') #>> '{annotations,list,0,target,rawSql}', '2026-02-02T00:00:00Z', '2026-02-18T00:00:00Z') as statement \gset
:statement;

-- A KPI of every kind: its panel, and how many rows its statement answers, by its own grain and by hour in another zone.
create table public.things (id uuid primary key, run_id uuid, created_at timestamptz, started_at timestamptz, last_click_at timestamptz, status text, clicks integer, error_count integer, scanned_count integer, inserted_count integer, updated_count integer, correct_index integer);
insert into public.things values (telemetry.as_id('a'), telemetry.as_id('a'), '2026-02-03Z', '2026-02-03Z', '2026-02-03Z', 'open', 1, 1, 1, 1, 1, 1);
-- student_report() and item_statistics() ask about the events of a pack, time_to_fill() about those of another.
select count(telemetry.install_pack(p)) as packs from unnest('{tutoring,exam_prep}'::text[]) p;
create temp table of_kind (kind text, parameters jsonb);
insert into of_kind select k.kind, case
    when k.kind in ('event_ratio', 'actor_ratio', 'object_ratio') then '{"numerator": "bought", "denominator": "viewed"}'
    when k.kind in ('funnel', 'funnel_trend', 'funnel_times') then '{"steps": ["viewed", "bought"]}'
    when k.kind in ('next_events') then '{"sequence": ["viewed"]}'
    when k.kind = 'feature_adoption' then '{"feature_event": "bought"}'
    when k.kind = 'time_to_first' then '{"anchor": "viewed", "target": "bought"}'
    when k.kind = 'time_between' then '{"first_event": "viewed", "next_event": "bought"}'
    when k.kind in ('percentiles', 'percentiles_sketched', 'sum_of', 'avg_of', 'max_of', 'min_of') then '{"payload_key": "ms", "breakdown": "page"}'
    when k.kind = 'top_values' then '{"payload_key": "page"}'
    when k.kind = 'experiment_results' then '{"experiment": "e", "metric_event": "bought", "exposure_event": "viewed", "experiment_key": "page", "variant_key": "page"}'
    when k.kind = 'rate_of_errors' then '{"error_events": ["bought"]}'
    when k.kind = 'backlog' then '{"opened": "viewed", "closed": "bought"}'
    when k.kind = 'queue_state' then '{"opened_events": ["viewed"], "closed_events": ["bought"]}'
    when k.kind in ('anomalies', 'forecast') then '{"event_name": "viewed"}'
    when k.kind in ('market_supply', 'time_to_fill', 'extraction_outcomes', 'click_through') then '{"table_name": "public.things"}'
    when k.kind = 'ingestion_run_errors' then '{"table_name": "public.things", "progress_table_name": "public.things"}'
    when k.kind in ('item_statistics', 'student_report') then '{"table_name": "public.things"}'
    else '{}' end::jsonb
  from telemetry.kpi_kinds() k;
select telemetry.register_kpi('of_' || kind, jsonb_build_object('kind', kind, 'parameters', parameters)) from of_kind \g /dev/null
select telemetry.register_dashboard('kinds', array_agg('of_' || kind order by kind)) as is_new from of_kind;
select title, type, a.rows, coalesce(a.error, b.error) as error
  from pg_temp.panels('kinds'), pg_temp.asked(pg_temp.expanded(statement, '2026-02-02T00:00:00Z', '2026-02-18T00:00:00Z')) a, pg_temp.asked(pg_temp.expanded(statement, '2026-02-02T00:00:00Z', '2026-02-04T00:00:00Z', 'hour', 'Asia/Kolkata')) b;
-- What a viewer types stays a value.
select title, left(a.error, 60) as error from pg_temp.panels('shop'), pg_temp.asked(pg_temp.expanded(statement, '2026-02-02T00:00:00Z', '2026-02-18T00:00:00Z', tz => $$'); drop table telemetry.events; --$$)) a;

-- The worst of texts: none of them becomes a variable of Grafana, ends a constant, or is Markdown.
select telemetry.register_kpi('hostile', jsonb_build_object('kind', 'top_values', 'unit', '${tenant} [[tz]]', 'target', 3, 'description', E'$tz ${tenant} [[grain]] <img src=x onerror=alert(1)> [a](javascript:1) `c` *b* \n# h',
    'parameters', jsonb_build_object('payload_key', 'page', 'events', jsonb_build_array('viewed'), 'filter', jsonb_build_object('page', jsonb_build_object('$in', jsonb_build_array(E'\' or true; -- $__timeFrom() ${tz:raw} [[tz]] \\', '$other')))))) as is_new;
select telemetry.register_dashboard('hostile', '{hostile}', '${tenant} [[tz]]') as is_new;
\pset format unaligned
select panel ->> 'description' as description, statement from pg_temp.panels('hostile');
\pset format aligned
select a.* from pg_temp.panels('hostile'), pg_temp.asked(pg_temp.expanded(statement, '2026-02-02T00:00:00Z', '2026-02-18T00:00:00Z')) a;
select telemetry.grafana_dashboard('hostile') - '{templating,panels,annotations}'::text[] #>> '{}' ~ '\$[{_[:alnum:]]|\[\[' as has_variables;
-- The uid has at most the 40 characters that Grafana takes.
select telemetry.register_dashboard(repeat('a', n), '{hostile}') as is_new from unnest('{30,31,63}'::integer[]) n;
select telemetry.grafana_dashboard(repeat('a', n)) ->> 'uid' as uid from unnest('{30,31,63}'::integer[]) n;

select telemetry.grafana_dashboard('nothing');
select telemetry.grafana_dashboard(null);
select telemetry.grafana_dashboard('shop', '${x}');
-- An analyst may.
create role grafana;
select telemetry.grant_access('grafana', 'analyst');
set local role grafana;
select telemetry.grafana_dashboard('shop') ->> 'uid' as uid;
rollback;
