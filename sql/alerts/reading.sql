-- What alerts are and were, and what a rule would have done.

create function telemetry_private.checked_alert(definition jsonb)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select telemetry_private.alert_of('backtest', definition, null)
$$;

-- The tenants that a back-test is about.
create function telemetry_private.backtest_tenants(rule jsonb, tenant uuid, since timestamptz, until timestamptz)
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case when not (rule ->> 'by_tenant')::boolean or tenant is not null then array[tenant]
                else (select coalesce(array_agg(distinct e.tenant_id), '{}') from telemetry.events e where e.event_ts >= since and e.event_ts < until) end
$$;

create function telemetry.backtest_alert(
    definition jsonb default null,
    since timestamptz default null,
    until timestamptz default null,
    tenant uuid default null)
returns table (
    at timestamptz, tenant_id uuid, breakdown_value text, from_status text, status text, value double precision, n double precision, threshold double precision,
    range_since timestamptz, range_until timestamptz, cause text, notifies boolean)
language sql
stable
rows 100
begin atomic
    with asked as materialized (
        select d.alert, k.kpi, telemetry_private.alert_rule(d.alert, k.kpi) as rule, r.range_since as since, coalesce(r.range_until, now()) as until
          from telemetry_private.checked_alert(definition) d (alert),
               lateral telemetry_private.alert_kpi(d.alert) k (kpi),
               telemetry.period(since, until, 'range', 'UTC', null, case when since is null then '30 days' end) r
    ),
    grid as materialized (
        select q.*, telemetry_private.alert_grid(cast(q.alert ->> 'every' as interval), q.since, q.until) as points from asked q
    )
    select j.changed_at, case when (g.rule ->> 'by_tenant')::boolean then nullif(s.tenant_id, '00000000-0000-0000-0000-000000000000') end, s.breakdown_value, j.from_status, j.to_status, j.value, j.n, cast(g.rule ->> 'threshold' as double precision),
           w.range_since, w.range_until, j.cause, j.notifies and g.alert ->> 'severity' <> 'sev3'
      from grid g,
           lateral telemetry_private.alert_series(g.kpi, g.rule, g.points, telemetry_private.backtest_tenants(g.rule, tenant, g.since, g.until)) s,
           lateral telemetry_private.judge_alert(g.rule, null, g.points, s.numbers, s.counts, s.present) j,
           lateral telemetry_private.alert_range(g.rule, j.changed_at) w
     where cardinality(g.points) > 0 and j.changed_at is not null
     order by j.changed_at, s.tenant_id, s.breakdown_value;
end;

create function telemetry.alert_history(
    since timestamptz default null,
    until timestamptz default null,
    alert text default null,
    tenant uuid default null,
    last text default null)
returns table (
    at timestamptz, name text, tenant_id uuid, breakdown_value text, from_status text, to_status text, value double precision, n double precision,
    threshold double precision, range_since timestamptz, range_until timestamptz, cause text, severity text, duration interval, message text, fingerprint uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
    select t.at, nullif(t.alert, ''), nullif(t.tenant_id, '00000000-0000-0000-0000-000000000000'), t.breakdown_value, t.from_status, t.to_status, t.value, t.n,
           t.threshold, t.range_since, t.range_until, t.cause, t.severity, t.next_at - t.at, t.message, t.fingerprint
      from telemetry.period(since, until, 'range', 'UTC', null, last) r,
           lateral (select h.*, lead(h.at) over (partition by h.fingerprint order by h.at, h.transition_id) as next_at
                      from telemetry.alert_transitions h
                     where (alert_history.alert is null or h.alert = alert_history.alert)
                       and (alert_history.tenant is null or h.tenant_id = alert_history.tenant)) t
     where (r.range_since is null or t.at >= r.range_since) and (r.range_until is null or t.at < r.range_until)
     order by t.at, t.transition_id
$$;

-- The definition of a registered alert, as jsonb; an unknown name is an error.
create function telemetry_private.alert_definition(name text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    definition jsonb;
begin
    select to_jsonb(a) into definition from telemetry.alerts a where a.name = alert_definition.name;
    if not found then
        raise exception 'alert "%" is not registered', coalesce(left(name, 63), '')
            using errcode = '22023', hint = 'Those that are: select name, kpi from telemetry.alerts; add one with telemetry.register_alert().';
    end if;
    return definition;
end
$$;

-- The time that is asked about, now where none is given. Error: 22023 it is infinite.
create function telemetry_private.finite_as_of(as_of timestamptz)
returns timestamptz
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if not isfinite(as_of) then
        raise exception 'as_of must be a finite time' using errcode = '22023', hint = 'Leave the argument out for now.';
    end if;
    return coalesce(as_of, now());
end
$$;

create function telemetry.alert_value(
    alert text,
    as_of timestamptz default null,
    tenant uuid default null)
returns table (
    at timestamptz, tenant_id uuid, breakdown_value text, value double precision, n double precision, fires text, threshold double precision,
    range_since timestamptz, range_until timestamptz, fingerprint uuid)
language sql
stable
rows 10
begin atomic
    with asked as materialized (
        select d.alert, k.kpi, telemetry_private.alert_rule(d.alert, k.kpi) as rule,
               date_bin(cast(d.alert ->> 'every' as interval), telemetry_private.finite_as_of(as_of), timestamptz '2000-01-01 00:00:00Z') as at
          from telemetry_private.alert_definition(alert_value.alert) d (alert),
               lateral telemetry_private.alert_kpi(d.alert) k (kpi)
    )
    select q.at, case when (q.rule ->> 'by_tenant')::boolean then nullif(s.tenant_id, '00000000-0000-0000-0000-000000000000') end, s.breakdown_value, s.numbers[1], s.counts[1], q.rule ->> 'fires',
           cast(q.rule ->> 'threshold' as double precision), r.range_since, r.range_until,
           case when (q.rule ->> 'by_tenant')::boolean then s.fingerprint else telemetry_private.alert_fingerprint(q.rule ->> 'name', s.breakdown_value, s.is_other, null) end
      from asked q,
           lateral telemetry_private.alert_range(q.rule, q.at) r,
           lateral telemetry_private.alert_series(q.kpi, q.rule, array[q.at], telemetry_private.backtest_tenants(q.rule, tenant, r.range_since, r.range_until)) s
     where coalesce(s.present[1], true);
end;

create function telemetry.alert_status(tenant uuid default null)
returns table (
    name text, severity text, kpi text, tenant_id uuid, breakdown_value text, status text, since timestamptz, value double precision, n double precision,
    fires text, threshold double precision, acknowledged_at timestamptz, acknowledged_by uuid, silenced_until timestamptz, next_notification_at timestamptz, evaluated_until timestamptz,
    error text, fingerprint uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
rows 100
as $$
#variable_conflict use_column
declare
    nobody constant uuid := '00000000-0000-0000-0000-000000000000';
    alert record;
    numbers jsonb;
    failure text;
    advice text;
begin
    for alert in
        select a.name, a.severity, a.kpi, a.by_tenant, coalesce(a.threshold, k.target, case when a.kpi is null then 0 end) as threshold,
               coalesce(a.fires, case k.target_is when 'at_least' then 'below' else 'above' end) as fires
          from telemetry.alerts a
          left join telemetry.kpis k on k.name = a.kpi
         order by a.name
    loop
        numbers := '[]';
        failure := null;
        -- In a subtransaction: an alert whose number cannot be told is there all the same.
        begin
            select coalesce(jsonb_agg(v), '[]') into numbers from telemetry.alert_value(alert.name, tenant => case when alert.by_tenant then alert_status.tenant end) v;
        exception
            when others then
                if sqlstate ~ '^(40|57)' then
                    raise;
                end if;
                get stacked diagnostics advice = pg_exception_hint;
                failure := concat_ws('. ', sqlerrm, nullif(advice, ''));
        end;
        return query
            with live as (
                select v.* from jsonb_to_recordset(numbers) v (tenant_id uuid, breakdown_value text, value double precision, n double precision, fingerprint uuid)
            ),
            open as (
                select s.* from telemetry.alert_states s
                 where s.alert = alert.name and s.status in ('pending', 'firing', 'error') and (alert_status.tenant is null or s.tenant_id in (alert_status.tenant, nobody))
            ),
            -- Where nothing is open, the number that is nearest to it.
            instances as (
                select o.tenant_id, o.breakdown_value, o.status, o.since, l.value, l.n, o.acknowledged_at, o.acknowledged_by, o.error, o.fingerprint
                  from open o left join live l on l.fingerprint = o.fingerprint
                 union all
                select * from (
                    select l.tenant_id, l.breakdown_value, 'quiet', null::timestamptz, l.value, l.n, null::timestamptz, null::uuid, null::text, l.fingerprint
                      from (select) one left join live l on true
                     where not exists (select from open)
                     order by case alert.fires when 'above' then -l.value else l.value end, l.fingerprint
                     limit 1) nearest
            )
            select alert.name, alert.severity, alert.kpi, nullif(i.tenant_id, nobody), i.breakdown_value, i.status, i.since, i.value, i.n,
                   alert.fires, alert.threshold, i.acknowledged_at, i.acknowledged_by,
                   s.silenced_until,
                   -- What waits for the end of a silence is told then, at the earliest.
                   (select min(greatest(n.next_at, s.silenced_until)) from telemetry.notification_states n where n.fingerprint = i.fingerprint and (n.told is not null and i.acknowledged_at is null or n.untold <> '[]')),
                   (select r.evaluated_until from telemetry.alert_rounds r), coalesce(i.error, failure), i.fingerprint
              from instances i
             cross join lateral (select max(q.until) as silenced_until from telemetry.silences q
                     where q.alert = alert.name and q.since <= now() and q.until > now()
                       and (q.breakdown_value is null or q.breakdown_value = i.breakdown_value) and (q.tenant_id is null or q.tenant_id = coalesce(i.tenant_id, nobody))) s
             order by i.tenant_id, i.breakdown_value;
    end loop;
end
$$;

comment on function telemetry.backtest_alert is
'What an alert would have done over a period, before it wakes anybody: one row per transition. It is
judged as evaluate_alerts() judges, from a quiet state, with the caller''s rights.

Arguments
  definition    what register_alert() takes
  since, until  the period; default the last 30 days; points of the grid after since and up to until
  tenant        one tenant''s numbers; default NULL: every tenant that the caller sees, together, or
                one by one where the definition says by_tenant
Columns
  at                        the point of the grid
  tenant_id                 the tenant of an instance by tenant; else NULL
  breakdown_value           the instance, where the KPI has several rows
  from_status, status       quiet, pending or firing: before and from then on
  value, n                  the number that was judged, and what it is of
  threshold                 that of the definition
  range_since, range_until  the range whose number it is
  cause                     threshold, no_data or event
  notifies                  whether somebody would be told at once: of a firing and its end, unless
                            it flaps, which is more than 5 firings within an hour
Errors
  22023  a definition that register_alert() refuses; since is not before until; more than 1000000
         points of the grid
Notes
  max_instances is not applied.';
comment on function telemetry.alert_history is
'What changed of alerts and when, in order: one row per transition.

Arguments
  since, until, last: common arguments
  alert   one alert; default NULL: all
  tenant  one tenant; default NULL: every one that the caller may see
Columns
  at                        the point of the grid that was judged
  name                      the alert; NULL: of a stretch of time in which nothing was evaluated
  tenant_id                 the tenant of an instance by tenant; else NULL
  breakdown_value           the instance, where there are several; $too_many stands for more than
                            max_instances, $error for the alert itself
  from_status, to_status    quiet, pending, firing or error
  value, n                  the number that was judged, and what it is of
  threshold                 the threshold that it was held against
  range_since, range_until  the range whose number it is
  cause                     threshold, no_data, event, error, dropped or too_many
  severity                  that of the alert then
  duration                  how long the status lasted; NULL while it does
  message                   of an error what it says
  fingerprint               the instance, by one id for ever';
comment on function telemetry.alert_value is
'The numbers that an alert sees at a time, with the caller''s rights: one row per instance that
occurs.

Arguments
  alert   the alert''s name
  as_of   the last point of the grid up to this time is judged; default NULL: now
  tenant  one tenant, of an alert by tenant; default NULL: all
Columns
  at                        the point of the grid
  tenant_id                 the tenant of an instance by tenant; else NULL
  breakdown_value           the instance, where there are several
  value, n                  the number, and what it is of
  fires, threshold          beyond what it is an alert
  range_since, range_until  the range whose number it is
  fingerprint               the instance, by one id for ever
Errors
  22023  an unknown alert or KPI; an as_of that is infinite
Notes
  Errors of the KPI come as they are.';
comment on function telemetry.alert_status is
'How every alert stands now: one row per instance that is not quiet, and one row of an alert of
which none is.

Arguments
  tenant  one tenant''s instances of alerts by tenant, and those of all together; default NULL: every
          one that the caller may see
Columns
  name, severity, kpi   the alert, and what it is about; kpi is NULL of one at each event
  tenant_id             the tenant of an instance by tenant; else NULL
  breakdown_value       the instance, where there are several; of a quiet alert the one whose number
                        is nearest to the threshold
  status                quiet, pending, firing or error
  since                 since when; NULL where it is quiet
  value, n              its number now, and what it is of
  fires, threshold      beyond what it is an alert
  acknowledged_at, acknowledged_by  when somebody took it on, and which user
  silenced_until        until when nobody is told of it; NULL: it is not silenced
  next_notification_at  when somebody is told of it next, if it stays as it is: again, or after a
                        silence; NULL: not at all
  evaluated_until       up to when alerts were evaluated
  error                 why it cannot be evaluated, or its number not be told; else NULL
  fingerprint           the instance, by one id for ever: acknowledge_alert() takes it
Notes
  Numbers are those that the caller may see, and work on a standby too.';
