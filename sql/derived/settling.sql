-- Settling has derived data belong to the log beside it again, at the beginning of a tick and at the end of init().
-- provenance.sql says what can part the two.

-- Moves the sequence forward and never back, whoever draws ids meanwhile: where few ids are missing it draws them.
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

-- Moves the sequence to where the cursors have been, and returns whether it was behind. It is called before a backend
-- logs for the first time, by ticks and by init(). Whoever moves it holds the cursors, so that no two set it at once.
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
    -- What was logged meanwhile has ids among those that were derived.
    update telemetry.cursor_positions set must_recount = true where position > 0;
    return true;
end
$$;

-- Returns what ids partitions hold: how many up to a given one, the first and last of these, the first above it, and
-- the last of all. It looks at a few partitions at a time, in a subtransaction that is given up, and their locks with
-- it.
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

-- Rows of another server may have higher ids than were drawn here: without this they would be read one by one until as
-- many were drawn. An id that leaves no room for others, somebody's mistake, is left alone: it is noted where it lies,
-- so that KPIs read it above the cursor.
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
        delete from telemetry.late_arrivals l where l.first_id >= 4611686018427387904;
        perform telemetry_private.draw_up_to(highest);
    elsif not exists (select from telemetry.late_arrivals l where l.first_id >= 4611686018427387904) then
        perform telemetry_private.note_late_arrivals('-infinity', 'infinity', 4611686018427387904, 9223372036854775807);
    end if;
end
$$;

-- Rows above the cursors that came past the logging functions may be of any age, since nobody noted how old they are.
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
    -- TRUNCATE would be seen by a snapshot that was taken before.
    delete from telemetry.hourly_counts;
    delete from telemetry.timeline_chunks;
    delete from telemetry.timeline_actors;
    update telemetry.timeline_tenants set actors = 0, epoch = epoch + 1;
    delete from telemetry.late_arrivals l where l.last_id <= telemetry_private.outbound_position();
    update telemetry.cursor_positions set position = 0, safe_until = 0, complete_at = now(), drawn_since = null;
    perform telemetry_private.pass_highest_id();
    perform telemetry_private.trust_derived();
end
$$;

-- Returns the partitions that hold other events up to the cursor than were counted.
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

-- Has derived data belong to the log beside it where something parted the two. Returns whether it may go on being made:
-- not while a subscription writes into the log, a guard is switched off or there is a default partition. It begins
-- every tick and ends init(). Errors: 55000 tables are missing; 25001 in a transaction that keeps its snapshot, where
-- there is something to do.
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
        -- Another session may have done it already.
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

-- Says that all derived data was made anew at the present cursors.
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
