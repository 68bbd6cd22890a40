-- What people were told, as rows, and when an instance is told again.

create function telemetry_private.notification_history(since timestamptz, until timestamptz, alert text, destination text, last text, visibility text, tenant uuid)
returns table (
    at timestamptz, destination_name text, kind text, name text, severity text, title text, delivery_status text, settled_at timestamptz,
    tenant_id uuid, local_date date, transition_ids bigint[], message jsonb, notification_id uuid)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
rows 100
as $$
    select n.made_at, n.destination, n.kind, n.alert, n.severity, n.body #>> '{data,title}',
           case x.status when 'retrying' then case when x.attempts = 0 then 'waiting' else 'retrying' end when 'parked' then 'waiting' else x.status end, coalesce(x.ended_at, x.first_attempt_at),
           nullif(n.tenant_id, '00000000-0000-0000-0000-000000000000'), n.local_date, n.transition_ids, n.body, n.notification_id
      from telemetry.period(since, until, 'range', 'UTC', null, last) r,
           telemetry.notifications n
      left join lateral (select e.status, e.attempts, e.ended_at, e.first_attempt_at from telemetry.deliveries e
                          where e.destination = n.destination and e.delivery_id = 'ntf_' || n.notification_id order by e.number limit 1) x on true
     where (r.range_since is null or n.made_at >= r.range_since) and (r.range_until is null or n.made_at < r.range_until)
       and (notification_history.alert is null or n.alert = notification_history.alert)
       and (notification_history.destination is null or n.destination = notification_history.destination)
       and (visibility = 'everything' or n.tenant_id = notification_history.tenant)
     order by n.made_at, n.notification_id
$$;

create function telemetry.notification_history(
    since timestamptz default null,
    until timestamptz default null,
    alert text default null,
    destination text default null,
    last text default null)
returns table (
    at timestamptz, destination_name text, kind text, name text, severity text, title text, delivery_status text, settled_at timestamptz,
    tenant_id uuid, local_date date, transition_ids bigint[], message jsonb, notification_id uuid)
language sql
stable
rows 100
begin atomic
    select * from telemetry_private.notification_history(since, until, alert, destination, last, telemetry.log_visibility(), telemetry.current_tenant());
end;

comment on function telemetry.notification_history is
'What people were told of alerts, by which destination and when: one row per message.

Arguments
  since, until, last: common arguments
  alert        messages about one alert; default NULL: all
  destination  messages of one destination; default NULL: every one that the caller may see
Columns
  at                when it was made
  destination_name  the destination
  kind              firing, recovered, repeated, digest, error, down or test
  name              the alert; NULL: it is about several, or about a destination
  severity          that of the alert then
  title             what it says, in one sentence
  delivery_status   delivered; waiting; retrying; dead: see telemetry.dead_letters; NULL: it was
                    delivered more than 30 days ago, or its destination was dropped
  settled_at        when that was, or when it was tried first; NULL: it was not
  tenant_id         the tenant whose destination it is; NULL: one of the whole installation
  local_date        of a digest the day that it is about
  transition_ids    which rows of telemetry.alert_transitions it tells
  message           what is sent
  notification_id   the delivery is ntf_ and this id
Notes
  A tenant sees what its own destinations were told.';
