-- Append-only, in layers. Twin: src/log/immutability.rs (the trigger functions are C, which a superuser alone can replace).
--
-- 1. nobody but the owner has UPDATE, DELETE or TRUNCATE;
-- 2. a row trigger refuses every UPDATE and DELETE, also in the partitions: it is cloned to each;
-- 3. a statement trigger refuses UPDATE, DELETE and TRUNCATE even where row-level security leaves no row, on the parent
--    and on every partition (statement triggers are not cloned);
-- 4. the same trigger lets only the owner INSERT, which is what telemetry_private.log_event() runs as: a raw INSERT
--    would bypass validation;
-- 5. a partition has no grants, and row-level security without a policy.
-- 6. every other table of the API is changed by functions that run as the owner, and a statement trigger refuses all
--    others: after GRANT ALL a role could TRUNCATE, which no policy stops, or with BYPASSRLS write what no function would;
-- 7. nobody but a table's owner gives it a trigger, which would run with the owner's rights: an event trigger refuses
--    what the TRIGGER privilege of a GRANT ALL would allow, and another a foreign key: its rows would go with ours in the
--    owner's transaction, and a deferred trigger on them would run with the owner's rights (PostgreSQL before 18).
-- All are ENABLE ALWAYS: session_replication_role does not switch them off.

-- Makes a guard of a table where it is missing, and enables it always. It locks nothing where nothing is to be done.
create function telemetry_private.set_guard(target regclass, guard text, definition text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    state "char" := (
        select t.tgenabled from pg_trigger t
         where t.tgrelid = target and t.tgname = guard and t.tgfoid = substring(definition from 'execute function (.*)$')::regprocedure);
begin
    if state is null then
        execute format('create or replace trigger %I %s', guard, definition);
        state := 'O';
    end if;
    if state <> 'A' then
        execute format('alter table only %s enable always trigger %I', target, guard);
    end if;
end
$$;

create function telemetry_private.set_row_security(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not (select c.relrowsecurity from pg_class c where c.oid = target) then
        execute format('alter table only %s enable row level security', target);
    end if;
end
$$;

-- Puts back whatever is missing of layers 2 and 3 and 4 on one table. A partition has layer 2 from its parent.
create function telemetry_private.protect_table(target regclass, is_partition boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not is_partition or exists (select from pg_trigger where tgrelid = target and tgname = 'append_only') then
        perform telemetry_private.set_guard(target, 'append_only',
            format('before update or delete on %s for each row execute function telemetry_private.refuse_change()', target));
    end if;
    perform telemetry_private.set_guard(target, 'append_only_statement',
        format('before insert or update or delete or truncate on %s for each statement execute function telemetry_private.guard_statement()', target));
    perform telemetry_private.set_row_security(target);
end
$$;

create function telemetry_private.protect_partition(target regclass)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    grantee text;
begin
    perform telemetry_private.protect_table(target, true);
    -- Default privileges (ALTER DEFAULT PRIVILEGES ... GRANT ALL, as some recipes say) reach every new table.
    for grantee in
        select case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end
          from pg_class c, lateral aclexplode(c.relacl) acl
         where c.oid = target and acl.grantee <> c.relowner
         group by 1
    loop
        execute format('revoke all on table %s from %s', target, grantee);
    end loop;
end
$$;

-- Layer 6. The ids, counts and calls that logged events leave are inserted often: there an INSERT is left to privileges
-- and row-level security.
create function telemetry_private.protect_from_strangers()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
    verbs text;
begin
    for target, verbs in
        select format('telemetry.%I', t)::regclass, 'insert or update or delete or truncate'
          from unnest('{event_types,event_aliases,retention_classes,tenants,redaction_policies,ownership_checks,cursor_positions,derived_partitions,hourly_counts,timeline_tenants,timeline_actors,timeline_chunks,cohorts,kpis,dashboards,gone_events,alerts,alert_states,alert_rounds,silences,notification_positions,notification_states,actor_relations,imported_files,table_imports,table_trackings,outbound_frontier,exports,export_states,holds,destinations,destination_states,deliveries,delivery_hours}'::text[]) t
         union all
        select format('telemetry.%I', t)::regclass, 'update or delete or truncate'
          from unnest('{event_ids,kept_counts,ingestion_calls,late_arrivals}'::text[]) t
    loop
        perform telemetry_private.set_guard(target, 'changed_by_functions',
            format('before %s on %s for each statement execute function telemetry_private.refuse_strangers()', verbs, target));
    end loop;
end
$$;

-- Layer 7: two event triggers refuse triggers and foreign keys of strangers.
create function telemetry_private.refuse_strange_trigger()
returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
begin
    select c.oid::regclass
      into target
      from pg_event_trigger_ddl_commands() made
      join pg_trigger t on made.classid = 'pg_trigger'::regclass and t.oid = made.objid
      join pg_class c on c.oid = t.tgrelid
      join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('telemetry', 'telemetry_private')
       and not pg_has_role(c.relowner, 'usage')
     limit 1;
    if found then
        raise exception 'a trigger of % would run with the rights of its owner: CREATE TRIGGER refused', target
            using errcode = '42501', hint = 'Have the owner of the table create it.';
    end if;
end
$$;

create function telemetry_private.refuse_strange_foreign_key()
returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass;
begin
    select c.oid::regclass
      into target
      from pg_event_trigger_ddl_commands() made
      join pg_constraint f on f.conrelid = made.objid and f.contype = 'f'
      join pg_class c on c.oid = f.confrelid
      join pg_namespace n on n.oid = c.relnamespace
     where made.classid = 'pg_class'::regclass
       and n.nspname in ('telemetry', 'telemetry_private')
       and not pg_has_role(c.relowner, 'usage')
     limit 1;
    if found then
        raise exception 'rows that refer to % would go with its own, with the rights of its owner: foreign key refused', target
            using errcode = '42501', hint = 'Keep the value without a foreign key, or have the owner of the table create it.';
    end if;
end
$$;
