-- The history of an application: its own event table comes into the log, each row once, whatever ended an earlier try.
\set SHOW_CONTEXT never
\set VERBOSITY terse
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
create schema app;

-- The table of a tutoring marketplace. Its columns have the names of arguments, or aliases that the pack brings.
select telemetry.install_pack('tutoring') > 0 as installed;
create table app.analytics_events (id bigint generated always as identity primary key, event_type text, event_time timestamptz, user_id uuid, assignment_id integer, meta jsonb, browser text);
insert into app.analytics_events (event_type, event_time, user_id, assignment_id, meta)
select ('{auth_login,assignment_view,assignment_save}'::text[])[1 + n % 3], '2026-01-01Z'::timestamptz + n * interval '5 hours', telemetry.as_id('tutor ' || n % 7),
       n % 5, '{"surface": "website"}'
  from generate_series(1, 300) n;
call telemetry.import_table('app.analytics_events');
select share_read, finished_at is not null as is_finished, passes, rows_read, stored, known, rejected, reasons, unread_columns from telemetry.import_progress('app.analytics_events');
select e.event_ts = a.event_time as own_time, e.event_id = telemetry.as_id('app.analytics_events:' || a.id) as own_id, e.user_id = a.user_id as own_user,
       e.subject_id = telemetry.as_id(a.assignment_id::text) as own_subject, e.payload = a.meta as own_payload, count(*)
  from telemetry.events e join app.analytics_events a on e.event_id = telemetry.as_id('app.analytics_events:' || a.id)
 group by 1, 2, 3, 4, 5;
-- Again: the log has them.
call telemetry.import_table('app.analytics_events');
select passes, rows_read, stored, known, rejected from telemetry.import_progress('app.analytics_events');

-- What is refused is kept with its reason, once. Mend what is wrong and call again.
insert into app.analytics_events (event_type, event_time, meta) values
    ('assignment_praised', '2026-02-01 10:00Z', '{}'), ('auth_login', null, '{"surface": "website"}'), ('auth_login', '2999-01-01Z', '{"surface": "website"}'),
    ('auth_login', '2026-02-01 11:00Z', '{"surface": "moon"}'), (null, '2026-02-01 12:00Z', '{}'), ('auth_login', '2026-02-01 13:00Z', '7');
call telemetry.import_table('app.analytics_events');
call telemetry.import_table('app.analytics_events');
select passes, rows_read, stored, known, rejected, reasons from telemetry.import_progress('app.analytics_events');
select reason, event_name, message, event ->> 'event_ts' as event_ts, event ->> 'imported_from' as imported_from, count(*) from telemetry.rejections group by 1, 2, 3, 4, 5 order by 1, 3;
select * from telemetry.replay_rejections();
select telemetry.register_event('assignment_praised', '{"description": "A tutor praised an assignment."}') as registered;
call telemetry.import_table('app.analytics_events');
select passes, stored, known, rejected from telemetry.import_progress('app.analytics_events');
select event_name, rejections, replayed from telemetry.rejection_summary() where reason = 'unknown_event';

-- An exam platform has uuids and names in capitals; a trainers' tool counts milliseconds; a chat knows tenants and no users.
select telemetry.install_pack('exam_prep') > 0 as exam_prep, telemetry.install_pack('support_chat') > 0 as support_chat, telemetry.install_pack('coaching') > 0 as coaching, telemetry.install_pack('learning') > 0 as learning;
create table app.attempt_events (id uuid primary key, event_type text, event_ts timestamp, seq integer, session_id uuid, user_id uuid, question_id uuid, source varchar(10), payload_json json);
insert into app.attempt_events select telemetry.as_id('attempt ' || n), 'REVIEW_OPENED', '2026-03-01 09:30', n, telemetry.as_id('session'), telemetry.as_id('student'), null, 'web', '{}' from generate_series(1, 3) n;
call telemetry.import_table('app.attempt_events');
call telemetry.import_table('app.attempt_events', '{"event_ts": {"column": "event_ts", "time_zone": "Europe/Berlin"}, "payload": "payload_json", "event_id": "id"}');
select event_name, event_ts, event_id = telemetry.as_id('attempt ' || seq) as own_id, seq, source, payload from telemetry.events where session_id = telemetry.as_id('session') order by seq;

create table app.steps (happened bigint, kind text, client text, plan text, price numeric, extra jsonb, place integer, part integer, primary key (place, part));
select telemetry.register_event('step_done', '{"description": "A step was done.", "properties": {"plan": {"type": "string"}, "price": {"type": "number"}, "mood": {"type": "string"}, "version": {"type": "integer"}}}') as registered;
insert into app.steps values (1767225600000, 'DONE', 'joe', 'basic', 9.90, '{"mood": "good"}', 1, 1), (1767225600500, 'DONE', 'jim', null, 0, null, 1, 2);
call telemetry.import_table('app.steps', '{"event_name": {"column": "kind", "names": {"DONE": "step_done"}}, "event_ts": {"column": "happened", "unit": "milliseconds"}, "user_id": "client",
    "source": {"value": "backend"}, "payload": {"*": "extra", "plan": "plan", "price": "price", "version": {"value": 2}}}');
select event_ts, event_id = telemetry.as_id('app.steps:' || case user_id when telemetry.as_id('joe') then '1,1' else '1,2' end) as own_id, source, payload from telemetry.events where event_name = 'step_done' order by 1;

-- A view gives columns other names and types; a range takes a part of it. A partitioned table is read partition by partition.
create view app.chat as select n as id, telemetry.as_id('tenant') as tenant_id, 'conversation_started' as name, '{"sessionId": "s", "conversationId": "c"}'::jsonb as data, '2026-01-01Z'::timestamptz + n * interval '1 day' as created_at from generate_series(1, 10) n;
call telemetry.import_table('app.chat', '{"event_id": "id", "event_name": "name", "payload": "data", "event_ts": "created_at"}', '2026-01-03Z', '2026-01-06Z');
select since, until, rows_read, stored from telemetry.import_progress('app.chat');
create table app.parted (id integer, event_name text, event_ts timestamptz, primary key (id, event_ts)) partition by range (event_ts);
create table app.parted_1 partition of app.parted for values from ('2026-01-01Z') to ('2026-02-01Z');
create table app.parted_2 partition of app.parted for values from ('2026-02-01Z') to ('2026-03-01Z');
insert into app.parted select n, 'step_done', '2026-01-01Z'::timestamptz + n * interval '1 hour' from generate_series(1, 1000) n;
-- A part at a time, for callers that cannot CALL.
select * from telemetry.import_table_part('app.parted', most => 400);
select rows_read > 0 as has_read, is_finished from telemetry.import_table_part('app.parted', most => 400);
call telemetry.import_table('app.parted');
select passes, rows_read, stored, known from telemetry.import_progress('app.parted');
-- Rows that lie elsewhere now are known by their ids.
create table app.moving as select n as id, 'step_done' as event_name, '2026-01-01Z'::timestamptz + n * interval '1 minute' as event_ts from generate_series(1, 2000) n;
select rows_read between 1 and 1999 as is_part, is_finished from telemetry.import_table_part('app.moving', '{"event_id": "id"}', most => 500);
delete from app.moving where id = 2000;
truncate app.moving;
insert into app.moving select n, 'step_done', '2026-01-01Z'::timestamptz + n * interval '1 minute' from generate_series(2000, 1, -1) n;
call telemetry.import_table('app.moving', '{"event_id": "id"}');
select passes, stored, known > 0 as has_known, rejected from telemetry.import_progress('app.moving');

-- What cannot be used is told before anything is read.
call telemetry.import_table(null);
call telemetry.import_table('app.steps');
call telemetry.import_table('app.steps', '[]');
call telemetry.import_table('app.steps', '{"colour": "plan"}');
call telemetry.import_table('app.steps', '{"event_name": "colour"}');
call telemetry.import_table('app.steps', '{"event_name": "kind", "event_ts": "happened"}');
call telemetry.import_table('app.steps', '{"event_name": "kind", "event_ts": "price"}');
call telemetry.import_table('app.steps', '{"event_name": "kind", "event_ts": {"column": "happened", "unit": "fortnights"}}');
call telemetry.import_table('app.attempt_events', '{"event_ts": {"column": "event_ts", "time_zone": "Mars/Base"}}');
call telemetry.import_table('app.chat', '{"event_id": null, "event_name": "name", "payload": "data", "event_ts": "created_at"}');
call telemetry.import_table('app.parted', null, '2026-02-01Z', '2026-01-01Z');
call telemetry.import_table('telemetry.events');
call telemetry.import_table('app.steps', '{"event_name": {"column": "kind", "names": {"a": 1}}}');
-- A mapping is names and constants, never SQL.
call telemetry.import_table('app.parted', $${"event_name": {"value": "step_done'; drop table app.parted; --"}}$$);
call telemetry.import_table('app.parted', $${"user_id": "id\") from app.parted; drop table app.parted; --"}$$);
call telemetry.import_table('app.parted', $${"payload": {"k'); drop table app.parted; --": "id"}}$$);
select count(*) from app.parted;

-- The caller's rights decide what is read, and its row-level security.
create role importer;
select telemetry.grant_access('importer', 'admin');
grant usage on schema app to importer;
set role importer;
call telemetry.import_table('app.parted', '{"payload": null}');
reset role;
create table app.owned (id integer primary key, owner name, event_name text default 'step_done', event_ts timestamptz default '2026-04-01Z');
insert into app.owned (id, owner) select n, case when n <= 3 then 'importer' else 'somebody' end from generate_series(1, 10) n;
alter table app.owned enable row level security;
create policy own on app.owned using (owner = current_user);
grant select on app.owned to importer;
set role importer;
call telemetry.import_table('app.owned');
reset role;
select rows_read, stored from telemetry.import_progress('app.owned');
-- Auditors see how far imports are, others do not.
create role reader;
select telemetry.grant_access('reader', 'analyst');
set role reader;
select count(*) from telemetry.import_progress();
reset role;
set local telemetry.enabled = off;
select * from telemetry.import_table_part('app.owned');
rollback;
