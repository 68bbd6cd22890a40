-- Who may do what. The extension makes no role: grant_access() grants to roles that are there, and a dump keeps grants.
--
-- A role needs USAGE on schema `telemetry` and EXECUTE on functions; the definer functions behind them are reached
-- through pre-parsed bodies, so nobody needs USAGE on telemetry_private.

-- The functions of an access level, found by what they are, so that a new KPI needs no list; each with what its
-- pre-parsed body calls with the caller's rights.
create function telemetry_private.functions_of(access_level text)
returns table (function regprocedure)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with api as (
        select p.oid
          from pg_proc p
         where p.pronamespace = 'telemetry'::regnamespace
           and p.proname not in ('init', 'grant_access', 'revoke_access')
           and case functions_of.access_level
                   when 'writer' then p.proname in ('log_event', 'try_log_event', 'log_events', 'as_id', 'current_tenant')
                   when 'analyst' then p.provolatile <> 'v'
                   when 'admin' then true
               end
    ),
    called as (
        select d.refobjid as oid
          from api
          join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = api.oid and d.refclassid = 'pg_proc'::regclass
        union
        -- What the view telemetry.cursors reads.
        select 'telemetry_private.cursors()'::regprocedure::oid where functions_of.access_level in ('analyst', 'admin')
    )
    select a.oid::regprocedure from api a
     union
    select p.oid::regprocedure from called c join pg_proc p on p.oid = c.oid where p.pronamespace = 'telemetry_private'::regnamespace
$$;

-- What an analyst may read, each under its row-level policy. event_ids is nobody's: it would tell which ids exist.
create function telemetry_private.readable_tables()
returns setof regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format('telemetry.%I', t)::regclass
      from unnest('{events,event_types,event_aliases,rejections,replays,ingestion_calls,kept_counts,ownership_checks,redaction_policies,cursor_positions,cursors,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks,cohorts,kpis,dashboards}'::text[]) t
$$;

create function telemetry_private.checked_access_level(access_level text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if access_level is null or access_level not in ('writer', 'analyst', 'admin') then
        raise exception 'unknown access level "%"', left(access_level, 40)
            using errcode = '22023', hint = 'grant_access() and revoke_access() take ''writer'', ''analyst'' or ''admin''.';
    end if;
    return access_level;
end
$$;

create function telemetry_private.checked_role(role text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if role is null then
        raise exception 'role must not be null' using errcode = '22004', hint = 'Call telemetry.grant_access(''app'', ''writer'').';
    end if;
    if to_regrole(quote_ident(role)) is null then
        raise exception 'role "%" does not exist', left(role, 63)
            using errcode = '42704', hint = 'Create it first: create role ...; telemetry makes no roles.';
    end if;
    return role;
end
$$;

create function telemetry.grant_access(role text, access_level text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regprocedure;
    target_table regclass;
begin
    perform telemetry_private.checked_access_level(access_level);
    perform telemetry_private.checked_role(role);
    execute format('grant usage on schema telemetry to %I', role);
    for target in select f.function from telemetry_private.functions_of(access_level) f loop
        execute format('grant execute on routine %s to %I', target, role);
    end loop;
    if access_level in ('analyst', 'admin') then
        for target_table in select t from telemetry_private.readable_tables() t loop
            execute format('grant select on table %s to %I', target_table, role);
        end loop;
    end if;
end
$$;

create function telemetry.revoke_access(role text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regprocedure;
    target_table regclass;
begin
    perform telemetry_private.checked_role(role);
    for target in
        select p.oid::regprocedure
          from pg_proc p
         where p.pronamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
    loop
        execute format('revoke execute on routine %s from %I', target, role);
    end loop;
    for target_table in select t from telemetry_private.readable_tables() t loop
        execute format('revoke all on table %s from %I', target_table, role);
    end loop;
    execute format('revoke usage on schema telemetry from %I', role);
end
$$;

comment on function telemetry.grant_access(text, text) is
'Gives a role an access level: writer: log_event(), try_log_event(), log_events(), as_id(); analyst: SELECT on the log under row-level security, and every read function; admin: both, import_events() and the taxonomy. Run it as the owner; again after an upgrade. Errors: 22023 unknown level, 22004 no role, 42501 not the owner.';
comment on function telemetry.revoke_access(text) is
'Takes back everything that grant_access() gave to a role. Errors: 22004 no role.';
