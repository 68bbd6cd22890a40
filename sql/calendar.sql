-- Calendar buckets are what every KPI groups by. Twins: src/calendar.rs, src/calendar/period.rs.

create function telemetry.time_buckets(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    first_event timestamptz default null,
    last_event timestamptz default null,
    tz text default null,
    week_start text default null)
returns table (bucket timestamptz, next_bucket timestamptz, is_complete boolean)
language c
stable
parallel safe
rows 100
as 'MODULE_PATHNAME', 'time_buckets_wrapper';

comment on function telemetry.time_buckets is
'Lists the calendar buckets that a range touches, in order: what every KPI groups by.

Arguments
  since        where the range begins; NULL: at first_event
  until        where the range ends, exclusive; NULL: at last_event or now, whichever is later
  grain        the width of a bucket by the clock of the zone: minute, 5 minutes, 10 minutes, 15
               minutes, hour, day (default), week, month, quarter, year; or range, the one bucket
               from since to until
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

create function telemetry.period(
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    last text default null)
returns table (range_since timestamptz, range_until timestamptz)
language c
stable
parallel safe
rows 1
as 'MODULE_PATHNAME', 'period_wrapper';

comment on function telemetry.period is
'The range that since, until and last ask about, as every KPI understands them: for SQL of your own
beside them.

Arguments
  since, until, last, tz, week_start: common arguments
  grain  the buckets of which the first one is whole: minute, 5 minutes, 10 minutes, 15 minutes,
         hour, day (default), week, month, quarter, year; range: none
Columns
  range_since  where the range begins; NULL: it is open
  range_until  where it ends, exclusive; NULL: it is open
Errors
  22023  an unknown grain, zone or week_start; since is not before until; since beside last; last is
         no number and unit';
