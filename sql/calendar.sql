-- Calendar buckets are what every KPI groups by. Twin: src/calendar.rs.

alter function telemetry_private.time_buckets rows 100;

create function telemetry.time_buckets(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    first_event timestamptz default null,
    last_event timestamptz default null,
    tz text default null,
    week_start text default null)
returns table (bucket timestamptz, next_bucket timestamptz, is_complete boolean)
language sql
stable
parallel safe
rows 100
begin atomic
    select b.bucket, b.next_bucket, b.is_complete
      from telemetry_private.time_buckets(since, until, grain, tz, first_event, last_event, week_start) b;
end;

comment on function telemetry.time_buckets is
'Lists the calendar buckets that a range touches, in order: what every KPI groups by.

Arguments
  since        where the range begins; NULL: at first_event
  until        where the range ends, exclusive; NULL: at last_event or now, whichever is later
  grain        the width of a bucket by the clock of the zone: minute, 5 minutes, 10 minutes, 15
               minutes, hour, day (default), week, month, quarter, year; or range, the one bucket
               [since, until), which needs both
  first_event  where the range begins if since is NULL; where it is NULL too there are no rows
  last_event   where the range ends if until is NULL and it is later than now; default NULL
  tz           the time zone: a name of pg_timezone_names in upper or lower case; default the
               session''s; an offset is refused, since PostgreSQL would count it westwards
  week_start   the day on which a week begins: monday (default) to sunday
Columns
  bucket       when the bucket begins
  next_bucket  when the next one begins
  is_complete  the bucket is over, and not cut by since or until
Errors
  22023  an unknown grain, zone or week_start; since is not before until; more than 100000 buckets
Notes
  Each local day is one row, also where clocks change.';
