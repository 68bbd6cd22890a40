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
reset telemetry.create_tables;
drop extension telemetry cascade;
drop schema telemetry, telemetry_private cascade;

-- Default privileges of the database, for everything that is made from now on, give nobody a function, table or sequence.
create role stranger;
alter default privileges grant all on routines to stranger;
alter default privileges grant all on tables to stranger, public;
alter default privileges grant all on sequences to stranger;
alter default privileges grant all on schemas to stranger;
create extension telemetry;
select distinct object, grantee from (
    select p.oid::regprocedure::text, a.grantee from pg_proc p, aclexplode(p.proacl) a
     where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and a.grantee <> p.proowner
     union all
    select c.oid::regclass::text, a.grantee from pg_class c, aclexplode(c.relacl) a
     where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace) and a.grantee <> c.relowner
     union all
    select 'schema ' || n.nspname, a.grantee from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'telemetry_private' and a.grantee <> n.nspowner) g (object, grantee)
 where grantee <> 0 or object !~ '(current_tenant|current_user_id|log_visibility)'
 order by 1, 2;
select has_schema_privilege('stranger', 'telemetry', 'usage') as the_schema_is_reached;
alter default privileges revoke all on routines from stranger;
alter default privileges revoke all on tables from stranger, public;
alter default privileges revoke all on sequences from stranger;
alter default privileges revoke all on schemas from stranger;

-- What a stranger attached to the tables while no extension guarded them, and what the owner granted then.
create role reader;
set client_min_messages = error;
drop extension telemetry cascade;
reset client_min_messages;
create schema evil authorization stranger;
grant select on telemetry.events to reader;
grant trigger on telemetry.event_types to stranger;
grant references on telemetry.event_ids to stranger;
set role stranger;
create function evil.run() returns trigger language plpgsql as $$ begin raise warning 'run as %', current_user; return null; end $$;
create trigger planted before insert on telemetry.event_types for each statement execute function evil.run();
create table evil.planted (tenant_id uuid, event_id uuid, foreign key (tenant_id, event_id) references telemetry.event_ids on delete cascade);
reset role;
create extension telemetry;
drop trigger planted on telemetry.event_types;
create extension telemetry;
drop table evil.planted;
create extension telemetry;
select has_table_privilege('reader', 'telemetry.events', 'select') as the_owners_grant_is_kept;
set client_min_messages = error;
drop extension telemetry cascade;
drop schema telemetry, telemetry_private, evil cascade;
drop role stranger, reader;
