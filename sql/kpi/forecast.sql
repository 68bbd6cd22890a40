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
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz)
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
    filter jsonb default null)
returns table (
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz)
language sql
stable
parallel restricted
rows 14
begin atomic
    select f.bucket, f.expected, f.lower, f.upper, f.reaches_at
      from (select coalesce(pg_catalog.array_agg(v.bucket), '{}') as times,
                   coalesce(pg_catalog.array_agg(v.events), '{}') as numbers,
                   coalesce(pg_catalog.array_agg(v.is_complete), '{}') as complete
              from (select e.bucket, pg_catalog.sum(e.events)::double precision as events, pg_catalog.bool_and(e.is_complete) as is_complete
                      from telemetry.event_volume(case when forecast.event_name is not null then array[forecast.event_name] end, since, until, grain, tz, week_start, tenant, filter) e
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
    bucket timestamptz, expected double precision, lower double precision, upper double precision, reaches_at timestamptz)
language c
stable
parallel safe
rows 14
as 'MODULE_PATHNAME', 'forecast_of_wrapper';

comment on function telemetry.forecast is
'How often an event (NULL: all events together) will happen: least squares over the complete buckets of [since, until), NULL: all time, of a straight line in the bucket''s number with a level for each season, drawn on for horizon buckets (default 14, at most 1000). lower, upper: where one new bucket lies with confidence_level (default 0.95), by Student''s t. grain: minute, 5 minutes, 10 minutes, 15 minutes, hour, day (default), week, month, quarter, year; seasonality: weekly (default for day: the weekday, for hour: weekday and the hour on the clock, on days too when clocks change) or none (default for the others); tz: IANA name, default the session''s; week_start: monday (default) to sunday; tenant, filter: as event_volume(). reaches_at: the first bucket after those seen, up to 3653 of them (ten years of days), in which expected reaches target, from below where the line rises or is level, from above where it falls; the same in every row, NULL without target or where it does not. Assumptions: the growth goes on as it was, is the same for every season, and deviations are independent and alike; lower may be negative. expected NULL: a season never seen. Errors: 22023 too few complete buckets (two more than seasons, so 9 days), horizon or confidence_level out of range, an unknown word, since not before until.';
comment on function telemetry.forecast_of is
'As forecast(), of any numbers (when is the disk full): numbers[i] was measured at times[i]. Several in one bucket count as their mean, NULLs and buckets without a number are left out. Errors: 22004 no times or numbers, 22023 not as many, a number that is not finite; those of forecast().';
