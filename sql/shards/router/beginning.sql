-- The script of a router, written by telemetry.routing_script() of telemetry @version@. Run it with psql, as the role that is to
-- own the router, in a database of its own. Run again, it brings the router up to date; shards and placements stay.
\set ON_ERROR_STOP on
\set QUIET on
begin;
set local search_path = pg_catalog, pg_temp;
set local client_min_messages = warning;

do $$
declare
    refused text;
    target text;
begin
    -- What this database would log by itself, no question of the router's would count.
    if exists (select from pg_extension where extname = 'telemetry') or to_regclass('telemetry.events') is not null then
        raise exception 'this database has a log of its own, which a router must not have'
            using errcode = '55000', hint = 'Create a database for the router, and run the script there. This one can be a shard.';
    end if;
    select n.nspname into refused
      from pg_namespace n
     where n.nspname in ('telemetry', 'telemetry_private') and n.nspowner <> (select r.oid from pg_roles r where r.rolname = current_user);
    if found then
        raise exception 'schema "%" belongs to another role', refused
            using errcode = '42501', hint = 'Run the script as its owner.';
    end if;
    -- Whoever may speak through the router's connections may speak for everybody, so dblink lies where nobody has USAGE.
    select n.nspname into refused
      from pg_extension e
      join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'dblink' and n.nspname <> 'telemetry_private';
    if found then
        raise exception 'dblink is installed in the schema "%", where others may use the connections of the router', refused
            using errcode = '55000', hint = 'drop extension dblink; then run the script again: it installs dblink where nobody else can call it.';
    end if;
    for target in
        select format('routine %s', p.oid::regprocedure)
          from pg_proc p
          join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('telemetry', 'telemetry_private')
           and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
         order by n.nspname, p.oid desc
    loop
        execute 'drop ' || target;
    end loop;
    for target in
        select format('%s %s', case t.typtype when 'd' then 'domain' else 'type' end, t.oid::regtype)
          from pg_type t
          left join pg_class c on c.oid = t.typrelid
         where t.typnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private'))
           and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
           and (t.typtype in ('e', 'd') or t.typtype = 'c' and c.relkind = 'c')
         order by array_position('{c,d,e}'::text[], t.typtype::text), t.oid desc
    loop
        execute 'drop ' || target;
    end loop;
end
$$;

create schema if not exists telemetry;
create schema if not exists telemetry_private;
comment on schema telemetry is 'The event log and what is asked of it, over several servers: each call goes to the shard that has the tenant.';
comment on schema telemetry_private is 'How calls get to the shards. Nobody but the owner needs access.';
create extension if not exists dblink schema telemetry_private;
