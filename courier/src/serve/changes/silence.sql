-- $1 the fingerprint of an instance or $2 the name of an alert, $3 how long, $4 the time of one's own, $5 why, $6 the time zone. Who sees one
-- tenant silences for that tenant. No row: the caller does not see what is to be silenced.
with own (tenant) as (
    select case when telemetry.log_visibility() <> 'everything' then nullif(telemetry.current_tenant(), '00000000-0000-0000-0000-000000000000') end
),
zone (tz) as (
    select coalesce(nullif($6, ''), current_setting('TimeZone'))
),
asked as (
    select s.alert, s.breakdown_value, coalesce(nullif(s.tenant_id, '00000000-0000-0000-0000-000000000000'), own.tenant) as tenant
      from telemetry.alert_states s, own
     where s.fingerprint = nullif($1, '')::uuid
     union all
    select a.name, null, own.tenant from telemetry.alerts a, own where $1 = '' and a.name = $2
)
select telemetry.silence_alert(
           q.alert,
           case $3
               when '1h' then now() + interval '1 hour'
               when '4h' then now() + interval '4 hours'
               when 'tomorrow' then ((now() at time zone z.tz)::date + 1 + time '09:00') at time zone z.tz
               when 'own' then nullif($4, '')::timestamp at time zone z.tz
           end,
           q.breakdown_value, q.tenant, null, $5)::text
  from asked q, zone z
