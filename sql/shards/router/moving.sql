-- move_tenant() brings a tenant to another shard. That takes it in by one transaction, and is asked from then on; then the shard that
-- had it erases it by another one. Calls about the tenant wait for the end of the first. So the tenant is whole on the shard that is
-- asked at any moment, whoever is killed when.

-- What a call about a tenant holds shared until its transaction ends, and a move alone for its last seconds. 256 locks do for all
-- tenants, so that a batch of many tenants does not fill the table of locks.
create function telemetry_private.lock_of(tenant uuid)
returns bigint
language sql
immutable
begin atomic
    select 7382910000 + (hashtextextended(tenant::text, 0) & 255);
end;

-- The same for questions over all tenants, which wait until one shard alone has the tenant, and for one move of a tenant at a time.
create function telemetry_private.lock_of_all()
returns bigint
language sql
immutable
begin atomic
    select 7382909999;
end;
create function telemetry_private.lock_of_move(tenant uuid)
returns bigint
language sql
immutable
begin atomic
    select hashtextextended('telemetry: move of ' || tenant::text, 0);
end;

create table if not exists telemetry.tenant_moves (
    tenant_id   uuid not null,
    from_shard  text collate "C" not null,
    to_shard    text collate "C" not null,
    events      bigint not null,
    receipt_id  uuid not null,
    began_at    timestamptz not null,
    stopped_at  timestamptz not null,
    resumed_at  timestamptz not null,
    ended_at    timestamptz not null default clock_timestamp(),
    primary key (tenant_id, receipt_id)
);
comment on table telemetry.tenant_moves is 'Each move of a tenant that ended. Calls about the tenant waited from stopped_at to resumed_at, questions over all tenants to ended_at.';
comment on column telemetry.tenant_moves.receipt_id is 'The receipt of the erasure, in telemetry.erasures of from_shard.';

-- The shard of a tenant that has a row of its own; NULL without one. It waits for the end of a move. Of one that was cut off
-- between its two commits, the shard that takes in has everything or nothing.
create function telemetry_private.placed_shard(tenant uuid)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    placed text;
    target text;
    arrival text;
begin
    perform pg_advisory_xact_lock_shared(telemetry_private.lock_of(tenant));
    select p.shard, p.moving_to, p.copied ->> 'arrival' into placed, target, arrival from telemetry.tenant_placement p where p.tenant_id = placed_shard.tenant;
    -- A transaction that keeps its snapshot does not see that a tenant has gone meanwhile: then this raises 40001.
    if found and current_setting('transaction_isolation') <> 'read committed' and current_setting('transaction_read_only') = 'off' then
        perform from telemetry.tenant_placement p where p.tenant_id = placed_shard.tenant for key share;
    end if;
    if target is null then
        return placed;
    end if;
    return case when telemetry_private.has_arrived(target, tenant, arrival) then target else placed end;
end
$$;

create function telemetry_private.has_events_of(shard text, tenant uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select t.has from telemetry_private.dblink(telemetry_private.connection_to(shard), format('select telemetry_private.has_events_of(%L::uuid)', tenant)) as t (has boolean));
end
$$;

-- Whether the shard that a tenant moves to has taken it in, once that is known.
create function telemetry_private.has_arrived(shard text, tenant uuid, arrival text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select t.has from telemetry_private.dblink(telemetry_private.connection_to(shard), format('select telemetry_private.has_arrived(%L::uuid, %L::text)', tenant, arrival)) as t (has boolean));
end
$$;

-- Refuses a question over all tenants while one of them is on two shards: its events would count twice.
create function telemetry_private.refuse_doubled()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    cut_off telemetry.tenant_placement;
begin
    perform pg_advisory_xact_lock_shared(telemetry_private.lock_of_all());
    for cut_off in select p.* from telemetry.tenant_placement p where p.moving_to is not null loop
        if telemetry_private.has_events_of(coalesce(cut_off.copied ->> 'from', cut_off.shard), cut_off.tenant_id)
            and telemetry_private.has_arrived(cut_off.moving_to, cut_off.tenant_id, cut_off.copied ->> 'arrival')
        then
            raise exception 'the move of a tenant to the shard "%" was cut off', cut_off.moving_to
                using errcode = '55000', detail = 'Both shards have its events.',
                      hint = format('The owner of the router ends it: call telemetry.move_tenant(%L, %L);', cut_off.tenant_id, cut_off.moving_to);
        end if;
    end loop;
end
$$;

-- The connections of a move, which are its own.
create function telemetry_private.close_move(tenant uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    connection text;
begin
    for connection in select c from unnest(telemetry_private.dblink_get_connections()) c where c in ('telemetry move from', 'telemetry move to') loop
        perform telemetry_private.dblink_disconnect(connection);
    end loop;
    perform pg_advisory_unlock(l.objid_key)
       from (values (telemetry_private.lock_of(tenant)), (telemetry_private.lock_of_all()), (telemetry_private.lock_of_move(tenant))) l (objid_key)
      where exists (
            select from pg_locks k
             where k.locktype = 'advisory' and k.pid = pg_backend_pid() and k.granted and k.mode = 'ExclusiveLock' and k.objsubid = 1
               and (k.classid::bigint << 32 | k.objid::bigint) = l.objid_key);
end
$$;

-- Which shards a tenant leaves for this one: that which it is placed on, and any other that has events of it.
create function telemetry_private.left_shards(tenant uuid, target text)
returns text[]
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    place telemetry.tenant_placement;
    asked text;
    leaves text[] := '{}';
begin
    if tenant is null or target is null then
        raise exception 'tenant and shard must not be null'
            using errcode = '22004', hint = 'call telemetry.move_tenant(''00000000-0000-0000-0000-000000000000'', ''south'');';
    end if;
    if not exists (select from telemetry.shards s where s.name = target) then
        raise exception 'there is no shard "%"', left(target, 63)
            using errcode = '42704', hint = 'telemetry.shard_status() lists them.';
    end if;
    if telemetry_private.spread_over(tenant) is not null then
        raise exception 'the users of this tenant are spread over several shards'
            using errcode = '0A000', hint = 'Its shards stay as they are, so that each user stays whole: telemetry.spread_tenants.';
    end if;
    if not pg_try_advisory_lock(telemetry_private.lock_of_move(tenant)) then
        raise exception 'another session moves this tenant'
            using errcode = '55P03', hint = 'Wait until it has ended: telemetry.tenant_moves has its row then.';
    end if;
    select p.* into place from telemetry.tenant_placement p where p.tenant_id = left_shards.tenant;
    if place.moving_to <> target then
        if telemetry_private.has_arrived(place.moving_to, tenant, place.copied ->> 'arrival') then
            raise exception 'the move of this tenant to the shard "%" was cut off', place.moving_to
                using errcode = '55000', hint = format('End it first: call telemetry.move_tenant(%L, %L);', tenant, place.moving_to);
        end if;
    end if;
    for asked in select s.name from telemetry.shards s where s.name <> target order by s.name <> coalesce(place.shard, telemetry.shard_of(tenant)), s.name loop
        if asked = coalesce(place.shard, telemetry.shard_of(tenant)) or telemetry_private.has_events_of(asked, tenant) then
            leaves := leaves || asked;
        end if;
    end loop;
    return leaves;
exception
    when others or query_canceled then
        if sqlstate <> '55P03' then
            perform telemetry_private.close_move(tenant);
        end if;
        raise;
end
$$;

-- has_arrived: an earlier call brought the tenant, and was cut off before the old shard had erased it.
create type telemetry_private.move_so_far as (
    began_at timestamptz, has_arrived boolean, until_id bigint, copied bigint, noted_since timestamptz, stopped_at timestamptz, resumed_at timestamptz);

-- The long part, during which the tenant logs and asks as ever.
create function telemetry_private.begin_move(tenant uuid, source text, target text)
returns telemetry_private.move_so_far
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    so_far telemetry_private.move_so_far;
    cut_off telemetry.tenant_placement;
begin
    so_far.began_at := clock_timestamp();
    perform telemetry_private.open_for_move('telemetry move from', source);
    perform telemetry_private.open_for_move('telemetry move to', target);
    select p.* into cut_off from telemetry.tenant_placement p where p.tenant_id = begin_move.tenant and p.moving_to = target and p.copied ->> 'from' = source;
    so_far.has_arrived := found;
    if so_far.has_arrived then
        so_far.has_arrived := telemetry_private.has_arrived(target, tenant, cut_off.copied ->> 'arrival');
    end if;
    so_far.noted_since := (select t.since from telemetry_private.dblink('telemetry move from', format('select telemetry_private.may_leave(%L::uuid)', tenant)) as t (since timestamptz));
    if so_far.has_arrived then
        so_far.until_id := cut_off.copied ->> 'until_id';
        so_far.copied := cut_off.copied ->> 'events';
        return so_far;
    end if;
    perform telemetry_private.dblink_exec('telemetry move to', 'begin');
    so_far.until_id := (select t.id from telemetry_private.dblink('telemetry move from', 'select telemetry_private.settled_id()') as t (id bigint));
    so_far.copied := telemetry_private.copy_pages(tenant, 0, so_far.until_id);
    perform telemetry_private.copy_rows(tenant, null, false);
    return so_far;
exception
    when others or query_canceled then
        perform telemetry_private.close_move(tenant);
        raise;
end
$$;

-- The short part: calls about the tenant wait, and what came meanwhile is brought. Questions over all tenants wait from here on.
create function telemetry_private.stop_calls(tenant uuid, source text, target text, so_far telemetry_private.move_so_far)
returns telemetry_private.move_so_far
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    until_id bigint;
    arrival text;
begin
    perform set_config('lock_timeout', '10s', true);
    perform pg_advisory_lock(telemetry_private.lock_of_all());
    if so_far.has_arrived then
        so_far.stopped_at := clock_timestamp();
        return so_far;
    end if;
    perform pg_advisory_lock(telemetry_private.lock_of(tenant));
    so_far.stopped_at := clock_timestamp();
    perform from telemetry_private.dblink('telemetry move from', format('select telemetry_private.may_leave(%L::uuid)', tenant)) as t (since timestamptz);
    until_id := (select t.id from telemetry_private.dblink('telemetry move from', 'select telemetry_private.settled_id()') as t (id bigint));
    so_far.copied := so_far.copied + telemetry_private.copy_pages(tenant, so_far.until_id, until_id);
    so_far.until_id := until_id;
    perform telemetry_private.copy_rows(tenant, so_far.noted_since, true);
    arrival := (select t.id from telemetry_private.dblink('telemetry move to', 'select pg_catalog.pg_current_xact_id()::text') as t (id text));
    insert into telemetry.tenant_placement as p (tenant_id, shard, moving_to, copied)
    values (tenant, source, target, jsonb_build_object('from', source, 'events', so_far.copied, 'until_id', until_id, 'arrival', arrival))
        on conflict (tenant_id) do update set moving_to = excluded.moving_to, copied = excluded.copied;
    return so_far;
exception
    when others or query_canceled then
        perform telemetry_private.close_move(tenant);
        raise;
end
$$;

-- The shard that takes in commits: from then on it has everything, and is asked.
create function telemetry_private.let_calls_go(tenant uuid, so_far telemetry_private.move_so_far)
returns telemetry_private.move_so_far
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not so_far.has_arrived then
        perform telemetry_private.dblink_exec('telemetry move to', 'commit');
        perform pg_advisory_unlock(telemetry_private.lock_of(tenant));
    end if;
    so_far.resumed_at := clock_timestamp();
    return so_far;
exception
    when others or query_canceled then
        perform telemetry_private.close_move(tenant);
        raise;
end
$$;

-- Brings what came to the shard that had the tenant after calls went on.
create function telemetry_private.copy_late(tenant uuid, so_far telemetry_private.move_so_far)
returns telemetry_private.move_so_far
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    until_id constant bigint := (select t.id from telemetry_private.dblink('telemetry move from', 'select telemetry_private.settled_id()') as t (id bigint));
begin
    perform telemetry_private.dblink_exec('telemetry move to', 'begin');
    so_far.copied := so_far.copied + telemetry_private.copy_pages(tenant, so_far.until_id, until_id);
    so_far.until_id := until_id;
    perform telemetry_private.copy_rows(tenant, so_far.noted_since, false);
    perform telemetry_private.dblink_exec('telemetry move to', 'commit');
    return so_far;
end
$$;

-- The shard that had the tenant erases it. What somebody logged there past the router is noticed by its number, and brought before.
create function telemetry_private.erase_source(tenant uuid, source text, target text, so_far telemetry_private.move_so_far)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    erased bigint;
    receipt_id uuid;
begin
    for attempt in 1 .. 5 loop
        perform telemetry_private.dblink_exec('telemetry move from', 'begin');
        select t.events, t.receipt_id into erased, receipt_id
          from telemetry_private.dblink('telemetry move from', format('select events, receipt_id from telemetry_private.left_for(%L::uuid, %L::text)', tenant, target))
               as t (events bigint, receipt_id uuid);
        -- None: an earlier call erased them, and was cut off thereafter.
        exit when erased in (0, so_far.copied);
        perform telemetry_private.dblink_exec('telemetry move from', 'rollback');
        so_far := telemetry_private.copy_late(tenant, so_far);
    end loop;
    if erased not in (0, so_far.copied) then
        raise exception 'the shard "%" has % events of the tenant, and % were copied', source, erased, so_far.copied
            using errcode = '55000', hint = 'Whoever logs there past the router has to stop. Then call telemetry.move_tenant() again with the same arguments.';
    end if;
    perform telemetry_private.dblink_exec('telemetry move from', 'commit');
    update telemetry.tenant_placement p set shard = target, moving_to = null, copied = null, placed_at = now() where p.tenant_id = erase_source.tenant;
    insert into telemetry.tenant_moves (tenant_id, from_shard, to_shard, events, receipt_id, began_at, stopped_at, resumed_at)
    values (tenant, source, target, so_far.copied, receipt_id, so_far.began_at, so_far.stopped_at, so_far.resumed_at);
exception
    when others or query_canceled then
        perform telemetry_private.close_move(tenant);
        raise;
end
$$;

create procedure telemetry.move_tenant(tenant uuid, shard text)
language plpgsql
as $$
declare
    leaves pg_catalog.text[];
    source pg_catalog.text;
    so_far telemetry_private.move_so_far;
begin
    -- Where a commit is not possible, this says so before anything is done.
    commit;
    leaves := telemetry_private.left_shards(tenant, shard);
    foreach source in array leaves loop
        so_far := telemetry_private.begin_move(tenant, source, shard);
        so_far := telemetry_private.stop_calls(tenant, source, shard, so_far);
        -- From here on a call about the tenant looks where it is.
        commit;
        so_far := telemetry_private.let_calls_go(tenant, so_far);
        perform telemetry_private.erase_source(tenant, source, shard, so_far);
        commit;
        perform telemetry_private.close_move(tenant);
    end loop;
    perform telemetry_private.close_move(tenant);
end
$$;
comment on procedure telemetry.move_tenant is
'Brings a tenant to another shard: its events with their ids and times, its limits, and what retries
are recognised by. Calls about the tenant wait for a moment, until the new shard has what came
meanwhile; then the old shard erases it.

Arguments
  tenant  the tenant
  shard   the shard that it goes to
Errors
  0A000  history of KPIs is kept of the tenant; its users are spread over several shards
  22004  an argument is NULL
  2D000  it is called within a transaction
  42501  the caller does not own the router; a hold keeps events of the tenant
  42704  there is no such shard
  55000  events are logged past the router; a move to another shard was cut off
  55P03  another session moves the tenant; a transaction that called for the tenant is open for ten
         seconds
  08001  a shard cannot be reached
Notes
  Whatever ends it at whatever moment, the tenant is whole on the shard that is asked, and the same
    call again ends it. Questions over all tenants wait while the old shard erases the tenant, and are
    refused while a move is cut off before that.
  telemetry.tenant_moves has a row of each, with the receipt of the erasure.
  docs/scale.md says what does not move.';
