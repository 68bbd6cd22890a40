-- A partition is held as long as something has to be sent of it, or written to files: its events are nowhere else. Twin:
-- src/outbox/holds.rs, the event trigger that refuses to drop or detach one that is held.
--
-- A destination that is paused or down holds what it has not had, since it keeps its position to get it later. Who does not want
-- that resumes it from now, drops it, or sets telemetry.hold_partitions to off.

-- Returns what holds each partition of the log, or one of them: a destination that has not come past an event in it that it
-- would get (held_by destination), deliveries of events in it that are dead letters (dead_letter) or wait for another attempt
-- (delivery), and an export that has not written an event in it to files (export). `position` is the last ingest_id before what is
-- held.
create function telemetry_private.partition_holds(target regclass default null)
returns table (partition regclass, held_by text, name text, "position" bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
declare
    p record;
    d record;
begin
    for d in
        select k.*, s.position
          from telemetry.destinations k
          join telemetry.destination_states s on s.destination = k.name
         where k.sends = 'events' and s.position < telemetry_private.drawn_id()
         order by k.name
    loop
        for p in
            select b.partition, b.since, b.until
              from telemetry_private.partition_bounds() b
             where (target is null or b.partition = target)
               and exists (select from telemetry_private.outbound_windows(d.name, d.position) w where w.since < b.until and b.since < w.until)
             order by b.since
        loop
            if exists (select from telemetry.events e
                        where e.event_ts >= p.since and e.event_ts < p.until and e.ingest_id > d.position
                          and (d.tenant_id is null or e.tenant_id = d.tenant_id)
                          and (d.events is null or e.event_name = any (d.events))
                          and (d.test is null or telemetry_private.payload_passes(e.payload, d.test))) then
                return query select p.partition, 'destination', d.name, d.position;
            end if;
        end loop;
    end loop;
    if exists (select from telemetry.deliveries x where x.status in ('dead', 'retrying', 'parked') and x.last_id is not null) then
        for p in
            select b.partition, b.since, b.until from telemetry_private.partition_bounds() b where target is null or b.partition = target order by b.since
        loop
            return query
                select p.partition, case x.status when 'dead' then 'dead_letter' else 'delivery' end, x.destination, min(x.after_id)
                  from telemetry.deliveries x
                 where x.status in ('dead', 'retrying', 'parked') and x.last_id is not null
                   and exists (select from telemetry.events e
                                where e.event_ts >= p.since and e.event_ts < p.until and e.ingest_id > x.after_id and e.ingest_id <= x.last_id)
                 group by 1, 2, 3
                 order by 3, 2;
        end loop;
    end if;
    return query select h.* from telemetry_private.export_holds(target) h;
end
$$;

-- Raises an error where a partition is held; the event trigger calls it.
create function telemetry_private.refuse_held_partition(target oid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    hold record;
begin
    select h.* into hold from telemetry_private.partition_holds(target::regclass) h limit 1;
    if found then
        raise exception 'partition % is held by % "%": %', target::regclass, case hold.held_by when 'export' then 'export' else 'destination' end, hold.name,
                case hold.held_by when 'destination' then 'it has not had all events in it'
                                  when 'export' then 'events in it are in no file yet'
                                  when 'dead_letter' then 'a dead letter of it lies there, and could not be sent again'
                                  else 'a delivery of it waits for another attempt' end
            using errcode = '55006',
                  hint = format(case hold.held_by when 'destination' then 'Let the courier come past it; skip what waits by telemetry.resume_destination(%1$L, ''now''); or drop the destination.'
                                                  when 'export' then 'Let the courier come past it: telemetry-courier export %1$s; or call telemetry.drop_export(%1$L).'
                                                  else 'Send it by telemetry.requeue_deliveries(%1$L), or drop the destination.' end
                                || ' To lose it: set telemetry.hold_partitions = off.', hold.name);
    end if;
end
$$;

-- What health() says: a destination that does not go on keeps partitions whose time is over.
create function telemetry_private.health_of_holds()
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.destination_states') is null or to_regclass('telemetry.deliveries') is null
        or not exists (select from telemetry.destination_states s where s.status in ('paused', 'down')) then
        return;
    end if;
    return query
    select 'held_partitions', 'warning', format('destination "%s" is %s and keeps %s from being dropped', h.name, min(s.status), (array_agg(h.partition order by b.since))[1])
               || case when count(*) > 1 then format(', and %s later ones', count(*) - 1) else '' end,
           format('select telemetry.resume_destination(%L)', h.name)
      from telemetry_private.partition_holds() h
      join telemetry_private.partition_bounds() b on b.partition = h.partition and b.until <= now()
      join telemetry.destination_states s on s.destination = h.name and s.status in ('paused', 'down')
     where h.held_by = 'destination'
     group by h.name
     order by h.name;
end
$$;
