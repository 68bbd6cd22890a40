-- Active users: distinct actors, per calendar bucket or over a rolling number of days. An actor is a (tenant, user)
-- pair; events without a user belong to nobody. Counted over the raw rows that the caller may see.

create function telemetry.active_users(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    rolling_days integer default null,
    events text[] default null,
    tz text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, actors bigint, is_complete boolean)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
rows 1000
as $$
#variable_conflict use_column
declare
    days_before constant integer := coalesce(active_users.rolling_days, 1) - 1;
    -- What is shown, and from when on events are read: a rolling window begins before the day that it is shown at.
    shown_since timestamptz := active_users.since;
    read_since timestamptz := active_users.since;
    days timestamptz[];
    starts timestamptz[];
    first_event timestamptz;
    last_event timestamptz;
begin
    if active_users.rolling_days not between 1 and 3660 then
        raise exception 'rolling_days must be between 1 and 3660'
            using errcode = '22023', hint = 'telemetry.active_users(rolling_days => 28) counts the actors of 28 days at each day.';
    end if;
    if active_users.rolling_days is not null and coalesce(active_users.grain, 'day') <> 'day' then
        raise exception 'rolling_days needs the grain "day"'
            using errcode = '22023', hint = 'Leave grain or rolling_days of telemetry.active_users() out.';
    end if;
    perform from telemetry.time_buckets(active_users.since, active_users.until, active_users.grain, active_users.tz);

    if active_users.rolling_days is not null and active_users.since is not null then
        select array_agg(b.bucket order by b.bucket desc)
          into days
          from telemetry.time_buckets(
                   active_users.since - (days_before + 2) * interval '24 hours',
                   active_users.since + interval '1 microsecond', 'day', active_users.tz) b;
        shown_since := days[1];
        read_since := days[1 + days_before];
    end if;
    if active_users.since is null or active_users.until is null then
        select min(e.event_ts), max(e.event_ts)
          into first_event, last_event
          from telemetry.events e
         where e.event_ts >= coalesce(read_since, '-infinity')
           and e.event_ts < coalesce(active_users.until, 'infinity')
           and e.user_id is not null
           and (active_users.events is null or e.event_name = any (active_users.events))
           and (active_users.tenant is null or e.tenant_id = active_users.tenant)
           and (active_users.filter is null or e.payload @> active_users.filter);
    end if;
    select array_agg(b.bucket order by b.bucket)
      into starts
      from telemetry.time_buckets(read_since, active_users.until, active_users.grain, active_users.tz, first_event, last_event) b;

    return query
    with active as (
        select distinct width_bucket(e.event_ts, starts) as place, e.tenant_id, e.user_id
          from telemetry.events e
         where starts is not null
           and e.event_ts >= coalesce(read_since, '-infinity')
           and e.event_ts < coalesce(active_users.until, 'infinity')
           and e.user_id is not null
           and (active_users.events is null or e.event_name = any (active_users.events))
           and (active_users.tenant is null or e.tenant_id = active_users.tenant)
           and (active_users.filter is null or e.payload @> active_users.filter)
    ),
    -- An active bucket counts its actor in; the end of the window, or the actor's next active bucket, counts it out.
    changes as (
        select a.place, 1 as change from active a
        union all
        select least(a.place + 1 + days_before, lead(a.place) over (partition by a.tenant_id, a.user_id order by a.place)), -1
          from active a
    ),
    counted as (
        select starts[p.place] as bucket, sum(coalesce(sum(c.change), 0)) over (order by p.place) as actors
          from generate_subscripts(starts, 1) p (place)
          left join changes c on c.place = p.place
         group by p.place
    )
    select b.bucket, c.actors::bigint, b.is_complete
      from telemetry.time_buckets(shown_since, active_users.until, active_users.grain, active_users.tz, first_event, last_event) b
      join counted c on c.bucket = b.bucket
     order by b.bucket;
end
$$;

comment on function telemetry.active_users(timestamptz, timestamptz, text, integer, text[], text, uuid, jsonb) is
'Distinct users with an event, per calendar bucket in [since, until), NULL: all time; with rolling_days, per day the distinct users of the n local days that end with it, those before since included. grain: hour, day (default), week, month, quarter, year; events: names that count, NULL all; tz: IANA name, default the session''s; tenant: NULL every tenant that the caller may see, a user of two tenants being two actors; filter: what the payload must contain. Events without a user count for nobody. One row per bucket, 0 where nobody came; no row without any event where since is NULL. is_complete: the bucket is over and not cut by the range. Errors: 22023 unknown grain or zone, since not before until, rolling_days not 1 to 3660 or not by day.';
