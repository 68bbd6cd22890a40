-- KPIs for a monitoring system: the gauges that metrics() adds for each KPI whose definition has a `metric`.

-- Raises where the attribute `metric` of a definition means nothing.
create function telemetry_private.check_kpi_metric(definition jsonb)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    name constant text := definition ->> 'name';
    metric constant jsonb := nullif(definition -> 'metric', 'null');
    is_too_short boolean;
    unknown text;
begin
    if metric is null then
        return;
    end if;
    if jsonb_typeof(metric) <> 'object' or jsonb_typeof(metric -> 'window') is distinct from 'string' or jsonb_typeof(coalesce(metric -> 'label', '""')) <> 'string' then
        raise exception 'the metric of KPI "%" has no window', left(name, 63)
            using errcode = '22023', hint = 'For example: "metric": {"window": "15 minutes"}, or with a label for the breakdown_value: {"window": "15 minutes", "label": "endpoint"}.';
    end if;
    select k into unknown from jsonb_object_keys(metric) k where k not in ('window', 'label', 'min_n') limit 1;
    if found then
        raise exception 'the metric of KPI "%" has no "%"', left(name, 63), left(unknown, 63)
            using errcode = '22023', hint = 'It has a window, and may have a label and min_n.';
    end if;
    if metric ? 'min_n' and jsonb_typeof(metric -> 'min_n') <> 'number' then
        raise exception 'min_n of the metric of KPI "%" is no number', left(name, 63)
            using errcode = '22023', hint = 'It is the least n of which a value is told: "min_n": 20.';
    end if;
    begin
        is_too_short := (metric ->> 'window')::interval < interval '1 minute' or metric ->> 'window' ~ '^[-+. 0-9]+$';
    exception
        when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
            is_too_short := true;
    end;
    if is_too_short then
        raise exception 'the window of the metric of KPI "%" is no interval of a minute or more', left(name, 63)
            using errcode = '22023', hint = 'For example: "window": "15 minutes".';
    end if;
    if metric ->> 'label' is null then
        return;
    end if;
    if metric ->> 'label' !~ '^[a-zA-Z_][a-zA-Z0-9_]{0,62}$' or metric ->> 'label' ~ '^(__.*|kpi|target_is|job|instance|le)$' then
        raise exception 'Prometheus takes no label "%"', left(metric ->> 'label', 63)
            using errcode = '22023', hint = 'A label has letters, digits and _, and is none that Prometheus or metrics() uses: kpi, target_is, job, instance, le.';
    end if;
    if definition ->> 'kind' in ('user_engagement', 'student_report', 'item_statistics') or (definition #>> '{parameters,by_user}')::boolean then
        raise exception 'KPI "%" tells people apart, which a metric must not', left(name, 63)
            using errcode = '22023', hint = 'Leave the label out: then metrics() tells one number.';
    end if;
    if not exists (select from telemetry.kpi_kinds() k where k.kind = definition ->> 'kind' and cardinality(k.breakdown_columns) > 0) then
        raise exception 'KPI "%" answers with one number, which has no label', left(name, 63)
            using errcode = '22023', hint = 'Leave the label out.';
    end if;
end
$$;

-- The samples of all KPIs that have a metric. Each is asked in a subtransaction: one that cannot be answered is said to be so, and
-- breaks no scrape. No two samples have the same labels, whatever the log holds.
create function telemetry_private.kpi_samples(tenant uuid)
returns table (metric text, labels jsonb, value double precision)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set jit = off -- compiling takes longer than a KPI of some minutes
rows 10
as $$
declare
    most constant integer := 100;
    asked record;
begin
    for asked in
        select k.name, k.metric ->> 'label' as label, (k.metric ->> 'min_n')::double precision as min_n, statement_timestamp() - (k.metric ->> 'window')::interval as since,
               -- Behind a value of the breakdown stands the fraction; one that is the same in all rows tells nothing.
               case when k.kind in ('percentiles', 'percentiles_sketched') and jsonb_array_length(nullif(k.parameters -> 'fractions', 'null')) = 1 then ' / [^/]+$' else '^$' end as left_out
          from telemetry.kpis k
         where k.metric is not null
         order by k.name
    loop
        begin
            return query
                with found as (
                    select l.labels, r.value, r.n, r.target, r.target_is, row_number() over (partition by l.labels order by r.is_other desc, r.n desc nulls last) as nth
                      from telemetry.kpi(asked.name, asked.since, statement_timestamp(), case when asked.label is not null then 'range' end, tenant => kpi_samples.tenant, headline => asked.label is null) r,
                           lateral (select jsonb_build_object('kpi', asked.name)
                                           || case when asked.label is null then '{}' else jsonb_build_object(asked.label, coalesce(regexp_replace(r.breakdown_value, asked.left_out, ''), '')) end) l (labels)
                ),
                told as materialized (
                    select f.* from found f where f.nth = 1 order by f.n desc nulls last limit most
                )
                select m.metric, m.labels, m.value
                  from told t,
                       lateral (values ('telemetry_kpi_value', t.labels, case when t.n < asked.min_n then null else t.value end), ('telemetry_kpi_n', t.labels, t.n),
                                       ('telemetry_kpi_target', t.labels || jsonb_build_object('target_is', t.target_is), t.target)) m (metric, labels, value)
                 where m.value is not null
                 union all
                select 'telemetry_kpi_answered', jsonb_build_object('kpi', asked.name), 1;
        exception
            -- Not a cancelled statement, which OTHERS leaves out.
            when others then
                -- The transaction must be tried again, or the server is going down: no answer of a KPI.
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                return query select 'telemetry_kpi_answered', jsonb_build_object('kpi', asked.name), 0::double precision;
        end;
    end loop;
end
$$;
