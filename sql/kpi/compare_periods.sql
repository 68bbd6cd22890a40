-- compare_periods(): a KPI before and after a moment. Twin: src/kpi/compare_periods.rs.

-- Whether two periods differ by more than chance: as shares of n where `is_share`, else by the values of their buckets.
create function telemetry_private.periods_chance(
    is_share boolean,
    value_before double precision,
    n_before double precision,
    value_after double precision,
    n_after double precision,
    buckets_before double precision[],
    buckets_after double precision[])
returns table (p_value double precision, test text, reason text)
language c
immutable
parallel safe
rows 1
as 'MODULE_PATHNAME', 'periods_chance_wrapper';

-- Whether a KPI's value is a share of n of whom each counts once: then two of them are compared as shares.
create function telemetry_private.is_share(definition jsonb)
returns boolean
language sql
stable
begin atomic
    select (k.kind, coalesce(definition ->> 'value_column', k.value_columns[1]))
           in (('actor_ratio', 'ratio'), ('object_ratio', 'ratio'), ('feature_adoption', 'rate'), ('funnel', 'rate_from_first'), ('funnel_trend', 'rate_from_first'))
           and definition #>> '{parameters,count}' is distinct from 'entries'
      from telemetry.kpi_kinds() k
     where k.kind = definition ->> 'kind';
end;

-- A confidence level, whose default is 0.95.
create function telemetry_private.checked_confidence(confidence_level double precision)
returns double precision
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(confidence_level, 0.95) > 0 and coalesce(confidence_level, 0.95) < 1 then
        return coalesce(confidence_level, 0.95);
    end if;
    raise exception 'confidence_level must be between 0 and 1'
        using errcode = '22023', hint = 'For an interval of 95 %: confidence_level => 0.95.';
end
$$;

-- A KPI's numbers in the two periods, by breakdown value, with the values of their complete buckets; `moment` counts as now. It names
-- no private function, for it runs with the caller's rights.
create function telemetry_private.period_values(definition jsonb, at timestamptz, width interval, grain text, tz text, week_start text, tenant uuid, moment timestamptz)
returns table (
    breakdown_value text, is_other boolean, unit text, value_before double precision, value_after double precision, n_before double precision, n_after double precision,
    is_complete boolean, has_buckets boolean, numbers_before double precision[], numbers_after double precision[], range_since timestamptz, range_until timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
#variable_conflict use_column
declare
    name constant text := definition ->> 'name';
    zone constant text := coalesce(period_values.tz, definition #>> '{parameters,tz}', current_setting('TimeZone'));
    own_grain text;
    span interval := coalesce(period_values.width, '28 days');
    -- A kind that has no answer by bucket is told by its whole periods alone.
    answers_by_bucket boolean;
    before_since timestamptz;
    after_until timestamptz;
begin
    select k.bucket_kind is not null, coalesce(nullif(coalesce(period_values.grain, definition #>> '{parameters,grain}', k.own_grain), 'range'), 'day') into answers_by_bucket, own_grain
      from telemetry.kpi_kinds() k
     where k.kind = definition ->> 'kind';
    if period_values.at is null then
        raise exception 'at must not be null'
            using errcode = '22004', hint = 'It is the moment of the change: telemetry.compare_periods(''signups_daily'', ''2026-03-01'').';
    end if;
    if not isfinite(period_values.at) then
        raise exception 'at must be a finite time' using errcode = '22023', hint = 'It is the moment of the change, such as a release.';
    end if;
    if not period_values.at + span > period_values.at then
        raise exception 'width must be above 0'
            using errcode = '22023', hint = 'It is how long each period is: width => ''28 days''.';
    end if;
    after_until := (period_values.at at time zone zone + span) at time zone zone;
    if after_until > moment then
        -- As much before as there is after.
        select max(b.next_bucket) into after_until
          from telemetry.time_buckets(period_values.at, greatest(moment, period_values.at + interval '1 microsecond'), own_grain, tz => zone, week_start => coalesce(period_values.week_start, definition #>> '{parameters,week_start}')) b
         where b.next_bucket <= moment and b.next_bucket > period_values.at;
        if after_until is null then
            raise exception 'no % after "at" is over yet', own_grain
                using errcode = '22023', hint = 'Give an earlier moment, or a finer grain.';
        end if;
        span := after_until at time zone zone - period_values.at at time zone zone;
    end if;
    before_since := (period_values.at at time zone zone - span) at time zone zone;
    return query
        with before as materialized (
            select k.* from telemetry.kpi(name, before_since, period_values.at, 'range', period_values.tz, period_values.week_start, period_values.tenant) k
        ),
        later as materialized (
            select k.* from telemetry.kpi(name, period_values.at, after_until, 'range', period_values.tz, period_values.week_start, period_values.tenant) k
        ),
        both_periods as (
            select coalesce(b.breakdown_value, a.breakdown_value) as breakdown_value, coalesce(b.is_other, a.is_other) as is_other, coalesce(b.unit, a.unit) as unit,
                   b.value as value_before, a.value as value_after, b.n as n_before, a.n as n_after, coalesce(b.is_complete and a.is_complete, false) as is_complete
              from before b
              full join later a on coalesce(a.breakdown_value, '') = coalesce(b.breakdown_value, '') and (a.breakdown_value is null) = (b.breakdown_value is null) and a.is_other = b.is_other
        ),
        buckets as materialized (
            select k.breakdown_value, k.is_other, k.bucket < period_values.at as is_before, array_agg(k.value) filter (where k.is_complete and k.value is not null) as numbers
              from (select k.* from telemetry.kpi(name, before_since, period_values.at, own_grain, period_values.tz, period_values.week_start, period_values.tenant) k where answers_by_bucket
                    union all
                    select k.* from telemetry.kpi(name, period_values.at, after_until, own_grain, period_values.tz, period_values.week_start, period_values.tenant) k where answers_by_bucket) k
             group by k.breakdown_value, k.is_other, k.bucket < period_values.at
        )
        select p.breakdown_value, p.is_other, p.unit, p.value_before, p.value_after, p.n_before, p.n_after, p.is_complete, answers_by_bucket, b.numbers, a.numbers, before_since, after_until
          from both_periods p
          left join buckets b on b.is_before and b.breakdown_value is not distinct from p.breakdown_value and b.is_other = p.is_other
          left join buckets a on not a.is_before and a.breakdown_value is not distinct from p.breakdown_value and a.is_other = p.is_other
         -- They are asked for also where the periods have no rows: of several logs, another one may have some.
         where (select count(*) from buckets) >= 0;
end
$$;

create function telemetry.compare_periods(
    name text,
    at timestamptz,
    width interval default null,
    grain text default null,
    confidence_level double precision default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null)
returns table (
    breakdown_value text, value_before double precision, value_after double precision, difference double precision, relative_change double precision,
    n_before double precision, n_after double precision, unit text, is_significant boolean, p_value double precision, test text, reason text,
    buckets_before integer, buckets_after integer, range_since timestamptz, range_until timestamptz, is_complete boolean, is_other boolean)
language sql
stable
rows 10
begin atomic
    select p.breakdown_value, p.value_before, p.value_after, p.value_after - p.value_before, (p.value_after - p.value_before) / nullif(abs(p.value_before), 0),
           p.n_before, p.n_after, p.unit, c.p_value < 1 - telemetry_private.checked_confidence(confidence_level), c.p_value, c.test,
           case when p.is_other then 'what is not shown apart may be others before and after'
                when not p.has_buckets and not telemetry_private.is_share(d.definition) then 'the KPI has no answer by bucket'
                else c.reason end,
           coalesce(cardinality(p.numbers_before), 0), coalesce(cardinality(p.numbers_after), 0), p.range_since, p.range_until, p.is_complete, p.is_other
      from telemetry_private.kpi_definition(compare_periods.name) d (definition)
     cross join lateral telemetry_private.period_values(case when telemetry_private.checked_confidence(confidence_level) > 0 then d.definition end, at, width, grain, tz, week_start, tenant, telemetry_private.moment()) p
      left join lateral telemetry_private.periods_chance(telemetry_private.is_share(d.definition), p.value_before, p.n_before, p.value_after, p.n_after, p.numbers_before, p.numbers_after) c
             on not p.is_other
     order by p.is_other, p.breakdown_value nulls first;
end;

comment on function telemetry.compare_periods is
'What a KPI was before and after a moment, such as a release, and whether the difference is chance.

Arguments
  name      the KPI''s name, of register_kpi() or a pack
  at        when the change came: the one period ends and the other one begins
  width     how long each period is; default 28 days, whole weeks, so that both have the same
            weekdays
  grain     the buckets whose values the test compares; default the definition''s or the function''s
  confidence_level  above which a difference is significant, between 0 and 1; default 0.95
  tz, week_start, tenant: common arguments
Columns
  breakdown_value  what tells the rows of a KPI apart; else NULL
  value_before, value_after  the value of each period as a whole, as kpi() tells it with grain range
  difference       value_after - value_before
  relative_change  difference / |value_before|; NULL where value_before is 0
  n_before, n_after  what the values are of, see kpi()
  unit             that of the definition
  is_significant   whether p_value is below 1 - confidence_level; NULL where it is
  p_value          how likely chance alone makes so large a difference, two-sided; NULL where that
                   cannot be told
  test             what p_value is of: two proportions, Fisher or Mann-Whitney
  reason           why p_value is NULL; else NULL
  buckets_before, buckets_after  how many complete buckets with a value the test has
  range_since, range_until  where the first period begins and the second one ends
  is_complete      whether both periods are over, and the windows of what began in them
  is_other         whether breakdown_value stands for all values that are not shown apart
Errors
  22004  no name or no at
  22023  an unknown KPI; width is not above 0; no bucket after at is over yet; whatever else kpi()
         refuses
Notes
  Where at + width is not over yet, both periods are as long as the buckets after at that are.
  Shares of actors or objects (the ratio of actor_ratio and object_ratio, the rate of
    feature_adoption, rate_from_first of funnels that count actors) are told by the pooled z-test of
    two proportions, and by Fisher''s exact test where fewer than 5 are expected of anything. It
    takes who is in both periods for two people, and then tells rather too little than too much.
  All other values are told by the test of Mann and Whitney (1947) over the buckets of both periods:
    exact up to 20 buckets each without ties, else by the normal approximation with the correction
    for ties and continuity. It takes 4 buckets of each period. A bucket that at cuts is of neither.
    It takes buckets for independent: where one day resembles the day before, p_value is too small.
  A difference is no cause: what else changed at that moment is in it.';
