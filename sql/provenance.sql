-- Provenance: whether what is derived was made from this very log. Twin: src/provenance.rs, which asks before each KPI.
--
-- Databases are copied, restored in parts and in any order, replicated, and mended by hand. Whatever happens, a KPI may
-- read what is derived only while it belongs to the log beside it; else it reads rows, and the next tick sets things
-- right. What can part the two, and what is done:
--   elsewhere     the cluster, the database or one of the tables is another than those that the cursor names (a logical
--                 dump or replica, pg_upgrade): made anew. Physical copies keep it.
--   touched       somebody changed derived data past the functions, or the log while its guards were off, or the extension
--                 was not there for a while: made anew.
--   partitions    the partitions are not those of telemetry.derived_partitions: the ranges that came or went are made anew.
--   recount       the owner stored rows by INSERT or COPY, with whatever ids: partitions are counted, and made anew where
--                 their events are not all derived.
--   sequence      ids would be drawn again (logical replication copies no sequence): moved forward, then recount.
--   unguarded     a guard is missing or switched off: what happens meanwhile is not seen. Put back, then touched.
--   subscription  a subscription writes rows with ids of another server: nothing is derived until it is gone, then touched.
--   default       a default partition, which has no bounds: nothing is derived until it is gone, then touched.
--   detaching     DETACH CONCURRENTLY has hidden a partition's rows and not ended.
-- "Made anew" is: derived tables emptied, cursors at 0, and ticks derive in their small units; KPIs read what is there and
-- the rows above it, exact throughout.

-- A session of pg_dump's output: all of them set row_security and xmloption, nothing else sets both.
create function telemetry_private.is_restore()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select count(*) = 2 from pg_settings where name in ('row_security', 'xmloption') and source = 'session'
$$;

create function telemetry_private.init_derived_partitions()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.derived_partitions') is null then
        -- A number, not regclass: in a dump it must not turn into the partition of the same name elsewhere.
        create table telemetry.derived_partitions (
            partition bigint not null primary key, -- its oid; below 0: it was detached
            since     timestamptz not null,
            until     timestamptz not null
        );
        comment on table telemetry.derived_partitions is 'The partitions that derived data know of: the next tick follows one that is not here, or no more there.';
        insert into telemetry.derived_partitions select b.partition::oid::bigint, b.since, b.until from telemetry_private.partition_bounds() b;
        -- What was derived before is of unknown partitions.
        update telemetry.cursor_positions set made_in = 0 where position > 0;
    end if;
    perform telemetry_private.set_row_security('telemetry.derived_partitions');
    if not exists (select from pg_policy where polrelid = 'telemetry.derived_partitions'::regclass and polname = 'readers_see_partitions') then
        create policy readers_see_partitions on telemetry.derived_partitions for select using (partition is not null);
    end if;
    -- Of a new installation.
    update telemetry.cursor_positions set made_in = telemetry_private.derived_identity()
     where made_in = 0 and position = 0
       and not exists (select from telemetry.hourly_counts) and not exists (select from telemetry.timeline_chunks);
end
$$;

-- The two that the guards call (src/immutability.rs). They say '' because they are called as functions that return text.
create function telemetry_private.doubt_log()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.cursor_positions') is not null then
        update telemetry.cursor_positions set must_recount = true where not must_recount;
    end if;
    return '';
end
$$;

create function telemetry_private.doubt_derived()
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.cursor_positions') is not null then
        update telemetry.cursor_positions set made_in = 0 where made_in <> 0;
    end if;
    return '';
end
$$;

-- Moves the sequence forward, never back, whoever draws ids meanwhile: where few are missing they are drawn.
create function telemetry_private.draw_up_to(furthest bigint)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    missing constant bigint := draw_up_to.furthest - telemetry_private.drawn_id();
begin
    if missing > 1000 then
        perform setval('telemetry_private.ingest_id', draw_up_to.furthest);
    else
        perform nextval('telemetry_private.ingest_id') from generate_series(1, missing);
    end if;
end
$$;

-- Moves the sequence to where the cursors have been; whether it was behind. Called before a backend logs for the first
-- time, by ticks and by init(). Whoever moves it holds the cursors, so that no two set it at once.
create function telemetry_private.mend_sequence()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
declare
    furthest bigint;
begin
    -- An event is logged all the same where somebody dropped the cursors.
    if to_regclass('telemetry.cursor_positions') is null then
        return false;
    end if;
    if (select coalesce(max(c.safe_until), 0) from telemetry.cursor_positions c) <= telemetry_private.drawn_id() then
        return false;
    end if;
    perform from telemetry.cursor_positions c order by c.consumer for update;
    select max(c.safe_until) into furthest from telemetry.cursor_positions c;
    if furthest <= telemetry_private.drawn_id() then
        return false;
    end if;
    perform telemetry_private.draw_up_to(furthest);
    -- Of what was logged meanwhile the ids are among those that were derived.
    update telemetry.cursor_positions set must_recount = true where position > 0;
    return true;
end
$$;

-- What ids partitions hold: how many up to one, the first and last of these, the first above it, the last of all. A few
-- partitions at a time, in a subtransaction that is given up: so their locks are too.
create function telemetry_private.ids_of_partitions(partitions regclass[], reached bigint)
returns table (partition regclass, below bigint, first_below bigint, last_below bigint, first_above bigint, last_id bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    found bigint[];
    all_found bigint[] := '{}';
    done integer := 0;
begin
    while done < coalesce(cardinality(partitions), 0) loop
        begin
            for place in done + 1 .. least(done + 100, cardinality(partitions)) loop
                execute format(
                    'select array[count(*) filter (where e.ingest_id <= $1), min(e.ingest_id) filter (where e.ingest_id <= $1),
                                  max(e.ingest_id) filter (where e.ingest_id <= $1), min(e.ingest_id) filter (where e.ingest_id > $1), max(e.ingest_id)] from %s e',
                    partitions[place]) into found using reached;
                all_found := all_found || found;
                done := place;
            end loop;
            raise exception using errcode = 'TMDON';
        exception
            when sqlstate 'TMDON' then null;
        end;
    end loop;
    return query
    select partitions[n], all_found[5 * n - 4], all_found[5 * n - 3], all_found[5 * n - 2], all_found[5 * n - 1], all_found[5 * n]
      from generate_subscripts(partitions, 1) n;
end
$$;

-- Rows of another server may have higher ids than were drawn here: they would be read one by one until as many were. An id
-- that leaves no room for others (a mistake of somebody's) is left alone.
create function telemetry_private.pass_highest_id()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    highest constant bigint := (
        select coalesce(max(i.last_id), 0)
          from telemetry_private.ids_of_partitions(array(select b.partition from telemetry_private.partition_bounds() b), 0) i);
begin
    if highest < 4611686018427387904 then
        perform telemetry_private.draw_up_to(highest);
    end if;
end
$$;

-- Of rows above the cursors that came past the logging functions nobody noted how old they are: any.
create function telemetry_private.note_unknown_arrivals()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.note_late_arrivals('-infinity', 'infinity', c.position + 1, telemetry_private.drawn_id())
      from (select min(p.position) as position from telemetry.cursor_positions p) c
     where telemetry_private.drawn_id() > c.position
$$;

create function telemetry_private.reset_derived()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Not TRUNCATE, which a snapshot that was taken before would see.
    delete from telemetry.hourly_counts;
    delete from telemetry.timeline_chunks;
    delete from telemetry.timeline_actors;
    update telemetry.timeline_tenants set actors = 0, epoch = epoch + 1;
    delete from telemetry.late_arrivals;
    update telemetry.cursor_positions set position = 0, safe_until = 0, complete_at = now(), drawn_since = null;
    perform telemetry_private.pass_highest_id();
    perform telemetry_private.trust_derived();
end
$$;

-- The partitions with other events up to the cursor than were counted.
create function telemetry_private.miscounted_partitions()
returns table (since timestamptz, until timestamptz)
language sql
set search_path = pg_catalog, pg_temp
as $$
    with bounds as (
        select array_agg(b.partition order by b.since) as partitions, array_agg(b.since order by b.since) as starts, array_agg(b.until order by b.since) as ends
          from telemetry_private.partition_bounds() b
    ),
    counted as (
        select width_bucket(c.hour, b.starts) as place, sum(c.events) as events from bounds b, telemetry.hourly_counts c group by 1
    )
    select b.starts[i.place], b.ends[i.place]
      from bounds b
     cross join lateral telemetry_private.ids_of_partitions(
            b.partitions, (select c.position from telemetry.cursor_positions c where c.consumer = 'hourly_counts'))
            with ordinality i (partition, below, first_below, last_below, first_above, last_id, place)
      left join counted c using (place)
     where i.below <> coalesce(c.events, 0)
$$;

-- Makes a stretch of time anew, below the cursors.
create function telemetry_private.remake_range(since timestamptz, until timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
as $$
declare
    reached constant bigint := (select c.position from telemetry.cursor_positions c where c.consumer = 'timeline');
    found record;
begin
    select min(e.ingest_id) filter (where e.ingest_id <= reached) as first_below, max(e.ingest_id) filter (where e.ingest_id <= reached) as last_below,
           min(e.ingest_id) filter (where e.ingest_id > reached) as first_above, max(e.ingest_id) as last_id
      into found
      from telemetry.events e
     where e.event_ts >= remake_range.since and e.event_ts < remake_range.until;
    if found.first_above is not null then
        perform telemetry_private.note_late_arrivals(remake_range.since, remake_range.until, found.first_above, found.last_id);
    end if;
    perform telemetry_private.rebuild_hourly_counts(null, remake_range.since, remake_range.until);
    perform telemetry_private.rebuild_timeline(null, remake_range.since, remake_range.until, found.first_below, found.last_below);
end
$$;

-- Has derived data belong to the log beside them, where something parted the two. Whether they may go on being made: not
-- while a subscription writes into the log, a guard is switched off or there is a default partition. Begins every tick and
-- ends init(). Errors: 55000 tables are missing; 25001 in a transaction that keeps its snapshot, where there is something to do.
create function telemetry_private.settle_derived()
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set telemetry_private.derives = 'on'
as $$
declare
    seen record;
    attempts integer := 0;
begin
    if to_regclass('telemetry.cursor_positions') is not null
        and (select count(*) from telemetry.cursor_positions c where c.consumer in ('hourly_counts', 'timeline')) < 2 then
        insert into telemetry.cursor_positions (consumer) values ('hourly_counts'), ('timeline') on conflict do nothing;
    end if;
    loop
        select d.doubt, d.may_mend, d.reason into seen from telemetry_private.derived_doubt() d;
        exit when seen.doubt is null or seen.doubt = 'detaching';
        if seen.doubt = 'incomplete' then
            raise exception '%', seen.reason using errcode = '55000', hint = 'select telemetry.init();';
        elsif not seen.may_mend then
            update telemetry.cursor_positions set made_in = 0 where made_in <> 0;
            if seen.doubt = 'unguarded' then
                raise warning 'nothing is derived while a guard of the log is switched off' using hint = 'select telemetry.init();';
            end if;
            return false;
        end if;
        attempts := attempts + 1;
        if attempts > 8 then
            raise exception 'derived data cannot be set right: %', seen.reason using errcode = '55000', hint = 'select * from telemetry.health();';
        end if;
        perform telemetry_private.wait_for_ticks();
        -- Another session may have been at it.
        select d.doubt, d.may_mend, d.reason into seen from telemetry_private.derived_doubt() d;
        case seen.doubt
            when 'unguarded' then
                update telemetry.cursor_positions set made_in = 0;
                perform telemetry.init();
            when 'elsewhere', 'touched' then
                perform telemetry_private.reset_derived();
            when 'partitions' then
                perform telemetry_private.follow_partitions();
            when 'sequence' then
                perform telemetry_private.mend_sequence();
            when 'recount' then
                perform telemetry_private.recount_partitions();
            else
                null;
        end case;
    end loop;
    return true;
end
$$;

-- All of it was made anew at the present cursors.
create function telemetry_private.trust_derived()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from telemetry.derived_partitions;
    insert into telemetry.derived_partitions select b.partition::oid::bigint, b.since, b.until from telemetry_private.partition_bounds() b;
    perform telemetry_private.note_unknown_arrivals();
    update telemetry.cursor_positions set made_in = telemetry_private.derived_identity(), must_recount = false;
end
$$;

create function telemetry_private.recount_partitions()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Rows between two cursors would be counted for one of them alone.
    if (select count(distinct c.position) from telemetry.cursor_positions c) > 1 then
        perform telemetry_private.reset_derived();
    else
        perform telemetry_private.pass_highest_id();
        perform telemetry_private.note_unknown_arrivals();
        perform telemetry_private.remake_range(m.since, m.until) from telemetry_private.miscounted_partitions() m;
        update telemetry.cursor_positions set must_recount = false;
    end if;
end
$$;

-- For health(): whether KPIs may read what is derived, else why they read rows.
create function telemetry_private.derived_state(out is_trusted boolean, out problem text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select count(*) = 0, max(d.reason) from telemetry_private.derived_doubt() d
$$;

-- A restore, or somebody with reasons, switches guards off by ALTER TABLE: what happens until they are back is not seen.
-- A partition that is attached is guarded at once, but not within a restore, where not all of it is there: the first
-- tick or init() does it then.
create function telemetry_private.follow_altered_table()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
declare
    partition regclass;
begin
    if coalesce(current_setting('telemetry_private.makes_partition', true), '') = 'on' then
        return;
    end if;
    -- One that is detached may come back with other rows before a tick has looked: as itself it is known no more.
    if to_regclass('telemetry.derived_partitions') is not null
        and exists (select from pg_event_trigger_ddl_commands() c where c.objid = to_regclass('telemetry.events')) then
        insert into telemetry.derived_partitions
        select -k.partition, k.since, k.until
          from telemetry.derived_partitions k
         where k.partition > 0
           and not exists (select from pg_inherits i where i.inhrelid = k.partition::oid and i.inhparent = to_regclass('telemetry.events') and not i.inhdetachpending)
            on conflict do nothing;
        delete from telemetry.derived_partitions k using telemetry.derived_partitions gone
         where gone.partition < 0 and k.partition = -gone.partition;
    end if;
    if exists (select from pg_event_trigger_ddl_commands() c join pg_inherits i on i.inhrelid = c.objid and i.inhparent = to_regclass('telemetry.events')) then
        perform telemetry_private.announce_altered_partition();
    end if;
    if exists (
        select from pg_event_trigger_ddl_commands() c
          join pg_class r on r.oid = c.objid and r.relnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private'))
          join pg_trigger t on t.tgrelid = r.oid
         where c.classid = 'pg_class'::regclass
           and t.tgname in ('append_only', 'append_only_statement', 'changed_by_functions')
           and t.tgenabled <> 'A') then
        perform telemetry_private.doubt_derived();
    end if;
    if not telemetry_private.is_restore()
        and exists (select from pg_event_trigger_ddl_commands() c where c.objid = to_regclass('telemetry.events')) then
        for partition in
            select p.partition from telemetry_private.unprotected_partitions() p
             -- What the owner switches off stays off.
             where not exists (
                select from pg_trigger t
                 where t.tgrelid = p.partition and t.tgname in ('append_only', 'append_only_statement') and t.tgenabled = 'D')
        loop
            perform telemetry_private.protect_partition(partition);
        end loop;
    end if;
end
$$;

-- A guard that is dropped, and perhaps made again before anybody looks.
create function telemetry_private.follow_dropped_trigger()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from pg_event_trigger_dropped_objects() d
         where d.object_type = 'trigger'
           and d.address_names[1] in ('telemetry', 'telemetry_private')
           and d.address_names[3] in ('append_only', 'append_only_statement', 'changed_by_functions')) then
        perform telemetry_private.doubt_derived();
    end if;
end
$$;

-- What a subscription writes does not come in the order of this server's ids.
create function telemetry_private.follow_subscription()
returns event_trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from telemetry_private.derived_doubt() d where d.doubt = 'subscription') then
        perform telemetry_private.doubt_derived();
    end if;
end
$$;
