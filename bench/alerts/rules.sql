-- 1,000 rules over the last 15 minutes, on :kpis KPIs: a third each volumes, ratios and rates of errors, with filters of their own,
-- and percentiles every hundredth. No rule fires.
select count(telemetry.register_kpi('kpi_' || n.k, k.definition || '{"target_is": "at_most"}')) as kpis
  from generate_series(1, :kpis) n (k),
       lateral (select jsonb_build_object('endpoint', '/e' || n.k % 20, 'ms', jsonb_build_object('$gt', n.k)) as filter) f,
       lateral (select case
           when n.k % 100 = 0 then jsonb_build_object('kind', 'percentiles', 'target', 1e9, 'parameters', jsonb_build_object(
               'payload_key', 'ms', 'events', '["request_done"]'::jsonb, 'fractions', '[0.95]'::jsonb, 'filter', jsonb_build_object('endpoint', '/e' || n.k % 20)))
           when n.k % 3 = 0 then jsonb_build_object('kind', 'event_volume', 'target', 1e9, 'parameters', jsonb_build_object('events', '["searched"]'::jsonb, 'filter', f.filter))
           when n.k % 3 = 1 then jsonb_build_object('kind', 'event_ratio', 'target', 1, 'parameters', jsonb_build_object(
               'numerator', 'request_done', 'denominator', 'request_done', 'numerator_filter', '{"ok": false}'::jsonb, 'filter', f.filter))
           else jsonb_build_object('kind', 'rate_of_errors', 'target', 1, 'parameters', jsonb_build_object(
               'error_events', '["request_failed"]'::jsonb, 'all_events', '["request_failed", "request_done"]'::jsonb, 'filter', f.filter)) end) k (definition);
select count(telemetry.register_alert('rule_' || n, jsonb_build_object('kpi', 'kpi_' || 1 + n % :kpis, 'within', '15 minutes', 'min_count', 1))) as rules
  from generate_series(1, 1000) n;
