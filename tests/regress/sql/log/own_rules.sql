-- What a database administrator adds to the log is kept for every event, however it is logged: events are stored in the short way,
-- as COPY stores rows, only where an INSERT would do nothing else.
\set SHOW_CONTEXT never
set timezone = 'UTC';
begin;
set local telemetry.partitions_back = 10000;
create schema app;
create table app.noted (what text, event_name text);
select telemetry.register_event('seen');
-- Every way to log, tried anew each time: what was stored, or why nothing was. A year is imported too, to meet older partitions.
create function pg_temp.tried(at_time timestamptz default '2001-05-17Z') returns table (way text, outcome text) language plpgsql as $$
declare
    way_and_call text[];
    batch jsonb := '[{"event_name": "seen", "seq": 1}, {"event_name": "seen", "seq": 2}, {"event_name": "seen", "seq": 3}]';
    stored bigint;
begin
    foreach way_and_call slice 1 in array array[
        ['log_event', $q$select telemetry.log_event('seen', seq => 1)$q$],
        ['log_events', format('select telemetry.log_events(%L)', batch)],
        ['import_events', format('select telemetry.import_events(%L)', (select jsonb_agg(e || jsonb_build_object('event_ts', at_time)) from jsonb_array_elements(batch) e))]]
    loop
        way := way_and_call[1];
        begin
            select count(*) into stored from telemetry.events;
            execute way_and_call[2];
            set constraints all immediate;
            select count(*) - stored into stored from telemetry.events;
            outcome := stored || ' stored';
        exception when others then
            -- The partition of now has another name every month.
            outcome := sqlstate || ' ' || replace(sqlerrm, to_char(now(), '"events_"YYYYMM"01"'), 'events_of_now');
        end;
        set constraints all deferred;
        return next;
    end loop;
end $$;
create function app.change() returns trigger language plpgsql as $$ begin new.source := 'changed'; return new; end $$;
create function app.note() returns trigger language plpgsql as $$ begin insert into app.noted values (tg_name, new.event_name); return null; end $$;
create function app.note_all() returns trigger language plpgsql as $$ begin insert into app.noted select tg_name, event_name from added; return null; end $$;
select telemetry_private.ensure_partition(now()) as today \gset
savepoint plain;
select * from pg_temp.tried();
rollback to plain;

-- Checks, of the log or of one partition.
alter table telemetry.events add constraint no_second check (seq is distinct from 2 or seq is null);
select * from pg_temp.tried();
rollback to plain;
alter table :today add constraint no_first check (seq is distinct from 1);
select * from pg_temp.tried();
rollback to plain;

-- Triggers that change a row, that note rows, or that note a statement; of the log, of one partition, or switched on later.
create trigger changed before insert on telemetry.events for each row execute function app.change();
select * from pg_temp.tried();
select source, count(*) from telemetry.events group by 1 order by 1;
rollback to plain;
create trigger changed before insert on :today for each row execute function app.change();
select * from pg_temp.tried();
select source, count(*) from telemetry.events group by 1 order by 1;
rollback to plain;
create trigger statement after insert on telemetry.events referencing new table as added for each statement execute function app.note_all();
select * from pg_temp.tried();
select what, count(*) from app.noted group by 1;
rollback to plain;
create trigger noted after insert on telemetry.events for each row execute function app.note();
alter table telemetry.events disable trigger noted;
select * from pg_temp.tried();
alter table telemetry.events enable trigger noted;
select * from pg_temp.tried();
select what, count(*) from app.noted group by 1;
rollback to plain;

-- A rule.
create rule noted as on insert to telemetry.events do also insert into app.noted values ('rule', 'any');
select * from pg_temp.tried();
select what, count(*) > 0 as was_noted from app.noted group by 1;
rollback to plain;

-- A foreign key; what is unique at the end of the transaction only; what excludes.
create table app.allowed (seq integer primary key);
insert into app.allowed values (1), (2);
alter table telemetry.events add foreign key (seq) references app.allowed;
select * from pg_temp.tried();
rollback to plain;
alter table :today add constraint once unique (event_name, event_version) deferrable initially deferred;
select * from pg_temp.tried();
rollback to plain;
alter table :today add constraint alone exclude using btree (user_id with =) where (user_id is not null);
select telemetry.log_event('seen', user_id => telemetry.as_id('u')) is not null as logged;
savepoint once;
select telemetry.log_event('seen', user_id => telemetry.as_id('u'));
rollback to once;
select telemetry.log_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'user_id', telemetry.as_id('v')), jsonb_build_object('event_name', 'seen', 'user_id', telemetry.as_id('v'))));
rollback to plain;

-- A column of their own has its default, also where another one was dropped.
alter table telemetry.events add column region text default 'eu', add column old integer;
alter table telemetry.events drop column old;
select * from pg_temp.tried();
select region, count(*) from telemetry.events group by 1;
alter table telemetry.events drop column region;
select * from pg_temp.tried();
rollback to plain;
alter table telemetry.events add column name_and_seq text generated always as (event_name || seq) stored;
select * from pg_temp.tried();
select name_and_seq, count(*) from telemetry.events group by 1 order by 1;
rollback to plain;
-- A default for a column of the log is for whoever leaves it out; logging leaves out none.
alter table telemetry.events alter column source set default 'web';
select * from pg_temp.tried();
select source, count(*) from telemetry.events group by 1;
rollback to plain;
alter table telemetry.events alter column source set not null;
select * from pg_temp.tried();
rollback to plain;

-- A partition that is partitioned itself.
create table app.old_years partition of telemetry.events for values from ('1990-01-01Z') to ('1992-01-01Z') partition by hash (event_id);
create table app.old_years_1 partition of app.old_years for values with (modulus 2, remainder 0);
create table app.old_years_2 partition of app.old_years for values with (modulus 2, remainder 1);
select * from pg_temp.tried('1991-02-03Z');
select count(*) from app.old_years;
rollback to plain;

-- Policies, where the log and its functions belong to a role that is held to them.
create role dba;
-- Each table is locked before its owner changes, so that autovacuum is not in its way.
do $$ declare t regclass; begin
    for t in select c.oid from pg_class c where c.relnamespace = 'telemetry'::regnamespace and c.relkind in ('r', 'p') loop
        execute format('alter table %s owner to dba', t);
    end loop;
end $$;
grant usage on schema telemetry, telemetry_private to dba;
grant all on all tables in schema telemetry_private to dba;
grant all on all sequences in schema telemetry_private to dba;
grant execute on all functions in schema telemetry, telemetry_private to dba;
select format('alter function %s owner to dba', p.oid::regprocedure) from pg_proc p
 where p.pronamespace = 'telemetry_private'::regnamespace and p.proname in ('log_event', 'log_batch', 'import_events') \gexec
create policy readable on telemetry.events for select to dba using (true);
savepoint of_dba;
select * from pg_temp.tried();
create policy without_second on telemetry.events for insert to dba with check (seq is distinct from 2);
select * from pg_temp.tried();
alter table telemetry.events force row level security;
select * from pg_temp.tried();
alter table telemetry.events no force row level security;
select * from pg_temp.tried();
revoke insert on telemetry.events from dba;
select * from pg_temp.tried();
alter table telemetry.events owner to current_user;
grant insert on telemetry.events to dba;
select * from pg_temp.tried();
alter role dba bypassrls;
select * from pg_temp.tried();
rollback to of_dba;
alter table telemetry.events force row level security;
select * from pg_temp.tried();
rollback;
