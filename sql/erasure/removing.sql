-- Events leave the log, and what is derived of them with them, in one transaction. Whoever calls runs as the owner with
-- telemetry_private.derives on, and has called wait_for_ticks(). Twin: src/erasure/removing.rs, which goes through the door.

-- The payload without some keys. A path with dots reaches into objects; a key of the payload that is spelt so goes as well.
create function telemetry_private.without_keys(payload jsonb, keys text[])
returns jsonb
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    key text;
begin
    foreach key in array keys loop
        payload := payload - array(select k from jsonb_object_keys(payload) k where k = key or starts_with(k, key || '.'));
        if strpos(key, '.') > 0 then
            payload := payload #- string_to_array(key, '.');
        end if;
    end loop;
    return payload;
end
$$;

create function telemetry_private.has_key(payload jsonb, keys text[])
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.without_keys(payload, keys) <> payload
$$;

-- The payload with these keys and no others.
create function telemetry_private.only_keys(payload jsonb, keys text[])
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_object_agg(p.key, p.value), '{}')
      from jsonb_each(payload) p
     where exists (select from unnest(keys) k where p.key = k or starts_with(p.key, k || '.'))
$$;

-- Takes actors out of the timeline of whom no event is left. The number of one is never given again, but what backends keep of
-- numbers is stale.
create function telemetry_private.remove_actors(tenants uuid[], users uuid[])
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    with gone as (
        delete from telemetry.timeline_actors a
         using (select distinct u.tenant_id, u.user_id from unnest(remove_actors.tenants, remove_actors.users) u (tenant_id, user_id) where u.user_id is not null) u
         where a.tenant_id = u.tenant_id and a.user_id = u.user_id
           and not exists (select from telemetry.events e where e.user_id = u.user_id and e.tenant_id = u.tenant_id)
        returning a.tenant_id
    ),
    counted as (
        update telemetry.timeline_tenants t set epoch = t.epoch + 1 from (select distinct g.tenant_id from gone g) g where t.tenant_id = g.tenant_id
        returning t.tenant_id
    )
    select count(*) from gone
$$;

-- Takes a user out of the timeline: chunks of these days (UTC) say that the user is gone, which every reader knows.
-- Small ones are written again at once, the others by the next tick. Returns how many wait for it.
create function telemetry_private.remove_user_from_timeline(tenant uuid, user_id uuid, days timestamptz[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update telemetry.timeline_chunks c
       set removed = coalesce(c.removed, '') || int4send(a.actor_number & 65535)
      from telemetry.timeline_actors a
     where a.tenant_id = remove_user_from_timeline.tenant and a.user_id = remove_user_from_timeline.user_id
       and c.tenant_id = a.tenant_id and c.band = a.actor_number >> 16
       and exists (select from unnest(days) day where day <= c.last_ts and day + interval '1 day' > c.first_ts);
    if not found then
        return 0;
    end if;
    return telemetry_private.write_removed(8192);
end
$$;

-- What is out, or waits to go out, counts events that leave: windows of destinations that are cut notice by themselves, these do not.
create function telemetry_private.forget_outbound(ids bigint[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    lowest constant bigint := (select min(i) from unnest(ids) i);
    highest constant bigint := (select max(i) from unnest(ids) i);
    waiting record;
    d telemetry_private.destination;
    gone bigint;
    forgotten bigint := 0;
begin
    for waiting in
        select x.number, x.destination, x.after_id, x.last_id, x.events
          from telemetry.deliveries x
         where x.body is null and x.status <> 'delivered' and x.last_id >= lowest and x.after_id < highest
           for update
    loop
        select k.* into d from telemetry.destinations k where k.name = waiting.destination;
        gone := (select count(*) from telemetry_private.outbound_events(d, waiting.after_id, waiting.last_id) o where o.ingest_id = any (ids));
        if gone >= waiting.events then
            delete from telemetry.deliveries x where x.number = waiting.number;
        elsif gone > 0 then
            update telemetry.deliveries x set events = x.events - gone::integer where x.number = waiting.number;
        end if;
        forgotten := forgotten + (gone > 0)::integer;
    end loop;
    for waiting in
        select s.export, s.position, s.looked_until, s.waiting, s.until_id, k.tenant_id, k.events, k.test
          from telemetry.export_states s
          join telemetry.exports k on k.name = s.export
         where s.waiting > 0 and s.looked_until >= lowest and s.position < highest
           for update of s
    loop
        gone := (select count(*) from telemetry.events e
                  where e.ingest_id = any (ids) and e.ingest_id > waiting.position and e.ingest_id <= waiting.looked_until
                    and (waiting.tenant_id is null or e.tenant_id = waiting.tenant_id) and (waiting.events is null or e.event_name = any (waiting.events))
                    and (waiting.test is null or telemetry_private.payload_passes(e.payload, waiting.test)));
        if gone >= waiting.waiting then
            update telemetry.export_states s
               set waiting = 0, waits_since = null, until_id = null, rows = null, schema_version = null, leased_by = null, leased_until = null
             where s.export = waiting.export;
        elsif gone > 0 then
            update telemetry.export_states s set waiting = s.waiting - gone, rows = s.rows - gone where s.export = waiting.export;
        end if;
    end loop;
    return forgotten;
end
$$;

-- Removes events of one partition, and whatever is derived of them. Where a user is given they are all that user's, whom the caller
-- takes out of the timeline. Returns how many there were. Error: 42501 one is held.
create function telemetry_private.remove_events(receipt uuid, partition regclass, ids bigint[], tenant uuid default null, user_id uuid default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- the block ranges of arrivals lead to the rows
set jit = off
as $$
declare
    first_id constant bigint := (select min(i) from unnest(ids) i);
    last_id constant bigint := (select max(i) from unnest(ids) i);
    tenants uuid[];
    users uuid[];
    own_ids uuid[];
    removed bigint;
begin
    if coalesce(cardinality(ids), 0) = 0 then
        return 0;
    end if;
    perform telemetry_private.check_holds(partition, ids);
    perform telemetry_private.forget_outbound(ids);
    perform telemetry_private.keep_leaves(receipt, partition, ids);
    if remove_events.user_id is null then
        execute format('select array_agg(e.tenant_id), array_agg(e.event_id), array_agg(e.user_id) from only %s e
                         where e.ingest_id = any ($1) and e.ingest_id between $2 and $3', partition) into tenants, own_ids, users using ids, first_id, last_id;
    else
        execute format('select array_agg(e.tenant_id), array_agg(e.event_id) from only %s e where e.user_id = $2 and e.ingest_id = any ($1)', partition)
           into tenants, own_ids using ids, remove_events.user_id;
    end if;
    removed := telemetry_private.remove_rows(partition, ids, remove_events.tenant, remove_events.user_id);
    delete from telemetry.event_ids i using unnest(tenants, own_ids) u (tenant_id, event_id) where i.tenant_id = u.tenant_id and i.event_id = u.event_id;
    if remove_events.user_id is null then
        perform telemetry_private.remove_actors(tenants, users);
    end if;
    return removed;
end
$$;

-- Takes keys out of the payloads of events of one partition. Error: 42501 one is held.
create function telemetry_private.scrub_events(receipt uuid, partition regclass, ids bigint[], keys text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    changed bigint;
begin
    if coalesce(cardinality(ids), 0) = 0 then
        return 0;
    end if;
    perform telemetry_private.check_holds(partition, ids);
    perform telemetry_private.keep_changed_leaves(receipt, partition, ids);
    changed := telemetry_private.scrub_rows(partition, ids, keys);
    perform telemetry_private.seal_changed_leaves(receipt, partition, ids);
    return changed;
end
$$;

-- Gives events of a user in one partition another user and other sessions, and leaves keys of their payload. Error: 42501 one is
-- held. Of their idempotency ids nothing is left: what is kept there is a digest of who said it.
create function telemetry_private.anonymize_events(
    receipt uuid, partition regclass, ids bigint[], session_ids bigint[], tenant uuid, user_id uuid, fresh_user uuid, session_key bytea, keep_keys text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    all_ids constant bigint[] := coalesce(ids, '{}') || coalesce(session_ids, '{}');
    own_ids uuid[];
    changed bigint;
begin
    perform telemetry_private.check_holds(partition, all_ids);
    perform telemetry_private.keep_changed_leaves(receipt, partition, all_ids);
    execute format('select array_agg(e.event_id) from only %s e where e.user_id = $2 and e.ingest_id = any ($1)', partition) into own_ids using ids, anonymize_events.user_id;
    changed := telemetry_private.anonymize_rows(partition, ids, tenant, anonymize_events.user_id, fresh_user, session_key, keep_keys);
    if cardinality(session_ids) > 0 then
        perform telemetry_private.rename_sessions(partition, session_ids, tenant, session_key);
    end if;
    perform telemetry_private.seal_changed_leaves(receipt, partition, all_ids);
    delete from telemetry.event_ids i where i.tenant_id = anonymize_events.tenant and i.event_id = any (own_ids);
    return changed;
end
$$;

-- Forgets what is kept of a user of a tenant beside the log; of the whole tenant where no user is given. Returns how many rows of
-- which table.
create function telemetry_private.forget_beside_log(tenant uuid, user_id uuid)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    user_text constant text := forget_beside_log.user_id::text;
    counts jsonb := '{}';
    relation text;
    gone bigint;
begin
    foreach relation in array '{replays,rejections,kpi_history,alert_transitions,notifications}'::text[] loop
        counts := counts || jsonb_build_object(relation, telemetry_private.forget_beside(relation, tenant, forget_beside_log.user_id));
    end loop;
    delete from telemetry.alert_states a
     where case when user_text is null then a.tenant_id = tenant
                else a.breakdown_value = user_text and a.tenant_id in (tenant, '00000000-0000-0000-0000-000000000000') end;
    get diagnostics gone = row_count;
    counts := counts || jsonb_build_object('alert_states', gone);
    delete from telemetry.notification_states n
     where case when user_text is null then n.tenant_id = tenant
                else n.breakdown_value = user_text and n.tenant_id in (tenant, '00000000-0000-0000-0000-000000000000') end;
    get diagnostics gone = row_count;
    update telemetry.notification_states n
       set told = replace(n.told::text, user_text, 'erased')::jsonb, untold = replace(n.untold::text, user_text, 'erased')::jsonb
     where user_text is not null and strpos(concat(n.told::text, n.untold::text), user_text) > 0;
    counts := counts || jsonb_build_object('notification_states', gone);
    -- A message that is kept in the order of this user is the user's; others may name it.
    delete from telemetry.deliveries x
     where user_text is not null and x.order_key = user_text
        or user_text is null and exists (select from telemetry.destinations d where d.name = x.destination and d.tenant_id = tenant);
    get diagnostics gone = row_count;
    counts := counts || jsonb_build_object('deliveries', gone);
    update telemetry.deliveries x set body = replace(x.body, user_text, 'erased') where user_text is not null and strpos(x.body, user_text) > 0;
    update telemetry.alert_states a set acknowledged_by = null where a.acknowledged_by = forget_beside_log.user_id;
    delete from telemetry.silences s
     where s.breakdown_value = user_text and coalesce(s.tenant_id = tenant, true) or user_text is null and s.tenant_id = tenant;
    update telemetry.silences s set made_by = null where s.made_by = forget_beside_log.user_id;
    return (select coalesce(jsonb_object_agg(c.key, c.value), '{}') from jsonb_each(counts) c where c.value <> '0');
end
$$;
