-- A KPI with everything that the function behind it says: the rows of kpi(), each beside the function's own.
\set SHOW_CONTEXT never
\set both '\\; call both_sources(current_query());'
set datestyle = iso; set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.register_event(name) from unnest('{viewed,bought}'::text[]) name;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', case when n % 3 = 0 then 'bought' else 'viewed' end, 'event_ts', timestamptz '2024-03-01Z' + n * interval '7 hours', 'user_id', telemetry.as_id((n % 5)::text),
           'tenant_id', case when n % 5 < 2 then '00000000-0000-4000-8000-00000000000a' else '00000000-0000-4000-8000-00000000000b' end)))
  from generate_series(0, 39) n;
select telemetry.register_kpi('way', '{"kind": "funnel", "parameters": {"steps": ["viewed", "bought"], "within": "2 days"}, "unit": "ratio", "target": 0.5, "question": "Do they buy?"}') as is_new;
select telemetry.register_kpi('back', '{"kind": "retention", "parameters": {"start_event": "viewed", "grain": "week", "periods": 1}}') as is_new;
select telemetry.register_kpi('ahead', '{"kind": "forecast", "parameters": {"event_name": "viewed", "horizon": 2}}') as is_new;

-- The times of a funnel, the bounds of a forecast.
select breakdown_value, value, n, target, is_met, details from telemetry.kpi_details('way', '2024-03-01') :both
select breakdown_value, value, details ->> 'actors' as actors from telemetry.kpi_details('way', '2024-03-01', '2024-03-10', 'week') :both
select bucket, round(value::numeric, 1) as value, round((details ->> 'lower')::numeric, 1) as lower, round((details ->> 'upper')::numeric, 1) as upper from telemetry.kpi_details('ahead', '2024-03-01', '2024-03-12');
-- Of one tenant; in another zone; by its last days.
select breakdown_value, n, details ->> 'actors' as actors from telemetry.kpi_details('way', '2024-03-01', tenant => '00000000-0000-4000-8000-00000000000a') :both
select bucket, details ->> 'cohort_size' as size from telemetry.kpi_details('back', '2024-03-04', '2024-03-18', tz => 'America/New_York') where breakdown_value = '0' :both
select count(*) from telemetry.kpi_details('way', last => '7 days');
-- Of a mean of several rows there is no row of the function.
select breakdown_value, value, details from telemetry.kpi_details('back', '2024-03-04', '2024-03-18', 'range') :both
-- What kpi() refuses.
select * from telemetry.kpi_details(null);
select * from telemetry.kpi_details('nobodys');
select * from telemetry.kpi_details('way', grain => 'fortnight', since => '2024-03-01');

-- The question stands in the definition; it is a text.
select question from telemetry.kpis where name = 'way';
select telemetry.register_kpi('way', '{"question": null}') as is_new;
select question from telemetry.kpis where name = 'way';
select telemetry.register_kpi('way', '{"question": ["Why?"]}');

-- Every KPI of every pack asks something, and is answered as kpi() answers it, by its own grain, by week and as one number.
select telemetry.install_pack(pack) > 0 as is_new from telemetry.pack_catalog();
select telemetry.generate_demo_events(pack, 12, 14, until => '2024-04-15') > 0 as has_events from telemetry.pack_catalog();
select name from telemetry.kpis where pack is not null and question is null;
create function pg_temp.differs(name text, grain text) returns boolean language plpgsql as $$
begin
    return exists (
        (select k from telemetry.kpi(name, '2024-04-01', '2024-04-15', grain) k except all
         select (d.bucket, d.breakdown_value, d.value, d.n, d.unit, d.target, d.target_is, d.is_met, d.is_complete, d.is_other, d.from_history) from telemetry.kpi_details(name, '2024-04-01', '2024-04-15', grain) d)
         union all
        (select (d.bucket, d.breakdown_value, d.value, d.n, d.unit, d.target, d.target_is, d.is_met, d.is_complete, d.is_other, d.from_history) from telemetry.kpi_details(name, '2024-04-01', '2024-04-15', grain) d except all
         select k from telemetry.kpi(name, '2024-04-01', '2024-04-15', grain) k));
exception
    -- Tables of the application, and kinds without an answer by bucket.
    when others then return null;
end
$$;
select grain, count(*) filter (where is_different) as different, count(*) filter (where not is_different) > 130 as are_many
  from (values (null), ('week'), ('range')) g (grain), telemetry.kpis k, lateral pg_temp.differs(k.name, grain) d (is_different) where k.pack is not null group by grain order by grain;
-- The value is that column of the function's row, of a list its first element.
select count(*) filter (where abs(case when k.is_complement then 1 - d.value else d.value end - c.own::double precision) > 1e-12 or (d.value is null) <> (c.own is null)) as different, count(*) > 1000 as are_many
  from telemetry.kpis k, telemetry.kpi_kinds() b, lateral telemetry.kpi_details(k.name, '2024-04-01', '2024-04-15') d,
       lateral (select coalesce(k.value_column, b.value_columns[1])) v (column_name),
       lateral (select case jsonb_typeof(d.details -> v.column_name) when 'array' then d.details -> v.column_name ->> 0 else d.details ->> v.column_name end) c (own)
 where k.pack is not null and k.kind not in ('market_supply', 'time_to_fill', 'extraction_outcomes', 'ingestion_run_errors', 'click_through') and b.kind = k.kind;
rollback;
