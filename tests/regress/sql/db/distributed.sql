-- A log that Citus distributes: stored by statement, refused where an answer would be silently wrong. Citus itself cannot be
-- had everywhere: its catalogs are emulated, as far as they are asked.
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
set datestyle = iso;
begin;
set local allow_system_table_mods = on;
select telemetry.register_event('on_a_shelf');
-- What goes by statement meets the default of the column, what is written as COPY does it draws from the log's own sequence.
create table public.seen (ingest_id bigint);
create function public.drawn() returns bigint language sql as $$ insert into public.seen values (nextval('telemetry_private.ingest_id')) returning ingest_id $$;
alter table only telemetry.events alter column ingest_id set default public.drawn();
create temp table batch as select jsonb_build_array(jsonb_build_object('event_name', 'on_a_shelf'), jsonb_build_object('event_name', 'on_a_shelf'), jsonb_build_object('event_name', 'on_a_shelf')) as events;
select (telemetry.log_events(events)).accepted from batch;
select count(*) from public.seen;
create table pg_catalog.pg_dist_partition (logicalrelid regclass not null);
create table pg_catalog.pg_dist_local_group (groupid integer not null);
grant select on pg_catalog.pg_dist_partition, pg_catalog.pg_dist_local_group to public;
insert into pg_catalog.pg_dist_local_group values (0);
-- Another table is distributed.
insert into pg_catalog.pg_dist_partition values ('telemetry.tenants');
select (telemetry.log_events(events)).accepted from batch;
select count(*) from public.seen;
-- The log is.
insert into pg_catalog.pg_dist_partition values ('telemetry.events');
select (telemetry.log_events(events)).accepted from batch;
select count(*) from public.seen;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'on_a_shelf', 'event_ts', timestamptz '2026-01-01' + n * interval '1 hour'))) is not null as is_imported from generate_series(1, 3) n;
select count(*) from public.seen;
alter table only telemetry.events alter column ingest_id set default nextval('telemetry_private.ingest_id');

select telemetry.tick_unit() > 0 as is_derived;

-- Who sees everything is answered; who is under row-level security gets an error, from KPIs and from derived tables.
select sum(events) from telemetry.event_volume(since => '2000-01-01', until => '2100-01-01', events => '{on_a_shelf}');
create role reader_of_shards;
select telemetry.grant_access('reader_of_shards', 'analyst');
set local role reader_of_shards;
select sum(events) from telemetry.event_volume(since => '2000-01-01', until => '2100-01-01', events => '{on_a_shelf}');
set local telemetry.kpi_source = raw;
select sum(events) from telemetry.event_volume(since => '2000-01-01', until => '2100-01-01', events => '{on_a_shelf}');
reset telemetry.kpi_source;
select telemetry.log_visibility();
select count(*) from telemetry.hourly_counts;
\set VERBOSITY sqlstate
select * from telemetry.active_users(since => '2000-01-01', until => '2100-01-01');
\set VERBOSITY default
reset role;

-- A session that the coordinator opened on a node: it does not know who asked.
set local application_name = 'citus_internal gpid=10000000042';
select telemetry.current_tenant();
select telemetry.current_user_id();
set local role reader_of_shards;
select count(*) from telemetry.events;
reset role;
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select telemetry.current_tenant();
set local telemetry.tenant_id = '';
set local application_name = 'psql';
select telemetry.current_tenant();

-- A worker node: no tables, unless they are asked for.
select telemetry_private.should_create_tables();
update pg_catalog.pg_dist_local_group set groupid = 7;
select telemetry_private.should_create_tables();
select telemetry.init();
select telemetry.current_tenant();
set local telemetry.create_tables = on;
select telemetry_private.should_create_tables();
select telemetry.init();
rollback;
select telemetry.current_tenant(), telemetry_private.should_create_tables(), to_regclass('pg_catalog.pg_dist_partition');
