-- Attacks on ingestion that once worked, or might: each line says what must not happen.
\set SHOW_CONTEXT never
set datestyle = iso; set intervalstyle = postgres;
begin;
\set ON_ERROR_ROLLBACK on
select telemetry.register_event('seen');
select telemetry.register_event('asked');
create role mallory;
select telemetry.grant_access('mallory', 'writer');
create schema app;
create schema evil authorization mallory;
create table app.sessions (session_id uuid, user_id uuid);
insert into app.sessions values ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-000000000001');
\set client '{"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}'

-- The caller's search_path: operators and functions of its own, met by an ownership check, a trigger and an index
-- expression of the application, would run with the owner's rights.
create function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language sql as
$$ select exists (select from app.sessions s where s.session_id = owns.session_id) $$;
select telemetry.add_ownership_check('owns', 'app.owns', '{asked}');
create function app.noted() returns trigger language plpgsql as $$ begin perform upper(new.event_name); return null; end $$;
create trigger noted after insert on telemetry.events for each row execute function app.noted();
set local role mallory;
create function evil.pwn(uuid, uuid) returns boolean language plpgsql as $$ begin raise warning 'pwned by an operator, as %', current_user; return true; end $$;
create operator evil.= (leftarg = uuid, rightarg = uuid, function = evil.pwn);
create function evil.upper(text) returns text language plpgsql as $$ begin raise warning 'pwned by a function, as %', current_user; return $1; end $$;
set local search_path = evil, pg_catalog;
select set_config('request.jwt.claims', :'client', true) is not null as request_of_a_client;
select telemetry.log_event('asked', session_id => '00000000-0000-4000-8000-0000000000a2');
select telemetry.log_event('asked', session_id => '00000000-0000-4000-8000-0000000000a1') is not null as logged;
select accepted from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "seen"}]');
-- A type of its own by the name of an argument's does not redirect the question.
create domain evil.uuid as pg_catalog.uuid;
select telemetry.log_event('asked', session_id => '00000000-0000-4000-8000-0000000000a2');
select current_setting('search_path'), current_user;
reset role;
set local search_path = pg_catalog, public;
drop trigger noted on telemetry.events;

-- A check leaves nothing behind: no setting, no deferred trigger, no temporary table.
create table app.deferred (n integer);
create function app.later() returns trigger language plpgsql as $$ begin raise warning 'deferred, as %', current_user; return null; end $$;
create constraint trigger later after insert on app.deferred deferrable initially deferred for each row execute function app.later();
create or replace function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as $$
begin perform pg_catalog.set_config('request.jwt.claims', '{"role": "service_role"}', false); return true; end $$;
select telemetry.log_event('asked') is not null as logged, current_setting('request.jwt.claims') = :'client' as still_a_client;
create or replace function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as $$
begin insert into app.deferred values (1); return true; end $$;
select telemetry.log_event('asked') is not null as logged;
set constraints all immediate;
create or replace function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as $$
begin create temporary table mine (n integer); return true; end $$;
select telemetry.log_event('asked');
-- Made anew as something else, it is not asked.
drop function app.owns(uuid, uuid, uuid, uuid);
create function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns text language sql as $$ select 'yes' $$;
select telemetry.log_event('asked');
-- A check that logs an event which is checked itself: one time limit for both.
drop function app.owns(uuid, uuid, uuid, uuid);
create function app.owns(user_id uuid, session_id uuid, subject_id uuid, tenant_id uuid) returns boolean language plpgsql as $$
begin perform telemetry.log_event('asked', subject_id => owns.user_id) where owns.subject_id is null; perform pg_catalog.pg_sleep(600); return true; end $$;
set local telemetry.ownership_check_timeout = '50ms';
select telemetry.log_event('asked');
-- statement_timeout within a check is the statement's end, also where somebody catches it.
set local telemetry.ownership_check_timeout = '60s';
set local statement_timeout = '50ms';
select telemetry.log_event('asked');
reset statement_timeout;
select telemetry.drop_ownership_check('owns');
select set_config('request.jwt.claims', '', true) = '' as no_request;

-- Columns of another shape: an ordinary INSERT, with its errors, never raw bytes.
savepoint shape;
alter table telemetry.events alter column source type varchar(3);
select accepted from telemetry.log_events('[{"event_name": "seen", "source": "backend"}, {"event_name": "seen"}]');
select accepted from telemetry.log_events('[{"event_name": "seen", "source": "web"}, {"event_name": "seen", "source": "api"}]');
rollback to shape;
alter table telemetry.events alter column user_id set not null;
\set VERBOSITY sqlstate
select accepted from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "seen"}]');
\set VERBOSITY default
rollback to shape;
-- A constraint that the application added: its error does not show the row to whoever logs.
alter table telemetry.events add constraint no_seats check (not payload ? 'seat');
do $$ declare told text; begin
    perform telemetry.log_event('seen', '{"seat": "12A"}');
exception when check_violation then
    get stacked diagnostics told = pg_exception_detail;
    raise notice 'refused, DETAIL "%"', told;
end $$;
rollback to shape;
alter table telemetry.events alter column user_id type text;
select accepted from telemetry.log_events('[{"event_name": "seen", "user_id": "00000000-0000-4000-8000-000000000001"}, {"event_name": "seen"}]');
rollback to shape;

-- A trigger that withholds the row: an error, not an id of nothing.
create function app.withhold() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger withhold before insert on telemetry.events for each row execute function app.withhold();
select telemetry.log_event('seen');
select accepted from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "seen"}]');
select telemetry.try_log_event('seen');
drop trigger withhold on telemetry.events;
select telemetry.log_event('seen') is not null as logged;
select * from telemetry.replay_rejections('{"reason": "storage_error"}');

-- A detached partition that keeps its name: a new one takes its place.
savepoint detached;
do $$ declare p regclass := telemetry_private.partition_at(now()); begin execute format('alter table telemetry.events detach partition %s', p); end $$;
select telemetry.log_event('seen') is not null as logged;
select accepted from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "seen"}]');
select count(*) from telemetry.events;
select telemetry.create_partitions();
rollback to detached;

-- One bad element never fails the others, whatever it is.
select accepted, rejected from telemetry.log_events('[{"event_name": "seen"}, 1e400, -1e400, 4111111111111111, "pay with 4111 1111 1111 1111", {"joe@example.org": 1}, {"event_name": "sk_live_4eC39HqLyjWDarjtT1zdp7dc"}]');
select message, event_name, event from telemetry.rejections where reason in ('not_an_object', 'unknown_argument', 'unknown_event') order by rejected_at;
-- One rejection that storage refuses does not hold back the others.
alter table telemetry.events add constraint never_666 check (seq is distinct from 666);
select telemetry.try_log_event('seen', seq => 666), telemetry.try_log_event('later');
select telemetry.register_event('later');
-- The partition of now has another name every month.
create function pg_temp.refused(statement text) returns table (message text, hint text) language plpgsql as $$
begin
    execute statement;
exception
    when others then
        get stacked diagnostics hint = pg_exception_hint;
        message := replace(sqlerrm, to_char(now() at time zone 'UTC', '"events_"YYYYMM"01"'), 'events_of_now');
        return next;
end $$;
select * from pg_temp.refused('select replayed from telemetry.replay_rejections()');
select count(*) from telemetry.events where event_name = 'later';

-- A replay does not give a tenant to what was refused for want of one.
set local telemetry.multi_tenant = on;
select set_config('request.jwt.claims', :'client', true) is not null as request_without_tenant;
select accepted, rejected from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "seen", "tenant_id": "00000000-0000-0000-0000-000000000000"}]');
select set_config('request.jwt.claims', '', true) = '' as no_request;
select replayed from telemetry.replay_rejections();
set local telemetry.multi_tenant = off;

-- A client can neither take nor probe an id that its server is going to use.
select set_config('request.jwt.claims', :'client', true) is not null as request_of_a_client;
select telemetry.log_event('seen', event_id => '00000000-0000-4000-8000-0000000000f1') is not null as logged;
select set_config('request.jwt.claims', '', true) = '' as no_request;
select telemetry.log_event('later', event_id => '00000000-0000-4000-8000-0000000000f1') is not null as logged;

-- Values that a later reader could not bear.
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2020-01-01T00:00:00Z", "sample_rate": 1e-50}]');
select telemetry.log_event('seen', client_ts => 'infinity') is not null as logged;
select telemetry.log_event('seen', client_ts => '4713-01-01 BC') is not null as logged;
select telemetry.try_log_event('seen', client_ts => '294276-01-01') is not null as logged;
select * from telemetry.redact('{"big": 12345678901234567890123456789, "exact": 1.500}');
select telemetry.register_event('huge', '{"properties": {"a": {"maximum": 1e400}}}');
select telemetry.set_redaction(('{"keys": ' || repeat('[', 500) || repeat(']', 500) || '}')::jsonb);
-- The cache of claims knows by which settings they were read.
set local telemetry.server_roles = 'service_role, worker';
select set_config('request.jwt.claims', '{"role": "worker"}', true) is not null as request_of_a_worker;
select telemetry.log_event('seen', user_id => '00000000-0000-4000-8000-000000000009') is not null as logged;
set local telemetry.server_roles = 'service_role';
select telemetry.log_event('seen', user_id => '00000000-0000-4000-8000-000000000009');
rollback;
