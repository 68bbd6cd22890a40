-- Who is told: by severity, by name, by tenant; and what is told of the destinations themselves.
\set VERBOSITY terse
\set SHOW_CONTEXT never
set datestyle = iso; set timezone = 'UTC';
begin;
\set ON_ERROR_ROLLBACK on
select count(telemetry.drop_alert(name)) >= 0 as dropped from telemetry.alerts;
create or replace function telemetry_private.outbound_clock() returns timestamptz language sql as $$ select current_setting('book.now')::timestamptz $$;
set book.now = '2024-05-06 10:00Z';
set telemetry.retry_jitter = 0;
select telemetry.register_event('call_failed') = 1 as registered;
create function pg_temp.told() returns table (destination text, kind text, name text, severity text, tenant text) language sql as $$
    select n.destination_name, n.kind, n.name, n.severity, case n.tenant_id when telemetry.as_id('acme') then 'acme' when telemetry.as_id('bolt') then 'bolt' end
      from telemetry.notification_history() n order by n.at, n.destination_name, n.name $$;
select telemetry.register_destination(d.name, jsonb_build_object('kind', 'webhook', 'url', 'https://example.com/' || d.name, 'sends', 'alerts', 'severities', d.severities, 'tenant_id', d.tenant)) as is_new
  from (values ('everything', null::text[], null::uuid), ('pager', '{sev1}', null), ('chat', '{sev2,sev3}', null), ('acme', null, telemetry.as_id('acme')), ('bolt', null, telemetry.as_id('bolt'))) d (name, severities, tenant);
-- The first destination that sends alerts brings the rules about ingestion.
select name, severity, kpi, within, every, description from telemetry.alerts;
select count(telemetry.drop_alert(name)) as dropped from telemetry.alerts;
select telemetry.register_kpi('failed_calls', '{"kind": "event_volume", "parameters": {"events": ["call_failed"]}, "target": 0, "target_is": "at_most"}') as is_new;
select count(telemetry.register_alert(name, jsonb_build_object('kpi', 'failed_calls', 'within', '1 minute') || more::jsonb)) as rules
  from (values ('urgent', '{"severity": "sev1"}'), ('plain', '{"severity": "sev2"}'), ('named', '{"severity": "sev2", "destinations": ["pager"]}'), ('nobody', '{"destinations": []}'), ('by_customer', '{"severity": "sev2", "by_tenant": true}')) r (name, more);
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'call_failed', 'event_ts', '2024-05-06 10:00:30Z', 'tenant_id', telemetry.as_id(t)))) as imported from unnest('{acme,bolt}'::text[]) t;
update telemetry.alert_rounds set evaluated_until = '2024-05-06 10:00Z';
select telemetry.evaluate_alerts('2024-05-06 10:01Z') as made;
-- A tenant's destination is told of that tenant's alerts alone, and others' numbers are in no message of its.
select * from pg_temp.told();
select destination, bool_or(body like '%' || telemetry.as_id('bolt') || '%') as names_bolt, bool_or(body like '%' || telemetry.as_id('acme') || '%') as names_acme from telemetry.deliveries group by 1 order by 1;

-- A destination that goes down is told to the others, once; and once that it is back.
create function pg_temp.later(by interval) returns void language sql as $$ select set_config('book.now', (current_setting('book.now')::timestamptz + by)::text, false) $$;
select telemetry.register_destination('crm', '{"kind": "webhook", "url": "https://example.com/crm", "sends": "messages"}') as is_new;
select telemetry.enqueue('crm', '{"contact": 1}') is not null as queued;
select destination, telemetry.settle_delivery(ticket, 'w1', case destination when 'crm' then 410 else 200 end) as outcome from telemetry.claim_deliveries('w1') order by destination, delivery_id;
select status from telemetry.destination_status('crm');
create temp table known as select notification_id from telemetry.notifications;
select pg_temp.later('1 minute');
select destination, body::jsonb ->> 'type' as type, body::jsonb #>> '{data,title}' as title from telemetry.claim_deliveries('w1') where destination <> 'crm';
select regexp_replace(message::text, '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g') as message from telemetry.notification_history() n where kind = 'down' and destination_name = 'pager';
select count(*) as again from telemetry.claim_deliveries('w1') where body like '%destination.%';
select telemetry.resume_destination('crm');
select pg_temp.later('2 minutes');
select destination, body::jsonb ->> 'type' as type, body::jsonb #>> '{data,title}' as title from telemetry.claim_deliveries('w1') where body like '%destination.recovered%';

-- An export that falls behind is told once, and once that it has caught up: an event waits longer than twice most_age and ten minutes.
select telemetry.register_export('warehouse', '{"events": ["call_failed"], "from": "now", "most_age": "5 minutes"}') as is_new;
select telemetry.import_events('[{"event_name": "call_failed", "event_ts": "2024-05-06 10:04Z"}]') as imported;
set book.now = '2024-05-06 10:24Z';
select telemetry.evaluate_alerts('2024-05-06 10:24Z') is not null as evaluated;
select count(*) as behind_already from telemetry.notification_history() where message ->> 'type' like 'export.%';
set book.now = '2024-05-06 10:25Z';
select telemetry.evaluate_alerts('2024-05-06 10:25Z') is not null as evaluated, telemetry.evaluate_alerts('2024-05-06 10:26Z') is not null as evaluated_again;
select destination_name, message #>> '{data,title}' as title, message #>> '{data,lag_events}' as lag_events from telemetry.notification_history() where message ->> 'type' = 'export.behind' order by 1;
update telemetry.export_states set position = telemetry_private.drawn_id(), looked_until = telemetry_private.drawn_id(), waiting = 0, waits_since = null;
select telemetry.evaluate_alerts('2024-05-06 10:27Z') is not null as evaluated;
select destination_name, message #>> '{data,title}' as title from telemetry.notification_history() where message ->> 'type' = 'export.recovered' order by 1;
select telemetry.drop_export('warehouse') as dropped;

-- A test message has the form of what comes later.
select telemetry.test_destination('pager') ~ '^ntf_' as queued;
select regexp_replace(body, '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g') as body from telemetry.deliveries d where destination = 'pager' order by number desc limit 1;
-- A destination begins with what changes from then on, and forgets what it knew when it is dropped.
select telemetry.drop_destination('chat');
select telemetry.register_destination('chat', '{"kind": "webhook", "url": "https://example.com/chat", "sends": "alerts"}') as is_new;
select count(*) as told_of_the_past from telemetry.notification_states where destination = 'chat';
-- Rules that were dropped do not come back.
select count(*) as built_in from telemetry.alerts where name like 'ingestion%';

-- What cannot be registered.
create function pg_temp.refused(statement text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute statement;
    return 'taken';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' | ', sqlstate, sqlerrm, hint);
end $$;
select pg_temp.refused(format('select telemetry.register_destination(''x'', ''{"kind": "webhook", "url": "https://example.com/x", %s}'')', more))
  from unnest(array['"sends": "alerts", "severities": []', '"sends": "alerts", "severities": ["bad"]', '"sends": "alerts", "severities": "sev1"', '"sends": "alerts", "group_within": "2 hours"', '"sends": "alerts", "group_within": "secret"',
      '"sends": "alerts", "digest_at": "25:00"', '"sends": "alerts", "digest_at": "9"', '"sends": "alerts", "tz": "Mars/Base"', '"sends": "alerts", "events": ["call_failed"]', '"sends": "alerts", "thin": true', '"severities": ["sev1"]', '"sends": "moon"']) more;
select pg_temp.refused($$select telemetry.register_destination('x', '{"kind": "posthog", "url": "https://example.com/x", "secret_name": "x", "sends": "alerts"}')$$);
select pg_temp.refused($$select telemetry.register_alert('named', '{"destinations": ["pager", "crm"]}')$$), pg_temp.refused($$select telemetry.register_alert('named', '{"destinations": ["moon"]}')$$);
rollback;
