-- CREATE EXTENSION gives a working log at once, and owns none of the data.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
create extension telemetry;

select a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as default, c.collname as collation
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_collation c on c.oid = a.attcollation
 where a.attrelid = 'telemetry.events'::regclass and a.attnum > 0 order by a.attnum;
select pg_get_indexdef(indexrelid) from pg_index where indrelid = 'telemetry.events'::regclass order by indisprimary desc, indexrelid;
select pg_get_partkeydef('telemetry.events'::regclass);
select tgname, tgenabled, pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'telemetry.events'::regclass order by 1;
select polname, pg_get_expr(polqual, polrelid) from pg_policy where polrelid = 'telemetry.events'::regclass;

-- The first partitions are there: this month and three ahead.
select count(*) from pg_inherits where inhparent = 'telemetry.events'::regclass;

-- No table, sequence or schema with anybody's data is a member: a dump takes them, DROP EXTENSION leaves them. What
-- schedule_tick() wrote down is this installation's alone.
select coalesce(c.oid::regclass::text, d.objid::regnamespace::text) as member
  from pg_depend d
  left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
 where d.refobjid = (select oid from pg_extension where extname = 'telemetry')
   and d.deptype = 'e'
   and (c.relkind in ('r', 'p', 'S') or d.classid = 'pg_namespace'::regclass);

-- It made no role, and init() may be called again.
select count(*) from pg_roles where rolname like 'telemetry%';
select telemetry.init();
-- Where nothing is missing it locks nobody out: who logs and reads goes on meanwhile.
begin;
select telemetry.init();
select l.relation::regclass, l.mode from pg_locks l join pg_class c on c.oid = l.relation
 where l.pid = pg_backend_pid() and c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
   and l.mode not in ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock');
rollback;
