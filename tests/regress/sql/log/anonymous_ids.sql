-- Ids of clients that sign in between two tries, and of clients that nobody can tell apart; what the same content is.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('seen');
prepare request (text) as select set_config('request.jwt.claims', $1, true) is not null as request;
prepare sent (text, jsonb) as select accepted, rejected, duplicates, rejected_reasons_sample -> 0 ->> 'reason' as reason
    from telemetry.log_events(jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('event_name', 'seen', 'event_id', $1, 'payload', $2))));
\set anon '\'{"role": "anon"}\''
\set alice '\'{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000a1"}\''
\set bob '\'{"role": "authenticated", "sub": "00000000-0000-4000-8000-0000000000b2"}\''

-- Sent before signing in, and again after: one event.
execute request(:anon) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000001', '{"n": 1}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000001', '{"n": 1}');
execute request(:alice) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000001', '{"n": 1}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000001', '{"n": 1}');
select telemetry.log_event('seen', '{"n": 1}', event_id => '3c7d2a52-6f3e-4f0e-9d55-000000000001');
select count(*), count(user_id) from telemetry.events;

-- Sent as the user, and again after signing out: one event, the user's. The client without a user is answered as of a new
-- event, so that it learns nothing of the user's; a second try as of its own, a duplicate.
execute request(:alice) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000005', '{"n": "out"}');
execute request(:anon) \g /dev/null
select telemetry.log_event('seen', '{"n": "out"}', event_id => '3c7d2a52-6f3e-4f0e-9d55-000000000005');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000005', '{"n": "out"}');
execute request(:alice) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000006', '{"n": "out"}');
execute request(:anon) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000006', '{"n": "out"}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000006', '{"n": "out"}');
-- As the answers of an event of its own.
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000007', '{"n": "out"}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000007', '{"n": "out"}');
-- What another user says under the same id is the other's; a third client's is one of the two.
execute request(:bob) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000006', '{"n": "out"}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000006', '{"n": "out"}');
-- Twice in a batch, and among others.
execute request(:alice) \g /dev/null
select accepted, duplicates from telemetry.log_events('[{"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-000000000008"},
    {"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-000000000009"}, {"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-000000000008"}]');
execute request(:anon) \g /dev/null
select accepted, duplicates from telemetry.log_events('[{"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-000000000009"},
    {"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-00000000000a"}, {"event_name": "seen", "event_id": "3c7d2a52-6f3e-4f0e-9d55-000000000009"}]');
-- The log and its accounting know better: stored once.
reset request.jwt.claims;
select count(*), count(distinct event_id), count(*) filter (where user_id is null) as of_nobody from telemetry.events
 where event_id between '3c7d2a52-6f3e-4f0e-9d55-000000000005' and '3c7d2a52-6f3e-4f0e-9d55-00000000000a' or payload ->> 'n' = 'out';

-- Who knows the id but not what was said under it neither learns of it nor stands in its way.
execute request(:anon) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000001', '{"n": 2}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "first"}');
execute request(:bob) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "mine"}');
execute request(:anon) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "second"}');
-- A user's own ids conflict, as a server's do.
execute request(:bob) \g /dev/null
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "other"}');
reset request.jwt.claims;
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "server"}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000002', '{"n": "other"}');

-- The same content: no payload and {}, 1 and 1.0, wherever in it.
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000003', null);
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000003', '{}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000004', '{"n": 1, "list": [{"m": 100}]}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000004', '{"list": [{"m": 1e2}], "n": 1.0}');
execute sent('3c7d2a52-6f3e-4f0e-9d55-000000000004', '{"list": [{"m": 1e2}], "n": "1"}');
rollback;
