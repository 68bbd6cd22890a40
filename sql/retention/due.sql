-- What is due: events whose time is up. The hourly counts tell how many there are, so that no event is read to know it.
--
-- An event is due once the day (UTC) in which its time was up is over; with less than a day to keep, the hour. So what is due
-- changes once a day, and not with each event.

create function telemetry_private.due_before(keep interval, at_time timestamptz)
returns timestamptz
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select date_trunc(case when keep < interval '1 day' then 'hour' else 'day' end, at_time - keep)
$$;

-- Returns the events that do not stay for ever, each with its class and the time before which it is due.
create function telemetry_private.expiring_events(at_time timestamptz)
returns table (event_name text, retention_class text, keep interval, due_before timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select n.event_name, c.name, c.keep, telemetry_private.due_before(c.keep, at_time)
      from (select distinct on (t.event_name) t.event_name, t.retention_class from telemetry.event_types t order by t.event_name, t.event_version desc) n
      join telemetry.retention_classes c on c.name = n.retention_class
     where c.keep is not null
$$;

-- Returns how many events of each class a partition has and how many of them are due, of classes that are not for ever; `others`
-- are the events of the partition that are not due, of any class. The counts are those up to the last tick.
create function telemetry_private.due_events(at_time timestamptz)
returns table (partition regclass, since timestamptz, until timestamptz, retention_class text, events bigint, due bigint, others bigint, due_until timestamptz, next_due timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set jit = off
as $$
    with bounds as materialized (
        select array_agg(b.partition order by b.since) as partitions, array_agg(b.since order by b.since) as starts, array_agg(b.until order by b.since) as ends
          from telemetry_private.partition_bounds() b
    ),
    expiring as materialized (
        select e.* from telemetry_private.expiring_events(at_time) e
    ),
    counted as materialized (
        select width_bucket(c.hour, b.starts) as place, c.event_name,
               sum(c.events) as events,
               coalesce(sum(c.events) filter (where c.hour < x.due_before), 0) as due,
               max(c.hour) filter (where c.hour < x.due_before) as last_due,
               min(c.hour) filter (where c.hour >= x.due_before) as first_kept
          from bounds b
         cross join telemetry.hourly_counts c
          left join expiring x on x.event_name = c.event_name
         group by 1, 2
    ),
    of_class as (
        select c.place, x.retention_class, x.keep, sum(c.events) as events, sum(c.due) as due, max(c.last_due) as last_due, min(c.first_kept) as first_kept
          from counted c
          join expiring x on x.event_name = c.event_name
         group by c.place, x.retention_class, x.keep
    )
    select b.partitions[o.place], b.starts[o.place], b.ends[o.place], o.retention_class, o.events::bigint, o.due::bigint,
           (select sum(c.events - c.due) from counted c where c.place = o.place)::bigint,
           o.last_due + interval '1 hour',
           case when o.keep < interval '1 day' then date_trunc('hour', o.first_kept + o.keep) + interval '1 hour'
                else date_trunc('day', o.first_kept + o.keep) + interval '1 day' end
      from bounds b, of_class o
     where o.place > 0
$$;

-- Returns the name of what keeps events of a partition, and the last ingest_id before what it keeps; NULLs: nothing does.
create function telemetry_private.held_from(target regclass, out held_by text, out after_id bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if telemetry_private.setting('telemetry.hold_partitions') = 'on' then
        select format('%s "%s"', case h.held_by when 'export' then 'export' else 'destination' end, h.name), h.position into held_by, after_id
          from telemetry_private.partition_holds(target) h
         order by h.position
         limit 1;
    end if;
end
$$;

create function telemetry_private.expiry_report(at_time timestamptz)
returns table (retention_class text, partition text, since timestamptz, until timestamptz, events bigint, due_events bigint, due_bytes bigint, next_due_at timestamptz, held_by text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with due as materialized (
        select d.* from telemetry_private.due_events(at_time) d
    ),
    size as materialized (
        select p.partition, p.bytes, p.events, coalesce('hold "' || telemetry_private.hold_on(null, null, p.since, p.until, null) || '"', h.held_by) as held_by
          from (select d.partition, d.since, d.until, pg_total_relation_size(d.partition)::numeric as bytes, max(d.others) + sum(d.due) as events
                  from due d group by d.partition, d.since, d.until having sum(d.due) > 0) p
         cross join lateral telemetry_private.held_from(p.partition) h
    )
    select d.retention_class, (select c.relname::text from pg_class c where c.oid = d.partition), d.since, d.until, d.events, d.due,
           case when d.due > 0 then (s.bytes * d.due / s.events)::bigint else 0 end, d.next_due, case when d.due > 0 then s.held_by end
      from due d
      left join size s on s.partition = d.partition
     order by d.retention_class, d.since;
end
$$;

create function telemetry.expiry_report(at_time timestamptz default now())
returns table (retention_class text, partition text, since timestamptz, until timestamptz, events bigint, due_events bigint, due_bytes bigint, next_due_at timestamptz, held_by text)
language sql
stable
parallel restricted
begin atomic
    select r.retention_class, r.partition, r.since, r.until, r.events, r.due_events, r.due_bytes, r.next_due_at, r.held_by
      from telemetry_private.expiry_report(coalesce(expiry_report.at_time, now())) r;
end;

comment on function telemetry.expiry_report is
'Lists what expire_events() would take away, by retention class and partition: the dry run. Classes
whose events stay for ever are not in it.

Arguments
  at_time  the time as of which it tells what is due; default now
Columns
  retention_class  the class
  partition        the partition of the log, in telemetry_private
  since, until     the range of time of the partition
  events           how many events of the class are in it
  due_events       how many of them are due
  due_bytes        about how much of the disk these take, with their share of the indexes
  next_due_at      when further events of the class in it are due; NULL: all are
  held_by          what keeps due events of the partition from going, perhaps some of them: a hold,
                   an export or a destination; NULL: nothing
Notes
  An event is due once the day (UTC) in which its time was up is over; with less than a day to keep,
    the hour.
  The counts are those of the hourly counts: what came since the last tick is not in them.
  Without such events there are no rows.';
