-- Partitions that an owner drops, detaches or attaches: what is derived follows in the same transaction, so that KPIs
-- answer from it what the rows would.
--
-- What is derived and lies outside every partition has no rows behind it; a partition with rows and without any hourly
-- count was attached. Both show without a memory of their own, so a dump has nothing to carry.

-- The stretches of time that no partition covers.
create function telemetry_private.uncovered_ranges()
returns table (since timestamptz, until timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select g.since, g.until
      from (select coalesce(lag(b.until) over (order by b.since), '-infinity') as since, b.since as until
              from telemetry_private.partition_bounds() b
             union all
            select coalesce(max(b.until), '-infinity'), 'infinity' from telemetry_private.partition_bounds() b) g
     where g.since < g.until
$$;

-- How many stretches were made anew.
create function telemetry_private.follow_partitions()
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    position bigint;
    changed record;
    first_id bigint;
    last_id bigint;
    first_above bigint;
    last_above bigint;
    made integer := 0;
begin
    -- Within a restore, or a DROP of everything, not all of it is there.
    if to_regclass('telemetry.events') is null or to_regclass('telemetry.cursor_positions') is null
        or to_regclass('telemetry.hourly_counts') is null or to_regclass('telemetry.timeline_chunks') is null
        or to_regclass('telemetry.timeline_tenants') is null or to_regclass('telemetry.timeline_actors') is null then
        return 0;
    end if;
    select max(c.position) into position from telemetry.cursor_positions c;
    if position is null or position = 0 then
        return 0;
    end if;
    if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
        raise exception 'a transaction that keeps its snapshot cannot drop, detach or attach partitions of telemetry.events'
            using errcode = '25001', hint = 'Do it under READ COMMITTED: what is derived has to follow.';
    end if;
    perform telemetry_private.wait_for_ticks();
    for changed in
        select u.since, u.until
          from telemetry_private.uncovered_ranges() u
         where exists (select from telemetry.timeline_chunks c where c.last_ts >= u.since and c.first_ts < u.until)
            or exists (select from telemetry.hourly_counts h where h.hour >= u.since and h.hour < u.until)
    loop
        perform telemetry_private.rebuild_hourly_counts(null, changed.since, changed.until);
        perform telemetry_private.rebuild_timeline(null, changed.since, changed.until, null, null);
        made := made + 1;
    end loop;
    for changed in
        with starts as materialized (
            select array_agg(b.since order by b.since) as list from telemetry_private.partition_bounds() b
        ),
        counted as (
            select distinct width_bucket(h.hour, s.list) as place from telemetry.hourly_counts h, starts s
        )
        select b.partition, b.since, b.until
          from telemetry_private.partition_bounds() b, starts s
         where array_position(s.list, b.since) not in (select c.place from counted c)
    loop
        execute format('select min(e.ingest_id) filter (where e.ingest_id <= $1), max(e.ingest_id) filter (where e.ingest_id <= $1), min(e.ingest_id) filter (where e.ingest_id > $1), max(e.ingest_id) from %s e', changed.partition)
           into first_id, last_id, first_above, last_above using position;
        if first_above is not null then
            perform telemetry_private.note_late_arrivals(changed.since, changed.until, first_above, last_above);
        end if;
        if first_id is not null then
            perform telemetry_private.rebuild_hourly_counts(null, changed.since, changed.until);
            perform telemetry_private.rebuild_timeline(null, changed.since, changed.until, first_id, last_id);
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;

create function telemetry_private.follow_altered_log()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(current_setting('telemetry_private.makes_partition', true), '') <> 'on'
        and exists (select from pg_event_trigger_ddl_commands() c where c.objid = to_regclass('telemetry.events')) then
        perform telemetry_private.follow_partitions();
    end if;
end
$$;

create function telemetry_private.follow_dropped_partition()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    -- A partition goes with its clone of the log's trigger, whatever its own name and schema.
    if exists (select from pg_event_trigger_dropped_objects() d where d.object_type = 'trigger' and d.address_names[3] = 'append_only') then
        perform telemetry_private.follow_partitions();
    end if;
end
$$;

create event trigger telemetry_follows_altered_log on ddl_command_end when tag in ('ALTER TABLE')
    execute function telemetry_private.follow_altered_log();
alter event trigger telemetry_follows_altered_log enable always;
create event trigger telemetry_follows_dropped_partition on sql_drop when tag in ('DROP TABLE', 'DROP SCHEMA', 'DROP OWNED')
    execute function telemetry_private.follow_dropped_partition();
alter event trigger telemetry_follows_dropped_partition enable always;
