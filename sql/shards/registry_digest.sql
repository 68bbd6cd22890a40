-- One number for everything that is registered, so that a router sees which shard knows something else. What is computed or
-- differs between equal registries by itself, such as the time of a change, does not count.

create function telemetry_private.registry_lines()
returns setof text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select r.kind || ' ' || ((r.line - '{created_at,updated_at,policy_id,registered_at}'::text[])::text)
      from (select 'event', to_jsonb(t) from telemetry.event_types t
             union all select 'alias', to_jsonb(t) from telemetry.event_aliases t
             union all select 'retention', to_jsonb(t) from telemetry.retention_classes t
             union all select 'redaction', to_jsonb(t) from telemetry.redaction_policies t
             union all select 'ownership', to_jsonb(t) from telemetry.ownership_checks t
             union all select 'cohort', to_jsonb(t) from telemetry.cohorts t
             union all select 'kpi', to_jsonb(t) from telemetry.kpis t
             union all select 'dashboard', to_jsonb(t) from telemetry.dashboards t
             union all select 'alert', to_jsonb(t) from telemetry.alerts t) r (kind, line)
$$;

create function telemetry_private.registry_digest()
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set intervalstyle = 'postgres'
as $$
    select encode(sha256(convert_to(coalesce(string_agg(l, E'\n' order by l collate "C"), ''), 'UTF8')), 'hex')
      from telemetry_private.registry_lines() l
$$;

create function telemetry.registry_digest()
returns text
language sql
stable
begin atomic
    select telemetry_private.registry_digest();
end;

comment on function telemetry.registry_digest is
'One digest of everything that is registered: events, aliases, retention classes, redaction
policies, ownership checks, cohorts, KPIs, dashboards and alerts. Two databases with the same digest
treat an event, and answer a question, alike.

Returns
  64 hexadecimal digits
Notes
  Times of changes do not count. telemetry.shard_status() of a router compares the digests of all
    shards.';
