-- A partition that an owner drops, detaches or attaches: KPIs read rows until the next tick has followed, and say what the
-- rows say throughout. Nothing that the owner does waits for derived data.
\set SHOW_CONTEXT never
set datestyle = iso;
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
select telemetry.register_event('seen');
-- Hourly events from the middle of a week to the middle of a week, so that chunks reach over the ends of months; two tenants.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', timestamptz '2021-01-20Z' + n * interval '1 hour', 'user_id', md5((n % 7)::text)::uuid,
                                        'tenant_id', format('00000000-0000-4000-8000-00000000000%s', case when n % 3 = 0 then 'b' else 'a' end)))
      from generate_series(0, 1699) n)) as imported;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
-- Some above the cursor as well.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'seen', 'event_ts', timestamptz '2021-02-10Z' + n * interval '1 day', 'tenant_id', '00000000-0000-4000-8000-00000000000a'))
      from generate_series(0, 29) n)) as imported;
create view pg_temp.by_month as
    select v.bucket::date, v.events, a.actors
      from telemetry.event_volume(since => '2021-01-01', until => '2021-05-01', grain => 'month', events => '{seen}') v join telemetry.active_users(since => '2021-01-01', until => '2021-05-01', grain => 'month') a using (bucket);
-- Whether the answers are those of the rows, and where they come from: at once, and after a tick; then what is derived too.
create function pg_temp.same_as_rows() returns boolean language plpgsql as $$
declare
    shipped jsonb := (select jsonb_agg(b) from pg_temp.by_month b);
    from_rows jsonb;
begin
    perform set_config('telemetry.kpi_source', 'raw', true);
    from_rows := (select jsonb_agg(b) from pg_temp.by_month b);
    perform set_config('telemetry.kpi_source', 'auto', true);
    return shipped = from_rows;
end $$;
create function pg_temp.agrees() returns table (at_once boolean, source text, after_tick boolean, then_source text, derived boolean) language plpgsql as $$
begin
    at_once := pg_temp.same_as_rows();
    source := (select e.source from telemetry.explain_kpi('active_users', '{"since": "2021-01-01", "until": "2021-05-01"}') e);
    perform telemetry_private.settle_derived(); -- how a tick begins; what is above the cursor stays there
    after_tick := pg_temp.same_as_rows();
    then_source := (select e.source from telemetry.explain_kpi('active_users', '{"since": "2021-01-01", "until": "2021-05-01"}') e);
    derived := (select bool_and(v.is_equal) from telemetry.verify_derived(since => '2021-01-01', until => '2021-05-01') v);
    return next;
end $$;
select * from pg_temp.by_month;
select source, raw_events from telemetry.explain_kpi('active_users', '{"since": "2021-01-01", "until": "2021-05-01"}');
select * from pg_temp.agrees();

-- Dropped, and the drop taken back.
savepoint before_drop;
drop table telemetry_private.events_20210201;
select * from pg_temp.by_month;
select * from pg_temp.agrees();
rollback to before_drop;
select * from pg_temp.agrees();
-- Detached: the table keeps its rows, the log has them no more. Attached again: it has, at the place in time they had.
alter table telemetry.events detach partition telemetry_private.events_20210201;
select count(*) from telemetry_private.events_20210201;
select * from pg_temp.by_month;
select * from pg_temp.agrees();
alter table telemetry.events attach partition telemetry_private.events_20210201 for values from ('2021-02-01Z') to ('2021-03-01Z');
select * from pg_temp.by_month;
select * from pg_temp.agrees();
-- The oldest and the newest; and a schema with a partition that somebody moved there.
drop table telemetry_private.events_20210101;
select * from pg_temp.agrees();
create schema archive;
alter table telemetry_private.events_20210301 set schema archive;
drop schema archive cascade;
select * from pg_temp.by_month;
select * from pg_temp.agrees();
-- What is logged again into the range of one that went is counted once.
select telemetry.import_events('[{"event_name": "seen", "event_ts": "2021-03-05T12:00:00Z", "user_id": "00000000-0000-4000-8000-0000000000a1"}]') as imported;
select * from pg_temp.agrees();
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
select * from pg_temp.by_month;
select * from pg_temp.agrees();
-- Tables of the application come and go without a look at what is derived.
create table pg_temp.of_the_application (n integer);
alter table pg_temp.of_the_application add m integer;
drop table pg_temp.of_the_application;
rollback;

-- Whatever the isolation level, and whatever a trigger of the application's is called.
call telemetry.tick();
create table public.of_the_application (n integer);
create function public.refuse() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger append_only before insert on public.of_the_application for each row execute function public.refuse();
begin isolation level serializable;
select telemetry_private.ensure_partition('2021-02-01Z') is not null as made;
drop table telemetry_private.events_20210201;
alter table telemetry.events add column of_the_application text;
drop table public.of_the_application;
rollback;
drop table public.of_the_application;
drop function public.refuse();
