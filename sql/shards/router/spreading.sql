-- A tenant that is too large for one shard is spread over several: each of its users is whole on one of them. Events without a user go
-- by their session, those without a session by their event_id.

create table if not exists telemetry.spread_tenants (
    tenant_id uuid primary key,
    shards    text[] collate "C" not null,
    spread_at timestamptz not null default now(),
    constraint there_are_several check (cardinality(shards) > 1)
);
comment on table telemetry.spread_tenants is 'The tenants whose users are spread over several shards. spread_tenant() writes a row; such a tenant has none in telemetry.tenant_placement.';
comment on column telemetry.spread_tenants.shards is 'Over which shards. It stays as it is, so that each user stays where it is.';

-- NULL for every other tenant.
create function telemetry_private.spread_over(tenant uuid)
returns text[]
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select s.shards from telemetry.spread_tenants s where s.tenant_id = tenant
$$;

-- Which of them has a user, a session or an event: that of the highest digest, as shard_of() finds the shard of a tenant.
create function telemetry_private.shard_among(shards text[], id uuid)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select s.name from unnest(shards) s (name) order by md5(id::text || s.name) collate "C" desc, s.name limit 1
$$;

-- The user that a client is, whose events are all that it logs. NULL for a server, which names the user.
create function telemetry_private.own_user(caller text)
returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    claims constant jsonb := telemetry_private.claims();
begin
    if not telemetry_private.is_client(claims) or jsonb_typeof(claims -> 'sub') is distinct from 'string' then
        return null;
    end if;
    if claims ->> 'sub' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
        return claims ->> 'sub';
    end if;
    -- What as_id() makes of it, the shards know.
    return telemetry_private.value_of(caller, telemetry_private.any_shard(), 'select telemetry.current_user_id()', true);
end
$$;

create function telemetry_private.refuse_spread(shards text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'the users of this tenant are spread over several shards, and no shard can answer for all of them'
        using errcode = '0A000', detail = format('They are on the shards %s.', array_to_string(shards, ', ')),
              hint = 'Name a user where the function has an argument user_id, ask a KPI that has parts, or call it on each of these shards.';
end
$$;

-- The shard that an event is stored on. That of the tenant is written down; who has the user of a spread tenant says the user.
create function telemetry_private.shard_of_event(caller text, tenant uuid, user_id uuid, session_id uuid, event_id uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    placed constant text := telemetry_private.pinned_shard(tenant);
begin
    if placed is not null then
        return placed;
    end if;
    return telemetry_private.shard_among(
        telemetry_private.spread_over(tenant),
        coalesce(telemetry_private.own_user(caller), user_id, session_id, event_id, gen_random_uuid()));
end
$$;

-- The shard that knows everything of one user; of a client's own, where none is named.
create function telemetry_private.shard_of_user(caller text, tenant uuid, user_id uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    shards constant text[] := telemetry_private.spread_over(tenant);
    own uuid;
begin
    if shards is null then
        return telemetry_private.shard_for(tenant);
    end if;
    own := coalesce(telemetry_private.own_user(caller), user_id);
    if own is null then
        perform telemetry_private.refuse_spread(shards);
    end if;
    return telemetry_private.shard_among(shards, own);
end
$$;

-- A shard that knows the tenant, for what does not depend on its events.
create function telemetry_private.shard_knowing(tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce((telemetry_private.spread_over(tenant))[1], telemetry_private.shard_for(tenant));
end
$$;

create function telemetry.spread_tenant(tenant uuid, shards text[] default null)
returns text[]
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
#variable_conflict use_column
declare
    asked text[] := array(select distinct s from unnest(spread_tenant.shards) s order by s);
    unknown text;
    present text;
begin
    if tenant is null then
        raise exception 'tenant must not be null'
            using errcode = '22004', hint = 'Call telemetry.spread_tenant(''00000000-0000-0000-0000-000000000000'').';
    end if;
    -- Calls about the tenant are waited for, and so are those that write down where a tenant is.
    perform pg_advisory_xact_lock(telemetry_private.lock_of(tenant));
    lock table telemetry.tenant_placement in share row exclusive mode;
    if spread_tenant.shards is null then
        asked := coalesce(telemetry_private.spread_over(tenant), array(select s.name from telemetry.shards s where s.takes_new_tenants order by s.name));
    end if;
    select a into unknown from unnest(asked) a where not exists (select from telemetry.shards s where s.name = a) or a is null;
    if found then
        raise exception 'there is no shard "%"', left(unknown, 63)
            using errcode = '42704', hint = 'telemetry.shard_status() lists them.';
    end if;
    if cardinality(asked) < 2 then
        raise exception 'a tenant is spread over two shards at least'
            using errcode = '22023', hint = 'Name them: telemetry.spread_tenant(tenant, ''{north,south}''). A tenant that is whole on one shard needs no call.';
    end if;
    if telemetry_private.spread_over(tenant) = asked then
        return asked;
    end if;
    present := (select string_agg(s, ', ') from unnest(telemetry_private.spread_over(tenant)) s);
    if present is not null then
        raise exception 'the users of this tenant are spread over other shards'
            using errcode = '55000', detail = format('They are on the shards %s.', present), hint = 'The shards of a tenant stay as they are, so that each user stays whole.';
    end if;
    for present in select s.name from telemetry.shards s order by s.name loop
        if telemetry_private.has_events_of(present, tenant) then
            raise exception 'the tenant has events on the shard "%"', present
                using errcode = '55000',
                      hint = 'A tenant is spread while it has none. Copy its events and erase them there, spread it, and import the copy through the router: docs/scale.md.';
        end if;
    end loop;
    delete from telemetry.tenant_placement p where p.tenant_id = spread_tenant.tenant;
    insert into telemetry.spread_tenants (tenant_id, shards) values (tenant, asked);
    return asked;
end
$$;
comment on function telemetry.spread_tenant is
'Spreads the users of a tenant over several shards, for a tenant that is too large for one. It must
have no events at that moment.

Arguments
  tenant  the tenant
  shards  over which shards; default NULL: those that take new tenants
Returns
  the shards, in order
Errors
  22004  tenant is NULL
  22023  fewer than two shards
  42501  the caller does not own the router
  42704  there is no such shard
  55000  the tenant has events; it is spread over other shards already
  55P03  a transaction that called for the tenant is open for ten seconds
  08001  a shard cannot be reached
Notes
  The same call again changes nothing.
  An event goes to the shard of its user, one without a user by its session, one without both by its
    event_id. A repeated event_id is recognised where these are the same.
  KPIs that have parts answer about users and events as one database would; what is asked about
    sessions, subjects and objects is refused with 0A000. docs/scale.md says what else is.';
