-- Who is told what, of one alert at one destination. Twin: src/notifications/planning.rs.
--
-- telemetry_private.notification_plan(asked) takes {"rules": ..., "instances": [...]} and returns {"kind", "entries", "states"}, as
-- src/notifications/plan.rs tells: times are microseconds since 1970. telemetry_private.message_text(message) gives a message the
-- order of its keys, and its title.

create function telemetry_private.to_micros(at timestamptz)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select (extract(epoch from at) * 1000000)::bigint
$$;

create function telemetry_private.of_micros(micros bigint)
returns timestamptz
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select timestamptz '1970-01-01 00:00:00Z' + micros * interval '1 microsecond'
$$;

create function telemetry_private.is_silenced(alert text, breakdown_value text, tenant_id uuid, at timestamptz)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from telemetry.silences q
         where q.alert = is_silenced.alert and q.since <= is_silenced.at and q.until > is_silenced.at
           and (q.breakdown_value is null or q.breakdown_value = is_silenced.breakdown_value)
           and (q.tenant_id is null or q.tenant_id = is_silenced.tenant_id))
$$;

-- Whether a destination is told of firings of an alert at once. A rule that names destinations is told to those; else to each
-- that has its severity. Errors of a rule are for whoever looks after the installation.
create function telemetry_private.is_told(d telemetry_private.destination, rule jsonb, is_error boolean)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when is_error then d.tenant_id is null
                when rule is null or rule ->> 'severity' = 'sev3' then false
                when jsonb_typeof(rule -> 'destinations') = 'array' then rule -> 'destinations' ? d.name
                else d.severities is null or rule ->> 'severity' = any (d.severities) end
$$;

-- The instances of an alert that a destination has to hear of: what it knows of each, and what changed since.
-- `foreseen`: rows of foreseen_firings().
create function telemetry_private.notification_instances(d telemetry_private.destination, alert text, is_error boolean, after_id bigint, until_id bigint, foreseen jsonb, at_time timestamptz)
returns table (fingerprint uuid, tenant_id uuid, breakdown_value text, instance jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with changes as (
        select t.fingerprint, t.tenant_id, t.breakdown_value, t.transition_id, t.at, t.to_status in ('firing', 'error') as fires, t.notifies
          from telemetry.alert_transitions t
         where t.transition_id > notification_instances.after_id and t.transition_id <= notification_instances.until_id
           and t.alert = notification_instances.alert
           and (t.fingerprint = telemetry_private.alert_fingerprint(t.alert, '$error', true, null)) = notification_instances.is_error
           and (d.tenant_id is null or t.tenant_id = d.tenant_id)
           and (t.to_status in ('firing', 'error') or t.from_status in ('firing', 'error'))
         union all
        select f.fingerprint, f.tenant_id, f.breakdown_value, null, f.at, true, true
          from jsonb_to_recordset(foreseen) f (alert text, fingerprint uuid, tenant_id uuid, breakdown_value text, at timestamptz)
         where f.alert = notification_instances.alert and not notification_instances.is_error
           and (d.tenant_id is null or f.tenant_id = d.tenant_id)
    ),
    instances as (
        select c.fingerprint, c.tenant_id, c.breakdown_value,
               jsonb_agg(jsonb_build_object('id', c.transition_id, 'at', telemetry_private.to_micros(c.at), 'fires', c.fires, 'notifies', c.notifies,
                   'was_silenced', telemetry_private.is_silenced(notification_instances.alert, c.breakdown_value, c.tenant_id, c.at)) order by c.transition_id) as transitions
          from changes c
         group by c.fingerprint, c.tenant_id, c.breakdown_value
    )
    select coalesce(i.fingerprint, s.fingerprint), coalesce(i.tenant_id, s.tenant_id), coalesce(i.breakdown_value, s.breakdown_value),
           jsonb_build_object(
               'fingerprint', coalesce(i.fingerprint, s.fingerprint),
               'state', case when s.fingerprint is not null then jsonb_build_object('told', s.told, 'untold', s.untold,
                            'told_at', telemetry_private.to_micros(s.told_at), 'next_at', telemetry_private.to_micros(s.next_at)) end,
               'transitions', coalesce(i.transitions, '[]'),
               'is_silenced', telemetry_private.is_silenced(notification_instances.alert, coalesce(i.breakdown_value, s.breakdown_value), coalesce(i.tenant_id, s.tenant_id), at_time),
               'is_acknowledged', a.acknowledged_at is not null,
               'is_flapping', coalesce(a.is_flapping, false))
      from instances i
      full join (select n.* from telemetry.notification_states n
                  where n.destination = d.name and n.alert = notification_instances.alert and n.is_error = notification_instances.is_error) s on s.fingerprint = i.fingerprint
      left join telemetry.alert_states a on a.fingerprint = coalesce(i.fingerprint, s.fingerprint)
$$;

-- The numbers of an alert at the last point of its grid, for whoever is told again; none where they cannot be had.
create function telemetry_private.present_numbers(alert jsonb, evaluated_until timestamptz)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    at constant timestamptz := date_bin((alert ->> 'every')::interval, evaluated_until, timestamptz '2000-01-01 00:00:00Z');
    kpi jsonb;
    rule jsonb;
begin
    kpi := telemetry_private.alert_kpi(alert);
    rule := telemetry_private.alert_rule(alert, kpi);
    return (select jsonb_agg(jsonb_build_object('fingerprint', s.fingerprint, 'value', s.numbers[1], 'n', s.counts[1], 'range_since', r.range_since, 'range_until', r.range_until))
              from telemetry_private.alert_range(rule, at) r,
                   telemetry_private.alert_series(kpi, rule, array[at], telemetry_private.alert_tenants(rule, r.range_since, r.range_until)) s
             where s.numbers[1] is not null);
exception
    when others then
        if sqlstate ~ '^(40|57)' then
            raise;
        end if;
        return null;
end
$$;

-- What a message about an alert tells of it, and of each entry of a plan. Those that fire stand first. `present`: numbers that are
-- newer than those of the transitions.
create function telemetry_private.alert_message(d telemetry_private.destination, rule jsonb, alert text, entries jsonb, foreseen jsonb, present jsonb)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set intervalstyle = postgres
as $$
    with entry as (
        select e.is_over, e.fingerprint, telemetry_private.of_micros(e.since) as since, telemetry_private.of_micros(e.until) as until,
               coalesce(t.tenant_id, b.tenant_id, s.tenant_id, f.tenant_id) as tenant_id, coalesce(t.breakdown_value, b.breakdown_value, s.breakdown_value, f.breakdown_value) as breakdown_value,
               coalesce(l.value, t.value, f.n) as value, case when l.value is not null then l.n else coalesce(t.n, f.n) end as n, coalesce(t.threshold, b.threshold, case when f.n is not null then 0 end) as threshold,
               coalesce(l.range_since, t.range_since, f.at - cast(rule ->> 'every' as interval)) as range_since, coalesce(l.range_until, t.range_until, f.at) as range_until,
               coalesce(t.cause, case when rule -> 'each_event' <> 'null' then 'event' end) as cause, a.acknowledged_at, coalesce(a.is_flapping, false) as is_flapping, coalesce(t.severity, b.severity) as severity
          from jsonb_to_recordset(entries) e (fingerprint uuid, is_over boolean, since bigint, id bigint, until bigint, end_id bigint)
          left join telemetry.alert_transitions t on t.transition_id = case when e.is_over then e.end_id else e.id end
          left join telemetry.alert_transitions b on b.transition_id = e.id
          left join telemetry.notification_states s on s.destination = d.name and s.fingerprint = e.fingerprint
          left join telemetry.alert_states a on a.fingerprint = e.fingerprint
          left join jsonb_to_recordset(foreseen) f (alert text, fingerprint uuid, tenant_id uuid, breakdown_value text, at timestamptz, n double precision)
            on e.id is null and f.fingerprint = e.fingerprint and telemetry_private.to_micros(f.at) = e.since
          left join jsonb_to_recordset(present) l (fingerprint uuid, value double precision, n double precision, range_since timestamptz, range_until timestamptz) on l.fingerprint = e.fingerprint
    )
    select jsonb_build_object(
               'alert', nullif(alert_message.alert, ''), 'severity', coalesce(rule ->> 'severity', min(e.severity)), 'description', rule -> 'description', 'runbook', rule -> 'runbook',
               'labels', coalesce(rule -> 'labels', '{}'), 'kpi', rule -> 'kpi',
               'unit', case when rule -> 'each_event' <> 'null' then 'events' when rule ->> 'compare_with' is not null and rule ->> 'change' = 'relative' then 'ratio' else min(k.unit) end,
               'fires', case when rule is not null then coalesce(rule ->> 'fires', case min(k.target_is) when 'at_least' then 'below' else 'above' end) end,
               'range_seconds', extract(epoch from cast(coalesce(rule ->> 'within', case when rule -> 'each_event' <> 'null' then rule ->> 'every' end) as interval))::bigint,
               'compare_with', rule ->> 'compare_with',
               'is_flapping', coalesce(bool_or(e.is_flapping and not e.is_over), false),
               'instances', jsonb_agg(jsonb_build_object(
                   'fingerprint', e.fingerprint, 'tenant_id', nullif(e.tenant_id, '00000000-0000-0000-0000-000000000000'), 'breakdown_value', e.breakdown_value,
                   'status', case when e.is_over then 'recovered' else 'firing' end,
                   'since', telemetry_private.message_time(e.since), 'until', telemetry_private.message_time(e.until),
                   'value', e.value, 'n', e.n, 'threshold', e.threshold,
                   'range_since', telemetry_private.message_time(e.range_since), 'range_until', telemetry_private.message_time(e.range_until),
                   'cause', e.cause, 'acknowledged_at', telemetry_private.message_time(e.acknowledged_at))
                   order by e.is_over, e.since, e.tenant_id, e.breakdown_value))
      from entry e
      left join telemetry.kpis k on k.name = rule ->> 'kpi'
$$;

-- Tells a destination what there is to tell of an alert, and writes down what it knows then. Returns whether a message was made.
create function telemetry_private.notify_alert(d telemetry_private.destination, alert text, is_error boolean, after_id bigint, until_id bigint, evaluated_until timestamptz, foreseen jsonb, at_time timestamptz)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    rule constant jsonb := (select to_jsonb(a) from telemetry.alerts a where a.name = notify_alert.alert);
    instances jsonb;
    who jsonb;
    plan jsonb;
    kind text;
begin
    select jsonb_agg(i.instance order by i.fingerprint), jsonb_object_agg(i.fingerprint, jsonb_build_array(i.tenant_id, i.breakdown_value)) into instances, who
      from telemetry_private.notification_instances(d, alert, is_error, after_id, until_id, foreseen, at_time) i;
    if instances is null then
        return false;
    end if;
    plan := telemetry_private.notification_plan(jsonb_build_object('instances', instances, 'rules', jsonb_build_object(
        'now', telemetry_private.to_micros(at_time),
        'last_at', (select telemetry_private.to_micros(max(s.told_at)) from telemetry.notification_states s where s.destination = d.name and s.alert = notify_alert.alert and s.is_error = notify_alert.is_error),
        'group_within', extract(epoch from d.group_within)::bigint * 1000000,
        'repeat_after', case when not is_error and rule is not null
                             then telemetry_private.alert_micros(coalesce(rule ->> 'repeat_after', case rule ->> 'severity' when 'sev1' then '1 hour' when 'sev2' then '4 hours' end)) end,
        'is_told', telemetry_private.is_told(d, rule, is_error),
        'evaluated_until', telemetry_private.to_micros(evaluated_until))));
    kind := case when is_error and plan ->> 'kind' = 'firing' then 'error' else plan ->> 'kind' end;
    if kind is not null then
        perform telemetry_private.put_notification(d, kind, 'alert.' || kind, m.message, at_time, nullif(notify_alert.alert, ''), m.message ->> 'severity',
                    -- What was told before is no part of what this message tells, unless it is told again.
                    array(select x.id
                            from jsonb_to_recordset(plan -> 'entries') e (fingerprint uuid, id bigint, end_id bigint)
                            left join telemetry.notification_states s on s.destination = d.name and s.fingerprint = e.fingerprint
                           cross join unnest(array[case when kind = 'repeated' or (s.told ->> 'id')::bigint is distinct from e.id then e.id end, e.end_id]) x (id)
                           where x.id is not null order by 1))
           from telemetry_private.alert_message(d, rule, alert, plan -> 'entries', foreseen,
                        case kind when 'repeated' then telemetry_private.present_numbers(rule, evaluated_until) end) m (message);
    end if;
    delete from telemetry.notification_states s
     using jsonb_array_elements(plan -> 'states') p
     -- That alerts were not evaluated for a while has no end.
     where s.destination = d.name and s.fingerprint = (p ->> 0)::uuid and (p -> 1 = 'null' or notify_alert.alert = '');
    insert into telemetry.notification_states as s (destination, fingerprint, alert, is_error, tenant_id, breakdown_value, told, untold, told_at, next_at)
    select d.name, (p ->> 0)::uuid, notify_alert.alert, notify_alert.is_error, (who -> (p ->> 0) ->> 0)::uuid, who -> (p ->> 0) ->> 1,
           nullif(p #> '{1,told}', 'null'), p #> '{1,untold}', telemetry_private.of_micros((p #>> '{1,told_at}')::bigint), telemetry_private.of_micros((p #>> '{1,next_at}')::bigint)
      from jsonb_array_elements(plan -> 'states') p
     where p -> 1 <> 'null' and notify_alert.alert <> ''
        on conflict (destination, fingerprint) do update
       set told = excluded.told, untold = excluded.untold, told_at = excluded.told_at, next_at = excluded.next_at;
    return kind is not null;
end
$$;
