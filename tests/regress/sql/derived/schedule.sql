-- schedule_tick(): what is written down of a schedule, and what a worker reads out of it. Processes come and go in
-- tests/clusters/worker.sh.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
begin;
-- Nothing is scheduled: what schedule_tick() began elsewhere is over, what the configuration names is due.
select count(*) from telemetry_private.present_tick_mark();
select telemetry_private.tick_is_due(gen_random_uuid()::text, null), telemetry_private.tick_is_due(null, null);
select * from telemetry_private.tick_state();
-- A transaction that is not over may be storing it.
select telemetry_private.tick_is_due(gen_random_uuid()::text, pg_current_xact_id()::xid::text);
-- Scheduled: that one is due, no other.
create temp view here as select oid from pg_database where datname = current_database();
insert into telemetry_private.tick_schedule select oid, '00000000-0000-4000-8000-000000000001', '1 minute', 'background worker' from here;
select telemetry_private.tick_is_due('00000000-0000-4000-8000-000000000001', null), telemetry_private.tick_is_due('00000000-0000-4000-8000-000000000002', null), telemetry_private.tick_is_due(null, null);
select * from telemetry_private.present_tick_schedule();
-- Scheduled and dead.
select * from telemetry_private.tick_state();
-- Unscheduled: nothing is due, the configuration's is told why.
select telemetry.unschedule_tick();
select telemetry_private.tick_is_due('00000000-0000-4000-8000-000000000001', null), telemetry_private.tick_is_due(null, null);
select * from telemetry_private.tick_state();
select telemetry.unschedule_tick();
-- What was written for another database, of which this one is a copy, does not count.
update telemetry_private.tick_schedule set database_id = 1, schedule_id = '00000000-0000-4000-8000-000000000001', every = '1 minute', method = 'pg_cron';
select count(*) from telemetry_private.present_tick_mark();
select * from telemetry_private.tick_state();
-- pg_cron is gone.
update telemetry_private.tick_schedule set database_id = (select oid from here);
select * from telemetry_private.tick_state();
-- Half a schedule, an unknown method, and strangers are refused.
\set VERBOSITY sqlstate
update telemetry_private.tick_schedule set every = null;
update telemetry_private.tick_schedule set method = 'crond';
\set VERBOSITY default
create role writer_of_schedules;
grant usage on schema telemetry_private to writer_of_schedules;
grant all on telemetry_private.tick_schedule to writer_of_schedules;
set local role writer_of_schedules;
select count(*) from telemetry_private.tick_schedule;
update telemetry_private.tick_schedule set every = '1 second';
truncate telemetry_private.tick_schedule;
reset role;
select telemetry.schedule_tick('0 seconds');
select telemetry.schedule_tick('2 days');
rollback;
