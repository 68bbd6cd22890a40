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
    filter jsonb default null)
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
                      from telemetry.event_volume(case when anomalies.event_name is not null then array[anomalies.event_name] end, since, until, grain, tz, week_start, tenant, filter) e
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
'Calendar buckets of [since, until), NULL: all time, in which an event (NULL: all events together) was far more or less frequent than usual, by the robust z-score. expected: the median of the complete buckets of the same season; score: (value - expected) / (1.4826 * median of |value - expected| over all complete buckets), where that median is 0 by 1.2533 * their mean (Iglewicz and Hoaglin 1993); is_anomaly: |score| above threshold, default 3.5. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year, range (one bucket); seasonality: weekly (default for day: the weekday, for hour: weekday and the hour on the clock, on days too when clocks change) or none (default for the others); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant, filter: as event_volume(). Assumptions: no trend (a few weeks to months of range keep it small), every season scatters alike, less than half of a season''s buckets are anomalies. expected NULL: fewer than 3 complete buckets of the season; score NULL: the bucket is not complete, or nothing ever differs. Errors: 22023 an unknown word, threshold not above 0, since not before until.';
comment on function telemetry.anomalies_of is
'As anomalies(), of any numbers (a gauge of a resource): numbers[i] was measured at times[i]. Several in one bucket count as their mean, NULLs are left out, buckets without a number are not shown, the last one is judged as well. Errors: 22004 no times or numbers, 22023 not as many, a number that is not finite; those of anomalies().';
