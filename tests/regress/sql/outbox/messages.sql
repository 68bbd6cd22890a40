-- What is sent of alerts, in the form of each kind: a webhook gets the message as it is, Slack blocks, a mail a text and HTML,
-- Alertmanager what fires now.
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
set telemetry.retry_jitter = 0;
begin;
\set ON_ERROR_ROLLBACK on
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
set book.now = '2026-03-01 10:30:00Z';
select telemetry.register_event('seen');
select telemetry.register_destination('team', '{"kind": "slack", "secret_name": "chat"}'),
       telemetry.register_destination('post', '{"kind": "email", "url": "smtp://mail.example.com", "sender": "Telemetry <t@example.com>", "recipients": ["ops@example.com"]}'),
       telemetry.register_destination('hook', '{"kind": "webhook", "url": "https://example.com/hook", "sends": "alerts"}');
create function pg_temp.body(name text, message jsonb) returns text language sql as $$
    select telemetry_private.notification_body(row(d.*)::telemetry_private.destination, message) from telemetry.destinations d where d.name = body.name
$$;
create temp table said as select jsonb_build_object('type', 'alert.firing', 'timestamp', '2026-03-01T10:05:00.000000Z', 'data', jsonb_build_object(
    'notification_id', '1', 'alert', 'failures', 'severity', 'sev1', 'title', 'failures is 20 % of 90, above 5 %, since 10:05 UTC', 'runbook', 'https://example.com/runbook', 'database', 'shop', 'unit', 'ratio', 'fires', 'above',
    'instances', '[{"fingerprint": "f", "breakdown_value": "<!channel>", "status": "firing", "since": "2026-03-01T10:05:00.000000Z", "value": 0.2, "n": 90, "threshold": 0.05, "cause": "threshold"}]'::jsonb, 'more', 2)) as message;

-- The keys of a webhook's message stand in one order, whatever order jsonb has.
\t \a
select pg_temp.body('hook', message) from said;
-- A name calls nobody in Slack, and is no markup in a mail.
select jsonb_pretty(pg_temp.body('team', message)::jsonb) from said;
select pg_temp.body('post', message)::jsonb ->> 'text' from said;
select pg_temp.body('post', message)::jsonb ->> 'html' from said;
-- The other messages, in a line each.
select pg_temp.body('team', jsonb_build_object('type', type, 'data', data::jsonb)) ::jsonb ->> 'text' from (values
    ('alert.recovered', '{"title": "failures is over"}'), ('alert.digest', '{"title": "2 alerts fired yesterday"}'), ('alert.error', '{"title": "failures cannot be answered"}'),
    ('destination.down', '{"title": "crm is down"}'), ('destination.recovered', '{"title": "crm is back"}'), ('test', '{}')) m (type, data);
select pg_temp.body('post', '{"type": "alert.digest", "data": {"title": "2 alerts fired yesterday", "alerts": [{"alert": "slow", "severity": "sev3", "firings": 2, "first_at": "2026-03-01T10:05:00Z", "last_at": "2026-03-01T12:00:00Z", "worst_value": 3, "threshold": 1, "unit": "seconds", "is_firing": true}]}}')::jsonb ->> 'text';
select pg_temp.body('post', '{"type": "destination.down", "data": {"title": "crm is down", "destination": "crm", "last_status_code": 503, "failing_since": "2026-03-01T10:05:00Z"}}')::jsonb ->> 'text';
\t \a
select telemetry_private.message_body('slack', '{"type": 1}', null, null);
select telemetry_private.message_body('fax', '{"type": "test", "data": {}}', null, null);

-- Alertmanager is told what fires, anew each minute. There is one row for all of it.
select telemetry.register_destination('monitor', '{"kind": "alertmanager", "url": "https://am.example.com"}');
select telemetry.register_alert('often', '{"each_event": {"events": ["seen"]}, "severity": "sev1", "labels": {"team": "pay"}, "runbook": "https://example.com/r", "description": "Too often."}');
create function pg_temp.posted() returns table (alert text, labels jsonb, summary text, "endsAt" text) language sql as $$
    select a -> 'labels' ->> 'alertname', (a -> 'labels') - '{alertname,database}'::text[], a -> 'annotations' ->> 'summary', a ->> 'endsAt'
      from telemetry.claim_deliveries('w', kinds => '{alertmanager}') c, jsonb_array_elements(c.body::jsonb) a
$$;
create function pg_temp.settle(code integer) returns text language sql as $$
    select r.outcome from telemetry.deliveries x, lateral (select telemetry.settle_delivery('monitor:d' || x.number, 'w', code) as outcome) r where x.destination = 'monitor' and x.status = 'retrying'
$$;
select * from pg_temp.posted();
insert into telemetry.alert_states (fingerprint, alert, tenant_id, breakdown_value, status, since)
    values (md5('web')::uuid, 'often', '00000000-0000-0000-0000-000000000000', 'web', 'firing', '2026-03-01 10:05Z'), (md5('app')::uuid, 'often', '00000000-0000-4000-8000-00000000000a', 'app', 'firing', '2026-03-01 10:06Z');
insert into telemetry.alert_transitions (at, recorded_at, fingerprint, alert, tenant_id, breakdown_value, from_status, to_status, value, n, cause, severity)
    values ('2026-03-01 10:05Z', '2026-03-01 10:05Z', md5('web')::uuid, 'often', '00000000-0000-0000-0000-000000000000', 'web', 'quiet', 'firing', 7, 7, 'event', 'sev1');
select * from pg_temp.posted();
select pg_temp.settle(200);
set book.now = '2026-03-01 10:30:59Z';
select count(*) as said_again from pg_temp.posted();
set book.now = '2026-03-01 10:31:00Z';
select count(*) as said_again from pg_temp.posted();
select pg_temp.settle(200);
-- Not what began to fire under a silence; what was silenced later goes on, or Alertmanager would say that it is over.
insert into telemetry.silences (alert, breakdown_value, since, until) values ('often', 'app', '2026-03-01 10:00Z', '2026-03-01 12:00Z'), ('often', 'web', '2026-03-01 10:20Z', '2026-03-01 12:00Z');
set book.now = '2026-03-01 10:32:00Z';
select alert, labels from pg_temp.posted();
select pg_temp.settle(200);
delete from telemetry.silences;
-- What recovers is said at once, with the time when it did, for five minutes. What fires again is not over.
update telemetry.alert_states set status = 'quiet', since = '2026-03-01 10:32:10Z' where breakdown_value = 'web';
insert into telemetry.alert_transitions (at, recorded_at, fingerprint, alert, tenant_id, breakdown_value, from_status, to_status, cause, severity)
    values ('2026-03-01 10:32:10Z', '2026-03-01 10:32:11Z', md5('web')::uuid, 'often', '00000000-0000-0000-0000-000000000000', 'web', 'firing', 'quiet', 'event', 'sev1');
set book.now = '2026-03-01 10:32:12Z';
select alert, labels ->> 'breakdown' as breakdown, "endsAt" from pg_temp.posted();
-- It is away: a retry is told what fires then. Down, it is asked each minute, and there is one row still.
select pg_temp.settle(503);
set book.now = '2026-03-01 10:32:40Z';
select labels ->> 'breakdown' as breakdown, "endsAt" from pg_temp.posted();
select pg_temp.settle(503);
set book.now = '2026-03-01 10:34:00Z';
select count(*) as rows from pg_temp.posted();
select pg_temp.settle(503);
set book.now = '2026-03-01 10:36:00Z';
select count(*) as rows from pg_temp.posted();
select pg_temp.settle(503);
set book.now = '2026-03-01 10:38:00Z';
select labels ->> 'breakdown' as breakdown, "endsAt" from pg_temp.posted();
select pg_temp.settle(200);
select status, dead_letters, waiting from telemetry.destination_status('monitor');
select count(*) from telemetry.deliveries where destination = 'monitor';
-- A tenant's is told of its own; an alert that names destinations goes to those. Others of the house that are down are said too.
select telemetry.register_destination('own', '{"kind": "alertmanager", "url": "https://am.example.org", "tenant_id": "00000000-0000-4000-8000-00000000000b"}');
update telemetry.destination_states set status = 'down', failing_since = '2026-03-01 10:00Z' where destination = 'hook';
set book.now = '2026-03-01 10:40:00Z';
select alert, labels, summary from pg_temp.posted();
select telemetry.register_alert('often', '{"destinations": ["own"]}');
set book.now = '2026-03-01 10:42:00Z';
select pg_temp.settle(200);
set book.now = '2026-03-01 10:43:00Z';
select alert, labels from pg_temp.posted();
rollback;
