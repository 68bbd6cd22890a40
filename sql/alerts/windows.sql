-- The numbers that an alert is judged by: those of its KPI over the ranges that belong to times of a grid. They are functions in
-- SQL so that they run with the rights of whoever asks.

-- The times of a grid after one time and up to another: multiples of `every` from midnight UTC.
create function telemetry_private.alert_grid(every interval, after timestamptz, until timestamptz)
returns timestamptz[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    most constant integer := 1000000;
begin
    if extract(epoch from until) - extract(epoch from after) > most * extract(epoch from every) then
        raise exception 'an alert is judged at % points of time at most in one call', most
            using errcode = '22023', hint = 'Ask about a shorter period, or let the alert be judged less often: "every": "1 hour".';
    end if;
    return (select coalesce(array_agg(g order by g), '{}')
              from generate_series(date_bin(every, after, timestamptz '2000-01-01 00:00:00Z') + every, until, every) g);
end
$$;

-- The rows of a KPI in a range; an unknown row that stands for others in its breakdown is told by is_other.
-- Each range by itself: rows by place of its end.
create function telemetry_private.alert_ranges(kpi jsonb, rule jsonb, ends timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 100
begin atomic
    select e.place, r.breakdown_value, r.is_other, r.value, r.n
      from unnest(ends) with ordinality e (until, place),
           lateral telemetry_private.kpi_rows(kpi, e.until - cast(rule ->> 'within' as interval), e.until, 'range', null, null, tenant) r
     where r.has_target;
end;

-- The same where ranges consist of minutes whose numbers add up: the minutes are read once. Where a breakdown has more values than
-- it shows apart, which these are differs between ranges: then there is one row, of place 0, and each range has to be asked for.
create function telemetry_private.alert_sliding(kpi jsonb, rule jsonb, ends timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 1000
begin atomic
    with minutes as materialized (
        select r.breakdown_value, bool_or(r.is_other) as is_other, array_agg(r.bucket order by r.bucket) as starts,
               array_agg(r.value order by r.bucket) as numbers, array_agg(r.n order by r.bucket) as counts
          from telemetry_private.kpi_rows(
                   case kpi ->> 'kind' when 'event_ratio' then kpi || '{"value_column": "numerator", "is_complement": false}'
                                       when 'rate_of_errors' then kpi || '{"value_column": "errors", "is_complement": false}' else kpi end,
                   (select min(e) from unnest(ends) e) - cast(rule ->> 'within' as interval), (select max(e) from unnest(ends) e), 'minute', null, null, tenant) r
         where r.has_target
         group by r.breakdown_value
    )
    select s.place, m.breakdown_value, false, s.value, s.n
      from minutes m,
           telemetry_private.sliding_numbers(m.starts, m.numbers, m.counts, ends, cast(extract(epoch from cast(rule ->> 'within' as interval)) as integer), rule ->> 'how') w,
           lateral unnest(w.numbers_of, w.counts_of) with ordinality s (value, n, place)
     where not exists (select from minutes o where o.is_other)
     union all
    select 0, null, true, null, null where exists (select from minutes o where o.is_other);
end;

-- The same of percentiles, whose numbers are read once.
create function telemetry_private.alert_percentiles(kpi jsonb, rule jsonb, ends timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 1000
begin atomic
    select p.place, l.breakdown_value, false, p.value, p.events
      from (select kpi -> 'parameters') q (parameters),
           lateral telemetry_private.sliding_percentiles(
               q.parameters ->> 'payload_key',
               case when jsonb_typeof(q.parameters -> 'fractions') = 'array' then array(select cast(f.value as double precision) from jsonb_array_elements_text(q.parameters -> 'fractions') with ordinality f (value, nth) order by f.nth) end,
               case when jsonb_typeof(q.parameters -> 'events') = 'array' then array(select e.value from jsonb_array_elements_text(q.parameters -> 'events') with ordinality e (value, nth) order by e.nth) end,
               (select min(e) from unnest(ends) e) - cast(rule ->> 'within' as interval), (select max(e) from unnest(ends) e),
               q.parameters ->> 'breakdown', cast(q.parameters ->> 'top_n' as integer), coalesce(cast(q.parameters ->> 'tenant' as uuid), alert_percentiles.tenant),
               q.parameters -> 'filter', ends, cast(extract(epoch from cast(rule ->> 'within' as interval)) as integer)) p,
           lateral (select concat_ws(' / ', p.breakdown_value, cast(p.fraction as text))) l (breakdown_value)
     where p.place = 0 or kpi ->> 'target_for' is null or kpi ->> 'target_for' in (l.breakdown_value, p.breakdown_value, cast(p.fraction as text));
end;

-- The last bucket of the KPI's grain that is complete at each time, of which nothing that comes changes the number.
create function telemetry_private.alert_buckets(rule jsonb, ends timestamptz[])
returns table (place bigint, bucket timestamptz, next_bucket timestamptz)
language sql
stable
rows 100
begin atomic
    select e.place, b.bucket, b.next_bucket
      from (select cast(case when rule ->> 'grain' = 'quarter' then '3 months' when rule ->> 'grain' ~ '^[0-9]' then rule ->> 'grain' else '1 ' || (rule ->> 'grain') end as interval) as length) l,
           unnest(ends) with ordinality e (until, place),
           lateral (select t.bucket, t.next_bucket
                      from (select e.until - cast(rule ->> 'settles_after' as interval) as over) o,
                           lateral telemetry.time_buckets(o.over - 2 * l.length, o.over, rule ->> 'grain', tz => rule ->> 'tz', week_start => rule ->> 'week_start') t
                     where t.next_bucket <= o.over
                     order by t.bucket desc
                     limit 1) b
     where rule ->> 'grain' is not null;
end;

create function telemetry_private.alert_of_buckets(kpi jsonb, rule jsonb, buckets timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 100
begin atomic
    with asked as materialized (
        select b.bucket, b.place from unnest(buckets) with ordinality b (bucket, place)
    ),
    rows as materialized (
        select r.bucket, r.breakdown_value, r.is_other, r.value, r.n
          from (select min(a.bucket) as since, max(a.bucket) as last from asked a having count(*) > 0) s,
               lateral (select t.next_bucket as until from telemetry.time_buckets(s.last, s.last + interval '1 microsecond', rule ->> 'grain', tz => rule ->> 'tz', week_start => rule ->> 'week_start') t) u,
               lateral telemetry_private.kpi_rows(kpi, s.since, u.until, rule ->> 'grain', rule ->> 'tz', rule ->> 'week_start', tenant) r
         where r.has_target
    )
    select a.place, r.breakdown_value, r.is_other, r.value, r.n from asked a join rows r on r.bucket = a.bucket;
end;

-- The numbers of one tenant, or of all together, at ranges that end at `ends`. A value of a breakdown occurs where it is of something.
create function telemetry_private.alert_numbers(kpi jsonb, rule jsonb, ends timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 100
begin atomic
    with slid as materialized (
        select s.place, s.breakdown_value, s.is_other, s.value, s.n
          from telemetry_private.alert_sliding(kpi, rule, ends, tenant) s
         where cast(rule ->> 'slides' as boolean) and cardinality(ends) > 1 and rule ->> 'how' <> 'percentile'
         union all
        select s.place, s.breakdown_value, s.is_other, s.value, s.n
          from telemetry_private.alert_percentiles(kpi, rule, ends, tenant) s
         where cast(rule ->> 'slides' as boolean) and cardinality(ends) > 1 and rule ->> 'how' = 'percentile'
    ),
    numbers as (
        select s.place, s.breakdown_value, s.is_other, s.value, s.n from slid s where s.place > 0
         union all
        select r.place, r.breakdown_value, r.is_other, r.value, r.n
          from telemetry_private.alert_ranges(kpi, rule, ends, tenant) r
         where rule ->> 'within' is not null and (not cast(rule ->> 'slides' as boolean) or cardinality(ends) < 2 or exists (select from slid where slid.place = 0))
         union all
        select r.place, r.breakdown_value, r.is_other, r.value, r.n
          from (select array_agg(b.bucket order by b.place) as buckets from telemetry_private.alert_buckets(rule, ends) b) b,
               lateral telemetry_private.alert_of_buckets(kpi, rule, b.buckets, tenant) r
         where rule ->> 'grain' is not null
    )
    select m.place, m.breakdown_value, m.is_other, m.value, m.n
      from numbers m
     where not cast(rule ->> 'has_instances' as boolean) or m.n is distinct from 0;
end;

-- The same, compared with those of an earlier range where the rule says so. Of a number that was 0 there is no relative change.
create function telemetry_private.alert_compared(kpi jsonb, rule jsonb, ends timestamptz[], tenant uuid)
returns table (place bigint, breakdown_value text, is_other boolean, value double precision, n double precision)
language sql
stable
rows 100
begin atomic
    with present as materialized (
        select a.place, a.breakdown_value, a.is_other, a.value, a.n from telemetry_private.alert_numbers(kpi, rule, ends, tenant) a
    ),
    past as materialized (
        select b.place, b.breakdown_value, b.is_other, b.value, b.n
          from (select array_agg((e.until at time zone (rule ->> 'tz') - cast(rule ->> 'compare_with' as interval)) at time zone (rule ->> 'tz') order by e.place) as ends
                  from unnest(ends) with ordinality e (until, place)) earlier,
               lateral telemetry_private.alert_numbers(kpi, rule, earlier.ends, tenant) b
         where rule ->> 'compare_with' is not null
    )
    select a.place, a.breakdown_value, a.is_other,
           case when rule ->> 'compare_with' is null then a.value
                when rule ->> 'change' = 'absolute' then a.value - b.value
                else a.value / nullif(b.value, 0) - 1 end,
           case when rule ->> 'compare_with' is null then a.n else least(a.n, coalesce(b.n, 0)) end
      from present a
      left join past b on b.place = a.place and b.is_other = a.is_other and coalesce(b.breakdown_value, '') = coalesce(a.breakdown_value, '') and b.breakdown_value is not distinct from a.breakdown_value;
end;

-- The numbers of every instance over a grid, in the form that judge_alert() takes; present: where the instance occurs, NULL: everywhere.
create function telemetry_private.alert_series(kpi jsonb, rule jsonb, at timestamptz[], tenants uuid[])
returns table (fingerprint uuid, tenant_id uuid, breakdown_value text, is_other boolean, numbers double precision[], counts double precision[], present boolean[])
language sql
stable
rows 10
begin atomic
    with ends as materialized (
        select array_agg(g.at - cast(rule ->> 'delay' as interval) order by g.place) as ends
          from unnest(at) with ordinality g (at, place)
    ),
    counted as materialized (
        select c.tenant, c.breakdown_value, c.numbers, c.counts
          from ends e,
               lateral telemetry_private.counted_ranges(
                   jsonb_build_array(telemetry_private.counted_kpi(kpi)), e.ends, cast(extract(epoch from cast(rule ->> 'within' as interval)) as integer), tenants) c
         where cast(rule ->> 'is_counted' as boolean)
    ),
    numbers as materialized (
        select t.tenant, c.place, c.breakdown_value, c.is_other, c.value, c.n
          from ends e, unnest(tenants) t (tenant), lateral telemetry_private.alert_compared(kpi, rule, e.ends, t.tenant) c
         where not exists (select from counted)
    ),
    instances as materialized (
        select n.tenant, n.breakdown_value, n.is_other from numbers n group by n.tenant, n.breakdown_value, n.is_other
         union
        select t.tenant, null, false
          from unnest(tenants) t (tenant) where cast(rule ->> 'is_single' as boolean) and not exists (select from counted)
    ),
    -- A number of them, so that numbers are found by it.
    numbered as materialized (
        select i.*, row_number() over () as nth from instances i
    ),
    placed as materialized (
        select i.nth, n.place, n.value, n.n
          from numbers n
          join numbered i on coalesce(i.tenant, '00000000-0000-0000-0000-000000000000') = coalesce(n.tenant, '00000000-0000-0000-0000-000000000000')
                          and coalesce(i.breakdown_value, '') = coalesce(n.breakdown_value, '') and i.breakdown_value is not distinct from n.breakdown_value and i.is_other = n.is_other
    ),
    series as (
        select c.tenant, c.breakdown_value, false as is_other, c.numbers, c.counts, cast(null as boolean[]) as present from counted c
         union all
        select i.tenant, i.breakdown_value, i.is_other,
               array_agg(case when n.place is null then cast(rule ->> 'number_of_none' as double precision) else n.value end order by g.place),
               array_agg(case when n.place is null then 0 else n.n end order by g.place),
               array_agg(n.place is not null or not cast(rule ->> 'has_instances' as boolean) order by g.place)
          from numbered i
         cross join unnest(at) with ordinality g (at, place)
          left join placed n on n.nth = i.nth and n.place = g.place
         group by i.nth, i.tenant, i.breakdown_value, i.is_other
    )
    select telemetry_private.alert_fingerprint(rule ->> 'name', s.breakdown_value, s.is_other, s.tenant),
           coalesce(s.tenant, '00000000-0000-0000-0000-000000000000'), s.breakdown_value, s.is_other, s.numbers, s.counts, s.present
      from series s;
end;
