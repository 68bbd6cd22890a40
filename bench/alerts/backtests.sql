-- Back-tests of 30 days, judged each minute: 43,200 ranges of 15 minutes.
\set QUIET on
\o /dev/null
select telemetry.register_kpi('volume', '{"kind": "event_volume", "parameters": {"events": ["request_done"]}}'),
       telemetry.register_kpi('failed', '{"kind": "rate_of_errors", "parameters": {"error_events": ["request_failed"], "all_events": ["request_failed", "request_done"]}}'),
       telemetry.register_kpi('slow', '{"kind": "event_ratio", "parameters": {"numerator": "request_done", "denominator": "request_done", "numerator_filter": {"ms": {"$gt": 1500}}}}'),
       telemetry.register_kpi('p95', '{"kind": "percentiles", "parameters": {"payload_key": "ms", "events": ["request_done"], "fractions": [0.95]}}');
\o
\c
select format('call measure(%L, %L, 2)', 'A3, back-test of ' || t.kpi,
              format('select count(*) from telemetry.backtest_alert(%L, %L, %L)',
                     jsonb_build_object('kpi', t.kpi, 'within', '15 minutes', 'fires', 'above', 'threshold', t.threshold), timestamptz :'until' - interval '30 days', :'until'))
  from (values (1, 'volume', 1e9), (2, 'failed', 0.06), (3, 'slow', 0.3), (4, 'p95', 1920)) t (place, kpi, threshold)
 order by t.place \gexec
