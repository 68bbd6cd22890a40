-- Holds: no partition goes that a destination still has to read. And what a claim opens: the partitions that can hold what it
-- looks for, and not all of them.
\set SHOW_CONTEXT never
\set VERBOSITY terse
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.partition_interval = 'month';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('seen') as registered;
-- Five years of months, and one event in each of the first two.
select count(telemetry_private.ensure_partition(m)) as months from generate_series('2021-01-15Z'::timestamptz, '2025-12-15Z', '1 month') m;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook", "filter": {"plan": "pro"}}');
select count(*) as calls from telemetry.import_events('[{"event_name": "seen", "event_ts": "2021-01-02T00:00:00Z", "payload": {"plan": "pro"}},
                                {"event_name": "seen", "event_ts": "2021-02-02T00:00:00Z", "payload": {"plan": "free"}}]');
-- January is held: the destination has not had what it would get of it. February holds nothing that is for it.
select h.partition, h.held_by, h.name from telemetry_private.partition_holds() h;
drop table telemetry_private.events_20210101;
alter table telemetry.events detach partition telemetry_private.events_20210101;
drop table telemetry_private.events_20210201, telemetry_private.events_20210101;
alter table telemetry.events detach partition telemetry_private.events_20210201;
\set VERBOSITY default
drop table telemetry_private.events_20210101;
\set VERBOSITY terse
-- A destination that is paused keeps its position, so it holds as well: health() says so.
select telemetry.pause_destination('crm');
drop table telemetry_private.events_20210101;
select severity, problem, mend from telemetry.health() where check_name = 'held_partitions';
-- It holds no longer once it has had the event.
select telemetry.resume_destination('crm');
create function pg_temp.deliver(status integer) returns setof text language sql as $$
    select s.outcome from telemetry.settle_deliveries('w', (select jsonb_agg(jsonb_build_object('ticket', c.ticket, 'status_code', status)) from telemetry.claim_deliveries('w') c)) s $$;
select * from pg_temp.deliver(410);
drop table telemetry_private.events_20210101;
select telemetry.resume_destination('crm');
select * from pg_temp.deliver(200);
select h.partition from telemetry_private.partition_holds() h;
alter table telemetry.events detach partition telemetry_private.events_20210101;
drop table telemetry_private.events_20210101;
-- A dead letter holds its partition too.
select count(*) as calls from telemetry.import_events('[{"event_name": "seen", "event_ts": "2021-03-02T00:00:00Z", "payload": {"plan": "pro"}}]');
select telemetry.register_destination('crm', '{"retry_after": ["1 second"]}');
select * from pg_temp.deliver(400);
update telemetry.destination_states set next_attempt_at = null;
select * from pg_temp.deliver(400);
\set VERBOSITY default
drop table telemetry_private.events_20210301;
\set VERBOSITY terse
-- Whoever wants to lose it says so, or drops the destination.
savepoint before_that;
set local telemetry.hold_partitions = off;
drop table telemetry_private.events_20210301;
rollback to before_that;
select telemetry.drop_destination('crm');
drop table telemetry_private.events_20210301;
-- Tables that are no partitions of the log are dropped as ever.
create table public.mine (id integer) partition by range (id);
create table public.mine_1 partition of public.mine for values from (0) to (1);
alter table public.mine detach partition public.mine_1;
drop table public.mine_1, public.mine;
drop table if exists public.mine_2;

-- A new destination opens every partition once. From then on a claim opens those of the last days, and those that imports noted.
create function pg_temp.opened() returns table (since text, until text) language sql as $$
    select case when w.since = '-infinity' then 'ever' when w.since > now() - interval '40 days' then 'lately' else w.since::date::text end,
           case when w.until = 'infinity' then 'ever' else w.until::date::text end
      from telemetry.destination_states s, telemetry_private.outbound_windows('crm', s.position) w $$;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/hook"}');
select count(telemetry.log_event('seen')) from generate_series(1, 3);
select * from pg_temp.opened();
select * from pg_temp.deliver(200);
select count(telemetry.log_event('seen')) from generate_series(1, 2);
select * from pg_temp.deliver(200);
select * from pg_temp.opened();
select count(*) as calls from telemetry.import_events('[{"event_name": "seen", "event_ts": "2022-05-02T00:00:00Z"}]');
-- Ticks are past it, and leave it noted as long as the destination is not.
call telemetry.tick();
select * from pg_temp.opened();
select s.lag_events, s.lag_seconds > 86400 as is_old from telemetry.destination_status('crm') s;
select * from pg_temp.deliver(200);
call telemetry.tick();
select * from pg_temp.opened();
select count(*) as noted from telemetry.late_arrivals;
rollback;
