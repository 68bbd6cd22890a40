-- What each access level holds, as Markdown: granted to a role in this transaction, read from the catalog, taken back.
\set QUIET on
begin;
create role level_writer;
create role level_courier;
create role level_own_events;
create role level_analyst;
create role level_auditor;
create role level_privacy_officer;
create role level_admin;
do $$ declare level text; begin
    foreach level in array enum_range(null::telemetry.access_level)::text[] loop
        perform telemetry.grant_access('level_' || level, level);
    end loop;
end $$;
with level as (
    select l::text as name, n, ('level_' || l)::regrole::oid as role
      from unnest(enum_range(null::telemetry.access_level)) with ordinality u (l, n)
),
held as (
    select 'functions that change' as kind, p.proname::text as object, a.grantee, a.privilege_type
      from pg_proc p, lateral aclexplode(p.proacl) a
     where p.pronamespace = 'telemetry'::regnamespace and p.provolatile = 'v'
     union all
    select 'functions that read', p.proname, a.grantee, a.privilege_type
      from pg_proc p, lateral aclexplode(p.proacl) a
     where p.pronamespace = 'telemetry'::regnamespace and p.provolatile <> 'v'
     union all
    select 'tables and views', c.relname, a.grantee, a.privilege_type
      from pg_class c, lateral aclexplode(c.relacl) a
     where c.relnamespace = 'telemetry'::regnamespace
     union all
    select 'objects of telemetry_private but for functions', c.relname, a.grantee, a.privilege_type
      from pg_class c, lateral aclexplode(c.relacl) a
     where c.relnamespace = 'telemetry_private'::regnamespace
     union all
    select 'schemas', n.nspname, a.grantee, a.privilege_type
      from pg_namespace n, lateral aclexplode(n.nspacl) a
     where n.nspname in ('telemetry', 'telemetry_private')
),
-- Objects that exactly the same levels hold, in one row.
holders as (
    select h.kind, h.privilege_type, h.object, array_agg(l.name order by l.n) as levels
      from held h
      join level l on l.role = h.grantee
     group by 1, 2, 3
)
select string_agg(format('| %s | %s | %s | %s |', array_to_string(levels, ', '), kind, privilege_type, objects), E'\n' order by kind, cardinality(levels) desc, objects)
  from (select kind, privilege_type, levels,
               case when count(*) > 45 then 'the others: KPIs, aggregates, catalogs' else string_agg('`' || object || '`', ', ' order by object) end as objects
          from holders group by 1, 2, 3) r;
rollback;
