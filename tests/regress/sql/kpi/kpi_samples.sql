-- KPIs as gauges: what metrics() tells of those whose definition has a metric.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{asked,failed}'::text[]) name \g /dev/null
-- Of the last minutes: 8 requests of /a, 2 of which failed, 4 of /b, and one whose endpoint is spelled as all others together are.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'asked', 'event_ts', now() - n * interval '10 seconds',
           'tenant_id', telemetry.as_id(case when n % 2 = 0 then 'even' else 'odd' end),
           'payload', jsonb_build_object('endpoint', case when n <= 8 then '/a' when n <= 12 then '/b' else '$other' end, 'status', case when n <= 2 then 500 else 200 end, 'ms', n * 10)))) from generate_series(1, 13) n \g /dev/null
select telemetry.register_kpi('errors', '{"kind": "rate_of_errors", "parameters": {"error_events": ["asked"], "all_events": ["asked"], "numerator_filter": {"status": {"$gte": 500}}, "breakdown": "endpoint"}, "target": 0.2, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('p95', '{"kind": "percentiles", "parameters": {"events": ["asked"], "payload_key": "ms", "fractions": [0.95], "breakdown": "endpoint"}, "target": 100, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('spread', '{"kind": "percentiles", "parameters": {"events": ["asked"], "payload_key": "ms", "fractions": [0.5, 0.95]}}') as is_new;
select telemetry.register_kpi('requests', '{"kind": "event_volume", "parameters": {"events": ["asked"]}, "target": 10}') as is_new;
-- Nothing is told before it is asked for.
select * from telemetry.metric_samples() where metric ~ 'kpi';
create view pg_temp.samples as select metric, labels, round(value::numeric, 4) as value from telemetry.metric_samples() where metric ~ 'kpi';
-- One number each; and its target.
select telemetry.register_kpi(name, '{"metric": {"window": "15 minutes"}}') as is_new from unnest('{errors,requests}'::text[]) name;
select * from pg_temp.samples;
-- Under a label what the breakdown tells apart; of percentiles without the fraction where it is one.
select telemetry.register_kpi('errors', '{"metric": {"window": "15 minutes", "label": "endpoint"}}'), telemetry.register_kpi('p95', '{"metric": {"window": "15 minutes", "label": "endpoint"}}'),
       telemetry.register_kpi('spread', '{"metric": {"window": "15 minutes", "label": "quantile"}}'), telemetry.register_kpi('requests', '{"metric": null}') \g /dev/null
select * from pg_temp.samples where metric in ('telemetry_kpi_value', 'telemetry_kpi_n');
-- All others together stand for a value that is spelled like them: no two samples have the same labels.
select telemetry.register_kpi('errors', '{"parameters": {"top_n": 1}}') as is_new;
select * from pg_temp.samples where labels ->> 'kpi' = 'errors' and metric = 'telemetry_kpi_n';
select metric, labels from telemetry.metric_samples() group by 1, 2 having count(*) > 1;
-- A value of few is none.
select telemetry.register_kpi('errors', '{"metric": {"window": "15 minutes", "min_n": 20}}') as is_new;
select * from pg_temp.samples where labels ->> 'kpi' = 'errors';
-- One that cannot be answered says so, and the others are told.
select telemetry.register_kpi('nowhere', '{"kind": "market_supply", "parameters": {"table_name": "no.such_table"}, "metric": {"window": "1 day"}}') as is_new;
select * from pg_temp.samples where metric = 'telemetry_kpi_answered';
-- As Prometheus reads it.
select line from regexp_split_to_table(convert_from(telemetry.metrics(), 'UTF8'), E'\n') line where line ~ 'kpi_(target|value)';
-- A tenant is told of itself, named or by its token.
create role kpi_tenant;
select telemetry.grant_access('kpi_tenant', 'analyst');
select value from telemetry.metric_samples(tenant => telemetry.as_id('odd')) where metric = 'telemetry_kpi_n' and labels ->> 'kpi' = 'errors';
select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'sub', telemetry.as_id('u'), 'app_metadata', jsonb_build_object('tenant_id', telemetry.as_id('even')))::text, true) is not null as request_of_even;
set local role kpi_tenant;
select value from telemetry.metric_samples() where metric = 'telemetry_kpi_n' and labels ->> 'kpi' = 'errors';
select value from telemetry.metric_samples(tenant => telemetry.as_id('odd')) where metric = 'telemetry_kpi_n' and labels ->> 'kpi' = 'errors';
reset role;
-- What means nothing is refused.
create function pg_temp.refused(metric jsonb, kpi text default 'errors') returns text language plpgsql as $$
declare hint text;
begin
    perform telemetry.register_kpi(kpi, jsonb_build_object('metric', metric));
    return 'taken';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' ', sqlstate, sqlerrm, hint);
end $$;
select pg_temp.refused(m) from unnest(array['true', '{}', '{"window": 15}', '{"window": "15"}', '{"window": "soon"}', '{"window": "1 second"}', '{"window": "1 hour", "every": "1 minute"}', '{"window": "1 hour", "min_n": "few"}', '{"window": "1 hour", "label": "a.b"}', '{"window": "1 hour", "label": "kpi"}', '{"window": "1 hour", "label": 3}']::jsonb[]) m;
select pg_temp.refused('{"window": "1 hour", "label": "table"}', 'nowhere');
select telemetry.register_kpi('people', '{"kind": "user_engagement"}') as is_new;
select pg_temp.refused('{"window": "1 hour", "label": "user"}', 'people'), pg_temp.refused('{"window": "1 hour"}', 'people');
select metric from telemetry.kpis where name = 'errors';
rollback;
