-- Cursors say how far each consumer of the log has come, in order of arrival. Twin: src/derived/cursor.rs.
--
-- An ingest_id is drawn before its transaction commits, so "everything above the last one" would lose what commits
-- late. Therefore a cursor reads the sequence, then waits until the transactions are over that hold a writer's lock on
-- telemetry.events at that moment (an id is drawn under that lock). Then every id up to the sequence's value is visible
-- or gone for ever. The consumer's effect and its position change in one transaction, so that each event counts exactly
-- once, whatever is killed when. Nobody waits for a consumer: where a writer takes long, it comes back later.

create function telemetry_private.init_cursor()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set telemetry_private.derives = 'on'
as $$
begin
    if to_regclass('telemetry.cursor_positions') is null then
        create table telemetry.cursor_positions (
            consumer     text collate "C" not null primary key,
            position     bigint not null default 0,
            safe_until   bigint not null default 0,
            complete_at  timestamptz not null default now(),
            made_in      bigint not null default 0,
            must_recount boolean not null default false,
            drawn_since  timestamptz,
            constraint the_safe_range_is_ahead check (position <= safe_until)
        );
        comment on table telemetry.cursor_positions is 'How far each consumer of the log has come. Read it by the view telemetry.cursors.';
        comment on column telemetry.cursor_positions.position is 'The effect of every event up to this ingest_id is in what the consumer derived.';
        comment on column telemetry.cursor_positions.safe_until is 'No event up to this ingest_id can appear any more: each is there, or was rolled back.';
        comment on column telemetry.cursor_positions.complete_at is 'The time at which safe_until was read from the sequence of ids.';
        comment on column telemetry.cursor_positions.made_in is 'A number that stands for the cluster, the database and the tables in which the derived data was made. It is 0 where somebody touched the derived data since.';
        comment on column telemetry.cursor_positions.must_recount is 'Whether rows were stored past the logging functions. Then the next tick finds out whether any of them lies below the position.';
        comment on column telemetry.cursor_positions.drawn_since is 'Every ingest_id above the position was drawn after this time; where the position is safe_until, also after complete_at. NULL where nobody knows.';
    end if;
    perform telemetry_private.set_row_security('telemetry.cursor_positions');
    if not exists (select from pg_policy where polrelid = 'telemetry.cursor_positions'::regclass and polname = 'readers_see_positions') then
        create policy readers_see_positions on telemetry.cursor_positions for select using (position >= 0);
    end if;
    insert into telemetry.cursor_positions (consumer) values ('hourly_counts'), ('timeline') on conflict do nothing;
    -- Block ranges find the range of a cursor: there is an index entry for some 1,000 events, not one for each.
    if to_regclass('telemetry.events_by_arrival') is null then
        create index events_by_arrival on telemetry.events using brin (ingest_id) with (pages_per_range = 32);
    end if;
end
$$;

-- Moves on from an id below which nothing can appear any more: up to the last one drawn, or nowhere, where a writer that
-- may still add to what lies between takes longer than `patience` milliseconds. `read_at` is when the sequence was read, and
-- NULL where the end stays as it was since.
create function telemetry_private.safe_end(safe_until bigint, patience integer, out safe bigint, out read_at timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    drawn bigint;
begin
    safe := safe_until;
    read_at := clock_timestamp();
    select case when s.is_called then s.last_value else s.last_value - 1 end into drawn from telemetry_private.ingest_id s;
    if drawn > safe and telemetry_private.writers_are_done(patience) then
        safe := drawn;
    end if;
    if drawn <> safe then
        read_at := null;
    end if;
end
$$;

-- Returns the next ids that a consumer may take, at most `most` of them. There are none where nothing is new, or where
-- a writer holds the cursor back. It locks the consumer until the end of the transaction, and returns NULLs where
-- another session works on it.
create function telemetry_private.next_range(consumer text, most bigint, out after_id bigint, out last_id bigint)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    safe bigint;
    read_at timestamptz;
begin
    -- The lock is that of the row: anybody could hold the key of an advisory lock.
    select c.position, c.safe_until into after_id, safe
      from telemetry.cursor_positions c where c.consumer = next_range.consumer
       for update skip locked;
    if after_id = safe then
        select e.safe, e.read_at into safe, read_at
          from telemetry_private.safe_end(safe, telemetry_private.setting('telemetry.tick_patience')::integer) e;
        if read_at is not null then
            update telemetry.cursor_positions c
               set safe_until = safe, complete_at = read_at,
                   -- Ids above the old safe_until, where the position stands, were drawn after that was read.
                   drawn_since = case when safe = after_id then read_at when after_id > 0 then c.complete_at end
             where c.consumer = next_range.consumer;
        end if;
    end if;
    last_id := after_id + least(safe - after_id, most);
end
$$;

create function telemetry_private.move_cursor(consumer text, last_id bigint)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    update telemetry.cursor_positions c set position = move_cursor.last_id where c.consumer = move_cursor.consumer
$$;

create function telemetry_private.cursors()
returns table (consumer text, "position" bigint, lag_events bigint, lag_seconds double precision, held_back_by integer, held_back_since timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select c.consumer, c.position, greatest(s.drawn - c.position, 0),
           case when s.drawn <= c.position then 0 else extract(epoch from clock_timestamp() - c.complete_at)::double precision end,
           w.pid, w.since
      from telemetry.cursor_positions c
     cross join (select case when i.is_called then i.last_value else i.last_value - 1 end as drawn from telemetry_private.ingest_id i) s
      -- This is the oldest transaction that may be writing, or that holds a lock as strong (ANALYZE, ATTACH). It is
      -- looked for only where there is something to wait for.
      left join lateral (
            select l.pid, a.xact_start as since
              from pg_locks l
              left join pg_stat_activity a on a.pid = l.pid
             where l.locktype = 'relation'
               and l.database = (select d.oid from pg_database d where d.datname = current_database())
               and l.relation = 'telemetry.events'::regclass
               and l.granted
               and l.mode in ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
               and l.pid is distinct from pg_backend_pid()
               and s.drawn > c.position
             order by a.xact_start nulls first
             limit 1) w on true
$$;

create view telemetry.cursors with (security_invoker = true) as
    select c.consumer, c.position, c.lag_events, c.lag_seconds, c.held_back_by, c.held_back_since
      from telemetry_private.cursors() c;

comment on view telemetry.cursors is
'How far each consumer of the log has come, one row per consumer: hourly_counts and timeline.
position is the last ingest_id that is in what the consumer derived. lag_events says how many ids
were drawn since, so that KPIs read at most so many events one by one. After a crash and on a
standby, up to 32 ids that nobody drew are among them until the next tick. lag_seconds says how
long ago the consumer was last complete, and is 0 where nothing is missing. held_back_by and
held_back_since name the process whose transaction may still write an event below the end, the
oldest one, and when that transaction began. A prepared transaction has no process: there
held_back_by is NULL. CALL telemetry.tick() moves the cursors on.';
