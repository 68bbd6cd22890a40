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
    filter jsonb default null,
    last text default null)
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
              from telemetry.event_volume(array[opened, closed], since, until, grain, tz => tz, week_start => week_start, tenant => tenant, filter => filter, last => last) v
             group by v.bucket, v.is_complete
        ),
        before as (
            select coalesce(sum(case when v.event_name = opened then v.events else -v.events end), 0) as backlog
              from telemetry.period(since, until, grain, tz, week_start, last) r,
                   telemetry.event_volume(array[opened, closed], until => r.range_since, grain => 'year', tz => 'UTC', tenant => tenant, filter => filter) v
             where r.range_since is not null
        )
        select c.bucket, b.backlog + sum(c.opened_events - c.closed_events) over (order by c.bucket),
               c.opened_events, c.closed_events, c.is_complete
          from counted c cross join before b
         order by c.bucket;
end
$$;

comment on function telemetry.backlog is
'How long a queue is: the items that were opened and not yet closed at the end of each day or other
calendar bucket. Items are logged when they come and when they go.

Arguments
  opened  the event that opens an item
  closed  the event that closes one
  since, until, last, grain, tz, week_start, tenant, filter: common arguments
Columns
  bucket                        the start of the bucket
  backlog                       events named opened less events named closed, over all history up to
                                the end of the bucket; negative where more was closed than opened
  opened_events, closed_events  how many of each lie in the bucket
  is_complete                   whether the bucket is over and not cut by since or until
Errors
  22023  opened and closed are not two different names; an unknown grain, zone, week_start or event;
         since is not before until
Notes
  A sampled event counts 1/sample_rate.
  The filter is for both events.
  There is one row per bucket, and none where since is NULL and there is no event.';
