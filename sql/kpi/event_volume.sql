-- Event volume: how many events, per calendar bucket and name. Twin: src/kpi/event_volume.rs.

create function telemetry.event_volume(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    breakdown text default null,
    top_n integer default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, breakdown_value text, event_name text, events double precision, is_complete boolean, is_other boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'event_volume_wrapper';

comment on function telemetry.event_volume is
'How many events there were, per name and per day or other calendar bucket.

Arguments
  since, until, last, grain, breakdown, top_n, tz, week_start, tenant, filter: common arguments
  events  names that count; default NULL: all
Columns
  bucket           the start of the bucket
  breakdown_value  the value of breakdown; NULL without breakdown, and of events without one
  event_name       the name; NULL where there is no event at all
  events           how many, a sampled one as 1/sample_rate, unrounded, so that buckets add up to
                   their range; 0 where nothing happened
  is_complete      whether the bucket is over and not cut by since or until
  is_other         whether the row is $other, all values that are not shown apart; a value of the
                   log that is spelled $other is not
Errors
  22023  an unknown grain, zone, week_start or event; a filter that is none; since is not before
         until; a breakdown that is no key; top_n is out of range or without breakdown
  53200  there are more values than telemetry.kpi_memory holds
Notes
  There is one row per bucket and name; without any event there is one row per bucket, and none
    where since is NULL too. With a breakdown there is one per bucket, value and name that has the
    value.
  The values that are shown apart have the most events.';
