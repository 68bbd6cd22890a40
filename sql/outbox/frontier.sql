-- The frontier says up to which event everything may leave the database: below it no event can appear any more. It is
-- found once per poll for all destinations, as each cursor finds its own end (sql/derived/cursor.sql).

create function telemetry_private.init_frontier()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.outbound_frontier') is null then
        create table telemetry.outbound_frontier (
            name        text collate "C" primary key,
            safe_until  bigint not null default 0,
            complete_at timestamptz not null default now(),
            constraint there_is_one_row check (name = 'outbound')
        ) with (fillfactor = 50);
        comment on table telemetry.outbound_frontier is 'Up to which event destinations are served. claim_deliveries() moves it.';
        comment on column telemetry.outbound_frontier.safe_until is 'No event up to this ingest_id can appear any more: each is there, or was rolled back.';
        comment on column telemetry.outbound_frontier.complete_at is 'The time at which safe_until was read from the sequence of ids.';
    end if;
    perform telemetry_private.protect_catalog('telemetry.outbound_frontier', 'name');
    insert into telemetry.outbound_frontier (name) values ('outbound') on conflict do nothing;
end
$$;

-- The time by which deliveries are due. Tests replace this function, and none has to wait.
create function telemetry_private.outbound_clock()
returns timestamptz
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select clock_timestamp()
$$;

-- Moves the frontier and returns it. Where another session does that at the moment, or a writer takes long, it is where it
-- was. After a restore that left the sequence behind, it goes back, and destinations that had come further with it.
create function telemetry_private.frontier()
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Whoever polls waits for the writers of this moment, whose events then go out at once, and for no longer ones.
    patience constant integer := 100;
    known bigint;
    reached record;
begin
    select f.safe_until into known from telemetry.outbound_frontier f where f.name = 'outbound' for update skip locked;
    if not found then
        return coalesce((select f.safe_until from telemetry.outbound_frontier f where f.name = 'outbound'), 0);
    end if;
    if known > telemetry_private.drawn_id() then
        known := telemetry_private.drawn_id();
        update telemetry.outbound_frontier f set safe_until = known, complete_at = clock_timestamp() where f.name = 'outbound';
        update telemetry.destination_states s
           set position = least(s.position, known), last_id = null, ends = '{}', done_ids = '{}', window_events = 0, leased_by = null, leased_until = null, out_rows = 0, out_messages = 0,
               drawn_since = null, mark_id = null, mark_at = null
         where greatest(s.position, s.last_id) > known;
        return known;
    end if;
    select e.safe, e.read_at into reached from telemetry_private.safe_end(known, patience) e;
    if reached.safe > known then
        update telemetry.outbound_frontier f set safe_until = reached.safe, complete_at = reached.read_at where f.name = 'outbound';
    end if;
    return reached.safe;
end
$$;

-- Returns up to which ingest_id every destination has come; as far as there are ids where there is no destination of events.
create function telemetry_private.outbound_position()
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select coalesce(min(s.position), 9223372036854775807)
              from telemetry.destination_states s
              join telemetry.destinations d on d.name = s.destination and d.sends = 'events');
end
$$;
