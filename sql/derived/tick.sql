-- Maintenance is what tick() does, in small committed units. Every answer is right, only slower, if it never runs.

-- Does one unit of work of one consumer. Returns how many ids it took, NULL where another session works on it.
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
    -- This lock comes before that of the consumer: whoever drops a partition asks for the consumer while holding the
    -- log.
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

-- Brings the block ranges of new rows into the index that cursors read by, in the partitions that got rows since the
-- last time. What is not summarized is read as a whole, so nothing is lost where a partition waits for the next tick:
-- one that is busy (ANALYZE or VACUUM hold its lock), and all but some of those with late arrivals, since each costs
-- locks.
create function telemetry_private.summarize_arrivals()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
set telemetry_private.derives = 'on'
as $$
declare
    -- Destinations look for their events by late arrivals too, and may be far behind.
    passed constant bigint := (select least(min(c.position), telemetry_private.outbound_position(), telemetry_private.sealed_position()) from telemetry.cursor_positions c);
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
    -- What another tick deletes at this moment is not waited for.
    delete from telemetry.late_arrivals l
     using (select a.ctid
              from telemetry.late_arrivals a
              join unnest(sinces, untils) s (since, until) on a.since = s.since and a.until = s.until
             where a.last_id <= passed
               for update of a skip locked) d
     where l.ctid = d.ctid;
end
$$;

-- Writes chunks again in which users are removed, as many as take about a second.
create function telemetry_private.write_removed_chunks()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set enable_seqscan = off -- there is nothing to do as a rule, which the index says by itself
as $$
begin
    if exists (select from telemetry.timeline_chunks c where c.removed is not null) then
        perform from telemetry.cursor_positions c where c.consumer = 'timeline' for update skip locked;
        if found then
            perform telemetry_private.write_removed(500000);
        end if;
    end if;
end
$$;

-- Does the next unit of work of all consumers. Returns how many ids it took, 0 where nothing is left to do; then it did the rest of
-- the maintenance, which it also does where it may take none. That locks many partitions, as taking may, so it has a transaction of
-- its own.
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
           + coalesce(telemetry_private.advance('hourly_counts', tick_unit.most), 0)
           + telemetry_private.seal_unit(tick_unit.most);
    if taken = 0 or tick_unit.most = 0 then
        perform telemetry_private.write_removed_chunks();
        perform telemetry_private.summarize_arrivals();
        perform telemetry_private.record_settings();
    end if;
    return taken;
end
$$;

-- A unit that took fewer than it may judges the alerts, for callers that call nothing else.
create function telemetry_private.tick_unit_and_alerts(most bigint)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    taken constant bigint := telemetry_private.tick_unit(most);
begin
    if taken < tick_unit_and_alerts.most or tick_unit_and_alerts.most = 0 then
        perform telemetry_private.evaluate_alerts(null);
    end if;
    return taken;
end
$$;

create function telemetry.tick_unit(most bigint default null)
returns bigint
language sql
begin atomic
    select telemetry_private.tick_unit_and_alerts(greatest(coalesce(tick_unit.most, 250000), 0));
end;

create function telemetry.may_commit()
returns boolean
language sql
begin atomic
    select telemetry_private.may_commit();
end;

-- It has no SET clause, because PostgreSQL allows none on a procedure that commits. So it names everything in full.
create procedure telemetry.tick(max_seconds double precision default null)
language plpgsql
as $$
declare
    deadline timestamptz := pg_catalog.clock_timestamp() operator(pg_catalog.+) pg_catalog.make_interval(secs => least(coalesce(tick.max_seconds, 10), 86400));
    commits constant boolean := telemetry.may_commit();
    most constant bigint := 250000; -- what tick_unit() takes
    taken bigint;
    was_short boolean := false;
begin
    if commits then
        commit;
        set transaction isolation level read committed;
    end if;
    begin
        perform telemetry.create_partitions();
    exception
        -- Whatever keeps a partition from being made, what is there is derived all the same.
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
        taken := telemetry.tick_unit(most);
        -- The first unit that takes fewer than it may ends what an earlier tick began, the second one what there was when this began.
        exit when taken operator(pg_catalog.=) 0 or was_short and taken operator(pg_catalog.<) most or pg_catalog.clock_timestamp() operator(pg_catalog.>=) deadline;
        was_short := taken operator(pg_catalog.<) most;
    end loop;
    -- What was logged meanwhile is left to the next tick: where events never stop, one that waited for their end would take a few
    -- at a time for ever.
    if taken operator(pg_catalog.<>) 0 then
        if commits then
            commit;
            set transaction isolation level read committed;
        end if;
        perform telemetry.tick_unit(0);
    end if;
    while pg_catalog.clock_timestamp() operator(pg_catalog.<) deadline and pg_catalog.current_setting('telemetry.expiry', true) operator(pg_catalog.=) 'on' loop
        if commits then
            commit;
            set transaction isolation level read committed;
        end if;
        exit when telemetry.expire_unit(unless_finished => true) operator(pg_catalog.=) 0;
    end loop;
end
$$;

comment on function telemetry.tick_unit is
'Does one unit of what tick() does, in the caller''s transaction. It is for callers that cannot CALL
a procedure, as PostgREST.

Arguments
  most   how many new events it takes at most into the hourly counts and into the timeline; default
         250000; 0: none, it does the rest of a tick
Returns
  how many ids it took, those of both added up, and those that it sealed where telemetry.seals is
    on; 0 where nothing is left to do or a writer holds the cursors back. Where it took fewer than
    most, it judged the alerts too, as evaluate_alerts() does
Errors
  25001  the transaction is REPEATABLE READ or SERIALIZABLE
Notes
  It takes no events away, as tick() may: expire_unit() does that.';
comment on function telemetry.may_commit is
'Tells whether the present call may end its transaction. tick() asks it.

Returns
  true only within a procedure that was called at the top level; never NULL';
comment on procedure telemetry.tick is
'Does the maintenance: makes partitions ahead, then brings the hourly counts and the timeline up to
date, and seals the log where telemetry.seals is on, in small units that are each committed by
themselves; then it judges the alerts and tells people; at last, where telemetry.expiry is on, it
takes away the events whose time is up.

Arguments
  max_seconds  after so many seconds no new unit is begun; default 10, at most 86400
Errors
  25001  it is called within a transaction that is REPEATABLE READ or SERIALIZABLE
Notes
  It may be called at any time and from several sessions, and killed. Every answer is right without
    it, and only slower.
  What keeps it from making partitions is told in a WARNING with its SQLSTATE, and the rest is done.
  Within a transaction or a function it cannot commit, and does its work in that transaction.';
