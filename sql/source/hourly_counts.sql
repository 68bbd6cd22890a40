-- Hourly counts: how many events of each name, source and sampling rate, per tenant and hour (UTC). Additive and exact:
-- every event is added once, in the transaction that moves the cursor over it. Twin: src/source/hourly_counts.rs.

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

create function telemetry_private.rebuild_hourly_counts(tenant uuid, since timestamptz, until timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan -- so that partitions outside the range are not opened
as $$
declare
    first_hour constant timestamptz := date_trunc('hour', rebuild_hourly_counts.since, 'UTC');
    end_hour constant timestamptz := date_trunc('hour', rebuild_hourly_counts.until - interval '1 microsecond', 'UTC') + interval '1 hour';
begin
    delete from telemetry.hourly_counts c
     where c.hour >= first_hour and c.hour < end_hour
       and (rebuild_hourly_counts.tenant is null or c.tenant_id = rebuild_hourly_counts.tenant);
    if telemetry_private.fits_at_once(first_hour, end_hour) then
        insert into telemetry.hourly_counts (tenant_id, hour, event_name, source, sample_rate, events)
        select e.tenant_id, date_trunc('hour', e.event_ts, 'UTC'), e.event_name, coalesce(e.source, ''), coalesce(e.sample_rate, 1), count(*)
          from telemetry.events e
         where e.event_ts >= first_hour and e.event_ts < end_hour
           and (rebuild_hourly_counts.tenant is null or e.tenant_id = rebuild_hourly_counts.tenant)
           and e.ingest_id <= (select c.position from telemetry.cursor_positions c where c.consumer = 'hourly_counts')
         group by 1, 2, 3, 4, 5
         order by 1, 2, 3, 4, 5;
    else
        perform telemetry_private.add_hours(rebuild_hourly_counts.tenant, first_hour, end_hour);
    end if;
end
$$;
