-- Visibility: how much of the log a caller sees. It decides whether derived data, which knows tenants only, may answer
-- for the rows themselves. Twin: src/access/visibility.rs, which remembers the answer.

create function telemetry.log_visibility()
returns text
language sql
stable
parallel safe
begin atomic
    select telemetry_private.log_visibility();
end;

-- Returns 'everything' where row-level security does not apply to the caller, or the auditor's policy lets it see every
-- tenant. Returns 'tenant' where only the policy that telemetry ships applies, so that the caller sees its tenant whole
-- and nothing else. Returns 'rows' where anything else holds, so that every row has to be asked for. src/db/watch.rs
-- watches what this function looks at.
create function telemetry_private.visibility_by_policies()
returns text
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    derived constant oid[] := array(
        select to_regclass('telemetry.' || t)::oid
          from unnest('{timeline_chunks,timeline_tenants,timeline_actors,hourly_counts}'::text[]) t);
    watched constant oid[] := 'telemetry.events'::regclass::oid || derived;
    filtered constant integer := (select count(*) from unnest(watched) t where row_security_active(t));
begin
    if filtered = 0 then
        return 'everything';
    end if;
    if filtered < cardinality(watched) then
        return 'rows';
    end if;
    -- A policy counts as shipped by its name, roles and words. A policy for a role whose rights the caller does not
    -- have by itself (NOINHERIT) counts as another one, which is the careful side.
    return (
        select case when count(*) = count(*) filter (where a.is_of_tenant) and count(*) = cardinality(watched) then 'tenant'
                    when count(*) filter (where a.is_of_auditor) = cardinality(watched) and bool_and(a.polpermissive) then 'everything'
                    else 'rows' end
          from (select p.polpermissive,
                       p.polpermissive and p.polroles = '{0}'
                           and p.polname in ('tenant_reads_own_events', 'tenant_reads_what_is_derived')
                           and r.rule in (
                               '(tenant_id = ( SELECT telemetry.current_tenant() AS current_tenant))',
                               '((tenant_id = ( SELECT telemetry.current_tenant() AS current_tenant)) AND (( SELECT telemetry.log_visibility() AS log_visibility) = ''tenant''::text))') as is_of_tenant,
                       p.polpermissive and p.polname = 'auditor_reads_every_tenant'
                           and exists (select from unnest(p.polroles) role where role <> 0 and pg_has_role(role, 'usage'))
                           and r.rule in (
                               '(tenant_id IS NOT NULL)',
                               '((tenant_id IS NOT NULL) AND (( SELECT telemetry.log_visibility() AS log_visibility) = ''everything''::text))') as is_of_auditor
                  from pg_policy p
                 cross join lateral (select regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') as rule) r
                 where p.polrelid = any (watched)
                   and p.polcmd in ('r', '*')
                   and (p.polroles = '{0}' or exists (select from unnest(p.polroles) role where role <> 0 and pg_has_role(role, 'member')))) a);
end
$$;

-- Makes a derived table readable by tenant, for callers who see the tenant whole.
create function telemetry_private.protect_derived(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.set_row_security(target);
    if not exists (select from pg_policy where polrelid = target and polname = 'tenant_reads_what_is_derived') then
        execute format('create policy tenant_reads_what_is_derived on %s for select using (tenant_id = (select telemetry.current_tenant()) and (select telemetry.log_visibility()) = ''tenant'')', target);
    end if;
end
$$;

-- Makes a catalog readable: it holds no tenant's data, so whoever was granted the table may read it. `key` is a column
-- that is never null, so that the policy lets every row pass without being "true", which advisors take for a mistake.
create function telemetry_private.protect_catalog(target regclass, key text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform telemetry_private.set_row_security(target);
    if not exists (select from pg_policy where polrelid = target and polname = 'catalog_is_readable') then
        execute format('create policy catalog_is_readable on %s for select using (%I is not null)', target, key);
    end if;
end
$$;

comment on function telemetry.log_visibility is
'Tells how much of the log the caller sees, which decides how KPIs read it. The policies of derived
tables call it.

Returns
  everything, tenant or rows
Notes
  everything: row-level security does not apply to the caller, or the caller is an auditor.
  tenant: only the policy that telemetry ships applies, so that the caller sees the whole of its
    tenant and derived data may answer.
  rows: the access level own_events or policies of your own apply, and every row is asked for.';
