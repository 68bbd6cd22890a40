-- Append-only: every way around it, and what comes of it. What an owner or superuser alone can do says DONE: it is not
-- prevented but, with seals, will be seen.
\set SHOW_CONTEXT never
set datestyle = iso;
set intervalstyle = postgres;
begin;
set local time zone 'UTC';
select telemetry.register_event('fact');
select telemetry.log_event('fact', '{"n": 1}') is not null as logged;
select p.partition::text as partition from telemetry_private.partition_bounds() p where p.since <= now() and now() < p.until \gset

create role log_writer;
create role log_reader;
create role all_granted;
select telemetry.grant_access('log_writer', 'writer');
select telemetry.grant_access('log_reader', 'analyst');
-- What a hostile recipe grants.
grant usage on schema telemetry, telemetry_private to all_granted;
grant all on all tables in schema telemetry, telemetry_private to all_granted;

create function pg_temp.attempt(call text, as_role text default null) returns text language plpgsql as $$
declare
    was constant text := current_user;
    outcome text;
begin
    begin
        if as_role is not null then
            execute format('set local role %I', as_role);
        end if;
        execute call;
        outcome := 'DONE';
    exception when others then
        outcome := 'blocked ' || sqlstate || ': ' || sqlerrm;
    end;
    execute format('set local role %I', was);
    -- Whatever it did is undone.
    raise exception using errcode = 'ZZ000', message = outcome;
exception when sqlstate 'ZZ000' then
    return sqlerrm;
end $$;

create temp table matrix (place serial, attempt text, call text, as_role text);
insert into matrix (attempt, call) values
    ('UPDATE', 'update telemetry.events set seq = 7'),
    ('UPDATE of a partition', 'update ' || :'partition' || ' set seq = 7'),
    ('DELETE', 'delete from telemetry.events'),
    ('DELETE of a partition', 'delete from ' || :'partition'),
    ('UPDATE of no row', 'update telemetry.events set seq = 7 where false'),
    ('DELETE of no row', 'delete from telemetry.events where false'),
    ('DELETE of no row of a partition', 'delete from ' || :'partition' || ' where false'),
    ('ON CONFLICT DO UPDATE', 'insert into telemetry.events select * from telemetry.events on conflict (tenant_id, event_ts, event_id) do update set seq = 7'),
    ('MERGE UPDATE', 'merge into telemetry.events e using (select 1) x on true when matched then update set seq = 7'),
    ('MERGE DELETE', 'merge into telemetry.events e using (select 1) x on true when matched then delete'),
    ('TRUNCATE', 'truncate telemetry.events'),
    ('TRUNCATE of a partition', 'truncate ' || :'partition'),
    ('UPDATE under session_replication_role', 'set local session_replication_role = replica; update telemetry.events set seq = 7'),
    ('DELETE of a partition under session_replication_role', 'set local session_replication_role = replica; delete from ' || :'partition'),
    ('TRUNCATE under session_replication_role', 'set local session_replication_role = replica; truncate ' || :'partition'),
    ('UPDATE of a new partition', 'select telemetry_private.ensure_partition(now() + interval ''2 years''); update telemetry.events set seq = 7'),
    ('UPDATE of rejections', 'update telemetry.rejections set reason = ''x'''),
    ('TRUNCATE of rejections', 'truncate telemetry.rejections'),
    ('ALTER TYPE ... USING (owner)', 'alter table telemetry.events alter seq type bigint using 7'),
    ('DETACH PARTITION (owner)', 'alter table telemetry.events detach partition ' || :'partition'),
    ('DROP TRIGGER (owner)', 'drop trigger append_only on telemetry.events'),
    ('DISABLE TRIGGER (owner)', 'alter table telemetry.events disable trigger append_only'),
    ('DROP of a partition (owner)', 'drop table ' || :'partition'),
    ('CREATE OR REPLACE of the trigger function (owner)', 'create or replace function telemetry_private.refuse_change() returns trigger language plpgsql as ''begin return new; end'''),
    ('raw INSERT (owner)', 'insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), gen_random_uuid(), ''forged'')');
insert into matrix (attempt, call, as_role) values
    ('raw INSERT', 'insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), gen_random_uuid(), ''forged'')', 'log_writer'),
    ('log_event', 'select telemetry.log_event(''fact'')', 'log_writer'),
    ('SELECT', 'select from telemetry.events', 'log_writer'),
    ('log_event', 'select telemetry.log_event(''fact'')', 'log_reader'),
    ('SELECT', 'select from telemetry.events', 'log_reader'),
    ('SELECT of a partition', 'select from ' || :'partition', 'log_reader'),
    ('UPDATE', 'update telemetry.events set seq = 7', 'log_reader'),
    ('raw INSERT', 'insert into telemetry.events (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), gen_random_uuid(), ''forged'')', 'all_granted'),
    ('raw INSERT into a partition', 'insert into ' || :'partition' || ' (event_ts, event_id, tenant_id, event_name) values (now(), gen_random_uuid(), gen_random_uuid(), ''forged'')', 'all_granted'),
    ('UPDATE that row-level security hides', 'update telemetry.events set seq = 7', 'all_granted'),
    ('DELETE that row-level security hides', 'delete from telemetry.events', 'all_granted'),
    ('DELETE of a partition', 'delete from ' || :'partition', 'all_granted'),
    ('TRUNCATE', 'truncate telemetry.events', 'all_granted'),
    ('TRUNCATE of a partition', 'truncate ' || :'partition', 'all_granted'),
    ('SELECT FOR UPDATE', 'select from telemetry.events for update', 'log_reader'),
    ('a trigger that swallows events', 'create function pg_temp.swallow() returns trigger language plpgsql as ''begin return null; end''; create trigger swallow before insert on telemetry.events for each row execute function pg_temp.swallow()', 'log_reader'),
    ('DISABLE TRIGGER', 'alter table telemetry.events disable trigger all', 'all_granted');

\pset format unaligned
\pset fieldsep ' | '
select coalesce(as_role, 'owner') as role, attempt, regexp_replace(pg_temp.attempt(call, as_role), 'events_\d+', 'events_N', 'g') as outcome from matrix order by place;
\pset format aligned

-- A role that was granted everything reads no row of a partition: row-level security without a policy.
set local role all_granted;
select count(*) from :partition;
reset role;

-- Every partition carries the guards, always enabled, and nobody but the owner has a grant.
select count(distinct i.inhrelid) = count(*) filter (where t.tgname = 'append_only_statement' and t.tgenabled = 'A') as all_guarded,
       count(distinct i.inhrelid) = count(*) filter (where t.tgname = 'append_only' and t.tgenabled = 'A') as all_append_only
  from pg_inherits i join pg_trigger t on t.tgrelid = i.inhrelid
 where i.inhparent = 'telemetry.events'::regclass;
select telemetry_private.ensure_partition(now() + interval '3 years') as new_partition \gset
select relrowsecurity, relacl is null or not exists (select from aclexplode(relacl) where grantee <> relowner) as no_grants
  from pg_class where oid = :'new_partition'::regclass;
rollback;
