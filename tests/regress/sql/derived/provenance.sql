-- Provenance: KPIs read what is derived only while it belongs to the log beside it. Whatever an owner does by mistake, the
-- answers stay those of the rows; until the next tick they are read from rows, and explain_kpi() says why.
\set SHOW_CONTEXT never
set datestyle = iso;
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
select telemetry.register_event('seen');
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', timestamptz '2021-01-20Z' + n * interval '1 hour', 'user_id', md5((n % 7)::text)::uuid))
      from generate_series(0, 999) n)) as imported;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
create function pg_temp.answers() returns jsonb language sql as $$
    select jsonb_build_array((select jsonb_agg(a) from telemetry.active_users(since => '2021-01-01', until => '2021-05-01', grain => 'month') a),
                             (select jsonb_agg(v) from telemetry.event_volume(since => '2021-01-01', until => '2021-05-01', grain => 'week') v))
$$;
-- auto: the answers as shipped are those of the rows, at once, and after a tick; why: what makes derived data doubtful.
create function pg_temp.compare(out auto boolean, out why text, out after_tick boolean, out then_why text, out verified boolean) language plpgsql as $$
declare
    from_rows jsonb;
begin
    perform set_config('telemetry.kpi_source', 'raw', true);
    from_rows := pg_temp.answers();
    perform set_config('telemetry.kpi_source', 'auto', true);
    auto := pg_temp.answers() = from_rows;
    why := (select d.doubt from telemetry_private.derived_doubt() d);
    while telemetry.tick_unit() > 0 loop
    end loop;
    after_tick := pg_temp.answers() = from_rows;
    then_why := (select d.doubt from telemetry_private.derived_doubt() d);
    verified := (select bool_and(v.is_equal) from telemetry.verify_derived() v);
end $$;
select * from pg_temp.compare();
select source, reason from telemetry.explain_kpi('active_users');

-- Derived tables that somebody empties, or writes to.
savepoint sound;
truncate telemetry.hourly_counts;
select source, reason from telemetry.explain_kpi('active_users');
select derived, is_equal, problem from telemetry.verify_derived() where derived = 'provenance';
select * from pg_temp.compare();
rollback to sound;
delete from telemetry.timeline_chunks where first_ts < '2021-02-01';
select * from pg_temp.compare();
rollback to sound;
truncate telemetry.timeline_actors, telemetry.timeline_tenants;
select * from pg_temp.compare();
rollback to sound;
insert into telemetry.hourly_counts select tenant_id, hour + interval '1 year', event_name, source, sample_rate, events from telemetry.hourly_counts;
select * from pg_temp.compare();
rollback to sound;
-- The cursors: emptied, moved by hand, their partitions forgotten.
truncate telemetry.cursor_positions;
select * from pg_temp.compare();
rollback to sound;
update telemetry.cursor_positions set position = 10;
delete from telemetry.cursor_positions;
delete from telemetry.derived_partitions;
select * from pg_temp.compare();
rollback to sound;
-- Made in another cluster or database, as a restored dump says.
set local telemetry_private.derives = 'on';
update telemetry.cursor_positions set made_in = made_in + 2;
reset telemetry_private.derives;
select source, reason from telemetry.explain_kpi('active_users');
select * from pg_temp.compare();
rollback to sound;
-- A table dropped: rows answer, init() makes it anew.
drop table telemetry.hourly_counts;
select source, reason from telemetry.explain_kpi('active_users');
select telemetry.tick_unit();
select telemetry.init();
select * from pg_temp.compare();
rollback to sound;
-- rebuild_derived() of everything is trusted as well.
truncate telemetry.hourly_counts;
select telemetry.rebuild_derived();
select * from pg_temp.compare();
rollback to sound;

-- Rows that the owner stores past the logging functions: with ids below the cursor, and with new ones.
insert into telemetry.events select event_ts + interval '1 minute', ingest_id, gen_random_uuid(), tenant_id, gen_random_uuid(), session_id, subject_id, client_ts, seq, event_version, event_name, source, sample_rate, payload
  from telemetry.events where event_ts >= '2021-02-10' and event_ts < '2021-02-12';
select source, reason from telemetry.explain_kpi('active_users');
select * from pg_temp.compare();
rollback to sound;
insert into telemetry.events (event_ts, event_id, tenant_id, event_name) select event_ts + interval '2 minutes', gen_random_uuid(), tenant_id, event_name from telemetry.events limit 50;
select * from pg_temp.compare();
rollback to sound;

-- What the logging functions store, and what they keep of refused events, is no such row.
select telemetry.log_event('seen') is not null as logged;
select accepted, rejected from telemetry.log_events('[{"event_name": "seen"}, {"event_name": "nobody_knows_it"}, {"event_name": "seen"}]');
select * from pg_temp.compare();
rollback to sound;

-- A partition that was changed while it was detached.
alter table telemetry.events detach partition telemetry_private.events_20210201;
alter table telemetry_private.events_20210201 disable trigger all;
delete from telemetry_private.events_20210201 where event_ts < '2021-02-03';
alter table telemetry.events attach partition telemetry_private.events_20210201 for values from ('2021-02-01Z') to ('2021-03-01Z');
select telemetry.init();
select * from pg_temp.compare();
rollback to sound;
alter table telemetry.events detach partition telemetry_private.events_20210201;
create table telemetry_private.other_february (like telemetry_private.events_20210201 including all);
insert into telemetry_private.other_february select * from telemetry_private.events_20210201 where event_ts < '2021-02-03';
alter table telemetry.events attach partition telemetry_private.other_february for values from ('2021-02-01Z') to ('2021-03-01Z');
select * from pg_temp.compare();
rollback to sound;

-- Guards switched off: nothing is derived until they are back, and then all of it anew.
alter table telemetry.events disable trigger all;
select source, reason from telemetry.explain_kpi('active_users');
select * from pg_temp.compare();
alter table telemetry.events enable always trigger append_only;
alter table telemetry.events enable always trigger append_only_statement;
select * from pg_temp.compare();
rollback to sound;
alter table telemetry_private.events_20210201 disable trigger all;
select * from pg_temp.compare();
delete from telemetry_private.events_20210201 where user_id = md5('3')::uuid;
select source, reason from telemetry.explain_kpi('active_users');
select * from pg_temp.compare();
select telemetry.init();
select * from pg_temp.compare();
select tgname, tgenabled from pg_trigger where tgrelid in ('telemetry.events'::regclass, 'telemetry_private.events_20210201'::regclass) order by 1, 2;
rollback to sound;
-- Of one partition alone; what pg_restore --disable-triggers leaves behind.
alter table telemetry_private.events_20210201 disable trigger all;
delete from telemetry_private.events_20210201 where event_ts < '2021-02-03';
alter table telemetry_private.events_20210201 enable trigger all;
select * from pg_temp.compare();
rollback to sound;
alter table telemetry.timeline_chunks disable trigger all;
delete from telemetry.timeline_chunks;
alter table telemetry.timeline_chunks enable trigger all;
select * from pg_temp.compare();
rollback to sound;

-- Guards that are dropped, and made again before anybody looks.
drop trigger append_only on telemetry.events;
drop trigger append_only_statement on telemetry.events;
drop trigger append_only_statement on telemetry_private.events_20210201;
delete from telemetry.events where event_ts between '2021-02-01' and '2021-02-03';
create trigger append_only before update or delete on telemetry.events for each row execute function telemetry_private.refuse_change();
alter table telemetry.events enable always trigger append_only;
create trigger append_only_statement before insert or update or delete or truncate on telemetry.events for each statement execute function telemetry_private.guard_statement();
alter table telemetry.events enable always trigger append_only_statement;
-- That of the partition came back by itself, with the command before.
select * from pg_temp.compare();
rollback to sound;

-- A sequence behind the cursors, as logical replication leaves it. An event that is logged then is counted.
select setval('telemetry_private.ingest_id', 5) \g /dev/null
select source, reason from telemetry.explain_kpi('active_users');
select min(lag_events) from telemetry.cursors;
select * from pg_temp.compare();
select last_value >= 1000 as is_ahead from telemetry_private.ingest_id;
select setval('telemetry_private.ingest_id', 5) \g /dev/null
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2021-02-10T12:30:00Z", "user_id": "00000000-0000-4000-8000-0000000000a1"}]');
select * from pg_temp.compare();
select telemetry.init();
select setval('telemetry_private.ingest_id', 5) \g /dev/null
select telemetry.init();
select last_value >= 1000 as is_ahead from telemetry_private.ingest_id;
rollback to sound;

-- Guards dropped, events deleted, init(): what happened meanwhile was not seen, so all is made anew.
drop trigger append_only on telemetry.events;
drop trigger append_only_statement on telemetry.events;
delete from telemetry.events where event_ts < '2021-02-01';
select telemetry.init();
select * from pg_temp.compare();
rollback to sound;
-- The cursors dropped: events are logged all the same, and init() begins anew.
drop table telemetry.cursor_positions;
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2021-02-10T12:30:00Z", "user_id": "00000000-0000-4000-8000-0000000000a1"}]');
select telemetry.init();
select * from pg_temp.compare();
rollback;

-- A partition from elsewhere is guarded as soon as it is attached, but not within a restore: then by the next tick.
begin;
create table telemetry_private.from_elsewhere (like telemetry.events including defaults including constraints);
alter table telemetry.events attach partition telemetry_private.from_elsewhere for values from ('2001-01-01Z') to ('2001-02-01Z');
select relrowsecurity, (select count(*) from pg_trigger t where t.tgrelid = c.oid and t.tgenabled = 'A') as guards from pg_class c where relname = 'from_elsewhere';
truncate telemetry_private.from_elsewhere;
rollback;
begin;
set local row_security = on;
set local xmloption = content;
set session row_security = on;
set session xmloption = content;
create table telemetry_private.from_elsewhere (like telemetry.events including defaults including constraints);
alter table telemetry.events attach partition telemetry_private.from_elsewhere for values from ('2001-01-01Z') to ('2001-02-01Z');
reset row_security;
reset xmloption;
select relrowsecurity, (select count(*) from pg_trigger t where t.tgrelid = c.oid and t.tgenabled = 'A') as guards from pg_class c where relname = 'from_elsewhere';
select telemetry.tick_unit() >= 0 as ticked;
select relrowsecurity, (select count(*) from pg_trigger t where t.tgrelid = c.oid and t.tgenabled = 'A') as guards from pg_class c where relname = 'from_elsewhere';
rollback;
