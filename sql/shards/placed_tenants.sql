-- What a shard tells its router: which tenants have events here, and whether a caller reads one tenant only. Twin:
-- src/shards/placed_tenants.rs.

-- Goes from one tenant to the next in the primary keys of the partitions, so that it reads as many rows as there are tenants.
create function telemetry_private.placed_tenants()
returns setof uuid
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with recursive placed as (
        (select e.tenant_id from telemetry.events e order by e.tenant_id limit 1)
        union all
        select (select e.tenant_id from telemetry.events e where e.tenant_id > p.tenant_id order by e.tenant_id limit 1)
          from placed p
         where p.tenant_id is not null
    )
    select p.tenant_id from placed p where p.tenant_id is not null
$$;

create function telemetry.placed_tenants()
returns setof uuid
language sql
stable
begin atomic
    select p from telemetry_private.placed_tenants() p;
end;

create function telemetry.reads_only(tenant uuid)
returns boolean
language sql
stable
parallel safe
begin atomic
    select telemetry_private.reads_only(tenant);
end;

create function telemetry_private.checked_router(role text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if role is null then
        raise exception 'role must not be null'
            using errcode = '22004', hint = 'Name the role that the router logs in as: select telemetry.admit_router(''telemetry_router'').';
    end if;
    return telemetry_private.checked_role(role);
end
$$;

-- Lets a role be the router's. What it may do for others is what the roles may do that it is a member of.
create function telemetry.admit_router(role text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.checked_router(role);
    execute format('grant usage on schema telemetry to %I', role);
    execute format('grant execute on function telemetry.placed_tenants(), telemetry_private.placed_tenants(), telemetry.registry_digest(), telemetry_private.registry_digest() to %I', role);
    -- What moves a tenant is called by its name in the schema where everybody else has nothing to call.
    execute format('grant usage on schema telemetry_private to %I', role);
    execute format(
        'grant execute on function telemetry_private.has_events_of, telemetry_private.has_arrived, telemetry_private.may_leave, telemetry_private.settled_id, telemetry_private.leaving_page, telemetry_private.leaving_rows, telemetry_private.arriving_page, telemetry_private.arriving_rows, telemetry_private.left_for to %I',
        role);
    -- The router sends payloads as literals of its statements, which no log of this server may show.
    execute format('alter role %I set log_min_error_statement = panic', role);
    execute format('alter role %I set log_min_duration_statement = -1', role);
    execute format('alter role %I set log_statement = none', role);
end
$$;

comment on function telemetry.placed_tenants is
'Which tenants have events in this database: what a router asks a shard.

Returns
  one row per tenant, in order
Notes
  admit_router() gives it to the role of a router. It reads as many index entries as there are
    tenants and partitions.';
comment on function telemetry.reads_only is
'Says to a router that the caller reads this tenant alone, so that another shard has nothing for it.

Arguments
  tenant  the tenant that the router takes for the caller''s
Returns
  true
Errors
  0A000  the caller reads every tenant, or another one
Notes
  A caller who reads nothing reads no other tenant.';
comment on function telemetry.admit_router is
'Lets a role log in as the router of this shard: it gets what a router asks for itself, and none of
its statements is written to the log of the server, because payloads stand in them.

Arguments
  role  a role that exists; it needs no other right but to be a member of the roles that call the
        router
Errors
  22004  role is NULL
  42501  the caller is no superuser
  42704  the role does not exist
Notes
  create role telemetry_router login noinherit password ''...''; grant authenticated to
    telemetry_router; lets it call as authenticated. revoke_access() takes back what it got.
  The role may move every tenant to another shard, which hands out and erases all of its events:
    keep its password as you keep the owner''s.';
