-- How the state of a destination moves on when deliveries are settled.

-- Counts of an hour are kept in the state, which changes anyway, and put aside when the hour is over.
create function telemetry_private.counting_hour(s telemetry_private.destination_state, at_time timestamptz)
returns telemetry_private.destination_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    this_hour constant timestamptz := date_trunc('hour', at_time, 'UTC');
begin
    if s.counted_hour <> this_hour then
        insert into telemetry.delivery_hours as h (destination, hour, counts) values (s.destination, s.counted_hour, s.counts)
            on conflict (destination, hour) do update
           set counts = array(select a + b from unnest(h.counts, excluded.counts) c (a, b));
        s.counts := '{0,0,0,0,0,0}';
    end if;
    s.counted_hour := this_hour;
    return s;
end
$$;

-- Ends the lease of a destination: what was out and is not settled goes out again.
create function telemetry_private.without_lease(s telemetry_private.destination_state)
returns telemetry_private.destination_state
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    s.leased_by := null;
    s.leased_until := null;
    s.out_rows := 0;
    s.out_messages := 0;
    return s;
end
$$;

-- Moves a destination past deliveries of the log that are done with, whatever became of them: the last ids of each, in order.
create function telemetry_private.moved_past(d telemetry_private.destination, s telemetry_private.destination_state, ids bigint[])
returns telemetry_private.destination_state
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if d.ordering <> 'strict' then
        s.done_ids := s.done_ids || ids;
        if cardinality(s.done_ids) < s.window_events then
            return s;
        end if;
        s.position := s.last_id;
    else
        s.position := ids[cardinality(ids)];
        s.ends := s.ends[cardinality(ids) + 1:];
        s.window_events := case d.kind when 'webhook' then s.window_events - cardinality(ids) else s.window_events end;
    end if;
    if s.position = s.last_id then
        -- What was parked behind another is not out any more either.
        s.out_rows := 0;
        s.last_id := null;
        s.ends := '{}';
        s.done_ids := '{}';
        s.window_events := 0;
    end if;
    return s;
end
$$;

-- Settles what settle_one() would settle one by one, where all of it is of the log, single, and delivered, as it mostly is.
-- Returns NULL, and has done nothing, where that is not so.
create function telemetry_private.settle_delivered(d telemetry_private.destination, s telemetry_private.destination_state, results jsonb, at_time timestamptz)
returns telemetry_private.destination_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    ids bigint[];
    is_plain boolean;
begin
    if d.kind in ('posthog', 'segment') or s.last_id is null or s.status = 'down' or s.failures > 0 or s.failing_since is not null then
        return null;
    end if;
    select array_agg(g.last_id order by g.n),
           bool_and(g.is_delivered and case d.ordering when 'strict' then g.after_id = g.before else g.last_id > s.position and g.last_id <> all (s.done_ids) end)
               and max(g.last_id) <= s.last_id and count(distinct g.last_id) = count(*) and count(*) <= s.out_rows
      into ids, is_plain
      from (select t.n, t.after_id, t.last_id, t.is_delivered, lag(t.last_id, 1, s.position) over (order by t.n) as before
              from (select r.n, nullif(split_part(r.value ->> 'ticket', ':', 3), '')::bigint as last_id,
                           case when r.value ->> 'ticket' not like '%:d%' then split_part(r.value ->> 'ticket', ':', 2)::bigint end as after_id,
                           coalesce((r.value ->> 'status_code')::integer between 200 and 299 and r.value ->> 'error' is null and r.value ->> 'ticket' not like '%:d%', false) as is_delivered
                      from jsonb_array_elements(results) with ordinality r (value, n)
                     where split_part(r.value ->> 'ticket', ':', 1) = d.name) t) g;
    if is_plain is not true then
        return null;
    end if;
    s.counts[1] := s.counts[1] + cardinality(ids);
    s.counts[2] := s.counts[2] + cardinality(ids);
    s.last_success_at := at_time;
    s.has_succeeded := true;
    s.leased_until := at_time + interval '60 seconds';
    s.out_rows := s.out_rows - cardinality(ids);
    s := telemetry_private.moved_past(d, s, ids);
    if s.out_rows <= 0 and s.out_messages <= 0 then
        s := telemetry_private.without_lease(s);
    end if;
    return s;
end
$$;
