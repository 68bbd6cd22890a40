-- What is sent of alerts: a notification in the form of its destination's kind, and what fires now to Alertmanager, which is told
-- it anew each minute. Twin: src/outbox/messages.rs.

-- A time as messages have it.
create function telemetry_private.message_time(at_time timestamptz)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select to_char(at_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- Writes a notification for a destination, as it is stored with the delivery and sent at every attempt. Alertmanager gets it as
-- an alert that ends by itself; of what fires it is told in another way, see below.
create function telemetry_private.notification_body(d telemetry_private.destination, message jsonb)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case d.kind
           when 'alertmanager' then telemetry_private.alertmanager_body(jsonb_build_array(jsonb_build_object(
               'alert', case message ->> 'type' when 'test' then 'telemetry_test' else replace(message ->> 'type', '.', '_') end,
               'database', message -> 'data' ->> 'database', 'summary', message -> 'data' ->> 'title', 'starts_at', message ->> 'timestamp',
               'ends_at', telemetry_private.message_time((message ->> 'timestamp')::timestamptz + interval '3 minutes'))))
           when 'webhook' then telemetry_private.message_text(message)
           else telemetry_private.message_body(d.kind, message, d.sender, d.recipients) end
$$;

-- What Alertmanager is to know at a time: the instances that fire, with an end three minutes ahead; those that recovered in the
-- last five minutes, with the time when they did; rules that cannot be answered, and destinations that are down. An instance
-- that began to fire under a silence is left out. A silence that began later changes nothing, or Alertmanager would say that it
-- is over.
create function telemetry_private.posted_alerts(d telemetry_private.destination, at_time timestamptz)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with known as (
        select s.alert, s.severity, s.breakdown_value, s.tenant_id, s.starts_at, s.ends_at, s.value, s.n, s.threshold, s.cause, s.summary
          from (
            select f.alert, a.severity, f.breakdown_value, f.tenant_id, f.since as starts_at, at_time + interval '3 minutes' as ends_at, t.value, t.n, t.threshold, t.cause, null as summary
              from telemetry.alert_states f
              join telemetry.alerts a on a.name = f.alert
              left join lateral (select * from telemetry.alert_transitions o
                                  where o.at = f.since and o.alert = f.alert and o.fingerprint = f.fingerprint and o.to_status = 'firing'
                                  order by o.transition_id desc limit 1) t on true
             where f.status = 'firing'
               and not exists (select from telemetry.silences q
                                where q.alert = f.alert and q.since <= f.since and f.since < q.until and q.until > at_time
                                  and (q.breakdown_value is null or q.breakdown_value = f.breakdown_value)
                                  and (q.tenant_id is null or q.tenant_id = f.tenant_id))
            union all
            select t.alert, t.severity, t.breakdown_value, t.tenant_id, t.at, t.at, t.value, t.n, t.threshold, t.cause, null
              from telemetry.alert_transitions t
             where t.from_status = 'firing' and t.to_status = 'quiet' and t.at > at_time - interval '1 day' and t.recorded_at > at_time - interval '5 minutes'
               and not exists (select from telemetry.alert_states f where f.fingerprint = t.fingerprint and f.status = 'firing')
               and not exists (select from telemetry.alert_transitions o
                                where o.at >= t.at and o.alert = t.alert and o.fingerprint = t.fingerprint and o.from_status = 'firing' and o.transition_id > t.transition_id)
            union all
            select 'alert_error', null, f.alert, null, f.since, at_time + interval '3 minutes', null, null, null, 'error', format('The rule %s cannot be answered.', f.alert)
              from telemetry.alert_states f
             where f.status = 'error' and d.tenant_id is null
            union all
            select 'destination_down', null, o.destination, null, o.failing_since, at_time + interval '3 minutes', null, null, null, 'down', format('The destination %s is down.', o.destination)
              from telemetry.destination_states o
              join telemetry.destinations k on k.name = o.destination
             where o.status = 'down' and o.destination <> d.name and (d.tenant_id is null or k.tenant_id = d.tenant_id)
            union all
            select 'export_behind', null, o.export, null, o.behind_since, at_time + interval '3 minutes', null, null, null, 'down', format('The export %s is behind.', o.export)
              from telemetry.export_states o
              join telemetry.exports k on k.name = o.export
             where o.behind_since is not null and (d.tenant_id is null or k.tenant_id = d.tenant_id)) s
         where d.tenant_id is null or s.tenant_id = d.tenant_id or s.cause = 'down')
    select jsonb_agg(jsonb_build_object(
               'alert', k.alert, 'severity', k.severity, 'breakdown_value', k.breakdown_value, 'tenant_id', nullif(k.tenant_id, '00000000-0000-0000-0000-000000000000'),
               'database', current_database(), 'labels', a.labels, 'description', a.description, 'runbook', a.runbook,
               'unit', case when a.compare_with is not null and a.change = 'relative' then 'ratio' else p.unit end, 'fires', a.fires, 'value', k.value, 'n', k.n, 'threshold', k.threshold, 'cause', k.cause, 'summary', k.summary,
               'starts_at', telemetry_private.message_time(coalesce(k.starts_at, at_time)), 'ends_at', telemetry_private.message_time(k.ends_at))
             order by k.alert, k.breakdown_value, k.tenant_id)
      from known k
      left join telemetry.alerts a on a.name = k.alert
      left join telemetry.kpis p on p.name = a.kpi
     where d.name = any (a.destinations) or a.destinations is null and (d.severities is null or k.severity is null or k.severity = any (d.severities))
$$;

-- Has each Alertmanager told what fires, each minute and as soon as something changed. One delivery of each destination is
-- written anew for that: a retry is told what fires then, or an end that is past would end what goes on.
create function telemetry_private.post_alerts(at_time timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    key constant text := 'what fires';
    s record;
    d telemetry_private.destination;
    last_one telemetry_private.delivery;
    alerts jsonb;
begin
    for s in
        select t.destination, t.status
          from telemetry.destination_states t
          join telemetry.destinations k on k.name = t.destination and k.kind = 'alertmanager'
         where t.status <> 'paused'
           and (t.next_attempt_at is null or t.next_attempt_at <= at_time)
           and (t.leased_until is null or t.leased_until <= at_time)
         order by t.destination
           for update of t skip locked
    loop
        select x.* into last_one from telemetry.deliveries x where x.destination = s.destination and x.idempotency_key = key;
        continue when last_one.made_at > at_time - interval '1 minute'
            and (last_one.status in ('delivered', 'dead') or last_one.next_attempt_at > at_time)
            and not coalesce((select t.recorded_at > last_one.made_at from telemetry.alert_transitions t order by t.transition_id desc limit 1), false);
        select k.* into d from telemetry.destinations k where k.name = s.destination;
        -- One that is down is asked with an empty list whether it is there.
        alerts := coalesce(telemetry_private.posted_alerts(d, at_time), case s.status when 'down' then '[]'::jsonb end);
        if alerts is null then
            -- What was to be told has ended by itself.
            update telemetry.deliveries x set status = 'delivered', body = null, ended_at = at_time
             where x.number = last_one.number and x.status in ('retrying', 'dead');
            continue;
        end if;
        insert into telemetry.deliveries as x (destination, delivery_id, body, idempotency_key, status, made_at, next_attempt_at)
            values (d.name, 'ntf_' || gen_random_uuid(), telemetry_private.alertmanager_body(alerts), key, 'retrying', at_time, at_time)
            on conflict (destination, idempotency_key) where idempotency_key is not null do update
           set delivery_id = excluded.delivery_id, body = excluded.body, status = 'retrying', made_at = excluded.made_at, next_attempt_at = excluded.next_attempt_at, ended_at = null,
               attempts = case x.status when 'retrying' then x.attempts else 0 end;
    end loop;
end
$$;
