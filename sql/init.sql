-- init(): makes what is missing, adopts what is there. CREATE EXTENSION calls it, and whoever needs it may again.

-- A dump restores the tables itself, so CREATE EXTENSION must not make them first. Every pg_dump script sets
-- row_security and xmloption in its session, nothing else sets both. telemetry.create_tables overrides: on, off, auto.
create function telemetry_private.should_create_tables()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case coalesce(nullif(current_setting('telemetry.create_tables', true), ''), 'auto')
               when 'on' then true
               when 'off' then false
               else (select count(*) from pg_settings where name in ('row_security', 'xmloption') and source = 'session') < 2
           end
$$;

create function telemetry.init()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    foreign_table text;
    planted record;
begin
    -- Adopting a table that somebody else planted would let its owner rewrite the log.
    select format('%I.%I', n.nspname, c.relname)
      into foreign_table
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_roles r on r.oid = c.relowner
     where n.nspname in ('telemetry', 'telemetry_private')
       and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and not r.rolsuper
       and c.relowner <> n.nspowner
     limit 1;
    if found then
        raise exception 'table % belongs to a role that owns neither its schema nor the server', foreign_table
            using errcode = '42501', hint = 'Drop it, or give it to the owner of its schema, then call telemetry.init().';
    end if;
    -- What is refused to strangers while the extension is there, one may have made while it was not.
    select format('trigger %I of %s', t.tgname, c.oid::regclass) as object, f.proowner::regrole as owner
      into planted
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join pg_proc f on f.oid = t.tgfoid
     where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
       and not t.tgisinternal
       and not pg_has_role(f.proowner, c.relowner, 'usage')
     union all
    select format('foreign key %I of %s', f.conname, m.oid::regclass), m.relowner::regrole
      from pg_constraint f
      join pg_class c on c.oid = f.confrelid
      join pg_class m on m.oid = f.conrelid
     where c.relnamespace in ('telemetry'::regnamespace, 'telemetry_private'::regnamespace)
       and f.contype = 'f'
       and not pg_has_role(m.relowner, c.relowner, 'usage')
     limit 1;
    if found then
        raise exception '% would run code of the role % with the rights of the owner of the log', planted.object, planted.owner
            using errcode = '42501', hint = 'Drop it, or have its function or table belong to the owner of the log, then call telemetry.init().';
    end if;
    perform telemetry_private.init_taxonomy();
    perform telemetry_private.init_events();
    perform telemetry_private.init_rejections();
    perform telemetry_private.init_idempotency();
    perform telemetry_private.init_redaction();
    perform telemetry_private.init_ownership();
    perform telemetry_private.init_sampling();
    perform telemetry_private.init_tenants();
    perform telemetry_private.init_accounting();
    perform telemetry_private.init_cursor();
    perform telemetry_private.init_late_arrivals();
    perform telemetry_private.init_hourly_counts();
    perform telemetry_private.init_timeline();
    perform telemetry_private.init_cohorts();
    perform telemetry_private.init_kpis();
    perform telemetry_private.init_dashboards();
    perform telemetry_private.protect_from_strangers();
end
$$;

comment on function telemetry.init() is
'Makes the tables that are missing, adopts those that are there, and puts back missing triggers and policies. CREATE EXTENSION calls it, except within a pg_dump restore; a DBA calls it after an odd restore. Idempotent. Errors: 42501 a table in the schemas belongs to a stranger, or a trigger or foreign key runs a stranger''s code.';
