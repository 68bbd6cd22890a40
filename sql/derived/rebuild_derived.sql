-- rebuild_derived() makes derived data anew from the log, below the cursors. Nothing else repairs or erases: whoever
-- takes events out of the log (erasure) calls it for their range. partition_changes.sql takes care of partitions that
-- go.

-- The bands that have chunks in a range of time, of a tenant or (NULL) of all. Chunks go whole, so the range of each band grows until no
-- chunk reaches over its ends.
create function telemetry_private.band_ranges(first_ts timestamptz, end_ts timestamptz, tenant uuid)
returns table (tenant_id uuid, band integer, since timestamptz, until timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with recursive grown as (
        select c.tenant_id, c.band, 1 as round,
               least(min(c.first_ts), band_ranges.first_ts) as since,
               greatest(max(c.last_ts) + interval '1 microsecond', band_ranges.end_ts) as until
          from telemetry.timeline_chunks c
         where (band_ranges.tenant is null or c.tenant_id = band_ranges.tenant)
           and c.last_ts >= band_ranges.first_ts and c.first_ts < band_ranges.end_ts
         group by c.tenant_id, c.band
        union all
        select g.tenant_id, g.band, g.round + 1, w.since, w.until
          from grown g
         cross join lateral (
                select least(min(c.first_ts), g.since) as since, greatest(max(c.last_ts) + interval '1 microsecond', g.until) as until
                  from telemetry.timeline_chunks c
                 where c.tenant_id = g.tenant_id and c.band = g.band and c.last_ts >= g.since and c.first_ts < g.until) w
         where (w.since, w.until) <> (g.since, g.until)
    )
    select distinct on (g.tenant_id, g.band) g.tenant_id, g.band, g.since, g.until from grown g order by g.tenant_id, g.band, g.round desc;
end
$$;

-- Among the ids from first_id to last_id there may be events that no chunk holds. NULLs say that there are none: then
-- only what was in the chunks that go is looked for.
create function telemetry_private.rebuild_timeline(tenant uuid, since timestamptz, until timestamptz, first_id bigint, last_id bigint)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    ids_at_once constant bigint := 250000;
    position constant bigint := (select c.position from telemetry.cursor_positions c where c.consumer = 'timeline');
    after_id bigint;
    end_id bigint;
    events bigint := 0;
    tenants uuid[];
    bands integer[];
    sinces timestamptz[];
    untils timestamptz[];
begin
    select coalesce(array_agg(r.tenant_id), '{}'), coalesce(array_agg(r.band), '{}'), coalesce(array_agg(r.since), '{}'), coalesce(array_agg(r.until), '{}')
      into tenants, bands, sinces, untils
      from telemetry_private.band_ranges(rebuild_timeline.since, rebuild_timeline.until, rebuild_timeline.tenant) r;

    with gone as (
        delete from telemetry.timeline_chunks c
         using unnest(tenants, bands, sinces, untils) w (tenant_id, band, since, until)
         where c.tenant_id = w.tenant_id and c.band = w.band and c.last_ts >= w.since and c.first_ts < w.until
        returning c.first_ts, c.last_ts, c.first_ingest_id, c.last_ingest_id
    )
    select least(min(g.first_ingest_id), rebuild_timeline.first_id) - 1, least(greatest(max(g.last_ingest_id), rebuild_timeline.last_id), position)
      into after_id, end_id
      from gone g
     -- Where nothing else is looked for, a chunk that lies in the range whole has nothing to give back.
     where rebuild_timeline.first_id is not null or g.first_ts < rebuild_timeline.since or g.last_ts >= rebuild_timeline.until;

    insert into telemetry.timeline_tenants as t (tenant_id, actors)
    select a.tenant_id, max(a.actor_number) + 1
      from telemetry.timeline_actors a
     where rebuild_timeline.tenant is null or a.tenant_id = rebuild_timeline.tenant
     group by a.tenant_id
        on conflict (tenant_id) do update set actors = excluded.actors where t.actors < excluded.actors;

    while after_id < end_id loop
        events := events + telemetry_private.put_back(
            tenant, after_id, least(end_id, after_id + ids_at_once), since, until, tenants, bands, sinces, untils);
        after_id := after_id + ids_at_once;
    end loop;
    return events;
end
$$;

-- Waits until this is the only rebuild and no tick runs, so that the snapshot which follows sees what they did. It
-- locks the log first, as a tick does: whoever drops a partition holds that lock when they come here.
create function telemetry_private.wait_for_ticks()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    lock table only telemetry.events in access share mode;
    perform telemetry_private.writers_are_done(0);
    perform from telemetry.cursor_positions c order by c.consumer for update;
end
$$;

create function telemetry_private.rebuild_derived(tenant uuid, since timestamptz, until timestamptz)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
declare
    events bigint;
begin
    -- This refuses a range that is none, in the words of every function with a range.
    perform from telemetry.time_buckets(rebuild_derived.since, rebuild_derived.until, 'year');
    perform telemetry_private.wait_for_ticks();
    perform telemetry_private.rebuild_hourly_counts(
        rebuild_derived.tenant, coalesce(rebuild_derived.since, '-infinity'), coalesce(rebuild_derived.until, 'infinity'));
    events := telemetry_private.rebuild_timeline(
        rebuild_derived.tenant, coalesce(rebuild_derived.since, '-infinity'), coalesce(rebuild_derived.until, 'infinity'), 1, 9223372036854775807);
    if rebuild_derived.tenant is null and rebuild_derived.since is null and rebuild_derived.until is null then
        perform telemetry_private.trust_derived();
    end if;
    return events;
end
$$;

create function telemetry.rebuild_derived(since timestamptz default null, until timestamptz default null, tenant uuid default null)
returns bigint
language sql
begin atomic
    select telemetry_private.rebuild_derived(tenant, since, until);
end;

comment on function telemetry.rebuild_derived is
'Makes the hourly counts and the timeline anew from the log, up to their cursors, in one
transaction.

Arguments
  since   where the range begins; NULL: at the beginning of the log
  until   where the range ends, exclusive; NULL: at the end of the log
  tenant  the tenant whose derived data is made anew; NULL: every tenant
Returns
  how many events were put into the timeline
Errors
  22023  since is not before until
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
Notes
  Call it where verify_derived() found something wrong, after events were taken out of the log, and
    after promoted_properties changed: then older events answer by the new properties too.
  What hangs together with the range, that is whole hours and whole chunks, is made anew as well.
  Until it commits, readers go on with what was there.';
