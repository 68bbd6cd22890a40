-- The document's starters, about the first tenant.
select pg_temp.agree('its own table is there already', 'select name, data, tenant_id, created_at from public.events', 'select event_name, payload, tenant_id, event_ts from telemetry.events');
select pg_temp.agree('conversations per day', 'select d, count from seed_conversations_per_day',
    'select bucket, events from telemetry.event_volume(events => ''{conversation_started}'', tenant => telemetry.as_id(''tenant-1'')) where events > 0 order by bucket desc limit 30');
select pg_temp.agree('conversations per day as a kpi', 'select d, count::double precision from seed_conversations_per_day',
    'select bucket, value from telemetry.kpi(''support_chat_conversations'', tenant => telemetry.as_id(''tenant-1'')) where value > 0 order by bucket desc limit 30');
select pg_temp.agree('escalation rate', 'select escalation_rate from seed_escalation_rate',
    'select sum(numerator)::double precision / nullif(sum(denominator), 0) from telemetry.event_ratio(''escalation_triggered'', ''conversation_started'', since => now() - interval ''30 days'', until => now(), grain => ''year'', tenant => telemetry.as_id(''tenant-1''))');
