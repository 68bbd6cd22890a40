-- An alert's definition with every default filled in, and what it asks for.

-- The definition of the KPI that a row of telemetry.alerts, as jsonb, is about. A rule about each event counts the events of each
-- fingerprint. An unknown KPI is an error.
create function telemetry_private.alert_kpi(alert jsonb)
returns jsonb
language sql
stable
begin atomic
    select case when alert ->> 'kpi' is not null then telemetry_private.kpi_definition(alert ->> 'kpi')
                else jsonb_build_object(
                    'name', alert ->> 'name', 'kind', 'event_volume', 'is_complement', false,
                    'parameters', jsonb_strip_nulls(jsonb_build_object(
                        'events', alert #> '{each_event,events}',
                        'filter', alert #> '{each_event,filter}',
                        'breakdown', f.list,
                        'top_n', case when f.list is not null then 1000 end)))
           end
      from (select case when count(*) = 1 and min(k.value) !~ '^\{' then min(k.value) else cast(array_agg(k.value order by k.place) as text) end as list
              from jsonb_array_elements_text(case when jsonb_typeof(alert #> '{each_event,fingerprint}') = 'array' then alert #> '{each_event,fingerprint}' else '[]' end) with ordinality k (value, place)) f;
end;

-- The fraction that a KPI of percentiles is judged by: that of its target, or the largest.
create function telemetry_private.alert_fraction(kpi jsonb)
returns double precision
language sql
stable
begin atomic
    select coalesce(
        max(cast(f.value as double precision)) filter (where f.value = kpi ->> 'target_for' or right(kpi ->> 'target_for', length(f.value) + 3) = ' / ' || f.value),
        max(cast(f.value as double precision)))
      from jsonb_array_elements_text(coalesce(nullif(kpi #> '{parameters,fractions}', 'null'), '[0.5, 0.95, 0.99]')) f;
end;

-- Microseconds of an interval.
create function telemetry_private.alert_micros(length text)
returns bigint
language sql
immutable
begin atomic
    select cast(extract(epoch from cast(length as interval)) * 1000000 as bigint);
end;

-- The rule of an alert over its KPI, in the form that judge_alert() reads, with what alert_values() needs besides.
-- slides: whether sliding ranges are made of minutes, and how, see sliding_numbers(). has_instances: whether which rows the KPI has
-- is a matter of what occurs; is_single: there is always one, without a breakdown value. number_of_none: what the number is
-- where nothing occurs, which of an amount is known. It is one row, not a value, so that a query over many alerts is planned as one:
-- a thousand take 50 ms of processor time, as a value each they took 1250. is_counted: whether counted_ranges() may have the numbers.
create function telemetry_private.alert_rule(alert jsonb, kpi jsonb)
returns table (rule jsonb)
language sql
stable
rows 1
begin atomic
    select jsonb_build_object(
        'name', alert ->> 'name',
        'fires', d.fires,
        'threshold', d.threshold,
        'recovers_at', coalesce(cast(alert ->> 'recovers_at' as double precision), d.threshold),
        'fires_after', telemetry_private.alert_micros(alert ->> 'fires_after'),
        'recovers_after', telemetry_private.alert_micros(coalesce(alert ->> 'recovers_after', case when d.is_event then '15 minutes' else '0' end)),
        'min_count', coalesce(cast(alert ->> 'min_count' as double precision), case
            when d.is_event or alert ->> 'confidence' is not null or k.count_column is null or m.measure = 'amount' then null
            when m.measure = 'share' then 20
            when m.measure = 'percentile' then coalesce(ceil(1 / nullif(1 - telemetry_private.alert_fraction(kpi), 0) - 0.000001), 1)
            else 1 end),
        'confidence', cast(alert ->> 'confidence' as double precision),
        'no_data', alert ->> 'no_data',
        'is_event', d.is_event,
        'within', case when d.is_event then alert ->> 'every' else alert ->> 'within' end,
        'grain', alert ->> 'grain',
        'tz', coalesce(kpi #>> '{parameters,tz}', 'UTC'),
        'week_start', kpi #>> '{parameters,week_start}',
        'every', alert ->> 'every',
        'delay', alert ->> 'delay',
        'compare_with', alert ->> 'compare_with',
        'change', alert ->> 'change',
        'measure', m.measure,
        'number_of_none', case when m.measure = 'amount' and alert ->> 'compare_with' is null then 0 end,
        'has_count', k.count_column is not null,
        'has_instances', v.varies,
        'is_single', not v.varies and k.breakdown_columns in ('{}', '{breakdown_value}'),
        'by_tenant', coalesce(cast(alert ->> 'by_tenant' as boolean), false),
        'slides', h.how is not null and alert ->> 'grain' is null
            and not exists (select from unnest(array[alert ->> 'every', alert ->> 'delay', alert ->> 'within', alert ->> 'compare_with']) l where extract(epoch from cast(l as interval)) % 60 <> 0),
        'settles_after', case when alert ->> 'grain' is not null and exists (select from pg_proc p where p.pronamespace = cast('telemetry' as regnamespace) and p.proname = k.bucket_kind and 'within' = any (p.proargnames))
                              then coalesce(kpi #>> '{parameters,within}', '7 days') else '0' end,
        'how', h.how,
        'is_counted', alert ->> 'grain' is null and alert ->> 'compare_with' is null and not v.varies and telemetry_private.counted_kpi(kpi) is not null)
      from telemetry.kpi_kinds() k,
           lateral (select alert ->> 'kpi' is null) e (is_event),
           lateral (select e.is_event,
                           case when e.is_event then 'above' else coalesce(alert ->> 'fires', case kpi ->> 'target_is' when 'at_most' then 'above' when 'at_least' then 'below' end) end,
                           case when e.is_event then 0 else coalesce(cast(alert ->> 'threshold' as double precision), case when alert ->> 'compare_with' is null then cast(kpi ->> 'target' as double precision) end) end) d (is_event, fires, threshold),
           lateral (select coalesce(kpi ->> 'value_column', k.value_columns[1])) c (value_column),
           -- What the value is: a share (a number of events, objects or actors of others), a percentile, an amount (which is 0 where
           -- nothing happens), or a number.
           lateral (select case when k.kind like 'percentiles%' then 'percentile'
                                when (k.kind, c.value_column) in (('event_ratio', 'ratio'), ('actor_ratio', 'ratio'), ('object_ratio', 'ratio'), ('rate_of_errors', 'rate')) then 'share'
                                when k.kind <> 'sum_of' and k.count_column <> 'actors' and c.value_column = k.count_column then 'amount'
                                else 'number' end) m (measure),
           -- The rows of these are the same, whatever there is, unless they are broken down.
           lateral (select coalesce(kpi -> 'parameters', '{}') ?| '{breakdown,by_user}' or not (
                        k.breakdown_columns in ('{}', '{breakdown_value}', '{breakdown_value,fraction}', '{breakdown_value,status}', '{breakdown_value,step,event_name}')
                        or k.kind = 'event_volume' and jsonb_typeof(kpi #> '{parameters,events}') = 'array')) v (varies),
           lateral (select case
                        when k.kind = 'event_volume' and not cast(kpi ->> 'is_complement' as boolean) then 'sum'
                        when k.kind in ('event_ratio', 'rate_of_errors') and m.measure = 'share'
                        then case when cast(kpi ->> 'is_complement' as boolean) then 'complement' else 'share' end
                        when cast(kpi ->> 'is_complement' as boolean) or coalesce(kpi ->> 'value_column', 'value') <> 'value' then null
                        when k.kind = 'percentiles' then 'percentile'
                        when k.kind = 'max_of' then 'highest'
                        when k.kind = 'min_of' then 'lowest' end) h (how)
     where k.kind = kpi ->> 'kind';
end;
