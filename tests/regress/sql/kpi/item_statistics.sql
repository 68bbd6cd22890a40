-- item_statistics(): how the questions of an exam are answered, how difficult they are, how well they discriminate.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
set extra_float_digits = -3;
begin;
set local time zone 'UTC';
select telemetry.install_pack('exam_prep');
select * from telemetry.item_statistics();
-- Five sessions, four questions; the right answer is 1. In s2 the answer of q3 is changed to the right one, in s3 that of
-- q1 away from it and back; s5 answers one question alone, so it compares with nothing.
create temp table answers (session text, question text, choice int);
insert into answers values
    ('s1', 'q1', 1), ('s1', 'q2', 1), ('s1', 'q3', 1), ('s1', 'q4', 1), ('s2', 'q1', 1), ('s2', 'q2', 1), ('s2', 'q3', 2), ('s2', 'q4', 0),
    ('s3', 'q1', 1), ('s3', 'q2', 2), ('s3', 'q3', 0), ('s3', 'q4', 1), ('s4', 'q1', 0), ('s4', 'q2', 3), ('s4', 'q3', 0), ('s5', 'q4', 1);
create function pg_temp.logged(name text, session text, question text, seconds numeric, payload jsonb) returns jsonb language sql as $$
    select jsonb_build_object('event_name', name, 'event_ts', timestamptz '2024-03-01Z' + seconds * interval '1 second', 'payload', payload, 'user_id', telemetry.as_id(session), 'session_id', telemetry.as_id(session), 'subject_id', telemetry.as_id(question))
$$;
select telemetry.import_events(jsonb_agg(pg_temp.logged('QUESTION_VIEWED', session, question, right(question, 1)::int * 100, '{"position": 0}'))) from answers;
select telemetry.import_events(jsonb_agg(pg_temp.logged('ANSWER_SELECTED', session, question, right(question, 1)::int * 100 + right(session, 1)::int * 2, jsonb_build_object('position', 0, 'selected_index', choice)))) from answers;
select telemetry.import_events(jsonb_build_array(
    pg_temp.logged('ANSWER_CHANGED', 's2', 'q3', 500, '{"position": 0, "from_index": 2, "to_index": 1}'),
    pg_temp.logged('ANSWER_CHANGED', 's3', 'q1', 501, '{"position": 0, "from_index": 1, "to_index": 3}'),
    pg_temp.logged('ANSWER_CHANGED', 's3', 'q1', 502, '{"position": 0, "from_index": 3, "to_index": 1}'),
    pg_temp.logged('MARK_FOR_REVIEW_TOGGLED', 's2', 'q3', 503, '{"position": 0, "marked": true}'),
    pg_temp.logged('MARK_FOR_REVIEW_TOGGLED', 's2', 'q3', 504, '{"position": 0, "marked": false}'),
    pg_temp.logged('MARK_FOR_REVIEW_TOGGLED', 's1', 'q2', 505, '{"position": 0, "marked": false}'),
    -- Seen, not answered.
    pg_temp.logged('QUESTION_VIEWED', 's5', 'q1', 506, '{"position": 0}')));

-- Without an answer key: how they are answered.
select question, sessions, answered, changes, changes_per_answer, median_seconds, marked, difficulty, discrimination
  from telemetry.item_statistics() join unnest('{q1,q2,q3,q4}'::text[]) question on telemetry.as_id(question) = subject_id order by 1;

create table public.questions (id uuid primary key, correct_index integer);
insert into public.questions select telemetry.as_id(question), 1 from unnest('{q1,q2,q3,q4,q5}'::text[]) question;
select question, difficulty, discrimination
  from telemetry.item_statistics('public.questions') join unnest('{q1,q2,q3,q4}'::text[]) question on telemetry.as_id(question) = subject_id order by 1;
-- The same by hand: the last choices as a matrix, and the correlation of each column with the rest of its row.
with matrix (session, q1, q2, q3, q4) as (values ('s1', 1, 1, 1, 1), ('s2', 1, 1, 1, 0), ('s3', 1, 0, 0, 1), ('s4', 0, 0, 0, null))
select corr(q1, (q2 + q3 + coalesce(q4, 0))::float / (2 + (q4 is not null)::int)) as q1, corr(q2, (q1 + q3 + coalesce(q4, 0))::float / (2 + (q4 is not null)::int)) as q2,
       corr(q3, (q1 + q2 + coalesce(q4, 0))::float / (2 + (q4 is not null)::int)) as q3, corr(q4, (q1 + q2 + q3)::float / 3) as q4
  from matrix;
-- A key whose ids are no uuids; a range; what is asked for by a KPI.
create table public.numbered_questions (id text, correct_index smallint);
insert into public.numbered_questions values ('q1', 1), ('q2', 1), ('q3', 1), ('q4', 1);
select count(*) from (select * from telemetry.item_statistics('public.questions') except select * from telemetry.item_statistics('public.numbered_questions')) x;
select sum(sessions) from telemetry.item_statistics(since => '2024-03-01 00:05', until => '2024-03-01 00:06:45');
select telemetry.register_kpi('difficulty', '{"kind": "item_statistics", "parameters": {"table_name": "public.questions"}, "unit": "ratio"}');
select round(value::numeric, 3) as difficulty from telemetry.kpi('difficulty', '2024-03-01', '2024-03-02') order by 1;
select * from telemetry.item_statistics('public.nowhere');
select * from telemetry.item_statistics('telemetry.kpis');
rollback;
