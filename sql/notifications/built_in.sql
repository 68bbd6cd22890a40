-- Rules that every installation needs: about the ingestion of events, over the four measures of ingestion_alerts(). They are
-- registered with the first destination that would be told of them, since until then nobody would hear of them.

-- Registers the rules, but for measures that a rule is about already. Returns how many.
create function telemetry_private.register_built_in_alerts()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    built_in record;
    made bigint := 0;
begin
    for built_in in
        select b.alert, b.kpi, b.measure, b.rule, b.says
          from (values
            ('ingestion_rejections', 'ingestion_rejection_rate', 'rejection_rate', '{"fires": "above", "threshold": 0.05, "min_count": 20, "severity": "sev2"}'::jsonb, 'More than 5 % of the events that arrived within an hour were rejected.'),
            ('ingestion_failed_inserts', 'ingestion_insert_failure_rate', 'insert_failure_rate', '{"fires": "above", "threshold": 0.01, "min_count": 20, "severity": "sev1"}', 'More than 1 % of the events that arrived within an hour could not be stored.'),
            ('ingestion_batches_grew', 'ingestion_batch_rise', 'flush_size_rise', '{"fires": "above", "threshold": 2, "severity": "sev3"}', 'Batches of clients are more than twice as large as in the hour before.'),
            ('ingestion_batches_shrank', 'ingestion_batch_fall', 'flush_size_fall', '{"fires": "below", "threshold": 0.5, "severity": "sev3"}', 'Batches of clients are less than half as large as in the hour before.')) b (alert, kpi, measure, rule, says)
         where not exists (
            select from telemetry.alerts a
              join telemetry.kpis k on k.name = a.kpi
             where a.name = b.alert or k.kind = 'ingestion_alerts' and k.target_for = b.measure)
    loop
        if not exists (select from telemetry.kpis k where k.name = built_in.kpi) then
            perform telemetry_private.put_kpi(built_in.kpi, jsonb_build_object('kind', 'ingestion_alerts', 'target_for', built_in.measure, 'unit', 'ratio',
                'target', built_in.rule -> 'threshold', 'target_is', case built_in.rule ->> 'fires' when 'above' then 'at_most' else 'at_least' end, 'description', built_in.says), null);
        end if;
        perform telemetry_private.put_alert(built_in.alert, built_in.rule || jsonb_build_object('kpi', built_in.kpi, 'within', '1 hour', 'every', '5 minutes', 'description', built_in.says), null);
        made := made + 1;
    end loop;
    return made;
end
$$;

-- Whether a destination is the first that is told of the installation's own alerts.
create function telemetry_private.is_first_told(d telemetry_private.destination)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select d.sends = 'alerts' and d.tenant_id is null
       and not exists (select from telemetry.destinations k where k.sends = 'alerts' and k.tenant_id is null and k.name <> d.name)
       and not exists (select from telemetry.notifications)
$$;
