-- Ownership checks: the application's own functions say what a client's event may refer to.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
create schema app;
create table app.sessions (session_id uuid, user_id uuid);
create table app.questions (session_id uuid, question_id uuid);
create table app.asked (n serial, session_id uuid);
insert into app.sessions values ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-000000000001'), ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-000000000002');
insert into app.questions values ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000c1');
create function app.owns_session(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as $$
begin
    insert into app.asked (session_id) values (owns_session.session_id);
    return exists (select from app.sessions s where s.session_id = owns_session.session_id and s.user_id = owns_session.user_id);
end $$;
create function app.has_question(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language sql as
$$ select subject_id is null or exists (select from app.questions q where q.session_id = has_question.session_id and q.question_id = subject_id) $$;

select telemetry.register_event('answered');
select telemetry.register_event('seen');
select telemetry.add_ownership_check('owns_session', 'app.owns_session');
select telemetry.add_ownership_check('has_question', 'app.has_question', '{answered}');
select check_name, function_name, events from telemetry.ownership_checks order by 1;

-- Of a client: its own session and a question of that session. Each distinct question is asked once a call.
set request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}';
select accepted, rejected, rejected_reasons_sample from telemetry.log_events('[
    {"event_name": "seen", "session_id": "00000000-0000-4000-8000-0000000000a1"}, {"event_name": "seen", "session_id": "00000000-0000-4000-8000-0000000000a1"},
    {"event_name": "answered", "session_id": "00000000-0000-4000-8000-0000000000a1", "subject_id": "00000000-0000-4000-8000-0000000000c1"},
    {"event_name": "answered", "session_id": "00000000-0000-4000-8000-0000000000a1", "subject_id": "00000000-0000-4000-8000-0000000000c2"},
    {"event_name": "seen", "session_id": "00000000-0000-4000-8000-0000000000a2"}, {"event_name": "seen"}]');
select session_id, count(*) from app.asked group by 1 order by 1;
select telemetry.log_event('seen', session_id => '00000000-0000-4000-8000-0000000000a2');
select telemetry.log_event('seen', session_id => '00000000-0000-4000-8000-0000000000a1') is not null;

-- A server is not asked.
reset request.jwt.claims;
select telemetry.log_event('seen', session_id => '00000000-0000-4000-8000-0000000000a2') is not null;

-- A check that raises, that is gone, or that takes too long gives no answer: the event is kept, nothing else breaks.
set request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}';
create or replace function app.has_question(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as
$$ begin raise exception 'no such question %', subject_id; end $$;
select accepted, rejected, rejected_reasons_sample->0->>'message' as message from telemetry.log_events('[{"event_name": "answered", "session_id": "00000000-0000-4000-8000-0000000000a1"}, {"event_name": "seen", "session_id": "00000000-0000-4000-8000-0000000000a1"}]');
set telemetry.ownership_check_timeout = '20ms';
create or replace function app.has_question(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as
$$ begin perform pg_sleep(600); return true; end $$;
select accepted, rejected, rejected_reasons_sample->0->>'message' as message from telemetry.log_events('[{"event_name": "answered", "session_id": "00000000-0000-4000-8000-0000000000a1"}, {"event_name": "seen", "session_id": "00000000-0000-4000-8000-0000000000a1"}]');
create or replace function app.has_question(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as
$$ begin loop null; end loop; end $$;
select telemetry.log_event('answered', session_id => '00000000-0000-4000-8000-0000000000a1');
drop function app.has_question;
select telemetry.log_event('answered', session_id => '00000000-0000-4000-8000-0000000000a1');
reset telemetry.ownership_check_timeout;

-- Mended: what was kept is asked again, as of its client.
reset request.jwt.claims;
select telemetry.drop_ownership_check('has_question'), telemetry.drop_ownership_check('has_question');
select * from telemetry.replay_rejections('{"reason": "check_failed"}');

-- It runs with the rights of its owner, not with those of the log's.
create role app_owner;
grant usage on schema app to app_owner;
create function app.who(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as
$$ begin if current_user <> 'app_owner' then raise exception 'I am %', current_user; end if; return true; end $$;
alter function app.who owner to app_owner;
select telemetry.drop_ownership_check('owns_session');
select telemetry.add_ownership_check('who', 'app.who');
set request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}';
select telemetry.log_event('seen') is not null as logged, current_user;
reset request.jwt.claims;

-- Registration.
select telemetry.add_ownership_check('x', 'app.nope');
select telemetry.add_ownership_check('x', 'app.who; drop table orders');
select telemetry.add_ownership_check(null, 'app.who');
select telemetry.add_ownership_check('x', 'app.who', '{nope}');
alter function app.who strict;
select telemetry.add_ownership_check('x', 'app.who');
rollback;
