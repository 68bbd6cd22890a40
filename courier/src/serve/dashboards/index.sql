-- The dashboards with their KPIs, and whether the caller may read how alerts stand.
select jsonb_build_object(
           'reads_alerts', pg_catalog.has_table_privilege('telemetry.alert_states', 'select'),
           'dashboards', (select coalesce(jsonb_agg(jsonb_build_object(
                                     'name', d.name, 'description', d.description,
                                     'kpis', (select coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'question', k.question) order by p.place), '[]')
                                                from unnest(d.kpis) with ordinality p (name, place)
                                                join telemetry.kpis k on k.name = p.name)) order by d.pack, d.created_at, d.name), '[]')
                            from telemetry.dashboards d))::text
