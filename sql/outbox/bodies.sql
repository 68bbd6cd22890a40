-- What is sent: events of the log in order of arrival, written by src/outbox/bodies.rs, one by one or put together.
--
-- Everything is read by ranges of ingest_id below the frontier. Without statistics the planner does not know that arrivals lie
-- side by side, and would read every partition: so these functions forbid it to.

-- Returns the events of a range that are for a destination, as they are sent, in order of arrival. It tells a tenant's
-- events from others': nothing else reads the log for a destination.
create function telemetry_private.outbound_events(d telemetry_private.destination, after_id bigint, until_id bigint)
returns table (ingest_id bigint, event_id uuid, event_ts timestamptz, order_key text, body text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    form constant text := case when d.thin then 'thin' else d.kind end;
begin
    return query
        select e.ingest_id, e.event_id, e.event_ts,
               case d.order_key when 'user' then e.user_id when 'session' then e.session_id when 'subject' then e.subject_id when 'tenant' then e.tenant_id end::text,
               telemetry_private.event_body(form, e.event_ts, e.ingest_id, e.event_id, e.tenant_id, e.user_id, e.session_id, e.subject_id, e.client_ts, e.seq,
                   e.event_version, e.event_name, e.source, e.sample_rate,
                   case when d.keys is null then e.payload
                        else (select coalesce(jsonb_object_agg(k.key, k.value), '{}') from jsonb_each(e.payload) k where k.key = any (d.keys)) end)
          from telemetry.events e
         where e.ingest_id > outbound_events.after_id and e.ingest_id <= outbound_events.until_id
           and (d.tenant_id is null or e.tenant_id = d.tenant_id)
           and (d.events is null or e.event_name = any (d.events))
           and (d.test is null or telemetry_private.payload_passes(e.payload, d.test))
         order by e.ingest_id;
end
$$;

-- Looks for the next events of a destination, at most `most`: up to which id they reach, how many they are, and how far it
-- looked. It looks at 100,000 ids at most, so that a claim does not take long where few events are for the destination.
create function telemetry_private.next_events_of(d telemetry_private.destination, after_id bigint, frontier bigint, most integer,
                                                 out last_id bigint, out events integer, out looked_until bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
    span bigint := greatest(most, 200);
    since bigint;
    more integer;
    reached bigint;
begin
    events := 0;
    looked_until := after_id;
    while events < most and looked_until < frontier and looked_until - after_id < 100000 loop
        since := looked_until;
        looked_until := least(since + span, frontier);
        select count(*), max(n.ingest_id) into more, reached
          from (select e.ingest_id
                  from telemetry.events e
                 where e.ingest_id > since and e.ingest_id <= looked_until
                   and (d.tenant_id is null or e.tenant_id = d.tenant_id)
                   and (d.events is null or e.event_name = any (d.events))
                   and (d.test is null or telemetry_private.payload_passes(e.payload, d.test))
                 order by e.ingest_id
                 limit most - events) n;
        events := events + more;
        last_id := coalesce(reached, last_id);
        span := span * 4;
    end loop;
    if events >= most then
        looked_until := last_id;
    end if;
end
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

-- Puts the events of a range together to the body of one request: as many from its beginning as batch_bytes allows. NULLs
-- where there are none. Events that are too large are left out.
create function telemetry_private.batch_body(d telemetry_private.destination, after_id bigint, until_id bigint, made_at timestamptz,
                                             out body text, out events integer, out last_id bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    largest constant integer := telemetry_private.largest_event(d);
begin
    select case d.kind when 'segment' then '{"batch":[' when 'posthog' then format('{"historical_migration":%s,"batch":[', to_json(bool_and(e.event_ts < batch_body.made_at - interval '48 hours'))) else '' end
           || string_agg(e.body, ',' order by e.ingest_id) || case when d.kind in ('segment', 'posthog') then ']}' else '' end,
           count(*)::integer, max(e.ingest_id)
      into body, events, last_id
      from (select o.*, sum(octet_length(o.body) + 1) over (order by o.ingest_id) as bytes
              from telemetry_private.outbound_events(d, batch_body.after_id, batch_body.until_id) o
             where octet_length(o.body) <= largest) e
     where e.bytes <= d.batch_bytes - 100 or d.kind = 'webhook';
end
$$;

-- The identity of a batch: of the destination and the bounds, which never change.
create function telemetry_private.batch_id(destination text, after_id bigint, last_id bigint)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select 'bat_' || telemetry_private.as_id(concat_ws(' ', destination, after_id + 1, last_id), '00000000-0000-0000-0000-000000000000')
$$;
