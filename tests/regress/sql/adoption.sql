-- DROP EXTENSION refuses; CASCADE keeps every event; CREATE EXTENSION adopts them. (Runs last: it drops the extension.)
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
select telemetry.register_event('kept');
select telemetry.log_event('kept', '{"n": 1}') is not null as logged from generate_series(1, 3);
create index users_own_index on telemetry.events (source);
create policy users_own_policy on telemetry.events for select using (source = 'web');

\set VERBOSITY terse
drop extension telemetry;
set client_min_messages = error;
drop extension telemetry cascade;
reset client_min_messages;

-- The data is there, without the extension.
select event_name, payload, event_version from telemetry.events;
select count(*) > 0 as has_definitions from telemetry.event_types;
select count(*) from pg_trigger where tgrelid = 'telemetry.events'::regclass and not tgisinternal;

-- And adopted again: guards, policies, rows, the sequence where it stood, the user's own index and policy.
create extension telemetry;
select event_name, payload from telemetry.events;
select tgname, tgenabled from pg_trigger where tgrelid = 'telemetry.events'::regclass and not tgisinternal order by 1;
select polname from pg_policy where polrelid = 'telemetry.events'::regclass order by 1;
select to_regclass('telemetry.users_own_index') is not null as index_kept;
select telemetry.log_event('kept', '{"n": 2}') is not null as logged;
select count(*), count(distinct ingest_id) = count(*) as distinct_ids from telemetry.events;
delete from telemetry.events;

-- A schema that somebody else owns is refused, and so is a planted table.
set client_min_messages = error;
drop extension telemetry cascade;
drop schema telemetry, telemetry_private cascade;
reset client_min_messages;
create role stranger;
create schema telemetry authorization stranger;
create extension telemetry;
drop schema telemetry;
create schema telemetry;
create table telemetry.events (x int);
alter table telemetry.events owner to stranger;
create extension telemetry;
drop schema telemetry cascade;
drop role stranger;

-- Within a restore CREATE EXTENSION leaves the tables to the dump; a setting overrides that in both directions.
set row_security = off;
set xmloption = content;
create extension telemetry;
select to_regclass('telemetry.events');
select telemetry.init();
select to_regclass('telemetry.events');
set client_min_messages = error;
drop extension telemetry cascade;
drop schema telemetry, telemetry_private cascade;
set telemetry.create_tables = 'on';
create extension telemetry;
select to_regclass('telemetry.events');
drop extension telemetry cascade;
drop schema telemetry, telemetry_private cascade;
reset row_security;
reset xmloption;
set telemetry.create_tables = 'off';
create extension telemetry;
select to_regclass('telemetry.events');
