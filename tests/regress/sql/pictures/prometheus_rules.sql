-- Alerting rules for Prometheus, as it loads them. That it does, and when each fires, tests/grafana shows.
begin;
\pset format unaligned
\pset tuples_only on
select convert_from(telemetry.prometheus_rules(), 'UTF8');
\pset tuples_only off
\pset format aligned
select current_setting('response.headers');
-- A metric that a rule names is one that metrics() tells.
select r.alert, m[1] as unknown_metric
  from telemetry_private.prometheus_rule_list() r, regexp_matches(r.expr, 'telemetry_[a-z_]+', 'g') m
 where m[1] not in (select f.metric from telemetry_private.metric_families() f);
-- A function that a rule tells to ask is there.
select r.alert, m[1] as unknown_function
  from telemetry_private.prometheus_rule_list() r, regexp_matches(r.summary || r.description, 'telemetry\.([a-z_]+)\(', 'g') m
 where m[1] not in (select p.proname from pg_proc p where p.pronamespace = 'telemetry'::regnamespace);
rollback;
