-- Expiry: events whose time is up go, with what is derived of them. expiry_report() tells before what would go.
\set SHOW_CONTEXT never
\set VERBOSITY terse
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
set telemetry.partition_interval = 'month';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_retention_class('application_log', '30 days', 'Log records.');
select telemetry.register_event('booked'), telemetry.register_event('served', '{"retention_class": "application_log"}');
-- January has log records alone, February bookings too, and today has a log record.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', e, 'event_ts', t, 'user_id', md5('user ' || n % 3)::uuid))
      from (select 'served' as e, timestamptz '2024-01-02 10:00Z' + n * interval '5 hours' as t, n from generate_series(1, 100) n
             union all
            select 'served', timestamptz '2024-02-02 10:00Z' + n * interval '5 hours', n from generate_series(1, 100) n
             union all
            select 'booked', timestamptz '2024-02-02 11:00Z' + n * interval '5 hours', n from generate_series(1, 100) n) d)) as imported;
select telemetry.log_event('served') is not null as logged;
call telemetry.tick();

-- The dry run.
select retention_class, partition, since, until, events, due_events, due_bytes > 0 as has_bytes, next_due_at, held_by
  from telemetry.expiry_report() where until < now();
select retention_class, events, due_events, due_bytes, next_due_at = date_trunc('day', now() + interval '30 days') + interval '1 day' as next_is_known
  from telemetry.expiry_report() where until > now();
-- What would be due at another time.
select sum(due_events) as due from telemetry.expiry_report('2024-02-20Z');

-- The setting telemetry.expiry is off, so that no tick takes anything away.
show telemetry.expiry;
call telemetry.tick();
select count(*) from telemetry.events;

-- January goes as a whole. Of February the log records go.
select telemetry.expire_unit() as gone;
select to_regclass('telemetry_private.events_20240101') as january;
select event_name, count(*) from telemetry.events group by 1 order by 1;
call telemetry.expire_events();
select event_name, count(*) from telemetry.events group by 1 order by 1;
select * from telemetry.expiry_report() where due_events > 0;
-- What is derived went with them, and every answer is that of what is there.
select event_name, sum(events) as events from telemetry.event_volume(grain => 'year', tz => 'UTC') group by 1 order by 1;
select derived, expected, found, is_equal, problem from telemetry.verify_derived();

-- Each unit left a receipt.
select kind, tenant_id, reason, events, counts, since, until, details - 'relation' as details from telemetry.erasures order by receipt_id;
-- February is written anew after a fifth of it went: its disk is back. It has its name, guards and indexes.
select relname, pg_relation_size(oid) < 24576 as is_smaller from pg_class where relname like 'events_202402%' and relkind = 'r';
select count(*) from telemetry.health() where check_name in ('indexes', 'keys', 'guards', 'partition_grants', 'row_level_security', 'derived') and severity <> 'ok';
select count(*) filter (where ingest_id < 1000000000) from telemetry_private.events_20240201;

-- Nothing more is due, and nothing happens.
select telemetry.expire_unit() as gone;
-- An event that is older than its class comes in and goes.
select telemetry.import_events('[{"event_name": "served", "event_ts": "2024-02-10T00:00:00Z"}]') as imported;
call telemetry.tick();
select due_events from telemetry.expiry_report() where due_events > 0;
-- With the setting on, a tick takes it away.
set local telemetry.expiry = on;
update telemetry_private.expiry_rounds set finished_at = finished_at - interval '1 hour';
call telemetry.tick();
select due_events from telemetry.expiry_report() where due_events > 0;
select * from telemetry.verify_derived() where not is_equal;
select metric, labels, value from telemetry.metric_samples() where metric in ('telemetry_events_overdue', 'telemetry_events_removed_total') order by 1;

-- An export that has not written a partition's events keeps them; it is named.
savepoint before_export;
select telemetry.import_events('[{"event_name": "served", "event_ts": "2024-03-10T00:00:00Z"}]') as imported;
select telemetry.register_export('warehouse', '{}');
call telemetry.tick();
call telemetry.expire_events();
select partition, due_events, held_by from telemetry.expiry_report() where due_events > 0;
-- health() tells of it once it has waited for a day.
select severity, problem from telemetry.health() where check_name = 'expiry';
update telemetry_private.expiry_rounds set waits_since = '2026-01-01Z';
select severity, problem, mend from telemetry.health() where check_name = 'expiry';
select telemetry.drop_export('warehouse');
call telemetry.expire_events();
select partition, due_events, held_by from telemetry.expiry_report() where due_events > 0;
select severity from telemetry.health() where check_name = 'expiry';
rollback to before_export;

-- What is under a hold stays as long as that.
select telemetry.import_events('[{"event_name": "served", "event_ts": "2024-03-10T00:00:00Z", "user_id": "00000000-0000-0000-0000-00000000000a"},
                                                 {"event_name": "served", "event_ts": "2024-03-11T00:00:00Z", "user_id": "00000000-0000-0000-0000-00000000000b"}]') as imported;
call telemetry.tick();
select telemetry.hold_events('case_1', user_id => '00000000-0000-0000-0000-00000000000a', reason => 'a case') \g /dev/null
call telemetry.expire_events();
select event_ts, user_id from telemetry.events where event_ts >= '2024-03-01Z' and event_ts < '2024-04-01Z';
select partition, due_events, held_by from telemetry.expiry_report() where due_events > 0;
select telemetry.release_hold('case_1') \g /dev/null
call telemetry.expire_events();
select count(*) from telemetry.events where event_ts >= '2024-03-01Z' and event_ts < '2024-04-01Z';
select * from telemetry.verify_derived() where not is_equal;
rollback;
-- Who only reads sees what is due, and takes nothing away.
begin;
create role retention_reader;
select telemetry.grant_access('retention_reader', 'auditor');
set local role retention_reader;
select count(*) from telemetry.expiry_report();
savepoint before_it;
select telemetry.expire_unit();
rollback to before_it;
call telemetry.expire_events();
rollback to before_it;
select telemetry.register_retention_class('mine', '1 day');
rollback;
