-- Maintenance: what tick() does, in small committed units. Everything is right, only slower, if it never runs.

-- One unit of work of one consumer; how many ids it took, NULL where another session is at it.
create function telemetry_private.advance(consumer text, most bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set enable_seqscan = off -- without statistics the planner does not know that arrivals lie side by side
set jit = off
as $$
declare
    after_id bigint;
    last_id bigint;
begin
    -- Before the lock of the consumer, which whoever drops a partition asks for under its own of the log.
    lock table only telemetry.events in access share mode;
    select r.after_id, r.last_id into after_id, last_id from telemetry_private.next_range(advance.consumer, advance.most) r;
    if after_id is null or last_id <= after_id then
        return last_id - after_id;
    end if;
    case advance.consumer
        when 'hourly_counts' then
            perform telemetry_private.add_hourly_counts(after_id, last_id);
        when 'timeline' then
            perform telemetry_private.add_to_timeline(after_id, last_id);
    end case;
    perform telemetry_private.move_cursor(advance.consumer, last_id);
    return last_id - after_id;
end
$$;

-- Brings the block ranges of new rows into the index that cursors read by, in the partitions that got any since the last
-- time. What is not summarized is read as a whole, so a busy partition (ANALYZE or VACUUM hold its lock) may wait for the
-- next tick; and so may all but some of the late ones, since each costs locks.
create function telemetry_private.summarize_arrivals()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
set telemetry_private.derives = 'on'
as $$
declare
    passed constant bigint := (select min(c.position) from telemetry.cursor_positions c);
    recently constant timestamptz := (select min(c.complete_at) - interval '2 days' from telemetry.cursor_positions c);
    sinces timestamptz[];
    untils timestamptz[];
    arrivals regclass;
begin
    select coalesce(array_agg(l.since), '{}'), coalesce(array_agg(l.until), '{}')
      into sinces, untils
      from (select distinct l.since, l.until from telemetry.late_arrivals l where l.last_id <= passed order by l.since limit 64) l;
    for arrivals in
        select i.indexrelid
          from (select p.partition
                  from telemetry_private.partition_bounds() p
                 where p.until > recently and p.since <= now()
                    or exists (select from unnest(sinces, untils) l (since, until) where l.since < p.until and p.since < l.until)
                 order by p.since desc
                 limit 256) p
         cross join lateral (
                select i.indexrelid
                  from pg_index i
                  join pg_inherits h on h.inhrelid = i.indexrelid and h.inhparent = to_regclass('telemetry.events_by_arrival')
                 where i.indrelid = p.partition) i
         where pg_relation_size(p.partition) > 0
    loop
        begin
            perform brin_summarize_new_values(arrivals);
        exception
            when lock_not_available then
                null;
        end;
    end loop;
    delete from telemetry.late_arrivals l
     using unnest(sinces, untils) s (since, until)
     where l.since = s.since and l.until = s.until and l.last_id <= passed;
end
$$;

-- The next unit of work of all: ids taken, 0 where nothing is left to do.
create function telemetry_private.tick_unit(most bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    taken bigint;
begin
    if not telemetry_private.settle_derived() then
        return 0;
    end if;
    taken := coalesce(telemetry_private.advance('timeline', tick_unit.most), 0)
           + coalesce(telemetry_private.advance('hourly_counts', tick_unit.most), 0);
    if taken = 0 then
        perform telemetry_private.summarize_arrivals();
    end if;
    return taken;
end
$$;

create function telemetry.tick_unit(most bigint default null)
returns bigint
language sql
begin atomic
    select telemetry_private.tick_unit(greatest(coalesce(tick_unit.most, 250000), 1));
end;

create function telemetry.may_commit()
returns boolean
language sql
begin atomic
    select telemetry_private.may_commit();
end;

-- No SET clause: PostgreSQL allows none on a procedure that commits. So it names everything in full.
create procedure telemetry.tick(max_seconds double precision default null)
language plpgsql
as $$
declare
    deadline timestamptz := pg_catalog.clock_timestamp() operator(pg_catalog.+) pg_catalog.make_interval(secs => least(coalesce(tick.max_seconds, 10), 86400));
    commits constant boolean := telemetry.may_commit();
    done bigint;
begin
    if commits then
        commit;
        set transaction isolation level read committed;
    end if;
    begin
        perform telemetry.create_partitions();
    exception
        -- Whatever keeps a partition from being made: what is there is derived all the same.
        when others then
            if exists (select from pg_catalog.pg_proc p
                         join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) p.pronamespace
                        where p.proname operator(pg_catalog.=) 'create_partitions' and n.nspname operator(pg_catalog.~) '^telemetry(_private)?$'
                          and not pg_catalog.has_function_privilege(p.oid, 'execute')) then
                raise;
            end if;
            raise warning 'no partitions were made ahead: %', sqlerrm
                using errcode = sqlstate, hint = 'Logging makes a missing partition when it is needed, and would fail as this did: mend it, then call telemetry.create_partitions().';
    end;
    loop
        if commits then
            commit;
            set transaction isolation level read committed;
        end if;
        done := telemetry.tick_unit();
        exit when done operator(pg_catalog.=) 0 or pg_catalog.clock_timestamp() operator(pg_catalog.>=) deadline;
    end loop;
end
$$;

-- Whether this database is ticked, how often, and by what. The only table that is a member of the extension: no user's
-- data, so no dump takes it and a restore starts nothing; DROP EXTENSION ends the schedule. The key is the database for
-- which it was made, so that a copy (CREATE DATABASE ... TEMPLATE) is not scheduled either. Who ticks is not in it: the
-- functions' owner.
create table telemetry_private.tick_schedule (
    database_id  oid not null primary key,
    schedule_id  uuid,
    every        interval,
    method       text,
    constraint a_schedule_is_complete check (num_nulls(schedule_id, every, method) in (0, 3)),
    constraint a_method_is_known check (method in ('background worker', 'pg_cron'))
);
comment on table telemetry_private.tick_schedule is 'What schedule_tick() and unschedule_tick() said last: a worker with another schedule_id has nothing to do. NULLs: not scheduled.';
alter table telemetry_private.tick_schedule enable row level security;
create trigger changed_by_functions before insert or update or delete or truncate on telemetry_private.tick_schedule
    for each statement execute function telemetry_private.refuse_strangers();
alter table telemetry_private.tick_schedule enable always trigger changed_by_functions;

-- What schedule_tick() said of this database; no row where it, or unschedule_tick(), was never called here.
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

-- What a server that starts resumes.
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

-- What a worker has to do here: due, over, undecided (the transaction that scheduled it is not), stopped (the
-- configuration asked for it, NULL schedule_id, and unschedule_tick() was called since).
create function telemetry_private.tick_is_due(schedule_id text, scheduling_transaction text)
returns text
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Before the schedule is read, in a statement of its own: a transaction that commits between the two is then seen by
    -- the later snapshot. The other way round it would be neither running nor there.
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

-- The processes that tick this database, or will.
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

-- For health(): by what this database is to be ticked, how often, and whether that is at work. No row: by nothing,
-- or this is a standby.
-- method: pg_cron, background worker, or telemetry.tick_database where only the configuration says so.
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

-- Ends what ticks this database; whether there was anything.
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
    -- The launcher first: it would start another worker. It takes its own along.
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

-- pg_cron where it is installed; otherwise a background worker.
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
    -- First of all: whoever else schedules waits for this row.
    insert into telemetry_private.tick_schedule as s (database_id, schedule_id, every, method)
    values (this_database, schedule, schedule_tick.every, case when has_pg_cron then 'pg_cron' else 'background worker' end)
        on conflict (database_id) do update
       set schedule_id = excluded.schedule_id, every = excluded.every, method = excluded.method;
    delete from telemetry_private.tick_schedule s where s.database_id <> this_database;
    perform telemetry_private.end_ticks();
    if has_pg_cron then
        plan := case when seconds < 60 then format('%s seconds', seconds::integer)
                     when seconds < 3600 then format('*/%s * * * *', least(round(seconds / 60), 59)::integer)
                     else format('0 */%s * * *', least(round(seconds / 3600), 23)::integer) end;
        execute format('select cron.schedule(%L, %L, %L)', 'telemetry tick', plan, 'call telemetry.tick()');
        return format('pg_cron: %s', plan);
    end if;
    launcher := telemetry_private.start_tick_launcher(schedule::text, pg_current_xact_id()::xid::text, seconds);
    -- It counts once unschedule_tick() could find it.
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
    -- Also where nothing is scheduled: what comes back after a crash, or at a start of the server, finds it.
    insert into telemetry_private.tick_schedule as s (database_id) values (this_database) on conflict do nothing;
    select s.schedule_id is not null into was_scheduled from telemetry_private.tick_schedule s where s.database_id = this_database for update;
    update telemetry_private.tick_schedule s set schedule_id = null, every = null, method = null where s.database_id = this_database;
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

comment on function telemetry.tick_unit is
'One unit of what tick() does, in the caller''s transaction: takes at most `most` new events (default 250000) into the hourly counts and the timeline. Returns how many ids it took, 0 where nothing is left or a writer holds the cursor back. For callers that cannot CALL a procedure, as PostgREST. Errors: 25001 in REPEATABLE READ or SERIALIZABLE.';
comment on function telemetry.may_commit is
'Whether the present call may end the transaction: true only within a procedure that was called at the top level. tick() asks it.';
comment on procedure telemetry.tick is
'Maintenance: makes partitions ahead (what keeps it from that is a WARNING with its SQLSTATE), then brings the hourly counts and the timeline up to date, in small units, each committed by itself. max_seconds: no new unit is begun after so many, default 10. Safe to call at any time, from several sessions, and to kill. Within a transaction or a function it cannot commit and does its work in that transaction. Errors: 25001 within a transaction of REPEATABLE READ or SERIALIZABLE.';
comment on function telemetry.schedule_tick is
'Has tick() run every so often, default every minute, from 1 second to 1 day; in place of an earlier schedule. By pg_cron where it is installed in this database; otherwise by a background worker, which comes back after a crash, and after a restart of a server that has telemetry in shared_preload_libraries (after that of another server nothing runs until it is called again). The schedule is of this database alone: no dump, restore or copy takes it along, and DROP EXTENSION ends it. Returns which. Errors: 22023 another interval, 53000 no room for a worker (max_worker_processes; each scheduled database needs one, and another one during a tick).';
comment on function telemetry.unschedule_tick is
'Ends what schedule_tick() or telemetry.tick_database began, for good: no crash or restart brings it back, only schedule_tick(). Processes end at once, also where the transaction is rolled back later. Returns whether there was anything.';
