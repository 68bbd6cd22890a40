-- A checkout that fails in both tenants at this very moment, with names that would like to be markup; and who may look at it.
create extension telemetry;
select telemetry.install_pack('coaching');
select telemetry.generate_demo_events('coaching', users => 60);
select telemetry.register_event('checkout');
select telemetry.import_events(jsonb_agg(jsonb_build_object(
           'event_name', 'checkout', 'event_ts', t, 'tenant_id', case n % 2 when 0 then :'tenant_a' else :'tenant_b' end,
           'payload', jsonb_build_object('ok', n % 3 <> 0, 'shop', case when n % 2 = 0 then '<script>alert("shop")</script>' else '"><img src=x onerror=alert(1)>' end))))
  from generate_series(now() - interval '10 minutes', now(), '2 seconds') with ordinality g (t, n);
select telemetry.register_kpi('checkout_failures', '{"kind": "event_ratio", "target": 0.05, "target_is": "at_most", "unit": "ratio", "question": "How many checkouts <b>fail</b>?",
    "parameters": {"numerator": "checkout", "denominator": "checkout", "numerator_filter": {"ok": false}}}');
select telemetry.register_kpi('checkout_failures_by_shop', '{"kind": "event_ratio", "target": 0.05, "target_is": "at_most", "unit": "ratio",
    "parameters": {"numerator": "checkout", "denominator": "checkout", "numerator_filter": {"ok": false}, "breakdown": "shop"}}');
select telemetry.register_dashboard('checkout', array['checkout_failures', 'checkout_failures_by_shop'], 'Whether people <i>can</i> pay');
select telemetry.register_alert('checkout_fails', '{"kpi": "checkout_failures", "within": "15 minutes", "severity": "sev1",
    "description": "<script>alert(2)</script>", "runbook": "javascript:alert(3)"}');
select telemetry.register_alert('checkout_fails_for_a_tenant', '{"kpi": "checkout_failures", "within": "15 minutes", "severity": "sev2", "by_tenant": true, "runbook": "https://example.com/runbook"}');
select telemetry.register_alert('checkout_fails_in_a_shop', '{"kpi": "checkout_failures_by_shop", "within": "15 minutes", "severity": "sev2"}');
select telemetry.register_alert('checkout_is_gone', '{"kpi": "checkout_failures", "within": "15 minutes", "threshold": 0.99}');
-- Rounds of the last minutes are made up for.
update telemetry.alert_rounds set evaluated_until = now() - interval '5 minutes';
select telemetry.evaluate_alerts();
create role serve_login login noinherit password :'password';
create role serve_team nologin;
create role serve_tenant nologin;
create role serve_reader nologin;
create role serve_nowhere nologin;
grant serve_team, serve_tenant, serve_reader to serve_login;
select telemetry.grant_access('serve_team', 'auditor'), telemetry.grant_access('serve_team', 'admin'),
       telemetry.grant_access('serve_tenant', 'analyst'), telemetry.grant_access('serve_tenant', 'admin'), telemetry.grant_access('serve_reader', 'auditor');
