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
