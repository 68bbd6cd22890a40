-- The log knows ids. The application tells where names stand, and whoever may read them sees them beside the ids.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
set timezone = 'UTC';
\pset null '(null)'
\set ON_ERROR_ROLLBACK on
begin;
create role names_reader;
create role names_stranger;
select telemetry.register_event('paid') = 1 as registered;
create schema app;
create table app.customers (id uuid primary key, name text, tenant uuid);
insert into app.customers select telemetry.as_id(n), initcap(n) from unnest('{ann,bob}'::text[]) n;
select telemetry.import_events(jsonb_agg(jsonb_build_object('event_name', 'paid', 'event_ts', at || ':00Z', 'user_id', telemetry.as_id(who))))
  from (values ('ann', '2025-03-03 09:00'), ('ann', '2025-03-04 09:00'), ('bob', '2025-03-04 10:00'), ('cyd', '2025-03-05 10:00')) v (who, at);

-- Nobody has said anything yet.
select telemetry.actor_name(telemetry.as_id('ann'));
-- What cannot be read is refused when it is told.
select telemetry.register_actor_names(null, 'id', 'name');
select telemetry.register_actor_names('customers', 'id', 'name');
select telemetry.register_actor_names('a..b', 'id', 'name');
select telemetry.register_actor_names('app.customers', 'ident', 'name');
select telemetry.register_actor_names('app.customers', 'id', 'id');
select telemetry.register_actor_names('app.customers', 'id', 'name', 'name');
select telemetry.register_actor_names('app.customers', 'id', 'name', actor => 'customer');

select telemetry.register_actor_names('app.customers', 'id', 'name') as is_new;
select * from telemetry.actor_relations;
-- Beside a list: cyd stands in no table.
select telemetry.actor_name(actor_id), active_days, events from telemetry.user_engagement(until => '2025-03-06');
select telemetry.actor_name(breakdown_value::uuid), errors from telemetry.rate_of_errors('{paid}', grain => 'range', since => '2025-03-01', until => '2025-03-06', by_user => true) order by 2 desc, 1;
with payers as (select actor_id, events from telemetry.user_engagement(until => '2025-03-06'))
select n.actor_name, p.events from payers p left join telemetry.actor_names(array(select actor_id from payers)) n using (actor_id) order by 2 desc, 1;
select actor_name from telemetry.actor_names('{}');
select actor_name from telemetry.actor_names(null);

-- Only those rows are read, by the index.
insert into app.customers select gen_random_uuid(), 'customer ' || n from generate_series(1, 5000) n;
analyze app.customers;
create function pg_temp.rows_read() returns bigint language sql as $$ select coalesce(pg_stat_get_xact_tuples_returned('app.customers'::regclass), 0) $$;
select pg_temp.rows_read() as before \gset
select telemetry.actor_name(telemetry.as_id('bob'));
select pg_temp.rows_read() - :before as rows_of_scans;

-- The caller's own rights decide, and row-level policies too.
select telemetry.grant_access('names_reader', 'analyst');
set local role names_reader;
select telemetry.actor_name(telemetry.as_id('ann')) as without_a_right;
reset role;
grant usage on schema app to names_reader;
set local role names_reader;
select telemetry.actor_name(telemetry.as_id('ann')) as without_select;
reset role;
grant select (id, name) on app.customers to names_reader;
set local role names_reader;
select telemetry.actor_name(telemetry.as_id('ann')) as with_both_columns;
select telemetry.register_actor_names('app.customers', 'id', 'name');
reset role;
alter table app.customers enable row level security;
create policy only_bob on app.customers using (name = 'Bob');
set local role names_reader;
select n, telemetry.actor_name(telemetry.as_id(n)) from unnest('{ann,bob}'::text[]) n;
reset role;
alter table app.customers disable row level security;

-- A view of somebody whom the reader does not trust is not run, though it is named as the table was.
create function app.steals() returns text language plpgsql as $$ begin raise notice 'runs as %', current_user; return 'stolen'; end $$;
alter table app.customers rename to kept;
select telemetry.actor_name(telemetry.as_id('ann')) as renamed;
create view app.customers as select k.id, app.steals() as name, k.tenant from app.kept k;
grant select on app.customers to names_reader;
alter view app.customers owner to names_stranger;
alter function app.steals() owner to names_stranger;
grant usage on schema app to names_stranger;
grant select on app.kept to names_stranger;
select telemetry.actor_name(telemetry.as_id('ann')) as of_a_stranger;
set local role names_reader;
select telemetry.actor_name(telemetry.as_id('ann')) as of_a_stranger;
reset role;
set local telemetry.relation_owners = 'names_stranger';
select telemetry.actor_name(telemetry.as_id('ann')) as of_a_known_owner;
reset telemetry.relation_owners;
drop view app.customers;
alter table app.kept rename to customers;
-- A view that its reader may open and what is below it not.
create view app.named with (security_invoker = true) as select id, name from app.customers;
grant select on app.named to names_reader;
revoke select (id, name) on app.customers from names_reader;
select telemetry.register_actor_names('app.named', 'id', 'name') as is_new;
set local role names_reader;
select telemetry.actor_name(telemetry.as_id('ann')) as through_a_view;
reset role;
drop view app.named;
select telemetry.actor_name(telemetry.as_id('ann')) as dropped;

-- Ids that are texts or numbers: as_id() is turned back. A tenant's rows are its own.
create table app.accounts (number integer, title text, tenant uuid);
insert into app.accounts values (7, 'Seven Ltd', telemetry.as_id('t1')), (8, 'Eight Ltd', telemetry.as_id('t1')), (7, 'Septem', telemetry.as_id('t2'));
select telemetry.register_actor_names('app.accounts', 'number', 'title', 'tenant', 'tenant') as is_new;
select t, telemetry.actor_name(telemetry.as_id('7', telemetry.as_id(t)), telemetry.as_id(t), 'tenant') from unnest('{t1,t2,t3}'::text[]) t;
select actor_name from telemetry.actor_names(array[telemetry.as_id('7', telemetry.as_id('t1')), telemetry.as_id('7', telemetry.as_id('t2'))], actor => 'tenant') order by 1;
select telemetry.actor_name(telemetry.as_id('7', telemetry.as_id('t1')), telemetry.as_id('t2'), 'tenant') as of_another_tenant;
create table app.people (login text, "full name" text);
insert into app.people values ('ann', 'Ann Bee'), ('o''hara', 'Scarlett');
select telemetry.register_actor_names('app.people', 'login', 'full name') as is_new;
select telemetry.actor_name(telemetry.as_id(n)) from unnest('{ann,o''hara,cyd}'::text[]) n;

-- It reads only: also where nothing may be written.
savepoint reading;
set transaction read only;
select telemetry.actor_name(telemetry.as_id('ann'));
rollback to reading;
select telemetry.drop_actor_names() as was_known, telemetry.drop_actor_names() as is_known;
select telemetry.actor_name(telemetry.as_id('ann'));
rollback;
