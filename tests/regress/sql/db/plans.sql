-- A session keeps the plans of the statements by which KPIs read, so that a small tenant's question costs little. Whatever
-- changes between two calls of one session, the answer is that of a new session.
\set SHOW_CONTEXT never
set datestyle = iso;
begin;
\set ON_ERROR_ROLLBACK on
set local time zone 'UTC';
set local telemetry.multi_tenant = on;
create role asking;
create role watching;
select telemetry.grant_access('asking', 'analyst'), telemetry.grant_access('watching', 'auditor');
select telemetry.register_event('seen');
-- Three users of tenant a, one of tenant b, an event each day.
select telemetry.import_events((
    select jsonb_agg(jsonb_build_object('event_name', 'seen', 'tenant_id', md5(tenant)::uuid, 'user_id', md5(tenant || n % users)::uuid,
                                        'event_ts', timestamptz '2024-03-01Z' + n * interval '1 day', 'payload', jsonb_build_object('page', n % 2)))
      from (values ('a', 3), ('b', 1)) t (tenant, users), generate_series(0, 20) n)) as imported;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
create procedure be(tenant text) language sql as $$
    select set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'app_metadata', json_build_object('tenant_id', md5(tenant)::uuid))::text, true)
$$;
create function users() returns table (users bigint, events bigint) language sql as $$
    select (select a.actors from telemetry.active_users(since => '2024-03-01', until => '2024-04-01', grain => 'month') a),
           (select sum(v.events)::bigint from telemetry.event_volume(since => '2024-03-01', until => '2024-04-01', grain => 'month') v)
$$;
-- How many statements of KPIs this session keeps, and whether they are within what it may keep.
create function kept(beginning text default '') returns bigint language sql as $$
    select count(*) from pg_backend_memory_contexts c
     where c.name = 'CachedPlanSource' and c.ident ~ '^select [cet]\.' and starts_with(c.ident, beginning)
$$;

-- Tenants in turn, by one plan; the owner and the auditor, who see both.
set local role asking;
call be('a');
select * from users();
call be('b');
select * from users();
call be('a');
select * from users();
reset role;
select kept('select c.tenant_id, c.band') as plans;
select * from users();
set local role watching;
select * from users();
set local role asking;
select * from users();
reset role;
-- Each role has its own plan, however often it asks.
do $$
begin
    for n in 1..20 loop
        set local role asking;
        perform users();
        set local role watching;
        perform users();
        reset role;
    end loop;
end $$;
select kept('select c.tenant_id, c.band') as plans;

-- An event is counted at once, where the session found nothing above the cursor before; and not when it is rolled back.
savepoint quiet;
select set_config('request.jwt.claims', '', true) as nobody;
select telemetry.import_events(jsonb_build_array(jsonb_build_object('event_name', 'seen', 'tenant_id', md5('a')::uuid, 'user_id', md5('a new user')::uuid, 'event_ts', timestamptz '2024-03-15Z'))) as imported;
call be('a');
set local role asking;
select * from users();
reset role;
rollback to quiet;
set local role asking;
select * from users();
reset role;
-- Also where the owner stores a row whose id no sequence gave: until the next tick, and after it.
insert into telemetry.events (event_ts, ingest_id, event_id, tenant_id, user_id, event_name)
values ('2024-03-15Z', 1000000, gen_random_uuid(), md5('a')::uuid, md5('a new user')::uuid, 'seen');
set local role asking;
select * from users();
reset role;
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
set local role asking;
select * from users();
reset role;
rollback to quiet;
-- An id so high that none could follow stays above the cursor for ever, and is read there.
insert into telemetry.events (event_ts, ingest_id, event_id, tenant_id, user_id, event_name)
values ('2024-03-15Z', 9223372036854775000, gen_random_uuid(), md5('a')::uuid, md5('a new user')::uuid, 'seen');
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
set local role asking;
select * from users();
reset role;
rollback to quiet;

-- A policy of the application's on the log, and one on what is derived.
create policy narrowing on telemetry.events as restrictive for select to asking using (event_ts < '2024-03-02');
set local role asking;
select * from users();
reset role;
drop policy narrowing on telemetry.events;
set local role asking;
select * from users();
reset role;
create policy narrowing on telemetry.timeline_chunks as restrictive for select to asking using (false);
set local role asking;
select * from users();
reset role;
drop policy narrowing on telemetry.timeline_chunks;
-- A right that is taken away, and given back.
revoke select on telemetry.events from asking;
set local role asking;
select actors from telemetry.active_users(since => '2024-03-01', grain => 'range');
reset role;
grant select on telemetry.events to asking;
set local role asking;
select actors from telemetry.active_users(since => '2024-03-01', grain => 'range');
reset role;
-- A role that row-level security does not hold back.
alter role asking bypassrls;
set local role asking;
select * from users();
reset role;
alter role asking nobypassrls;
set local role asking;
select * from users();
reset role;

-- An index that goes, a partition that comes, statistics, a table that is made anew.
drop index telemetry.timeline_small_chunks;
analyze telemetry.timeline_chunks;
set local role asking;
select * from users();
reset role;
savepoint whole;
drop table telemetry.timeline_actors;
set local role asking;
select * from users();
reset role;
select telemetry.init();
do $$ begin while telemetry.tick_unit() > 0 loop end loop; end $$;
set local role asking;
select * from users();
reset role;
rollback to whole;
set local role asking;
select * from users();
reset role;
-- A key that is promoted only now.
set local role asking;
select distinct source from telemetry.explain_kpi('top_values', '{"payload_key": "page"}');
select value, actors from telemetry.top_values('page', since => '2024-03-01', until => '2024-04-01') order by 1;
reset role;
select telemetry.update_event('seen', '{"promoted_properties": ["page"]}');
select telemetry.rebuild_derived();
set local role asking;
select distinct source from telemetry.explain_kpi('top_values', '{"payload_key": "page"}');
select value, actors from telemetry.top_values('page', since => '2024-03-01', until => '2024-04-01') order by 1;
reset role;

-- A search_path with somebody else's operators and tables.
create schema hostile;
create function hostile.never(uuid, uuid) returns boolean language sql as 'select false';
create operator hostile.= (function = hostile.never, leftarg = uuid, rightarg = uuid);
create table hostile.timeline_chunks ();
grant usage on schema hostile to asking;
set local search_path = hostile, pg_catalog, public;
set local role asking;
select * from public.users();
reset role;
reset search_path;
-- Settings of the planner.
set local plan_cache_mode = force_custom_plan;
set local role asking;
select * from users();
reset role;
set local plan_cache_mode = force_generic_plan;
set local role asking;
select * from users();
reset role;
reset plan_cache_mode;
discard plans;
set local role asking;
select * from users();
reset role;

-- An error in the middle of a statement, and the next call.
savepoint failing;
create function fails() returns boolean language plpgsql as $$ begin raise 'in the middle'; end $$;
create policy failing on telemetry.events as restrictive for select to asking using (fails());
set local role asking;
select * from users();
select * from users();
reset role;
drop policy failing on telemetry.events;
set local role asking;
select * from users();
reset role;
-- Each error in a subtransaction of one call.
create policy failing on telemetry.events as restrictive for select to asking using (fails());
set local role asking;
do $$
begin
    for n in 1..200 loop
        begin
            perform users();
        exception
            when raise_exception then null;
        end;
    end loop;
end $$;
reset role;
rollback to failing;
set local role asking;
select * from users();
reset role;

-- A KPI within the statement of a KPI, which asks the same; and 70 other statements, more than are kept.
create function asks_within(most integer) returns boolean language plpgsql as $$
declare
    seen bigint;
begin
    if coalesce(current_setting('plans.within', true), '') = '' then
        perform set_config('plans.within', 'yes', true);
        select a.actors into seen from telemetry.active_users(since => '2024-03-01', until => '2024-04-01', grain => 'month') a;
        for n in 1..most loop
            perform telemetry.event_volume(since => '2024-03-01', until => '2024-04-01', grain => 'month',
                                           filter => (select jsonb_object_agg('of.' || k, k) from generate_series(1, n) k));
        end loop;
        perform set_config('plans.within', 'done', true);
        raise notice 'within: % users', seen;
    end if;
    return true;
end $$;
savepoint nested;
create policy nested on telemetry.events as restrictive for select to asking using (asks_within(0));
set local role asking;
select a.actors from telemetry.active_users(since => '2024-03-01', until => '2024-03-02', grain => 'month') a;
select * from users();
reset role;
drop policy nested on telemetry.events;
select set_config('plans.within', '', true);
create policy nested on telemetry.events as restrictive for select to asking using (asks_within(70));
set local role asking;
select a.actors from telemetry.active_users(since => '2024-03-01', until => '2024-03-02', grain => 'month') a;
reset role;
rollback to nested;
set local role asking;
select * from users();
reset role;
-- At most 64 statements, of 2 MB in all with what was parsed and planned of them; most of a statement is what was parsed.
select kept() between 8 and 64 as are_few,
       (select sum(c.total_bytes) from pg_backend_memory_contexts c
         where (c.name in ('CachedPlanSource', 'CachedPlan') and c.ident ~ '^select [cet]\.')) < 2 * 1024 * 1024 as are_small;

-- The extension is dropped and made anew within the session: its tables stay, and so does what is asked of them.
savepoint there;
set local client_min_messages = error;
drop extension telemetry cascade;
create extension telemetry;
reset client_min_messages;
select telemetry.grant_access('asking', 'analyst');
set local role asking;
select * from users();
reset role;
rollback to there;
set local role asking;
select * from users();
reset role;
rollback;
