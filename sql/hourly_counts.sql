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
        on conflict (tenant_id, hour, event_name, source, sample_rate) do update set events = c.events + excluded.events
$$;
