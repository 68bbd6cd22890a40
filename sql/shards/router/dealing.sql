-- Batches: each event goes to the shard of its tenant, or of its user where these are spread. A client logs for its own tenant only.

create function telemetry_private.is_client(claims jsonb)
returns boolean
language sql
immutable
begin atomic
    select claims is not null and not coalesce(claims ->> 'role' = any (telemetry_private.server_roles()), false);
end;

-- The claims of the request. Those that cannot be read are a client's without user and tenant, as the shards take them.
create function telemetry_private.claims()
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    claims constant text := nullif(current_setting('request.jwt.claims', true), '');
begin
    if claims is null then
        return null;
    end if;
    begin
        return claims::jsonb;
    exception
        when data_exception or statement_too_complex then
            return '{}';
    end;
end
$$;

-- The tenant whose the call is if it names none: by the claims, else, but never for a client, by the setting, else the only tenant
-- of an installation that has one. The shards find it out by themselves; this one says which shard is asked.
create function telemetry_private.tenant_of_caller()
returns uuid
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    claims constant jsonb := telemetry_private.claims();
begin
    return coalesce(
        telemetry_private.claimed_tenant(claims),
        case when not telemetry_private.is_client(claims) then telemetry_private.uuid_of(current_setting('telemetry.tenant_id', true)) end,
        telemetry_private.only_tenant());
end
$$;

-- A UUID of version 7: the milliseconds of the clock, then chance.
create function telemetry_private.new_event_id()
returns uuid
language sql
volatile
begin atomic
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
            52, 1), 53, 1),
        'hex')::uuid;
end;

-- The user, the session or the event by which an event of a spread tenant is placed. `own`: the user that the client is.
create function telemetry_private.placing_id(event jsonb, own uuid)
returns uuid
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        own,
        telemetry_private.uuid_of(telemetry_private.named_user(event)),
        telemetry_private.uuid_of(telemetry_private.named_session(event)),
        telemetry_private.uuid_of(telemetry_private.named_event(event)),
        gen_random_uuid())
$$;

-- The events of a batch by shard, as the text of a JSON array, with their places in the batch, counted from 1; `places` is NULL where
-- the batch is not divided.
create function telemetry_private.dealt(caller text, events jsonb)
returns table (shard text, part text, places bigint[])
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    keys constant text[] := telemetry_private.tenant_keys();
    is_list constant boolean := jsonb_typeof(events) is not distinct from 'array';
    names_tenants constant boolean := is_list and not telemetry_private.is_client(telemetry_private.claims())
        and exists (select from jsonb_array_elements(case when is_list then events else '[]' end) e where e ?| keys);
    own constant uuid := telemetry_private.tenant_of_caller();
    own_user uuid;
    names text[] := '{""}';
    tenants uuid[] := array[own];
    shards text[];
begin
    if names_tenants then
        -- Each batch writes down its new tenants in one order, so that two batches never wait for each other.
        select array_agg(t.name), array_agg(t.tenant), array_agg(telemetry_private.pinned_shard(t.tenant)) into names, tenants, shards
          from (select n.name, coalesce(telemetry_private.uuid_of(n.name), own) as tenant
                  from (select distinct coalesce(telemetry_private.named_tenant(e), '') as name from jsonb_array_elements(dealt.events) e) n
                 order by tenant) t;
    else
        shards := array[telemetry_private.pinned_shard(own)];
    end if;
    if shards[1] = all (shards) then
        return query select shards[1], dealt.events::text, null::bigint[];
        return;
    end if;
    if not is_list or events = '[]' then
        return query select (telemetry_private.spread_over(own))[1], dealt.events::text, null::bigint[];
        return;
    end if;
    if array_position(shards, null) is null then
        return query
            select p.shard, '[' || string_agg(e.value::text, ',' order by e.place) || ']', array_agg(e.place order by e.place)
              from jsonb_array_elements(dealt.events) with ordinality e (value, place)
              join unnest(names, shards) p (name, shard) on p.name = coalesce(telemetry_private.named_tenant(e.value), '')
             group by p.shard
             order by p.shard;
        return;
    end if;
    own_user := telemetry_private.own_user(caller);
    return query
        select d.shard, '[' || string_agg(d.value::text, ',' order by d.place) || ']', array_agg(d.place order by d.place)
          from (select e.value, e.place, coalesce(p.shard, telemetry_private.shard_among(s.shards, telemetry_private.placing_id(e.value, own_user))) as shard
                  from jsonb_array_elements(dealt.events) with ordinality e (value, place)
                  join unnest(names, tenants, shards) p (name, tenant, shard)
                    on p.name = case when names_tenants then coalesce(telemetry_private.named_tenant(e.value), '') else '' end
                  left join telemetry.spread_tenants s on s.tenant_id = p.tenant) d
         group by d.shard
         order by d.shard;
end
$$;

-- The reasons that a shard gave, with the places that their events have in the whole batch.
create function telemetry_private.in_batch(reasons jsonb, places jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(r.reason || jsonb_build_object('element', places -> ((r.reason ->> 'element')::integer - 1)) order by r.place), '[]')
      from jsonb_array_elements(reasons) with ordinality r (reason, place)
$$;

-- One list of reasons out of a list of lists: equal ones are one, with the place of its first event, and the first five are kept.
create function telemetry_private.joined_reasons(lists jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(j.reason order by (j.reason ->> 'element')::bigint), '[]')
      from (select (array_agg(r.reason order by (r.reason ->> 'element')::bigint))[1]
                   || jsonb_build_object('count', sum((r.reason ->> 'count')::bigint)) as reason
              from jsonb_array_elements(lists) l (list), jsonb_array_elements(l.list) r (reason)
             group by r.reason - '{element,count}'::text[]
             order by min((r.reason ->> 'element')::bigint)
             limit 5) j
$$;

create function telemetry_private.log_events(caller text, events jsonb, source text)
returns telemetry.batch_outcome
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    shards text[];
    calls text[];
    places jsonb[];
    answers telemetry.batch_outcome[];
    outcome telemetry.batch_outcome;
begin
    select array_agg(d.shard order by d.shard),
           array_agg(format('select telemetry.log_events(%L::jsonb, %L::text)', d.part, log_events.source) order by d.shard),
           array_agg(to_jsonb(d.places) order by d.shard)
      into shards, calls, places
      from telemetry_private.dealt(caller, log_events.events) d;
    if cardinality(shards) = 1 then
        return telemetry_private.value_of(caller, shards[1], calls[1], false)::telemetry.batch_outcome;
    end if;
    answers := telemetry_private.together(caller, shards, calls)::telemetry.batch_outcome[];
    select sum(a.accepted)::integer, sum(a.rejected)::integer, sum(a.duplicates)::integer,
           telemetry_private.joined_reasons(jsonb_agg(telemetry_private.in_batch(a.rejections, places[a.place]))),
           telemetry_private.joined_reasons(jsonb_agg(telemetry_private.in_batch(a.warnings, places[a.place])))
      into outcome
      from unnest(answers) with ordinality a (accepted, rejected, duplicates, rejections, warnings, place);
    return outcome;
end
$$;

create function telemetry_private.import_events(caller text, events jsonb)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    shards text[];
    calls text[];
begin
    select array_agg(d.shard order by d.shard), array_agg(format('select telemetry.import_events(%L::jsonb)', d.part) order by d.shard)
      into shards, calls
      from telemetry_private.dealt(caller, events) d;
    if cardinality(shards) = 1 then
        return telemetry_private.value_of(caller, shards[1], calls[1], false);
    end if;
    return (select sum(a::bigint) from unnest(telemetry_private.together(caller, shards, calls)) a);
end
$$;
