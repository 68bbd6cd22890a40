-- $1 the silence. No row: it is over, or not the caller's to end: who sees one tenant ends what is that tenant's.
with own (tenant) as (
    select case when telemetry.log_visibility() <> 'everything' then nullif(telemetry.current_tenant(), '00000000-0000-0000-0000-000000000000') end
)
select telemetry.end_silence(s.silence_id)::text
  from telemetry.silences s, own
 where s.silence_id = nullif($1, '')::uuid and s.until > now() and (own.tenant is null or s.tenant_id = own.tenant)
