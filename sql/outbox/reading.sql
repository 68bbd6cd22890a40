-- What of the log is for a destination. Twin: src/outbox/reading.rs.
--
-- Invariant: events with an ingest_id above a destination's position are at most two days older than its drawn_since, or they
-- lie in a row of telemetry.late_arrivals, which stays until every destination is past it. So a claim opens the partitions of
-- the last days and these, and not all of them. Where drawn_since is NULL it opens all: at a destination that is new, or that
-- begins with the first event, until it has come once as far as the log was then.

-- An event as it is sent.
create type telemetry_private.outbound_event as (
    ingest_id bigint,
    event_id  uuid,
    event_ts  timestamptz,
    order_key text,
    body      text
);

-- The form in which the events of a destination are written.
create function telemetry_private.form_of(d telemetry_private.destination)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when d.thin then 'thin' else d.kind end
$$;

-- How large an event may be at most, as the receiver takes it.
create function telemetry_private.largest_event(d telemetry_private.destination)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case d.kind when 'segment' then least(32768, d.batch_bytes - 100) when 'posthog' then d.batch_bytes - 100 else d.batch_bytes end
$$;

-- Returns the events of a range that are for a destination, as they are sent, in order of arrival. It and next_batches()
-- alone read the log for a destination, and tell a tenant's events from others'.
create function telemetry_private.outbound_events(d telemetry_private.destination, after_id bigint, until_id bigint)
returns setof telemetry_private.outbound_event
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select o.ingest_id, o.event_id, o.event_ts, o.order_key, o.body
      from telemetry_private.outbound_rows(d.name, telemetry_private.form_of(d), d.tenant_id, d.events, d.test, d.keys, d.order_key, after_id, until_id, null) o
$$;

-- Returns the next events of a destination, at most `most`, of the next 100,000 ids. Where there is none one row without a body
-- says how far it looked.
create function telemetry_private.next_events(d telemetry_private.destination, after_id bigint, until_id bigint, most integer)
returns setof telemetry_private.outbound_event
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select o.ingest_id, o.event_id, o.event_ts, o.order_key, o.body
      from telemetry_private.outbound_rows(d.name, telemetry_private.form_of(d), d.tenant_id, d.events, d.test, d.keys, d.order_key, after_id, until_id, most) o
$$;

-- Returns the next batches of a destination, which end where last_id says. Where there is no event for it, one row says how far
-- it looked.
create function telemetry_private.next_batches(d telemetry_private.destination, after_id bigint, until_id bigint, batches integer, made_at timestamptz)
returns table (body text, events integer, last_id bigint, reached bigint, too_large bigint[])
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select b.body, b.events, b.last_id, b.reached, b.too_large
      from telemetry_private.outbound_batches(d.name, telemetry_private.form_of(d), d.tenant_id, d.events, d.test, d.keys, after_id, until_id,
               batches, d.batch_rows, d.batch_bytes, telemetry_private.largest_event(d), d.max_per_second, made_at) b
$$;

-- Notes since when the ids above a destination's position were drawn, for src/outbox/reading.rs. A mark is set no lower than ticks
-- have come, since they took out what they know of late arrivals up to there before the destination kept them from it.
create function telemetry_private.marked(s telemetry_private.destination_state)
returns telemetry_private.destination_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if s.mark_id is null or s.position >= s.mark_id then
        s.drawn_since := coalesce(s.mark_at, s.drawn_since);
        s.mark_id := null;
        s.mark_at := null;
        select f.safe_until, f.complete_at into s.mark_id, s.mark_at
          from telemetry.outbound_frontier f
         where f.name = 'outbound' and f.safe_until > s.position
           and f.safe_until >= (select max(c.position) from telemetry.cursor_positions c);
    end if;
    return s;
end
$$;
