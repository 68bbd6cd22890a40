-- Forecasts: a straight line with a level for each weekday, drawn on. Twin: src/kpi/forecast.rs.

-- As forecast_of(), of buckets that may not be complete.
create function telemetry_private.series_forecast(
    times timestamptz[],
    numbers double precision[],
    complete boolean[],
    grain text,
    horizon integer,
    target double precision,
    confidence_level double precision,
    seasonality text,
    tz text,
    week_start text)
returns table (
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz,
    reaches_earliest timestamptz, reaches_latest timestamptz)
language c
stable
parallel safe
rows 14
as 'MODULE_PATHNAME', 'series_forecast_wrapper';

create function telemetry.forecast(
    event_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    horizon integer default null,
    target double precision default null,
    confidence_level double precision default null,
    seasonality text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz,
    reaches_earliest timestamptz, reaches_latest timestamptz)
language sql
stable
parallel restricted
rows 14
begin atomic
    select f.bucket, f.expected, f.lower, f.upper, f.reaches_at, f.reaches_earliest, f.reaches_latest
      from (select coalesce(pg_catalog.array_agg(v.bucket), '{}') as times,
                   coalesce(pg_catalog.array_agg(v.events), '{}') as numbers,
                   coalesce(pg_catalog.array_agg(v.is_complete), '{}') as complete
              from (select e.bucket, pg_catalog.sum(e.events)::double precision as events, pg_catalog.bool_and(e.is_complete) as is_complete
                      from telemetry.event_volume(case when forecast.event_name is not null then array[forecast.event_name] end, since, until, grain, tz => tz, week_start => week_start, tenant => tenant, filter => filter, last => last) e
                     group by e.bucket) v) s,
           telemetry_private.series_forecast(s.times, s.numbers, s.complete, grain, horizon, target, confidence_level, seasonality, tz, week_start) f;
end;

create function telemetry.forecast_of(
    times timestamptz[] default null,
    numbers double precision[] default null,
    grain text default null,
    horizon integer default null,
    target double precision default null,
    confidence_level double precision default null,
    seasonality text default null,
    tz text default null,
    week_start text default null)
returns table (
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz,
    reaches_earliest timestamptz, reaches_latest timestamptz)
language c
stable
parallel safe
rows 14
as 'MODULE_PATHNAME', 'forecast_of_wrapper';

comment on function telemetry.forecast is
'How often an event will happen in the next days or other calendar buckets, and when it reaches a
target. A straight line with a level for each season is fitted by least squares and drawn on.

Arguments
  event_name        the event; default NULL: all events together
  since, until, last, tz, week_start, tenant, filter: common arguments
  grain             the width of a bucket: minute, 5 minutes, 10 minutes, 15 minutes, hour, day
                    (default), week, month, quarter or year
  horizon           how many buckets are foretold, 1 to 1000; default 14
  target            a number of events in a bucket; default NULL: none
  confidence_level  of lower and upper, between 0 and 1; default 0.95
  seasonality       weekly (default by day and by hour): by day a season is a weekday, by hour a
                    weekday and an hour of the clock, on days too when clocks change; none (default
                    for other grains): all buckets are one season
Columns
  bucket        the start of a bucket to come
  expected      how many events it will have; NULL of a season never seen
  lower, upper  where one new bucket lies with confidence_level, by Student''s t; lower may be
                negative
  reaches_at    the first bucket after those seen, up to 3653 of them (ten years of days), in which
                expected reaches target: from below where the line lies below it at the last bucket
                seen, on average over the seasons, else from above. The same in every row; NULL
                without target, and where it does not: a line that has passed target and goes on
                does not reach it again
  reaches_earliest, reaches_latest  the same of the end of the range that reaches target first, and
                of the other one, which may never: the further ahead, the wider is the range
Errors
  22023  too few complete buckets (two more than seasons, so 9 days); horizon or confidence_level is
         out of range; an unknown word or event; since is not before until
Notes
  The line is fitted over the complete buckets of the range, in the number of the bucket.
  It assumes that growth goes on as it was and is the same for every season, and that deviations are
    independent and alike.';
comment on function telemetry.forecast_of is
'How any numbers go on, such as when a disk is full, as forecast() tells of events.

Arguments
  times    when each number was measured
  numbers  numbers[i] was measured at times[i]; a NULL is left out
  target   a number that may be reached; default NULL: none
  the arguments of forecast() but event_name, since, until, last, target, tenant and filter
Columns
  expected  the number that the bucket will have; NULL of a season never seen
  the columns of forecast() but expected
Errors
  22004  no times or no numbers
  22023  times and numbers are not as many; a number is not finite
  the errors of forecast()
Notes
  Several numbers in one bucket count as their mean; buckets without a number are left out.';
