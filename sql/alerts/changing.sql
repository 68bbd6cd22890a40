-- Which alerts change. Those that look at the same ranges are asked together, and what is made of numbers of events is read at once, see
-- counting.sql. Whoever is told here is judged by itself afterwards, so one too many costs time, and changes nothing.

-- Which of some alerts change at times of a grid, by their names. Their rules differ in nothing but what is made of the numbers;
-- kpis[n] is that of rules[n]. An alert of which nothing is known here is among them: then it is judged by itself.
create function telemetry_private.changing_alerts(names text[], rules jsonb[], kpis jsonb[], at timestamptz[], tenants uuid[])
returns setof text
language sql
stable
set search_path = pg_catalog, pg_temp
rows 10
as $$
    with rule as materialized (
        select r.name, r.rule, dense_rank() over (order by r.kpi) as nth, r.kpi, (r.rule ->> 'is_counted')::boolean as is_counted
          from unnest(names, rules, kpis) r (name, rule, kpi)
    ),
    asked as materialized (
        select jsonb_agg(k.kpi order by k.nth) as kpis, k.is_counted, min(k.nth) as nth, (array_agg(k.rule))[1] as rule
          from (select distinct on (r.nth) r.nth, r.kpi, r.rule, r.is_counted from rule r) k
         group by k.is_counted
    ),
    ends as materialized (
        select array_agg(g.at - (rules[1] ->> 'delay')::interval order by g.place) as ends
          from unnest(at) with ordinality g (at, place)
    ),
    series as materialized (
        select c.nth, coalesce(c.tenant, '00000000-0000-0000-0000-000000000000') as tenant_id, c.breakdown_value, false as is_other, c.numbers, c.counts, null::boolean[] as present
          from asked a, ends e,
               lateral telemetry_private.counted_ranges(a.kpis, e.ends, extract(epoch from (a.rule ->> 'within')::interval)::integer, tenants) c
         where a.is_counted
         union all
        select a.nth, s.tenant_id, s.breakdown_value, s.is_other, s.numbers, s.counts, s.present
          from asked a, lateral telemetry_private.alert_series(a.kpis -> 0, a.rule, at, tenants) s
         where not a.is_counted
    ),
    state as materialized (
        select o.* from telemetry.alert_states o where o.alert = any (names) and o.status <> 'error' and o.breakdown_value is distinct from '$too_many'
    ),
    instance as (
        select r.name, r.rule, s.tenant_id, s.breakdown_value, s.is_other, s.numbers, s.counts, s.present
          from rule r
          join series s on s.nth = r.nth
    )
    -- Those that occur.
    select i.name
      from instance i
      left join state o on o.alert = i.name and o.tenant_id = i.tenant_id
                       and coalesce(o.breakdown_value, '') = coalesce(i.breakdown_value, '') and o.breakdown_value is not distinct from i.breakdown_value and o.is_other = i.is_other
     where exists (select from telemetry_private.judge_alert(i.rule, to_jsonb(o), at, i.numbers, i.counts, i.present))
     union
    -- Open ones that do not.
    select o.alert
      from state o
      join rule r on r.name = o.alert
     where o.status <> 'quiet'
       and not exists (select from instance i
                        where i.name = o.alert and i.tenant_id = o.tenant_id
                          and coalesce(i.breakdown_value, '') = coalesce(o.breakdown_value, '') and i.breakdown_value is not distinct from o.breakdown_value and i.is_other = o.is_other)
       and exists (select from telemetry_private.judge_alert(r.rule, to_jsonb(o), at,
                                 array_fill((r.rule ->> 'number_of_none')::double precision, array[cardinality(at)]),
                                 array_fill(0::double precision, array[cardinality(at)]), array_fill(false, array[cardinality(at)])))
     union
    -- Those of which nothing was told.
    select r.name from rule r where (r.rule ->> 'is_single')::boolean and not exists (select from series s where s.nth = r.nth)
$$;

-- The alerts that may change between two times, by their names; the others do not.
create function telemetry_private.alerts_to_judge(after timestamptz, until timestamptz)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    first constant timestamptz := greatest(after, until - interval '1 day');
    asked record;
    at timestamptz[];
    tenants uuid[];
    found text[] := '{}';
begin
    for asked in
        with defined as materialized (
            select a.name, to_jsonb(a) as definition, to_jsonb(k) as kpi
              from telemetry.alerts a
              left join telemetry.kpis k on k.name = a.kpi
             where not exists (select from telemetry.alert_states e where e.alert = a.name and e.status = 'error')
        ),
        of_kpi as materialized (
            select d.name, d.definition, case when d.definition ->> 'kpi' is null then telemetry_private.alert_kpi(d.definition) else d.kpi end as kpi
              from defined d
        ),
        ruled as materialized (
            select o.name, o.kpi, r.rule
              from of_kpi o
              left join lateral telemetry_private.alert_rule(o.definition, o.kpi) r on true
        ),
        known as materialized (
            select r.name, r.rule, c.counted,
                   -- What an answer depends on.
                   coalesce(c.counted, r.kpi - '{name,pack,description,question,unit,target,target_is,target_change,baseline_since,baseline_until,metric}'::text[]) as kpi,
                   case when c.counted is null then r.rule - '{name,fires,threshold,recovers_at,fires_after,recovers_after,min_count,confidence,no_data,is_event}'::text[]
                        else jsonb_build_object('every', r.rule -> 'every', 'within', r.rule -> 'within', 'delay', r.rule -> 'delay', 'by_tenant', r.rule -> 'by_tenant') end as looks_at
              from ruled r,
                   lateral (select case when (r.rule ->> 'is_counted')::boolean then telemetry_private.counted_kpi(r.kpi) end) c (counted)
        )
        select array_agg(k.name order by k.name) as names, array_agg(k.rule order by k.name) as rules, array_agg(k.kpi order by k.name) as kpis,
               k.looks_at, bool_and(k.rule ->> 'threshold' is not null and k.rule ->> 'fires' is not null) as are_known
          from known k
         group by k.looks_at, case when k.counted is null then k.kpi end, k.rule is null or k.rule ->> 'threshold' is null or k.rule ->> 'fires' is null
    loop
        if not coalesce(asked.are_known, false) then
            found := found || asked.names;
            continue;
        end if;
        -- In a subtransaction: where numbers cannot be told, each alert says by itself why.
        begin
            at := telemetry_private.alert_grid((asked.looks_at ->> 'every')::interval, first, until);
            continue when cardinality(at) = 0;
            tenants := telemetry_private.alert_tenants(asked.rules[1], at[1] - (asked.looks_at ->> 'delay')::interval - coalesce(asked.looks_at ->> 'within', '1 day')::interval, until);
            found := found || array(select c from telemetry_private.changing_alerts(asked.names, asked.rules, asked.kpis, at, tenants) c);
        exception
            when others then
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                found := found || asked.names;
        end;
    end loop;
    return found;
end
$$;
