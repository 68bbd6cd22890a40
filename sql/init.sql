-- init() makes what is missing and adopts what is there. CREATE EXTENSION calls it, and whoever needs it may call it
-- again.

-- A dump restores the tables itself, so CREATE EXTENSION must not make them first. On a worker node of Citus tables
-- come from the coordinator, which refuses to distribute one that is there already. The setting telemetry.create_tables
-- overrides this: on, off or auto.
create function telemetry_private.should_create_tables()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case coalesce(nullif(current_setting('telemetry.create_tables', true), ''), 'auto')
               when 'on' then true
               when 'off' then false
               else not telemetry_private.is_citus_worker() and not telemetry_private.is_restore()
           end
$$;

-- These two find what strangers left in the two schemas. A relation that belongs to a stranger could be rewritten by
-- its owner after it was adopted. Code that strangers attached to tables while no extension was there to refuse it
-- would run with the rights of the owner of the log.
create function telemetry_private.planted_relations()
returns table (relation regclass)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select c.oid::regclass
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('telemetry', 'telemetry_private')
       and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
       and c.relowner <> n.nspowner
       and not (select r.rolsuper from pg_roles r where r.oid = c.relowner)
$$;

create function telemetry_private.planted_code()
returns table (object text, owner regrole, drop_statement text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format('trigger %I of %s', t.tgname, c.oid::regclass), f.proowner::regrole, format('drop trigger %I on %s', t.tgname, c.oid::regclass)
      from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join pg_proc f on f.oid = t.tgfoid
     where c.relnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private'))
       and not t.tgisinternal
       and f.proowner <> c.relowner
       and not pg_has_role(f.proowner, c.relowner, 'usage')
     union all
    select format('foreign key %I of %s', f.conname, m.oid::regclass), m.relowner::regrole, format('alter table %s drop constraint %I', m.oid::regclass, f.conname)
      from pg_constraint f
      join pg_class c on c.oid = f.confrelid
      join pg_class m on m.oid = f.conrelid
     where c.relnamespace in (to_regnamespace('telemetry'), to_regnamespace('telemetry_private'))
       and f.contype = 'f'
       and m.relowner <> c.relowner
       and not pg_has_role(m.relowner, c.relowner, 'usage')
$$;

create function telemetry.init()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    foreign_table regclass;
    planted record;
begin
    if telemetry_private.is_citus_worker() and coalesce(current_setting('telemetry.create_tables', true), '') <> 'on' then
        raise exception 'this is a worker node of Citus: its tables come from the coordinator'
            using errcode = '55000', hint = 'Call telemetry.init() on the coordinator; or set telemetry.create_tables to on, if this server is to have a log of its own.';
    end if;
    -- Adopting a table that somebody else planted would let its owner rewrite the log.
    select p.relation into foreign_table from telemetry_private.planted_relations() p limit 1;
    if found then
        raise exception 'table % belongs to a role that owns neither its schema nor the server', foreign_table
            using errcode = '42501', hint = 'Drop it, or give it to the owner of its schema, then call telemetry.init().';
    end if;
    select p.object, p.owner into planted from telemetry_private.planted_code() p limit 1;
    if found then
        raise exception '% would run code of the role % with the rights of the owner of the log', planted.object, planted.owner
            using errcode = '42501', hint = 'Drop it, or have its function or table belong to the owner of the log, then call telemetry.init().';
    end if;
    -- CREATE EXTENSION finds these tables, and nobody knows what happened to them while there were no guards.
    if current_setting('telemetry_private.adopts', true) = 'on' and to_regclass('telemetry.cursor_positions') is not null then
        update telemetry.cursor_positions set made_in = 0;
    end if;
    -- What happened while a guard was off was not seen, and the guards come back below.
    if exists (select from telemetry_private.derived_doubt() d where d.doubt = 'unguarded') then
        perform telemetry_private.doubt_derived();
    end if;
    perform telemetry_private.init_taxonomy();
    perform telemetry_private.init_retention();
    perform telemetry_private.init_aliases();
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
    perform telemetry_private.init_history();
    perform telemetry_private.init_alerts();
    perform telemetry_private.init_actor_names();
    perform telemetry_private.init_imported_files();
    perform telemetry_private.init_table_imports();
    perform telemetry_private.init_table_trackings();
    perform telemetry_private.init_frontier();
    perform telemetry_private.init_destinations();
    perform telemetry_private.init_notifications();
    perform telemetry_private.init_exports();
    perform telemetry_private.init_erasures();
    perform telemetry_private.init_event_holds();
    perform telemetry_private.init_changes();
    perform telemetry_private.init_seals();
    perform telemetry_private.init_derived_partitions();
    perform telemetry_private.init_keys();
    perform telemetry_private.protect_from_strangers();
    perform telemetry_private.init_event_triggers();
    perform telemetry_private.mend_sequence();
    perform telemetry_private.settle_derived();
end
$$;

comment on function telemetry.init is
'Makes the tables that are missing, adopts those that are there, and puts back missing keys,
indexes, triggers, event triggers and policies. health() says what is missing.

Errors
  42501  a table in the schemas belongs to a stranger, or a trigger or foreign key runs a stranger''s
         code
  55000  the server is a worker node of Citus
Notes
  CREATE EXTENSION calls it, except within a restore by pg_dump. A DBA calls it after a restore that
    went wrong. It may be called again at any time.';
