-- Rules for Prometheus: when the metrics of metrics() should wake somebody up. Twin: src/pictures/prometheus_rules.rs.

-- What a new metric is worth an alarm for is a row here, and a case in tests/grafana/rules_test.yml.
create function telemetry_private.prometheus_rule_list()
returns table (rules text, alert text, expr text, pending text, severity text, summary text, description text)
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    values ('telemetry', 'TelemetryMissing', 'absent(telemetry_build_info)', '5m', 'critical',
            'Nothing tells how telemetry is.', 'Prometheus has no sample of metrics(): the database, PostgREST or the scraper''s token fails.'),
           ('telemetry', 'TelemetryBroken', 'telemetry_health == 2', '5m', 'critical',
            'health() finds an error: {{ $labels.check }}.', 'Events may be lost, unguarded or unseen. What mends it: select problem, mend from telemetry.health() where check_name = ''{{ $labels.check }}''.'),
           ('telemetry', 'TelemetryImpaired', 'telemetry_health == 1', '1h', 'warning',
            'health() has a warning: {{ $labels.check }}.', 'All answers are right, but slower or not for ever. What mends it: select problem, mend from telemetry.health() where check_name = ''{{ $labels.check }}''.'),
           ('telemetry', 'TelemetryIngestionAlert', 'telemetry_alert_firing == 1', '5m', 'warning',
            'ingestion_alerts() fires: {{ $labels.alert }}.', 'What was measured in the last hour, and from where on it fires: select * from telemetry.ingestion_alerts().'),
           ('telemetry', 'TelemetryEventsRefused', 'delta(telemetry_rejections[1h]) > 0', null, 'info',
            'Events were refused: {{ $labels.reason }}.', 'About {{ $value | humanize }} in the last hour: select * from telemetry.rejection_summary().'),
           ('telemetry', 'TelemetryTickLate', 'telemetry_cursor_lag_seconds > 3600', '10m', 'warning',
            'What is derived is {{ $value | humanizeDuration }} old: {{ $labels.consumer }}.', 'Nobody calls telemetry.tick(), or it fails. KPIs are right all the same, and slower.'),
           ('telemetry', 'TelemetryTickHeldBack', 'telemetry_cursor_held_back_seconds > 600', '5m', 'warning',
            'A transaction has been open for {{ $value | humanizeDuration }}.', 'Ticks cannot pass it: select * from telemetry.cursors tells which one it is.'),
           ('telemetry_destinations', 'TelemetryDestinationDown', 'telemetry_destination_down == 1', '5m', 'warning',
            'The destination {{ $labels.destination }} is down.', 'Its deliveries wait and none is lost. Why: select * from telemetry.destination_status().'),
           ('telemetry_destinations', 'TelemetryDestinationLate', 'telemetry_destination_lag_seconds > 3600', '10m', 'warning',
            'The destination {{ $labels.destination }} is {{ $value | humanizeDuration }} late.', 'No courier runs, or it is slower than events come: select * from telemetry.destination_status().'),
           ('telemetry_destinations', 'TelemetryDeadLetters', 'delta(telemetry_dead_letters[1h]) > 0', null, 'warning',
            'Deliveries to {{ $labels.destination }} were given up.', 'About {{ $value | humanize }} in the last hour: select * from telemetry.dead_letters.'),
           ('telemetry_exports', 'TelemetryExportLate', 'telemetry_export_lag_seconds > 2 * telemetry_export_most_age_seconds + 600', '10m', 'warning',
            'The export {{ $labels.export }} is {{ $value | humanizeDuration }} late.', 'No courier runs, or it fails: select * from telemetry.export_status().'),
           ('telemetry_kpis', 'TelemetryKpiAboveTarget', 'telemetry_kpi_value > ignoring (target_is) telemetry_kpi_target{target_is="at_most"}', '5m', 'warning',
            '{{ $labels.kpi }} is {{ printf "%.4g" $value }}, above its target.', 'The target and what it is of: select * from telemetry.kpi_status() where kpi = ''{{ $labels.kpi }}''.'),
           ('telemetry_kpis', 'TelemetryKpiBelowTarget', 'telemetry_kpi_value < ignoring (target_is) telemetry_kpi_target{target_is="at_least"}', '5m', 'warning',
            '{{ $labels.kpi }} is {{ printf "%.4g" $value }}, below its target.', 'The target and what it is of: select * from telemetry.kpi_status() where kpi = ''{{ $labels.kpi }}''.'),
           ('telemetry_kpis', 'TelemetryKpiUnanswered', 'telemetry_kpi_answered == 0', '15m', 'warning',
            '{{ $labels.kpi }} cannot be answered.', 'The error: select * from telemetry.kpi(''{{ $labels.kpi }}'', last => ''1 day'').')
$$;

create function telemetry.prometheus_rules()
returns telemetry."*/*"
language sql
stable
parallel unsafe
begin atomic
    select convert_to(telemetry_private.rules_yaml(jsonb_agg(to_jsonb(r) order by r.place)), 'UTF8')::telemetry."*/*"
      from telemetry_private.prometheus_rule_list() with ordinality r (rules, alert, expr, pending, severity, summary, description, place)
     where set_config('response.headers', '[{"Content-Type": "application/yaml; charset=utf-8"}]', true) is not null;
end;

comment on function telemetry.prometheus_rules is
'Writes the alerting rules for what metrics() tells, as a rules file of Prometheus: the health of the
installation, ingestion, ticks, destinations, and KPIs that miss their target.

Returns
  the YAML as bytes; never NULL
Notes
  In SQL it is read by convert_from(telemetry.prometheus_rules(), ''UTF8''), for example by
    psql -XAt into a file that rule_files names. Through PostgREST (GET or POST
    /rpc/prometheus_rules) it is the body as it is.
  The rules name no KPI: one that register_kpi() gives a metric and a target is alerted of from the
    next scrape on.
  The label severity is critical, warning or info.';
