-- Keeps what KPIs said of events that are about to leave the log. Expiry calls it before anything goes.

-- The tenants that have an event in a range, by the hourly counts and what came after them.
create function telemetry_private.tenants_between(since timestamptz, until timestamptz)
returns setof uuid
language sql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
as $$
    select c.tenant_id from telemetry.hourly_counts c where c.hour > since - interval '1 hour' and c.hour < until
     union
    select e.tenant_id from telemetry.events e
     where e.event_ts >= since and e.event_ts < until and e.ingest_id > (select p.position from telemetry.cursor_positions p where p.consumer = 'hourly_counts')
$$;

-- Stores the rows of buckets that are over, for all tenants together and for each; returns how many buckets those are. Without a
-- breakdown the buckets are asked for at once; with one each by itself, for which values are shown apart depends on the range.
create function telemetry_private.keep_buckets(definition jsonb, grain text, starts timestamptz[], ends timestamptz[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    asked constant jsonb := telemetry_private.kpi_question(definition);
    asked_as constant uuid := md5(asked::text)::uuid;
    own_tenant constant uuid := definition #>> '{parameters,tenant}';
    run record;
    kept timestamptz[];
    of_tenant uuid;
    total bigint := 0;
begin
    for run in
        select starts[1] as since, ends[cardinality(ends)] as until where asked #>> '{parameters,breakdown}' is null
         union all
        select s, e from unnest(starts, ends) u (s, e) where asked #>> '{parameters,breakdown}' is not null
    loop
        with found as materialized (
            select r.* from telemetry_private.kpi_rows(definition, run.since, run.until, grain, null, null, null, true) with ordinality r
        ),
        marked as (
            insert into telemetry.kpi_history_buckets (kpi, question, grain, bucket, next_bucket, asked)
            select definition ->> 'name', asked_as, keep_buckets.grain, u.s, u.e, asked
              from unnest(starts, ends) u (s, e)
             where u.s >= run.since and u.e <= run.until and not exists (select from found f where f.bucket = u.s and not f.is_complete)
            returning bucket
        ),
        told as (
            insert into telemetry.kpi_history (kpi, question, grain, bucket, tenant_id, place, breakdown_value, value, n, is_other, details)
            select definition ->> 'name', asked_as, keep_buckets.grain, f.bucket, own_tenant, row_number() over (partition by f.bucket order by f.ordinality), f.breakdown_value, f.value, f.n, f.is_other, f.details
              from found f
             where f.bucket in (select m.bucket from marked m)
        )
        select array_agg(m.bucket) into kept from marked m;
        continue when kept is null;
        total := total + cardinality(kept);
        for of_tenant in select t from telemetry_private.tenants_between(run.since, run.until) t where own_tenant is null loop
            insert into telemetry.kpi_history (kpi, question, grain, bucket, tenant_id, place, breakdown_value, value, n, is_other, details)
            select definition ->> 'name', asked_as, keep_buckets.grain, r.bucket, of_tenant, row_number() over (partition by r.bucket order by r.ordinality), r.breakdown_value, r.value, r.n, r.is_other, r.details
              from telemetry_private.kpi_rows(definition, run.since, run.until, grain, null, null, of_tenant, true) with ordinality r
             where r.bucket = any (kept);
        end loop;
    end loop;
    return total;
end
$$;

-- Keeps the buckets of every KPI with keep_history that depend on events of a range and are over, then notes that these events go.
-- events: the names of those that go; NULL: all. Returns how many buckets it kept.
--
-- A bucket is over where its end, and the window of those who entered a funnel in it, lie before everything that may still arrive.
-- It is kept once: what was kept stays as it is, also where late events come to its time. Of a bucket of which some events went
-- before it was over, nothing is kept.
create function telemetry_private.keep_kpi_history(since timestamptz, until timestamptz, events text[] default null)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    names_that_go constant text[] := coalesce((select array_agg(distinct e order by e) from unnest(events) e), '{}');
    -- Whole days, so that the ranges of one expiry after the other are one range.
    first_moment constant timestamptz := date_trunc('day', since, 'UTC');
    closed_until timestamptz;
    asked record;
    width text;
    starts timestamptz[];
    ends timestamptz[];
    total bigint := 0;
begin
    if since is null or until is null then
        raise exception 'since and until must not be null' using errcode = '22004', hint = 'They are the range of the events that go.';
    end if;
    if since >= until then
        return 0;
    end if;
    select least(now(), case when c.position = c.safe_until then c.complete_at else c.drawn_since end) into closed_until
      from telemetry.cursor_positions c where c.consumer = 'hourly_counts';
    for asked in
        select d.definition, telemetry_private.kpi_window(d.definition) as window_after, telemetry_private.gone_for(d.definition) as gone,
               md5(telemetry_private.kpi_question(d.definition)::text)::uuid as question
          from telemetry.kpis k,
               lateral (select to_jsonb(k) union select telemetry_private.headline_definition(to_jsonb(k))) d (definition),
               telemetry_private.kpi_events(d.definition) e (names)
         where k.keep_history and (keep_kpi_history.events is null or e.names is null or e.names && names_that_go)
         order by k.name, d.definition
    loop
        foreach width in array telemetry_private.kept_grains(asked.definition) loop
            select array_agg(b.bucket order by b.bucket), array_agg(b.next_bucket order by b.bucket) into starts, ends
              from telemetry.time_buckets(first_moment - asked.window_after, until, width, tz => asked.definition #>> '{parameters,tz}', week_start => asked.definition #>> '{parameters,week_start}') b
             where b.next_bucket + asked.window_after > first_moment and b.next_bucket + asked.window_after <= closed_until
               and not coalesce(tstzrange(b.bucket, b.next_bucket + asked.window_after) && asked.gone, false)
               and not exists (select from telemetry.kpi_history_buckets h
                                where h.kpi = asked.definition ->> 'name' and h.question = asked.question and h.grain = width and h.bucket = b.bucket);
            if starts is not null then
                total := total + telemetry_private.keep_buckets(asked.definition, width, starts, ends);
            end if;
        end loop;
    end loop;
    insert into telemetry.gone_events as g (events, gone)
    values (names_that_go, tstzmultirange(tstzrange(first_moment, until)))
        on conflict on constraint gone_events_pkey do update set gone = g.gone + excluded.gone where not g.gone @> excluded.gone;
    return total;
end
$$;
