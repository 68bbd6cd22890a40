-- A table that is tracked changes: it is renamed, gets other columns, is made anew, or does what no other table does.
\set SHOW_CONTEXT never
begin;
set local client_min_messages = notice;
create schema app;
select telemetry.register_event('changed', '{}'), telemetry.register_event('also_changed', '{}') \g /dev/null
create function pg_temp.told(event text) returns table (payload jsonb) language sql as $$ select e.payload from telemetry.events e where e.event_name = event order by e.ingest_id $$;
create function pg_temp.refused() returns table (message text) language sql as $$ select r.message from telemetry.rejections r order by r.rejected_at, r.rejection_id $$;

-- Renamed, it is tracked in the session that had tracked it before, and an INSERT that has a condition finds its columns.
create table app.plans (id integer primary key, plan text);
select telemetry.track_table('app.plans', 'changed', "when" => 'new.plan is distinct from old.plan', payload => '["plan"]', is_strict => true);
insert into app.plans values (1, 'basic');
alter table app.plans rename to offers;
create table app.plans (other boolean);
insert into app.offers values (2, 'pro');
delete from app.offers where id = 1;
select * from pg_temp.told('changed');
-- The new table of that name is not tracked, and who ends its tracking ends nobody else's.
select telemetry.untrack_table('app.plans');
select relation, event_name, problem from telemetry.tracked_tables();
-- Another type of a column counts from the next statement on; a column that is gone is told.
alter table app.offers alter plan type integer using 7;
insert into app.offers values (3, 8);
select * from pg_temp.told('changed') offset 3;
alter table app.offers rename plan to offer;
select relation, problem from telemetry.tracked_tables();
\set VERBOSITY terse
savepoint before;
insert into app.offers values (4, 9);
rollback to before;
select telemetry.untrack_table('app.offers');

-- A table that is made anew has no definition of the one before.
create table app.again (id integer);
select telemetry.track_table('app.again', 'changed');
drop table app.again;
create table app.again (id integer);
select telemetry.track_table('app.again', 'also_changed', payload => '["id"]');
insert into app.again values (1);
select event_name, operations from telemetry.tracked_tables();
-- A trigger that was renamed is the table's still.
alter trigger telemetry_tracks_insert on app.again rename to aaa;
select telemetry.track_table('app.again', 'also_changed', payload => '["id"]');
insert into app.again values (2);
select * from pg_temp.told('also_changed');
select telemetry.untrack_table('app.again');
select (select count(*) from pg_trigger where tgrelid = 'app.again'::regclass) as triggers_left;

-- What does not fit is one rejection, which tells of how many rows.
create table app.loose (id integer, note json);
select telemetry.track_table('app.loose', 'changed', payload => '["note"]');
insert into app.loose select n, '{"a": "\u0000"}' from generate_series(1, 3) n;
select * from pg_temp.refused();
select telemetry.untrack_table('app.loose');

-- Rows that a trigger keeps out of the partition to which they move make no pairs: nothing is told that was not so.
create table app.parts (id integer, part integer, who text) partition by list (part);
create table app.parts_1 partition of app.parts for values in (1);
create table app.parts_2 partition of app.parts for values in (2);
create function app.skip() returns trigger language plpgsql as $$ begin return case when new.who <> 'alice' then new end; end $$;
create trigger skip before insert on app.parts_2 for each row execute function app.skip();
insert into app.parts values (1, 1, 'alice'), (2, 1, 'bob'), (3, 1, 'carol');
select telemetry.track_table('app.parts', 'changed', "on" => '{update}', payload => '{"was": "old.who", "is": "who"}', is_strict => true);
savepoint before;
update app.parts set part = 2;
rollback to before;
update app.parts set part = 2 where who <> 'alice';
select * from pg_temp.told('changed') offset 4;

-- The rows of an UPDATE have the columns of the table, and no other.
create table app.odd (id integer primary key, telemetry_row integer);
select telemetry.track_table('app.odd', 'changed', "on" => '{update}', "when" => 'new is distinct from row(1, 1) and not to_jsonb(new) ? ''telemetry_row_''', payload => '["telemetry_row"]', is_strict => true);
insert into app.odd values (1, 1);
update app.odd set telemetry_row = 2;
select * from pg_temp.told('changed') offset 6;

-- Whose column is called as another argument is, has the user of the request all the same.
create table app.owned (id integer, user_id text);
select telemetry.track_table('app.owned', 'also_changed', subject_id => 'user_id', payload => '["id"]');
select set_config('request.jwt.claims', '{"sub": "alice"}', true) \g /dev/null
insert into app.owned values (1, 'bob');
select user_id = telemetry.as_id('alice') as is_alice, subject_id = telemetry.as_id('bob') as is_about_bob from telemetry.events where subject_id is not null;

-- Mistakes that are told at once.
savepoint before;
select telemetry.track_table('app.odd', 'changed', "when" => 'true) or (true');
rollback to before;
select telemetry.track_table('app.odd', 'changed', payload => '["old.id", "new.id"]');
rollback to before;
rollback;
