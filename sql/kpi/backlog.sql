-- Backlog: how much was opened and not yet closed at the end of each bucket. The difference of two running counts, so it
-- reads what event_volume() reads.

create function telemetry.backlog(
    opened text,
    closed text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null)
returns table (bucket timestamptz, backlog double precision, opened_events double precision, closed_events double precision, is_complete boolean)
language plpgsql
stable
parallel restricted
set search_path = pg_catalog, pg_temp
rows 100
as $$
begin
    if opened is null or closed is null or opened = closed then
        raise exception 'a backlog needs two events: what opens an item and what closes one'
            using errcode = '22023', hint = 'For example: telemetry.backlog(''dlq_item_added'', ''dlq_item_resolved'').';
    end if;
    return query
        with counted as (
            select v.bucket, sum(v.events) filter (where v.event_name = opened) as opened_events,
                   sum(v.events) filter (where v.event_name = closed) as closed_events, v.is_complete
              from telemetry.event_volume(array[opened, closed], since, until, grain, tz, week_start, tenant, filter) v
             group by v.bucket, v.is_complete
        ),
        before as (
            select coalesce(sum(case when v.event_name = opened then v.events else -v.events end), 0) as backlog
              from telemetry.event_volume(array[opened, closed], null, since, 'year', 'UTC', tenant => tenant, filter => filter) v
             where since is not null
        )
        select c.bucket, b.backlog + sum(c.opened_events - c.closed_events) over (order by c.bucket),
               c.opened_events, c.closed_events, c.is_complete
          from counted c cross join before b
         order by c.bucket;
end
$$;

comment on function telemetry.backlog is
'Events named opened less events named closed, over all history up to the end of each calendar bucket of [since, until), NULL: all time: the length of a queue whose items are logged when they come and when they go; and the events of both in the bucket. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant: NULL every tenant that the caller may see; filter: what the payloads of both must contain. Sampled events count 1/sample_rate. It is negative where more was closed than opened. is_complete: the bucket is over and not cut by the range. One row per bucket; without any event and since NULL none. Errors: 22023 not two different names, unknown grain, zone or week_start, since not before until.';
