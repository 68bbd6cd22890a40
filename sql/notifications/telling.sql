-- Telling people: after each round of evaluate_alerts(), and where something waits, when a courier asks for deliveries.

-- The destinations that alerts are told to. An alertmanager is not told: it is given what fires, again and again.
create function telemetry_private.alert_destinations()
returns setof telemetry_private.destination
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select d.* from telemetry.destinations d where d.sends = 'alerts' and d.kind <> 'alertmanager' order by d.name
$$;

-- Whether there is something to do; it writes nothing, and a courier asks often.
create function telemetry_private.has_to_tell(at_time timestamptz)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from telemetry_private.alert_destinations() d
          left join telemetry.notification_positions p on p.destination = d.name
         where p.position is null
            or p.position < (select max(t.transition_id) from telemetry.alert_transitions t)
            or exists (select from telemetry.notification_states s where s.destination = d.name and s.next_at <= at_time)
            or d.digest_at <> 'none' and coalesce(telemetry_private.digest_due_at(d, p.digested_until + 1) <= at_time, true))
        or exists (
        select from telemetry.destination_states s
          left join telemetry.notification_positions p on p.destination = s.destination
         where (s.status = 'down' and p.down_since is null or s.status = 'active' and p.down_since is not null)
           and exists (select from telemetry_private.alert_destinations() d where d.name <> s.destination))
$$;

-- Tells others that a destination is down, or that it is not any more. A tenant's is told to that tenant and to whoever looks
-- after the installation.
create function telemetry_private.notify_down(at_time timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    s record;
    told bigint;
    made bigint := 0;
begin
    for s in
        select t.destination, t.status, t.failing_since, t.last_status_code, t.last_error, k.kind, k.tenant_id
          from telemetry.destination_states t
          join telemetry.destinations k on k.name = t.destination
          left join telemetry.notification_positions p on p.destination = t.destination
         where t.status = 'down' and p.down_since is null or t.status = 'active' and p.down_since is not null
         order by t.destination
    loop
        told := (select count(telemetry_private.put_notification(d, case s.status when 'down' then 'down' else 'recovered' end,
                            case s.status when 'down' then 'destination.down' else 'destination.recovered' end,
                            jsonb_build_object('destination', s.destination, 'kind', s.kind, 'failing_since', telemetry_private.message_time(s.failing_since),
                                'last_status_code', s.last_status_code, 'last_error', s.last_error), at_time))
                   from telemetry_private.alert_destinations() d
                  where d.name <> s.destination and (d.tenant_id is null or d.tenant_id = s.tenant_id));
        made := made + told;
        if told > 0 or s.status = 'active' then
            insert into telemetry.notification_positions as p (destination, position, down_since)
            values (s.destination, 0, case s.status when 'down' then coalesce(s.failing_since, at_time) end)
                on conflict (destination) do update set down_since = excluded.down_since;
        end if;
    end loop;
    return made;
end
$$;

-- Tells that an export is behind, or that it has caught up. It is behind where an event waits longer than twice its most_age and ten
-- minutes. That of a tenant is told to that tenant and to whoever looks after the installation.
create function telemetry_private.notify_exports(at_time timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    s record;
    told bigint;
    made bigint := 0;
begin
    if not exists (select from telemetry.exports) or not exists (select from telemetry.destinations d where d.sends = 'alerts') then
        return 0;
    end if;
    for s in
        select t.name, e.tenant_id, t.lag_events, t.is_behind, coalesce(k.behind_since, at_time - make_interval(secs => t.lag_seconds)) as behind_since
          from (select x.*, x.lag_seconds > 2 * extract(epoch from x.most_age) + 600 as is_behind from telemetry_private.export_status(null, 'everything', null) x) t
          join telemetry.exports e on e.name = t.name
          join telemetry.export_states k on k.export = t.name
         where t.is_behind <> (k.behind_since is not null)
         order by t.name
    loop
        told := (select count(telemetry_private.put_notification(d, case when s.is_behind then 'down' else 'recovered' end,
                            case when s.is_behind then 'export.behind' else 'export.recovered' end,
                            jsonb_build_object('export', s.name, 'behind_since', telemetry_private.message_time(s.behind_since), 'lag_events', s.lag_events), at_time))
                   from telemetry_private.alert_destinations() d
                  where d.tenant_id is null or d.tenant_id = s.tenant_id);
        made := made + told;
        -- An alertmanager asks what is behind.
        if told > 0 or not s.is_behind or exists (select from telemetry.destinations d where d.sends = 'alerts' and (d.tenant_id is null or d.tenant_id = s.tenant_id)) then
            update telemetry.export_states k set behind_since = case when s.is_behind then s.behind_since end where k.export = s.name;
        end if;
    end loop;
    return made;
end
$$;

-- Tells one destination what there is to tell. Returns how many messages that are.
create function telemetry_private.notify_destination(d telemetry_private.destination, until_id bigint, evaluated_until timestamptz, foreseen jsonb, at_time timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    p record;
    work record;
    made bigint := 0;
begin
    select k.position, k.digested_until into p from telemetry.notification_positions k where k.destination = d.name;
    if not found then
        perform telemetry_private.begin_notifying(d, at_time, true);
        return 0;
    end if;
    for work in
        select t.alert, t.fingerprint = telemetry_private.alert_fingerprint(t.alert, '$error', true, null) as is_error
          from telemetry.alert_transitions t
         where t.transition_id > p.position and t.transition_id <= until_id
         union
        select s.alert, s.is_error from telemetry.notification_states s where s.destination = d.name and s.next_at <= at_time
         union
        select f.alert, false from jsonb_to_recordset(foreseen) f (alert text)
         order by 1, 2
    loop
        made := made + telemetry_private.notify_alert(d, work.alert, work.is_error, p.position, until_id, evaluated_until, foreseen, at_time)::integer;
    end loop;
    if p.position < until_id then
        update telemetry.notification_positions k set position = until_id where k.destination = d.name;
    end if;
    if d.digest_at <> 'none' and coalesce(telemetry_private.digest_due_at(d, p.digested_until + 1) <= at_time, true) then
        made := made + telemetry_private.notify_digests(d, p.digested_until, at_time);
    end if;
    return made;
end
$$;

-- Tells everybody what there is to tell; the rows that make it so and the messages are of one transaction. `foreseen`: rows of
-- foreseen_firings().
create function telemetry_private.notify(at_time timestamptz, foreseen jsonb default '[]')
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = iso
set intervalstyle = postgres
set jit = off
as $$
#variable_conflict use_column
declare
    evaluated_until timestamptz;
    last bigint;
    d telemetry_private.destination;
    made bigint := 0;
begin
    if foreseen = '[]' and not telemetry_private.has_to_tell(at_time) then
        return 0;
    end if;
    -- Nobody evaluates or drops alerts at the same time, so that transitions appear in the order of their ids.
    select r.evaluated_until into evaluated_until from telemetry.alert_rounds r where r.place = 'all' for update skip locked;
    if not found then
        return 0;
    end if;
    last := coalesce((select max(t.transition_id) from telemetry.alert_transitions t), 0);
    made := telemetry_private.notify_down(at_time);
    for d in select k.* from telemetry_private.alert_destinations() k loop
        -- In a subtransaction: what one destination cannot be told is told to the others.
        begin
            made := made + telemetry_private.notify_destination(d, last, evaluated_until, foreseen, at_time);
        exception
            when others then
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                raise warning 'destination "%" was not told of alerts: %', d.name, sqlerrm
                    using errcode = sqlstate, hint = 'It is tried again with each tick: see telemetry.destinations.';
        end;
    end loop;
    return made;
end
$$;

-- Firings of rules about each event that are certain, though the point of the grid that makes them lies ahead: such an event
-- arrived among these ids. So nobody waits for the next tick.
create function telemetry_private.foreseen_firings(after_id bigint, until_id bigint, at_time timestamptz)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set timezone = 'UTC'
set jit = off
as $$
#variable_conflict use_column
declare
    evaluated_until constant timestamptz := (select r.evaluated_until from telemetry.alert_rounds r where r.place = 'all');
    longest constant interval := '1 day';
    alert record;
    kpi jsonb;
    rule jsonb;
    ends timestamptz[];
    foreseen jsonb := '[]';
begin
    for alert in
        select a.name, a.every, to_jsonb(a) as definition, array(select jsonb_array_elements_text(a.each_event -> 'events')) as events
          from telemetry.alerts a
         where a.each_event is not null and a.severity <> 'sev3' and a.fires_after = '0' and a.delay = '0' and a.every <= longest
         order by a.name
    loop
        -- The points that judge these events, where they were not passed yet.
        ends := array(
            select distinct date_bin(alert.every, e.event_ts, timestamptz '2000-01-01 00:00:00Z') + alert.every
              from telemetry.events e
             where e.ingest_id > foreseen_firings.after_id and e.ingest_id <= foreseen_firings.until_id
               and e.event_ts > evaluated_until - alert.every and e.event_ts <= at_time + alert.every
               and e.event_name = any (alert.events));
        ends := array(select x from unnest(ends) x where x > evaluated_until order by x);
        continue when ends = '{}';
        kpi := telemetry_private.alert_kpi(alert.definition);
        rule := telemetry_private.alert_rule(alert.definition, kpi);
        foreseen := foreseen || coalesce((
            select jsonb_agg(jsonb_build_object('alert', alert.name, 'fingerprint', s.fingerprint, 'tenant_id', s.tenant_id, 'breakdown_value', s.breakdown_value, 'at', x.at, 'n', x.number) order by x.at)
              from telemetry_private.alert_series(kpi, rule, ends, telemetry_private.alert_tenants(rule, ends[1] - alert.every, at_time)) s
             cross join lateral (select u.at, u.number from unnest(ends, s.numbers) u (at, number) where u.number > 0 order by u.at limit 1) x
              left join telemetry.alert_states a on a.fingerprint = s.fingerprint
             cross join lateral (select count(*) as lately from unnest(a.firings) f where f > x.at - interval '1 hour') f
             -- What fires already, or flaps, is left to the grid.
             where a.status is distinct from 'firing' and (f.lately = 0 or f.lately < 5 and not a.is_flapping)), '[]');
    end loop;
    return foreseen;
end
$$;

-- What is due is told when a courier asks, so that it goes out with the same call.
create function telemetry_private.notify_outbound(after_id bigint, until_id bigint, at_time timestamptz)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from telemetry_private.alert_destinations()) then
        return 0;
    elsif until_id > after_id and exists (select from telemetry.alerts a where a.each_event is not null and a.severity <> 'sev3') then
        return telemetry_private.notify(at_time, telemetry_private.foreseen_firings(after_id, until_id, at_time));
    end if;
    return telemetry_private.notify(at_time);
end
$$;

-- A destination begins with what changes from now on, and with the digest of today.
create function telemetry_private.begin_notifying(d telemetry_private.destination, at_time timestamptz, begins boolean)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into telemetry.notification_positions as p (destination, position, digested_until)
    select d.name, coalesce((select max(t.transition_id) from telemetry.alert_transitions t), 0), case when d.digest_at <> 'none' then telemetry_private.last_digested_day(d, at_time) end
        on conflict (destination) do update
       set position = case when begins then excluded.position else p.position end, digested_until = greatest(p.digested_until, excluded.digested_until)
$$;
