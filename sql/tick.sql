-- Maintenance: what tick() does, in small committed units. Everything is right, only slower, if it never runs.

-- One unit of work of one consumer; how many ids it took, NULL where another session is at it.
create function telemetry_private.advance(consumer text, most bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
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

-- pg_cron where it is installed; otherwise a background worker, which lives until it is stopped or the server is.
create function telemetry_private.schedule_tick(every interval)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    seconds constant double precision := extract(epoch from every);
    deadline constant timestamptz := clock_timestamp() + interval '5 seconds';
    plan text;
    worker integer;
begin
    if seconds is null or seconds < 1 or seconds > 86400 then
        raise exception 'every must be between 1 second and 1 day'
            using errcode = '22023', hint = 'For example: select telemetry.schedule_tick(''1 minute'').';
    end if;
    perform telemetry_private.unschedule_tick();
    if exists (select from pg_extension where extname = 'pg_cron') then
        plan := case when seconds < 60 then format('%s seconds', seconds::integer)
                     when seconds < 3600 then format('*/%s * * * *', least(round(seconds / 60), 59)::integer)
                     else format('0 */%s * * *', least(round(seconds / 3600), 23)::integer) end;
        execute format('select cron.schedule(%L, %L, %L)', 'telemetry tick', plan, 'call telemetry.tick()');
        return format('pg_cron: %s', plan);
    end if;
    worker := telemetry_private.start_worker(seconds);
    -- It counts once unschedule_tick() could find it.
    while clock_timestamp() < deadline loop
        perform pg_stat_clear_snapshot();
        exit when exists (select from pg_stat_activity a where a.pid = worker and a.backend_type = 'telemetry tick');
        perform pg_sleep(0.01);
    end loop;
    return format('background worker %s', worker);
end
$$;

create function telemetry_private.unschedule_tick()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    was_scheduled boolean;
begin
    perform pg_stat_clear_snapshot();
    select count(pg_terminate_backend(a.pid, 5000)) > 0 into was_scheduled
      from pg_stat_activity a
     where a.backend_type = 'telemetry tick' and a.datname = current_database();
    if exists (select from pg_extension where extname = 'pg_cron') then
        execute format('select %L or count(cron.unschedule(j.jobid)) > 0 from cron.job j where j.jobname = %L and j.database = current_database()', was_scheduled, 'telemetry tick')
           into was_scheduled;
    end if;
    return was_scheduled;
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

comment on function telemetry.tick_unit(bigint) is
'One unit of what tick() does, in the caller''s transaction: takes at most `most` new events (default 250000) into the hourly counts and the timeline. Returns how many ids it took, 0 where nothing is left or a writer holds the cursor back. For callers that cannot CALL a procedure, as PostgREST. Errors: 25001 in REPEATABLE READ or SERIALIZABLE.';
comment on function telemetry.may_commit() is
'Whether the present call may end the transaction: true only within a procedure that was called at the top level. tick() asks it.';
comment on procedure telemetry.tick(double precision) is
'Maintenance: makes partitions ahead (what keeps it from that is a WARNING with its SQLSTATE), then brings the hourly counts and the timeline up to date, in small units, each committed by itself. max_seconds: no new unit is begun after so many, default 10. Safe to call at any time, from several sessions, and to kill. Within a transaction or a function it cannot commit and does its work in that transaction. Errors: 25001 within a transaction of REPEATABLE READ or SERIALIZABLE.';
comment on function telemetry.schedule_tick(interval) is
'Has tick() run every so often, default every minute, from 1 second to 1 day; in place of an earlier schedule. By pg_cron where it is installed in this database; otherwise by a background worker, which ends with the server: after a restart schedule it again, or put telemetry into shared_preload_libraries and the database''s name into telemetry.tick_database. Returns which. Errors: 22023 another interval, 53000 no room for a worker (max_worker_processes).';
comment on function telemetry.unschedule_tick() is
'Ends what schedule_tick() began; whether there was anything. A worker of shared_preload_libraries ends until the next start of the server.';
