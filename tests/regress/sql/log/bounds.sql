-- How much anybody may send, and what is kept of more: payloads by what they print, rejections by their payload's limit
-- and for a time, definitions by size and depth.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('scored', '{"payload_limit": 4096}');
select telemetry.register_event('forgiven', '{"enforcement": "warn", "required_keys": ["n"]}');

-- 1e131071 takes 16 bytes of jsonb and prints 131,072 digits: a number counts as long as it prints.
select telemetry.log_event('scored', '{"n": 1e131071}');
select telemetry.log_event('scored', '{"n": 1e-16383}');
select telemetry.log_event('scored', '{"list": [1e2000, [1e2000, {"n": -1e2000}]]}');
select telemetry.log_event('scored', '1e131071');
select telemetry.log_event('scored', '{"n": 1e308}') is not null as logged;
select telemetry.log_event('forgiven', '{"n": 1e131071, "m": 1e131071, "k": 1e131071, "a": 1e131071, "b": 1e131071, "c": 1e131071, "d": 1e131071, "e": 1e131071}');
select telemetry.import_events('[{"event_name": "scored", "event_ts": "2026-01-01T00:00:00Z", "payload": {"n": 1e131071}}]');
select telemetry.try_log_event('scored', '{"n": 1e131071}');
select telemetry.try_log_event('nowhere', '{"n": 1e131071}');
select accepted, rejected from telemetry.log_events('[
    {"event_name": "scored", "payload": {"n": 1e131071}}, {"event_name": "scored", "payload": 1e131071}, {"event_name": "scored", "seq": 1e131071},
    {"event_name": "scored", "seq": 0.5, "payload": {"n": 1e131071}}, 1e131071, [1e131071]]');
-- Nothing of it is kept; what is kept can be printed.
select reason, message, event::text as event from telemetry.rejections order by rejected_at;
select max(octet_length(payload::text)) from telemetry.events;

-- A rejection is no larger than its event's payload may be.
select telemetry.try_log_event('nowhere', jsonb_build_object('text', repeat('x', 5000)));
select telemetry.update_event('scored', '{"payload_limit": 8192, "required_keys": ["n"]}');
select telemetry.try_log_event('scored', jsonb_build_object('text', repeat('x', 5000)));
select accepted, rejected from telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'nowhere', 'extra', repeat('x', 9000)), repeat('x', 5000)));
select reason, event_name, octet_length(event::text), left(event ->> 'payload', 30) as payload from telemetry.rejections order by rejected_at desc limit 4;

-- An element that cannot be read may have 4096 bytes beside its payload, however little its payload may have, and is
-- replayed once it can be read. No payload beyond its limit is kept, whatever room the rest leaves.
select telemetry.register_event('small', '{"payload_limit": 100}');
select accepted, rejected from telemetry.log_events(jsonb_build_array(
    jsonb_build_object('event_name', 'small', 'payload', '{"n": 1}'::jsonb, 'session_id', '00000000-0000-4000-8000-000000000001', 'event_id', '00000000-0000-4000-8000-000000000002', 'origin', repeat('x', 60)),
    jsonb_build_object('event_name', 'small', 'origin', 7, 'payload', jsonb_build_object('text', repeat('x', 100))),
    jsonb_build_object('event_name', 'small', 'origin', 7, 'payload', repeat('x', 101)),
    jsonb_build_object('event_name', 'small', 'payload', '{"n": 1}'::jsonb, 'origin', repeat('x', 4080)),
    jsonb_build_object('event_name', 'small', 'payload', '{"n": 1}'::jsonb, 'origin', repeat('x', 4200))));
select reason, octet_length(event::text), left(event::text, 30) as event from telemetry.rejections where event_name = 'small' order by rejected_at;
select telemetry.add_alias('origin', 'source');
select * from telemetry.replay_rejections('{"event_name": "small"}');

-- A server's element is kept under the tenant that it names, also where it cannot be read; a client's under its own.
select accepted, rejected from telemetry.log_events('[{"event_name": "scored", "tenant_id": "00000000-0000-4000-8000-00000000000a", "payload": 7},
    {"event_name": "scored", "tenant_id": "00000000-0000-4000-8000-00000000000a", "sent_at": 7}, {"tenant_id": "nobody"}]');
set local request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1"}';
select accepted, rejected from telemetry.log_events('[{"event_name": "scored", "tenant_id": "00000000-0000-4000-8000-00000000000a", "payload": 7}]');
reset request.jwt.claims;
select reason, tenant_id, is_client from telemetry.rejections order by rejected_at desc limit 4;

-- A batch that is refused as a whole leaves a rejection and a count.
set local telemetry.server_batch_limit = 2;
select accepted, rejected, rejected_reasons_sample -> 0 ->> 'message' as message from telemetry.log_events('[{}, {}, {}]', source => 'worker');
reset telemetry.server_batch_limit;
select accepted, rejected, rejected_reasons_sample -> 0 ->> 'message' as message from telemetry.log_events('{"event_name": "scored"}');
select reason, message, event from telemetry.rejections where reason ~ 'batch' order by rejected_at;
select source, events, accepted, rejected from telemetry.ingestion_calls order by call_at desc limit 2;

-- Rejections are kept for telemetry.rejection_memory days; the owner himself does not change them, nor delete younger ones.
select count(*) as kept from telemetry.rejections;
update telemetry.rejections set message = 'x';
delete from telemetry.rejections;
truncate telemetry.rejections;
insert into telemetry.rejections (rejection_id, rejected_at, tenant_id, reason, message, caller, is_client)
select gen_random_uuid(), now() - n * interval '1 day', '00000000-0000-0000-0000-000000000000', 'unknown_event', 'old', 'x', false from unnest('{29,31,91}'::integer[]) n;
insert into telemetry.replays select rejection_id, tenant_id, rejected_at, 'stored' from telemetry.rejections where message = 'old';
select telemetry.forget_expired();
set local telemetry.rejection_memory = 30;
select telemetry.forget_expired();
select count(*) as old, (select count(*) from telemetry.replays) as replays from telemetry.rejections where message = 'old';

-- Arguments and definitions.
select * from telemetry.event_volume(filter => '{"n": 1e131071}');
select * from telemetry.funnel('["scored", {"event": "scored", "filter": {"n": 1e131071}}]');
select telemetry.redact('{"n": 1e131071}');
select telemetry.register_event('deep', jsonb_build_object('json_schema', (repeat('{"anyOf": [', 500) || '{}' || repeat(']}', 500))::jsonb));
select telemetry.register_event('wide', jsonb_build_object('json_schema', jsonb_build_object('anyOf', (select jsonb_agg('{}'::jsonb) from generate_series(1, 2000)))));
select telemetry.register_event('long', jsonb_build_object('description', repeat('x', 70000)));
select telemetry.register_event('patterns', jsonb_build_object('json_schema', jsonb_build_object('anyOf', (select jsonb_agg('{"pattern": "a"}'::jsonb) from generate_series(1, 60)))));
select telemetry.register_event('huge_pattern', '{"properties": {"a": {"pattern": "((a{1,99}){1,99}){1,99}"}}}');
-- Each is small enough, all together take longer to compile than a session should wait.
select telemetry.register_event('many_patterns', jsonb_build_object('json_schema', jsonb_build_object('anyOf',
    (select jsonb_agg(jsonb_build_object('pattern', '(a{1,99}){1,60}' || n)) from generate_series(1, 17) n))));
select telemetry.register_event('bomb', '{"properties": {"a": {"maximum": 1e131071}}}');
select telemetry.set_redaction(jsonb_build_object('keys', (select jsonb_object_agg('key' || n, 'mask') from generate_series(1, 5000) n)));
select telemetry.register_kpi('long', jsonb_build_object('kind', 'event_volume', 'description', repeat('x', 70000)));
select telemetry.register_kpi('bomb', '{"kind": "event_volume", "parameters": {"filter": {"n": 1e131071}}}');
select telemetry.register_cohort('bomb', '{"events": ["scored"], "where": {"n": 1e131071}}');
select telemetry.register_dashboard('long', array['a'], repeat('x', 70000));
select * from telemetry.replay_rejections('{"reason": 1e131071}');

-- A keyword that JSON Schema does not know would be ignored in silence.
select telemetry.register_event('misspelt', '{"properties": {"a": {"type": "string", "minlength": 3}}}');
select telemetry.register_event('misspelt', '{"json_schema": {"requird": ["a"]}}');
select telemetry.register_event('misspelt', '{"json_schema": {"properties": {"a": {"nullable": true}}}}');
select telemetry.register_event('well_spelt', '{"json_schema": {"x-owner": "growth", "$comment": "x", "properties": {"requird": {"type": "string"}}}}');
rollback;
