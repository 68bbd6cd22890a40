-- session_timeline(): what happened in one session, in order.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
begin;
set local time zone 'UTC';
select telemetry.install_pack('exam_prep');
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2024-03-01Z' + at * interval '1 second', 'payload', payload::jsonb, 'session_id', telemetry.as_id(session), 'user_id', telemetry.as_id('ann'), 'subject_id', telemetry.as_id(question))))
  from (values ('s1', 0, 'SESSION_CREATED', '{"mode": "mock", "filters": {}, "count": 2}', null), ('s1', 5, 'QUESTION_VIEWED', '{"position": 0}', 'q1'),
               ('s2', 6, 'QUESTION_VIEWED', '{"position": 0}', 'q1'), ('s1', 8.5, 'PAUSE_BLUR', '{"state": "blur"}', null),
               ('s1', 60, 'PAUSE_BLUR', '{"state": "focus"}', null), ('s1', 60, 'ANSWER_SELECTED', '{"position": 0, "selected_index": 1}', 'q1')) e (session, at, name, payload, question);
select * from telemetry.session_timeline(telemetry.as_id('s1'));
select event_name, seconds_from_start from telemetry.session_timeline(telemetry.as_id('s2'));
select * from telemetry.session_timeline(telemetry.as_id('s1'), '00000000-0000-4000-8000-00000000000a');
select * from telemetry.session_timeline(telemetry.as_id('s3'));
select * from telemetry.session_timeline(null);
-- Row-level security decides, as on the log.
create role timeline_reader;
select telemetry.grant_access('timeline_reader', 'analyst');
set local role timeline_reader;
select count(*) from telemetry.session_timeline(telemetry.as_id('s1'));
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select count(*) from telemetry.session_timeline(telemetry.as_id('s1', '00000000-0000-0000-0000-000000000000'));
reset role;
rollback;
