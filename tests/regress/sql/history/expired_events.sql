-- Log records go after 30 days, and what a KPI said of them stays: retention classes and KPI history together.
\set SHOW_CONTEXT never
\set VERBOSITY terse
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.partition_interval = 'month';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_retention_class('request_log', '30 days', 'Requests.');
select telemetry.register_event('booked'), telemetry.register_event('served', '{"retention_class": "request_log"}');
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', e, 'event_ts', timestamptz '2024-01-29Z' + n * interval '2 hours', 'user_id', telemetry.as_id((n % 7)::text), 'tenant_id', telemetry.as_id((n % 2)::text)))
      from generate_series(0, 119) n, unnest('{booked,served}'::text[]) e)) as imported;
call telemetry.tick();
select telemetry.register_kpi('requests', '{"kind": "event_volume", "parameters": {"events": ["served"], "tz": "UTC"}, "keep_history": true}') as is_new;
select telemetry.register_kpi('users', '{"kind": "active_users", "parameters": {"events": ["served"], "tz": "UTC", "grain": "week"}, "keep_history": true}') as is_new;
select telemetry.register_kpi('bookings', '{"kind": "event_volume", "parameters": {"events": ["booked"], "tz": "UTC"}, "keep_history": true}') as is_new;
create temp table said as select k.name, t.tenant, a.bucket, a.value, a.n, a.is_complete from telemetry.kpis k, (values (null), (telemetry.as_id('0'))) t (tenant), lateral telemetry.kpi(k.name, '2024-01-29', '2024-02-12', tenant => t.tenant) a where k.keep_history;

call telemetry.expire_events();
select event_name, count(*) from telemetry.events where event_ts < '2024-03-01' group by 1 order by 1;
-- To the digit, for all and for a tenant; of events that are there still nothing had to be kept.
select s.name, count(*) as rows, count(*) filter (where a.value is distinct from s.value or a.n is distinct from s.n or a.is_complete is distinct from s.is_complete) as different, count(*) filter (where a.from_history) as from_history
  from said s left join lateral (select * from telemetry.kpi(s.name, '2024-01-29', '2024-02-12', tenant => s.tenant) k where k.bucket = s.bucket) a on true group by s.name order by s.name;
select bucket, value, n, from_history from telemetry.kpi('users', '2024-01-29', '2024-02-12');
select value, n, is_complete, from_history from telemetry.kpi('requests', '2024-01-29', '2024-02-12', 'range');
select kpi, grain, count(*) from telemetry.kpi_history_buckets group by 1, 2 order by 1, 2;
-- Over several logs kept values do not add up: a registered KPI has parts for ranges whose events are all there.
select telemetry.kpi_parts('kpi', '{"name": "requests", "since": "2024-01-29", "until": "2024-02-12"}');
select count(*) from telemetry.kpi_of_parts('kpi', '{"name": "bookings", "since": "2024-01-29", "until": "2024-02-12"}', array[telemetry.kpi_parts('kpi', '{"name": "bookings", "since": "2024-01-29", "until": "2024-02-12"}')]);
select count(*), bool_or((k ->> 'from_history')::boolean) as from_history
  from telemetry.kpi_of_parts('kpi', '{"name": "requests", "since": "2024-04-01", "until": "2024-04-03"}', array[telemetry.kpi_parts('kpi', '{"name": "requests", "since": "2024-04-01", "until": "2024-04-03"}')]) k;
-- A tenant that is erased takes its values along; those of all together stay.
select kind, counts ->> 'kpi_history' as of_kpi_history from telemetry.erase_tenant(telemetry.as_id('0'), 'the contract ended');
select value, from_history from telemetry.kpi('requests', '2024-02-01', '2024-02-02', tenant => telemetry.as_id('0'));
select value, from_history from telemetry.kpi('requests', '2024-02-01', '2024-02-02');
rollback;
