-- Digests: once a day a destination is told what happened on its local day before. A day has the hours that it has in its zone.

-- When the digest about a local day is due: at that time of the next day, or where that day does not have it, as long after
-- midnight as it would have been without the clock's change.
create function telemetry_private.digest_due_at(d telemetry_private.destination, day date)
returns timestamptz
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select (day + 1 + d.digest_at::time) at time zone d.tz
$$;

-- The last local day whose digest is due.
create function telemetry_private.last_digested_day(d telemetry_private.destination, at_time timestamptz)
returns date
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select max(t.day)
      from (select (at_time at time zone d.tz)::date - n as day from generate_series(0, 3) n) t
     where telemetry_private.digest_due_at(d, t.day) <= at_time
$$;

-- What fired on a local day, by fingerprint: also what fired since before. The worst first.
create function telemetry_private.digest_of(d telemetry_private.destination, day date)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with range as (
        select day::timestamp at time zone d.tz as since, (day + 1)::timestamp at time zone d.tz as until
    ),
    -- Of each instance what it did on that day; what it was before says its first change.
    changes as (
        select t.fingerprint, t.alert, t.severity, t.tenant_id, t.breakdown_value, t.at, t.from_status, t.to_status, t.value, t.threshold, t.transition_id
          from range r, telemetry.alert_transitions t
         where t.at >= r.since and t.at < r.until
           and (t.to_status = 'firing' or t.from_status = 'firing')
           and (d.tenant_id is null or t.tenant_id = d.tenant_id)
         union all
        select s.fingerprint, s.alert, null, s.tenant_id, s.breakdown_value, null, 'firing', 'firing', null, null, null
          from range r, telemetry.alert_states s
         where s.status = 'firing' and s.since < r.since and (d.tenant_id is null or s.tenant_id = d.tenant_id)
         union all
        -- It fired when the day was over, since the first thing that it did afterwards was to end.
        select l.fingerprint, l.alert, l.severity, l.tenant_id, l.breakdown_value, null, 'firing', 'firing', null, null, null
          from (select distinct on (t.fingerprint) t.*
                  from range r, telemetry.alert_transitions t
                 where t.at >= r.until and (t.to_status = 'firing' or t.from_status = 'firing') and (d.tenant_id is null or t.tenant_id = d.tenant_id)
                 order by t.fingerprint, t.at, t.transition_id) l
         where l.from_status = 'firing'
    ),
    fired as (
        select c.fingerprint, c.alert, coalesce(min(c.severity), a.severity) as severity, c.tenant_id, c.breakdown_value,
               count(*) filter (where c.to_status = 'firing' and c.from_status <> 'firing') as firings,
               min(c.at) filter (where c.to_status = 'firing') as first_at, max(c.at) filter (where c.to_status = 'firing') as last_at,
               case when coalesce(a.fires, case k.target_is when 'at_least' then 'below' else 'above' end) = 'below'
                    then min(c.value) filter (where c.to_status = 'firing') else max(c.value) filter (where c.to_status = 'firing') end as worst_value,
               max(c.threshold) as threshold,
               (array_agg(c.to_status order by c.transition_id desc nulls last))[1] = 'firing' as is_firing
          from changes c
          left join telemetry.alerts a on a.name = c.alert
          left join telemetry.kpis k on k.name = a.kpi
         where case when a.destinations is not null then d.name = any (a.destinations)
                    else d.severities is null or coalesce(c.severity, a.severity) = any (d.severities) end
         group by c.fingerprint, c.alert, a.severity, a.fires, k.target_is, c.tenant_id, c.breakdown_value
    )
    select jsonb_agg(jsonb_build_object(
               'alert', f.alert, 'severity', f.severity, 'fingerprint', f.fingerprint, 'tenant_id', nullif(f.tenant_id, '00000000-0000-0000-0000-000000000000'),
               'breakdown_value', f.breakdown_value, 'firings', f.firings, 'first_at', telemetry_private.message_time(f.first_at), 'last_at', telemetry_private.message_time(f.last_at),
               'worst_value', f.worst_value, 'threshold', f.threshold, 'is_firing', f.is_firing)
               order by f.severity, f.firings desc, f.alert, f.tenant_id, f.breakdown_value)
      from fired f
$$;

-- Makes the digests of a destination that are due and not made, of a week at most. Returns how many.
create function telemetry_private.notify_digests(d telemetry_private.destination, digested_until date, at_time timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    last constant date := telemetry_private.last_digested_day(d, at_time);
    days date[];
    day date;
    alerts jsonb;
    made bigint := 0;
begin
    if digested_until is not null then
        days := array(select greatest(digested_until + 1, last - 6) + n from generate_series(0, last - greatest(digested_until + 1, last - 6)) n);
    end if;
    foreach day in array coalesce(days, '{}') loop
        alerts := telemetry_private.digest_of(d, day);
        if alerts is not null and not exists (select from telemetry.notifications n where n.destination = d.name and n.local_date = day) then
            perform telemetry_private.put_notification(d, 'digest', 'alert.digest', jsonb_build_object(
                'local_date', day, 'tz', d.tz, 'severities', coalesce(to_jsonb(d.severities), '["sev1", "sev2", "sev3"]'), 'alerts', alerts), at_time, local_date => day);
            made := made + 1;
        end if;
    end loop;
    update telemetry.notification_positions p set digested_until = last where p.destination = d.name;
    return made;
end
$$;
