-- Access: who may do what. The extension makes no role: grant_access() grants to roles that are there, and a dump keeps
-- grants.
--
-- A role needs USAGE on schema `telemetry` and EXECUTE on functions; the definer functions behind them are reached
-- through pre-parsed bodies, so nobody needs USAGE on telemetry_private. What a level reads of the log is decided by
-- policies: the shipped one shows the caller's tenant, `own_events` narrows it to the caller's user by a restrictive
-- policy, and `auditor` widens it to every tenant.

-- Returns the functions of an access level, with what their pre-parsed bodies call with the caller's rights. They are
-- found by what they are, so that a new KPI needs no list.
create function telemetry_private.functions_of(access_level text)
returns table (function regprocedure)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive api as (
        select p.oid
          from pg_proc p
         where p.pronamespace = 'telemetry'::regnamespace
           and p.proname not in ('init', 'grant_access', 'revoke_access', 'enable_supabase', 'disable_supabase', 'admit_router')
           and case functions_of.access_level
                   when 'writer' then p.proname in ('log_event', 'try_log_event', 'log_events', 'as_id', 'current_tenant', 'current_user_id')
                   when 'courier' then p.proname in ('claim_deliveries', 'settle_delivery', 'settle_deliveries', 'claim_export', 'export_rows', 'commit_export', 'export_manifest', 'verify_export', 'erasure_receipts', 'checkpoint', 'consistency_proof')
                   when 'privacy_officer' then p.provolatile <> 'v' and p.proname not in ('checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals', 'audit_secrets') or p.proname in (
                       'erase_user', 'anonymize_user', 'erase_tenant', 'erase_events', 'scrub_payload', 'reapply_erasures', 'hold_events', 'release_hold')
                   -- These read rejections, accounting or derived data, which know tenants at best and no users.
                   when 'own_events' then p.provolatile <> 'v' and p.proname not in (
                       'rejection_summary', 'ingestion_stats', 'ingestion_alerts', 'drift_report', 'sampling_rates', 'tenant_usage', 'verify_derived', 'metric_samples', 'metrics', 'health', 'health_summary', 'expiry_report', 'tenant_data', 'destination_status', 'export_status', 'export_manifest', 'verify_export', 'alert_status', 'alert_history', 'import_progress', 'tracked_tables', 'was_erased', 'erasure_receipts', 'checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals', 'audit_secrets', 'routing_script', 'placed_tenants', 'registry_digest')
                   when 'admin' then true
                   -- health(), the report of expiry and seals are about the whole installation, and who was erased is nobody's question but an officer's.
                   when 'analyst' then p.provolatile <> 'v' and p.proname not in ('health', 'health_summary', 'expiry_report', 'was_erased', 'erasure_receipts', 'checkpoint', 'consistency_proof', 'inclusion_proof', 'verify_seals', 'audit_secrets', 'routing_script', 'placed_tenants', 'registry_digest')
                   else p.provolatile <> 'v'
               end
    ),
    called as (
        select d.refobjid as oid
          from api
          join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = api.oid and d.refclassid = 'pg_proc'::regclass
        union
        -- What a definer function calls, it calls with its owner's rights.
        select d.refobjid
          from called c
          join pg_proc p on p.oid = c.oid and p.pronamespace = 'telemetry_private'::regnamespace and not p.prosecdef
          join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_proc'::regclass
    )
    select a.oid::regprocedure from api a
     union
    -- The view telemetry.cursors reads this function.
    select 'telemetry_private.cursors()'::regprocedure where functions_of.access_level in ('analyst', 'auditor', 'privacy_officer', 'admin')
     union all
    -- And these two are read by telemetry.dead_letters and telemetry.delivery_counts.
    select f::regprocedure from unnest('{"telemetry_private.dead_letters(text,uuid)","telemetry_private.delivery_counts(text,uuid)"}'::text[]) f
     where functions_of.access_level in ('analyst', 'auditor', 'privacy_officer', 'admin')
     union
    select p.oid::regprocedure from called c join pg_proc p on p.oid = c.oid where p.pronamespace = 'telemetry_private'::regnamespace
$$;

-- Returns the tables that a level may read, each under its row-level policies. event_ids is nobody's: it would tell
-- which ids exist.
create function telemetry_private.readable_tables(access_level text)
returns setof regclass
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format('telemetry.%I', t)::regclass
      from unnest(case readable_tables.access_level
                      when 'writer' then '{}'
                      when 'courier' then '{}'
                      when 'own_events' then '{events,event_types,event_aliases,retention_classes,cursor_positions,derived_partitions,late_arrivals,cohorts,kpis,dashboards,alerts,alert_rounds,actor_relations}'
                      else '{events,event_types,event_aliases,retention_classes,rejections,replays,ingestion_calls,kept_counts,tenants,ownership_checks,redaction_policies,cursor_positions,derived_partitions,late_arrivals,cursors,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks,cohorts,kpis,dashboards,kpi_history,kpi_history_buckets,gone_events,alerts,alert_states,alert_transitions,alert_rounds,silences,notifications,notification_states,actor_relations,imported_files,table_imports,table_trackings,exports,export_versions,export_files,destinations,dead_letters,delivery_counts}'
                  end::text[]) t
     union all
    select t::regclass from unnest('{telemetry.changes,telemetry.erasures,telemetry.holds}'::text[]) t where readable_tables.access_level in ('auditor', 'privacy_officer', 'admin')
     union all
    select format('telemetry.%I', t)::regclass from unnest('{seals,seal_pages,seal_leaves,kept_leaves,kept_groups}'::text[]) t where readable_tables.access_level in ('auditor', 'admin')
$$;

create function telemetry_private.checked_access_level(access_level text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if access_level is null or access_level not in ('writer', 'courier', 'own_events', 'analyst', 'auditor', 'privacy_officer', 'admin') then
        raise exception 'unknown access level "%"', left(access_level, 40)
            using errcode = '22023', hint = 'grant_access() takes ''writer'', ''courier'', ''own_events'', ''analyst'', ''auditor'', ''privacy_officer'' or ''admin''.';
    end if;
    return access_level;
end
$$;

create function telemetry_private.checked_role(role text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if role is null then
        raise exception 'role must not be null' using errcode = '22004', hint = 'Call telemetry.grant_access(''app'', ''writer'').';
    end if;
    if to_regrole(quote_ident(role)) is null then
        raise exception 'role "%" does not exist', left(role, 63)
            using errcode = '42704', hint = 'Create it first: create role ...; telemetry makes no roles.';
    end if;
    return role;
end
$$;

-- Keeps VACUUM and ANALYZE away from the tables of the log until the end of the transaction; who reads and writes goes on.
-- GRANT changes a table's row in pg_class without a lock of the table. Maintenance, which holds one, waits for that row, and
-- CREATE POLICY afterwards would wait for maintenance: a deadlock. So whoever grants and makes policies calls this first.
create function telemetry_private.hold_off_maintenance()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
begin
    for target in
        select c.oid::regclass
          from telemetry_private.own_tables() t
          join pg_class c on c.relnamespace = 'telemetry'::regnamespace and c.relname = t.relation
         order by c.oid
    loop
        execute format('lock table only %s in share update exclusive mode', target);
    end loop;
end
$$;

-- Adds a role to those that a policy is for, or takes it away. It makes the policy for its first role, and drops it
-- with its last.
create function telemetry_private.set_policy_role(target regclass, policy text, definition text, role text, is_for_it boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known constant oid[] := (select p.polroles from pg_policy p where p.polrelid = target and p.polname = policy);
    wanted constant oid[] := array(
        select r.oid from pg_roles r
         where case when r.rolname = set_policy_role.role then is_for_it else r.oid = any (known) end
         order by r.oid);
    role_list constant text := (select string_agg(quote_ident(r.rolname), ', ') from pg_roles r where r.oid = any (wanted));
begin
    if known is null and is_for_it then
        execute format('create policy %I on %s %s', policy, target, format(definition, role_list));
    elsif known is not null and role_list is null then
        execute format('drop policy %I on %s', policy, target);
    elsif known is not null and not (known @> wanted and known <@ wanted) then
        execute format('alter policy %I on %s to %s', policy, target, role_list);
    end if;
end
$$;

-- Sets what a role reads: its tenant (both false), its own events only, or every tenant.
create function telemetry_private.set_reading(role text, is_own_events boolean, is_every_tenant boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target text;
    condition text;
begin
    perform telemetry_private.set_policy_role('telemetry.events', 'own_events_only',
        'as restrictive for select to %s using (user_id = (select telemetry.current_user_id()))', role, is_own_events);
    for target, condition in
        select t, 'tenant_id is not null' from unnest('{events,rejections,replays,ingestion_calls,kept_counts,tenants,alert_states,alert_transitions,notifications,notification_states}'::text[]) t
         union all
        select 'redaction_policies', 'policy_id is not null'
         union all
        select 'silences', 'silence_id is not null'
         union all
        select t, 'tenant_id is not null and (select telemetry.log_visibility()) = ''everything'''
          from unnest('{hourly_counts,timeline_tenants,timeline_actors,timeline_chunks}'::text[]) t
    loop
        perform telemetry_private.set_policy_role(format('telemetry.%I', target)::regclass, 'auditor_reads_every_tenant',
            format('for select to %%s using (%s)', condition), role, is_every_tenant);
    end loop;
end
$$;

create function telemetry.grant_access(role text, access_level text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regprocedure;
    target_table regclass;
    is_auditor constant boolean := access_level in ('auditor', 'privacy_officer') or access_level = 'admin' and exists (
        select from pg_policy p
         where p.polrelid = 'telemetry.events'::regclass and p.polname = 'auditor_reads_every_tenant'
           and to_regrole(quote_ident(role)) = any (p.polroles));
begin
    perform telemetry_private.checked_access_level(access_level);
    perform telemetry_private.checked_role(role);
    perform telemetry_private.hold_off_maintenance();
    execute format('grant usage on schema telemetry to %I', role);
    for target in select f.function from telemetry_private.functions_of(access_level) f loop
        execute format('grant execute on routine %s to %I', target, role);
    end loop;
    if access_level = 'own_events' then
        -- The level that is granted last decides what is read: what an analyst was given beyond own_events is taken
        -- back.
        for target_table in
            select t from telemetry_private.readable_tables('analyst') t except select t from telemetry_private.readable_tables('own_events') t
        loop
            execute format('revoke select on table %s from %I', target_table, role);
        end loop;
    end if;
    for target_table in select t from telemetry_private.readable_tables(access_level) t loop
        execute format('grant select on table %s to %I', target_table, role);
    end loop;
    if access_level not in ('writer', 'courier') then
        for target_table in select v from telemetry_private.compatibility_views() v loop
            execute format('grant select on table %s to %I', target_table, role);
        end loop;
        perform telemetry_private.set_reading(role, access_level = 'own_events', is_auditor);
    end if;
    perform telemetry_private.record_access(role, access_level);
end
$$;

-- Revokes everything that the owner granted in the two schemas, so that nothing of a GRANT ALL is left.
create function telemetry.revoke_access(role text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    view regclass;
begin
    perform telemetry_private.checked_role(role);
    perform telemetry_private.hold_off_maintenance();
    for view in select v from telemetry_private.compatibility_views() v loop
        execute format('revoke select on table %s from %I', view, role);
    end loop;
    execute format('revoke all on all routines in schema telemetry, telemetry_private from %I', role);
    execute format('revoke all on all tables in schema telemetry, telemetry_private from %I', role);
    execute format('revoke all on all sequences in schema telemetry, telemetry_private from %I', role);
    execute format('revoke all on schema telemetry, telemetry_private from %I', role);
    perform telemetry_private.set_reading(role, false, false);
    perform telemetry_private.record_access(role, null);
end
$$;

comment on function telemetry.grant_access is
'Gives a role what it needs to log, to read or to send events: one of six access levels.

Arguments
  role          a role that exists
  access_level  writer, courier, own_events, analyst, auditor, privacy_officer or admin; see the
                notes
Errors
  22004  role is NULL
  22023  an unknown access level
  42501  the caller is not the owner of the extension''s objects
  42704  the role does not exist
Notes
  writer may call log_event(), try_log_event(), log_events(), as_id(), current_tenant() and
    current_user_id().
  courier may call claim_deliveries(), settle_delivery(), settle_deliveries(), claim_export(),
    export_rows(), commit_export(), export_manifest(), verify_export() and erasure_receipts(): it
    gets what destinations and exports are defined to hold, of every tenant, and reads nothing else.
  own_events may call KPIs and SELECT from the log, and sees the rows of the caller''s own user in
    its tenant.
  analyst may call every function that reads, except health() and its summary, and read every table
    that holds data; it sees the caller''s tenant.
  auditor may read the same and those two, of every tenant, and who changed what and was erased.
  privacy_officer may read what an auditor reads, and erase, anonymise, scrub and hold, of every
    tenant: see erase_user().
  admin may call every function, and reads as an analyst does, or as an auditor where it is one
    already. It erases and holds for its own tenant alone.
  Whoever may read the log may read the views that create_compatibility_views() made, too.
  Levels add up. But what is read is decided by the one of own_events, analyst, auditor and
    privacy_officer that was granted last.
  Run it as the owner. An update of the extension gives the levels what is new.';
comment on function telemetry.revoke_access is
'Takes back everything that grant_access() gave to a role, and whatever else the owner granted it in
the schemas telemetry and telemetry_private, as by GRANT ALL, and compatibility views.

Arguments
  role   a role that exists
Errors
  22004  role is NULL
  42501  the caller is not the owner of the extension''s objects
  42704  the role does not exist';
