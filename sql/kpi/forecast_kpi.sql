-- forecast_kpi(): how any KPI goes on. Twin: src/kpi/forecast_kpi.rs.

-- As telemetry_private.series_forecast(); what has too few buckets is one row with the reason.
create function telemetry_private.kpi_forecast(
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
    reaches_earliest timestamptz, reaches_latest timestamptz, reason text)
language c
stable
parallel safe
rows 14
as 'MODULE_PATHNAME', 'kpi_forecast_wrapper';

create function telemetry.forecast_kpi(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    horizon integer default null,
    reaches double precision default null,
    confidence_level double precision default null,
    seasonality text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, expected double precision, lower double precision, upper double precision, unit text,
    target double precision, reaches_at timestamptz, reaches_earliest timestamptz, reaches_latest timestamptz, reason text, is_other boolean)
language sql
stable
rows 14
begin atomic
    with asked as materialized (
        select telemetry_private.kpi_grain(d.definition, grain) as grain, coalesce(tz, d.definition #>> '{parameters,tz}') as tz,
               coalesce(week_start, d.definition #>> '{parameters,week_start}') as week_start
          from telemetry_private.kpi_definition(forecast_kpi.name) d (definition)
    ),
    series as materialized (
        select k.breakdown_value, k.is_other, min(k.unit) as unit, coalesce(forecast_kpi.reaches, max(k.target)) as target,
               array_agg(k.bucket) as times, array_agg(k.value) as numbers, array_agg(k.is_complete) as complete
          from asked q, telemetry.kpi(forecast_kpi.name, since, until, q.grain, tz, week_start, tenant, last => last) k
         group by k.breakdown_value, k.is_other
    )
    select f.bucket, s.breakdown_value, f.expected, f.lower, f.upper, s.unit, s.target, f.reaches_at, f.reaches_earliest, f.reaches_latest, f.reason, s.is_other
      from asked q, series s,
           telemetry_private.kpi_forecast(s.times, s.numbers, s.complete, q.grain, horizon, s.target, confidence_level, seasonality, q.tz, q.week_start) f
     order by s.is_other, s.breakdown_value nulls first, f.bucket;
end;

comment on function telemetry.forecast_kpi is
'How a KPI will go on, and when it reaches a number: any KPI that kpi() answers by bucket, and each
of its breakdown values, such as the load of every machine.

Arguments
  name     the KPI''s name, of register_kpi() or a pack
  reaches  a number that the KPI may reach; default NULL: its target, where it has one
  the arguments of forecast() but event_name, target and filter
Columns
  bucket            the start of a bucket to come; NULL where there is no forecast
  breakdown_value   what tells the rows of a bucket apart; else NULL
  expected          the value that it will have; NULL of a season never seen
  lower, upper      where the value of one new bucket lies with confidence_level, by Student''s t
  unit              that of the definition
  target            the number that is looked for: reaches, or the KPI''s target
  reaches_at        the first bucket to come in which expected reaches target, as of forecast()
  reaches_earliest  the first one in which the nearer of lower and upper reaches it
  reaches_latest    the first one in which both do; NULL where they never do in the buckets that are
                    looked at, for the further ahead the wider is the range
  reason            why there is no forecast; else NULL
  is_other          whether breakdown_value stands for all values that are not shown apart
Errors
  22004  no name; a kind without buckets of its own and no since
  22023  an unknown KPI; horizon or confidence_level is out of range; an unknown word; a kind that
         has no answer by bucket; whatever else kpi() refuses
Notes
  The line is that of forecast(). It takes two complete buckets more than there are seasons, so 9
    days: a breakdown value with fewer is one row with the reason. A bucket without a value is left
    out.
  The line knows no bounds: a ratio may be expected above 1.';
