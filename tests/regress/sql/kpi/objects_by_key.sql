-- What events are about, by a payload key: support chat as its document logs it, without a subject_id.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres; set timezone = 'UTC';
\set both '\\; call both_sources(current_query());'
\set ON_ERROR_ROLLBACK on
begin;
select telemetry.install_pack('support_chat') > 0 as installed;
create temp table said (tenant text, name text, at timestamptz, payload jsonb);
insert into said values
    ('acme', 'conversation_started', '2020-01-06 10:00', '{"sessionId": "s1", "conversationId": "c1"}'), ('acme', 'escalation_triggered', '2020-01-06 10:05', '{"conversationId": "c1", "reason": "refund"}'),
    ('acme', 'conversation_started', '2020-01-06 11:00', '{"sessionId": "s1", "conversationId": "c2"}'), ('acme', 'conversation_started', '2020-01-06 12:00', '{"sessionId": "s2", "conversationId": "c3"}'),
    ('acme', 'escalation_triggered', '2020-01-07 12:00:00.000001', '{"conversationId": "c3", "reason": "late"}'), ('acme', 'conversation_started', '2020-01-06 13:00', '{"sessionId": "s2", "conversationId": "5f3a9e6e-6c0d-4d0e-9a52-1f0a3c4b5d6e"}'),
    ('acme', 'escalation_triggered', '2020-01-06 13:01', '{"conversationId": "5F3A9E6E-6C0D-4D0E-9A52-1F0A3C4B5D6E", "reason": "refund"}'),
    -- Another tenant's c2 is another conversation.
    ('bolt', 'conversation_started', '2020-01-06 10:00', '{"sessionId": "s1", "conversationId": "c1"}'), ('bolt', 'conversation_started', '2020-01-06 10:00', '{"sessionId": "s1", "conversationId": "c2"}'), ('bolt', 'escalation_triggered', '2020-01-06 11:05', '{"conversationId": "c2", "reason": "refund"}'),
    -- Two sources of acme side by side, of which one is read again and one fails; bolt reads the same address.
    ('acme', 'ingest_started', '2020-01-06 10:00', '{"sourceType": "web", "url": "https://acme.example/a"}'), ('acme', 'ingest_started', '2020-01-06 10:00:10', '{"sourceType": "web", "url": "https://acme.example/b"}'),
    ('acme', 'ingest_completed', '2020-01-06 10:01', '{"sourceType": "web", "url": "https://acme.example/b", "docs": 1, "chunks": 9}'), ('acme', 'ingest_completed', '2020-01-06 10:02', '{"sourceType": "web", "url": "https://acme.example/a", "docs": 2, "chunks": 9}'),
    ('acme', 'ingest_started', '2020-01-06 11:00', '{"sourceType": "web", "url": "https://acme.example/a"}'), ('acme', 'ingest_completed', '2020-01-06 11:00:30', '{"sourceType": "web", "url": "https://acme.example/a", "docs": 2, "chunks": 9}'),
    ('acme', 'ingest_started', '2020-01-06 12:00', '{"sourceType": "web", "url": "https://acme.example/c"}'), ('acme', 'ingest_failed', '2020-01-06 12:01', '{"sourceType": "web", "url": "https://acme.example/c", "errorCode": "E1"}'),
    ('bolt', 'ingest_started', '2020-01-06 10:00', '{"sourceType": "web", "url": "https://acme.example/b"}'), ('bolt', 'ingest_completed', '2020-01-06 10:10', '{"sourceType": "web", "url": "https://acme.example/b", "docs": 1, "chunks": 9}');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', at, 'tenant_id', telemetry.as_id(tenant), 'payload', payload))) from said;
select count(*) as events, count(subject_id) as with_subject from telemetry.events where tenant_id in (telemetry.as_id('acme'), telemetry.as_id('bolt'));

-- 3 of 6 conversations were escalated within a day; the plain SQL beside it.
select bucket::date, value, is_complete from telemetry.kpi('support_chat_deflection_rate', '2020-01-06', '2020-01-08') :both
select date_trunc('day', s.event_ts)::date as day, 1 - avg(exists (select from telemetry.events e where e.event_name = 'escalation_triggered' and e.tenant_id = s.tenant_id and lower(e.payload ->> 'conversationId') = lower(s.payload ->> 'conversationId') and e.event_ts between s.event_ts and s.event_ts + interval '1 day')::int) as deflected
  from telemetry.events s where s.event_name = 'conversation_started' group by 1;
select in_numerator, in_denominator from telemetry.object_ratio('escalation_triggered', 'conversation_started', '2020-01-06', '2020-01-07', within => '1 day', object_key => 'conversationId', tenant => telemetry.as_id('acme')) :both
-- By the subject_id, which nobody logs, there is nothing.
select in_numerator, in_denominator, ratio from telemetry.object_ratio('escalation_triggered', 'conversation_started', '2020-01-06', '2020-01-07') :both
-- Of which id: a uuid is itself, another text as as_id() makes it one.
select o.subject_id = telemetry.as_id(v.id, o.tenant_id) as is_made, o.subject_id::text = v.id as is_itself, o.is_in_numerator
  from telemetry.object_ratio_objects('escalation_triggered', 'conversation_started', '2020-01-06', '2020-01-07', object_key => 'conversationId', tenant => telemetry.as_id('acme')) o
  join (values ('c1'), ('c2'), ('c3'), ('5f3a9e6e-6c0d-4d0e-9a52-1f0a3c4b5d6e')) v (id) on o.subject_id in (telemetry.as_id(v.id, o.tenant_id), case when v.id ~ '-' then v.id::uuid end) order by v.id :both
-- 120, 50, 30 and 600 seconds.
select bucket::date, value from telemetry.kpi('support_chat_ingestion_latency', '2020-01-06', '2020-01-07') :both
select percentile_cont(0.5) within group (order by extract(epoch from c.event_ts - s.event_ts)) as seconds
  from telemetry.events s cross join lateral (select e.event_ts from telemetry.events e where e.event_name = 'ingest_completed' and e.tenant_id = s.tenant_id and e.payload ->> 'url' = s.payload ->> 'url' and e.event_ts >= s.event_ts order by 1 limit 1) c
 where s.event_name = 'ingest_started';
select events, followed, seconds from telemetry.time_between('ingest_started', 'ingest_completed', '2020-01-06', '2020-01-07', percentiles => '{0,1}', object_key => 'url') :both
select tenant_id = telemetry.as_id('bolt') as is_bolts, actor_id = telemetry.as_id('https://acme.example/b', tenant_id) as is_b, seconds from telemetry.time_between_actors('ingest_started', 'ingest_completed', object_key => 'url') order by 3 :both
select n_anchor, n_reached, seconds from telemetry.time_to_first('ingest_started', 'ingest_completed', percentiles => '{0,1}', object_key => 'url') :both
select count(*) from telemetry.time_to_first_actors('ingest_started', 'ingest_completed', object_key => 'url', actor => 'subject') :both
select count(*) from telemetry.time_to_first_actors('ingest_started', 'ingest_completed', actor => 'subject') :both
select * from telemetry.time_between('ingest_started', 'ingest_completed', object_key => 'url', actor => 'user');

-- Wherever subjects act: the same conversations, each its own actor.
select step, actors from telemetry.funnel('["conversation_started", "escalation_triggered"]', '1 day', object_key => 'conversationId') :both
select count(*) from telemetry.funnel_actors('["conversation_started", "escalation_triggered"]', '1 day', object_key => 'conversationId') where depth = 2 :both
select step, actors from telemetry.funnel_trend('["conversation_started", "escalation_triggered"]', '1 day', '2020-01-06', '2020-01-07', object_key => 'conversationId') :both
select count(*) from telemetry.funnel_trend_actors('["conversation_started", "escalation_triggered"]', '1 day', '2020-01-06', '2020-01-07', object_key => 'conversationId') :both
select sum(actors) from telemetry.funnel_times('["conversation_started", "escalation_triggered"]', '1 day', object_key => 'conversationId') :both
select count(*) from telemetry.funnel_times_actors('["conversation_started", "escalation_triggered"]', '1 day', object_key => 'conversationId') :both
select source_name, target_name, actors from telemetry.paths(events => '{conversation_started,escalation_triggered}', object_key => 'conversationId') :both
select count(*) from telemetry.paths_actors(events => '{conversation_started,escalation_triggered}', object_key => 'conversationId') :both
select event_name, actors from telemetry.next_events('{conversation_started}', events => '{conversation_started,escalation_triggered}', object_key => 'conversationId') :both
select count(*) from telemetry.next_events_actors('{conversation_started}', events => '{conversation_started,escalation_triggered}', object_key => 'conversationId') :both
select period, cohort_size, actors from telemetry.retention('conversation_started', 'escalation_triggered', '2020-01-06', '2020-01-08', periods => 2, object_key => 'conversationId') where cohort = '2020-01-06' :both
select count(*) from telemetry.retention_actors('conversation_started', 'escalation_triggered', '2020-01-06', '2020-01-08', periods => 2, object_key => 'conversationId') :both
select actors from telemetry.active_users(since => '2020-01-06', until => '2020-01-07', events => '{conversation_started}', object_key => 'conversationId') :both
select count(*) from telemetry.active_users_actors(since => '2020-01-06', until => '2020-01-07', events => '{conversation_started}', object_key => 'conversationId') :both

-- From the rows of the events concerned; from the timeline where the key is promoted, numbers and nothing among its values.
call telemetry.tick();
select source, reason, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "escalation_triggered", "denominator": "conversation_started", "object_key": "conversationId"}');
select source, reason, raw_events from telemetry.explain_kpi('time_between', '{"first_event": "ingest_started", "next_event": "ingest_completed", "object_key": "url"}');
select telemetry.register_event(name, '{"promoted_properties": ["ticket"]}') from unnest('{opened,solved}'::text[]) name \g /dev/null
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', v.name, 'event_ts', '2020-01-06T00:00:00Z'::timestamptz + n * interval '1 minute', 'payload', v.payload)))
  from (values (1, 'opened', '{"ticket": 7}'::jsonb), (2, 'opened', '{"ticket": "7"}'), (3, 'opened', '{"ticket": 8}'), (4, 'opened', '{"ticket": 8.0}'), (5, 'opened', '{"ticket": null}'), (6, 'opened', '{}'), (7, 'opened', '{"ticket": ""}'),
               (8, 'opened', '{"ticket": true}'), (9, 'opened', '{"ticket": 9}'), (10, 'solved', '{"ticket": 7}'), (11, 'solved', '{"ticket": 8.0}'), (12, 'solved', '{"ticket": null}'), (13, 'solved', '{}')) v (n, name, payload);
select in_numerator, in_denominator from telemetry.object_ratio('solved', 'opened', '2020-01-06', '2020-01-07', object_key => 'ticket') :both
call telemetry.tick();
select source, raw_events from telemetry.explain_kpi('object_ratio', '{"numerator": "solved", "denominator": "opened", "object_key": "ticket"}');
rollback;
