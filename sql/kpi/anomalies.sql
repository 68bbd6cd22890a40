-- Anomalies: buckets far from what their weekday makes one expect. Twin: src/kpi/anomalies.rs.

-- As anomalies_of(), of buckets that may not be complete.
create function telemetry_private.series_anomalies(
    times timestamptz[],
    numbers double precision[],
    complete boolean[],
    grain text,
    seasonality text,
    threshold double precision,
    tz text,
    week_start text)
returns table (
    bucket timestamptz, value double precision, expected double precision, score double precision, is_anomaly boolean,
    is_complete boolean)
language c
stable
parallel safe
rows 100
as 'MODULE_PATHNAME', 'series_anomalies_wrapper';

create function telemetry.anomalies(
    event_name text default null,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    seasonality text default null,
    threshold double precision default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    filter jsonb default null,
    last text default null)
returns table (
    bucket timestamptz, value double precision, expected double precision, score double precision, is_anomaly boolean,
    is_complete boolean)
language sql
stable
parallel restricted
rows 100
begin atomic
    select a.bucket, a.value, a.expected, a.score, a.is_anomaly, a.is_complete
      from (select coalesce(pg_catalog.array_agg(v.bucket), '{}') as times,
                   coalesce(pg_catalog.array_agg(v.events), '{}') as numbers,
                   coalesce(pg_catalog.array_agg(v.is_complete), '{}') as complete
              from (select e.bucket, pg_catalog.sum(e.events)::double precision as events, pg_catalog.bool_and(e.is_complete) as is_complete
                      from telemetry.event_volume(case when anomalies.event_name is not null then array[anomalies.event_name] end, since, until, grain, tz => tz, week_start => week_start, tenant => tenant, filter => filter, last => last) e
                     group by e.bucket) v) s,
           telemetry_private.series_anomalies(s.times, s.numbers, s.complete, grain, seasonality, threshold, tz, week_start) a;
end;

create function telemetry.anomalies_of(
    times timestamptz[] default null,
    numbers double precision[] default null,
    grain text default null,
    seasonality text default null,
    threshold double precision default null,
    tz text default null,
    week_start text default null)
returns table (
    bucket timestamptz, value double precision, expected double precision, score double precision, is_anomaly boolean)
language c
stable
parallel safe
rows 100
as 'MODULE_PATHNAME', 'anomalies_of_wrapper';

comment on function telemetry.anomalies is
'In which days or other calendar buckets an event was far more or far less frequent than usual. A
bucket is compared with the others of its season, such as its weekday, by the robust z-score.

Arguments
  event_name   the event; default NULL: all events together
  since, until, last, grain, tz, week_start, tenant, filter: common arguments
  seasonality  weekly (default by day and by hour): by day a season is a weekday, by hour a weekday
               and an hour of the clock, on days too when clocks change; none (default for other
               grains): all buckets are one season
  threshold    the score from which a bucket is an anomaly, above 0; default 3.5
Columns
  bucket       the start of the bucket
  value        how many events, a sampled one as 1/sample_rate
  expected     the median of the complete buckets of the same season; NULL where there are fewer
               than 3
  score        (value - expected) / (1.4826 * the median of |value - expected| over all complete
               buckets); where that median is 0, 1.2533 * their mean stands in its place; NULL where
               the bucket is not complete, or nothing ever differs
  is_anomaly   whether |score| is above threshold
  is_complete  whether the bucket is over and not cut by since or until
Errors
  22023  an unknown grain, zone, week_start, seasonality or event; threshold is not above 0; since
         is not before until
Notes
  The formula is the modified z-score of Iglewicz and Hoaglin (1993).
  It assumes that there is no trend (a range of a few weeks to months keeps it small), that every
    season scatters alike, and that less than half of the buckets of a season are anomalies.';
comment on function telemetry.anomalies_of is
'Which of any numbers, such as a gauge of a resource, were far from usual, as anomalies() tells of
events.

Arguments
  times    when each number was measured
  numbers  numbers[i] was measured at times[i]; a NULL is left out
  the arguments of anomalies() but event_name, since, until, last, tenant and filter
Columns
  value  the mean of the numbers in the bucket
  the columns of anomalies() but value and is_complete
Errors
  22004  no times or no numbers
  22023  times and numbers are not as many; a number is not finite
  the errors of anomalies()
Notes
  Buckets without a number are not shown; the last bucket is judged as well.';
