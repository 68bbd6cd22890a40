-- Changes of an application's table become events, in the transaction that makes them.
\set SHOW_CONTEXT never
\set VERBOSITY terse
begin;
set local time zone 'UTC';
create schema app;
create table app.subscriptions (id integer primary key, tenant uuid, owner text, plan text, price numeric, status text);
select telemetry.register_event('plan_started', '{"description": "A subscription began.", "properties": {"plan": {"type": "string"}, "price": {"type": "number"}}, "required_keys": ["plan"]}'),
       telemetry.register_event('plan_updated', '{"description": "A plan was changed.", "properties": {"previousPlan": {"type": "string"}, "newPlan": {"type": "string"}, "status": {"type": "string"}}}'),
       telemetry.register_event('row_changed', '{"description": "A row was changed.", "properties": {"operation": {"type": "string"}, "before": {"type": "object"}, "after": {"type": "object"}}}');
select telemetry.track_table('app.subscriptions', 'plan_started', "on" => '{insert}', payload => '["plan", "price"]', user_id => 'owner', tenant_id => 'tenant', subject_id => 'id', source => 'backend');
select telemetry.track_table('app.subscriptions', 'plan_updated', "on" => '{update}', "when" => 'new.plan <> old.plan -- and nothing else',
           payload => '{"previousPlan": "old.plan", "newPlan": "plan", "status": "status"}', tenant_id => 'tenant', subject_id => 'id');
select telemetry.track_table('app.subscriptions', 'row_changed', "when" => 'new.price is distinct from old.price',
           payload => '{"operation": "tg_op", "before": ["old.plan", "old.price"], "after": ["new.plan", "new.price"]}');
select relation, event_name, operations, condition, payload, arguments, source, is_strict, problem from telemetry.tracked_tables();

insert into app.subscriptions values (1, null, 'joe', 'basic', 5, 'active'), (2, null, 'jim', 'pro', 10, 'active'), (3, telemetry.as_id('shop'), 'ann', 'basic', 5, 'trial');
update app.subscriptions set plan = 'pro', price = 10 where plan = 'basic';
update app.subscriptions set status = 'late';
delete from app.subscriptions where id = 2;
create function pg_temp.seen() returns table (event_name text, who text, tenant boolean, subject_id uuid, source text, payload jsonb) language sql as $$
    select e.event_name, case e.user_id when telemetry.as_id('joe') then 'joe' when telemetry.as_id('jim') then 'jim' when telemetry.as_id('ann', telemetry.as_id('shop')) then 'ann' end,
           e.tenant_id = telemetry.as_id('shop'), e.subject_id, e.source, e.payload
      from telemetry.events e order by e.ingest_id
$$;
select * from pg_temp.seen();
select count(distinct event_ts) = count(*) as each_its_time from telemetry.events;

-- What COPY, ON CONFLICT and MERGE do are rows like others; a change that is rolled back was never logged.
create function pg_temp.logged() returns table (event_name text, events bigint) language sql as $$ select event_name, count(*) from telemetry.events group by 1 order by 1 $$;
copy app.subscriptions from stdin with (format csv);
4,,eve,basic,5,active
5,,kim,basic,5,active
\.
insert into app.subscriptions values (4, null, 'eve', 'pro', 10, 'active'), (6, null, 'lee', 'basic', 5, 'active') on conflict (id) do update set plan = excluded.plan, price = excluded.price;
merge into app.subscriptions s using (values (5, 'pro'), (7, 'basic')) v (id, plan) on s.id = v.id
 when matched then update set plan = v.plan, price = 10
 when not matched then insert (id, plan, price, status) values (v.id, v.plan, 5, 'active');
savepoint later;
insert into app.subscriptions values (9, null, 'may', 'basic', 5, 'active');
rollback to later;
truncate app.subscriptions;
select * from pg_temp.logged();

-- What is refused is kept, and the statement goes on; a strict definition makes it an error.
insert into app.subscriptions values (8, null, 'joe', null, 5, 'active');
select reason, event_name, message from telemetry.rejections order by rejection_id;
select telemetry.track_table('app.subscriptions', 'plan_started', "on" => '{insert}', payload => '["plan", "price"]', is_strict => true);
\set ON_ERROR_ROLLBACK on
insert into app.subscriptions values (9, null, 'joe', null, 5, 'active');
select count(*) from app.subscriptions;

-- A column that is renamed, a trigger that is gone: the application goes on, and health() tells.
alter table app.subscriptions rename column price to amount;
update app.subscriptions set amount = 6;
select reason, message from telemetry.rejections where event_name is null order by rejection_id;
drop trigger telemetry_tracks_update on app.subscriptions;
select relation, event_name, problem from telemetry.tracked_tables() where problem is not null;
select severity, problem, mend from telemetry.health() where check_name = 'tracking';
select telemetry.track_table('app.subscriptions', 'row_changed', payload => '{"operation": "tg_op", "after": ["new.amount"]}');
alter table app.subscriptions rename to contracts;
update app.contracts set amount = 7;
select relation, event_name, problem from telemetry.tracked_tables();
select payload from telemetry.events order by ingest_id desc limit 1;
-- Who changed what is tracked stands in telemetry.changes.
select name, change, after ->> 'operations' as operations from telemetry.changes where kind = 'tracking' order by change_id;

select telemetry.untrack_table('app.contracts', 'plan_updated');
select tgname from pg_trigger where tgrelid = 'app.contracts'::regclass order by 1;
select telemetry.untrack_table('app.contracts');
select count(*) from pg_trigger where tgrelid = 'app.contracts'::regclass;
select telemetry.untrack_table('app.contracts');

-- A table that is partitioned, one that is dropped.
create table app.parted (id integer, place integer) partition by list (place);
create table app.parted_1 partition of app.parted for values in (1);
create table app.parted_2 partition of app.parted for values in (2);
select telemetry.track_table('app.parted', 'row_changed', payload => '{"operation": "tg_op", "before": ["old.place"], "after": ["new.place"]}');
insert into app.parted values (1, 1), (2, 2);
update app.parted set place = 2 where place = 1;
delete from app.parted where id = 2;
select payload from telemetry.events where payload ? 'operation' order by ingest_id desc limit 4;
drop table app.parted;
select relation, problem from telemetry.tracked_tables();
select telemetry.untrack_table('app.parted');

-- The user of a request is who did it.
create table app.notes (id integer);
select telemetry.track_table('app.notes', 'row_changed');
set local request.jwt.claims = '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000007"}';
insert into app.notes values (1);
set local request.jwt.claims = '';
select user_id, payload from telemetry.events order by ingest_id desc limit 1;

-- What cannot be tracked, and who may.
create view app.view as select 1 as id;
create temporary table mine (id integer);
select telemetry.track_table(null, 'row_changed');
select telemetry.track_table('app.notes', null);
select telemetry.track_table('app.view', 'row_changed');
select telemetry.track_table('mine', 'row_changed');
select telemetry.track_table('telemetry.kpis', 'row_changed');
select telemetry.track_table('app.notes', 'nobody_knows');
select telemetry.track_table('app.notes', 'row_changed', "on" => '{truncate}');
select telemetry.track_table('app.notes', 'row_changed', "on" => '{}');
select telemetry.track_table('app.notes', 'row_changed', payload => '["colour"]');
select telemetry.track_table('app.notes', 'row_changed', user_id => 'colour');
select telemetry.track_table('app.notes', 'row_changed', source => 'moon');
select telemetry.track_table('app.notes', 'row_changed', "when" => 'new.colour = 1');
select telemetry.track_table('app.notes', 'row_changed', "when" => 'true) union select (1');
select telemetry.untrack_table(null);
create role changer;
grant usage on schema app to changer;
grant insert on app.notes to changer;
select telemetry.grant_access('changer', 'admin');
set role changer;
select telemetry.track_table('app.notes', 'row_changed');
select telemetry.untrack_table('app.notes');
reset role;
-- Whoever changes the table needs no right on the log.
create role clerk;
grant usage on schema app to clerk;
grant insert on app.notes to clerk;
set role clerk;
insert into app.notes values (2);
reset role;
select count(*) from telemetry.events where event_name = 'row_changed' and payload = '{}';
-- While telemetry is off, or changes are replicated, nothing is logged.
set local telemetry.enabled = off;
insert into app.notes values (3);
set local telemetry.enabled = on;
set local session_replication_role = replica;
insert into app.notes values (4);
set local session_replication_role = origin;
select count(*) from telemetry.events where event_name = 'row_changed' and payload = '{}';
rollback;
