-- log_events(): many events in one call; the good ones are stored, the bad ones kept, the answer is small.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
select telemetry.install_pack('exam_prep');
\set student '00000000-0000-4000-8000-000000000001'
\set attempt '00000000-0000-4000-8000-0000000000aa'

-- An array of objects with the names of log_event()'s arguments, or those of a pack's envelope.
select accepted, rejected, duplicates, rejected_reasons_sample
  from telemetry.log_events(jsonb_build_array(
           jsonb_build_object('event_name', 'QUESTION_VIEWED', 'payload', '{"position": 1}'::jsonb, 'user_id', :'student', 'session_id', :'attempt', 'seq', 1),
           jsonb_build_object('event_type', 'ANSWER_SELECTED', 'payload_json', '{"position": 1, "selected_index": 2}'::jsonb, 'user_id', :'student',
                              'session_id', :'attempt', 'question_id', '00000000-0000-4000-8000-0000000000cc', 'seq', 2, 'source', 'mobile', 'client_ts', null)),
       source => 'web');
select event_name, seq, source, subject_id, client_ts, payload from telemetry.events order by ingest_id;

-- What the client calls event_ts is its own clock; the server's counts. The order of the array is kept.
select accepted from telemetry.log_events(jsonb_build_array(
    jsonb_build_object('event_name', 'REVIEW_OPENED', 'user_id', :'student', 'session_id', :'attempt', 'event_ts', '2020-01-01T00:00:00Z', 'seq', 3),
    jsonb_build_object('event_name', 'REVIEW_OPENED', 'user_id', :'student', 'session_id', :'attempt', 'seq', 4)));
select seq, client_ts, event_ts > now() - interval '1 minute' as is_the_servers, event_ts > lag(event_ts) over (order by ingest_id) as is_later
  from telemetry.events where seq >= 3 order by event_ts;

-- One bad event never fails the others. At most five distinct reasons come back, the events themselves are kept.
select accepted, rejected, duplicates from telemetry.log_events('[
    {"event_name": "REVIEW_OPENED", "user_id": "00000000-0000-4000-8000-000000000001", "session_id": "00000000-0000-4000-8000-0000000000aa", "seq": 5},
    {"event_name": "NEVER_HEARD_OF"}, {"event_name": "NEVER_HEARD_OF"}, {"event_name": "REVIEW_OPENED"}, {}, 7, null, "text", [1],
    {"event_name": "REVIEW_OPENED", "user_id": "joe"}, {"event_name": "REVIEW_OPENED", "sent_at": 1},
    {"event_name": "QUESTION_VIEWED", "payload": {"position": "one"}, "user_id": "00000000-0000-4000-8000-000000000001", "session_id": "00000000-0000-4000-8000-0000000000aa"},
    {"event_name": "QUESTION_VIEWED", "event_type": "QUESTION_VIEWED"}]');
select reason, message, event_name, event from telemetry.rejections order by rejected_at;
select r.reason, r.message, r.element, r.count
  from telemetry.log_events('[{"event_name": "A"}, {"event_name": "B"}, {"event_name": "A"}, {"event_name": "C"}, {"event_name": "D"}, {"event_name": "E"}, {"event_name": "F"}]') l,
       jsonb_to_recordset(l.rejected_reasons_sample) r (reason text, message text, element integer, count integer);

-- Nothing to do.
select * from telemetry.log_events('[]');
select * from telemetry.log_events(null);

-- A batch that is refused as a whole: nothing of it is stored, and that it was refused is kept.
\set ON_ERROR_ROLLBACK on
select * from telemetry.log_events('{"events": []}');
select * from telemetry.log_events('"text"');
set telemetry.server_batch_limit = 2;
select * from telemetry.log_events('[{"event_name": "A"}, {"event_name": "B"}, {"event_name": "C"}]');
reset telemetry.server_batch_limit;
set request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}';
select * from telemetry.log_events((select jsonb_agg('{"event_name": "A"}'::jsonb) from generate_series(1, 51)));
reset request.jwt.claims;

-- An alias of one's own.
select telemetry.add_alias('trackName', 'event_name');
select accepted, rejected from telemetry.log_events(jsonb_build_array(jsonb_build_object('trackName', 'REVIEW_OPENED', 'user_id', :'student', 'session_id', :'attempt')));
select telemetry.add_alias('trackName', 'payload');
select telemetry.add_alias('colour', 'colour');
select telemetry.add_alias(null, 'payload');
select alias, argument from telemetry.event_aliases where pack = 'exam_prep' order by 1;

-- 10,000 events at once; 100 levels deep and 10 MB are rejections like any other.
select telemetry.register_event('tick');
select l.accepted, l.rejected from telemetry.log_events((select jsonb_agg(jsonb_build_object('event_name', 'tick', 'seq', n)) from generate_series(1, 10000) n)) l;
select count(*), count(distinct event_ts), count(distinct ingest_id), count(distinct event_id), bool_and(seq - lag = 1)
  from (select *, lag(seq) over (order by event_ts) from telemetry.events where event_name = 'tick') e;
select accepted, rejected, r.reason, r.message
  from telemetry.log_events(jsonb_build_array(
           jsonb_build_object('event_name', 'tick', 'payload', (repeat('{"a":', 100) || '1' || repeat('}', 100))::jsonb),
           jsonb_build_object('event_name', 'tick', 'payload', jsonb_build_object('text', repeat('x', 10000000))))) l,
       jsonb_to_recordset(l.rejected_reasons_sample) r (reason text, message text);
select pg_column_size(event) < 100000 as is_small, event->>'payload' as payload from telemetry.rejections where reason = 'payload_too_large';

-- With a trigger of the application on the log, its rows go through an ordinary INSERT, and the trigger fires.
create table seen (event_name text);
create function seen() returns trigger language plpgsql as $$ begin insert into seen values (new.event_name); return null; end $$;
create trigger seen after insert on telemetry.events for each row execute function seen();
select accepted from telemetry.log_events('[{"event_name": "tick"}, {"event_name": "tick"}, {"event_name": "tick"}]');
select * from seen;

-- Telemetry off: nothing is looked at.
set telemetry.enabled = off;
select * from telemetry.log_events('[{"event_name": "tick"}, 7]');
select telemetry.log_event('tick'), telemetry.log_event('nope'), telemetry.try_log_event('nope'), telemetry.import_events('[7]');
rollback;
