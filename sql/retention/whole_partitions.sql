-- A partition whose events are all due goes whole: its table is dropped, so that its disk is back at once, and what is derived of it is
-- taken out by ranges of hours.

-- Removes from what is derived the events of a range of whole hours, whose rows are about to go with their partition. Chunks that
-- reach over its ends keep what lies outside of it, which is read from the rows there. The caller holds the cursors.
create function telemetry_private.forget_range(since timestamptz, until timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set plan_cache_mode = force_custom_plan
as $$
declare
    ids_at_once constant bigint := 250000;
    nothing constant timestamptz := forget_range.since;
    ranges record;
    side record;
    after_id bigint;
    end_id bigint;
begin
    delete from telemetry.hourly_counts c where c.hour >= forget_range.since and c.hour < forget_range.until;

    select coalesce(array_agg(w.tenant_id), '{}') as tenants, coalesce(array_agg(w.band), '{}') as bands,
           coalesce(array_agg(w.since), '{}') as sinces, coalesce(array_agg(w.until), '{}') as untils,
           array_fill(forget_range.since, array[count(*)::integer]) as starts, array_fill(forget_range.until, array[count(*)::integer]) as ends
      into ranges
      from telemetry_private.band_ranges(forget_range.since, forget_range.until, null) w;

    with gone as (
        delete from telemetry.timeline_chunks c
         using unnest(ranges.tenants, ranges.bands, ranges.sinces, ranges.untils) w (tenant_id, band, since, until)
         where c.tenant_id = w.tenant_id and c.band = w.band and c.last_ts >= w.since and c.first_ts < w.until
        returning c.first_ts, c.last_ts, c.first_ingest_id, c.last_ingest_id
    )
    select min(g.first_ingest_id) - 1, max(g.last_ingest_id) into after_id, end_id
      from gone g
     where g.first_ts < forget_range.since or g.last_ts >= forget_range.until;
    while after_id < end_id loop
        -- What lies before the range and what lies behind it. A band that is in no list has an empty range: nothing of it was taken out.
        for side in select ranges.sinces as sinces, ranges.starts as untils union all select ranges.ends, ranges.untils loop
            perform telemetry_private.put_back(null, after_id, least(end_id, after_id + ids_at_once), nothing, nothing, ranges.tenants, ranges.bands, side.sinces, side.untils);
        end loop;
        after_id := after_id + ids_at_once;
    end loop;
end
$$;

-- Waits for the locks under which a partition may go. Whoever logs waits behind it for a fifth of a second at most, a tenth for each of
-- the two, and goes on before the next attempt. Returns false where they are not to be had.
create function telemetry_private.lock_partition(target regclass)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
begin
    for attempt in 1..10 loop
        begin
            lock table only telemetry.events in access exclusive mode;
            execute format('lock table only %s in access exclusive mode', target);
            return true;
        exception
            when lock_not_available then
                perform pg_sleep(0.1);
        end;
    end loop;
    return false;
end
$$;

-- Says whether a partition holds an event that stays, among those above an ingest_id: each pair of tenant and name is looked up in the
-- index, so that not every event is read.
create function telemetry_private.has_other_events(target regclass, names text[], befores timestamptz[])
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
declare
    answer boolean;
begin
    execute format($query$
        with recursive pair as (
            (select e.tenant_id, e.event_name from %1$s e order by e.tenant_id, e.event_name limit 1)
            union all
            select n.tenant_id, n.event_name
              from pair p
             cross join lateral (
                    select e.tenant_id, e.event_name from %1$s e
                     where (e.tenant_id, e.event_name) > (p.tenant_id, p.event_name)
                     order by e.tenant_id, e.event_name limit 1) n
        )
        select exists (
            select from pair p
              left join unnest($1, $2) x (event_name, due_before) on x.event_name = p.event_name
             where x.event_name is null
                or exists (select from %1$s e where e.tenant_id = p.tenant_id and e.event_name = p.event_name and e.event_ts >= x.due_before))
        $query$, target) into answer using names, befores;
    return answer;
end
$$;

-- Removes a whole partition, and what is derived of it, in the caller's transaction. Every event in it up to `position`, where the
-- hourly counts are, is one that the caller wants gone, and nothing holds it; where others arrived since, nothing goes. Returns how
-- many events went; NULL: not now. The caller holds the cursors, and takes back what was done where it is NULL.
create function telemetry_private.remove_partition(target regclass, since timestamptz, until timestamptz, "position" bigint, classes text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set telemetry_private.makes_partition = 'on'
set telemetry.hold_partitions = off -- the caller has looked
set enable_seqscan = off
as $$
declare
    receipt constant uuid := telemetry_private.new_receipt_id();
    events constant bigint := (select sum(c.events) from telemetry.hourly_counts c where c.hour >= remove_partition.since and c.hour < remove_partition.until);
    has_late boolean;
begin
    perform telemetry_private.keep_partition_leaves(receipt, target);
    perform telemetry_private.forget_range(remove_partition.since, remove_partition.until);
    delete from telemetry.derived_partitions k where k.partition = target::oid::bigint;
    perform telemetry_private.write_receipt(
        receipt, 'expire_events', null, 'retention', events, jsonb_build_object('events', events), remove_partition.since, remove_partition.until, null, null, null,
        jsonb_build_object('how', 'dropped', 'partition', (select c.relname from pg_class c where c.oid = target), 'classes', classes));
    -- From here on everybody who logs waits.
    if not telemetry_private.lock_partition(target) then
        return null;
    end if;
    execute format('select exists (select from %s e where e.ingest_id > $1)', target) into has_late using remove_partition.position;
    if has_late then
        return null;
    end if;
    execute format('drop table %s', target);
    return events;
end
$$;
