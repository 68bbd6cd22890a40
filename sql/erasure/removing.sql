-- Events leave the log, and what is derived of them with them, in one transaction. Whoever calls runs as the owner with
-- telemetry_private.derives on, and has called wait_for_ticks(). Twin: src/erasure/removing.rs, which goes through the door.
--
-- Rows are told by their places (ctid), so that what an erasure costs grows with the events that go and not with the log. The planner is
-- not shown how many: it would rather read a whole partition than a thousand rows of it, one by one. Nobody moves a row meanwhile: each who changes rows waits for the cursors, and the locks of the log keep VACUUM FULL and rewriting away.

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
create function telemetry_private.forget_outbound(partition regclass, ids bigint[], places tid[])
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
         where x.body is null and (x.status in ('retrying', 'parked') or x.status = 'dead') and x.last_id >= lowest and x.after_id < highest
           and exists (select from unnest(ids) i where i > x.after_id and i <= x.last_id)
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
        execute format(
            'select count(*) from only %s e
              where e.ctid = any (array(select unnest($1))) and e.ingest_id > $2 and e.ingest_id <= $3
                and ($4 is null or e.tenant_id = $4) and ($5 is null or e.event_name = any ($5))
                and ($6 is null or telemetry_private.payload_passes(e.payload, $6))', partition)
           into gone using places, waiting.position, waiting.looked_until, waiting.tenant_id, waiting.events, waiting.test;
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

-- Returns which files of exports hold the events at these places of a partition, as telemetry.erasures.exported tells it.
create function telemetry_private.exported_events(partition regclass, places tid[], with_ids boolean)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    answer jsonb;
begin
    if not exists (select from telemetry.export_files) then
        return '[]';
    end if;
    -- The ranges of an export follow each other: the first that ends at an event or behind it is its own.
    execute format($query$
        with export as (
            select n.export, array_agg(n.until_id order by n.number) as ends, array_agg(n.number order by n.number) as numbers
              from (select f.export, f.number, max(f.until_id) as until_id from telemetry.export_files f group by f.export, f.number) n
             group by n.export
        )
        select jsonb_agg(jsonb_build_object('export', x.export, 'number', x.number, 'part', x.part, 'events', cardinality(x.ids))
                         || case when $2 then jsonb_build_object('ids', x.ids) else '{}' end order by x.export, x.number, x.part)
          from (select f.export, f.number, f.part, array_agg(e.ingest_id order by e.ingest_id) as ids
                  from only %s e
                 cross join export
                  join telemetry.export_files f on f.export = export.export and f.number = export.numbers[width_bucket(e.ingest_id - 1, export.ends) + 1]
                       and e.ingest_id between f.first_id and f.last_id and e.event_ts between f.min_event_ts and f.max_event_ts
                  join telemetry.export_versions v on v.export = f.export and v.schema_version = f.schema_version
                 where e.ctid = any (array(select unnest($1)))
                   and (v.tenant_id is null or e.tenant_id = v.tenant_id) and (v.events is null or e.event_name = any (v.events))
                   and (v.test is null or telemetry_private.payload_passes(e.payload, v.test))
                 group by f.export, f.number, f.part) x
        $query$, partition) into answer using places, with_ids;
    return coalesce(answer, '[]');
end
$$;

-- Removes events of one partition, and whatever is derived of them. `of_one_user`: they are all that are left of one user, whom the
-- caller takes out of the timeline. Returns how many there were. Error: 42501 one is held.
create function telemetry_private.remove_events(receipt uuid, partition regclass, ids bigint[], places tid[], of_one_user boolean default false)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- indexes lead to the rows, also where there are no statistics yet
set jit = off
as $$
declare
    removed record;
    events bigint;
begin
    if coalesce(cardinality(ids), 0) = 0 then
        return 0;
    end if;
    perform telemetry_private.check_holds(partition, places);
    perform telemetry_private.forget_outbound(partition, ids, places);
    perform telemetry_private.keep_leaves(receipt, partition, places);
    select r.tenants, r.event_ids, r.users into removed from telemetry_private.remove_rows(partition, places::text, of_one_user) r;
    events := cardinality(removed.event_ids);
    perform telemetry_private.check_places(partition, events, places);
    delete from telemetry.event_ids i using unnest(removed.tenants, removed.event_ids) u (tenant_id, event_id) where i.tenant_id = u.tenant_id and i.event_id = u.event_id;
    if not of_one_user then
        perform telemetry_private.remove_actors(removed.tenants, removed.users);
    end if;
    return events;
end
$$;

-- Removes the events of a tenant, of a user, with some event_ids, of a range of time; NULL stands for all. Returns how many there were,
-- the times and the ids of the first and the last, of a user the days (UTC), and which files of exports have them. Error: 42501 one is held.
create function telemetry_private.remove_matching(
    receipt uuid, tenant uuid, user_id uuid default null, event_ids uuid[] default null, since timestamptz default null, until timestamptz default null)
returns table (events bigint, first_ts timestamptz, last_ts timestamptz, first_id bigint, last_id bigint, days timestamptz[], exported jsonb)
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- what is NULL is no condition
set jit = off
as $$
#variable_conflict use_column
declare
    found_in record;
begin
    events := 0;
    exported := '[]';
    for found_in in
        select e.tableoid::regclass as partition, array_agg(e.ingest_id order by e.ingest_id) as ids, array_agg(e.ctid) as places,
               min(e.event_ts) as first_ts, max(e.event_ts) as last_ts,
               array_agg(distinct date_trunc('day', e.event_ts, 'UTC')) filter (where remove_matching.user_id is not null) as days
          from telemetry.events e
         where (remove_matching.tenant is null or e.tenant_id = remove_matching.tenant)
           and (remove_matching.user_id is null or e.user_id = remove_matching.user_id)
           and (remove_matching.event_ids is null or e.event_id = any (remove_matching.event_ids))
           and (remove_matching.since is null or e.event_ts >= remove_matching.since)
           and (remove_matching.until is null or e.event_ts < remove_matching.until)
         group by 1
         order by 4
    loop
        exported := exported || telemetry_private.exported_events(found_in.partition, found_in.places, true);
        events := events + telemetry_private.remove_events(receipt, found_in.partition, found_in.ids, found_in.places, remove_matching.user_id is not null);
        days := days || found_in.days;
        first_ts := coalesce(first_ts, found_in.first_ts);
        last_ts := found_in.last_ts;
        first_id := least(first_id, found_in.ids[1]);
        last_id := greatest(last_id, found_in.ids[cardinality(found_in.ids)]);
    end loop;
    return next;
end
$$;

-- Refuses to go on where rows were not where they had been found: then something else changed them meanwhile.
create function telemetry_private.check_places(partition regclass, changed bigint, places tid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if changed <> cardinality(places) then
        raise exception 'of % events of % % were where they had been found', cardinality(places), partition, changed
            using errcode = 'XX000', hint = 'Something else changes rows of the log: see health(), and call it again.';
    end if;
end
$$;

-- Takes keys out of the payloads of events of one partition. Error: 42501 one is held.
create function telemetry_private.scrub_events(receipt uuid, partition regclass, places tid[], keys text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    places_now tid[];
begin
    if coalesce(cardinality(places), 0) = 0 then
        return 0;
    end if;
    perform telemetry_private.check_holds(partition, places);
    perform telemetry_private.keep_leaves(receipt, partition, places);
    places_now := telemetry_private.scrub_rows(partition, places::text, keys)::tid[];
    perform telemetry_private.check_places(partition, cardinality(places_now), places);
    perform telemetry_private.seal_changed_leaves(receipt, partition, places_now);
    return cardinality(places_now);
end
$$;

-- Gives events of a user in one partition another user and other sessions, and leaves keys of their payload; events of others there,
-- which lie at session_places, get these sessions. Returns how many are the user's. Error: 42501 one is held. Of their idempotency ids
-- nothing is left: what is kept there is a digest of who said it.
create function telemetry_private.anonymize_events(
    receipt uuid, partition regclass, places tid[], session_places tid[], tenant uuid, user_id uuid, fresh_user uuid, session_key bytea, keep_keys text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
    all_places constant tid[] := places || session_places;
    places_now tid[];
    own_ids uuid[];
begin
    perform telemetry_private.check_holds(partition, all_places);
    perform telemetry_private.keep_leaves(receipt, partition, all_places);
    execute format('select array_agg(e.event_id) from only %s e where e.ctid = any (array(select unnest($1)))', partition) into own_ids using places;
    places_now := telemetry_private.anonymize_rows(partition, places::text, anonymize_events.user_id, fresh_user, session_key, keep_keys)::tid[]
               || telemetry_private.rename_sessions(partition, session_places::text, session_key)::tid[];
    perform telemetry_private.check_places(partition, cardinality(places_now), all_places);
    perform telemetry_private.seal_changed_leaves(receipt, partition, places_now);
    delete from telemetry.event_ids i where i.tenant_id = anonymize_events.tenant and i.event_id = any (own_ids);
    return cardinality(places);
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
    return counts;
end
$$;
