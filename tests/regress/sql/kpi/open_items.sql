-- open_items() and queue_state(): what waits at a moment, one by one, and how many for how long.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{failed,retried,done,dropped}'::text[]) name;
-- job-1 is done. job-2 fails, is done, and fails again. job-3 is retried twice, job-4 fails late. job-5 is done and was never
-- opened; one event names no job. job-3 of another tenant is another one.
create temp table told (at numeric, name text, tenant text, payload jsonb);
insert into told values
    (0, 'failed', 'a', '{"job": "job-1"}'), (10, 'failed', 'a', '{"job": "job-2"}'), (20, 'done', 'a', '{"job": "job-1"}'), (30, 'done', 'a', '{"job": "job-2"}'),
    (40, 'failed', 'a', '{"job": "job-2", "code": "again"}'), (50, 'failed', 'a', '{"job": "job-3"}'), (60, 'retried', 'a', '{"job": "job-3", "attempt": 1}'),
    (80, 'retried', 'a', '{"job": "job-3", "attempt": 2}'), (85, 'done', 'a', '{"job": "job-5"}'), (90, 'failed', 'a', '{"job": "job-4"}'), (95, 'failed', 'a', '{"other": 1}'), (96, 'done', 'b', '{"job": "job-3"}');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2024-03-01Z' + at * interval '1 minute', 'payload', payload,
           'tenant_id', '00000000-0000-4000-8000-00000000000' || tenant, 'subject_id', md5(payload ->> 'job')::uuid) order by at)) from told;
select item, event_name, opened_at, last_at, openings, seconds_open, payload from telemetry.open_items('{failed,retried}', '{done,dropped}', '2024-03-01 02:00Z', object_key => 'job');
select * from telemetry.queue_state('{failed,retried}', '{done,dropped}', '2024-03-01 02:00Z', object_key => 'job');
-- At an earlier moment, and before anything was.
select item, openings, seconds_open from telemetry.open_items('{failed,retried}', '{done,dropped}', '2024-03-01 00:35Z', object_key => 'job');
select item, openings, seconds_open from telemetry.open_items('{failed,retried}', '{done,dropped}', '2024-03-01 00:15Z', object_key => 'job');
select * from telemetry.queue_state('{failed}', '{done}', '2024-02-01Z', object_key => 'job');
-- Without object_key the subject is the item; a path reaches into objects.
select count(*), bool_and(item::uuid is not null) from telemetry.open_items('{failed,retried}', '{done,dropped}', '2024-03-01 02:00Z');
select * from telemetry.queue_state('{failed}', '{done}', '2024-03-01 02:00Z', object_key => 'job.id');
-- Of a moment that is to come it is the state now.
select seconds_open < extract(epoch from now() - '2024-03-01Z') as is_measured_now from telemetry.open_items('{failed}', '{done}', '2999-01-01Z', object_key => 'job') limit 1;
-- The same told naively: whose last event opens.
select count(*) from (select distinct on (tenant, payload ->> 'job') name from told where payload ? 'job' order by tenant, payload ->> 'job', at desc) last where name in ('failed', 'retried');
-- As a KPI: the state at the end of each hour.
select telemetry.register_kpi('jobs_waiting', '{"kind": "queue_state", "parameters": {"opened_events": ["failed", "retried"], "closed_events": ["done", "dropped"], "object_key": "job"}, "target": 1, "target_is": "at_most"}');
select bucket, value, is_met from telemetry.kpi('jobs_waiting', '2024-03-01Z', '2024-03-01 03:00Z', 'hour') order by 1;
select value, is_met from telemetry.kpi('jobs_waiting', until => '2024-03-01 00:15Z');
-- What cannot be answered.
select * from telemetry.open_items('{}', '{done}');
select * from telemetry.open_items('{failed}', null);
select * from telemetry.open_items('{failed}', '{failed,done}');
select * from telemetry.queue_state('{faild}', '{done}');
select * from telemetry.queue_state('{failed}', '{done}', object_key => 'a..b');
-- Row-level security decides, as on the log.
create role queue_reader;
select telemetry.grant_access('queue_reader', 'analyst');
set local role queue_reader;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000b';
select count(*) from telemetry.open_items('{failed,retried}', '{done,dropped}', object_key => 'job');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select count(*) from telemetry.open_items('{failed,retried}', '{done,dropped}', object_key => 'job');
reset role;
rollback;
