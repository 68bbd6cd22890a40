-- Hourly counts: how many events of each name, source and sampling rate, per tenant and hour (UTC). Additive and exact:
-- every event is added once, in the transaction that moves the cursor over it.

create function telemetry_private.init_hourly_counts()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('telemetry.hourly_counts') is null then
        create table telemetry.hourly_counts (
            tenant_id   uuid not null,
            hour        timestamptz not null,
            event_name  text collate "C" not null,
            source      text collate "C" not null,
            sample_rate real not null,
            events      bigint not null,
            primary key (tenant_id, hour, event_name, source, sample_rate)
        );
        comment on table telemetry.hourly_counts is 'Events per tenant, hour, name, source and sampling rate, up to the position of the consumer hourly_counts. Derived: rebuild_derived() makes it anew.';
        comment on column telemetry.hourly_counts.hour is 'Start of the hour, UTC.';
        comment on column telemetry.hourly_counts.source is 'Empty: none was given.';
        comment on column telemetry.hourly_counts.sample_rate is '1: every event was kept; else each stands for 1/sample_rate.';
        comment on column telemetry.hourly_counts.events is 'Events stored.';
    end if;
    perform telemetry_private.protect_derived('telemetry.hourly_counts');
end
$$;

create function telemetry_private.add_hourly_counts(after_id bigint, last_id bigint)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into telemetry.hourly_counts as c (tenant_id, hour, event_name, source, sample_rate, events)
    select e.tenant_id, date_trunc('hour', e.event_ts, 'UTC'), e.event_name, coalesce(e.source, ''), coalesce(e.sample_rate, 1), count(*)
      from telemetry.events e
     where e.ingest_id > add_hourly_counts.after_id and e.ingest_id <= add_hourly_counts.last_id
     group by 1, 2, 3, 4, 5
     -- So that a tenant's rows lie side by side, and the keys of the index come in order.
     order by 1, 2, 3, 4, 5
        on conflict (tenant_id, hour, event_name, source, sample_rate) do update set events = c.events + excluded.events
$$;

create function telemetry_private.verify_hourly_counts(tenant uuid, since timestamptz, until timestamptz)
returns table (tenant_id uuid, expected bigint, found bigint, is_equal boolean, problem text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with range as (
        select coalesce(date_trunc('hour', since - interval '1 microsecond', 'UTC') + interval '1 hour', '-infinity') as first_hour,
               coalesce(date_trunc('hour', until, 'UTC'), 'infinity') as end_hour
    ),
    expected as (
        select e.tenant_id, date_trunc('hour', e.event_ts, 'UTC') as hour, e.event_name, coalesce(e.source, '') as source, coalesce(e.sample_rate, 1) as sample_rate, count(*) as events
          from telemetry.events e, range r
         where e.event_ts >= r.first_hour and e.event_ts < r.end_hour
           and (verify_hourly_counts.tenant is null or e.tenant_id = verify_hourly_counts.tenant)
           and e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'hourly_counts')
         group by 1, 2, 3, 4, 5
    ),
    found as (
        select c.*
          from telemetry.hourly_counts c, range r
         where c.hour >= r.first_hour and c.hour < r.end_hour
           and (verify_hourly_counts.tenant is null or c.tenant_id = verify_hourly_counts.tenant)
    )
    select tenant_id, coalesce(sum(e.events), 0)::bigint, coalesce(sum(f.events), 0)::bigint,
           bool_and(e.events is not distinct from f.events),
           case when not bool_and(e.events is not distinct from f.events) then
               format('%s counts differ, the first of the hour %s', count(*) filter (where e.events is distinct from f.events),
                      min(hour) filter (where e.events is distinct from f.events)) end
      from expected e
      full join found f using (tenant_id, hour, event_name, source, sample_rate)
     group by tenant_id
     order by tenant_id
$$;

create function telemetry_private.rebuild_hourly_counts(tenant uuid, since timestamptz, until timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    first_hour constant timestamptz := date_trunc('hour', rebuild_hourly_counts.since, 'UTC');
    end_hour constant timestamptz := date_trunc('hour', rebuild_hourly_counts.until - interval '1 microsecond', 'UTC') + interval '1 hour';
begin
    delete from telemetry.hourly_counts c
     where c.hour >= first_hour and c.hour < end_hour
       and (rebuild_hourly_counts.tenant is null or c.tenant_id = rebuild_hourly_counts.tenant);
    insert into telemetry.hourly_counts (tenant_id, hour, event_name, source, sample_rate, events)
    select e.tenant_id, date_trunc('hour', e.event_ts, 'UTC'), e.event_name, coalesce(e.source, ''), coalesce(e.sample_rate, 1), count(*)
      from telemetry.events e
     where e.event_ts >= first_hour and e.event_ts < end_hour
       and (rebuild_hourly_counts.tenant is null or e.tenant_id = rebuild_hourly_counts.tenant)
       and e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'hourly_counts')
     group by 1, 2, 3, 4, 5
     order by 1, 2, 3, 4, 5;
end
$$;
