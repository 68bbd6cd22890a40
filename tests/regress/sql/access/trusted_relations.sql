-- Whose relations KPIs and cohorts read: whoever reads one runs its owner's code with his own rights. Each attack is
-- mallory's, who is admin of telemetry and may create in a schema, on a superuser who looks at a dashboard.
\set SHOW_CONTEXT never
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('seen');
create role mallory; create role app_owner; create role analyst;
select telemetry.grant_access('mallory', 'admin'), telemetry.grant_access('analyst', 'analyst'), telemetry.grant_access('app_owner', 'analyst') \g /dev/null
create schema shared; grant usage, create on schema shared to mallory, app_owner; grant usage on schema shared to analyst;

set local role mallory;
create function shared.steal() returns text language plpgsql as $$ begin
    execute format('alter role %I superuser', 'mallory');
    return 'open';
exception when insufficient_privilege then return 'open'; end $$;
create view shared.a_view as select null::uuid as id, 1 as correct_index, now() as created_at, shared.steal() as status, now() as last_click_at, 1 as clicks, now() as started_at;
create table shared.a_table (id uuid, created_at timestamptz, status text, user_id uuid);
insert into shared.a_table values (null, now(), 'open', '00000000-0000-4000-8000-0000000000a1');
alter table shared.a_table enable row level security;
create policy p on shared.a_table using (shared.steal() = 'open');
create view shared.members as select '00000000-0000-4000-8000-0000000000a1'::uuid as user_id where shared.steal() = 'open';
grant select on all tables in schema shared to public;
select telemetry.register_kpi('stolen', '{"kind": "market_supply", "parameters": {"table_name": "shared.a_view"}}');
select telemetry.register_dashboard('shown', '{stolen}');
select telemetry.register_cohort('stolen', '{"relation": "shared.members"}');
-- For mallory itself they answer: it runs its own code.
select created, open from telemetry.market_supply('shared.a_view');
reset role;

select kpi, value, left(error, 90) as error from telemetry.dashboard('shown');
select * from telemetry.market_supply('shared.a_table');
select * from telemetry.time_to_fill('shared.a_table');
select * from telemetry.extraction_outcomes('shared.a_view');
select * from telemetry.click_through('shared.a_view');
select * from telemetry.item_statistics(table_name => 'shared.a_view');
select * from telemetry.cohort_actors('stolen');
select * from telemetry.event_volume(filter => '{"$cohort": "stolen"}');
set local role analyst;
select * from telemetry.market_supply('shared.a_table');
select * from telemetry.cohort_actors('stolen');
reset role;

-- What a trusted owner's view runs is looked at as well: views below it, functions, types; and a table's children and types.
create view shared.over as select * from shared.a_view;
create view shared.calling as select now() as created_at, shared.steal() as status;
set local role mallory;
create type shared.mood as enum ('open');
grant usage on type shared.mood to public;
reset role;
create table shared.of_a_type (created_at timestamptz, status shared.mood);
create table shared.parent (created_at timestamptz, status text);
create table shared.child () inherits (shared.parent); alter table shared.child owner to mallory;
create table shared.indexed (created_at timestamptz, status text);
set local role mallory;
create function shared.folded(text) returns text language sql immutable as 'select $1';
reset role;
create index on shared.indexed ((shared.folded(status)));
select * from telemetry.market_supply('shared.over');
select * from telemetry.market_supply('shared.calling');
select * from telemetry.market_supply('shared.of_a_type');
select * from telemetry.market_supply('shared.parent');
select * from telemetry.market_supply('shared.indexed');
select rolsuper from pg_roles where rolname = 'mallory';

-- Tables of the application's owner: for everybody once a superuser says so, and for itself.
set local role app_owner;
create table shared.assignments (created_at timestamptz, status text);
insert into shared.assignments values ('2026-03-02 01:00Z', 'open');
grant select on shared.assignments to analyst;
select created, open from telemetry.market_supply('shared.assignments', until => '2026-03-03');
reset role;
set local role analyst;
select created, open from telemetry.market_supply('shared.assignments', until => '2026-03-03');
reset role;
set local telemetry.relation_owners = 'somebody, app_owner';
set local role analyst;
select created, open from telemetry.market_supply('shared.assignments', until => '2026-03-03');
-- Only a superuser says so.
set local telemetry.relation_owners = 'mallory';
reset role;

-- An ownership check runs with its function's owner's rights: only its owner, or where it is security definer somebody
-- who may call it, has it asked.
create function shared.not_meant(uuid, uuid, uuid, uuid) returns boolean language sql as 'select true';
create function shared.meant(uuid, uuid, uuid, uuid) returns boolean language sql security definer set search_path = pg_catalog, pg_temp as 'select true';
set local role mallory;
select telemetry.add_ownership_check('check', 'shared.not_meant');
select telemetry.add_ownership_check('check', 'shared.meant');
create function shared.own(uuid, uuid, uuid, uuid) returns boolean language sql as 'select true';
select telemetry.add_ownership_check('check', 'shared.own');
reset role;
rollback;
