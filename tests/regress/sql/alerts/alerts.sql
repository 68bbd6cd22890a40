-- Alerts: a rule over a KPI, judged at the points of a grid. What it would have done, what it did, and what is told to whom.
\set VERBOSITY terse
set timezone = 'UTC';
set intervalstyle = 'postgres';
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
select count(telemetry.register_event(e)) as registered from unnest('{request,page_seen,error_logged}'::text[]) e;
-- On 4 March a request each 5 seconds until 5 o'clock. From 2:00 to 2:20 each fifth fails; in the night of the 3rd one of three did.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'request', 'event_ts', t,
           'payload', jsonb_build_object('endpoint', case when extract(epoch from t)::integer % 10 = 0 then '/a' else '/b' end, 'ms', extract(epoch from t)::integer % 100,
               'status', case when t >= '2024-03-04 02:00Z' and t < '2024-03-04 02:20Z' and extract(epoch from t)::integer % 25 = 0 or t = '2024-03-03 23:30Z' then 500 else 200 end)) order by t)) > 0 as imported
  from (select t from generate_series(timestamptz '2024-03-04 00:00Z', '2024-03-04 04:59:55Z', '5 seconds') t
         union all select t from generate_series(timestamptz '2024-03-03 23:29Z', '2024-03-03 23:31Z', '1 minute') t) q;
select telemetry.register_kpi('request_errors', '{"kind": "rate_of_errors", "parameters": {"error_events": ["request"], "all_events": ["request"], "numerator_filter": {"status": {"$gte": 500}}}, "target": 0.05, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('errors_by_endpoint', '{"kind": "rate_of_errors", "parameters": {"error_events": ["request"], "all_events": ["request"], "breakdown": "endpoint", "numerator_filter": {"status": {"$gte": 500}}}, "target": 0.05, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('requests', '{"kind": "event_volume", "parameters": {"events": ["request"]}}') as is_new;
select telemetry.register_kpi('request_ms', '{"kind": "percentiles", "parameters": {"payload_key": "ms", "events": ["request"], "fractions": [0.95]}}') as is_new;

-- What would the rule have done? The night with one failure of three wakes nobody: with less than 20 requests nothing is known.
select at, from_status, status, round(value::numeric, 4) as value, n, threshold, range_since, range_until, cause, notifies
  from telemetry.backtest_alert('{"kpi": "request_errors", "within": "15 minutes"}', '2024-03-03', '2024-03-05');
select at, status, round(value::numeric, 4) as value, n from telemetry.backtest_alert('{"kpi": "request_errors", "within": "15 minutes", "min_count": 0}', '2024-03-03', '2024-03-04');
-- A breach must last, and so must what ends it.
select at, status, round(value::numeric, 4) as value from telemetry.backtest_alert('{"kpi": "request_errors", "within": "15 minutes", "fires_after": "5 minutes", "recovers_at": 0.02, "recovers_after": "10 minutes"}', '2024-03-04', '2024-03-05');
select at, breakdown_value, status, round(value::numeric, 4) as value, n from telemetry.backtest_alert('{"kpi": "errors_by_endpoint", "within": "15 minutes"}', '2024-03-04', '2024-03-05');
-- Nothing happens: of a count that is 0, a known number. Of a rate it is no data, which changes nothing unless the rule says so.
select at, status, value, n from telemetry.backtest_alert('{"kpi": "requests", "within": "10 minutes", "fires": "below", "threshold": 1}', '2024-03-04', '2024-03-05');
select at, status, value, cause from telemetry.backtest_alert('{"kpi": "request_errors", "within": "15 minutes", "no_data": "fire", "fires_after": "5 minutes"}', '2024-03-04 04:00Z', '2024-03-05');
-- By bucket of the calendar, and against an earlier range.
select at, status, value, n, range_since, range_until from telemetry.backtest_alert('{"kpi": "requests", "grain": "hour", "fires": "below", "threshold": 700}', '2024-03-04 00:30Z', '2024-03-04 12:00Z');
select at, status, value, n, range_since from telemetry.backtest_alert('{"kpi": "requests", "within": "1 hour", "compare_with": "1 hour", "fires": "below", "threshold": -0.5, "every": "10 minutes"}', '2024-03-04 02:00Z', '2024-03-04 12:00Z');
select at, status, value, n from telemetry.backtest_alert('{"kpi": "request_ms", "within": "10 minutes", "fires": "above", "threshold": 90, "every": "10 minutes"}', '2024-03-04', '2024-03-04 02:00Z');
-- At each event, by what it says.
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'error_logged', 'event_ts', t, 'payload', jsonb_build_object('severity', s, 'service', v)))) as imported
  from (values (timestamptz '2024-03-04 10:00:30Z', 'SEV1', 'billing'), ('2024-03-04 10:05Z', 'SEV1', 'billing'), ('2024-03-04 10:01Z', 'SEV2', 'billing'), ('2024-03-04 10:03:10Z', 'SEV1', 'search')) e (t, s, v);
select at, breakdown_value, status, value, cause from telemetry.backtest_alert('{"each_event": {"events": ["error_logged"], "filter": {"severity": "SEV1"}, "fingerprint": ["service"]}}', '2024-03-04', '2024-03-05');

-- Rows and the timeline agree, and so do one range after the other and all at once.
create table cases (definition jsonb);
insert into cases values
    ('{"kpi": "request_errors", "within": "15 minutes", "min_count": 0}'), ('{"kpi": "errors_by_endpoint", "within": "7 minutes"}'),
    ('{"kpi": "request_ms", "within": "10 minutes", "fires": "above", "threshold": 90, "every": "5 minutes"}'), ('{"kpi": "requests", "grain": "15 minutes", "fires": "above", "threshold": 179}');
create table answers (source text, definition jsonb, answer jsonb);
set telemetry.kpi_source = 'raw';
insert into answers select 'rows', definition, (select jsonb_agg(b order by b.at, b.breakdown_value) from telemetry.backtest_alert(definition, '2024-03-03 12:00Z', '2024-03-04 06:00Z') b) from cases;
reset telemetry.kpi_source;
call telemetry.tick();
insert into answers select 'timeline', definition, (select jsonb_agg(b order by b.at, b.breakdown_value) from telemetry.backtest_alert(definition, '2024-03-03 12:00Z', '2024-03-04 06:00Z') b) from cases;
select jsonb_array_length(min(answer::text)::jsonb) as transitions, count(distinct answer) as answers from answers group by definition order by definition;

-- Ranges that are made of minutes have the numbers of ranges that are asked for one by one.
select telemetry.register_kpi('slowest', '{"kind": "max_of", "parameters": {"payload_key": "ms", "events": ["request"], "breakdown": "endpoint"}}') as is_new;
select c.definition ->> 'kpi' as kpi, q.rule ->> 'how' as how, count(*) as numbers,
       count(*) filter (where (s.value, s.n) is distinct from (r.value, r.n)) as different
  from (values ('{"kpi": "request_errors", "within": "15 minutes"}'::jsonb), ('{"kpi": "errors_by_endpoint", "within": "7 minutes"}'), ('{"kpi": "requests", "within": "11 minutes", "fires": "above", "threshold": 0}'),
               ('{"kpi": "request_ms", "within": "10 minutes", "fires": "above", "threshold": 0}'), ('{"kpi": "slowest", "within": "3 minutes", "fires": "above", "threshold": 0}')) c (definition),
       lateral (select telemetry_private.alert_kpi(c.definition) as kpi) k,
       lateral (select telemetry_private.alert_rule(telemetry_private.checked_alert(c.definition), k.kpi) as rule) q,
       lateral (select array_agg(t) as ends from generate_series(timestamptz '2024-03-04 01:50Z', '2024-03-04 05:20Z', '3 minutes') t) e,
       lateral telemetry_private.alert_numbers(k.kpi, q.rule, e.ends, null) s
       left join lateral (select w.nth, m.* from unnest(e.ends) with ordinality w (until, nth), telemetry_private.alert_numbers(k.kpi, q.rule, array[w.until], null) m) r on r.nth = s.place and r.breakdown_value is not distinct from s.breakdown_value
 group by 1, 2 order by 1;

-- Registered, it is judged by each tick. The fingerprint of an instance is the same for ever.
select telemetry.register_alert('many_errors', '{"kpi": "request_errors", "within": "15 minutes", "severity": "sev1", "labels": {"team": "api"}}') as is_new;
select telemetry.register_alert('errors_somewhere', '{"kpi": "errors_by_endpoint", "within": "15 minutes"}') as is_new;
select telemetry.register_alert('silence_of_requests', '{"kpi": "requests", "within": "10 minutes", "fires": "below", "threshold": 1, "every": "5 minutes"}') as is_new;
select telemetry.register_alert('sev1', '{"each_event": {"events": ["error_logged"], "filter": {"severity": "SEV1"}, "fingerprint": ["service"]}, "severity": "sev1"}') as is_new;
update telemetry.alert_rounds set evaluated_until = '2024-03-03 23:00Z';
select telemetry.evaluate_alerts('2024-03-04 02:10:59Z') as made, telemetry.evaluate_alerts('2024-03-04 02:10:59Z') as again;
select name, status, since, breakdown_value, fires, threshold, error, fingerprint from telemetry.alert_status();
-- An edited rule keeps its incident.
select telemetry.register_alert('many_errors', '{"threshold": 0.04, "runbook": "https://wiki.example/errors"}') as is_new;
select telemetry.acknowledge_alert(fingerprint, 'on it') from telemetry.alert_status() where name = 'many_errors';
select name, status, since, threshold, acknowledged_at is not null as is_acknowledged from telemetry.alert_status() where name = 'many_errors';
-- The rest of the day in one round, or in many: the same history.
begin;
select sum(telemetry.evaluate_alerts(t)) as made from generate_series(timestamptz '2024-03-04 02:11Z', '2024-03-05 02:00Z', '47 minutes 11 seconds') t;
create temporary table in_many as select at, name, breakdown_value, from_status, to_status, value, n, cause, range_since, fingerprint from telemetry.alert_history();
create temporary table states_of_many as select * from telemetry.alert_states;
select jsonb_agg(h order by at, fingerprint) as history from in_many h \gset many_
select jsonb_agg(s order by fingerprint) as states from states_of_many s \gset many_
rollback;
select telemetry.evaluate_alerts('2024-03-05 01:59:29Z') as made;
select at, name, breakdown_value, from_status, to_status, round(value::numeric, 4) as value, n, cause, severity, duration from telemetry.alert_history(alert => 'many_errors');
select at, name, breakdown_value, from_status, to_status, round(value::numeric, 4) as value, n, cause, severity, duration from telemetry.alert_history('2024-03-04 03:00Z');
select count(*) filter (where acknowledged_at is not null) as acknowledged, count(*) as states, (select jsonb_agg(s order by fingerprint) from telemetry.alert_states s) = :'many_states'::jsonb as are_those_of_many from telemetry.alert_states;
select jsonb_agg(h order by at, fingerprint) = :'many_history'::jsonb as is_that_of_many
  from (select at, name, breakdown_value, from_status, to_status, value, n, cause, range_since, fingerprint from telemetry.alert_history()) h;

-- A rule whose KPI is gone fails: that is told once, and what was missed is made up for.
select telemetry.drop_kpi('request_errors');
delete from telemetry.kpis where name = 'request_errors';
select telemetry.evaluate_alerts('2024-03-05 03:00Z') as made, telemetry.evaluate_alerts('2024-03-05 04:00Z') as again;
select name, status, error from telemetry.alert_status() where error is not null;
select telemetry.register_kpi('request_errors', '{"kind": "rate_of_errors", "parameters": {"error_events": ["request"], "all_events": ["request"], "numerator_filter": {"status": {"$gte": 500}}}, "target": 0.05, "target_is": "at_most"}') as is_new;
select telemetry.evaluate_alerts('2024-03-05 05:00Z') as made;
select at, name, breakdown_value, from_status, to_status, range_since, range_until, message from telemetry.alert_history('2024-03-05 02:30Z');
-- More than a day is not made up for.
select telemetry.evaluate_alerts('2024-03-08') as made;
select at, name, to_status, range_since, range_until, message from telemetry.alert_history('2024-03-06');
select telemetry.evaluate_alerts(now() + interval '1 hour');

-- Silences, and dropping.
select telemetry.silence_alert('many_errors', now() + interval '2 hours', reason => 'release') as silence \gset
select name, silenced_until > now() as is_silenced from telemetry.alert_status() where name = 'many_errors';
select telemetry.end_silence(:'silence');
select telemetry.end_silence(:'silence');
select telemetry.silence_alert('many_errors');
select telemetry.silence_alert('many_errors', now() + interval '91 days');
select telemetry.silence_alert('nothing', now() + interval '1 hour');
select telemetry.acknowledge_alert(gen_random_uuid());
select telemetry.drop_alert('silence_of_requests');
select at > '2024-03-08' as is_now, name, from_status, to_status, cause from telemetry.alert_history(alert => 'silence_of_requests') order by at desc limit 1;
select telemetry.drop_alert('silence_of_requests');
-- Nobody changes history, not even its owner.
update telemetry.alert_transitions set value = 0;
delete from telemetry.alert_transitions;
drop table cases, answers;
select count(telemetry.drop_alert(name)) as dropped from telemetry.alerts;
