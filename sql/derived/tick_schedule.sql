-- The schedule says who calls tick(), and how often: schedule_tick() and unschedule_tick() change it. Twin:
-- src/derived/tick.rs, which runs the worker.

-- The table says whether this database is ticked, how often, and by what. It is the only table that is a member of the
-- extension, because it holds no user's data: no dump takes it, a restore starts nothing, and DROP EXTENSION ends the
-- schedule. Its key is the database for which it was made, so that a copy (CREATE DATABASE ... TEMPLATE) is not
-- scheduled either. Who ticks is not in it: it is the owner of the functions.
create table telemetry_private.tick_schedule (
    database_id  oid not null primary key,
    schedule_id  uuid,
    every        interval,
    method       text,
    constraint a_schedule_is_complete check (num_nulls(schedule_id, every, method) in (0, 3)),
    constraint a_method_is_known check (method in ('background worker', 'pg_cron'))
);
comment on table telemetry_private.tick_schedule is 'What schedule_tick() or unschedule_tick() said last. A worker that has another schedule_id has nothing to do. NULLs: nothing is scheduled.';
alter table telemetry_private.tick_schedule enable row level security;
create trigger changed_by_functions before insert or update or delete or truncate on telemetry_private.tick_schedule
    for each statement execute function telemetry_private.refuse_strangers();
alter table telemetry_private.tick_schedule enable always trigger changed_by_functions;

-- Returns what schedule_tick() said of this database. There is no row where neither it nor unschedule_tick() was ever
-- called here.
create function telemetry_private.present_tick_mark()
returns setof telemetry_private.tick_schedule
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select s.* from telemetry_private.tick_schedule s
     where s.database_id = (select d.oid from pg_database d where d.datname = current_database())
$$;

-- A server that starts resumes what this returns.
create function telemetry_private.present_tick_schedule()
returns table (schedule_id text, seconds double precision)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select m.schedule_id::text, extract(epoch from m.every)::double precision
      from telemetry_private.present_tick_mark() m where m.method = 'background worker'
$$;

-- Returns what a worker has to do here: due, over, undecided (the transaction that scheduled it has not ended), or
-- stopped (the configuration asked for it, with schedule_id NULL, and unschedule_tick() was called since).
create function telemetry_private.tick_is_due(schedule_id text, scheduling_transaction text)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- This is asked before the schedule is read, in a statement of its own: a transaction that commits between the two
    -- is then seen by the later snapshot. The other way round it would be neither running nor there.
    is_undecided constant boolean := exists (
        select from pg_locks l where l.locktype = 'transactionid' and l.transactionid::text = tick_is_due.scheduling_transaction);
begin
    return (
        select case when tick_is_due.schedule_id is null and m.database_id is null then 'due'
                    when tick_is_due.schedule_id is null and m.schedule_id is null then 'stopped'
                    when m.schedule_id::text = tick_is_due.schedule_id then 'due'
                    when is_undecided then 'undecided'
                    else 'over' end
          from (select) one left join telemetry_private.present_tick_mark() m on true);
end
$$;

-- Returns the processes that tick this database, or will.
create function telemetry_private.tick_processes()
returns table (pid integer, is_launcher boolean)
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select a.pid, a.backend_type = 'telemetry tick launcher'
      from pg_database d, pg_stat_activity a
     where d.datname = current_database()
       and (a.backend_type = 'telemetry tick launcher' and a.application_name = format('telemetry tick of database %s', d.oid)
            or a.backend_type = 'telemetry tick' and a.datid = d.oid)
$$;

-- health() asks this: what is to tick this database, how often, and whether that is at work. There is no row where
-- nothing is to, or where this is a standby. `method` is pg_cron, background worker, or telemetry.tick_database where
-- only the configuration says so.
create function telemetry_private.tick_state()
returns table (method text, every interval, is_alive boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    mark telemetry_private.tick_schedule;
    has_launcher boolean;
begin
    -- A standby is the primary's to tick, until it is promoted.
    if pg_is_in_recovery() then
        return;
    end if;
    perform pg_stat_clear_snapshot();
    has_launcher := exists (select from telemetry_private.tick_processes() p where p.is_launcher);
    select m.* into mark from telemetry_private.present_tick_mark() m;
    if mark.method = 'background worker' then
        return query select mark.method, mark.every, has_launcher;
    elsif mark.method = 'pg_cron' then
        is_alive := false;
        if exists (select from pg_extension e where e.extname = 'pg_cron') then
            execute format('select exists (select from cron.job j where j.jobname = %L and j.database = current_database() and j.active)', 'telemetry tick')
               into is_alive;
        end if;
        return query select mark.method, mark.every, is_alive;
    elsif mark.database_id is null and (has_launcher or current_database()::text = any (
            select trim(both ' ' from n) from unnest(string_to_array(current_setting('telemetry.tick_database', true), ',')) n)) then
        return query select 'telemetry.tick_database'::text, current_setting('telemetry.tick_pause', true)::interval, has_launcher;
    end if;
end
$$;

-- Ends what ticks this database, and returns whether there was anything.
create function telemetry_private.end_ticks()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    ended bigint;
    unscheduled bigint := 0;
begin
    perform pg_stat_clear_snapshot();
    -- The launcher goes first, since it would start another worker. It takes its own worker along.
    select count(pg_terminate_backend(p.pid, 5000)) into ended from telemetry_private.tick_processes() p where p.is_launcher;
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(p.pid, 5000) from telemetry_private.tick_processes() p;
    if exists (select from pg_extension where extname = 'pg_cron') then
        execute format('select count(cron.unschedule(j.jobid)) from cron.job j where j.jobname = %L and j.database = current_database()', 'telemetry tick')
           into unscheduled;
    end if;
    return ended + unscheduled > 0;
end
$$;

-- Schedules by pg_cron where that is installed, and otherwise by a background worker.
create function telemetry_private.schedule_tick(every interval)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    seconds constant double precision := extract(epoch from every);
    this_database constant oid := (select d.oid from pg_database d where d.datname = current_database());
    deadline constant timestamptz := clock_timestamp() + interval '5 seconds';
    has_pg_cron constant boolean := exists (select from pg_extension where extname = 'pg_cron');
    schedule constant uuid := gen_random_uuid();
    plan text;
    launcher integer;
begin
    if seconds is null or seconds < 1 or seconds > 86400 then
        raise exception 'every must be between 1 second and 1 day'
            using errcode = '22023', hint = 'For example: select telemetry.schedule_tick(''1 minute'').';
    end if;
    -- This comes first of all: whoever else schedules waits for this row.
    insert into telemetry_private.tick_schedule as s (database_id, schedule_id, every, method)
    values (this_database, schedule, schedule_tick.every, case when has_pg_cron then 'pg_cron' else 'background worker' end)
        on conflict (database_id) do update
       set schedule_id = excluded.schedule_id, every = excluded.every, method = excluded.method;
    delete from telemetry_private.tick_schedule s where s.database_id <> this_database;
    perform telemetry_private.record_state('ticks', 'schedule', jsonb_build_object('every', schedule_tick.every, 'method', case when has_pg_cron then 'pg_cron' else 'background worker' end));
    perform telemetry_private.end_ticks();
    if has_pg_cron then
        plan := case when seconds < 60 then format('%s seconds', seconds::integer)
                     when seconds < 3600 then format('*/%s * * * *', least(round(seconds / 60), 59)::integer)
                     else format('0 */%s * * *', least(round(seconds / 3600), 23)::integer) end;
        execute format('select cron.schedule(%L, %L, %L)', 'telemetry tick', plan, 'call telemetry.tick()');
        return format('pg_cron: %s', plan);
    end if;
    launcher := telemetry_private.start_tick_launcher(schedule::text, pg_current_xact_id()::xid::text, seconds);
    -- The launcher counts as started once unschedule_tick() could find it.
    while clock_timestamp() < deadline loop
        perform pg_stat_clear_snapshot();
        exit when exists (select from telemetry_private.tick_processes() p where p.pid = launcher);
        perform pg_sleep(0.01);
    end loop;
    return format('background worker %s', launcher);
end
$$;

create function telemetry_private.unschedule_tick()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    this_database constant oid := (select d.oid from pg_database d where d.datname = current_database());
    was_scheduled boolean;
begin
    -- The row is written also where nothing is scheduled: what comes back after a crash, or at a start of the server,
    -- finds it.
    insert into telemetry_private.tick_schedule as s (database_id) values (this_database) on conflict do nothing;
    select s.schedule_id is not null into was_scheduled from telemetry_private.tick_schedule s where s.database_id = this_database for update;
    update telemetry_private.tick_schedule s set schedule_id = null, every = null, method = null where s.database_id = this_database;
    perform telemetry_private.record_state('ticks', 'schedule', null);
    return telemetry_private.end_ticks() or was_scheduled;
end
$$;

create function telemetry.schedule_tick(every interval default null)
returns text
language sql
begin atomic
    select telemetry_private.schedule_tick(coalesce(every, interval '1 minute'));
end;

create function telemetry.unschedule_tick()
returns boolean
language sql
begin atomic
    select telemetry_private.unschedule_tick();
end;

comment on function telemetry.schedule_tick is
'Has tick() run again and again in this database, in place of an earlier schedule.

Arguments
  every  how often: 1 second to 1 day; default 1 minute
Returns
  what runs it: "pg_cron: ..." with the schedule, or "background worker ..." with the id of the
    process
Errors
  22023  every is shorter than 1 second or longer than 1 day
  53000  there is no room for a worker (max_worker_processes): each scheduled database needs one,
         and another one during a tick
Notes
  pg_cron runs it where it is installed in this database, otherwise a background worker does.
  The worker comes back after a crash. After a restart of the server it comes back where telemetry
    is in shared_preload_libraries; elsewhere nothing runs until schedule_tick() is called again.
  The schedule is of this database alone: no dump, restore or copy takes it along, and DROP
    EXTENSION ends it.';
comment on function telemetry.unschedule_tick is
'Ends what schedule_tick() or the setting telemetry.tick_database began. No crash or restart brings
it back; only schedule_tick() does.

Returns
  whether there was anything to end
Notes
  The processes end at once, also where the transaction is rolled back later.';
