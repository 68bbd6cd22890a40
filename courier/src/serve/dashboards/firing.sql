-- How many instances of alerts fire: all, and of each dashboard those of its KPIs.
select jsonb_build_object(
           'all', (select count(*) from telemetry.alert_states s where s.status = 'firing'),
           'of', (select coalesce(jsonb_object_agg(d.name, f.firing), '{}')
                    from telemetry.dashboards d,
                         lateral (select count(*) from telemetry.alert_states s
                                    join telemetry.alerts a on a.name = s.alert
                                   where s.status = 'firing' and a.kpi = any (d.kpis)) f (firing)))::text
