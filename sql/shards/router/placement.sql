-- Which shard has which tenant. A tenant stays on the shard that got its first event: that is written down in
-- telemetry.tenant_placement. Until then a hash says where it will be, the same for every session. Tenants that are spread over several
-- shards are another matter: spreading.sql.

create table if not exists telemetry.shards (
    name              text collate "C" primary key,
    takes_new_tenants boolean not null default true,
    registered_at     timestamptz not null default now(),
    constraint name_is_short check (octet_length(name) between 1 and 50)
);
comment on table telemetry.shards is 'The shards by the name of their foreign server, which knows the address; a user mapping knows the password. register_shard() and drop_shard() change it.';
comment on column telemetry.shards.takes_new_tenants is 'Whether a tenant that no shard has yet may be placed here.';

create table if not exists telemetry.tenant_placement (
    tenant_id uuid primary key,
    shard     text collate "C" not null references telemetry.shards (name),
    placed_at timestamptz not null default now()
);
alter table telemetry.tenant_placement add column if not exists moving_to text collate "C" references telemetry.shards (name);
alter table telemetry.tenant_placement add column if not exists copied jsonb;
create index if not exists tenant_placement_by_shard on telemetry.tenant_placement (shard);
create index if not exists tenant_placement_moving on telemetry.tenant_placement (moving_to) where moving_to is not null;
comment on table telemetry.tenant_placement is 'Where each tenant is that has events. The first call that logs for it writes its row.';
comment on column telemetry.tenant_placement.moving_to is 'The shard that has everything, or nothing yet, because move_tenant() was at its end. NULL: nobody moves the tenant.';
comment on column telemetry.tenant_placement.copied is 'What moving_to takes in: from which shard, how many events, up to which ingest_id, and by which transaction.';

-- The shard of the highest digest takes a tenant (rendezvous hashing): another shard takes its share of the new tenants from
-- all of them, and moves nobody between the others.
create function telemetry.shard_of(tenant uuid, user_id uuid default null)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select case
               when telemetry_private.spread_over(shard_of.tenant) is not null then
                   case when shard_of.user_id is not null then telemetry_private.shard_among(telemetry_private.spread_over(shard_of.tenant), shard_of.user_id) end
               else coalesce(
                   (select p.shard from telemetry.tenant_placement p where p.tenant_id = shard_of.tenant),
                   (select s.name
                      from telemetry.shards s
                     where s.takes_new_tenants
                       and shard_of.tenant is not null
                     order by md5(shard_of.tenant::text || s.name) desc, s.name
                     limit 1))
           end
$$;
comment on function telemetry.shard_of is
'Which shard has a tenant, or will have it once it logs.

Arguments
  tenant   the tenant
  user_id  the user whose shard it is, where the users of the tenant are spread; else it says nothing
Returns
  the name of the shard; NULL for NULL, where no shard takes new tenants, and for a tenant whose users
  are spread, unless a user is named';

-- The shard that answers for a tenant; without one, any shard that can be reached.
create function telemetry_private.shard_for(tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found_shard constant text := coalesce(telemetry_private.placed_shard(tenant), telemetry.shard_of(tenant));
    spread constant text[] := case when found_shard is null then telemetry_private.spread_over(tenant) end;
begin
    if found_shard is not null then
        return found_shard;
    end if;
    if spread is not null then
        perform telemetry_private.refuse_spread(spread);
    end if;
    if tenant is not null then
        raise exception 'no shard takes the tenant %', tenant
            using errcode = '08000', hint = 'The owner of the router registers one: select telemetry.register_shard(name).';
    end if;
    return telemetry_private.any_shard();
end
$$;

-- The shard that stores for a tenant; NULL where its users are spread. From the first call on it is written down, so that a new shard
-- changes nothing for the tenant. A call that only reads writes nothing down.
create function telemetry_private.pinned_shard(tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    placed text := telemetry_private.placed_shard(tenant);
begin
    if placed is not null then
        return placed;
    end if;
    if telemetry_private.spread_over(tenant) is not null then
        return null;
    end if;
    if tenant is null or current_setting('transaction_read_only') = 'on' then
        return telemetry_private.shard_for(tenant);
    end if;
    -- register_shard(), drop_shard() and spread_tenant() wait for this lock and are waited for: the statements below see what they
    -- changed.
    lock table telemetry.tenant_placement in row exclusive mode;
    if telemetry_private.spread_over(tenant) is not null then
        return null;
    end if;
    placed := telemetry_private.shard_for(tenant);
    insert into telemetry.tenant_placement (tenant_id, shard) values (tenant, placed) on conflict do nothing;
    return (select p.shard from telemetry.tenant_placement p where p.tenant_id = pinned_shard.tenant);
end
$$;

-- Asks every shard which tenants have events there, and writes them down: those that an existing server brings with it, and
-- those whose row was taken back with the transaction of the caller, while the shard had committed.
create function telemetry_private.place_what_is_there()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    asked text;
    there uuid[];
    strayed uuid;
    doubled record;
begin
    for asked in select s.name from telemetry.shards s order by s.name loop
        there := array(
            select t.tenant_id
              from telemetry_private.dblink(telemetry_private.connection_to(asked), 'select tenant_id from telemetry.placed_tenants() as t (tenant_id)') as t (tenant_id uuid));
        select s.tenant_id into strayed from telemetry.spread_tenants s where s.tenant_id = any (there) and asked <> all (s.shards) limit 1;
        if found then
            raise exception 'tenant % is spread over other shards, and has events on the shard "%"', strayed, asked
                using errcode = '23505', hint = 'Erase it there: select telemetry.erase_tenant(tenant).';
        end if;
        insert into telemetry.tenant_placement (tenant_id, shard)
        select t, asked from unnest(there) t where not exists (select from telemetry.spread_tenants s where s.tenant_id = t)
            on conflict do nothing;
        select p.tenant_id, p.shard as elsewhere into doubled
          from telemetry.tenant_placement p
         where p.tenant_id = any (there) and p.shard <> asked
         limit 1;
        if found then
            raise exception 'tenant % has events on the shards "%" and "%"', doubled.tenant_id, doubled.elsewhere, asked
                using errcode = '23505', hint = format('A tenant is whole on one shard: call telemetry.move_tenant(%L, %L);', doubled.tenant_id, doubled.elsewhere);
        end if;
    end loop;
end
$$;

create function telemetry.register_shard(name text, takes_new_tenants boolean default true)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if register_shard.name is null or register_shard.takes_new_tenants is null then
        raise exception 'name and takes_new_tenants must not be null'
            using errcode = '22004', hint = 'Call telemetry.register_shard(''north'').';
    end if;
    if not exists (
        select from pg_foreign_server s
          join pg_foreign_data_wrapper w on w.oid = s.srvfdw and w.fdwname = 'dblink_fdw'
         where s.srvname = register_shard.name) then
        raise exception 'there is no foreign server "%" of dblink_fdw', left(register_shard.name, 63)
            using errcode = '42704',
                  hint = format('create server %1$I foreign data wrapper dblink_fdw options (host ..., dbname ...); create user mapping for %2$I server %1$I options (user ''telemetry_router'', password ...);',
                                left(register_shard.name, 63), current_user);
    end if;
    lock table telemetry.tenant_placement in share row exclusive mode;
    insert into telemetry.shards as s (name, takes_new_tenants) values (register_shard.name, register_shard.takes_new_tenants)
        on conflict (name) do update set takes_new_tenants = excluded.takes_new_tenants;
    perform telemetry_private.place_what_is_there();
    return (select count(*) from telemetry.tenant_placement p where p.shard = register_shard.name);
end
$$;
comment on function telemetry.register_shard is
'Adds a server as a shard, or changes whether it takes new tenants. Every shard is asked which
tenants have events there, so all of them must run.

Arguments
  name               the name of a foreign server of dblink_fdw, for which the owner of the router
                     has a user mapping
  takes_new_tenants  whether tenants that no shard has yet may be placed here; default true
Returns
  how many tenants are placed there
Errors
  22004  an argument is NULL
  23505  a tenant has events on two shards
  42501  the caller does not own the router
  42704  there is no such foreign server
  08001  a shard cannot be reached
Notes
  A new shard takes its share of the new tenants at once. No tenant moves by itself: move_tenant().';

create function telemetry.drop_shard(name text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    tenants bigint;
begin
    if not exists (select from telemetry.shards s where s.name = drop_shard.name) then
        raise exception 'there is no shard "%"', left(drop_shard.name, 63)
            using errcode = '42704', hint = 'telemetry.shard_status() lists them.';
    end if;
    lock table telemetry.tenant_placement in share row exclusive mode;
    perform telemetry_private.place_what_is_there();
    tenants := (select count(*) from telemetry.tenant_placement p where p.shard = drop_shard.name)
             + (select count(*) from telemetry.spread_tenants s where drop_shard.name = any (s.shards));
    if tenants > 0 then
        raise exception 'the shard "%" has % tenants', drop_shard.name, tenants
            using errcode = '2BP01', hint = format('register_shard(%L, takes_new_tenants => false) keeps further ones away, and move_tenant() brings them elsewhere.', drop_shard.name);
    end if;
    delete from telemetry.shards s where s.name = drop_shard.name;
end
$$;
comment on function telemetry.drop_shard is
'Takes a shard away that has no tenants, and no users of one. The server itself stays as it is.

Arguments
  name  the name of a shard
Errors
  2BP01  tenants are placed there
  42501  the caller does not own the router
  42704  there is no such shard, or the name is NULL
  08001  a shard cannot be reached';
