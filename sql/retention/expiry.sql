-- Expiry takes away what is due, in units that are each committed by themselves: a partition whose events are all due goes whole, and
-- of others the due events of some hours at a time. What is derived of them goes with them, and each unit leaves a receipt.
--
-- Nobody who logs waits for it long: it asks for a lock of the log for a fifth of a second at a time, and gives up after some
-- attempts. Where something is in its way it says so, and the next tick tries again.

-- Removes the due events of some hours of a partition, at least those of an hour, and about `most`. Returns how many.
create function telemetry_private.expire_hours(target regclass, since timestamptz, until timestamptz, up_to bigint, most bigint, names text[], befores timestamptz[], going text[], classes text[])
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set enable_seqscan = off -- hours of a partition are looked up by tenant and name
set jit = off
as $$
declare
    receipt constant uuid := telemetry_private.new_receipt_id();
    begin_at timestamptz := expire_hours.since;
    end_at timestamptz;
    ids bigint[];
    places tid[];
    first_ts timestamptz;
    last_ts timestamptz;
    removed bigint;
    exported jsonb;
begin
    loop
        select min(h.hour), max(h.hour) + interval '1 hour' into begin_at, end_at
          from (select c.hour, sum(c.events) as events, sum(sum(c.events)) over (order by c.hour) as so_far
                  from telemetry.hourly_counts c
                  join unnest(names, befores) x (event_name, due_before) on x.event_name = c.event_name
                 where c.hour >= begin_at and c.hour < expire_hours.until and c.hour < x.due_before
                 group by c.hour) h
         where h.so_far - h.events < expire_hours.most;
        if begin_at is null then
            return 0;
        end if;
        execute format($query$
            select array_agg(d.ingest_id order by d.ingest_id) as ids, array_agg(d.place) as places, min(d.event_ts) as first_ts, max(d.event_ts) as last_ts
              from (select distinct c.tenant_id, c.event_name, x.due_before
                      from telemetry.hourly_counts c
                      join unnest($1, $2) x (event_name, due_before) on x.event_name = c.event_name
                     where c.hour >= $3 and c.hour < $4) p
             cross join lateral (
                    select e.ingest_id, e.ctid as place, e.event_ts from %s e
                     where e.tenant_id = p.tenant_id and e.event_name = p.event_name and e.event_ts >= $3 and e.event_ts < least($4, p.due_before)
                       and e.ingest_id <= $5 and not telemetry_private.is_held(e.tenant_id, e.user_id, e.event_ts, e.event_name)
                    offset 0) d
            $query$, target)
           into ids, places, first_ts, last_ts using names, befores, begin_at, end_at, up_to;
        exit when ids is not null;
        begin_at := end_at;
    end loop;
    perform telemetry_private.keep_kpi_history(first_ts, last_ts + interval '1 microsecond', going);
    exported := telemetry_private.exported_events(target, places, false);
    removed := telemetry_private.remove_events(receipt, target, ids, places);
    perform telemetry_private.write_receipt(
        receipt, 'expire_events', null, 'retention', removed, jsonb_build_object('events', removed), first_ts, last_ts,
        ids[1], ids[cardinality(ids)], null,
        jsonb_build_object('how', 'removed', 'partition', (select c.relname from pg_class c where c.oid = target), 'relation', target::oid::bigint,
                           'classes', classes), exported);
    return removed;
end
$$;

-- Forgets users of whom no event is left, some at a time, where partitions were dropped since that was last done: events that go one
-- by one take theirs along. Returns how many users it looked at. The caller holds the cursors.
create function telemetry_private.forget_actors(most integer)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set enable_seqscan = off
as $$
declare
    round record;
    looked record;
begin
    select r.* into round from telemetry_private.expiry_rounds r for update;
    if round.actors_after is null
       and not exists (select from telemetry.erasures e
                        where e.kind = 'expire_events' and e.details ->> 'how' = 'dropped' and (round.forgotten_at is null or e.at > round.forgotten_at)) then
        return 0;
    end if;
    select count(*) as actors, array_agg(a.tenant_id) as tenants, array_agg(a.user_id) as users,
           (array_agg(a.tenant_id order by a.tenant_id desc, a.actor_number desc))[1] as last_tenant, (array_agg(a.actor_number order by a.tenant_id desc, a.actor_number desc))[1] as last_number
      into looked
      from (select a.tenant_id, a.actor_number, a.user_id
              from telemetry.timeline_actors a
             where (a.tenant_id, a.actor_number) > (coalesce(round.actors_tenant, '00000000-0000-0000-0000-000000000000'), coalesce(round.actors_after, -1))
             order by a.tenant_id, a.actor_number
             limit most) a;
    if looked.actors > 0 then
        perform telemetry_private.remove_actors(looked.tenants, looked.users);
    end if;
    update telemetry_private.expiry_rounds r
       set forgotten_at = case when round.actors_after is null then clock_timestamp() else r.forgotten_at end,
           actors_tenant = case when looked.actors = most then looked.last_tenant end,
           actors_after = case when looked.actors = most then looked.last_number end;
    return looked.actors;
end
$$;

-- Does the next unit of expiry. Returns how many events went, or were written anew; what is in the way of others, and
-- which hold keeps some: NULL, nothing does.
create function telemetry_private.expire_once(most bigint, out events bigint, out waits_for text, out held_by text)
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
set lock_timeout = '1s'
as $$
declare
    moment constant timestamptz := clock_timestamp();
    names text[];
    classes text[];
    befores timestamptz[];
    going text[];
    reached bigint;
    p record;
    hold text;
    held record;
    partition_name text;
begin
    events := 0;
    begin
        if not telemetry_private.settle_derived() then
            waits_for := 'what is derived, see health()';
            return;
        end if;
        perform telemetry_private.wait_for_ticks();
        -- No hold begins before the unit is over.
        lock table telemetry.holds in share mode;
    exception
        when lock_not_available or deadlock_detected then
            waits_for := 'a tick, an erasure or a lock of the log';
            return;
    end;
    reached := (select min(c.position) from telemetry.cursor_positions c);
    select coalesce(array_agg(e.event_name), '{}'), array_agg(e.retention_class), array_agg(e.due_before)
      into names, classes, befores
      from telemetry_private.expiring_events(moment) e;
    for p in
        select d.partition, d.since, d.until, max(d.others) as others, max(d.due_until) as due_until, sum(d.due) as due,
               array_agg(d.retention_class order by d.retention_class) filter (where d.due > 0) as classes
          from telemetry_private.due_events(moment) d
         group by d.partition, d.since, d.until
        having sum(d.due) > 0
         order by d.since
    loop
        partition_name := (select c.relname from pg_class c where c.oid = p.partition);
        held := telemetry_private.held_from(p.partition);
        hold := telemetry_private.hold_on(null, null, p.since, p.until, names);
        going := array(select n.event_name from unnest(names, classes) n (event_name, class) where n.class = any (p.classes));
        begin
            if p.others = 0 and held.held_by is null and hold is null
               and p.since = date_trunc('hour', p.since) and p.until = date_trunc('hour', p.until)
               and not telemetry_private.has_other_events(p.partition, names, befores) then
                perform telemetry_private.keep_kpi_history(p.since, p.due_until, going);
                events := telemetry_private.remove_partition(p.partition, p.since, p.until, reached, p.classes);
                if events is null then
                    raise lock_not_available;
                end if;
            else
                events := telemetry_private.expire_hours(p.partition, p.since, p.until, least(coalesce(held.after_id, reached), reached), most, names, befores, going, p.classes);
            end if;
        exception
            when lock_not_available or deadlock_detected then
                events := 0;
                waits_for := coalesce(waits_for, format('a lock of %s, which somebody reads or writes', partition_name));
        end;
        if events > 0 then
            return;
        end if;
        waits_for := coalesce(waits_for, held.held_by || ', which has not passed ' || partition_name);
        held_by := coalesce(held_by, hold);
    end loop;
    events := telemetry_private.forget_actors(20000);
    -- Writing a partition anew takes long, so that it is a unit of its own, which holds up no tick.
    if events = 0 and waits_for is null and exists (select from telemetry_private.sparse_partition()) then
        update telemetry_private.expiry_rounds r set rewrites = true;
        events := 1;
    end if;
end
$$;

-- Does a unit and notes what came of it. A tick asks for nothing where nothing can have become due since the last round: then it looks
-- at one row.
create function telemetry_private.expire_unit(most bigint, unless_finished boolean)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
    changed constant bigint := (select max(c.change_id) from telemetry.changes c);
    rewritten bigint;
    done record;
begin
    if unless_finished and exists (
               select from telemetry_private.expiry_rounds r
                where r.waits_for is null and r.change_id is not distinct from changed and date_trunc('hour', r.finished_at) = date_trunc('hour', clock_timestamp())) then
        return 0;
    end if;
    if (select r.rewrites from telemetry_private.expiry_rounds r) then
        rewritten := telemetry_private.rewrite_sparse_partition();
        update telemetry_private.expiry_rounds r set rewrites = false;
        if rewritten = 0 then
            update telemetry_private.expiry_rounds r set finished_at = clock_timestamp(), change_id = changed;
        end if;
        return rewritten;
    end if;
    done := telemetry_private.expire_once(greatest(coalesce(most, 50000), 1));
    if done.events = 0 then
        update telemetry_private.expiry_rounds r
           set waits_for = done.waits_for,
               waits_since = case when done.waits_for is not null then coalesce(r.waits_since, clock_timestamp()) end,
               finished_at = case when done.waits_for is null then clock_timestamp() else r.finished_at end,
               change_id = changed;
        if done.waits_for is not null then
            raise notice 'expiry waits for %', done.waits_for
                using hint = 'It goes on at the next tick; telemetry.expiry_report() lists what is due.';
        end if;
        if done.held_by is not null and not unless_finished then
            raise notice 'the hold "%" keeps events whose time is up', done.held_by
                using hint = format('Where they may go: select telemetry.release_hold(%L).', done.held_by);
        end if;
    end if;
    return done.events;
end
$$;

create function telemetry.expire_unit(most bigint default null, unless_finished boolean default false)
returns bigint
language sql
begin atomic
    select telemetry_private.expire_unit(most, unless_finished);
end;

-- It has no SET clause, as tick(), and so names everything in full.
create procedure telemetry.expire_events(max_seconds double precision default null)
language plpgsql
as $$
declare
    deadline timestamptz := pg_catalog.clock_timestamp() operator(pg_catalog.+) pg_catalog.make_interval(secs => least(coalesce(expire_events.max_seconds, 60), 86400));
    commits constant boolean := telemetry.may_commit();
begin
    loop
        if commits then
            commit;
            set transaction isolation level read committed;
        end if;
        exit when telemetry.expire_unit() operator(pg_catalog.=) 0 or pg_catalog.clock_timestamp() operator(pg_catalog.>=) deadline;
    end loop;
end
$$;

comment on function telemetry.expire_unit is
'Does one unit of what expire_events() does, in the caller''s transaction. It is for callers that
cannot CALL a procedure, as PostgREST.

Arguments
  most             about how many events it takes out of a partition of which others stay; default
                   50000
  unless_finished  whether it returns at once where it came to an end within the present hour, and
                   no definition changed since, as ticks ask for; default false
Returns
  how many events it took away; or a number above 0 where it forgot users of whom nothing is left,
    or gave disk back; 0 where nothing is to be done, or something is in the way, which a NOTICE
    names
Errors
  25001  the transaction is REPEATABLE READ or SERIALIZABLE';
comment on procedure telemetry.expire_events is
'Takes away the events whose time is up, with what is derived of them, in small units that are each
committed by themselves. Each leaves a receipt in telemetry.erasures.

Arguments
  max_seconds  after so many seconds no new unit is begun; default 60, at most 86400
Errors
  25001  it is called within a transaction that is REPEATABLE READ or SERIALIZABLE
Notes
  tick() does the same once the setting telemetry.expiry is on. expiry_report() tells before what
    would go.
  A partition whose events are all due is dropped, so that its disk is back at once. Of another one
    the due events go; once a fifth of it has gone and its time is over, it is written anew, which
    gives that disk back.
  Events under a hold stay, and those that an export or a destination has not had.
  Nobody who logs waits for it longer than a fifth of a second at a time. Where somebody holds a
    lock in its way, it says so in a NOTICE and ends; the next tick goes on.
  It may be called at any time and from several sessions, and killed.
  Within a transaction or a function it cannot commit, and does its work in that transaction.';
