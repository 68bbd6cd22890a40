-- Event volume: how many events, per calendar bucket and name. Counted over the raw rows that the caller may see.

create function telemetry.event_volume(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    events text[] default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, event_name text, events bigint, is_complete boolean)
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
rows 1000
as $$
    with span as materialized (
        -- Read only where an end of the range is open.
        select min(e.event_ts) as first_event, max(e.event_ts) as last_event
          from telemetry.events e
         where (event_volume.since is null or event_volume.until is null)
           and e.event_ts >= coalesce(event_volume.since, '-infinity')
           and e.event_ts < coalesce(event_volume.until, 'infinity')
           and (event_volume.events is null or e.event_name = any (event_volume.events))
           and (event_volume.tenant is null or e.tenant_id = event_volume.tenant)
           and (event_volume.filter is null or e.payload @> event_volume.filter)
    ),
    buckets as materialized (
        select b.bucket, b.is_complete, row_number() over (order by b.bucket) as place
          from span,
               telemetry.time_buckets(event_volume.since, event_volume.until, event_volume.grain, event_volume.tz, span.first_event, span.last_event) b
    ),
    starts as materialized (
        select array_agg(b.bucket order by b.bucket) as list from buckets b
    ),
    counted as materialized (
        -- A sampled event stands for 1/sample_rate events.
        select width_bucket(e.event_ts, (select s.list from starts s)) as place,
               e.event_name,
               count(*) filter (where e.sample_rate is null)
                   + coalesce(round(sum(1 / e.sample_rate::float8))::bigint, 0) as events
          from telemetry.events e
         where e.event_ts >= coalesce(event_volume.since, '-infinity')
           and e.event_ts < coalesce(event_volume.until, 'infinity')
           and (event_volume.events is null or e.event_name = any (event_volume.events))
           and (event_volume.tenant is null or e.tenant_id = event_volume.tenant)
           and (event_volume.filter is null or e.payload @> event_volume.filter)
           and (select s.list from starts s) is not null
         group by 1, 2
    ),
    names as (
        select c.event_name from counted c
        union
        select unnest(event_volume.events)
    )
    select b.bucket, n.event_name, coalesce(c.events, 0), b.is_complete
      from buckets b
      left join names n on true
      left join counted c on c.place = b.place and c.event_name = n.event_name
     order by b.bucket, n.event_name
$$;

comment on function telemetry.event_volume(timestamptz, timestamptz, text, text[], text, uuid, jsonb) is
'Events per calendar bucket and name in [since, until), NULL: all time. grain: hour, day (default), week, month, quarter, year; events: names, NULL all; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see; filter: what the payload must contain. One row per bucket and name, 0 where nothing happened; without any event one row per bucket with a NULL name; without any event and since NULL none. Sampled events count 1/sample_rate. is_complete: the bucket is over and not cut by the range. Errors: 22023 unknown grain or zone, since not before until.';
