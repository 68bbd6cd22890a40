-- What monitoring hears of expiry: whether it goes on, what is overdue, and what went, by it and by erasure.

-- `patience` is how long expiry may wait for something, or may not have come to an end.
create function telemetry_private.health_of_expiry(patience interval)
returns table (check_name text, severity text, problem text, mend text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if telemetry_private.setting('telemetry.expiry') = 'off' or to_regclass('telemetry_private.expiry_rounds') is null
       or to_regclass('telemetry.event_types') is null or to_regclass('telemetry.retention_classes') is null then
        return;
    end if;
    return query
    select 'expiry', 'warning',
           case when r.waits_for is not null then format('events whose time is up stay since %s: expiry waits for %s', to_char(r.waits_since, 'YYYY-MM-DD HH24:MI:SSTZH'), r.waits_for)
                else format('expiry came to an end last at %s', to_char(r.finished_at, 'YYYY-MM-DD HH24:MI:SSTZH')) end,
           'call telemetry.expire_events()'
      from telemetry_private.expiry_rounds r
     where least(r.waits_since, r.finished_at) < clock_timestamp() - patience
       and exists (select from telemetry_private.expiring_events(clock_timestamp()));
end
$$;

-- metric_samples() calls it, which anybody with metrics may call: it returns nothing unless it is told that the caller sees the whole
-- log.
create function telemetry_private.expiry_samples(is_whole boolean)
returns table (metric text, labels jsonb, value double precision)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if is_whole then
        return query
        select 'telemetry_events_overdue', jsonb_build_object('retention_class', d.retention_class), sum(d.due)::double precision
          from telemetry_private.due_events(clock_timestamp()) d
         group by d.retention_class
         union all
        -- Receipts are only added, so that this never falls.
        select 'telemetry_events_removed_total', jsonb_build_object('kind', e.kind), sum(e.events)::double precision
          from telemetry.erasures e
         where e.kind in ('erase_user', 'erase_tenant', 'erase_events', 'expire_events')
         group by e.kind
         union all
        select 'telemetry_last_expiry_timestamp_seconds', '{}'::jsonb, extract(epoch from max(e.at))::double precision
          from telemetry.erasures e
         where e.kind = 'expire_events'
        having count(*) > 0;
    end if;
end
$$;
