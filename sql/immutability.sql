-- Append-only, in layers. Twin: src/immutability.rs (the trigger functions are C, which a superuser alone can replace).
--
-- 1. nobody but the owner has UPDATE, DELETE or TRUNCATE;
-- 2. a row trigger refuses every UPDATE and DELETE, also in the partitions: it is cloned to each;
-- 3. a statement trigger refuses UPDATE, DELETE and TRUNCATE even where row-level security leaves no row, on the parent
--    and on every partition (statement triggers are not cloned);
-- 4. the same trigger lets only the owner INSERT, which is what telemetry_private.log_event() runs as: a raw INSERT
--    would bypass validation;
-- 5. a partition has no grants, and row-level security without a policy.
-- All are ENABLE ALWAYS: session_replication_role does not switch them off.

-- Puts back whatever is missing of layers 2 and 3 and 4 on one table.
create function telemetry_private.protect_table(target regclass, is_partition boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if not is_partition then
        if not exists (select from pg_trigger where tgrelid = target and tgname = 'append_only') then
            execute format('create trigger append_only before update or delete on %s for each row execute function telemetry_private.refuse_change()', target);
        end if;
        execute format('alter table %s enable always trigger append_only', target);
    end if;
    if not exists (select from pg_trigger where tgrelid = target and tgname = 'append_only_statement') then
        execute format('create trigger append_only_statement before insert or update or delete or truncate on %s for each statement execute function telemetry_private.guard_statement()', target);
    end if;
    execute format('alter table only %s enable always trigger append_only_statement', target);
    execute format('alter table only %s enable row level security', target);
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
