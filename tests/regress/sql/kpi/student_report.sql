-- student_report(): how each student learns, and which score is to be expected.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
\set ON_ERROR_ROLLBACK on
set extra_float_digits = -3;
begin;
set local time zone 'UTC';
select telemetry.install_pack('exam_prep');
select * from telemetry.student_report();
-- Ann answers 24 questions: of the first 12 five are right, of the last 12 ten. Bob answers five, Cem none. The right answer
-- is 1. Ann changes q1 to the right answer, and q13 away from it and back. The window is left for 30 seconds, and once more
-- without coming back.
create function pg_temp.logged(name text, student text, question integer, seconds numeric, payload jsonb default '{}') returns jsonb language sql as $$
    select jsonb_strip_nulls(jsonb_build_object('event_name', name, 'event_ts', timestamptz '2024-03-01Z' + seconds * interval '1 second', 'payload', payload,
               'user_id', telemetry.as_id(student), 'session_id', telemetry.as_id(student || '-s'), 'subject_id', telemetry.as_id('q' || question)))
$$;
create temp table answers (student text, question integer, choice integer);
insert into answers select 'ann', q, case when q in (2, 4, 6, 8) or q > 14 then 1 else 0 end from generate_series(1, 24) q;
insert into answers select 'bob', q, q % 2 from generate_series(1, 5) q;
select telemetry.import_events(jsonb_agg(e order by e ->> 'event_ts')) from (
    select pg_temp.logged('QUESTION_VIEWED', student, question, question * 100, '{"position": 0}') from answers union all
    select pg_temp.logged('ANSWER_SELECTED', student, question, question * 100 + case student when 'ann' then 20 else 7 end, jsonb_build_object('position', 0, 'selected_index', choice)) from answers union all
    values (pg_temp.logged('SESSION_CREATED', 'ann', null, 0, '{"mode": "mock", "filters": {}, "count": 24}')), (pg_temp.logged('SESSION_CREATED', 'cem', null, 0, '{"mode": "mock", "filters": {}, "count": 24}')),
           (pg_temp.logged('ANSWER_CHANGED', 'ann', 1, 130, '{"position": 0, "from_index": 0, "to_index": 1}')), (pg_temp.logged('ANSWER_CHANGED', 'ann', 13, 1330, '{"position": 0, "from_index": 0, "to_index": 1}')),
           (pg_temp.logged('ANSWER_CHANGED', 'ann', 13, 1340, '{"position": 0, "from_index": 1, "to_index": 0}')),
           (pg_temp.logged('PAUSE_BLUR', 'ann', null, 500.5, '{"state": "blur"}')), (pg_temp.logged('PAUSE_BLUR', 'ann', null, 530.5, '{"state": "focus"}')), (pg_temp.logged('PAUSE_BLUR', 'ann', null, 2450, '{"state": "blur"}')),
           (pg_temp.logged('SESSION_SUBMITTED', 'ann', null, 2500, '{"reason": "manual"}'))) e (e);
create function pg_temp.name_of(id uuid) returns text language sql as $$ select n from unnest('{ann,bob,cem}'::text[]) n where telemetry.as_id(n) = id $$;

-- Without an answer key: what each did. What is right is not known.
select pg_temp.name_of(user_id) as student, sessions, submitted, last_seen, answered, changes, changes_per_answer, median_seconds, pauses, paused_seconds from telemetry.student_report() order by 1;
select pg_temp.name_of(user_id) as student, scored, score, changed_to_right, changed_to_wrong, expected_score, progress, predicted_score, predicted_low, predicted_high from telemetry.student_report() order by 1;

create table public.questions (id text primary key, correct_index integer);
insert into public.questions select 'q' || n, 1 from generate_series(1, 24) n;
-- Bob has too few answers for a score, and says so by its absence; asked for less, he is judged by chance more than by what he
-- knows, and the interval says that.
select pg_temp.name_of(user_id) as student, scored, score, changed_to_right, changed_to_wrong, expected_score, progress, predicted_score, predicted_low, predicted_high
  from telemetry.student_report(table_name => 'public.questions') order by 1;
select pg_temp.name_of(user_id) as student, score, expected_score, predicted_score, predicted_low, predicted_high from telemetry.student_report(table_name => 'public.questions', fewest_answers => 5) order by 1;
-- By hand, Laplace's rule for two students: (15 + 1) / (24 + 2), (3 + 1) / (5 + 2).
select 16 / 26.0 as ann, 4 / 7.0 as bob;
-- One student; a longer exam is told more exactly; another certainty.
select pg_temp.name_of(user_id) as student, predicted_low, predicted_high from telemetry.student_report(telemetry.as_id('ann'), 'public.questions', questions => 200);
select pg_temp.name_of(user_id) as student, predicted_low, predicted_high from telemetry.student_report(telemetry.as_id('ann'), 'public.questions', confidence_level => 0.5);
-- A range; ids of the key that are uuids.
select pg_temp.name_of(user_id) as student, answered, scored, score from telemetry.student_report(telemetry.as_id('ann'), 'public.questions', since => '2024-03-01 00:21:40Z');
create table public.questions_by_id as select telemetry.as_id(id) as id, correct_index from public.questions;
select count(*) from (select * from telemetry.student_report(table_name => 'public.questions') except select * from telemetry.student_report(table_name => 'public.questions_by_id')) x;
-- With ten students or more a score is drawn to that of all, by as much as they differ: a student with 10 of 10 is expected
-- to be good, and not perfect.
select telemetry.import_events(jsonb_agg(pg_temp.logged('ANSWER_SELECTED', 'peer-' || n, q, 5000 + q, jsonb_build_object('position', 0, 'selected_index', case when q <= n % 6 + 5 then 1 else 0 end)))) from generate_series(1, 30) n, generate_series(1, 10) q;
select score, count(*), min(predicted_score) as predicted, min(predicted_low) as low, max(predicted_high) as high from telemetry.student_report(table_name => 'public.questions') where user_id <> telemetry.as_id('ann') group by 1 order by 1;
-- As a KPI.
select telemetry.register_kpi('expected_scores', '{"kind": "student_report", "parameters": {"table_name": "public.questions"}, "unit": "ratio", "target": 0.6, "target_is": "at_least"}');
select count(*), count(value), count(*) filter (where is_met) from telemetry.kpi('expected_scores', '2024-03-01', '2024-03-02');

select * from telemetry.student_report(questions => 0);
select * from telemetry.student_report(fewest_answers => 0);
select * from telemetry.student_report(confidence_level => 1);
select * from telemetry.student_report(table_name => 'public.nowhere');
select * from telemetry.student_report(table_name => 'telemetry.kpis');
-- Row-level security decides, as on the log and on the key.
create role report_reader;
select telemetry.grant_access('report_reader', 'analyst');
set local role report_reader;
select count(*) from telemetry.student_report();
select count(*) from telemetry.student_report(table_name => 'public.questions');
set local telemetry.tenant_id = '00000000-0000-4000-8000-00000000000a';
select count(*) from telemetry.student_report();
reset role;
rollback;
