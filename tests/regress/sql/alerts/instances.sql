-- Instances of an alert: by tenant, and by value of a breakdown. Of more than max_instances nobody is told one by one.
\set VERBOSITY terse
set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
select telemetry.register_event('call_made') = 1 as registered;
-- Tenant n has n failures of 25 calls, at 10:05 of a day.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'call_made', 'event_ts', timestamptz '2024-05-06 10:05Z' + c * interval '1 second', 'tenant_id', telemetry.as_id('t' || n),
           'payload', jsonb_build_object('ok', c > n, 'part', 'p' || n)))) as imported
  from generate_series(1, 6) n, generate_series(1, 25) c;
select telemetry.register_kpi('call_failures', '{"kind": "event_ratio", "parameters": {"numerator": "call_made", "denominator": "call_made", "numerator_filter": {"ok": false}}, "target": 0.09, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('failures_by_part', '{"kind": "event_ratio", "parameters": {"numerator": "call_made", "denominator": "call_made", "numerator_filter": {"ok": false}, "breakdown": "part", "top_n": 3}, "target": 0.09, "target_is": "at_most"}') as is_new;
create table names as select telemetry.as_id('t' || n) as tenant_id, 't' || n as tenant from generate_series(1, 6) n;
select b.at, n.tenant, b.status, b.value, b.n from telemetry.backtest_alert('{"kpi": "call_failures", "within": "10 minutes", "by_tenant": true}', '2024-05-06', '2024-05-07') b join names n using (tenant_id) order by b.at, n.tenant;
select b.at, b.status, b.value, b.n from telemetry.backtest_alert('{"kpi": "call_failures", "within": "10 minutes", "by_tenant": true}', '2024-05-06', '2024-05-07', tenant => telemetry.as_id('t4')) b;
-- A breakdown with more values than are shown apart: each range is asked for by itself.
select at, breakdown_value, status, round(value::numeric, 4) as value, n from telemetry.backtest_alert('{"kpi": "failures_by_part", "within": "10 minutes", "every": "5 minutes"}', '2024-05-06 09:00Z', '2024-05-06 11:00Z');
select telemetry.register_alert('failing_tenants', '{"kpi": "call_failures", "within": "10 minutes", "by_tenant": true, "max_instances": 2, "no_data": "recover"}') as is_new;
update telemetry.alert_rounds set evaluated_until = '2024-05-06 10:00Z';
-- In one round or in two, the same.
savepoint once;
select telemetry.evaluate_alerts('2024-05-06 12:00Z') as made;
select jsonb_agg(jsonb_build_array(t.at, t.fingerprint, t.to_status, t.value, t.cause, t.notifies) order by at, fingerprint) as history from telemetry.alert_transitions t where alert = 'failing_tenants' \gset once_
rollback to savepoint once;
select telemetry.evaluate_alerts('2024-05-06 10:10Z') as made;
select name, status, is_known, count(*) from (select s.name, s.status, s.value is not null as is_known, s.breakdown_value from telemetry.alert_status() s) q group by 1, 2, 3 order by 1, 2, 3;
select count(*) as of_one from telemetry.alert_status(tenant => telemetry.as_id('t4'));
-- A tenant's admin silences and acknowledges what is its tenant's, and learns nothing of others'.
savepoint of_tenants;
create role regress_tenant_admin;
select telemetry.grant_access('regress_tenant_admin', 'admin');
update telemetry.alert_states s set status = 'firing' from names n where n.tenant_id = s.tenant_id and s.alert = 'failing_tenants';
insert into telemetry.alert_states (fingerprint, alert, tenant_id, status, since) select telemetry.as_id('of ' || tenant), 'failing_tenants', tenant_id, 'firing', '2024-05-06 10:10Z' from names where tenant in ('t4', 't5');
select telemetry.silence_alert('failing_tenants', now() + interval '1 hour', tenant => telemetry.as_id('t5')) as of_t5 \gset
set local role regress_tenant_admin;
select set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'sub', telemetry.as_id('u'), 'app_metadata', jsonb_build_object('tenant_id', telemetry.as_id('t4')))::text, true) is not null as is_of_t4;
select telemetry.silence_alert('failing_tenants', now() + interval '1 hour', tenant => telemetry.as_id('t5'));
select telemetry.end_silence(:'of_t5');
select telemetry.acknowledge_alert(telemetry.as_id('of t5', '00000000-0000-0000-0000-000000000000'));
select telemetry.acknowledge_alert(telemetry.as_id('of t4', '00000000-0000-0000-0000-000000000000'), 'we look');
select telemetry.silence_alert('failing_tenants', now() + interval '1 hour') as of_t4 \gset
select telemetry.end_silence(:'of_t4');
reset role;
select set_config('request.jwt.claims', '', true) = '' as is_over;
select n.tenant, s.until > now() as goes_on from telemetry.silences s join names n using (tenant_id) order by 1;
select n.tenant, s.acknowledged_by = telemetry.as_id('u') as is_by_user, s.note from telemetry.alert_states s join names n using (tenant_id) where s.acknowledged_at is not null;
rollback to savepoint of_tenants;
select telemetry.evaluate_alerts('2024-05-06 12:00Z') as made;
select t.at, coalesce(n.tenant, t.breakdown_value) as instance, t.to_status, t.value, t.threshold, t.cause, t.notifies from telemetry.alert_transitions t left join names n using (tenant_id) where t.alert = 'failing_tenants' order by t.at, t.breakdown_value nulls first, n.tenant;
select jsonb_agg(jsonb_build_array(t.at, t.fingerprint, t.to_status, t.value, t.cause, t.notifies) order by at, fingerprint) = :'once_history'::jsonb as is_the_same from telemetry.alert_transitions t where alert = 'failing_tenants';
-- The names of tenants are no part of a fingerprint of others.
select count(distinct fingerprint) as fingerprints, count(distinct tenant_id) as tenants from telemetry.alert_transitions where alert = 'failing_tenants';
select telemetry.drop_alert('failing_tenants');
drop table names;
rollback;
