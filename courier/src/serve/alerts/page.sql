-- All that the page of alerts shows, as one object; times are local to the zone $1. $2 is the tenant whose instances are asked for.
with asked as (
    select coalesce(nullif($1, ''), current_setting('TimeZone')) as tz, nullif($2, '')::uuid as tenant,
           -- Who sees one tenant changes what is that tenant's.
           case when telemetry.log_visibility() <> 'everything' then nullif(telemetry.current_tenant(), '00000000-0000-0000-0000-000000000000') end as own_tenant
)
select jsonb_build_object(
           'tz', q.tz,
           'now', now() at time zone q.tz,
           'may_change', has_function_privilege('telemetry.acknowledge_alert(uuid,text)', 'execute') and not pg_is_in_recovery(),
           'alerts', (select coalesce(jsonb_agg(a.name order by a.name), '[]') from telemetry.alerts a),
           'instances', (
               select coalesce(jsonb_agg(jsonb_build_object(
                          'name', s.name, 'severity', s.severity, 'kpi', case when k.name is not null then jsonb_build_object(
                              'name', k.name, 'pack', k.pack, 'question', k.question, 'kind', k.kind, 'parameters', k.parameters, 'unit', k.unit,
                              'value_column', coalesce(k.value_column, b.value_columns[1]), 'is_complement', k.is_complement,
                              'range', jsonb_build_object('tz', q.tz, 'now', now() at time zone q.tz)) end,
                          'is_change', a.compare_with is not null and a.change = 'relative', 'tenant', s.tenant_id, 'breakdown_value', s.breakdown_value,
                          'status', s.status, 'since', s.since at time zone q.tz, 'seconds', extract(epoch from now() - s.since),
                          'value', case when isfinite_number then s.value end, 'n', s.n, 'fires', s.fires, 'threshold', s.threshold,
                          'acknowledged_at', s.acknowledged_at at time zone q.tz, 'note', t.note, 'silenced_until', s.silenced_until at time zone q.tz,
                          'evaluated_until', s.evaluated_until at time zone q.tz, 'error', s.error, 'fingerprint', s.fingerprint,
                          'description', a.description, 'runbook', a.runbook)
                          order by s.severity, s.status, s.since, s.name, s.tenant_id, s.breakdown_value), '[]')
                 from telemetry.alert_status(q.tenant) s
                 join telemetry.alerts a on a.name = s.name
                 left join telemetry.alert_states t on t.fingerprint = s.fingerprint and s.status <> 'quiet'
                 left join telemetry.kpis k on k.name = s.kpi
                 left join telemetry.kpi_kinds() b on b.kind = k.kind,
                      lateral (select s.value not in ('NaN', 'Infinity', '-Infinity')) f (isfinite_number)),
           'silences', (
               select coalesce(jsonb_agg(jsonb_build_object(
                          'silence_id', s.silence_id, 'alert', s.alert, 'breakdown_value', s.breakdown_value, 'tenant', s.tenant_id,
                          'since', s.since at time zone q.tz, 'until', s.until at time zone q.tz, 'reason', s.reason,
                          'may_end', q.own_tenant is null or s.tenant_id = q.own_tenant) order by s.until, s.silence_id), '[]')
                 from telemetry.silences s
                where s.until > now() and (q.tenant is null or coalesce(s.tenant_id, q.tenant) = q.tenant)),
           'history', (
               select coalesce(jsonb_agg(jsonb_build_object(
                          'at', h.at at time zone q.tz, 'name', h.name, 'tenant', h.tenant_id, 'breakdown_value', h.breakdown_value, 'from', h.from_status,
                          'to', h.to_status, 'value', case when h.value not in ('NaN', 'Infinity', '-Infinity') then h.value end, 'n', h.n, 'cause', h.cause,
                          'seconds', extract(epoch from h.duration)) order by h.at desc, h.place desc), '[]')
                 from (select h.*, count(*) over () as total from telemetry.alert_history(last => '7 days', tenant => q.tenant) with ordinality
                           h (at, name, tenant_id, breakdown_value, from_status, to_status, value, n, threshold, range_since, range_until, cause, severity, duration, message, fingerprint, place)) h
                where h.place > h.total - 200),
           'history_rows', (select count(*) from telemetry.alert_history(last => '7 days', tenant => q.tenant)))::text
  from asked q
