-- Notifications: what people are told of alerts, and how often. The clock is the book's, so that nobody waits.
\set VERBOSITY terse
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
select telemetry.register_event('call_failed') = 1 as registered;
-- The rule fires at a minute where a call failed in the minute before, and is over at the next one without.
select telemetry.register_kpi('failed_calls', '{"kind": "event_volume", "unit": "events", "parameters": {"events": ["call_failed"], "breakdown": "part"}, "target": 0, "target_is": "at_most"}') as is_new;
select telemetry.register_alert('calls_fail', '{"kpi": "failed_calls", "within": "1 minute", "severity": "sev1", "labels": {"team": "calls"}, "runbook": "https://example.com/calls"}') as is_new;
create function pg_temp.fails(part text, variadic minutes text[]) returns bigint language sql as $$
    select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'call_failed', 'event_ts', ('2024-05-06 ' || m || ':30Z')::timestamptz, 'payload', jsonb_build_object('part', part)))) from unnest(minutes) m $$;
-- A tick at a time of that day; what it made.
create function pg_temp.tick(at text) returns table (made_at time, destination text, kind text, title text, instances text) language plpgsql as $$
declare
    known constant uuid[] := array(select n.notification_id from telemetry.notification_history() n);
begin
    perform set_config('book.now', '2024-05-06 ' || tick.at || 'Z', false);
    perform telemetry.evaluate_alerts(('2024-05-06 ' || tick.at || 'Z')::timestamptz);
    return query
        select (n.at at time zone 'UTC')::time, n.destination_name, n.kind, n.title, (select string_agg(concat_ws(' ', i ->> 'breakdown_value', i ->> 'status'), ', ') from jsonb_array_elements(n.message #> '{data,instances}') i)
          from telemetry.notification_history() n where n.notification_id <> all (known) order by n.at, n.destination_name;
end $$;
set book.now = '2024-05-06 10:00Z';
update telemetry.alert_rounds set evaluated_until = '2024-05-06 10:00Z';
select telemetry.register_destination('ops', '{"kind": "webhook", "url": "https://example.com/ops", "sends": "alerts"}') as is_new;
-- The first destination that sends alerts brings the rules about ingestion; here they are not wanted.
select count(telemetry.drop_alert(name)) as built_in from telemetry.alerts where name like 'ingestion%';

-- One message when it fires, and one when it is over. It goes out as a delivery, and its bytes are the same at each attempt.
select pg_temp.fails('card', '10:01') as imported;
select * from pg_temp.tick('10:01:05');
select * from pg_temp.tick('10:02:05');
select kind, regexp_replace(d.body, '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g') as body from telemetry.deliveries d join telemetry.notifications n on d.delivery_id = 'ntf_' || n.notification_id order by d.number;
select body::jsonb = message as is_what_history_shows, delivery_status, destination_name from telemetry.notification_history() h join telemetry.deliveries d on d.delivery_id = 'ntf_' || h.notification_id;
select * from pg_temp.tick('10:03:05');
-- The end of each, once.
select * from pg_temp.tick('10:04:05');

-- Several at the same time are one message. What changes within 30 seconds after a message waits, and is told together.
select pg_temp.fails('card', '11:00') + pg_temp.fails('bank', '11:00') as imported;
select * from pg_temp.tick('11:01:05');
select pg_temp.fails('cash', '11:01') as imported;
select * from pg_temp.tick('11:02:05');
select telemetry.register_destination('ops', '{"group_within": "10 minutes"}') as is_new;
select * from pg_temp.tick('11:03:05');
select name, breakdown_value, status, next_notification_at from telemetry.alert_status();
select * from pg_temp.tick('11:12:05');
select telemetry.register_destination('ops', '{"group_within": null}') as is_new;

-- It is told again while it fires: each hour of sev1. Whoever acknowledges it hears of its end alone.
select telemetry.register_alert('calls_fail', '{"within": "8 hours"}') as is_new;
select pg_temp.fails('wire', '12:00') as imported;
select * from pg_temp.tick('12:01:05');
select * from pg_temp.tick('13:01:00');
select * from pg_temp.tick('13:01:05');
select breakdown_value, status, next_notification_at from telemetry.alert_status() where breakdown_value like 'wire%';
select telemetry.acknowledge_alert(fingerprint, 'on it') from telemetry.alert_status() where breakdown_value like 'wire%';
select breakdown_value, status, next_notification_at from telemetry.alert_status() where breakdown_value like 'wire%';
select * from pg_temp.tick('14:01:05');
select telemetry.register_alert('calls_fail', '{"within": "1 minute"}') as is_new;
select * from pg_temp.tick('14:05:05');

-- A silence: evaluation goes on, and nobody is told. What still fires when it ends is told once; what ended before is not told.
create function pg_temp.silence(until text) returns uuid language sql as $$
    insert into telemetry.silences (alert, since, until) values ('calls_fail', '2024-05-06 15:00Z', ('2024-05-06 ' || until || 'Z')::timestamptz) returning silence_id $$;
select pg_temp.silence('15:10') is not null as silenced;
select pg_temp.fails('card', '15:00') + pg_temp.fails('bank', '15:08', '15:09', '15:10', '15:11') as imported;
select * from pg_temp.tick('15:01:05');
select * from pg_temp.tick('15:09:05');
select * from pg_temp.tick('15:11:05');
select * from pg_temp.tick('15:13:05');
-- Nobody looked for an hour: what fired and was over meanwhile is one message.
select pg_temp.fails('card', '15:20', '15:30') as imported;
select * from pg_temp.tick('16:20:05');
-- More than five firings within an hour are told once an hour, and also if it stays then.
select pg_temp.fails('card', '17:00', '17:02', '17:04', '17:06', '17:08', '17:10', '17:12') as imported;
select t.made_at, t.kind, t.title from generate_series(timestamp '2024-05-06 17:01:05', '2024-05-06 17:15:05', '1 minute') m, pg_temp.tick(m::time::text) t;
select telemetry.register_alert('calls_fail', '{"within": "3 hours"}') as is_new;
select t.made_at, t.kind, t.title from generate_series(timestamp '2024-05-06 17:16:05', '2024-05-06 18:20:05', '1 minute') m, pg_temp.tick(m::time::text) t;
-- A rule that is dropped is over for whoever was told of it.
select telemetry.drop_alert('calls_fail');
select made_at, kind, regexp_replace(title, ' to [-0-9]* [0-9:]* UTC', ' to now') as title from pg_temp.tick('18:30:05');

-- A rule that cannot be evaluated is told once, to whoever looks after the installation; and that it is mended.
select telemetry.register_alert('calls_fail', '{"kpi": "failed_calls", "within": "1 minute", "severity": "sev3"}') as is_new;
delete from telemetry.kpis where name = 'failed_calls';
select * from pg_temp.tick('19:00:05');
select * from pg_temp.tick('19:01:05');
select telemetry.register_kpi('failed_calls', '{"kind": "event_volume", "parameters": {"events": ["call_failed"], "breakdown": "part"}, "target": 0, "target_is": "at_most"}') as is_new;
select * from pg_temp.tick('19:02:05');
-- Nobody is told of sev3 at once.
select pg_temp.fails('card', '20:00') as imported;
select * from pg_temp.tick('20:01:05');
-- What was told stays as it was.
update telemetry.notifications set kind = 'test';
delete from telemetry.notifications;
select kind, count(*) from telemetry.notification_history() group by 1 order by 1;
select kind, name from telemetry.notification_history('2024-05-06 10:00Z', '2024-05-06 10:02Z', alert => 'calls_fail', destination => 'ops');
rollback;
