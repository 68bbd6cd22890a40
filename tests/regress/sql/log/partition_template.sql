-- What a new partition has: all that the log has, and what the template says; never what a session has set.
\set SHOW_CONTEXT never
set timezone = 'UTC';
set datestyle = iso;
set intervalstyle = postgres;
set allow_in_place_tablespaces = on;
create tablespace telemetry_cold location '';
begin;
set local telemetry.partitions_back = 10000;
select telemetry.register_event('tick');
create function made(day text) returns regclass language sql as $$
    select telemetry_private.ensure_partition(day::timestamptz)
$$;

-- Columns that compute themselves, their storage, compression, statistics and comments; extended statistics.
alter table telemetry.events add column course text generated always as (payload->>'course') stored;
alter table telemetry.events alter column payload set storage external, alter column payload set compression pglz;
alter table telemetry.events alter column event_name set statistics 500;
alter table telemetry.events alter column user_id set (n_distinct = -0.1);
comment on column telemetry.events.course is 'Which course.';
create statistics telemetry.names_and_users (dependencies) on event_name, user_id from telemetry.events;
alter table telemetry.events replica identity full;
select made('2001-05-17') as may;
select a.attname, a.attgenerated, a.attstorage, a.attcompression, nullif(a.attstattarget, -1) as statistics, (select o.option_value from pg_options_to_table(a.attoptions) o where o.option_name = 'n_distinct') as n_distinct, col_description(a.attrelid, a.attnum) as comment
  from pg_attribute a
 where a.attrelid = 'telemetry_private.events_20010501'::regclass and a.attname in ('course', 'payload', 'event_name', 'user_id')
 order by 1;
select s.stxkind, array_length(s.stxkeys::int2[], 1) as columns from pg_statistic_ext s where s.stxrelid = 'telemetry_private.events_20010501'::regclass;
select c.relreplident from pg_class c where c.oid = 'telemetry_private.events_20010501'::regclass;
select telemetry.import_events('[{"event_name": "tick", "event_ts": "2001-05-17T10:00:00Z", "payload": {"course": "sql"}}, {"event_name": "tick", "event_ts": "2001-05-18T10:00:00Z"}]');
select event_ts, course from telemetry.events order by event_ts;

-- By an index of its own.
alter table telemetry.events replica identity using index events_pkey;
select made('2001-06-01') as june;
select c.relreplident, i.indexrelid::regclass as by_index
  from pg_class c join pg_index i on i.indrelid = c.oid and i.indisreplident where c.oid = 'telemetry_private.events_20010601'::regclass;

-- The template's storage parameters, also of TOAST; partitions that are there stay as they are.
alter table telemetry_private.partition_template set (fillfactor = 70, autovacuum_vacuum_insert_threshold = 50000, toast.autovacuum_enabled = false);
select made('2001-07-01') as july;
select c.relname, c.reloptions, t.reloptions as of_toast
  from pg_class c left join pg_class t on t.oid = c.reltoastrelid
 where c.oid in ('telemetry_private.events_20010601'::regclass, 'telemetry_private.events_20010701'::regclass) order by 1;

-- What the session has set is not asked, nor is the order of its dates.
create access method another type table handler heap_tableam_handler;
set local default_table_access_method = another;
set local default_tablespace = pg_global;
set local datestyle = 'German, DMY';
set local intervalstyle = 'iso_8601';
set local timezone = 'Pacific/Auckland';
set local search_path = pg_temp;
select public.made('2001-08-15 UTC') as august;
reset search_path;
reset default_table_access_method;
reset default_tablespace;
set local timezone = 'UTC';
set local datestyle = iso;
select a.amname, c.reltablespace from pg_class c join pg_am a on a.oid = c.relam where c.oid = 'telemetry_private.events_20010801'::regclass;
select since, until from telemetry_private.partition_bounds() where partition = 'telemetry_private.events_20010801'::regclass;

-- Where the log was moved, new partitions and their indexes are; the template comes first.
alter table telemetry.events set tablespace telemetry_cold;
alter index telemetry.events_by_name set tablespace telemetry_cold;
select made('2001-08-31') as august, made('2001-12-31') as december;
select c.relname, t.spcname from pg_class c join pg_tablespace t on t.oid = c.reltablespace where c.relname like 'events\_20011201%' order by 1;
alter table telemetry.events set tablespace pg_default;
alter table telemetry_private.partition_template set tablespace telemetry_cold;
select made('2001-11-30') as november;
select c.relname, t.spcname from pg_class c join pg_tablespace t on t.oid = c.reltablespace where c.relname = 'events_20011101';

-- Another access method is the template's to choose.
alter table telemetry_private.partition_template set access method another;
select made('2001-09-01') as september;
select a.amname from pg_class c join pg_am a on a.oid = c.relam where c.oid = 'telemetry_private.events_20010901'::regclass;
drop table telemetry_private.partition_template;
select made('2001-10-01') as october;
select c.reloptions, a.amname from pg_class c join pg_am a on a.oid = c.relam where c.oid = 'telemetry_private.events_20011001'::regclass;
select telemetry.init();
select to_regclass('telemetry_private.partition_template') as template;

-- History that lies far back comes in months and years, so that an import of many years needs few partitions.
set local telemetry.partition_interval = 'day';
set local telemetry.partitions_back = 100;
select made(date_trunc('day', now() - interval '40 days')::text) is not null as days, made('2024-02-10') as months, made('1999-02-10') as years;
select until - since as width, since <= now() - interval '40 days' and now() - interval '40 days' < until as is_of_then
  from telemetry_private.partition_bounds() where since < date_trunc('month', now()) order by since desc limit 1;
select partition, since, until from telemetry_private.partition_bounds() where since in ('2024-02-01', '1999-01-01');

-- What keeps a partition from being made does not keep a tick from deriving.
select telemetry.log_event('tick') is not null as logged;
set local telemetry.partition_interval = 'month';
set local telemetry.partitions_ahead = 12;
create function refuse() returns event_trigger language plpgsql as $$ begin raise 'no tables today'; end $$;
create event trigger no_tables on ddl_command_start when tag in ('CREATE TABLE') execute function refuse();
call telemetry.tick();
select distinct is_equal from telemetry.verify_derived();
select lag_events from telemetry.cursors;
rollback;
drop tablespace telemetry_cold;
