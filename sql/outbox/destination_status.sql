-- How it goes with destinations: how far each is behind, what failed last, what became of deliveries.

-- When the first event behind a position happened.
create function telemetry_private.first_behind(destination text, "position" bigint)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (select o.event_ts
              from telemetry_private.outbound_rows(destination, 'thin', null, null, null, null, null, first_behind.position, first_behind.position + 1000, 1) o
             where o.body is not null);
end
$$;

create function telemetry_private.destination_status(destination text, visibility text, tenant uuid)
returns table (name text, kind text, status text, "position" bigint, lag_events bigint, lag_seconds double precision, held_back_since timestamptz,
               next_attempt_at timestamptz, failing_since timestamptz, last_status_code integer, last_error text, last_success_at timestamptz,
               waiting bigint, dead_letters bigint)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    drawn constant bigint := telemetry_private.drawn_id();
    at_time constant timestamptz := telemetry_private.outbound_clock();
begin
    if destination_status.destination is not null then
        perform telemetry_private.own_destination(destination_status.destination, visibility, tenant);
    end if;
    return query
        select d.name, d.kind, s.status, s.position,
               case when d.sends <> 'events' then 0 else greatest(drawn - s.position, 0) end,
               coalesce(greatest(extract(epoch from at_time - f.event_ts), 0)::double precision, 0),
               case when d.sends = 'events' and drawn > s.position then h.held_back_since end,
               s.next_attempt_at, s.failing_since, s.last_status_code, s.last_error, s.last_success_at, w.waiting, w.dead_letters
          from telemetry.destinations d
          join telemetry.destination_states s on s.destination = d.name
         cross join lateral (select case when d.sends = 'events' and drawn > s.position then telemetry_private.first_behind(d.name, s.position) end) f (event_ts)
         cross join lateral (select count(*) filter (where x.status in ('retrying', 'parked')) as waiting, count(*) filter (where x.status = 'dead') as dead_letters
                               from telemetry.deliveries x where x.destination = d.name and x.status in ('retrying', 'parked', 'dead')) w
         cross join (select min(a.xact_start) as held_back_since
                       from pg_locks l join pg_stat_activity a on a.pid = l.pid
                      where l.locktype = 'relation' and l.relation = 'telemetry.events'::regclass and l.granted
                        and l.database = (select b.oid from pg_database b where b.datname = current_database())
                        and l.mode in ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                        and l.pid is distinct from pg_backend_pid()) h
         where (destination_status.destination is null or d.name = destination_status.destination)
           and (visibility = 'everything' or d.tenant_id = tenant)
         order by d.name;
end
$$;

create function telemetry.destination_status(destination text default null)
returns table (name text, kind text, status text, "position" bigint, lag_events bigint, lag_seconds double precision, held_back_since timestamptz,
               next_attempt_at timestamptz, failing_since timestamptz, last_status_code integer, last_error text, last_success_at timestamptz,
               waiting bigint, dead_letters bigint)
language sql
stable
begin atomic
    select * from telemetry_private.destination_status(destination, telemetry.log_visibility(), telemetry.current_tenant());
end;

create function telemetry_private.dead_letters(visibility text, tenant uuid)
returns table (destination text, delivery_id text, events integer, attempts integer, first_attempt_at timestamptz, ended_at timestamptz, last_status_code integer, last_error text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select x.destination, x.delivery_id, greatest(x.events, 1), x.attempts, x.first_attempt_at, x.ended_at, x.last_status_code, x.last_error
      from telemetry.deliveries x
      join telemetry.destinations d on d.name = x.destination
     where x.status = 'dead' and (visibility = 'everything' or d.tenant_id = tenant)
$$;

create function telemetry_private.delivery_counts(visibility text, tenant uuid)
returns table (destination text, hour timestamptz, outcome text, deliveries bigint)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select c.destination, c.hour, o.outcome, sum(o.deliveries)::bigint
      from (select h.destination, h.hour, h.counts from telemetry.delivery_hours h
             union all
            select s.destination, s.counted_hour, s.counts from telemetry.destination_states s where s.counted_hour is not null) c
      join telemetry.destinations d on d.name = c.destination,
           lateral unnest('{delivered,events,retry,split,dead,down}'::text[], c.counts) o (outcome, deliveries)
     where (visibility = 'everything' or d.tenant_id = tenant) and o.deliveries > 0
     group by 1, 2, 3
$$;

create view telemetry.dead_letters with (security_invoker = true) as
    select l.destination, l.delivery_id, l.events, l.attempts, l.first_attempt_at, l.ended_at, l.last_status_code, l.last_error
      from telemetry_private.dead_letters(telemetry.log_visibility(), telemetry.current_tenant()) l;

create view telemetry.delivery_counts with (security_invoker = true) as
    select c.destination, c.hour, c.outcome, c.deliveries
      from telemetry_private.delivery_counts(telemetry.log_visibility(), telemetry.current_tenant()) c;

comment on view telemetry.dead_letters is
'Deliveries that were given up, of the destinations that the caller may see. requeue_deliveries()
sends them again. delivery_id is what the receiver would have known it by, events how many events
it has. last_error says why the last attempt failed: status means last_status_code, gone that its
events are not in the log any more, too_large that nobody tried to send it.';
comment on view telemetry.delivery_counts is
'What became of deliveries by destination and hour: outcomes of settle_delivery(), and as events how
many events were delivered. An outcome that did not occur has no row.';
comment on function telemetry.destination_status is
'Shows how far each destination has come, and what is wrong with it.

Arguments
  destination  one of them by name; default all that the caller may see
Columns
  name              its name
  kind              webhook, posthog or segment
  status            active; down: it is asked now and then whether it is there; paused
  position          up to which ingest_id all is settled
  lag_events        how many ids were drawn since; what is not for the destination is among them
  lag_seconds       how long ago the first event happened that waits; an import''s may be long ago
  held_back_since   since when a transaction runs that may still add an event: nothing later goes
                    out before it ends
  next_attempt_at   until when it waits; NULL: it does not
  failing_since     when the first attempt failed since the last success; NULL: it goes well
  last_status_code  of the last attempt that failed
  last_error        of the last attempt that failed; status: see last_status_code
  last_success_at   when something was delivered last
  waiting           deliveries that wait for another attempt or for their order, and messages
  dead_letters      deliveries that were given up, see telemetry.dead_letters
Errors
  22023  an unknown destination
Notes
  There is one row per destination, by name.';
