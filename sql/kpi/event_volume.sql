-- Event volume: how many events, per calendar bucket and name. Twin: src/kpi/event_volume.rs.

create function telemetry.event_volume(
    events text[] default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (bucket timestamptz, event_name text, events double precision, is_complete boolean)
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'event_volume_wrapper';

comment on function telemetry.event_volume is
'How many events there were, per name and per day or other calendar bucket.

Arguments
  since, until, last, grain, tz, week_start, tenant, filter: common arguments
  events  names that count; default NULL: all
Columns
  bucket       the start of the bucket
  event_name   the name; NULL where there is no event at all
  events       how many, a sampled one as 1/sample_rate, unrounded, so that buckets add up to their
               range; 0 where nothing happened
  is_complete  whether the bucket is over and not cut by since or until
Errors
  22023  an unknown grain, zone, week_start or event; a filter that is none; since is not before
         until
Notes
  There is one row per bucket and name; without any event there is one row per bucket, and none
    where since is NULL too.';
