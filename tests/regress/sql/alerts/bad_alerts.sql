-- What is wrong with a rule is found when it is registered: each error names it and says what to do, and none quotes a value.
\set VERBOSITY default
\set SHOW_CONTEXT never
\pset format unaligned
set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event(e) = 1 as registered from unnest('{tried,failed}'::text[]) e;
select telemetry.register_kpi('failure_rate', '{"kind": "event_ratio", "parameters": {"numerator": "failed", "denominator": "tried"}, "target": 0.05, "target_is": "at_most"}') as is_new;
select telemetry.register_kpi('tries', '{"kind": "event_volume", "parameters": {"events": ["tried"]}}') as is_new;
select telemetry.register_kpi('open_tries', '{"kind": "backlog", "parameters": {"opened": "tried", "closed": "failed"}}') as is_new;
select telemetry.register_kpi('trips', '{"kind": "paths", "parameters": {"events": ["tried", "failed"]}}') as is_new;
create function pg_temp.attempt(definition jsonb, name text default 'bad') returns table (sqlstate_of text, message text, hint text) language plpgsql as $$
begin
    perform telemetry.register_alert(name, definition);
    message := 'registered';
    return next;
exception when others then
    get stacked diagnostics sqlstate_of = returned_sqlstate, message = message_text, hint = pg_exception_hint;
    return next;
end $$;
select b.definition, a.* from (values
    (null), ('[]'), ('{}'), ('{"kpi": "nothing", "within": "15 minutes"}'), ('{"kpi": "failure_rate"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "grain": "hour"}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "colour": "red"}'), ('{"kpi": 5, "within": "15 minutes"}'), ('{"kpi": "failure_rate", "within": 900}'), ('{"kpi": "failure_rate", "within": "900"}'),
    ('{"kpi": "failure_rate", "within": "soon"}'), ('{"kpi": "failure_rate", "within": "1 month"}'), ('{"kpi": "failure_rate", "within": "-5 minutes"}'), ('{"kpi": "failure_rate", "within": "0"}'), ('{"kpi": "failure_rate", "within": "infinity"}'),
    ('{"kpi": "failure_rate", "grain": "fortnight"}'), ('{"kpi": "failure_rate", "grain": "range"}'), ('{"kpi": "trips", "grain": "day", "fires": "above", "threshold": 1}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "threshold": "NaN"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "threshold": 1e999}'), ('{"kpi": "failure_rate", "within": "15 minutes", "threshold": true}'),
    ('{"kpi": "tries", "within": "15 minutes"}'), ('{"kpi": "tries", "within": "15 minutes", "fires": "above"}'), ('{"kpi": "tries", "within": "15 minutes", "fires": "over", "threshold": 1}'), ('{"kpi": "failure_rate", "within": "15 minutes", "compare_with": "1 week"}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "recovers_at": 0.06}'), ('{"kpi": "failure_rate", "within": "15 minutes", "fires": "below", "recovers_at": 0.04}'), ('{"kpi": "failure_rate", "within": "15 minutes", "fires_after": "90 seconds"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "every": "5 minutes", "recovers_after": "7 minutes"}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "every": "7 minutes"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "every": "1 second"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "every": "2 days"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "every": "0"}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "confidence": 0.5}'), ('{"kpi": "tries", "within": "15 minutes", "fires": "above", "threshold": 9, "confidence": 0.95}'), ('{"kpi": "failure_rate", "within": "15 minutes", "min_count": -1}'), ('{"kpi": "open_tries", "within": "15 minutes", "fires": "above", "threshold": 9, "min_count": 5}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "no_data": "panic"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "severity": "SEV1"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "change": "double"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "max_instances": 0}'), ('{"kpi": "failure_rate", "within": "15 minutes", "max_instances": 1.5}'),
    ('{"kpi": "failure_rate", "within": "15 minutes", "labels": {"team": 5}}'), ('{"kpi": "failure_rate", "within": "15 minutes", "labels": []}'), ('{"kpi": "failure_rate", "within": "15 minutes", "destinations": [5]}'), ('{"kpi": "failure_rate", "within": "15 minutes", "repeat_after": "0"}'), ('{"kpi": "failure_rate", "within": "15 minutes", "by_tenant": "yes"}'),
    ('{"kpi": "failure_rate", "each_event": {"events": ["failed"]}}'), ('{"each_event": {}}'), ('{"each_event": {"events": []}}'), ('{"each_event": {"events": "failed"}}'), ('{"each_event": {"events": ["failed"], "fingerprint": "service"}}'), ('{"each_event": {"events": ["failed"], "key": "service"}}'),
    ('{"each_event": {"events": ["nothing_such"]}}'), ('{"each_event": {"events": ["failed"], "filter": []}}'), ('{"each_event": {"events": ["failed"], "fingerprint": ["a..b"]}}'), ('{"each_event": {"events": ["failed"]}, "threshold": 5}'), ('{"each_event": {"events": ["failed"]}, "within": "1 hour"}')
  ) b (definition), lateral pg_temp.attempt(b.definition::jsonb) a;
select a.* from unnest('{Bad,"a b",9a}'::text[]) n, lateral pg_temp.attempt('{"kpi": "failure_rate", "within": "15 minutes"}', n) a;
select message, hint from pg_temp.attempt('{"kpi": "failure_rate", "within": "15 minutes"}', null);
select message, hint from pg_temp.attempt('{"kpi": "failure_rate", "within": "15 minutes"}', repeat('a', 64));
select count(*) as registered from telemetry.alerts where name = 'bad';
-- A definition is merged, and null means the default.
select telemetry.register_alert('failures', '{"kpi": "failure_rate", "within": "15 minutes", "fires_after": "5 minutes", "threshold": 0.1, "severity": "sev1"}') as is_new, telemetry.register_alert('failures', '{"threshold": null, "grain": "hour"}') as is_new_again;
select kpi, within, grain, fires, threshold, fires_after, severity, every, no_data from telemetry.alerts where name = 'failures';
select telemetry.drop_alert('nothing');
select telemetry.drop_alert(null);
select * from telemetry.alert_value('nothing');
select * from telemetry.alert_value('failures', as_of => '-infinity');
select count(*) from telemetry.backtest_alert('{"kpi": "failure_rate"}');
select count(*) from telemetry.backtest_alert('{"kpi": "failure_rate", "within": "15 minutes"}', '2020-01-01', '2022-01-01');
select telemetry.drop_alert('failures');
rollback;
