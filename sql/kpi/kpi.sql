-- kpi(): asks a KPI by its name.

-- The rows of a definition in a range, without its target. Where events that it asks about left the log by their age, those of kept
-- buckets are among them.
create function telemetry_private.kpi_rows(
    definition jsonb, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, is_detailed boolean default false)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, has_target boolean, is_complete boolean, is_other boolean, n double precision, details jsonb, from_history boolean)
language sql
stable
rows 100
begin atomic
    -- The statement is made with what the first row says, so that it is made where that is wanted alone.
    with gone as materialized (
        select case when telemetry_private.begin_question(array[definition ->> 'name', definition ->> 'kind', definition ->> 'parameters', grain], since, until)
                    then telemetry_private.gone_for(definition) end as times
    ),
    log as materialized (
        select case when telemetry_private.asks_history(
                             definition ->> 'kind', g.times is not null,
                             g.times is not null and g.times && tstzrange(since, until + telemetry_private.kpi_window(definition)))
                    then g.times end as gone
          from gone g
    )
    select a.bucket, a.breakdown_value, a.value, a.has_target, a.is_complete, a.is_other, a.n, a.details, false
      from log l,
           lateral telemetry_private.kpi_statement(definition, telemetry_private.kpi_grain(definition, null), since, until, case when l.gone is null then grain end, tz, tenant, week_start, is_detailed) s (statement),
           lateral telemetry_private.answer_kpi(s.statement, definition -> 'parameters', since, until, grain, tz, tenant, week_start) a
     where l.gone is null
     union all
    select r.bucket, r.breakdown_value, r.value, r.has_target, r.is_complete, r.is_other, r.n, r.details, r.from_history
      from log l,
           lateral telemetry_private.rows_with_history(definition, since, until, grain, tz, week_start, tenant, is_detailed, l.gone) r
     where l.gone is not null;
end;

-- Whether a KPI's value is a number of events, sessions and the like, of which twice the time has twice as many.
create function telemetry_private.is_amount(definition jsonb)
returns boolean
language sql
stable
begin atomic
    select k.kind = 'sum_of' or k.count_column <> 'actors' and coalesce(definition ->> 'value_column', k.value_columns[1]) = k.count_column
      from telemetry.kpi_kinds() k
     where k.kind = definition ->> 'kind';
end;

-- What a KPI was in the period that its target is relative to, by breakdown_value. An amount is that of one bucket of the grain,
-- or of as much time as lies in the range, as far as that is over.
create function telemetry_private.kpi_baseline(definition jsonb, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid)
returns table (breakdown_value text, value double precision)
language sql
stable
rows 10
begin atomic
    with asked as materialized (
        select cast(definition ->> 'baseline_since' as timestamptz) as since, cast(definition ->> 'baseline_until' as timestamptz) as until,
               telemetry_private.is_amount(definition) as is_amount, telemetry_private.kpi_grain(definition, grain) as grain
    )
    select b.breakdown_value, sum(b.value) / (select nullif(count(*), 0) from telemetry.time_buckets(q.since, q.until, q.grain, tz => tz, week_start => week_start) t where t.is_complete)
      from asked q, telemetry_private.kpi_rows(definition, q.since, q.until, q.grain, tz, week_start, tenant) b
     where q.is_amount and q.grain <> 'range' and b.is_complete
     group by b.breakdown_value, q.since, q.until, q.grain
     union all
    select b.breakdown_value,
           b.value * case when q.is_amount then extract(epoch from least(kpi_baseline.until, greatest(telemetry_private.moment(), kpi_baseline.since)) - kpi_baseline.since)::double precision / extract(epoch from q.until - q.since)::double precision else 1 end
      from asked q, telemetry_private.kpi_rows(definition, q.since, q.until, 'range', tz, week_start, tenant) b
     where not (q.is_amount and q.grain <> 'range');
end;

-- Answers a definition, registered or not, with the caller's rights.
create function telemetry_private.ask_kpi(
    definition jsonb, since timestamptz, until timestamptz, grain text, tz text, week_start text, tenant uuid, last text, is_detailed boolean default false)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, n double precision, unit text, target double precision, target_is text,
    is_met boolean, is_complete boolean, is_other boolean, details jsonb, from_history boolean)
language sql
stable
rows 100
begin atomic
    with asked as materialized (
        select r.range_since, r.range_until
          from telemetry.period(since, until, telemetry_private.kpi_grain(definition, grain), coalesce(tz, definition #>> '{parameters,tz}'), coalesce(week_start, definition #>> '{parameters,week_start}'), last) r
    ),
    baseline (values) as materialized (
        select jsonb_object_agg(coalesce(b.breakdown_value, ''), b.value)
          from asked r, telemetry_private.kpi_baseline(definition, r.range_since, r.range_until, grain, tz, week_start, tenant) b
         where definition ->> 'target_change' is not null
    )
    select a.bucket, a.breakdown_value, a.value, a.n, definition ->> 'unit', t.target, t.target_is,
           case t.target_is when 'at_least' then a.value >= t.target when 'at_most' then a.value <= t.target end,
           a.is_complete, a.is_other, a.details, a.from_history
      from asked r, baseline b,
           telemetry_private.kpi_rows(definition, r.range_since, r.range_until, grain, tz, week_start, tenant, is_detailed) a,
           lateral (select case when a.has_target
                                then coalesce(cast(definition ->> 'target' as double precision),
                                              cast(b.values ->> coalesce(a.breakdown_value, '') as double precision) * (1 + cast(definition ->> 'target_change' as double precision))) end,
                           case when a.has_target then definition ->> 'target_is' end) t (target, target_is);
end;

-- The row that stands for all rows of a KPI's range: the one that the target is for; the last step of a funnel; the first period
-- after a cohort's own; the first fraction of percentiles; the top of a ranking; else the one of the most. A count is added up, and
-- a breakdown of what is of events or actors is left out.
create function telemetry_private.kpi_headline(definition jsonb, since timestamptz, until timestamptz, tz text, week_start text, tenant uuid, last text)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, n double precision, unit text, target double precision, target_is text,
    is_met boolean, is_complete boolean, is_other boolean, from_history boolean)
language sql
stable
rows 1
begin atomic
    with asked as materialized (
        select definition ->> 'kind' as kind, definition ->> 'target_for' is null as is_whole,
               definition ->> 'kind' in ('event_volume', 'activity_heatmap', 'extraction_outcomes') and definition ->> 'target_for' is null as adds_up
    ),
    answer as materialized (
        select a.*, row_number() over () as place
          from asked q,
               telemetry_private.ask_kpi(
                   telemetry_private.headline_definition(definition),
                   since, until, 'range', tz, week_start, tenant, last) a
    ),
    added as (
        select min(a.bucket) as bucket, sum(a.value) as value, sum(a.n) as n, min(a.unit) as unit, case when definition ->> 'target_change' is null then max(a.target) else sum(a.target) end as target, max(a.target_is) as target_is, bool_and(a.is_complete) as is_complete, bool_or(a.from_history) as from_history
          from answer a, asked q
         where q.adds_up
        having count(*) > 0
    )
    select d.bucket, null::text, d.value, d.n, d.unit, d.target, d.target_is,
           case d.target_is when 'at_least' then d.value >= d.target when 'at_most' then d.value <= d.target end, d.is_complete, false, d.from_history
      from added d
     union all
    (select a.bucket, a.breakdown_value, a.value, a.n, a.unit, a.target, a.target_is, a.is_met, a.is_complete, a.is_other, a.from_history
       from answer a, asked q
      where not q.adds_up and (q.is_whole or a.target is not null)
      order by case when q.kind in ('funnel', 'funnel_trend') then -a.place
                    when q.kind = 'retention' and a.breakdown_value ~ '^[0-9]+$' then abs(cast(a.breakdown_value as integer) - 1)
                    when q.kind in ('percentiles', 'percentiles_sketched', 'top_values', 'next_events', 'user_engagement', 'lifecycle', 'stickiness') then 0
                    else -a.n end,
               a.place
      limit 1);
end;

-- Parallel unsafe: kinds over the application's tables are.
create function telemetry.kpi(
    name text,
    since timestamptz default null,
    until timestamptz default null,
    grain text default null,
    tz text default null,
    week_start text default null,
    tenant uuid default null,
    headline boolean default null,
    last text default null)
returns table (
    bucket timestamptz, breakdown_value text, value double precision, n double precision, unit text, target double precision, target_is text,
    is_met boolean, is_complete boolean, is_other boolean, from_history boolean)
language sql
stable
rows 100
begin atomic
    select a.bucket, a.breakdown_value, a.value, a.n, a.unit, a.target, a.target_is, a.is_met, a.is_complete, a.is_other, a.from_history
      from telemetry_private.ask_kpi(telemetry_private.kpi_definition(kpi.name), since, until, grain, tz, week_start, tenant, last) a
     where kpi.headline is not true
     union all
    select h.bucket, h.breakdown_value, h.value, h.n, h.unit, h.target, h.target_is, h.is_met, h.is_complete, h.is_other, h.from_history
      from telemetry_private.kpi_headline(telemetry_private.kpi_definition(kpi.name), since, until, tz, week_start, tenant, last) h
     where kpi.headline;
end;

comment on function telemetry.kpi is
'Answers a KPI by its name, as the function of its definition would for the caller: one row per
bucket, and per breakdown_value where the definition has several.

Arguments
  name      the KPI''s name, of register_kpi() or a pack
  since, until, last, tz, week_start, tenant: common arguments
  grain     minute, 5 minutes, 10 minutes, 15 minutes, hour, day, week, month, quarter or year;
            range: one number for the whole range, of every KPI; default the definition''s or the
            function''s
  headline  true: one row, the number that stands for the KPI in the whole range, whatever its grain
Columns
  bucket             the start of the bucket; of a kind without buckets since
  breakdown_value    what tells the rows of a bucket apart; else NULL
  value              the value; NULL where the function''s is
  n                  what the value is of: the denominator of a ratio, the actors that entered a
                     funnel, the events of a sum or percentile; of a count the count itself; NULL
                     where a kind knows none. See count_column of kpi_kinds()
  unit               that of the definition
  target, target_is  those of the definition; NULL on the rows that target_for leaves out
  is_met             whether value is at least, or at most, the target; NULL where one of them is
  is_complete        whether the bucket is over and not cut by since or until, and so is the window
                     of what began at its end (within of a funnel; of other kinds see the function),
                     and none of its events left the log by their age, or it was kept before that
  is_other           whether breakdown_value stands for all values that are not shown apart; a value
                     of the log that is spelled $other does not
  from_history       whether the value was kept before the events behind it left the log, see
                     keep_history of register_kpi(), or put together with such values
Errors
  22004  no name; a grain without since for a kind without buckets
  22023  an unknown KPI; a tz, tenant or week_start other than the one that the definition fixes; a
         tenant for a kind without tenants; a grain for a kind that has no answer by
         bucket; whatever else the function refuses
Notes
  Of several rows the headline is the one that the target is for; else the last step of a funnel,
    the first period after that of a cohort, the first fraction of percentiles, the top of a
    ranking, and of others the one with the largest n. Counts of several events are added up. A
    breakdown of a ratio, of percentiles and of counts is left out, so that the number is that of
    all.
  Kinds without buckets answer for the range as one bucket that begins at since, and some for each
    bucket of grain, see kpi_kinds().
  A funnel is answered by funnel_trend() where grain or until is given: who entered in the bucket or
    range, with conversions that come later, up to within from the entry. Its seconds are told only
    for a range, of events before until.
  A bucket of which events left the log, and that was not kept, is answered from what is left. Of
    counts, sums, largest and smallest values and of means a bucket or range is put together of the
    kept buckets of the KPI''s own grain where it was not kept itself.
  Errors of the function come as they are.';
