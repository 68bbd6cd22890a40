-- Counting: the numbers of KPIs that are made of numbers of events, many at once. Twin: src/alerts/counting.rs.

-- The numbers of KPIs in ranges of so many seconds that end at `ends`, which are in order. `asked` is a list of what counted_kpi()
-- returns; nth is a place in it. tenants: each of these by itself; {NULL}: all together, or the one that a KPI is of. A number is
-- what the KPI's function gives for that range, to the last digit; counts are its n. A KPI has one row, or one for each name of
-- event; none where its function has to be asked: for it has a parameter that is not told here, or one that is an error.
create function telemetry_private.counted_ranges(
    asked jsonb,
    ends timestamptz[],
    seconds integer,
    tenants uuid[])
returns table (nth bigint, tenant uuid, breakdown_value text, numbers double precision[], counts double precision[])
language c
stable
parallel restricted
rows 1000
as 'MODULE_PATHNAME', 'counted_ranges_wrapper';

-- What a KPI that may be counted is; NULL: its function has to be asked.
create function telemetry_private.counted_kpi(kpi jsonb)
returns jsonb
language sql
immutable
begin atomic
    select case when kpi ->> 'kind' in ('event_volume', 'event_ratio', 'rate_of_errors')
                then jsonb_build_object('kind', kpi -> 'kind', 'parameters', coalesce(kpi -> 'parameters', '{}'), 'value_column', kpi -> 'value_column',
                                        'is_complement', kpi -> 'is_complement', 'target_for', kpi -> 'target_for') end;
end;
